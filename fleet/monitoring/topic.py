"""Who may publish to a topic that the stack has for its alarms: its policy."""

import json


def policy(arn: str) -> str:
    """The policy of the topic with this ARN, as JSON: CloudWatch's alarms of its account, and EventBridge.

    A statement for EventBridge takes no condition: with one, its events are dropped in silence (EventBridge User Guide,
    resource-based policies, Amazon SNS permissions, 2026-11). That it names this topic alone is what bounds it.
    """
    _, partition, _, region, account, _ = arn.split(":")
    of_this_account = {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:{partition}:cloudwatch:{region}:{account}:alarm:*"},
    }
    statements = [
        _allowed("Alarms", "cloudwatch", arn) | {"Condition": of_this_account},
        _allowed("Events", "events", arn),
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _allowed(sid: str, service: str, arn: str) -> dict[str, object]:
    principal = {"Service": f"{service}.amazonaws.com"}
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": "sns:Publish", "Resource": arn}
