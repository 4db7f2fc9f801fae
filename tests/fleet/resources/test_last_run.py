"""What the last run wrote counts as far as the state still holds it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from fleet.aws.scaling import target_of
from fleet.memory import ALARMS, SCALING, Outcome
from fleet.resources import last_run, variant
from fleet.resources.aws_types import (
    AwsResource,
    Dashboard,
    Endpoint,
    EndpointConfiguration,
    MetricAlarm,
    Model,
    ScalableTarget,
)
from fleet.resources.last_run import LastRun

TARGET, REVISION = target_of("toxicity"), "toxicity-v7-3fa9c1"
WRITTEN = Outcome("toxicity", ("toxicity", REVISION), beside={SCALING: "1..5"})


def remembered(in_state: Mapping[type[AwsResource], str]) -> Outcome:
    """Of the last run, given the name of the resource of each type that the state holds."""
    state: dict[str, dict[str, dict[str, str]]] = {type_.TYPE: {name: {}} for type_, name in in_state.items()}
    return LastRun({"toxicity": {"champion": WRITTEN}}, state).of("toxicity")["champion"]


def test_what_the_state_holds_is_as_it_was_written() -> None:
    revision = {Model: REVISION, EndpointConfiguration: REVISION}
    assert remembered({Endpoint: "toxicity", **revision, ScalableTarget: TARGET}) == WRITTEN


def test_an_endpoint_that_a_refresh_dropped_is_declared_no_more() -> None:
    assert remembered({ScalableTarget: TARGET}).declared == ()


def test_half_a_revision_is_none() -> None:
    assert remembered({Model: REVISION}).declared == ()
    assert remembered({EndpointConfiguration: REVISION}).declared == ()


def test_an_autoscaler_that_a_refresh_dropped_is_remembered_no_more() -> None:
    assert remembered({Endpoint: "toxicity"}).beside == {}


def test_of_everything_beside_an_endpoint_it_is_known_how_the_state_calls_it() -> None:
    by_their_own_names = {ALARMS}  # an endpoint has several
    assert last_run.HELD_AS.keys() == variant.BESIDE.keys() - by_their_own_names


def test_an_alarm_of_the_state_is_known_by_its_name() -> None:
    assert LastRun({}, {MetricAlarm.TYPE: {"fleet/prod/spam/slow": {}}}).in_state == {"fleet/prod/spam/slow"}


def test_a_dashboard_of_the_state_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"urn": {"type": Dashboard.TYPE, "outputs": {"dashboardName": "fleet-prod", "dashboardBody": "{}"}}}

    async def asked(function: str, _: Mapping[str, str]) -> dict[str, Any]:
        return {"outputs": held if function.endswith("readStackResourceOutputs") else {}}

    monkeypatch.setattr(last_run, "invoke_async", asked)
    for name in ("get_organization", "get_project", "get_stack"):
        monkeypatch.setattr(pulumi, name, lambda: "fleet")
    assert asyncio.run(last_run.read()).names(Dashboard.TYPE) == ["fleet-prod"]
