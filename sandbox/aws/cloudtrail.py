"""CloudTrail of the sandbox: its own log of calls, as LookupEvents tells it. Nothing is kept beside that.

So an event is there at once, while AWS takes minutes; what is done by the control API is in no event; and what a call
answered is in none either.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.aws.calls import Call
from sandbox.aws.paging import Pages
from sandbox.aws.service import Service
from sandbox.aws.world import ACCOUNT, Answer, AwsError, Params

PAGES = Pages(50, "Invalid token.", "InvalidNextTokenException", size="MaxResults")
KEPT = 90 * 24 * 3600  # seconds


@dataclass(frozen=True)
class Trail:
    """The calls so far, the oldest first, and what time it is."""

    calls: Sequence[Call]
    now: float  # epoch seconds


def lookup_events(log: Trail, region: str, request: Params) -> Answer:
    attributes = request.get("LookupAttributes", [])
    if len(attributes) > 1 or any(one["AttributeKey"] != "EventName" for one in attributes):
        raise AwsError("the sandbox looks events up by one EventName only", code="UnsupportedOperation")
    names = [one["AttributeValue"] for one in attributes]
    end = request.get("EndTime", log.now)
    start = max(request.get("StartTime", 0), log.now - KEPT)
    found = [
        call
        for call in reversed(log.calls)
        if call.region == region and call.mutates and call.status and start <= call.started <= end
        if not names or call.operation in names
    ]
    page = PAGES.cut(request, found)
    return {"Events": [_event(call) for call in page.rows], **page.more}


def _event(call: Call) -> Answer:
    time = datetime.fromtimestamp(call.started, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {
        "eventVersion": "1.11",
        "userIdentity": {"arn": call.caller, "accountId": ACCOUNT},
        "eventTime": time,
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": call.region,
        **({"errorCode": call.error} if call.error else {}),
        "requestParameters": {name[:1].lower() + name[1:]: value for name, value in call.params.items()},
        "responseElements": None,
        "eventID": f"00000000-0000-0000-0000-{call.n:012}",
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
    }
    return {
        "EventId": said["eventID"],
        "EventName": call.operation,
        "ReadOnly": "false",
        "EventTime": call.started,
        "EventSource": said["eventSource"],
        "Username": call.caller.rpartition("/")[2],
        "Resources": [],
        "CloudTrailEvent": json.dumps(said, default=str),
    }


SERVICE: Service[Trail] = Service("cloudtrail", {"LookupEvents": lookup_events}, title="CloudTrail")
