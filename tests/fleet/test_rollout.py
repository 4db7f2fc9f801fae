"""What is decided for one variant, rule by rule, over the runs that lead there. What people decide is in
test_rollout_decisions.py, what must never happen in test_rollout_never.py."""

from dataclasses import replace

import pytest

from fleet.memory import Intent, Move, Outcome, Verdict
from fleet.rollout import Kind, Plan, Pointer, steps
from fleet.seen import Absent, Answer, Live, LiveEndpoint, NothingApproved, OnHold, Unknown
from fleet.verdict import Attempt, conclude, judge, sighted
from tests.fleet.worlds import (
    DOWN,
    EIGHT,
    ENDPOINT,
    FOREIGN,
    SEVEN,
    TO_EIGHT,
    TRANSITIONS,
    approved,
    held,
    interrupted,
    name,
    revision,
    serves,
    versions,
    world,
)

BACK = replace(SEVEN, modified="t2", failure="exited")


# The latest approved version


def test_the_first_approved_version_is_deployed() -> None:
    plan = world(approved_version=1).decide()
    assert serves(plan) == (Kind.RUN, name(1))
    assert plan.declared == (revision(1),)


def test_a_newly_approved_version_is_what_the_endpoint_moves_to() -> None:
    assert serves(world(serving=7, approved_version=8).decide()) == (Kind.RUN, name(8))


def test_version_10_comes_after_version_9() -> None:
    assert serves(world(serving=9, approved_version=10).decide()) == (Kind.RUN, name(10))


def test_the_version_before_comes_back_when_the_newest_is_rejected() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run()
    fleet.approve(7)
    assert serves(fleet.decide()) == (Kind.RUN, name(7))


