"""Traffic is observed, expected or unknown, and unknown is never zero."""

import pytest

from fleet.cost.traffic import UNKNOWN, Observed, Origin, Span, Traffic, expected, of_a_month
from fleet.tasks.model import CHAMPION, Task
from tests.fleet.cost.fleets import NOVEMBER, tasks

WHOLE = Span(days=30, age_days=90)  # 30 days are the whole of November
YOUNG = Span(days=30, age_days=3)


def task(settings: str = "traffic: {calls_per_month: 3000, mean_ms: 80, request_kb: 2}") -> Task:
    return tasks(f"tasks: {{a: {{{settings}}}}}")[0]


def of_november(seen: Observed | None, span: Span = WHOLE, its: Task | None = None) -> Traffic:
    return of_a_month(its or task(), CHAMPION, seen, span, NOVEMBER)


def test_calls_in_the_span_are_what_counts_whatever_the_task_list_expects() -> None:
    found = of_november(Observed(calls=120, mean_ms=50))
    assert (found.origin, found.calls, found.mean_ms) == (Origin.OBSERVED, 120, 50)


def test_a_span_is_made_a_month() -> None:
    assert of_november(Observed(calls=70, mean_ms=50), Span(days=7, age_days=90)).calls == pytest.approx(300)


def test_of_a_young_endpoint_the_days_of_its_life_are_made_a_month() -> None:
    assert of_november(Observed(calls=30, mean_ms=50), YOUNG).calls == pytest.approx(300)


def test_the_sizes_that_cloudwatch_does_not_publish_are_as_the_task_list_says() -> None:
    found = of_november(Observed(calls=120, mean_ms=50))
    assert (found.request_kb, found.response_kb) == (2, 1)


def test_nobody_called_an_old_endpoint_is_an_observed_zero() -> None:
    found = of_november(Observed(calls=0))
    assert (found.origin, found.calls, found.busy_seconds) == (Origin.OBSERVED, 0, 0)


@pytest.mark.parametrize("span", [YOUNG, Span(days=30)], ids=["young", "of unknown age"])
def test_nobody_called_a_new_endpoint_says_nothing(span: Span) -> None:
    assert of_november(Observed(calls=0), span) == expected(task(), CHAMPION)
    assert of_november(Observed(calls=0), span, task("")) == UNKNOWN


def test_where_cloudwatch_cannot_be_read_the_task_list_is_gone_by() -> None:
    assert of_november(None).origin is Origin.EXPECTED
    assert of_november(None, its=task("")) == UNKNOWN


def test_how_long_a_call_takes_is_as_the_task_list_says_where_cloudwatch_is_late() -> None:
    assert of_november(Observed(calls=120)).mean_ms == 80
    assert of_november(Observed(calls=120), its=task("")).busy_seconds is None


def test_unknown_traffic_keeps_nobody_busy_for_an_unknown_time() -> None:
    assert UNKNOWN.busy_seconds is None


def test_each_variant_has_its_share_of_the_calls() -> None:
    its = task("traffic: {calls_per_month: 1000, mean_ms: 80}, variants: {b: {weight: 0.2}, c: {weight: 0.1}}")
    assert [round(expected(its, name).calls) for name in (CHAMPION, "b", "c")] == [700, 200, 100]


def test_logs_are_made_a_month_too() -> None:
    found = of_november(Observed(calls=1, mean_ms=1, log_gb=0.5), Span(days=15, age_days=90))
    assert found.log_gb == pytest.approx(1)


def test_the_share_of_cold_starts_is_of_the_calls() -> None:
    assert Observed(calls=200, cold_starts=50).cold_start_share == 0.25
    assert Observed(calls=0, cold_starts=0).cold_start_share is None
    assert Observed(calls=5).cold_start_share is None
