"""Alarms and dashboards that a run has not declared before: which there are, and whose."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from fleet.access import Access
from fleet.aws import alarms, session

DASHBOARD = "fleet-prod-eu-west-1"
BODY = '{"widgets":[{"type":"text","properties":{"markdown":"ours"}}]}'


@pytest.fixture
def cloudwatch(account: Any) -> Any:
    """The program's client."""
    return session.cloudwatch(Access("eu-west-1"))


def put(cloudwatch: Any, *names: str, **tags: str) -> None:
    for name in names:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Statistic="Average",
            Period=300,
            EvaluationPeriods=3,
            Threshold=0.05,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            Tags=[{"Key": f"fleet:{key}", "Value": value} for key, value in tags.items()],
        )


def test_only_alarms_whose_names_begin_so_are_listed(cloudwatch: Any) -> None:
    put(cloudwatch, "fleet/prod/spam/slow", "fleet/prod-eu/spam/slow", "theirs")
    assert list(alarms.existing(cloudwatch, "fleet/prod/")) == ["fleet/prod/spam/slow"]


def test_alarms_are_listed_a_hundred_a_call_to_the_end(cloudwatch: Any, account: Any) -> None:
    names = [f"fleet/prod/task-{number:03}/slow" for number in range(101)]
    put(cloudwatch, *names)
    account.mark = account.sandbox.mark()
    assert sorted(alarms.existing(cloudwatch, "fleet/prod/")) == names
    assert account.operations() == ["DescribeAlarms"] * 2


def test_the_tags_of_an_alarm_say_whose_it_is(cloudwatch: Any, account: Any) -> None:
    put(cloudwatch, "fleet/ours", project="sagemaker-endpoint-manager", stack="prod")
    put(cloudwatch, "fleet/theirs")
    found = {name: alarms.tags(cloudwatch, arn) or {} for name, arn in alarms.existing(cloudwatch, "fleet/").items()}
    assert [name for name, tags in found.items() if account.ownership.covers(tags)] == ["fleet/ours"]


def test_an_alarm_that_went_meanwhile_has_no_tags(cloudwatch: Any) -> None:
    assert alarms.tags(cloudwatch, "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:gone") is None


def test_tags_of_an_alarm_that_cannot_be_read_are_no_answer(cloudwatch: Any, account: Any) -> None:
    put(cloudwatch, "ours")
    account.sandbox.fault("ListTagsForResource", service="cloudwatch", action="error", code="AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        alarms.tags(cloudwatch, alarms.existing(cloudwatch, "ours")["ours"])


def test_a_dashboard_is_known_by_its_body(cloudwatch: Any) -> None:
    cloudwatch.put_dashboard(DashboardName=DASHBOARD, DashboardBody=BODY)
    assert alarms.dashboard(cloudwatch, DASHBOARD) == BODY


def test_a_dashboard_that_is_not_there_has_none(cloudwatch: Any) -> None:
    assert alarms.dashboard(cloudwatch, DASHBOARD) is None
