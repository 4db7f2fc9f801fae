"""What SageMaker itself tells of the endpoints of a stack, free of charge: the rule of EventBridge that sends it on.

Pure: the pattern and the words of the message. The statuses of events are in capitals, IN_SERVICE and not InService
(Developer Guide, EventBridge events of SageMaker, 2026-11).
"""

import json
from collections.abc import Sequence

SOURCE, ENDPOINT = "aws.sagemaker", "SageMaker Endpoint State Change"
# An update that ends well is no news, and what is under way is none yet.
ENDS_BADLY = ("FAILED", "UPDATE_ROLLBACK_FAILED", "OUT_OF_SERVICE")
ROLLS_BACK = "ROLLING_BACK"
LONGEST_PATTERN = 2048  # characters (EventBridge quotas, 2026-11)

PATHS = {
    "endpoint": "$.detail.EndpointName",
    "status": "$.detail.EndpointStatus",
    "config": "$.detail.EndpointConfigName",
    "account": "$.account",
    "region": "$.region",
    "time": "$.time",
}


def patterns(endpoints: Sequence[str]) -> list[str]:
    """The patterns of the rules for these endpoints, as JSON: one, or more where one would be too long.

    By their names, in the order of the alphabet: the tags are in the event as they were when SageMaker sent it, and
    `namePrefix` is empty by default, so that a prefix would take every endpoint of the account.
    """
    found: list[list[str]] = []
    for name in sorted(endpoints):
        if found and len(_pattern([*found[-1], name])) <= LONGEST_PATTERN:
            found[-1].append(name)
        else:
            found.append([name])
    return [_pattern(names) for names in found]


def _pattern(names: Sequence[str]) -> str:
    detail = {"EndpointName": list(names), "EndpointStatus": [*ENDS_BADLY, ROLLS_BACK]}
    wanted = {"source": [SOURCE], "detail-type": [ENDPOINT], "detail": detail}
    return json.dumps(wanted, sort_keys=True, separators=(",", ":"))


def template(stack: str) -> str:
    """The message, for the input transformer: a JSON string in which EventBridge puts what PATHS find."""
    lines = (
        f"{stack}: endpoint <endpoint> is <status>.",
        "It was to serve <config>. What to do: `fleet status` names the reason and the task's owner.",
        "(<time>, account <account>, <region>)",
    )
    return json.dumps(" ".join(lines), ensure_ascii=False)
