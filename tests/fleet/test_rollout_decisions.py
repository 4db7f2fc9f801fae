"""What is decided where people decided something first: held, pinned, not to be had, or not passed by a smoke test.

Which version they chose is in test_choice.py, how it ends in words in test_status.py.
"""

from dataclasses import replace

import pytest

from fleet.memory import Outcome, Verdict
from fleet.rollout import Kind, Plan, steps
from fleet.seen import Absent, Answer, Live, OnHold, Refused, Unknown, Version
from fleet.status import assess
from fleet.verdict import Attempt, conclude
from tests.fleet.worlds import (
    DOWN,
    EIGHT,
    ENDPOINT,
    FOREIGN,
    NO_PASS,
    SEVEN,
    TO_EIGHT,
    TRANSITIONS,
    World,
    approved,
    held,
    interrupted,
    name,
    revision,
    serves,
    versions,
    world,
)

STAY = OnHold()
REFUSED = Refused("pin: version 9 is not approved")
DOWN_PINNED_TO_7 = Unknown("ListModelPackages: AccessDeniedException: no", pin=7)


def updated() -> World:
    """8 serves, 7 is kept."""
    fleet = world(serving=7, approved_version=8)
    fleet.run()
    return fleet


# Held by a person: what serves stays


def test_a_hold_keeps_what_serves() -> None:
    fleet = world(serving=7)
    fleet.answer = STAY
    plan = fleet.decide()
    assert serves(plan) == (Kind.ON_HOLD, name(7))
    assert plan.declared == (revision(7),)
    assert not steps(plan, fleet.live).moves


def test_a_hold_declares_no_less_than_the_run_before() -> None:
    fleet = updated()
    fleet.answer = STAY
    assert versions(fleet.decide()) == {7, 8}


@pytest.mark.parametrize("status", TRANSITIONS)
def test_a_hold_keeps_what_serves_in_transition_too(status: str) -> None:
    fleet = updated()
    fleet.show(status=status)
    fleet.answer = STAY
    plan = fleet.decide()
    assert serves(plan) == (Kind.ON_HOLD, name(8))
    assert versions(plan) == {7, 8}


def test_a_hold_keeps_what_somebody_moved_the_endpoint_to() -> None:
    fleet = world(serving=7)
    fleet.show(config="by-hand")
    fleet.answer = STAY
    plan = fleet.decide()
    assert serves(plan) == (Kind.ON_HOLD, "by-hand")
    assert plan.declared == (revision(7),)


def test_a_hold_keeps_a_revision_that_somebody_moved_the_endpoint_back_to() -> None:
    fleet = updated()
    fleet.show(config=name(7))
    fleet.answer = STAY
    plan = fleet.run()
    assert serves(plan) == (Kind.ON_HOLD, name(7))
    assert versions(fleet.decide()) == {7, 8}


def test_a_hold_keeps_what_serves_although_the_state_was_lost() -> None:
    fleet = world(serving=7)
    fleet.lose_state()
    fleet.answer = STAY
    plan = fleet.decide()
    assert serves(plan) == (Kind.ON_HOLD, name(7))
    assert plan.declared == (revision(7),)


def test_a_hold_keeps_the_settings_too() -> None:
    fleet = world(serving=7)
    fleet.change(memory_mb=3072)
    fleet.answer = STAY
    assert fleet.decide().declared == (revision(7),)


def test_the_same_hold_gives_the_same_decision() -> None:
    fleet = updated()
    fleet.answer = STAY
    first = fleet.run()
    assert fleet.run() == fleet.run() == first


def test_a_hold_drops_nothing_that_a_killed_run_meant_to_drop() -> None:
    fleet = interrupted()
    fleet.answer = STAY
    assert versions(fleet.decide()) == {7, 8, 9}


@pytest.mark.parametrize(("live", "kind"), [(DOWN, Kind.KEEP), (FOREIGN, Kind.REFUSE)], ids=["unknown", "foreign"])
def test_a_hold_changes_nothing_of_what_cannot_be_read_or_is_somebody_elses(live: Live, kind: Kind) -> None:
    fleet = world(serving=7)
    fleet.live, fleet.answer = live, STAY
    plan = fleet.decide()
    assert serves(plan) == (kind, name(7))
    assert versions(plan) == {7}


# Held, and nothing is there


def test_a_hold_deploys_nothing_that_never_was() -> None:
    fleet = world()
    fleet.answer = STAY
    assert fleet.decide() == Plan(Kind.NOTHING)


