"""What a stack's configuration may say of whom to tell."""

import json

import pytest

from fleet import config
from fleet.tasks.model import Alarms

ROLE = "arn:aws:iam::123456789012:role/sagemaker-execution"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:on-call"


def mistakes(key: str, value: str) -> list[str]:
    return config.mistakes({"executionRoleArn": ROLE, key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("alertTopicArns", json.dumps([TOPIC])),
        ("alertTopicArns", "[]"),
        ("alertEmails", '["on-call@example.com", "b@example.co.uk"]'),
        ("runbookUrl", "https://wiki.example.com/alarms.md"),
        ("expectedRunHours", "1"),
        ("expectedRunHours", "168"),
        ("dashboard", "false"),
        ("ownMetrics", "true"),
    ],
)
def test_what_is_possible_is_taken(key: str, value: str) -> None:
    assert mistakes(key, value) == []


@pytest.mark.parametrize("value", [TOPIC, '{"a": 1}', "[1]", '"text"', ""])
def test_what_is_no_list_is_refused_with_the_command_that_makes_one(value: str) -> None:
    (mistake,) = mistakes("alertTopicArns", value)
    assert mistake.endswith("is not a list of texts; write `pulumi config set --path 'alertTopicArns[0]' <text>`")


@pytest.mark.parametrize("arn", ["on-call", f"{TOPIC}.fifo", TOPIC.replace("sns", "sqs")])
def test_what_is_no_topic_is_refused(arn: str) -> None:
    assert mistakes("alertTopicArns", json.dumps([arn])) == [f"alertTopicArns: {arn!r} is not the ARN of an SNS topic"]


def test_more_topics_than_an_alarm_takes_beside_the_stacks_own_are_refused() -> None:
    assert mistakes("alertTopicArns", json.dumps([f"{TOPIC}-{number}" for number in range(5)])) == [
        "alertTopicArns: names 5; an alarm takes at most 4"
    ]


def test_an_address_that_is_none_is_refused() -> None:
    assert mistakes("alertEmails", '["on-call"]') == ["alertEmails: 'on-call' is not an e-mail address"]


def test_an_address_that_is_named_twice_is_refused() -> None:
    assert mistakes("alertEmails", '["a@b.com", "a@b.com"]') == ["alertEmails: names one twice"]


@pytest.mark.parametrize("url", ["wiki/alarms", "https://wiki/alarms#top", "https://a b", f"https://{'x' * 300}", ""])
def test_a_runbook_that_cannot_be_linked_to_is_refused(url: str) -> None:
    (mistake,) = mistakes("runbookUrl", url)
    assert mistake.startswith(f"runbookUrl: {url!r} is not possible; write where docs/alarms.md can be read")


@pytest.mark.parametrize("hours", ["0", "169", "-1", "1.5", "daily", ""])
def test_hours_that_no_alarm_can_look_back_are_refused(hours: str) -> None:
    assert mistakes("expectedRunHours", hours) == [
        f"expectedRunHours: {hours!r} is not possible; use a whole number of hours, 1 to 168"
    ]


def test_a_switch_is_true_or_false() -> None:
    assert mistakes("dashboard", "yes") == ["dashboard: 'yes' is neither true nor false"]


@pytest.mark.parametrize(("own_metrics", "said"), [("false", [config.NOTHING_TO_WATCH]), ("true", []), (None, [])])
def test_runs_cannot_be_expected_where_their_metrics_are_not_sent(own_metrics: str | None, said: list[str]) -> None:
    metrics = {} if own_metrics is None else {"ownMetrics": own_metrics}
    assert config.mistakes({"executionRoleArn": ROLE, "expectedRunHours": "26", **metrics}) == said


def test_silence_and_runs_can_be_watched_equally_long() -> None:
    said = json.dumps(Alarms.model_json_schema()["properties"]["silent_hours"])
    assert f'"maximum": {config.LONGEST_SILENCE}' in said


def test_a_topic_of_another_region_is_refused_where_the_stacks_is_known() -> None:
    own = {"executionRoleArn": ROLE, "alertTopicArns": json.dumps([TOPIC])}
    assert config.mistakes(own, "eu-west-1") == config.mistakes(own) == []
    assert config.mistakes(own, "us-east-1") == [
        f"alertTopicArns: {TOPIC!r} is in another Region: alarms tell topics of their own, us-east-1"
    ]
