"""Rules of EventBridge that a run has not declared before: whose they are."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from fleet.access import Access
from fleet.aws import rules, session

RULE = "fleet-prod-endpoints"


@pytest.fixture
def events(account: Any) -> Any:
    """The program's client."""
    return session.events(Access("eu-west-1"))


def put(events: Any, **tags: str) -> None:
    listed = [{"Key": f"fleet:{key}", "Value": value} for key, value in tags.items()]
    events.put_rule(Name=RULE, EventPattern='{"source":["aws.sagemaker"]}', Tags=listed)


def test_the_tags_of_a_rule_say_whose_it_is(events: Any, account: Any) -> None:
    put(events, project="sagemaker-endpoint-manager", stack="prod")
    assert account.ownership.covers(rules.tags(events, RULE) or {})


def test_a_rule_without_tags_is_there_and_nobody_says_whose(events: Any) -> None:
    put(events)
    assert rules.tags(events, RULE) == {}


def test_a_rule_that_is_not_there_has_no_tags(events: Any) -> None:
    assert rules.tags(events, RULE) is None


def test_a_rule_that_cannot_be_looked_at_is_no_answer(events: Any, account: Any) -> None:
    account.sandbox.fault("DescribeRule", service="events", action="error", code="AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        rules.tags(events, RULE)