@pytest.mark.parametrize("ending", ["rolls back", "is refused", "fails the test"])
def test_a_hold_makes_nothing_of_a_first_deployment_that_failed(ending: str) -> None:
    fleet = world(approved_version=1)
    fleet.run(ending)
    fleet.answer = STAY
    for _ in range(2):
        plan = fleet.run()
        assert serves(plan) == (Kind.NOTHING, "")


@pytest.mark.parametrize("gone", [Absent(), replace(SEVEN, status="Failed"), replace(SEVEN, status="Deleting")])
def test_a_held_endpoint_that_is_gone_is_made_again_from_what_served(gone: Live) -> None:
    fleet = world(serving=7)
    before = fleet.run().generation
    fleet.live, fleet.answer = gone, STAY
    plan = fleet.run()
    assert serves(plan) == (Kind.ON_HOLD, name(7))
    assert versions(plan) == {7}
    assert plan.generation == before + 1
    assert steps(plan, gone).makes
    assert fleet.run() == plan  # from now on it stands


def test_a_held_endpoint_that_could_not_be_made_again_is_tried_in_every_run() -> None:
    fleet = world(serving=7)
    fleet.live, fleet.answer = Absent(), STAY
    fleet.run("is refused")
    plan = fleet.decide()
    assert serves(plan) == (Kind.ON_HOLD, name(7))
    assert steps(plan, fleet.live).makes


def test_a_held_endpoint_is_made_again_from_what_somebody_moved_it_to() -> None:
    fleet = updated()
    fleet.run()
    fleet.show(config=name(7))
    fleet.answer = STAY
    fleet.run()
    fleet.live = Absent()
    assert serves(fleet.decide()) == (Kind.ON_HOLD, name(7))


def test_a_held_endpoint_is_made_again_from_what_served_although_another_was_wanted() -> None:
    fleet = held()
    fleet.live, fleet.answer = Absent(), STAY
    plan = fleet.decide()
    assert serves(plan) == (Kind.ON_HOLD, name(7))
    assert versions(plan) == {7, 8}


def test_a_held_endpoint_is_made_again_from_what_the_last_run_moved_it_to() -> None:
    fleet = updated()
    fleet.live, fleet.answer = Absent(), STAY
    assert serves(fleet.decide()) == (Kind.ON_HOLD, name(8))


# The hold is lifted


def test_without_a_hold_the_endpoint_goes_on_to_the_newest() -> None:
    fleet = world(serving=7)
    fleet.answer = STAY
    fleet.run()
    fleet.approve(8)
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


@pytest.mark.parametrize("config", [name(7), "by-hand"])
def test_without_a_hold_what_was_moved_by_hand_is_moved_back(config: str) -> None:
    fleet = updated()
    fleet.show(config=config)
    fleet.answer = STAY
    fleet.run()
    fleet.approve(8)
    plan = fleet.decide()
    assert serves(plan) == (Kind.RUN, name(8))
    assert name(8) in {revision.name for revision in plan.declared}


def test_after_a_hold_what_served_before_is_still_kept() -> None:
    fleet = updated()
    fleet.answer = STAY
    fleet.run()
    fleet.approve(8)
    assert versions(fleet.run()) == {7, 8}


def test_after_a_hold_on_a_task_that_was_never_deployed_it_is_deployed() -> None:
    fleet = world()
    fleet.answer = STAY
    fleet.run()
    fleet.approve(1)
    assert serves(fleet.decide()) == (Kind.RUN, name(1))


@pytest.mark.parametrize("ending", ["rolls back", "fails the test"])
def test_after_a_hold_what_had_failed_is_not_tried_again(ending: str) -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run(ending)
    fleet.answer = STAY
    fleet.run()
    fleet.approve(8)
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_after_a_hold_what_a_killed_run_sent_and_came_back_is_not_tried_again() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("rolls back", killed=True)
    fleet.answer = STAY
    fleet.run()
    fleet.scale(4)  # from here on the endpoint itself tells no more
    fleet.approve(8)
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_after_a_hold_what_was_never_sent_is_sent() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("is refused")
    fleet.answer = STAY
    fleet.run()
    fleet.show()  # somebody did something to it meanwhile
    fleet.approve(8)
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


# What is wanted cannot be had


def test_what_cannot_be_had_keeps_what_serves() -> None:
    fleet = updated()
    fleet.answer = REFUSED
    plan = fleet.decide()
    assert serves(plan) == (Kind.KEEP, name(8))
    assert versions(plan) == {7, 8}


