"""SNS of the sandbox: topics, subscriptions, who may publish, and what lies in the outbox."""

import json
from typing import Any

import pytest

from sandbox.aws import sns
from sandbox.aws.world import REGION, AwsError, World
from sandbox.lab.handle import Sandbox

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"
RULE = "arn:aws:events:eu-west-1:123456789012:rule/fleet"
ALARM = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors"
EVENTS, CLOUDWATCH = "events.amazonaws.com", "cloudwatch.amazonaws.com"
NOTE = sns.Note("subject", "body", 1.0)


class Aws:
    def __init__(self) -> None:
        self.world = World()
        self("CreateTopic", Name="alerts")

    def __call__(self, operation: str, region: str = REGION, /, **request: Any) -> dict[str, Any]:
        return sns.SERVICE.answer(self.world, region, operation, request)

    def refused(self, operation: str, **request: Any) -> AwsError:
        with pytest.raises(AwsError) as caught:
            self(operation, **request)
        return caught.value

    def subscribe(self, endpoint: str = "team@example.com", protocol: str = "email", **more: Any) -> str:
        request = {"TopicArn": TOPIC, "Protocol": protocol, "Endpoint": endpoint, "ReturnSubscriptionArn": True}
        return str(self("Subscribe", **{**request, **more})["SubscriptionArn"])

    def policy(self, **changes: Any) -> None:
        statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": TOPIC, **changes}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self("SetTopicAttributes", TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy)

    def published(self, service: str, source: str) -> str:
        """Why it was refused; empty: it was not."""
        sns.publish_as(self.world, service, source, TOPIC, NOTE)
        return self.world.outbox[-1].refused


@pytest.fixture
def aws() -> Aws:
    return Aws()


def test_a_topic_is_made_once(aws: Aws) -> None:
    assert aws("CreateTopic", Name="alerts") == {"TopicArn": TOPIC}
    assert aws("ListTopics") == {"Topics": [{"TopicArn": TOPIC}]}
    assert aws("ListTopics", "us-east-1") == {"Topics": []}


def test_a_topic_that_exists_is_not_made_again_with_other_attributes_or_tags(aws: Aws) -> None:
    assert aws.refused("CreateTopic", Name="alerts", Attributes={"DisplayName": "x"}).code == "InvalidParameter"
    assert "different tags" in aws.refused("CreateTopic", Name="alerts", Tags=[{"Key": "a", "Value": "b"}]).message


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("CreateTopic", {"Name": "a b"}, "InvalidParameter"),
        ("GetTopicAttributes", {"TopicArn": f"{TOPIC}-2"}, "NotFound"),
        (
            "SetTopicAttributes",
            {"TopicArn": TOPIC, "AttributeName": "Policy", "AttributeValue": "{"},
            "InvalidParameter",
        ),
        ("Subscribe", {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "team"}, "InvalidParameter"),
        ("Subscribe", {"TopicArn": TOPIC, "Protocol": "pigeon", "Endpoint": "x"}, "InvalidParameter"),
        ("GetSubscriptionAttributes", {"SubscriptionArn": f"{TOPIC}:1"}, "NotFound"),
        ("ListTagsForResource", {"ResourceArn": f"{TOPIC}-2"}, "ResourceNotFound"),
        ("AddPermission", {}, "UnsupportedOperation"),
    ],
)
def test_what_aws_refuses_is_refused(aws: Aws, operation: str, request_: dict[str, Any], code: str) -> None:
    assert aws.refused(operation, **request_).code == code


def test_an_email_is_told_nothing_before_it_is_confirmed(aws: Aws) -> None:
    aws.subscribe()
    aws("Publish", TopicArn=TOPIC, Message="one")
    assert sns.confirm(aws.world, REGION, "team@example.com") == 1
    aws("Publish", TopicArn=TOPIC, Message="two")
    assert [message.to for message in aws.world.outbox] == [(), ("team@example.com",)]


def test_the_arn_of_an_unconfirmed_subscription_is_told_on_demand(aws: Aws) -> None:
    assert aws.subscribe(ReturnSubscriptionArn=False) == "pending confirmation"
    assert aws.subscribe().startswith(f"{TOPIC}:")
    assert (
        aws("ListSubscriptionsByTopic", TopicArn=TOPIC)["Subscriptions"][0]["SubscriptionArn"] == "PendingConfirmation"
    )


