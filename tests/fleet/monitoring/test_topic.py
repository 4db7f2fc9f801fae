"""Who may publish to the topic of a stack."""

import json
from typing import Any

from fleet.monitoring.topic import policy

ARN = "arn:aws-us-gov:sns:us-gov-west-1:123456789012:alerts"


def statement(sid: str) -> dict[str, Any]:
    return next(one for one in json.loads(policy(ARN))["Statement"] if one["Sid"] == sid)


def test_alarms_of_this_account_and_region_may() -> None:
    assert statement("Alarms")["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statement("Alarms")["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws-us-gov:cloudwatch:us-gov-west-1:123456789012:alarm:*"},
    }


def test_eventbridge_may_without_a_condition_for_with_one_its_events_are_dropped() -> None:
    assert statement("Events")["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in statement("Events")


def test_each_names_the_topic_alone() -> None:
    assert {one["Resource"] for one in json.loads(policy(ARN))["Statement"]} == {ARN}