@pytest.mark.parametrize(
    ("live", "target"),
    [(replace(SEVEN, config="by-hand"), "by-hand"), (Absent(), name(7)), (DOWN, name(7))],
    ids=["moved by hand", "gone", "cannot be read"],
)
def test_what_cannot_be_had_changes_nothing_of_an_endpoint_however_it_is(live: Live, target: str) -> None:
    fleet = world(serving=7)
    fleet.live, fleet.answer = live, REFUSED
    plan = fleet.decide()
    assert serves(plan) == (Kind.KEEP, target)
    assert versions(plan) == {7}


def test_what_cannot_be_had_deploys_nothing() -> None:
    fleet = world()
    fleet.answer = REFUSED
    assert fleet.decide() == Plan(Kind.KEEP)


def test_what_cannot_be_had_drops_nothing_that_a_killed_run_meant_to_drop() -> None:
    fleet = interrupted()
    fleet.answer = REFUSED
    assert versions(fleet.decide()) == {7, 8, 9}


def test_what_had_failed_is_not_tried_again_after_something_that_could_not_be_had() -> None:
    fleet = held()
    fleet.answer = REFUSED
    fleet.run()
    fleet.approve(8)
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_once_it_can_be_had_the_endpoint_moves() -> None:
    fleet = world(serving=7)
    fleet.answer = REFUSED
    fleet.run()
    fleet.approve(9)
    assert serves(fleet.decide()) == (Kind.RUN, name(9))


# Pinned while the registry is down


def test_a_pin_on_a_kept_revision_needs_no_registry() -> None:
    fleet = updated()
    fleet.answer = DOWN_PINNED_TO_7
    plan = fleet.run()
    assert serves(plan) == (Kind.RUN, name(7))
    assert plan.revision(name(7)) == revision(7)
    assert versions(fleet.run()) == {7, 8}  # and back again, should it have to be


def test_a_pin_on_what_serves_needs_no_registry_either() -> None:
    fleet = world(serving=7)
    fleet.answer = DOWN_PINNED_TO_7
    plan = fleet.decide()
    assert serves(plan) == (Kind.RUN, name(7))
    assert not steps(plan, fleet.live).moves


def test_a_pinned_endpoint_that_is_gone_is_made_again_without_the_registry() -> None:
    fleet = world(serving=7)
    fleet.live, fleet.answer = Absent(), DOWN_PINNED_TO_7
    plan = fleet.decide()
    assert serves(plan) == (Kind.RUN, name(7))
    assert steps(plan, fleet.live).makes


def test_a_pin_on_a_revision_that_is_kept_no_more_changes_nothing_while_the_registry_is_down() -> None:
    fleet = updated()
    fleet.answer = Unknown("down", pin=6)
    plan = fleet.decide()
    assert serves(plan) == (Kind.KEEP, name(8))
    assert versions(plan) == {7, 8}


def test_a_pin_on_a_kept_revision_that_had_failed_is_not_tried_again() -> None:
    fleet = held()
    fleet.answer = Unknown("down", pin=8)
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_a_pin_does_not_help_where_the_endpoint_cannot_be_read() -> None:
    fleet = updated()
    fleet.live, fleet.answer = DOWN, DOWN_PINNED_TO_7
    assert fleet.decide().kind is Kind.KEEP


# Too young to be moved to (see test_choice.py)

EIGHT_SOAKS = replace(approved(7), passed_over=(Version(8, "package/8"),))


def test_what_serves_need_not_soak_although_the_state_was_lost() -> None:
    fleet = world(serving=8)
    fleet.lose_state()
    fleet.answer = EIGHT_SOAKS
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


def test_what_serves_need_not_soak_to_get_other_settings() -> None:
    fleet = world(serving=8)
    fleet.change(memory_mb=3072)
    fleet.answer = EIGHT_SOAKS
    assert serves(fleet.decide()) == (Kind.RUN, name(8, memory_mb=3072))


def test_what_served_needs_no_soak_to_be_made_again() -> None:
    fleet = world(serving=8)
    fleet.live, fleet.answer = Absent(), EIGHT_SOAKS
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


# What a smoke test has not passed


def failed(*, serving: int = 0) -> World:
    """8 was tried on a candidate, and did not pass."""
    fleet = world(serving=serving, approved_version=8)
    fleet.run("fails the test")
    return fleet


