"""What served when: the last moves of a variant, as its record keeps them."""

from dataclasses import replace
from typing import Any

from fleet import wire
from fleet.memory import MOVES, Move, Outcome, Verdict
from fleet.rollout import Kind, Plan
from fleet.seen import Absent, Live, LiveEndpoint
from fleet.verdict import Attempt, conclude
from tests.fleet.worlds import approved, name, revision, world

EIGHT = Plan(Kind.RUN, wanted=revision(8), target=name(8), declared=(revision(8), revision(7)), turn=2)


def live(version: int, modified: str) -> LiveEndpoint:
    return LiveEndpoint("InService", name(version), modified)


def moves(before: Live, after: Live, record: Outcome | None = None, **attempt: Any) -> tuple[Move, ...]:
    return conclude(EIGHT, record or Outcome(), Attempt(before, after, **attempt)).moves


def test_a_version_that_goes_live_is_a_move_at_the_time_of_the_endpoint() -> None:
    assert moves(live(7, "t1"), live(8, "t2")) == (Move(8, name(8), "t2", Verdict.SERVES),)


def test_the_first_version_is_a_move() -> None:
    assert moves(Absent(), live(8, "t1")) == (Move(8, name(8), "t1", Verdict.SERVES),)


def test_a_rollback_is_a_move() -> None:
    assert moves(live(7, "t1"), live(7, "t2"), updated=True) == (Move(8, name(8), "t2", Verdict.ROLLED_BACK),)


def test_a_smoke_test_that_does_not_pass_is_a_move_at_the_end_of_the_run() -> None:
    found = moves(live(7, "t1"), live(7, "t1"), failed="3 of 10 agree", ended="t5")
    assert found == (Move(8, name(8), "t5", Verdict.SMOKE_TEST),)


def test_what_was_never_sent_is_no_move() -> None:
    assert moves(live(7, "t1"), live(7, "t1"), obstacle="no model") == ()


def test_a_run_without_news_adds_none_to_what_an_earlier_release_wrote() -> None:
    old = Outcome("toxicity", tried=name(8), turn=2, verdict=Verdict.SERVES)
    assert moves(live(8, "t2"), live(8, "t2"), old) == ()


def test_a_move_of_a_run_that_died_is_told_by_the_next_one_once() -> None:
    old = Outcome("toxicity", tried=name(7), turn=1, verdict=Verdict.SERVES)
    told = conclude(EIGHT, old, Attempt(live(8, "t2"), live(8, "t2")))
    assert told.moves == (Move(8, name(8), "t2", Verdict.SERVES),)
    assert conclude(EIGHT, told, Attempt(live(8, "t2"), live(8, "t2"))).moves == told.moves


def test_an_endpoint_that_was_made_anew_is_a_move() -> None:
    old = Outcome("toxicity", tried=name(8), turn=2, verdict=Verdict.SERVES)
    assert [move.time for move in moves(Absent(), live(8, "t9"), old)] == ["t9"]


def test_only_the_last_five_are_kept() -> None:
    many = tuple(Move(version, name(version), f"t{version}", Verdict.SERVES) for version in range(1, 7))
    kept = Outcome()
    for move in many:
        kept = kept.moved(move)
    assert kept.moves == many[-MOVES:]


def test_moves_come_back_from_the_wire_and_a_record_without_any_says_nothing_of_them() -> None:
    record = Outcome("toxicity", moves=(Move(8, name(8), "t2", Verdict.ROLLED_BACK),))
    assert wire.decode(Outcome, wire.unpacked(wire.pack(record))) == record
    assert "moves" not in wire.encode(replace(record, moves=()))


def test_a_fleet_that_stays_as_it_is_keeps_its_record() -> None:
    fleet = world(serving=7, approved_version=8)
    fleet.run()
    record = fleet.outcome
    fleet.answer = approved(8)
    fleet.run()
    assert record is not None and record.moves
    assert fleet.outcome == record
