"""Which version a task is to serve, given what the registry says and what people decided; with decide(), what comes of
it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fleet import seen
from fleet.choice import (
    Champion,
    Choice,
    Questions,
    choose,
    choose_challengers,
    questions,
    said_of,
    successor_of,
    torn_down,
)
from fleet.rollout import Kind
from fleet.seen import Answer, Approved, NothingApproved, OnHold, Refused, Unknown, Version
from fleet.tasks.model import Task
from tests.fleet.worlds import approved, name, serves, world

NOW = datetime(2027, 1, 31, 10, tzinfo=UTC)
BY = {"owner": "team-x", "until": date(2027, 3, 31), "reason": "fewer false alarms"}
DOWN = Unknown("registry: ListModelPackages: AccessDeniedException: no")
NOTHING = NothingApproved()


def task(called: str = "toxicity", **settings: Any) -> Task:
    return Task.model_validate({"name": called, "endpoint": called, "group": called, **settings})


def pinned(version: int, **settings: Any) -> Task:
    return task(pin={"version": version, **BY}, **settings)


def held(**settings: Any) -> Task:
    return task(hold=BY, **settings)


def version(number: int, hours: float | None = None) -> Version:
    """One that was approved so many hours ago, where anybody asked."""
    since = "" if hours is None else (NOW - timedelta(hours=hours)).isoformat()
    return Version(number, f"package/{number}", since)


def registry(*versions: Version) -> Approved:
    """These versions, newest first, as the registry answers."""
    newest, *older = versions
    return Approved(newest.number, newest.package, newest.approved, tuple(older))


EIGHT_AND_SEVEN = registry(version(8), version(7))


# What the registry is asked


def test_every_group_is_asked_for_once() -> None:
    assert questions([task("spam"), task("mood", group="spam"), task("age")]) == Questions(("age", "spam"))


def test_pinned_versions_are_asked_for_by_group() -> None:
    tasks = [pinned(7), pinned(3), pinned(7), task("spam")]
    assert questions(tasks) == Questions(("spam", "toxicity"), pins={"toxicity": [3, 7]})


def test_the_longest_soak_of_a_group_is_asked_for() -> None:
    tasks = [task(soak_hours=1), task(soak_hours=24), task(soak_hours=2), task("spam", soak_hours=0)]
    assert questions(tasks) == Questions(("spam", "toxicity"), soaks={"toxicity": 24})


# Stages of the model life cycle


PRODUCTION = {"stage": "Production"}


def staged(number: int, stage: str = "", status: str = "Active", hours: float | None = None) -> Version:
    return replace(version(number, hours), stage=stage, stage_status=status if stage else "")


def chosen(*versions: Version, **settings: Any) -> tuple[Answer, int, str]:
    choice = choose(task(**{**PRODUCTION, **settings}), seen.approved(versions), NOW)
    answer = replace(choice.answer, older=()) if isinstance(choice.answer, Approved) else choice.answer
    return answer, choice.newest, choice.decided


def in_stage(number: int, stage: str = "Production", status: str = "Active") -> Approved:
    return Approved(number, f"package/{number}", stage=stage, stage_status=status)


def test_stages_are_asked_for_by_group_with_the_longest_soak_of_each() -> None:
    tasks = [
        task("a", group="spam", soak_hours=2, **PRODUCTION),
        task("b", group="spam", soak_hours=24, **PRODUCTION),
        task("c", group="spam", soak_hours=1, stage_status="Active", **PRODUCTION),
        task("d", group="spam", soak_hours=3),
        task("e", group="topic", stage="*"),
    ]
    assert questions(tasks) == Questions(
        ("spam", "topic"),
        soaks={"spam": 3},
        stages={"spam": [("Production", "", 24), ("Production", "Active", 1)]},
    )


def test_only_versions_in_the_stage_count() -> None:
    eight, nine = staged(8, "Production"), staged(9, "Staging", "Pending")
    said = "version 8 is the newest in stage Production; version 9 is approved, in stage Staging (Pending)"
    assert chosen(nine, eight) == (in_stage(8), 8, said)


def test_the_newest_version_in_the_stage_says_so() -> None:
    said = "version 8 is the newest in stage Production (Active)"
    assert chosen(staged(8, "Production"), stage_status="Active") == (in_stage(8), 8, said)


def test_the_status_in_the_stage_counts_where_one_is_asked_for() -> None:
    seven, eight = staged(7, "Production"), staged(8, "Production", "Pending")
    assert chosen(eight, seven, stage_status="Active")[0] == in_stage(7)
    assert chosen(eight, seven)[0] == in_stage(8, status="Pending")


def test_a_stage_is_written_as_the_registry_has_it() -> None:
    said = "nothing approved in stage production; version 8 is approved, in stage Production (Active)"
    assert chosen(staged(8, "Production"), stage="production") == (NOTHING, 0, said)


def test_nothing_in_the_stage_is_nothing_approved() -> None:
    said = "nothing approved in stage Production; version 9 is approved, in no stage"
    assert chosen(staged(9)) == (NOTHING, 0, said)


def test_any_stage_is_as_no_stage() -> None:
    nine = staged(9, "Staging")
    assert choose(task(stage="*"), seen.approved([nine]), NOW) == Choice(in_stage(9, "Staging"), 9)


def test_an_outage_is_never_nothing_in_the_stage() -> None:
    assert choose(task(**PRODUCTION), DOWN, NOW) == Choice(DOWN)


def test_a_pin_is_a_persons_word_and_need_not_be_in_the_stage() -> None:
    choice = choose(pinned(7, **PRODUCTION), seen.approved([staged(9, "Staging"), staged(7, "Archived")]), NOW)
    assert choice == Choice(
        Approved(7, "package/7"), 0, "pinned to version 7 by team-x until 2027-03-31: fewer false alarms"
    )


def test_beside_a_pin_and_a_hold_the_newest_that_counts_is_named() -> None:
    known = seen.approved([staged(9, "Staging"), staged(8, "Production"), staged(7)])
    for decided in (pinned(7, **PRODUCTION), held(**PRODUCTION)):
        choice = choose(decided, known, NOW)
        assert (choice.newest, choice.decided.endswith("; version 8 is approved")) == (8, True)


def test_a_version_in_the_stage_has_to_soak_too() -> None:
    young, old = staged(8, "Production", hours=1), staged(7, "Production", hours=25)
    answer, newest, said = chosen(staged(9, "Staging"), young, old, soak_hours=24)
    assert isinstance(answer, Approved)
    assert (answer.version, [one.number for one in answer.passed_over], newest) == (7, [8], 8)
    assert said.startswith("version 8 approved, eligible from 2027-02-01T09:00Z; version 8 is the newest in stage Prod")


def test_previous_is_in_the_stage_too() -> None:
    both = task(variants={"b": {"weight": 0.1, "follow": "previous"}}, **PRODUCTION)
    known = seen.approved([staged(9, "Production"), staged(8, "Staging"), staged(7, "Production")])
    assert choose_challengers(both, known, Champion(9), NOW, {})["b"].answer == Approved(7, "package/7")
    none = seen.approved([staged(9, "Production"), staged(8)])
    alone = choose_challengers(both, none, Champion(9), NOW, {})["b"]
    assert (alone.answer, alone.decided) == (NOTHING, "no approved version below 9 in stage Production")


def test_a_version_that_left_its_stage_is_left_for_the_newest_in_it() -> None:
    known = seen.approved([staged(8, "Archived"), staged(7, "Production")])
    fleet = world(serving=8)
    fleet.answer = choose(task(**PRODUCTION), known, NOW).answer
    assert serves(fleet.decide()) == (Kind.RUN, name(7))


# Nobody decided anything


@pytest.mark.parametrize(("answer", "newest"), [(approved(8), 8), (NOTHING, 0), (DOWN, 0), (EIGHT_AND_SEVEN, 8)])
def test_without_a_decision_the_registry_is_gone_by(answer: Answer, newest: int) -> None:
    assert choose(task(), answer, NOW) == Choice(answer, newest)


def test_dates_that_another_task_asked_for_let_nothing_soak() -> None:
    answer = registry(version(8, hours=1), version(7, hours=30))
    assert choose(task(), answer, NOW) == Choice(answer, 8)


# hold


@pytest.mark.parametrize(
    ("answer", "newest", "beside"),
    [
        (approved(8), 8, "; version 8 is approved"),
        (NOTHING, 0, ""),
        (DOWN, 0, f"; {DOWN.error}"),
    ],
    ids=["approved", "nothing approved", "outage"],
)
def test_a_hold_stays_whatever_the_registry_says(answer: Answer, newest: int, beside: str) -> None:
    said = f"held by team-x until 2027-03-31: fewer false alarms{beside}"
    assert choose(held(), answer, NOW) == Choice(OnHold(), newest, said)


@pytest.mark.parametrize("besides", [{"pin": {"version": 7, **BY}}, {"soak_hours": 24}], ids=["pin", "soak_hours"])
def test_a_hold_wins_over(besides: dict[str, Any]) -> None:
    answer = registry(version(8, hours=1), version(7, hours=30))
    assert choose(held(**besides), answer, NOW) == choose(held(), answer, NOW)


# pin


@pytest.mark.parametrize(
    ("pin", "answer", "choice", "beside"),
    [
        (8, EIGHT_AND_SEVEN, approved(8), ""),
        (7, EIGHT_AND_SEVEN, approved(7), "; version 8 is approved"),
        (7, DOWN, Unknown(DOWN.error, pin=7), f"; {DOWN.error}"),
    ],
    ids=["the newest", "an older one", "outage"],
)
def test_a_pin_chooses_its_version(pin: int, answer: Answer, choice: Answer, beside: str) -> None:
    chosen = choose(pinned(pin), answer, NOW)
    assert chosen.answer == choice
    assert chosen.decided == f"pinned to version {pin} by team-x until 2027-03-31: fewer false alarms{beside}"


@pytest.mark.parametrize(
    "answer", [approved(8), registry(version(8), version(6)), NOTHING], ids=["newest only", "others", "nothing"]
)
@pytest.mark.parametrize("pin", [7, 9])
def test_a_pin_on_a_version_that_is_not_approved_is_refused(pin: int, answer: Answer) -> None:
    reason = f'pin: version {pin} of model package group "spam" is not approved; pin to one that is'
    assert choose(pinned(pin, group="spam"), answer, NOW).answer == Refused(reason)


@pytest.mark.parametrize(("answer", "newest"), [(EIGHT_AND_SEVEN, 8), (NOTHING, 0), (DOWN, 0)])
def test_a_pin_does_not_hide_which_version_is_the_newest(answer: Answer, newest: int) -> None:
    assert choose(pinned(7), answer, NOW).newest == newest


def test_a_pinned_version_need_not_soak() -> None:
    answer = registry(version(8, hours=1), version(7, hours=30))
    assert choose(pinned(8, soak_hours=24), answer, NOW).answer == approved(8)


# Both in words


@pytest.mark.parametrize("kind", ["pin", "hold"])
@pytest.mark.parametrize(
    ("now", "warns"),
    [
        (datetime(2027, 3, 30, tzinfo=UTC), False),
        (datetime(2027, 3, 31, 23, 59, tzinfo=UTC), False),
        (datetime(2027, 4, 1, tzinfo=UTC), True),
        (datetime(2028, 1, 1, tzinfo=UTC), True),
    ],
    ids=["before", "on the last day", "the day after", "long after"],
)
def test_a_decision_that_has_ended_stays_in_force_and_is_a_warning(kind: str, now: datetime, warns: bool) -> None:
    of = pinned(7) if kind == "pin" else held()
    chosen = choose(of, EIGHT_AND_SEVEN, now)
    warning = f"the {kind} by team-x ended on 2027-03-31 and stays in force: renew or remove it"
    assert chosen == replace(choose(of, EIGHT_AND_SEVEN, NOW), warning=warning if warns else "")


def test_a_reason_of_several_lines_is_said_in_one() -> None:
    of = task(hold={**BY, "reason": "trade fair:\n  nothing moves\n"})
    assert choose(of, NOTHING, NOW).decided == "held by team-x until 2027-03-31: trade fair: nothing moves"


# soak_hours


@pytest.mark.parametrize(
    ("answer", "choice", "decided"),
    [
        (registry(version(8, 24)), approved(8), ""),
        (
            registry(version(8, 23.9), version(7, 24)),
            replace(approved(7), passed_over=(version(8, 23.9),)),
            "version 8 approved, eligible from 2027-01-31T10:06Z",
        ),
        (
            registry(version(9, 1), version(8, 2), version(7, 30)),
            replace(approved(7), passed_over=(version(9, 1), version(8, 2))),
            "version 9 approved, eligible from 2027-02-01T09:00Z",
        ),
        (
            registry(version(8, 30), version(3)),
            approved(8),
            "",
        ),
        (
            registry(version(9, 1), version(8, 30), version(3)),
            replace(approved(8), passed_over=(version(9, 1),)),
            "version 9 approved, eligible from 2027-02-01T09:00Z",
        ),
        (
            registry(version(8, 2), version(7, 1)),
            NothingApproved(passed_over=(version(8, 2), version(7, 1))),
            "version 8 approved, eligible from 2027-02-01T08:00Z",
        ),
        (NOTHING, NOTHING, ""),
        (DOWN, DOWN, ""),
    ],
    ids=[
        "old enough to the minute",
        "a minute too young",
        "two too young",
        "another task's pin below",
        "another task's pin below one too young",
        "all too young",
        "nothing approved",
        "outage",
    ],
)
def test_a_version_counts_once_it_has_been_approved_long_enough(answer: Answer, choice: Answer, decided: str) -> None:
    newest = answer.version if isinstance(answer, Approved) else 0
    assert choose(task(soak_hours=24), answer, NOW) == Choice(choice, newest, decided)


def test_a_shorter_soak_than_another_tasks_is_gone_by() -> None:
    answer = registry(version(9, 1), version(8, 5), version(7, 30))
    assert choose(task(soak_hours=4), answer, NOW).answer == replace(approved(8), passed_over=(version(9, 1),))


def test_the_time_is_said_in_utc_and_not_in_how_long_it_takes() -> None:
    local = NOW.astimezone(timezone(timedelta(hours=2))).isoformat()
    answer = registry(Version(8, "package/8", local))
    said = {choose(task(soak_hours=24), answer, NOW + timedelta(hours=later)).decided for later in (0, 5)}
    assert said == {"version 8 approved, eligible from 2027-02-01T10:00Z"}


def test_a_version_that_nobody_dated_is_not_chosen_by_a_soak() -> None:
    """The registry dated 8 when it was old enough; this run began a moment before. 3 is what another task pins."""
    answer = registry(version(8, hours=23.99), version(3))
    assert choose(task(soak_hours=24), answer, NOW).answer == NothingApproved(passed_over=(version(8, hours=23.99),))


@pytest.mark.parametrize(
    ("of", "answer", "wanted", "said"),
    [
        (task(soak_hours=24), registry(version(8, 1), version(7, 30)), 7, True),
        (task(soak_hours=24), registry(version(8, 1), version(7, 30)), 8, False),
        (task(soak_hours=24), registry(version(9, 1), version(8, 2), version(7, 30)), 8, True),
        (task(soak_hours=24), registry(version(8, 1)), 0, True),
        (task(soak_hours=24), registry(version(8, 1)), 8, False),
        (pinned(8), approved(8), 8, True),
        (held(), approved(8), 8, True),
    ],
    ids=["waits", "serves", "an older young one serves", "nothing yet", "the only one serves", "pin", "hold"],
)
def test_nothing_is_said_of_a_version_too_young_that_serves_already(
    of: Task, answer: Answer, wanted: int, said: bool
) -> None:
    choice = choose(of, answer, NOW)
    assert choice.decided
    assert said_of(choice, wanted) == (choice.decided if said else "")


# Tasks that the list wants no endpoint of

TODAY = date(2027, 1, 31)


@pytest.mark.parametrize(
    ("settings", "why", "successor"),
    [
        ({}, "", ""),
        ({"enabled": False}, "not enabled in the task list", ""),
        ({"retired": {"successor": "mood", "since": TODAY}}, "retired, use mood", "mood"),
        ({"retired": {"successor": "mood", "since": date(2027, 2, 1)}}, "", ""),
        ({"retired": {"successor": "mood", "since": TODAY}, "enabled": False}, "retired, use mood", "mood"),
        (
            {"retired": {"successor": "mood", "since": date(2027, 2, 1)}, "enabled": False},
            "not enabled in the task list",
            "",
        ),
    ],
    ids=["wanted", "switched off", "retired today", "retired tomorrow", "both", "switched off, retired tomorrow"],
)
def test_why_a_task_is_torn_down(settings: dict[str, Any], why: str, successor: str) -> None:
    assert torn_down(task(**settings), TODAY) == why
    assert successor_of(task(**settings), TODAY) == successor


# What comes of a soak

SOAK_HOURS = 24
AGES = st.dictionaries(
    st.integers(1, 6), st.integers(0, 2 * SOAK_HOURS), max_size=6
)  # hours since approval, by version


def as_asked(ages: dict[int, int]) -> Answer:
    """What the registry answers: all that are too young, dated, and the newest that is old enough."""
    found = []
    for number in sorted(ages, reverse=True):
        found.append(version(number, ages[number]))
        if ages[number] >= SOAK_HOURS:
            break
    return registry(*found) if found else NOTHING


@given(ages=AGES, serving=st.integers(0, 6))
@hypothesis_settings(max_examples=500)
def test_a_soak_goes_to_the_newest_that_is_old_enough_and_never_below_what_serves(
    ages: dict[int, int], serving: int
) -> None:
    fleet = world(serving=serving)
    fleet.answer = choose(task(soak_hours=SOAK_HOURS), as_asked(ages), NOW).answer
    possible = {number for number, hours in ages.items() if hours >= SOAK_HOURS or number == serving}
    if possible:
        assert serves(fleet.decide()) == (Kind.RUN, name(max(possible)))
    elif serving:
        assert serves(fleet.decide()) == (Kind.KEEP, name(serving))
    else:
        assert serves(fleet.decide()) == (Kind.NOTHING, "")