def test_a_failed_smoke_test_leaves_the_endpoint_on_what_serves() -> None:
    fleet = failed(serving=7)
    plan = fleet.decide()
    assert serves(plan) == (Kind.FAILED_BEFORE, name(7))
    assert versions(plan) == {7, 8}
    assert fleet.live == SEVEN


def test_a_failed_smoke_test_of_the_very_first_version_leaves_no_endpoint() -> None:
    fleet = failed()
    plan = fleet.decide()
    assert serves(plan) == (Kind.FAILED_BEFORE, "")
    assert versions(plan) == {8}
    assert not steps(plan, fleet.live).makes


@pytest.mark.parametrize("serving", [0, 7])
def test_a_failed_smoke_test_holds_over_many_runs(serving: int) -> None:
    fleet = failed(serving=serving)
    first = fleet.run()
    assert first.kind is Kind.FAILED_BEFORE
    assert fleet.run() == fleet.run() == first
    assert fleet.outcome is not None
    assert (fleet.outcome.verdict, fleet.outcome.failure) == (Verdict.SMOKE_TEST, NO_PASS)


@pytest.mark.parametrize("answer", [DOWN, REFUSED], ids=["outage", "refused"])
@pytest.mark.parametrize("serving", [0, 7])
def test_a_failed_smoke_test_is_not_forgotten_while_nobody_can_find_out(serving: int, answer: Answer) -> None:
    fleet = failed(serving=serving)
    fleet.answer = answer
    fleet.run()
    fleet.approve(8)
    assert fleet.decide().kind is Kind.FAILED_BEFORE


@pytest.mark.parametrize("serving", [0, 7])
def test_a_newer_version_is_tried_after_a_failed_smoke_test(serving: int) -> None:
    fleet = failed(serving=serving)
    fleet.run()
    fleet.approve(9)
    plan = fleet.decide()
    assert serves(plan) == (Kind.RUN, name(9))
    assert steps(plan, fleet.live, fleet.outcome).tests


@pytest.mark.parametrize("serving", [0, 7])
def test_a_raised_attempt_is_tried_after_a_failed_smoke_test(serving: int) -> None:
    fleet = failed(serving=serving)
    fleet.run()
    fleet.change(attempt=2)
    plan = fleet.decide()
    assert serves(plan) == (Kind.RUN, name(8, attempt=2))
    assert steps(plan, fleet.live, fleet.outcome).tests


def test_what_did_not_pass_goes_once_a_newer_one_serves() -> None:
    fleet = failed(serving=7)
    fleet.approve(9)
    fleet.run()
    assert versions(fleet.run()) == {7, 9}


def test_killed_before_the_verdict_was_written_it_is_tested_again() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("fails the test", killed=True)
    plan = fleet.decide()
    assert serves(plan) == (Kind.RUN, name(8))
    assert steps(plan, fleet.live, fleet.outcome).tests


def test_a_smoke_test_that_could_not_be_run_is_tried_again() -> None:
    fleet = world(serving=7, approved_version=8)
    plan = fleet.begin()
    attempt = Attempt(SEVEN, SEVEN, obstacle="smoke test could not be run: no")
    fleet.outcome = conclude(plan, fleet.outcome or Outcome(), attempt)
    assert (fleet.outcome.verdict, fleet.outcome.failure) == (Verdict.NOT_SENT, "smoke test could not be run: no")
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


def test_an_endpoint_deleted_outside_is_made_again_as_it_was_although_a_newer_version_did_not_pass() -> None:
    fleet = failed(serving=7)
    fleet.live = Absent()
    plan = fleet.decide()
    assert serves(plan) == (Kind.FAILED_BEFORE, name(7))
    assert steps(plan, fleet.live).makes


def test_an_endpoint_deleted_outside_is_made_again_as_it_was_although_a_newer_version_came_back() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("rolls back")
    fleet.live = Absent()
    assert serves(fleet.run()) == (Kind.FAILED_BEFORE, name(7))
    assert serves(fleet.run()) == (Kind.FAILED_BEFORE, name(7))
    fleet.approve(9)
    assert serves(fleet.decide()) == (Kind.RUN, name(9))


def test_an_endpoint_that_never_was_is_not_said_to_be_deleted() -> None:
    fleet = failed()
    fleet.approve(9)
    reason = assess(fleet.decide(), fleet.answer, fleet.live, fleet.outcome or Outcome()).reason
    assert reason == "version 9 approved"


# What is tested


def to_be_tested(fleet: World) -> bool:
    return steps(fleet.decide(), fleet.live, fleet.outcome).tests


def test_the_very_first_version_is_tested() -> None:
    assert to_be_tested(world(approved_version=1))


