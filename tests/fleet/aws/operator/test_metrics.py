"""What is read of endpoints' metrics, from the sandbox's CloudWatch."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from fleet.access import Access
from fleet.aws.operator import metrics
from fleet.comparison import Metrics, Window, window


class Page:
    """A CloudWatch that gives these pages."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = pages

    def get_paginator(self, _: str) -> "Page":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"MetricDataResults": results} for results in self.pages]


def today() -> Window:
    now = datetime.now(UTC)
    return window(now - timedelta(hours=24), now)


def read(*endpoints: str, over: Window | None = None) -> list[Metrics]:
    return metrics.read(metrics.client(Access("eu-west-1")), endpoints, over or today())


def given(*pages: list[dict[str, Any]]) -> Metrics:
    return metrics.read(cast(Any, Page(*pages)), ["toxicity"], today())[0]


def test_every_number_is_read_in_one_call(account: Any) -> None:
    latencies = [*range(1, 101)]
    account.sandbox.record_invocations(
        "toxicity", 200, errors_4xx=3, errors_5xx=2, latency_ms=latencies, overhead_ms=7, cold_starts=4, setup_ms=900
    )
    account.sandbox.record_invocations("toxicity-blue", 10, latency_ms=20)
    mark = account.sandbox.mark()
    champion, challenger = read("toxicity", "toxicity-blue")
    assert champion == Metrics(
        calls=200,
        errors_4xx=3,
        errors_5xx=2,
        latency_p50_ms=50,
        latency_p95_ms=95,
        latency_p99_ms=99,
        overhead_average_ms=7 + 4 * 900 / 200,
        overhead_max_ms=907,
        cold_starts=4,
        cold_start_p95_ms=900,
    )
    assert (challenger.calls, challenger.errors, challenger.latency_p99_ms) == (10, 0, 20)
    assert [call.operation for call in account.sandbox.calls(mark)] == ["GetMetricData"]


def test_what_was_not_called_has_no_data(account: Any) -> None:
    assert read("toxicity") == [Metrics()]


def test_calls_before_the_window_are_left_out(account: Any) -> None:
    account.sandbox.record_invocations("toxicity", 5, ago_seconds=7200)
    now = datetime.now(UTC)
    assert read("toxicity", over=window(now - timedelta(hours=1), now)) == [Metrics()]
    assert read("toxicity", over=window(now - timedelta(hours=3), now))[0].calls == 5


@pytest.mark.parametrize("days", [1, 20, 100])
def test_a_long_window_is_one_period_of_what_is_kept(account: Any, days: int) -> None:
    account.sandbox.record_invocations("toxicity", 100, latency_ms=[*range(1, 101)], ago_seconds=(days - 1) * 86400)
    account.sandbox.record_invocations("toxicity", 100, latency_ms=1000)
    now = datetime.now(UTC)
    (found,) = read("toxicity", over=window(now - timedelta(days=days), now))
    assert (found.calls, found.latency_p50_ms) == (200, 100)


def test_an_answer_in_pages_is_put_together(account: Any) -> None:
    account.sandbox.record_invocations("toxicity", 5, cold_starts=1)
    account.sandbox.settings(page_size=2)
    (found,) = read("toxicity")
    assert None not in vars(found).values()


def test_more_endpoints_than_one_call_takes_are_asked_in_two(account: Any) -> None:
    names = [f"task-{number}" for number in range(60)]
    account.sandbox.record_invocations(names[-1], 5)
    mark = account.sandbox.mark()
    assert [found.calls for found in read(*names)] == [None] * 59 + [5]
    assert len(account.sandbox.calls(mark)) == 2


def test_counts_of_parts_add_up_and_percentiles_of_parts_tell_nothing() -> None:
    calls = {"Id": "calls_0", "Values": [3.0, 4.0]}
    found = given([calls, {"Id": "latency_p95_ms_0", "Values": [1000.0, 2000.0]}])
    assert (found.calls, found.latency_p95_ms) == (7, None)


def test_an_answer_that_stays_incomplete_is_an_error() -> None:
    partial = {"Id": "calls_0", "Values": [3.0], "StatusCode": "PartialData"}
    assert given([partial], [{"Id": "calls_0", "Values": [4.0], "StatusCode": "Complete"}]).calls == 7
    with pytest.raises(metrics.Incomplete, match="calls_0: PartialData"):
        given([partial])
