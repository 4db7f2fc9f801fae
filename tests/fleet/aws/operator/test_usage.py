"""How much endpoints are used, read from the sandbox's CloudWatch in few calls; what is not answered is unknown."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from fleet.access import Access
from fleet.aws.operator import metrics, usage
from fleet.cost.traffic import Observed
from fleet.cost.usage import Day, Usage
from fleet.seen import Unknown

DAY = 86400


class Page:
    """A CloudWatch that gives these pages."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = pages

    def get_paginator(self, _: str) -> "Page":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"MetricDataResults": results} for results in self.pages]


def read(*names: str, days: int = 30, readings: Any = usage.FOR_COST) -> dict[str, Usage | Unknown]:
    cloudwatch = metrics.client(Access("eu-west-1"))
    return usage.read(cloudwatch, names, usage.period(datetime.now(UTC), days), readings)


def used(name: str, **how: Any) -> Usage:
    found = read(name, **how)[name]
    assert isinstance(found, Usage)
    return found


def test_a_span_and_the_one_before_it_are_one_call_for_a_hundred_endpoints(account: Any) -> None:
    account.sandbox.record_invocations(
        "t-1", 200, latency_ms=80, cold_starts=4, memory_percent=40, log_bytes=2e9, ago_seconds=DAY
    )
    account.sandbox.record_invocations("t-1", 100, latency_ms=20, ago_seconds=40 * DAY)
    found = read(*(f"t-{number}" for number in range(100)))
    assert [call.operation for call in account.sandbox.calls(account.mark)] == ["GetMetricData"]
    busy = found["t-1"]
    assert isinstance(busy, Usage)
    assert busy.observed == Observed(200, 80, cold_starts=4, memory_share=0.4, log_gb=2)
    assert sum(day.calls for day in busy.before) == 100


def test_two_hundred_endpoints_are_two_calls(account: Any) -> None:
    found = read(*(f"t-{number}" for number in range(200)))
    assert (len(found), account.operations()) == (200, ["GetMetricData", "GetMetricData"])


def test_the_report_has_errors_and_a_percentile_of_each_day(account: Any) -> None:
    account.sandbox.record_invocations("spam", 100, errors_4xx=3, errors_5xx=2, latency_ms=[*range(1, 101)])
    assert used("spam", readings=usage.FOR_REPORT).days[-1] == Day(100, 50.5, 95, 3, 2)


@pytest.mark.parametrize("days", [1, 7, 30, 90, 227])
def test_the_first_and_the_last_day_are_in(account: Any, days: int) -> None:
    account.sandbox.record_invocations("spam", 5)
    account.sandbox.record_invocations("spam", 7, ago_seconds=(days - 1) * DAY)
    account.sandbox.record_invocations("spam", 9, ago_seconds=(2 * days - 1) * DAY)
    found = used("spam", days=days)
    assert (len(found.days), len(found.before)) == (days, days)
    assert (sum(day.calls for day in found.days), found.before[0].calls) == (12, 9)


def test_an_endpoint_that_is_called_every_day_has_calls_on_each(account: Any) -> None:
    account.sandbox.record_invocations("spam", 5, days=14, log_bytes=1e9)
    found = used("spam", days=7)
    assert [day.calls for day in (*found.before, *found.days)] == [5] * 14
    assert found.observed.log_gb == 7


def test_what_nobody_called_has_no_calls(account: Any) -> None:
    assert used("spam").observed == Observed(0, log_gb=0)


def test_an_answer_in_pages_is_put_together(account: Any) -> None:
    for ago in range(5):
        account.sandbox.record_invocations("spam", 10, ago_seconds=ago * DAY)
    account.sandbox.settings(page_size=3)
    assert used("spam").observed.calls == 50


def test_a_refusal_is_unknown_of_the_endpoints_of_that_call_alone(account: Any) -> None:
    account.sandbox.record_invocations("t-1", 5)
    account.sandbox.fault("GetMetricData", service="cloudwatch", action="error", code="AccessDenied", message="no")
    found = read("t-1")
    assert found == {"t-1": Unknown("GetMetricData: AccessDenied: no")}


def test_the_first_call_may_fail_alone(account: Any) -> None:
    account.sandbox.fault("GetMetricData", service="cloudwatch", action="error", code="AccessDenied", times=1)
    found = read(*(f"t-{number}" for number in range(120)))
    assert [isinstance(one, Unknown) for one in found.values()] == [True] * 100 + [False] * 20


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_a_metric_that_is_not_answered_makes_its_endpoint_unknown(status: str) -> None:
    def results(number: int, last: str) -> list[dict[str, Any]]:
        return [
            {"Id": f"{field}_{number}", "StatusCode": last if field == "calls" else "Complete"}
            for field in usage.FOR_COST
        ]

    cloudwatch = cast(Any, Page([*results(0, status), *results(1, "Complete")]))
    found = usage.read(cloudwatch, ["spam", "topic"], usage.period(datetime.now(UTC), 30))
    assert found["spam"] == Unknown(f"GetMetricData did not answer all: Invocations: {status}")
    assert isinstance(found["topic"], Usage)


def test_a_period_ends_with_the_hour() -> None:
    found = usage.period(datetime(2026, 11, 28, 9, 20, 5, tzinfo=UTC), 30)
    assert found.end == datetime(2026, 11, 28, 10, tzinfo=UTC)
    assert found.start == found.end - timedelta(days=30)


def test_every_endpoint_has_the_time_of_its_making(account: Any) -> None:
    account.deploy("toxicity", "one")
    made = usage.created(account.its_client)
    assert [*made] == ["toxicity"]
    assert abs(datetime.now(UTC) - made["toxicity"]) < timedelta(minutes=1)