def test_a_newer_version_is_tested() -> None:
    assert to_be_tested(world(serving=7, approved_version=8))


def test_a_version_is_tested_under_its_new_settings() -> None:
    fleet = world(serving=7)
    fleet.change(memory_mb=3072)
    assert to_be_tested(fleet)


def test_what_passed_and_was_not_sent_is_tested_again() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("is refused")
    assert to_be_tested(fleet)


def test_what_serves_is_not_tested() -> None:
    assert not to_be_tested(world(serving=7))


def test_what_a_killed_run_moved_to_is_not_tested_again() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run(killed=True)
    assert not to_be_tested(fleet)


def test_what_served_is_not_tested_when_its_endpoint_is_made_again() -> None:
    fleet = world(serving=7)
    fleet.live = Absent()
    assert not to_be_tested(fleet)


def test_what_served_is_not_tested_when_it_is_moved_back_to() -> None:
    fleet = updated()
    fleet.show(config="by-hand")
    assert not to_be_tested(fleet)


def test_a_kept_revision_is_not_tested_again() -> None:
    fleet = updated()
    fleet.run()
    fleet.approve(7)
    assert serves(fleet.decide()) == (Kind.RUN, name(7))
    assert not to_be_tested(fleet)


def test_what_is_kept_no_more_is_tested_like_any_other() -> None:
    fleet = world(serving=7)
    for version in (8, 9):
        fleet.approve(version)
        fleet.run()
    fleet.run()
    fleet.approve(7)
    assert to_be_tested(fleet)


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.RUN}))
def test_nothing_is_tested_unless_the_plan_says_run(kind: Kind) -> None:
    assert not steps(replace(TO_EIGHT, kind=kind), Absent(), None).tests


# How that is recorded


@pytest.mark.parametrize(
    ("before", "after"),
    [(SEVEN, SEVEN), (SEVEN, replace(SEVEN, modified="t2", failure="exited")), (Absent(), Absent())],
    ids=["serves", "an update came back meanwhile", "never deployed"],
)
def test_a_failed_smoke_test_is_recorded_as_one_with_its_reason(before: Live, after: Live) -> None:
    record = conclude(TO_EIGHT, Outcome(), Attempt(before, after, failed=NO_PASS))
    assert (record.tried, record.turn, record.verdict, record.failure) == (
        name(8),
        TO_EIGHT.turn,
        Verdict.SMOKE_TEST,
        NO_PASS,
    )


def test_a_failed_smoke_test_is_recorded_with_what_was_seen() -> None:
    record = conclude(TO_EIGHT, Outcome(), Attempt(SEVEN, SEVEN, failed=NO_PASS))
    assert (record.serving, record.modified, record.endpoint_status) == (name(7), "t1", "InService")


DECLARED = (name(7), name(8), ENDPOINT)


@pytest.mark.parametrize(
    ("served", "after", "now"),
    [
        ((), SEVEN, (name(7),)),
        ((name(7),), EIGHT, (name(7), name(8))),
        ((name(7),), replace(EIGHT, status="Updating"), (name(7),)),
        ((name(7),), replace(SEVEN, config="by-hand"), (name(7),)),
        ((name(7),), Absent(), (name(7),)),
        ((name(7),), DOWN, (name(7),)),
        (("toxicity-v6-000000", name(7)), SEVEN, (name(7),)),
    ],
    ids=["first seen", "moved", "on the way", "by hand", "gone", "cannot be read", "declared no more"],
)
def test_the_record_tells_which_of_the_declared_have_served(
    served: tuple[str, ...], after: Live, now: tuple[str, ...]
) -> None:
    record = conclude(TO_EIGHT, Outcome(served=served), Attempt(SEVEN, after, declared=DECLARED))
    assert record.served == now


@pytest.mark.parametrize("size", [2048, 3072])
def test_the_record_tells_the_sizes_of_what_serves(size: int) -> None:
    serving, other = revision(7, memory_mb=size, max_concurrency=size // 100), revision(8)
    plan = Plan(Kind.RUN, (other, serving), other, target=other.name)
    record = conclude(plan, Outcome(), Attempt(SEVEN, replace(SEVEN, config=serving.name)))
    assert (record.memory_mb, record.max_concurrency) == (size, size // 100)


def test_what_a_run_knew_to_have_served_is_known_in_the_next() -> None:
    fleet = updated()
    assert fleet.outcome is not None
    assert fleet.outcome.served == tuple(sorted((name(7), name(8))))