@pytest.mark.parametrize(
    "setting",
    [
        {"memory_mb": 3072},
        {"max_concurrency": 9},
        {"provisioned_concurrency": 1},
        {"environment": {"LANG": "de"}},
        {"attempt": 2},
        {"role": "other"},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_a_changed_setting_moves_the_endpoint_to_a_new_revision_of_its_version(setting: dict[str, object]) -> None:
    fleet = world(serving=7)
    fleet.change(**setting)
    plan = fleet.decide()
    assert serves(plan) == (Kind.RUN, name(7, **setting))
    assert plan.target != name(7)


# What stays declared


def test_what_serves_stays_declared_while_the_endpoint_moves() -> None:
    assert versions(world(serving=7, approved_version=8).decide()) == {7, 8}


def test_what_served_before_stays_declared_once_the_wanted_one_serves() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run()
    assert versions(fleet.run()) == {7, 8}
    assert versions(fleet.run()) == {7, 8}


def test_only_one_that_served_before_is_kept() -> None:
    fleet = world(serving=7)
    for version in (8, 9):
        fleet.approve(version)
        fleet.run()
    assert versions(fleet.run()) == {8, 9}


def test_what_served_two_versions_ago_goes_when_the_endpoint_moves_on() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run()
    fleet.run()
    fleet.approve(9)
    assert versions(fleet.decide()) == {8, 9}


def test_going_back_keeps_what_served_for_a_return() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run()
    fleet.approve(7)
    fleet.run()
    assert versions(fleet.run()) == {7, 8}


def test_what_serves_is_declared_although_the_state_was_lost() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.lose_state()
    plan = fleet.decide()
    assert plan.declared == (revision(8), revision(7))


def test_what_somebody_moved_the_endpoint_to_is_never_declared() -> None:
    fleet = world(serving=7)
    fleet.show(config="by-hand")
    plan = fleet.decide()
    assert serves(plan) == (Kind.RUN, name(7))
    assert "by-hand" not in {revision.name for revision in plan.declared}


def test_what_serves_is_declared_where_it_is_ours_but_forgotten() -> None:
    fleet = world(serving=8)
    fleet.show(config=name(5), serving=revision(5))
    assert versions(fleet.decide()) == {5, 8}


@pytest.mark.parametrize("status", TRANSITIONS)
def test_nothing_goes_while_the_endpoint_is_in_transition(status: str) -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run()
    fleet.run()
    fleet.show(status=status)
    fleet.approve(9)
    assert versions(fleet.decide()) == {7, 8, 9}


# The same answers give the same decision


def test_nothing_changes_while_nothing_changes() -> None:
    fleet = world(serving=7)
    first = fleet.run()
    assert fleet.run() == first == fleet.decide()


def test_the_run_after_an_update_decides_the_same() -> None:
    fleet = world(serving=7, approved_version=8)
    assert fleet.run() == fleet.run()


def test_the_run_after_a_first_deployment_decides_the_same() -> None:
    fleet = world(approved_version=1)
    assert fleet.run() == fleet.run()


def test_an_autoscaler_changes_no_decision() -> None:
    fleet = world(serving=7, provisioned_concurrency=1)
    first = fleet.run()
    fleet.scale(4)
    assert fleet.run() == first


def test_an_outage_changes_no_decision_but_its_kind() -> None:
    fleet = world(serving=7)
    first = fleet.run()
    fleet.answer = DOWN
    fleet.run()
    fleet.approve(7)
    assert fleet.run() == first


# Could not find out


def test_a_registry_outage_keeps_the_revision_that_serves() -> None:
    fleet = world(serving=7)
    fleet.answer = DOWN
    plan = fleet.decide()
    assert serves(plan) == (Kind.KEEP, name(7))
    assert versions(plan) == {7}


def test_a_registry_outage_declares_no_less_than_the_run_before() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run()
    fleet.run()
    fleet.answer = DOWN
    assert versions(fleet.decide()) == {7, 8}


def test_a_registry_outage_declares_what_serves_although_the_state_was_lost() -> None:
    fleet = world(serving=7)
    fleet.lose_state()
    fleet.answer = DOWN
    plan = fleet.decide()
    assert serves(plan) == (Kind.KEEP, name(7))
    assert plan.declared == (revision(7),)


def test_a_registry_outage_does_not_move_back_what_was_moved_by_hand() -> None:
    fleet = world(serving=7)
    fleet.show(config="by-hand")
    fleet.answer = DOWN
    assert serves(fleet.decide()) == (Kind.KEEP, "by-hand")


def test_an_endpoint_that_is_not_there_in_a_registry_outage_stays_declared_as_it_was() -> None:
    """Perhaps this run looks in the wrong place: to declare it no more would delete it where it is."""
    fleet = world(serving=7)
    fleet.live, fleet.answer = Absent(), DOWN
    plan = fleet.decide()
    assert serves(plan) == (Kind.KEEP, name(7))
    assert steps(plan, fleet.live).pointer.as_it_is
    assert versions(plan) == {7}


def test_an_endpoint_that_cannot_be_read_stays_declared_as_it_was() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.live = Unknown("ListEndpoints: ThrottlingException: slow down")
    plan = fleet.decide()
    assert serves(plan) == (Kind.KEEP, name(7))
    assert versions(plan) == {7}


def test_an_endpoint_that_cannot_be_read_stays_on_where_the_last_run_sent_it() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run(killed=True)
    fleet.live = Unknown("ListEndpoints: ThrottlingException: slow down")
    plan = fleet.decide()
    assert serves(plan) == (Kind.KEEP, name(8))
    assert versions(plan) == {7, 8}


def test_two_outages_at_once_keep_everything() -> None:
    fleet = world(serving=7)
    fleet.answer = fleet.live = DOWN
    plan = fleet.decide()
    assert serves(plan) == (Kind.KEEP, name(7))
    assert versions(plan) == {7}


def test_an_outage_in_the_first_run_deploys_nothing() -> None:
    fleet = world()
    fleet.answer = DOWN
    assert fleet.decide() == Plan(Kind.KEEP)


def test_an_update_goes_on_after_an_outage() -> None:
    fleet = world(serving=7)
    fleet.answer = DOWN
    fleet.run()
    fleet.approve(8)
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


# Nothing approved


def test_nothing_approved_deploys_nothing() -> None:
    assert world().decide() == Plan(Kind.NOTHING)


def test_nothing_approved_any_more_keeps_serving() -> None:
    fleet = world(serving=7)
    fleet.answer = NothingApproved()
    plan = fleet.decide()
    assert serves(plan) == (Kind.KEEP, name(7))
    assert versions(plan) == {7}


def test_nothing_approved_any_more_keeps_what_serves_although_the_state_was_lost() -> None:
    fleet = world(serving=7)
    fleet.lose_state()
    fleet.answer = NothingApproved()
    assert fleet.decide().declared == (revision(7),)


@pytest.mark.parametrize("live", [Absent(), LiveEndpoint("Failed", "", "t9"), LiveEndpoint("Deleting", name(7), "t9")])
def test_nothing_approved_and_nothing_that_serves_leaves_no_endpoint(live: Live) -> None:
    fleet = world(serving=7)
    fleet.live, fleet.answer = live, NothingApproved()
    assert serves(fleet.decide()) == (Kind.NOTHING, "")


def test_what_was_approved_again_after_an_endpoint_was_gone_is_made_again() -> None:
    fleet = world(serving=7)
    fleet.live, fleet.answer = Absent(), NothingApproved()
    fleet.run()
    fleet.approve(7)
    assert serves(fleet.decide()) == (Kind.RUN, name(7))


# No endpoint


def test_an_endpoint_deleted_outside_is_made_again() -> None:
    fleet = world(serving=7)
    fleet.live = Absent()
    plan = fleet.decide()
    assert serves(plan) == (Kind.RUN, name(7))
    assert steps(plan, fleet.live).makes


def test_only_a_raised_generation_makes_an_endpoint_again_that_the_state_may_hold() -> None:
    fleet = world(serving=7)
    before = fleet.decide().generation
    fleet.live = Absent()
    assert fleet.run().generation == before + 1
    assert fleet.run().generation == before + 1


def test_the_first_deployment_raises_no_generation() -> None:
    assert world(approved_version=1).decide().generation == 0


def test_no_generation_is_given_a_second_time() -> None:
    fleet = world(serving=7)
    fleet.live = Absent()
    second = fleet.run().generation
    fleet.live, fleet.answer = Absent(), NothingApproved()
    fleet.run()
    fleet.approve(7)
    assert fleet.decide().generation >= second


def test_an_endpoint_deleted_outside_during_an_outage_is_made_again_afterwards() -> None:
    fleet = world(serving=7)
    before = fleet.decide().generation
    fleet.live, fleet.answer = Absent(), DOWN
    fleet.run()
    fleet.approve(7)
    plan = fleet.decide()
    assert serves(plan) == (Kind.RUN, name(7))
    assert plan.generation == before + 1


@pytest.mark.parametrize("status", ["Failed", "Deleting"])
def test_only_a_new_endpoint_takes_the_name_of_one_that_is_failed_or_going(status: str) -> None:
    fleet = world(serving=7)
    before = fleet.decide().generation
    fleet.show(status=status)
    plan = fleet.decide()
    assert serves(plan) == (Kind.RUN, name(7))
    assert plan.generation == before + 1
    assert steps(plan, fleet.live).makes


def test_a_failed_creation_is_tried_in_every_run() -> None:
    fleet = world(approved_version=1)
    plans = [fleet.run("rolls back") for _ in range(3)]
    assert [serves(plan) for plan in plans] == [(Kind.RUN, name(1))] * 3
    assert len({plan.generation for plan in plans}) == 3


def test_a_refused_creation_is_tried_again() -> None:
    fleet = world(approved_version=1)
    fleet.run("is refused")
    assert serves(fleet.decide()) == (Kind.RUN, name(1))


# Somebody else's


def test_an_endpoint_that_is_somebody_elses_is_refused_and_never_declared() -> None:
    fleet = world(approved_version=1)
    fleet.live = FOREIGN
    assert fleet.decide() == Plan(Kind.REFUSE)


def test_a_stranger_that_took_the_name_changes_nothing_of_what_is_declared() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.live = FOREIGN
    plan = fleet.decide()
    assert serves(plan) == (Kind.REFUSE, name(7))
    assert versions(plan) == {7}


@pytest.mark.parametrize("answer", [DOWN, NothingApproved()])
def test_somebody_elses_is_refused_whatever_the_registry_says(answer: Answer) -> None:
    fleet = world(serving=7)
    fleet.live, fleet.answer = FOREIGN, answer
    assert fleet.decide().kind is Kind.REFUSE


# Held


def test_a_revision_that_rolled_back_is_not_sent_again() -> None:
    plan = held().decide()
    assert serves(plan) == (Kind.FAILED_BEFORE, name(7))
    assert versions(plan) == {7, 8}


def test_a_hold_lasts_over_many_runs() -> None:
    fleet = held()
    first = fleet.run()
    assert fleet.run() == fleet.run() == first


@pytest.mark.parametrize("answer", [DOWN, NothingApproved()])
def test_a_hold_outlasts_an_outage_and_a_time_without_approval(answer: Answer) -> None:
    fleet = held()
    fleet.answer = answer
    fleet.run()
    fleet.approve(8)
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_a_hold_outlasts_an_endpoint_that_could_not_be_read() -> None:
    fleet = held()
    seen, fleet.live = fleet.live, DOWN
    fleet.run()
    fleet.live = seen
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_a_hold_outlasts_an_autoscaler() -> None:
    fleet = held()
    fleet.run()
    fleet.scale(4)
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_a_hold_outlasts_a_lost_record() -> None:
    fleet = held()
    fleet.run()
    fleet.outcome = None
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_a_newer_version_ends_a_hold() -> None:
    fleet = held()
    fleet.run()
    fleet.approve(9)
    assert serves(fleet.decide()) == (Kind.RUN, name(9))


@pytest.mark.parametrize("setting", [{"attempt": 2}, {"memory_mb": 3072}], ids=["attempt", "memory"])
def test_changed_settings_end_a_hold(setting: dict[str, object]) -> None:
    fleet = held()
    fleet.run()
    fleet.change(**setting)
    assert serves(fleet.decide()) == (Kind.RUN, name(8, **setting))


def test_what_was_held_is_tried_again_once_another_was_wanted_in_between() -> None:
    fleet = held()
    fleet.run()
    fleet.approve(7)
    fleet.run()
    fleet.approve(8)
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


def test_what_was_held_goes_once_a_newer_one_serves() -> None:
    fleet = held()
    fleet.approve(9)
    fleet.run()
    assert versions(fleet.run()) == {7, 9}


def test_a_hold_ends_where_somebody_moved_the_endpoint_to_what_was_held() -> None:
    fleet = held()
    fleet.run()
    fleet.show(config=name(8))
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


def test_a_failure_of_an_earlier_wish_does_not_hold() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("rolls back")  # this wish of 8 failed
    failed = fleet.outcome
    for version in (9, 8):  # and this is another one of 8; the record that lives is the older
        fleet.approve(version)
        fleet.begin()
    fleet.outcome = failed
    fleet.intent = replace(fleet.intent or Intent(), before=None)
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


def test_what_was_moved_outside_is_moved_back() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run()
    fleet.show(config=name(7))
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


# Never sent


def test_a_revision_that_was_never_sent_is_sent_in_the_next_run() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("is refused")
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


def test_a_revision_that_was_not_sent_is_sent_although_an_autoscaler_moved() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("is refused")
    fleet.scale(4)
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


def test_an_update_that_came_back_although_the_run_saw_nothing_of_it_holds() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("is refused")
    fleet.show(failure="exited")
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


# The last run was killed before it could write what came of it


def test_killed_before_the_update_was_sent_it_is_sent() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.begin()
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


def test_killed_while_the_update_was_under_way_and_it_came_back_it_is_held() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("rolls back", killed=True)
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_a_rollback_without_a_reason_is_one_too() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.begin()
    fleet.show(failure="")
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_killed_and_moved_by_an_autoscaler_it_is_tried_once_more() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.begin()
    fleet.scale(4)
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


@pytest.mark.parametrize("status", ["RollingBack", "UpdateRollbackFailed", "OutOfService"])
def test_killed_and_not_back_in_service_it_is_not_held_yet(status: str) -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.begin()
    fleet.show(status=status)
    assert fleet.decide().kind is Kind.RUN


def test_moved_by_hand_before_and_killed_while_the_update_back_was_under_way_it_is_held() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run()
    fleet.show(config=name(7))
    fleet.run("rolls back", killed=True)
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_what_came_back_from_a_killed_run_is_tried_once_more_where_the_endpoint_was_made_again_under_a_hold() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("rolls back", killed=True)
    newest, fleet.live, fleet.answer = fleet.answer, Absent(), OnHold()
    assert serves(fleet.run()) == (Kind.ON_HOLD, name(7))
    fleet.answer = newest
    assert serves(fleet.run("rolls back")) == (Kind.RUN, name(8))
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_killed_and_moved_by_hand_it_is_not_held() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.begin()
    fleet.show(config="by-hand")
    assert fleet.decide().kind is Kind.RUN


def test_killed_after_the_update_arrived_there_is_nothing_to_do() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run(killed=True)
    plan = fleet.decide()
    assert not steps(plan, fleet.live).moves
    assert versions(plan) == {7, 8}


def test_killed_in_a_run_that_had_nothing_to_send_a_later_version_is_sent() -> None:
    fleet = world(serving=7)
    fleet.begin()
    fleet.show()
    fleet.approve(8)
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


def test_killed_twice_an_update_that_came_back_in_between_is_held() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.begin()
    fleet.run("rolls back", killed=True)
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_an_outage_after_a_kill_does_not_forget_what_was_seen_before() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("rolls back", killed=True)
    fleet.answer = DOWN
    fleet.run()
    fleet.approve(8)
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_a_rollback_that_only_a_run_during_an_outage_could_tell_is_held_afterwards() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("rolls back", killed=True)
    fleet.answer = DOWN
    fleet.run()
    fleet.scale(4)  # from here on the endpoint itself tells no more
    fleet.approve(8)
    assert serves(fleet.decide()) == (Kind.FAILED_BEFORE, name(7))


def test_the_run_that_lives_records_what_came_of_the_killed_one() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run("rolls back", killed=True)
    fleet.run()
    assert fleet.outcome is not None
    assert (fleet.outcome.tried, fleet.outcome.verdict, fleet.outcome.failure) == (
        name(8),
        Verdict.ROLLED_BACK,
        "exited",
    )


# What an interrupted run left


def test_what_a_killed_run_may_have_left_is_declared_once_more() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.begin()
    fleet.approve(9)
    assert versions(fleet.decide()) == {7, 8, 9}


def test_what_a_killed_run_left_goes_once_a_run_has_recorded_it() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.begin()
    fleet.approve(9)
    fleet.run()
    assert versions(fleet.run()) == {7, 9}


def test_what_a_killed_first_deployment_left_is_declared_once_more() -> None:
    fleet = world(approved_version=1)
    fleet.begin()
    fleet.approve(2)
    assert versions(fleet.decide()) == {1, 2}


def test_what_a_killed_first_deployment_left_is_declared_once_more_although_nothing_is_approved() -> None:
    fleet = world(approved_version=1)
    fleet.begin()
    fleet.answer = NothingApproved()
    assert versions(fleet.decide()) == {1}
    fleet.run()
    assert versions(fleet.decide()) == set()


@pytest.mark.parametrize(
    ("answer", "live"),
    [(DOWN, LiveEndpoint("InService", name(8), "t2")), (DOWN, Absent()), (approved(9), DOWN), (approved(9), FOREIGN)],
    ids=["registry", "registry, and no endpoint", "endpoints", "somebody else's"],
)
def test_what_a_killed_run_meant_to_drop_is_not_dropped_by_one_that_cannot_find_out(answer: Answer, live: Live) -> None:
    fleet = interrupted()
    fleet.answer, fleet.live = answer, live
    plan = fleet.run()
    assert versions(plan) == {7, 8, 9}
    assert plan.doubtful == (name(7),)  # it may be gone, whatever the record says
    assert versions(fleet.decide()) == {7, 8, 9}


def test_what_a_killed_run_meant_to_drop_is_dropped_by_the_next_that_finds_out() -> None:
    assert versions(interrupted().decide()) == {8, 9}


def test_what_was_dropped_by_a_run_that_lived_comes_back_in_no_outage() -> None:
    fleet = interrupted()
    fleet.run()
    fleet.answer = DOWN
    plan = fleet.decide()
    assert versions(plan) == {8, 9}
    assert plan.doubtful == ()


def test_what_a_run_found_to_be_nowhere_is_declared_no_more() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.begin()
    fleet.approve(9)
    fleet.run()
    assert fleet.outcome is not None
    there = tuple(each for each in fleet.outcome.declared if each != name(8))
    fleet.outcome = replace(fleet.outcome, declared=there, missing=(name(8),))
    assert versions(fleet.decide()) == {7, 9}


def test_what_a_run_found_to_be_nowhere_is_not_dropped_by_one_that_cannot_find_out() -> None:
    fleet = interrupted()
    assert fleet.outcome is not None
    fleet.outcome = replace(fleet.outcome, declared=(name(8), ENDPOINT), missing=(name(7),))
    fleet.answer = DOWN
    assert versions(fleet.decide()) == {7, 8, 9}


def test_what_two_killed_runs_meant_to_drop_is_not_dropped_by_one_that_cannot_find_out() -> None:
    fleet = interrupted()
    fleet.begin()
    fleet.answer = DOWN
    assert versions(fleet.decide()) == {7, 8, 9}


@pytest.mark.parametrize("answer", [approved(9), NothingApproved()], ids=["approved", "nothing approved"])
def test_what_serves_is_declared_although_a_killed_run_meant_to_drop_it(answer: Answer) -> None:
    fleet = interrupted()
    fleet.show(config=name(7))  # by hand, while nobody looked
    fleet.answer = answer
    assert 7 in versions(fleet.decide())


# How the endpoint is declared


@pytest.mark.parametrize("kind", [Kind.KEEP, Kind.REFUSE])
def test_where_nothing_is_to_change_the_endpoint_is_declared_as_it_is(kind: Kind) -> None:
    plan = replace(TO_EIGHT, kind=kind, target=name(7))
    assert steps(plan, SEVEN).pointer == Pointer(name(7), as_it_is=True)


def test_an_endpoint_that_is_to_move_is_declared_with_what_it_moves_to() -> None:
    assert steps(TO_EIGHT, SEVEN).pointer == Pointer(name(8))


def test_an_endpoint_that_is_held_is_declared_with_what_serves() -> None:
    assert steps(held().decide(), SEVEN).pointer == Pointer(name(7), serves_it=True)


@pytest.mark.parametrize("obstacle", [False, True])
@pytest.mark.parametrize(
    ("live", "sent_nothing"),
    [
        (SEVEN, True),
        (replace(SEVEN, status="Updating"), True),
        (Absent(), False),
        (LiveEndpoint("Failed", "", "t2"), False),
    ],
    ids=["serves", "updating", "absent", "failed"],
)
def test_an_endpoint_that_is_to_stay_is_sent_nothing_unless_it_is_gone(
    live: Live, sent_nothing: bool, obstacle: bool
) -> None:
    plan = replace(TO_EIGHT, kind=Kind.ON_HOLD, target=name(7))
    found = steps(plan, live)
    assert (found.fallback if obstacle else found.pointer) == Pointer(name(7), serves_it=sent_nothing)


def test_an_endpoint_that_serves_the_target_is_sent_nothing() -> None:
    assert steps(TO_EIGHT, EIGHT).pointer == Pointer(name(8), serves_it=True)


@pytest.mark.parametrize("status", ["Updating", "Failed"])
def test_an_endpoint_that_may_not_serve_the_target_yet_is_sent_it(status: str) -> None:
    assert steps(TO_EIGHT, replace(EIGHT, status=status)).pointer == Pointer(name(8))


@pytest.mark.parametrize(
    ("live", "target"),
    [(SEVEN, name(7)), (Absent(), ""), (LiveEndpoint("Failed", name(8), "t2"), "")],
    ids=["serves", "absent", "failed"],
)
def test_with_an_obstacle_what_serves_stays_as_it_is(live: Live, target: str) -> None:
    assert steps(TO_EIGHT, live).fallback == Pointer(target, as_it_is=True)


# What came of it


@pytest.mark.parametrize(
    ("before", "after", "updated", "verdict"),
    [
        (SEVEN, EIGHT, True, (Verdict.SERVES, "")),
        (EIGHT, EIGHT, False, (Verdict.SERVES, "")),
        (Absent(), EIGHT, False, (Verdict.SERVES, "")),
        (SEVEN, BACK, True, (Verdict.ROLLED_BACK, "exited")),
        (SEVEN, BACK, False, (Verdict.ROLLED_BACK, "exited")),
        (SEVEN, replace(SEVEN, modified="t2"), False, (Verdict.ROLLED_BACK, "")),
        (SEVEN, SEVEN, True, (Verdict.ROLLED_BACK, "")),
        (SEVEN, SEVEN, False, (Verdict.NOT_SENT, "")),
        (SEVEN, replace(SEVEN, modified="t2", provisioned=4), False, (Verdict.NOT_SENT, "")),
        (SEVEN, replace(SEVEN, modified="t2", provisioned=4), True, (Verdict.ROLLED_BACK, "")),
        (SEVEN, replace(BACK, status="UpdateRollbackFailed"), False, (Verdict.ROLLED_BACK, "exited")),
        (Absent(), LiveEndpoint("Failed", "", "t2"), False, (Verdict.NOT_SENT, "creation failed")),
        (Absent(), LiveEndpoint("Failed", "", "t2", failure="no"), False, (Verdict.NOT_SENT, "creation failed: no")),
        (Absent(), Absent(), False, (Verdict.NOT_SENT, "")),
        (SEVEN, Absent(), True, (Verdict.NOT_SENT, "")),
        (SEVEN, Unknown("down"), True, (Verdict.NOT_SENT, "down")),
        (SEVEN, replace(EIGHT, config="by-hand"), True, (Verdict.NOT_SENT, "")),
    ],
    ids=[
        "moved",
        "served before",
        "created",
        "silent rollback",
        "rollback that the engine saw",
        "rollback without a reason",
        "reported done, and nothing moved",
        "refused",
        "refused, and an autoscaler moved",
        "silent rollback, and an autoscaler moved",
        "rollback that failed",
        "creation failed",
        "creation failed with a reason",
        "not created",
        "gone",
        "cannot be read",
        "moved by somebody else meanwhile",
    ],
)
def test_the_verdict_of_an_update(before: Live, after: Live, updated: bool, verdict: tuple[Verdict, str]) -> None:
    assert judge(TO_EIGHT, before, after, updated=updated) == verdict


def test_what_still_updates_does_not_serve_yet() -> None:
    assert judge(TO_EIGHT, SEVEN, replace(EIGHT, status="Updating"), updated=True)[0] is not Verdict.SERVES


def test_the_record_says_what_was_tried_what_serves_and_what_was_seen() -> None:
    after = replace(BACK, provisioned=3)
    record = Outcome(declared=("of before",), approved_version=8, failure="of before")
    attempt = Attempt(SEVEN, after, declared=("a", name(7)), missing=("c",), updated=True)
    assert conclude(TO_EIGHT, record, attempt) == Outcome(
        declared=("a", name(7)),
        missing=("c",),
        approved_version=8,
        tried=name(8),
        turn=TO_EIGHT.turn,
        verdict=Verdict.ROLLED_BACK,
        failure="exited",
        serving=name(7),
        modified="t2",
        provisioned=3,
        endpoint_status="InService",
        version=7,
        memory_mb=2048,
        max_concurrency=5,
        served=(name(7),),
        moves=(Move(8, name(8), "t2", Verdict.ROLLED_BACK),),
    )


@pytest.mark.parametrize(
    "after", [Absent(), Unknown("down"), replace(SEVEN, config="by-hand")], ids=["gone", "cannot be read", "by hand"]
)
def test_the_record_keeps_the_sizes_of_what_served_where_it_cannot_tell_others(after: Live) -> None:
    record = conclude(TO_EIGHT, Outcome(memory_mb=4096, max_concurrency=9), Attempt(SEVEN, after))
    assert (record.memory_mb, record.max_concurrency) == (4096, 9)


def test_why_nothing_could_be_sent_is_recorded() -> None:
    record = conclude(TO_EIGHT, Outcome(), Attempt(SEVEN, SEVEN, obstacle="no model"))
    assert (record.verdict, record.failure) == (Verdict.NOT_SENT, "no model")


def test_the_words_of_aws_come_before_those_of_the_run() -> None:
    failed = LiveEndpoint("Failed", "", "t2", failure="no")
    record = conclude(TO_EIGHT, Outcome(), Attempt(Absent(), failed, obstacle="late"))
    assert record.failure == "creation failed: no"


@pytest.mark.parametrize("after", [BACK, replace(BACK, failure=""), EIGHT])
def test_what_was_sent_met_no_obstacle(after: Live) -> None:
    assert "late" not in conclude(TO_EIGHT, Outcome(), Attempt(SEVEN, after, updated=True, obstacle="late")).failure


def test_a_run_that_could_not_find_out_keeps_the_record_of_what_was_tried() -> None:
    fleet = held()
    fleet.answer = DOWN
    assert fleet.outcome is not None
    record = fleet.outcome
    fleet.run()
    assert fleet.outcome == record


def test_a_run_that_holds_keeps_the_verdict_and_its_words() -> None:
    fleet = held()
    assert fleet.outcome is not None
    fleet.outcome = replace(fleet.outcome, verdict=Verdict.SMOKE_TEST, failure="3 of 10 cases agree")
    fleet.run()
    assert (fleet.outcome.verdict, fleet.outcome.failure) == (Verdict.SMOKE_TEST, "3 of 10 cases agree")


def test_the_record_tells_a_wish_from_an_earlier_one_of_the_same_revision() -> None:
    record = Outcome(tried=name(8), turn=3)
    assert record.speaks_of(name(8), 3)
    assert not record.speaks_of(name(8), 4)
    assert not record.speaks_of(name(7), 3)


@pytest.mark.parametrize(
    ("live", "seen"),
    [
        (replace(EIGHT, provisioned=2), (name(8), "t2", 2, "InService")),
        (Absent(), ("", "", 0, "")),
        (Unknown("down"), (name(7), "t1", 1, "Updating")),
    ],
    ids=["there", "gone", "cannot be read"],
)
def test_the_record_keeps_what_was_seen_last(live: Live, seen: tuple[str, str, int, str]) -> None:
    record = sighted(Outcome(serving=name(7), modified="t1", provisioned=1, endpoint_status="Updating"), live)
    assert (record.serving, record.modified, record.provisioned, record.endpoint_status) == seen


@pytest.mark.parametrize(
    ("live", "moves"),
    [
        (SEVEN, True),
        (EIGHT, False),
        (replace(EIGHT, status="Updating"), True),
        (Absent(), True),
    ],
    ids=["on another", "on it", "on the way", "absent"],
)
def test_only_what_does_not_serve_the_target_is_to_move(live: Live, moves: bool) -> None:
    assert steps(TO_EIGHT, live).moves is moves


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.RUN}))
def test_nothing_moves_unless_the_plan_says_run(kind: Kind) -> None:
    assert not steps(replace(TO_EIGHT, kind=kind), SEVEN).moves


