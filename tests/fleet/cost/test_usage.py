"""Days of an endpoint are put together so that no mean is a mean of means, and an age is never less than its calls."""

from datetime import UTC, datetime

import pytest

from fleet.cost.traffic import Observed, Span
from fleet.cost.usage import DAY, Day, Period, Usage, of_days, silent_days, together

END = datetime(2026, 11, 28, 9, tzinfo=UTC)
WEEK = Period(END, 7)
FIRST, LAST = 7, 13  # days of the span, counted from the beginning of the one before


def usage(**days: Day) -> Usage:
    """By the number of a day, as in `on_13`."""
    return of_days(WEEK, {int(name.removeprefix("on_")): day for name, day in days.items()})


def test_a_mean_of_days_is_weighted_by_their_calls() -> None:
    assert together([Day(900, mean_ms=100), Day(100, mean_ms=200), Day()]) == Observed(1000, 110, log_gb=0)


def test_counts_add_up_and_the_most_memory_counts() -> None:
    days = [Day(10, 50, cold_starts=2, memory_share=0.3, log_bytes=5e8), Day(5, 50, cold_starts=1, memory_share=0.6)]
    assert together(days) == Observed(15, 50, cold_starts=3, memory_share=0.6, log_gb=0.5)


def test_no_data_is_no_call_and_of_the_rest_nothing_is_known() -> None:
    assert together([Day(), Day()]) == Observed(0, None, None, None, 0)


def test_the_span_and_the_one_before_it_are_told_apart() -> None:
    found = usage(on_6=Day(5), on_7=Day(7), on_13=Day(13))
    assert (found.observed.calls, [day.calls for day in found.before]) == (20, [0, 0, 0, 0, 0, 0, 5])
    assert WEEK.begins(0) == WEEK.start == END - 7 * DAY


def test_an_endpoint_is_as_old_as_its_making() -> None:
    assert usage(on_13=Day(5)).span(END - 3.5 * DAY) == Span(7, 3.5)
    assert usage(on_10=Day(5)).span(END - 3.5 * DAY) == Span(7, 3.5)
    assert usage().span(END - 90 * DAY) == Span(7, 90)


def test_one_that_was_made_anew_is_as_old_as_its_calls() -> None:
    assert usage(on_7=Day(5), on_13=Day(5)).span(END - DAY / 2) == Span(7, 7)


def test_without_a_time_of_its_making_no_age_is_known() -> None:
    assert usage(on_7=Day(5)).span(None) == Span(7, None)


@pytest.mark.parametrize(("created", "calls"), [(None, None), (END - 10 * DAY, None), (END - 14 * DAY, 8)])
def test_the_span_before_counts_where_the_endpoint_was_there_for_all_of_it(
    created: datetime | None, calls: int | None
) -> None:
    seen = usage(on_6=Day(8)).observed_before(created)
    assert (seen and seen.calls) == calls


def test_calls_on_the_first_day_say_that_it_was_there() -> None:
    seen = usage(on_0=Day(8)).observed_before(END - DAY)
    assert seen is not None
    assert seen.calls == 8


def days(*calls: int) -> Usage:
    return of_days(WEEK, {number: Day(each) for number, each in enumerate(calls)})


def test_a_fleet_that_was_called_every_day_and_is_silent_is_told_by_days() -> None:
    busy, other = days(0, 0, 0, 0, 0, *[5] * 6), days(*[0] * 11, 7)
    assert silent_days([busy, other]) == 2
    assert silent_days([busy, other, days(*[0] * 13, 1)]) == 0


def test_a_fleet_that_rests_now_and_then_is_not_silent() -> None:
    assert silent_days([days(5, 5, 5, 5, 5, 5, 0, 5, 5, 5, 5, 5)]) == 0


def test_a_fleet_that_nobody_ever_called_is_not_silent() -> None:
    assert silent_days([usage(), usage()]) == 0
    assert silent_days([]) == 0
