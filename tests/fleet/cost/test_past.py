"""What the fleet was before a run: by what the last run wrote, else by the state, and by what AWS has."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fleet import wire
from fleet.cost import past
from fleet.cost.bill import Key, Once, of_list
from fleet.cost.budget import Past, change, stop
from fleet.cost.estimate import Billed
from fleet.cost.month import Provisioned
from fleet.memory import ALARMS, COST, Outcome
from fleet.revision import Limits, Settings
from tests.fleet.cost.fleets import OFFICE, tariff, tasks

CHAMPION: Key = ("spam", "champion")
WARM = "tasks: {spam: {provisioned_concurrency: 2, alarms: {level: full}}}"
SETTINGS = Settings("spam", "role", memory_mb=2048, max_concurrency=5, provisioned_concurrency=2)


def rollout(its: Settings = SETTINGS, name: str = "__settings") -> dict[str, Any]:
    """A Rollout as the state has it; numbers cross the wire as doubles."""
    said = {key: float(value) if isinstance(value, int) else value for key, value in wire.encode(its).items()}
    return {"type": "pulumi-python:dynamic/rollout:Rollout", "outputs": {name: said}}


def schedule(endpoint: str = "spam") -> dict[str, Any]:
    outputs = {
        "name": "office",
        "resourceId": f"endpoint/{endpoint}/variant/AllTraffic",
        "schedule": f"cron({OFFICE[0].cron})",
        "timezone": "Europe/Berlin",
        "scalableTargetAction": {"minCapacity": 3.0, "maxCapacity": 5.0},
    }
    return {"type": "aws:appautoscaling/scheduledAction:ScheduledAction", "outputs": outputs}


def alarm(name: str) -> dict[str, Any]:
    return {"type": "aws:cloudwatch/metricAlarm:MetricAlarm", "outputs": {"name": name}}


def found(
    outcome: Outcome | None = None,
    state: Mapping[str, Billed] | None = None,
    *listed: str,
    endpoint: str = "spam",
    **more: Any,
) -> Past:
    """Of one task, WARM, with what the last run wrote of it."""
    written = {"spam": {"champion": outcome}} if outcome else {}
    return past.of(of_list(tasks(WARM)), {CHAMPION: endpoint}, written, state or {}, listed, **more)


# --- what the last run wrote ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "its",
    [Billed(1024), Billed(6144, Provisioned(2, 2), 9), Billed(2048, Provisioned(1, 5, OFFICE), 3)],
    ids=["cold", "warm", "by schedules"],
)
def test_what_is_written_for_the_next_run_is_read_back(its: Billed) -> None:
    assert past.recorded(past.record(its)) == its
    assert past.record(its) == past.record(replace(its))


@pytest.mark.parametrize("text", ["", "2048", "[]", "{}", '{"mb":2048}', '{"mb":1,"alarms":1,"slots":1}', "{"])
def test_what_another_release_wrote_is_not_guessed_at(text: str) -> None:
    assert past.recorded(text) is None


def test_what_the_last_run_wrote_goes_before_what_the_state_tells() -> None:
    its = Billed(4096, Provisioned(3, 3), 3)
    outcome = Outcome("spam", beside={COST: past.record(its)})
    assert found(outcome, {"spam": Billed(1024)}).settled == {CHAMPION: its}


# --- what the state tells -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["__settings", "settings"], ids=["now", "up to 0.3"])
def test_what_was_asked_for_is_in_the_state_whatever_came_of_it(name: str) -> None:
    assert past.settled([rollout(name=name)]) == {"spam": Billed(2048, Provisioned(2, 2))}


def test_an_autoscaler_and_its_schedules_are_in_the_state() -> None:
    scaled = replace(SETTINGS, scaling=Limits(1, 5))
    assert past.settled([schedule(), rollout(scaled)]) == {"spam": Billed(2048, Provisioned(1, 5, OFFICE[:1]))}


def test_alarms_are_counted_by_the_metrics_that_they_watch() -> None:
    alarms = [alarm(f"fleet/prod/{name}") for name in ("spam/slow", "spam/cold-starts", "topic/slow", "runs")]
    assert past.settled([rollout(), *alarms])["spam"].alarm_metrics == 3


@pytest.mark.parametrize(
    "resource",
    [
        {"type": "aws:sagemaker/endpoint:Endpoint", "outputs": {"name": "spam"}},
        {"type": "pulumi-python:dynamic/rollout:Rollout", "outputs": {}},
        {"type": "pulumi-python:dynamic/rollout:Rollout", "outputs": {"settings": {"endpoint": "topic"}}},
        {"type": "aws:appautoscaling/scheduledAction:ScheduledAction", "outputs": {"resourceId": "spam"}},
        {"type": "aws:cloudwatch/metricAlarm:MetricAlarm", "outputs": {"name": "theirs"}},
        {"type": "aws:cloudwatch/metricAlarm:MetricAlarm", "outputs": {}},
    ],
)
def test_what_cannot_be_read_is_passed_over(resource: dict[str, Any]) -> None:
    assert past.settled([resource, rollout()]) == {"spam": Billed(2048, Provisioned(2, 2))}


def test_an_alarm_that_somebody_deleted_is_in_the_record() -> None:
    outcome = Outcome("spam", beside={ALARMS: "slow saturated"})
    assert found(outcome, {"spam": Billed(2048)}).settled[CHAMPION].alarm_metrics == 2


def test_an_alarm_that_aws_refused_had_been_asked_for() -> None:
    outcome = Outcome("spam", refused=("PutMetricAlarm: AccessDenied",))
    assert found(outcome, {"spam": Billed(2048)}).settled[CHAMPION].alarm_metrics == 8


# --- what AWS has ---------------------------------------------------------------------------------------------------


def test_an_endpoint_that_is_listed_is_there_and_nobody_knows_how_large() -> None:
    assert found(None, None, "spam", "theirs").there == {CHAMPION: None}
    assert found(None, None, "theirs").there == {}


def test_what_was_looked_up_of_an_endpoint_is_known() -> None:
    assert found(None, None, "spam", looked_up={"spam": past.of_settings(SETTINGS)}).there == {
        CHAMPION: Billed(2048, Provisioned(2, 2))
    }


def test_under_a_changed_prefix_the_endpoint_of_the_last_run_is_the_one_before() -> None:
    its = found(Outcome("spam"), {"spam": Billed(1024)}, "spam", endpoint="prod-spam")
    assert (its.settled, its.there) == ({CHAMPION: Billed(1024)}, {CHAMPION: None})


# --- together -------------------------------------------------------------------------------------------------------


def stopped(its: Past) -> bool:
    return bool(stop(change(of_list(tasks(WARM)), its, Once(), tariff()), 1))


@pytest.mark.parametrize(
    ("its", "stops"),
    [
        (found(), True),
        (found(None, None, "spam"), False),
        (found(Outcome("spam")), False),
        (found(Outcome("spam"), past.settled([rollout()])), False),
        (found(Outcome("spam", refused=("no",)), past.settled([rollout()])), False),
        (found(Outcome("spam"), past.settled([rollout(replace(SETTINGS, provisioned_concurrency=1))])), True),
    ],
    ids=["new", "lost", "asked for", "alarms that are free come", "refused before", "more slots"],
)
def test_only_what_was_not_there_before_stops_a_run(its: Past, stops: bool) -> None:
    assert stopped(its) is stops