def test_an_unconfirmed_subscription_cannot_be_ended(aws: Aws) -> None:
    arn = aws.subscribe()
    assert "pending confirmation" in aws.refused("Unsubscribe", SubscriptionArn=arn).message
    sns.confirm(aws.world, REGION, "team@example.com")
    aws("Unsubscribe", SubscriptionArn=arn)
    assert aws("GetTopicAttributes", TopicArn=TOPIC)["Attributes"]["SubscriptionsConfirmed"] == "0"


def test_a_deleted_topic_takes_its_subscriptions_along(aws: Aws) -> None:
    aws.subscribe()
    aws("DeleteTopic", TopicArn=TOPIC)
    assert (aws.world.topics, aws.world.subscriptions) == ({}, {})
    aws("DeleteTopic", TopicArn=TOPIC)


def test_the_first_policy_of_a_topic_lets_alarms_publish_and_events_not(aws: Aws) -> None:
    assert aws.published(CLOUDWATCH, ALARM) == ""
    assert aws.published(EVENTS, RULE) == f"the policy of {TOPIC} does not let {EVENTS} publish"


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"Principal": {"Service": [EVENTS, CLOUDWATCH]}}, True),
        ({"Principal": {"Service": CLOUDWATCH}}, False),
        ({"Principal": {"Service": EVENTS}, "Action": "sns:Subscribe"}, False),
        ({"Principal": {"Service": EVENTS}, "Resource": f"{TOPIC}-2"}, False),
    ],
)
def test_a_policy_decides_who_publishes(aws: Aws, changes: dict[str, Any], allowed: bool) -> None:
    aws.policy(**changes)
    assert (aws.published(EVENTS, RULE) == "") is allowed


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"aws:SourceAccount": "123456789012"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "210987654321"}}, False),
        ({"ArnLike": {"aws:SourceArn": ALARM[:-3] + "*"}}, True),
        ({"ArnLike": {"aws:SourceArn": RULE}}, False),
    ],
)
def test_a_condition_decides_which_alarms_publish(aws: Aws, condition: dict[str, Any], allowed: bool) -> None:
    aws.policy(Principal={"Service": CLOUDWATCH}, Condition=condition)
    assert (aws.published(CLOUDWATCH, ALARM) == "") is allowed


@pytest.mark.parametrize(
    "condition", [{"StringEquals": {"aws:SourceAccount": "123456789012"}}, {"ArnLike": {"aws:SourceArn": RULE}}]
)
def test_no_event_meets_a_condition(aws: Aws, condition: dict[str, Any]) -> None:
    aws.policy(Principal={"Service": EVENTS}, Condition=condition)
    assert aws.published(EVENTS, RULE) == f"the policy of {TOPIC} does not let {EVENTS} publish"


def test_a_topic_with_the_key_of_aws_takes_nothing_from_services(aws: Aws) -> None:
    aws("SetTopicAttributes", TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")
    assert "alias/aws/sns" in aws.published(CLOUDWATCH, ALARM)


def test_tags_come_and_go(aws: Aws) -> None:
    aws("TagResource", ResourceArn=TOPIC, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    aws("UntagResource", ResourceArn=TOPIC, TagKeys=["a"])
    assert aws("ListTagsForResource", ResourceArn=TOPIC) == {"Tags": [{"Key": "b", "Value": "2"}]}


# Over HTTP: forms, and answers with lists and maps


def test_boto3_reads_what_the_sandbox_writes(sandbox: Sandbox) -> None:
    client = sandbox.client("sns")
    tag = {"Key": "a", "Value": "<1>"}
    topic = client.create_topic(Name="alerts", Attributes={"DisplayName": "A & B"}, Tags=[tag])["TopicArn"]
    subscribed = client.subscribe(
        TopicArn=topic, Protocol="email", Endpoint="team@example.com", ReturnSubscriptionArn=True
    )
    assert subscribed["SubscriptionArn"].startswith(f"{topic}:")
    assert client.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"] == "A & B"
    assert client.list_tags_for_resource(ResourceArn=topic)["Tags"] == [tag]
    assert client.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["Protocol"] == "email"
    client.delete_topic(TopicArn=topic)
    assert client.list_topics()["Topics"] == []