@pytest.mark.parametrize("kind", Kind)
def test_only_what_runs_holds_or_stays_is_made(kind: Kind) -> None:
    plan = replace(TO_EIGHT, kind=kind)
    assert steps(plan, Absent()).makes is (kind in (Kind.RUN, Kind.FAILED_BEFORE, Kind.ON_HOLD))
    assert steps(plan, Absent()).moves is (kind in (Kind.RUN, Kind.FAILED_BEFORE, Kind.ON_HOLD))


def test_what_has_no_target_is_not_made() -> None:
    assert not steps(replace(TO_EIGHT, kind=Kind.FAILED_BEFORE, target=""), Absent()).makes


@pytest.mark.parametrize(
    ("live", "made"),
    [
        (Absent(), True),
        (LiveEndpoint("Failed", "", "t2"), True),
        (replace(SEVEN, status="Deleting"), True),
        (SEVEN, False),
        (replace(SEVEN, status="OutOfService"), False),
        (Unknown("down"), False),
    ],
    ids=["absent", "failed", "going", "in service", "out of service", "cannot be read"],
)
def test_an_endpoint_is_made_where_none_can_be_used(live: Live, made: bool) -> None:
    assert steps(TO_EIGHT, live).makes is made


@pytest.mark.parametrize("status", [*TRANSITIONS, "Deleting"])
def test_an_endpoint_in_between_is_in_transition(status: str) -> None:
    assert replace(SEVEN, status=status).in_transition


@pytest.mark.parametrize("status", ["InService", "OutOfService", "Failed", "UpdateRollbackFailed"])
def test_a_final_status_is_no_transition(status: str) -> None:
    assert not replace(SEVEN, status=status).in_transition
