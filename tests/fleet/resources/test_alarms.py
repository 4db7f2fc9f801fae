"""How the alarms of an endpoint are declared: after it, taken over where they are ours, and never over another's."""

import asyncio
from dataclasses import replace
from typing import Any, cast

import pulumi
import pytest

from fleet.aws.gateway import Presence
from fleet.choice import Choice
from fleet.memory import ALARMS, Outcome
from fleet.monitoring.alarms import Watched, specifications
from fleet.resources.aws_types import Endpoint
from fleet.resources.beside import alarms as beside
from fleet.resources.beside.alarms import AS_IT_IS, EndpointAlarms
from fleet.resources.beside.thing import Stands, stand
from fleet.resources.endpoint import DeclaredEndpoint
from fleet.resources.site import Site
from fleet.resources.situation import Variant
from fleet.resources.variant import BESIDE
from fleet.resources.watch import AT_ONCE, Watch
from fleet.rollout import Kind, Plan
from fleet.seen import Approved, Unknown
from fleet.tasks.model import CHAMPION, Alarms
from tests.fleet.resources.declaring import Declarations, World, declaring
from tests.fleet.worlds import EIGHT, ENDPOINT, TO_EIGHT, world

ONE = specifications(Watched("spam", CHAMPION, None, Alarms(), has_provisioned=False), "spam", fleet="fleet/prod")[0]
DOWN = Unknown("DescribeAlarms: InternalFailure: down")


# When


def wanted(plan: Plan = TO_EIGHT, *, serves: bool = True, recorded: bool = False) -> Any:
    """The alarms of an endpoint: whether its step was done in this run, and whether the state has it from the last."""
    outcome = Outcome(ENDPOINT, declared=(ENDPOINT,)) if recorded else None
    watched = Watched(ENDPOINT, CHAMPION, None, Alarms(), has_provisioned=False)
    choice = Choice(Approved(8, "package"))
    variant = Variant(ENDPOINT, CHAMPION, None, world().settings, choice, outcome, watched=watched)

    async def make(site: Site) -> Any:
        endpoint = DeclaredEndpoint(cast(Endpoint, site.parent) if serves else None)  # any resource will do
        return BESIDE[ALARMS](variant, plan, EIGHT, endpoint, site)

    return declaring(World(), make).result


def test_an_endpoint_has_its_alarms_and_they_go_before_it() -> None:
    its = wanted()
    assert [one.kind for one in its.wanted] == ["server-errors", "slow", "saturated"]
    assert its.depends_on is not None


def test_where_no_endpoint_is_there_is_no_alarm() -> None:
    assert wanted(serves=False) is None


def test_an_endpoint_whose_step_failed_keeps_its_alarms() -> None:
    assert wanted(serves=False, recorded=True) is not None


def test_of_somebody_elses_endpoint_no_alarm_is_deleted() -> None:
    assert wanted(Plan(Kind.REFUSE), serves=False, recorded=True).foreign


# How


def declared(
    presence: Presence | Unknown = Presence.ABSENT, *, foreign: bool = False, refuses: str = "", preview: bool = False
) -> Declarations:
    """One alarm, and what the declaration gave."""
    world = World(alarms={ONE.name: presence}, refuses=refuses)

    async def declare(site: Site) -> Any:
        return await stand(EndpointAlarms([ONE], site, depends_on=None, foreign=foreign))

    return declaring(world, declare, preview=preview)


def test_the_next_run_is_told_of_the_kinds_that_are_in_the_state() -> None:
    assert declared().result == Stands("server-errors")


def test_it_has_the_tags_by_which_it_is_known() -> None:
    tags = declared().inputs("MetricAlarm")["tags"]
    assert (tags["fleet:stack"], tags["fleet:task"], tags["fleet:variant"]) == ("prod", "toxicity", "champion")


def test_what_a_killed_run_left_is_taken_over_as_it_is() -> None:
    made = declared(Presence.OURS).of("MetricAlarm")
    assert (made.importId, set(made.ignoreChanges)) == (ONE.name, set(AS_IT_IS))


def test_what_is_left_as_it_is_is_all_that_is_said_of_an_alarm_but_its_name() -> None:
    said = {"tags", *declared().inputs("MetricAlarm")}
    assert said - {"name"} <= set(AS_IT_IS)


def test_an_alarm_in_the_state_is_changed_in_place() -> None:
    made = declared(Presence.RECORDED).of("MetricAlarm")
    assert (made.importId, list(made.ignoreChanges)) == ("", [])


def test_an_alarm_of_somebody_else_is_refused_and_not_touched() -> None:
    found = declared(Presence.FOREIGN)
    assert found.types == []
    assert found.result.problem.startswith(f"alarm {ONE.name} exists and is not this stack's")


def test_an_alarm_that_could_not_be_looked_at_is_not_written_and_said() -> None:
    found = declared(DOWN)
    assert found.types == []
    assert found.result == Stands(unknown=f"alarm {ONE.name} was not written: {DOWN.error}")


def test_a_preview_says_once_that_alarms_could_not_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    spam = specifications(Watched("spam", CHAMPION, None, Alarms(), has_provisioned=False), "spam", fleet="fleet/prod")

    async def declare(site: Site) -> Any:
        return await stand(EndpointAlarms(spam, site, depends_on=None, foreign=False))

    declaring(World(alarms={one.name: DOWN for one in spam}), declare, preview=True)
    assert said == [f"alarms that the state does not hold are not written: {DOWN.error}"]


def test_an_endpoint_that_is_somebody_elses_gets_no_new_alarm() -> None:
    assert declared(foreign=True).types == []


def test_the_alarms_of_an_endpoint_that_has_become_somebody_elses_are_kept() -> None:
    assert declared(Presence.RECORDED, foreign=True).of("MetricAlarm").retainOnDelete


def test_what_aws_refuses_is_told_and_not_recorded() -> None:
    found = declared(refuses="MetricAlarm").result
    assert (found.record, found.refused) == ("", (f"alarm {ONE.name} was not written",))


def test_what_is_in_the_state_is_recorded_although_its_change_is_refused() -> None:
    assert declared(Presence.RECORDED, refuses="MetricAlarm").result.record == "server-errors"


def test_no_more_are_written_at_once_than_cloudwatch_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way: list[int] = []
    watch = Watch(fleet="fleet/prod")

    async def registered(alarm: pulumi.Resource) -> tuple[pulumi.Resource, str]:
        under_way.append(under_way[-1] + 1 if under_way else 1)
        await asyncio.sleep(0)
        under_way.append(under_way[-1] - 1)
        return alarm, ""

    monkeypatch.setattr(beside, "registered", registered)
    its = Watched("spam", CHAMPION, None, Alarms(level="full"), has_provisioned=False)
    many = specifications(its, "spam", fleet="fleet/prod")

    async def declare(site: Site) -> Any:
        return await stand(EndpointAlarms(many, replace(site, watch=watch), depends_on=None, foreign=False))

    declaring(World(), declare)
    assert len(many) > AT_ONCE == max(under_way)


def test_their_kind_is_the_one_that_the_record_has() -> None:
    assert EndpointAlarms.kind == ALARMS
