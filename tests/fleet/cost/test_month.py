"""For how many hours of a real month provisioned concurrency stands, schedule by schedule."""

from datetime import UTC, date, datetime

import pytest

from fleet.cost.month import Month, Provisioned, begins, provisioned, slot_hours, stretches
from fleet.tasks.model import Schedule
from tests.fleet.cost.fleets import NOVEMBER, OFFICE, tasks


def schedule(cron: str, slots: int = 2, timezone: str = "UTC") -> Schedule:
    return Schedule(name="a", cron=cron, timezone=timezone, min=slots, max=9)


def days(cron: str, month: Month = NOVEMBER) -> list[int]:
    """The days of a month on which a schedule begins."""
    return [moment.day for moment in begins(schedule(cron), month.start, month.end)]


def hours_of(slots: int, month: Month) -> float:
    """The hours of a month in which so many slots stand, by office hours."""
    return sum(stretch.hours for stretch in stretches(1, OFFICE, month) if stretch.slots == slots)


# --- a month --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "hours"), [(2, 672), (4, 720), (12, 744)])
def test_a_month_has_its_real_hours(number: int, hours: int) -> None:
    assert Month(2026, number).hours == hours


def test_february_of_a_leap_year_has_a_day_more() -> None:
    assert Month(2028, 2).hours == 696


def test_a_month_is_that_of_a_day() -> None:
    assert Month.of(date(2026, 12, 31)) == Month(2026, 12)
    assert str(Month(2026, 12)) == "December 2026"


# --- when a schedule begins -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 7 1 * ? *", [1]),
        ("0 7 1,15 * ? *", [1, 15]),
        ("0 7 10-12 * ? *", [10, 11, 12]),
        ("0 7 */10 * ? *", [1, 11, 21]),
        ("0 7 20/5 * ? *", [20, 25, 30]),
        ("0 7 L * ? *", [30]),
        ("0 7 L-2 * ? *", [28]),
        ("0 7 1W * ? *", [2]),  # the 1st is a Sunday, and the month has none before it
        ("0 7 14W * ? *", [13]),  # a Saturday
        ("0 7 31W * ? *", [30]),
        ("0 7 LW * ? *", [30]),
        ("0 7 ? * MON *", [2, 9, 16, 23, 30]),
        ("0 7 ? * 1 *", [1, 8, 15, 22, 29]),
        ("0 7 ? * 2-6 *", [2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27, 30]),
        ("0 7 ? * sat,SUN *", [1, 7, 8, 14, 15, 21, 22, 28, 29]),
        ("0 7 ? * L *", [7, 14, 21, 28]),
        ("0 7 ? * 6L *", [27]),
        ("0 7 ? * FRI#2 *", [13]),
        ("0 7 ? NOV THU#4 *", [26]),
        ("0 7 ? OCT * *", []),
        ("0 7 * * ? 2027", []),
    ],
)
def test_a_schedule_begins_on_the_days_that_its_cron_expression_means(cron: str, expected: list[int]) -> None:
    assert days(cron) == expected


def test_a_schedule_may_begin_several_times_a_day() -> None:
    moments = begins(schedule("0/30 7-8 2 11 ? 2026"), NOVEMBER.start, NOVEMBER.end)
    assert [f"{moment:%H:%M}" for moment in moments] == ["07:00", "07:30", "08:00", "08:30"]


def test_a_schedule_begins_by_the_clock_of_its_time_zone() -> None:
    october = Month(2026, 10)  # the clocks go back on the 25th
    moments = list(begins(schedule("0 7 * * ? *", timezone="Europe/Berlin"), october.start, october.end))
    assert (moments[23], moments[24]) == (datetime(2026, 10, 24, 5, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC))


def test_a_day_that_begins_in_the_month_before_by_utc_is_not_lost() -> None:
    moments = list(begins(schedule("0 7 1 * ? *", timezone="Pacific/Auckland"), NOVEMBER.start, NOVEMBER.end))
    assert moments == [datetime(2026, 11, 30, 18, tzinfo=UTC)]


# --- what stands ----------------------------------------------------------------------------------------------------


def test_without_a_schedule_slots_stand_all_month() -> None:
    assert slot_hours(Provisioned(2, 2), NOVEMBER) == 2 * 720


@pytest.mark.parametrize(("month", "weekdays"), [(Month(2026, 2), 20), (NOVEMBER, 21), (Month(2026, 7), 23)])
def test_office_hours_hold_on_the_months_real_weekdays(month: Month, weekdays: int) -> None:
    assert hours_of(3, month) == weekdays * 10
    assert hours_of(1, month) == month.hours - weekdays * 10


def test_what_began_before_the_month_holds_in_it() -> None:
    friday = schedule("0 18 ? * FRI *", slots=4)
    assert stretches(1, (friday,), NOVEMBER)[0].slots == 4


def test_a_schedule_that_comes_once_a_year_holds_until_it_comes_again() -> None:
    assert slot_hours(Provisioned(1, 9, (schedule("0 0 2 11 ? *", slots=4),)), Month(2026, 10)) == 4 * 744


def test_before_the_first_schedule_ever_the_tasks_own_least_stands() -> None:
    starts = schedule("0 0 16 11 ? 2026", slots=3)
    assert slot_hours(Provisioned(1, 9, (starts,)), NOVEMBER) == 15 * 24 * 1 + 15 * 24 * 3


def test_of_two_schedules_at_once_the_one_with_more_slots_counts() -> None:
    both = (schedule("0 0 1 11 ? *", slots=5), schedule("0 0 1 * ? *", slots=2))
    assert slot_hours(Provisioned(1, 9, both), NOVEMBER) == 5 * 720


# --- what the task list says ----------------------------------------------------------------------------------------


def test_a_task_without_provisioned_concurrency_keeps_nothing_warm() -> None:
    assert provisioned(tasks("tasks: {a: {}}")[0]) is None


def test_without_an_autoscaler_all_of_it_stands() -> None:
    assert provisioned(tasks("tasks: {a: {provisioned_concurrency: 3}}")[0]) == Provisioned(3, 3)


def test_an_autoscaler_holds_its_least_and_may_hold_its_most() -> None:
    (task,) = tasks("tasks: {a: {provisioned_concurrency: 3, scaling: {min: 1, max: 5}}}")
    assert provisioned(task) == Provisioned(1, 5)
