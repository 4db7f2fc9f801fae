"""What the manager says of its own run."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet.monitoring.signals import METRICS, OF_A_STATUS, WentLive, dimensions, of_run
from fleet.status import Status

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def said(*statuses: Status, **given: Any) -> dict[str, float]:
    run: dict[str, Any] = {"held": 0, "faults": 0, "took": timedelta(seconds=90)} | given
    return {datum.metric: datum.value for datum in of_run(statuses, **run)}


def test_every_status_has_a_metric() -> None:
    assert set(OF_A_STATUS) == set(Status)


def test_what_a_run_sends_at_most_is_what_is_priced() -> None:
    data = of_run([], held=0, faults=0, took=timedelta(seconds=90), went_live=[WentLive(NOON, NOON)])
    assert sorted(datum.metric for datum in data) == sorted(METRICS)


def test_tasks_are_counted_by_status_and_a_status_without_any_is_nought() -> None:
    found = said(Status.UP_TO_DATE, Status.UP_TO_DATE, Status.UNKNOWN)
    assert (found["TasksUpToDate"], found["TasksOutOfDate"], found["TasksUnknown"]) == (2, 0, 1)


@pytest.mark.parametrize(("faults", "succeeded"), [(0, 1), (1, 0), (3, 0)])
def test_a_run_with_a_fault_has_not_succeeded(faults: int, succeeded: int) -> None:
    assert said(faults=faults)["RunSucceeded"] == succeeded


def test_the_longest_way_from_approval_to_live_is_told() -> None:
    quick, slow = (WentLive(NOON, NOON + timedelta(minutes=minutes)) for minutes in (5, 50))
    assert said(went_live=[quick, slow])["ApprovalToLiveSeconds"] == 3000


def test_a_run_in_which_nothing_went_live_says_nothing_of_it() -> None:
    assert "ApprovalToLiveSeconds" not in said()


def test_clocks_that_differ_give_no_time_below_nought() -> None:
    assert said(went_live=[WentLive(NOON, NOON - timedelta(seconds=2))])["ApprovalToLiveSeconds"] == 0


def test_times_are_in_seconds_and_everything_else_is_counted() -> None:
    data = of_run([], held=1, faults=0, took=timedelta(seconds=90), went_live=[WentLive(NOON, NOON)])
    assert {datum.metric for datum in data if datum.unit == "Seconds"} == {"RunSeconds", "ApprovalToLiveSeconds"}


def test_the_stack_is_named_with_its_project() -> None:
    assert dimensions("fleet/prod") == {"Stack": "fleet/prod"}
