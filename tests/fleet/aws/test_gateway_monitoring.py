"""What is asked of AWS about alarms, dashboards and rules, and how often."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fleet.access import Access
from fleet.aws import session
from fleet.aws.gateway import Gateway, Presence
from fleet.seen import Unknown

OURS = {"fleet:project": "sagemaker-endpoint-manager", "fleet:stack": "prod"}
FLEET = "sagemaker-endpoint-manager/prod"
SLOW, ERRORS, OTHER = (f"{FLEET}/{name}" for name in ("spam/slow", "spam/server-errors", "irony/slow"))
DENIED = {"service": "cloudwatch", "action": "error", "code": "AccessDeniedException", "message": "not you"}


@pytest.fixture(autouse=True)
def its_client(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of SageMaker, which is there already."""
    monkeypatch.setattr(session, "sagemaker", lambda access: account.its_client)


def ask(account: Any, question: Callable[[Gateway], Awaitable[Any]], in_state: frozenset[str] = frozenset()) -> Any:
    """What a run is told that asks this; `in_state` are the names of what its state holds."""

    async def run() -> Any:
        gateway = Gateway(Access("eu-west-1"), account.ownership)
        gateway.in_state = in_state
        return await question(gateway)

    account.mark = account.sandbox.mark()
    return asyncio.run(run())


def asked(account: Any) -> list[str]:
    return [operation for operation in account.operations() if operation != "ListEndpoints"]


def put(account: Any, *names: str, tags: dict[str, str] = OURS) -> None:
    for name in names:
        account.sandbox.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName="ModelLatency",
            Statistic="Average",
            Period=300,
            EvaluationPeriods=3,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )


def test_an_alarm_in_the_state_is_not_looked_up(account: Any) -> None:
    assert ask(account, lambda gateway: gateway.alarm(SLOW), frozenset({SLOW})) is Presence.RECORDED
    assert asked(account) == []


def test_all_alarms_of_a_stack_are_listed_once(account: Any) -> None:
    async def all_of_them(gateway: Gateway) -> Any:
        return await asyncio.gather(*(gateway.alarm(name) for name in (SLOW, ERRORS, OTHER)))

    assert ask(account, all_of_them) == [Presence.ABSENT] * 3
    assert asked(account) == ["DescribeAlarms"]


@pytest.mark.parametrize(
    ("tags", "presence"), [(OURS, Presence.OURS), ({**OURS, "fleet:stack": "test"}, Presence.FOREIGN)]
)
def test_whose_an_alarm_is_its_tags_say(account: Any, tags: dict[str, str], presence: Presence) -> None:
    put(account, SLOW, tags=tags)
    assert ask(account, lambda gateway: gateway.alarm(SLOW)) is presence
    assert asked(account) == ["DescribeAlarms", "ListTagsForResource"]


def test_an_alarm_without_tags_is_somebody_elses(account: Any) -> None:
    put(account, SLOW, tags={})
    assert ask(account, lambda gateway: gateway.alarm(SLOW)) is Presence.FOREIGN


@pytest.mark.parametrize("operation", ["DescribeAlarms", "ListTagsForResource"])
def test_an_alarm_that_cannot_be_looked_at_to_the_end_is_unknown(account: Any, operation: str) -> None:
    put(account, SLOW)
    account.sandbox.fault(operation, **DENIED)
    found = ask(account, lambda gateway: gateway.alarm(SLOW))
    assert isinstance(found, Unknown)
    assert found.error.startswith(f"{operation}: AccessDenied")


def test_a_dashboard_that_cannot_be_looked_at_is_unknown_and_not_absent(account: Any) -> None:
    account.sandbox.fault("GetDashboard", **DENIED)
    assert isinstance(ask(account, lambda gateway: gateway.dashboard("fleet")), Unknown)


def test_a_rule_that_cannot_be_looked_at_is_unknown_and_not_absent(account: Any) -> None:
    account.sandbox.fault("DescribeRule", **{**DENIED, "service": "events"})
    assert isinstance(ask(account, lambda gateway: gateway.tags_of_rule("fleet")), Unknown)


def test_what_is_not_there_is_absent(account: Any) -> None:
    assert ask(account, lambda gateway: gateway.dashboard("fleet")) is None
    assert ask(account, lambda gateway: gateway.tags_of_rule("fleet")) is None
