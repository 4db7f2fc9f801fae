"""What an autoscaler made of provisioned concurrency survives updates, and is never a change."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.memory import Outcome, Verdict
from fleet.revision import Limits
from fleet.rollout import Plan
from fleet.seen import Absent, LiveEndpoint, Unknown
from fleet.verdict import capacity_to_restore, has_failed
from tests.fleet.worlds import DOWN, World, name, revision, world

LIMITS = Limits(1, 5)


def scaled(live: int, *, scaling: Limits | None = LIMITS, **more: int) -> World:
    """7 serves with 2 configured, an autoscaler has made `live` of it, and 8 is approved."""
    fleet = world(serving=7, provisioned_concurrency=2, scaling=scaling, **more)
    fleet.run()
    fleet.scale(live)
    fleet.approve(8)
    return fleet


def provisioned(plan: Plan) -> int | None:
    target = plan.revision(plan.target)
    assert target is not None
    return target.settings.provisioned_concurrency


@pytest.mark.parametrize(("live", "taken"), [(4, 4), (9, 5), (0, 2)], ids=["as it is", "within limits", "none"])
def test_a_new_revision_takes_the_live_value(live: int, taken: int) -> None:
    assert provisioned(scaled(live).decide()) == taken


def test_without_scaling_a_new_revision_has_the_configured_value() -> None:
    assert provisioned(scaled(4, scaling=None).decide()) == 2


def test_its_name_is_made_of_the_configured_value() -> None:
    assert scaled(4).decide().target == name(8, provisioned_concurrency=2)


def test_other_limits_make_no_new_revision() -> None:
    assert revision(8, scaling=Limits(1, 3)) == revision(8)


def test_what_was_made_with_it_keeps_it() -> None:
    fleet = scaled(4)
    fleet.run()
    fleet.scale(3)
    assert provisioned(fleet.decide()) == 4


def test_a_run_that_died_is_repeated_with_the_same_value() -> None:
    fleet = scaled(4)
    fleet.begin()
    fleet.scale(3)
    assert provisioned(fleet.decide()) == 4


def test_after_a_lost_state_what_serves_is_declared_as_it_was_made() -> None:
    fleet = scaled(4)
    fleet.run()
    fleet.scale(3)
    fleet.lose_state()
    assert provisioned(fleet.decide()) == 4


@given(moves=st.lists(st.integers(1, 5), max_size=4))
def test_an_autoscaler_never_changes_a_plan(moves: list[int]) -> None:
    fleet = scaled(2)
    fleet.run()
    plan = fleet.run()
    for live in moves:
        fleet.scale(live)
        assert fleet.decide() == plan
        assert fleet.run() == plan


# Given back where an update has reset it

OLD, NEW = LiveEndpoint("InService", name(8), "t1", provisioned=4), LiveEndpoint("InService", name(7), "t2", 2)
SCALED = replace(world(provisioned_concurrency=2).settings, scaling=LIMITS)


@pytest.mark.parametrize(
    ("before", "after", "restored"),
    [
        (OLD, NEW, 4),
        (replace(OLD, provisioned=9), NEW, 5),
        (OLD, replace(NEW, provisioned=4), 0),
        (OLD, replace(OLD, provisioned=2), 0),
        (Absent(), NEW, 0),
        (replace(OLD, provisioned=0), NEW, 0),
        (OLD, replace(NEW, status="Updating"), 0),
        (OLD, replace(NEW, provisioned=0), 0),
        (OLD, DOWN, 0),
        (Unknown("?"), NEW, 0),
    ],
    ids=[
        "it was reset",
        "within limits",
        "it is right",
        "nothing was updated",
        "it was created",
        "there was none",
        "still in transition",
        "it has none now",
        "not known now",
        "not known before",
    ],
)
def test_what_is_to_be_given_back(before: LiveEndpoint, after: LiveEndpoint, restored: int) -> None:
    assert capacity_to_restore(SCALED, Outcome(), before, after) == restored


def test_a_kept_revision_without_scaling_has_the_configured_value_and_not_what_it_was_made_with() -> None:
    made_with_4 = replace(NEW, provisioned=4)
    assert capacity_to_restore(replace(SCALED, scaling=None), Outcome(), OLD, made_with_4) == 2


def test_nothing_is_given_to_an_endpoint_of_somebody_else() -> None:
    assert capacity_to_restore(SCALED, Outcome(beside={"scaling": "1..5"}), OLD, replace(NEW, ours=False)) == 0


def test_one_whose_autoscaler_was_taken_away_gets_the_configured_value() -> None:
    unscaled = replace(SCALED, scaling=None)
    assert capacity_to_restore(unscaled, Outcome(beside={"scaling": "1..5"}), OLD, OLD) == 2


def test_an_autoscaler_of_somebody_else_is_let_be() -> None:
    assert capacity_to_restore(replace(SCALED, scaling=None), Outcome(), OLD, OLD) == 0


# Whose own version failed


@pytest.mark.parametrize("verdict", [Verdict.ROLLED_BACK, Verdict.SMOKE_TEST, Verdict.NOT_SENT])
def test_a_wanted_revision_that_was_tried_and_does_not_serve_has_failed(verdict: Verdict) -> None:
    plan = world(serving=7, approved_version=8).decide()
    assert has_failed(plan, Outcome(tried=plan.target, turn=plan.turn, verdict=verdict))


def test_a_wanted_revision_that_is_held_has_failed() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("rolls back", killed=True)
    assert has_failed(fleet.decide(), Outcome())


@pytest.mark.parametrize(
    "outcome",
    [Outcome(), Outcome(tried=name(8), turn=2, verdict=Verdict.SERVES), Outcome(tried=name(7), turn=1)],
    ids=["nothing was tried", "it serves", "another was tried"],
)
def test_a_wanted_revision_has_not_failed(outcome: Outcome) -> None:
    assert not has_failed(world(serving=7, approved_version=8).decide(), outcome)
