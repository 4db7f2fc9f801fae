"""SageMaker's events of versions, and how they come from the bus of one account to that of another."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws import events
from sandbox.lab.handle import Sandbox
from tests.accounts import OURS, THEIRS

VERSIONS = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Model Package State Change"]}
APPROVED: Mapping[str, Any] = {
    "ModelApprovalStatus": ["Approved", "Rejected"],
    "$or": [
        {"UpdatedModelPackageFields": ["ModelApprovalStatus"]},
        {"UpdatedModelPackageFields": [{"exists": False}]},
    ],
}
APPROVALS = {**VERSIONS, "detail": APPROVED}
BUS = f"arn:aws:events:eu-west-1:{OURS}:event-bus/approvals"
PACKAGE = f"arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package/spam"
LETS_IN = {"Effect": "Allow", "Action": "events:PutEvents", "Principal": {"AWS": f"arn:aws:iam::{THEIRS}:root"}}


def permit(ours: Sandbox, action: str = "events:PutEvents") -> None:
    policy = {"Version": "2012-10-17", "Statement": [{**LETS_IN, "Action": action, "Resource": BUS}]}
    ours.client("events").put_permission(EventBusName="approvals", Policy=json.dumps(policy))


@pytest.fixture(scope="module")
def wired(two_accounts: tuple[Sandbox, Sandbox]) -> tuple[Sandbox, Sandbox]:
    """Approvals of the one account are sent to a bus of the other, which tells a topic of them."""
    ours, theirs = two_accounts
    ours.client("events").create_event_bus(Name="approvals")
    topic = ours.client("sns").create_topic(Name="alerts")["TopicArn"]
    let = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**let, "Resource": topic}]})
    ours.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    there = {**VERSIONS, "account": [THEIRS]}
    ours.client("events").put_rule(Name="arrived", EventBusName="approvals", EventPattern=json.dumps(there))
    target = {"Id": "topic", "Arn": topic}
    ours.client("events").put_targets(Rule="arrived", EventBusName="approvals", Targets=[target])
    theirs.client("events").put_rule(Name="approvals", EventPattern=json.dumps(APPROVALS))
    role = f"arn:aws:iam::{THEIRS}:role/sender"
    theirs.client("events").put_targets(Rule="approvals", Targets=[{"Id": "bus", "Arn": BUS, "RoleArn": role}])
    return ours, theirs


@pytest.fixture
def accounts(wired: tuple[Sandbox, Sandbox]) -> Iterator[tuple[Sandbox, Sandbox, int]]:
    ours, theirs = wired
    permit(ours)
    number = theirs.register("spam", approval="PendingManualApproval")
    yield ours, theirs, number


def arrived(ours: Sandbox, number: int) -> list[Mapping[str, Any]]:
    """The events of a version that the bus was given."""
    on_bus = [one.event for one in ours.events() if one.bus == BUS]
    return [event for event in on_bus if event["detail"]["ModelPackageVersion"] == number]


def test_an_approval_crosses_with_the_account_that_it_is_of(accounts: tuple[Sandbox, Sandbox, int]) -> None:
    ours, theirs, number = accounts

    theirs.approve("spam", number)

    [event] = arrived(ours, number)
    assert (event["account"], event["resources"]) == (THEIRS, [f"{PACKAGE}/{number}"])
    detail = event["detail"]
    assert (detail["ModelApprovalStatus"], detail["UpdatedModelPackageFields"]) == ("Approved", ["ModelApprovalStatus"])
    assert json.loads(ours.outbox()[-1].body) == event  # by the rule of that bus


def test_what_only_stamps_an_approved_version_stays_where_it_is(accounts: tuple[Sandbox, Sandbox, int]) -> None:
    ours, theirs, number = accounts
    theirs.approve("spam", number)
    before = len(arrived(ours, number))

    stamp = {"CustomerMetadataProperties": {"seen": "yes"}}
    theirs.client("sagemaker").update_model_package(ModelPackageArn=f"{PACKAGE}/{number}", **stamp)

    assert theirs.events()[-1].event["detail"]["UpdatedModelPackageFields"] == ["CustomerMetadataProperties"]
    assert len(arrived(ours, number)) == before


def test_a_version_that_is_registered_as_approved_names_no_field(accounts: tuple[Sandbox, Sandbox, int]) -> None:
    ours, theirs, _ = accounts
    number = theirs.register("spam")

    [event] = arrived(ours, number)
    assert "UpdatedModelPackageFields" not in event["detail"]


def test_a_bus_that_does_not_let_an_account_in_takes_nothing_of_it(accounts: tuple[Sandbox, Sandbox, int]) -> None:
    ours, theirs, number = accounts
    permit(ours, action="events:PutRule")

    theirs.approve("spam", number)

    assert arrived(ours, number) == []
    refused = theirs.events()[-1]
    assert refused.bus == BUS
    assert "no resource-based policy allows the events:PutEvents action" in refused.refused


def test_what_came_from_another_account_is_sent_no_further(accounts: tuple[Sandbox, Sandbox, int]) -> None:
    ours, theirs, number = accounts
    back = BUS.replace(OURS, THEIRS)
    ours.client("events").put_targets(Rule="arrived", EventBusName="approvals", Targets=[{"Id": "back", "Arn": back}])

    theirs.approve("spam", number)

    assert ours.events()[-1].refused == "an event that came from another account is sent no further"
    ours.client("events").remove_targets(Rule="arrived", EventBusName="approvals", Ids=["back"])


def test_a_rule_is_of_its_bus(wired: tuple[Sandbox, Sandbox]) -> None:
    client = wired[0].client("events")
    assert client.describe_event_bus(Name="approvals")["Arn"] == BUS
    shown = client.describe_rule(Name="arrived", EventBusName="approvals")
    assert shown["Arn"].endswith(":rule/approvals/arrived")
    assert [rule["Name"] for rule in client.list_rules(EventBusName="approvals")["Rules"]] == ["arrived"]
    assert client.list_rules()["Rules"] == []
    with pytest.raises(ClientError, match="Event bus nobodys does not exist"):
        client.put_rule(Name="r", EventBusName="nobodys", EventPattern=json.dumps(VERSIONS))


def test_one_of_several_patterns_has_to_be_met() -> None:
    assert events.matches(APPROVED, {"ModelApprovalStatus": "Approved"})
    stamped = {"ModelApprovalStatus": "Approved", "UpdatedModelPackageFields": ["ModelLifeCycle"]}
    assert not events.matches(APPROVED, stamped)
