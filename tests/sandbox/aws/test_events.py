"""EventBridge of the sandbox: rules, targets, and what becomes of SageMaker's events."""

import re
from typing import Any

import pytest

from sandbox.aws import events, sns
from sandbox.aws.sagemaker import lifecycle
from sandbox.aws.world import REGION, AwsError, Ending, Message, World

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"
CHANGES = '{"source": ["aws.sagemaker"], "detail-type": ["SageMaker Endpoint State Change"]}'
STATUS = {
    "InputPathsMap": {"name": "$.detail.EndpointName", "status": "$.detail.EndpointStatus"},
    "InputTemplate": '"<name> is <status>"',
}


def ask(world: World, operation: str, **request: Any) -> dict[str, Any]:
    return events.SERVICE.answer(world, REGION, operation, request)


def refused(world: World, operation: str, **request: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        ask(world, operation, **request)
    return caught.value


@pytest.fixture
def ruled(aws: Any) -> Any:
    """A rule for all changes of endpoints, and a topic that takes them."""
    sns.SERVICE.answer(aws.world, REGION, "CreateTopic", {"Name": "alerts"})
    policy = (
        '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, '
        f'"Action": "sns:Publish", "Resource": "{TOPIC}"}}]}}'
    )
    attribute = {"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": policy}
    sns.SERVICE.answer(aws.world, REGION, "SetTopicAttributes", attribute)
    ask(aws.world, "PutRule", Name="fleet", EventPattern=CHANGES)
    ask(aws.world, "PutTargets", Rule="fleet", Targets=[{"Id": "topic", "Arn": TOPIC, "InputTransformer": STATUS}])
    return aws


def outbox(aws: Any) -> list[Message]:
    lifecycle.settle(aws.world)
    messages: list[Message] = aws.world.outbox
    return messages


def test_every_status_of_an_endpoint_is_told_in_capitals(ruled: Any) -> None:
    ruled.endpoint()
    assert [message.body for message in outbox(ruled)] == [
        '"toxicity is CREATING"',
        '"toxicity is IN_SERVICE"',
    ]
    assert {message.refused for message in ruled.world.outbox} == {""}


def test_a_rollback_is_told_with_all_its_steps_however_late_somebody_looks(ruled: Any) -> None:
    ruled.endpoint()
    ruled.config("c2")
    ruled.world.endings.append(Ending("toxicity", "update", "rollback", "alarm"))
    ruled("UpdateEndpoint", EndpointName="toxicity", EndpointConfigName="c2")
    ruled.wait(3600)
    assert [message.body.split()[2] for message in outbox(ruled)[2:]] == ['UPDATING"', 'ROLLING_BACK"', 'IN_SERVICE"']


def test_an_event_has_its_time_as_a_text(ruled: Any) -> None:
    at = {"InputPathsMap": {"at": "$.time"}, "InputTemplate": '"<at>"'}
    ask(ruled.world, "PutTargets", Rule="fleet", Targets=[{"Id": "topic", "Arn": TOPIC, "InputTransformer": at}])
    ruled.endpoint()
    assert re.fullmatch(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"', outbox(ruled)[0].body)


def test_a_status_that_stays_is_told_once(ruled: Any) -> None:
    ruled.endpoint()
    before = len(outbox(ruled))
    ruled.describe()
    assert len(outbox(ruled)) == before


def test_a_disabled_rule_tells_nothing(ruled: Any) -> None:
    ask(ruled.world, "PutRule", Name="fleet", EventPattern=CHANGES, State="DISABLED")
    ruled.endpoint()
    assert outbox(ruled) == []


def test_a_topic_without_a_policy_for_events_gets_nothing(ruled: Any) -> None:
    attribute = {"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": ""}
    sns.SERVICE.answer(ruled.world, REGION, "SetTopicAttributes", attribute)
    ruled.endpoint()
    assert "does not let events.amazonaws.com publish" in outbox(ruled)[0].refused


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({"detail": {"EndpointStatus": ["FAILED", "IN_SERVICE"]}}, True),
        ({"detail": {"EndpointStatus": ["InService"]}}, False),
        ({"detail": {"EndpointName": [{"prefix": "tox"}]}}, True),
        ({"detail": {"EndpointName": [{"suffix": "tox"}]}}, False),
        ({"detail": {"EndpointName": [{"anything-but": ["toxicity"]}]}}, False),
        ({"detail": {"FailureReason": [{"exists": False}]}}, True),
        ({"detail": {"Tags": {"stack": ["prod"]}}}, True),
        ({"detail": {"Tags": {"stack": ["dev"]}}}, False),
        ({"resources": ["a"]}, True),
        ({"source": ["aws.ec2"]}, False),
    ],
)
def test_a_pattern_is_met_by_all_its_parts(pattern: dict[str, Any], fits: bool) -> None:
    detail = {"EndpointName": "toxicity", "EndpointStatus": "IN_SERVICE", "Tags": {"stack": "prod"}}
    assert events.matches(pattern, {"source": "aws.sagemaker", "resources": ["a"], "detail": detail}) is fits


def test_a_rule_with_targets_is_not_deleted(ruled: Any) -> None:
    assert "has targets" in refused(ruled.world, "DeleteRule", Name="fleet").message
    ask(ruled.world, "RemoveTargets", Rule="fleet", Ids=["topic"])
    ask(ruled.world, "DeleteRule", Name="fleet")
    assert refused(ruled.world, "DescribeRule", Name="fleet").code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("PutRule", {"Name": "a", "EventPattern": "[]"}, "InvalidEventPatternException"),
        ("PutRule", {"Name": "a", "EventPattern": '{"source": "aws.sagemaker"}'}, "InvalidEventPatternException"),
        ("PutRule", {"Name": "a", "ScheduleExpression": "rate(1 day)"}, "UnsupportedOperation"),
        ("PutTargets", {"Rule": "a", "Targets": []}, "ValidationException"),
        ("PutTargets", {"Rule": "a", "Targets": [{"Id": "x", "Arn": TOPIC}]}, "ResourceNotFoundException"),
        ("PutTargets", {"Rule": "fleet", "Targets": [{"Id": "x", "Arn": "arn:aws:sqs:x"}]}, "UnsupportedOperation"),
        (
            "PutTargets",
            {"Rule": "fleet", "Targets": [{"Id": "x", "Arn": TOPIC, "InputTransformer": {"InputTemplate": '"<a>"'}}]},
            "ValidationException",
        ),
    ],
)
def test_what_aws_refuses_is_refused(ruled: Any, operation: str, request_: dict[str, Any], code: str) -> None:
    assert refused(ruled.world, operation, **request_).code == code
