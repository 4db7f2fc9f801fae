"""When an autoscaler stands beside an endpoint, and with which options its parts are declared."""

from dataclasses import replace
from typing import Any

import pytest
from pulumi_aws import sagemaker

from fleet.memory import SCALING
from fleet.resources.beside.scaling import Autoscaler, is_wanted
from fleet.resources.beside.thing import Stands, stand
from fleet.resources.site import Site
from fleet.rollout import Kind, Plan
from fleet.seen import Absent, Live, Unknown
from fleet.tasks.model import Scaling, Schedule
from tests.fleet.resources.declaring import Declarations, World, declaring
from tests.fleet.worlds import DOWN, EIGHT, ENDPOINT, TO_EIGHT

SERVES = replace(EIGHT, provisioned=1)
KEEP, REFUSE = Plan(Kind.KEEP), Plan(Kind.REFUSE)
TARGET_ID = f"endpoint/{ENDPOINT}/variant/AllTraffic"
LIMITS = "1..5"
PARTS = ["Target", "Policy", "ScheduledAction"]
NIGHT = Schedule(name="night", cron="0 22 * * ? *", min=1, max=2)
AROUND_THE_CLOCK = Scaling(min=1, max=5)
BY_NIGHT_TOO = Scaling(min=1, max=5, schedules=(NIGHT,))


# When


def wanted(live: Live, plan: Plan = TO_EIGHT, recorded: str = "", **known: bool) -> bool:
    """By default of an endpoint that is not new, that the last run declared without an autoscaler."""
    return is_wanted(plan, live, recorded, **{"is_declared": True, "comes": False, **known})


def test_it_is_wanted_where_provisioned_concurrency_serves() -> None:
    assert wanted(SERVES)


@pytest.mark.parametrize(
    "live", [EIGHT, replace(SERVES, status="Updating"), Absent()], ids=["on demand", "on its way", "not there"]
)
def test_it_is_not_wanted_where_sagemaker_would_refuse_it(live: Live) -> None:
    assert not wanted(live)


def test_a_preview_shows_it_of_an_endpoint_that_is_to_be_made() -> None:
    assert wanted(Absent(), comes=True)


def test_what_is_recorded_stays_while_the_endpoint_is_on_its_way() -> None:
    assert wanted(replace(EIGHT, status="Updating"), recorded=LIMITS)


def test_what_is_recorded_goes_with_an_endpoint_that_is_gone() -> None:
    assert not wanted(Absent(), recorded=LIMITS)


def test_what_is_recorded_stays_where_a_run_that_could_not_find_out_sees_no_endpoint() -> None:
    assert wanted(Absent(), KEEP, LIMITS)


def test_what_could_not_be_looked_at_keeps_what_it_may_have() -> None:
    assert wanted(DOWN)


def test_what_could_not_be_looked_at_and_was_never_declared_gets_none() -> None:
    assert not wanted(DOWN, is_declared=False)


def test_somebody_elses_endpoint_is_given_none() -> None:
    assert not wanted(SERVES, REFUSE)


def test_what_is_recorded_stays_declared_when_its_endpoint_becomes_somebody_elses() -> None:
    assert wanted(SERVES, REFUSE, LIMITS)


# How


def declared(
    world: World | None = None, scaling: Scaling = BY_NIGHT_TOO, recorded: str = "", *, foreign: bool = False
) -> Declarations:
    """By default one that comes for the first time."""

    async def declare(site: Site) -> Stands:
        endpoint = sagemaker.Endpoint("the-endpoint", endpoint_config_name="c")
        autoscaler = Autoscaler("toxicity", ENDPOINT, scaling, recorded, site, depends_on=endpoint, foreign=foreign)
        return await stand(autoscaler)

    return declaring(world or World(), declare)


def test_it_is_recorded_with_its_limits_under_its_kind() -> None:
    assert (Autoscaler.kind, declared().result) == (SCALING, Stands(LIMITS))


def test_it_leaves_before_its_endpoint() -> None:
    assert declared().comes_after("Target") == {"the-endpoint"}


@pytest.mark.parametrize("part", PARTS[1:])
def test_policy_and_schedules_leave_before_the_target(part: str) -> None:
    assert declared().comes_after(part) == {"toxicity"}


def test_a_schedule_is_called_after_task_and_schedule() -> None:
    assert declared().of("ScheduledAction").name == "toxicity.night"


def test_one_that_aws_has_is_taken_over() -> None:
    its = declared(World(has_target=True)).of("Target")
    assert its.importId == f"sagemaker/{TARGET_ID}/sagemaker:variant:DesiredProvisionedConcurrency"


@pytest.mark.parametrize("has_target", [False, Unknown("down")], ids=["not there", "could not find out"])
def test_one_that_aws_is_not_known_to_have_is_registered(has_target: Any) -> None:
    assert declared(World(has_target=has_target)).of("Target").importId == ""


def test_one_that_the_state_has_is_not_looked_up() -> None:
    """There it has another id: to take it over would replace it."""
    world = World(has_target=True, in_state=frozenset({TARGET_ID}))
    assert (declared(world).of("Target").importId, world.asked) == ("", [])


def test_limits_that_a_schedule_has_moved_are_no_change() -> None:
    assert list(declared(recorded=LIMITS).of("Target").ignoreChanges) == ["minCapacity", "maxCapacity"]


@pytest.mark.parametrize(
    ("scaling", "recorded"),
    [(BY_NIGHT_TOO, "1..4"), (AROUND_THE_CLOCK, LIMITS)],
    ids=["other limits than the last run's", "no schedule"],
)
def test_limits_that_no_schedule_has_moved_are_put_right(scaling: Scaling, recorded: str) -> None:
    assert list(declared(scaling=scaling, recorded=recorded).of("Target").ignoreChanges) == []


@pytest.mark.parametrize(
    ("part", "ignored"),
    [
        ("Target", ["minCapacity", "maxCapacity", "tags", "tagsAll"]),
        ("Policy", ["targetTrackingScalingPolicyConfiguration"]),
        ("ScheduledAction", ["schedule", "timezone", "scalableTargetAction"]),
    ],
)
def test_of_somebody_elses_endpoint_nothing_is_changed_or_deleted(part: str, ignored: list[str]) -> None:
    its = declared(recorded=LIMITS, foreign=True).of(part)
    assert (its.retainOnDelete, list(its.ignoreChanges)) == (True, ignored)


def test_our_own_is_deleted_where_it_is_declared_no_more() -> None:
    assert not declared().of("Target").retainOnDelete


def test_one_that_aws_refuses_gets_no_policy() -> None:
    found = declared(World(refuses="Target"))
    assert (found.types, found.result) == (["Endpoint", "Target"], Stands())


def test_one_that_was_there_and_is_refused_keeps_its_policy_and_its_record() -> None:
    """What is not declared, the engine deletes."""
    found = declared(World(refuses="Target"), recorded="1..4")
    assert (found.types, found.result) == (["Endpoint", *PARTS], Stands("1..4"))
