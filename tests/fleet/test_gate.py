"""A gate on a metric: which approved version passes it, what is said of the others, and what it never holds."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fleet import gate as gates
from fleet import seen
from fleet.choice import Champion, Choice, choose, choose_challengers, questions, said_of, settle
from fleet.gate import Grounds, Said, Weighed, weigh
from fleet.memory import Move, Outcome, Verdict
from fleet.rollout import Kind
from fleet.seen import Answer, Approved, NothingApproved, OnHold, Unknown, Version
from fleet.status import Standing, Status, assess
from fleet.tasks.model import Task
from fleet.tasks.settings import Gate
from tests.fleet.worlds import World, name, serves, world

NOW = datetime(2027, 1, 31, 10, tzinfo=UTC)
BY = {"owner": "team-x", "until": date(2027, 3, 31), "reason": "fewer false alarms"}
DENIED = "GetObject: AccessDenied: no"


def gate(**limits: Any) -> Gate:
    return Gate.model_validate({"metric": "f1_macro", **(limits or {"min": 0.8, "max_drop": 0.01})})


def loss(**limits: Any) -> Gate:
    return gate(metric="log_loss", **limits)


def versions(*numbers: int) -> list[Version]:
    return [Version(number, f"package/{number}") for number in sorted(numbers, reverse=True)]


def said(figures: Mapping[int, str], **how: Any) -> dict[int, Said]:
    return {number: Said(figure, **how) for number, figure in figures.items()}


def weighed(of: Gate, figures: Mapping[int, str], serving: int = 0) -> tuple[int, str]:
    """The version that is chosen of those that these figures are of, and why not a newer one."""
    found = weigh(of, versions(*figures), Grounds(said(figures), {serving}, serving))
    assert found.ask is None and not found.unknown
    return (found.chosen.number if found.chosen else 0), found.told


# By value


@pytest.mark.parametrize(
    ("of", "figure", "reason"),
    [
        (gate(min=0.8), "0.80", ""),
        (gate(min=0.8), "0.79", "f1_macro 0.79 is below min 0.8"),
        (gate(min=0.8), "0.7999999999999999999", "f1_macro 0.7999999999999999999 is below min 0.8"),
        (gate(min=0), "-1e-7", "f1_macro -1e-7 is below min 0"),
        (gate(min=0.5, max=0.9), "0.95", "f1_macro 0.95 is above max 0.9"),
        (loss(max=0.5), "0.5", ""),
        (loss(max=0.5), "0.510", "log_loss 0.510 is above max 0.5"),
        (gate(min=0.8), "", "its package has no f1_macro"),
        (gate(min=0.8, missing="allow"), "", ""),
        (gate(min=0.8), "NaN", "f1_macro is NaN, which is no number"),
        (gate(min=0.8, missing="allow"), "NaN", "f1_macro is NaN, which is no number"),
        (gate(min=0.8), "good", "f1_macro is good, which is no number"),
        (gate(max=2), "inf", "f1_macro is inf, which is no number"),
        (gate(min=0), "1e999999999", "f1_macro is 1e999999999, which is no number"),
    ],
)
def test_a_version_passes_by_its_own_figure(of: Gate, figure: str, reason: str) -> None:
    told = f"version 8 does not pass the gate: {reason}" if reason else ""
    assert weighed(of, {8: figure}) == (0 if reason else 8, told)


@pytest.mark.parametrize(
    ("of", "eight", "seven", "reason"),
    [
        (gate(max_drop=0.01), "0.92", "0.92", ""),
        (gate(max_drop=0.01), "0.91", "0.92", ""),  # 0.010000000000000009 in floating point
        (
            gate(max_drop=0.01),
            "0.90",
            "0.921",
            "f1_macro 0.90 is 0.021 below the 0.921 of version 7, which serves; max_drop is 0.01",
        ),
        (gate(max_drop=0), "0.93", "0.92", ""),
        (loss(max_rise=0.05), "0.45", "0.4", ""),
        (
            loss(max_rise=0.05),
            "0.5",
            "0.4",
            "log_loss 0.5 is 0.1 above the 0.4 of version 7, which serves; max_rise is 0.05",
        ),
        (loss(max_rise=0.05), "0.1", "0.4", ""),
        (
            gate(max_drop=0.01),
            "0.92",
            "",
            "f1_macro 0.92 cannot be compared with version 7, which serves: it has no f1_macro",
        ),
        (
            gate(max_drop=0.01),
            "0.92",
            "NaN",
            "f1_macro 0.92 cannot be compared with version 7, which serves: its f1_macro is NaN",
        ),
        (gate(max_drop=0.01, missing="allow"), "0.92", "", ""),
        (gate(min=0.8, max_drop=0.01, missing="allow"), "0.7", "", "f1_macro 0.7 is below min 0.8"),
    ],
    ids=[
        "equal",
        "exactly max_drop",
        "more than max_drop",
        "better",
        "exactly max_rise",
        "more than max_rise",
        "lower",
        "what serves lacks the metric",
        "what serves has NaN",
        "what serves lacks the metric, which is allowed",
        "below min whatever serves",
    ],
)
def test_a_version_is_compared_with_the_one_that_serves(of: Gate, eight: str, seven: str, reason: str) -> None:
    told = f"version 8 does not pass the gate: {reason}" if reason else ""
    assert weighed(of, {8: eight, 7: seven}, serving=7) == (7 if reason else 8, told)


def test_a_metric_that_several_evaluations_have_is_no_figure() -> None:
    several = {8: Said(near=("holdout/f1_macro", "train/f1_macro"))}
    assert weigh(gate(min=0.8), versions(8), Grounds(several)).told.endswith(
        "its package has no f1_macro, but holdout/f1_macro and train/f1_macro: let the gate name one of them"
    )


def test_the_newest_that_passes_is_chosen() -> None:
    assert weighed(gate(min=0.8), {9: "0.7", 8: "0.85", 7: "0.9"}, serving=7)[0] == 8


@pytest.mark.parametrize(
    ("figures", "ends"),
    [
        ({9: "0.7", 8: "0.9"}, "min 0.8"),
        ({9: "0.7", 8: "0.7", 7: "0.9"}, "; version 8 does not either"),
        ({9: "0.7", 8: "0.7", 7: "0.7", 6: "0.9"}, "; versions 8 and 7 do not either"),
        ({9: "0.7", 8: "0.7", 7: "0.7", 6: "0.7", 5: "0.9"}, "; 3 older ones do not either"),
    ],
)
def test_what_else_does_not_pass_is_said(figures: dict[int, str], ends: str) -> None:
    assert weighed(gate(min=0.8), figures)[1].endswith(ends)


def test_the_limits_of_a_gate_in_words() -> None:
    limits = {"min": 0.8, "max": 1, "max_drop": 0.01, "max_rise": 0.2}
    assert gates.in_words(gate(**limits)) == "f1_macro, min 0.8, max 1, max_drop 0.01, max_rise 0.2"


# What is asked


def asked(of: Gate, grounds: Grounds, *numbers: int) -> int:
    found = weigh(of, versions(*numbers), grounds)
    return found.ask.number if found.ask else 0


def test_what_serves_needs_no_figure() -> None:
    assert asked(gate(), Grounds(passing={9}, baseline=9), 9, 8) == 0


def test_one_package_is_asked_after_the_other() -> None:
    serving: dict[str, Any] = {"passing": {7}, "baseline": 7}
    assert asked(gate(), Grounds({}, **serving), 9, 8, 7) == 9
    assert asked(gate(), Grounds(said({9: "0.7"}), **serving), 9, 8, 7) == 8
    assert asked(gate(), Grounds(said({9: "0.7", 8: "0.9"}), **serving), 9, 8, 7) == 7
    assert asked(gate(), Grounds(said({9: "0.7", 8: "0.9", 7: "0.9"}), **serving), 9, 8, 7) == 0


def test_what_serves_is_asked_only_where_a_limit_compares_with_it() -> None:
    assert asked(gate(min=0.8), Grounds(said({8: "0.9"}), {7}, 7), 8, 7) == 0


def test_a_kept_figure_that_passes_is_not_asked_for_again() -> None:
    kept = gates.kept({8: "0.92", 7: "0.92"})
    assert asked(gate(), Grounds(kept, {7}, 7), 8, 7) == 0


def test_a_kept_figure_never_fails_a_version() -> None:
    """Somebody may have added or mended the figure since."""
    kept = gates.kept({8: "0.7", 7: "0.92"})
    assert asked(gate(), Grounds(kept, {7}, 7), 8, 7) == 8
    kept |= said({8: "0.85"})
    assert asked(gate(), Grounds(kept, {7}, 7), 8, 7) == 7
    kept |= said({7: "0.851"})
    assert weigh(gate(), versions(8, 7), Grounds(kept, {7}, 7)).chosen == Version(8, "package/8")


def test_the_figures_by_which_the_gate_was_passed_are_kept() -> None:
    grounds = Grounds(said({9: "0.7", 8: "0.92", 7: "0.92"}), {7}, 7)
    assert gates.to_keep(grounds, 8) == {8: "0.92", 7: "0.92"}
    outcome = Outcome().with_figures("f1_macro", gates.to_keep(grounds, 8))
    assert outcome.figures_of("f1_macro") == {8: "0.92", 7: "0.92"}
    assert (outcome.figures_of("accuracy"), outcome.with_figures("f1_macro", {}).figures) == ({}, {})


# What could not be read


def test_what_cannot_be_read_moves_nothing() -> None:
    """Neither to it nor to an older one: the next run may read it."""
    unread = {**said({8: "0.9", 7: "0.9"}), 9: Said(unread=DENIED)}
    found = weigh(gate(min=0.8), versions(9, 8, 7), Grounds(unread, {7}, 7))
    assert found.chosen == Version(7, "package/7")
    assert found.told == f"version 9 does not pass the gate: f1_macro could not be read: {DENIED}"


def test_where_nothing_serves_that_may_stay_what_cannot_be_read_is_not_known() -> None:
    unread = {**said({8: "0.9"}), 9: Said(unread=DENIED)}
    found = weigh(gate(min=0.8, missing="allow"), versions(9, 8), Grounds(unread, {7}, 7))
    assert (found.chosen, found.unknown) == (None, f"gate: version 9: f1_macro could not be read: {DENIED}")


def test_a_figure_that_was_found_counts_although_something_else_could_not_be_read() -> None:
    found = weigh(gate(min=0.8), versions(9), Grounds({9: Said("0.9", unread=DENIED)}))
    assert found.chosen == Version(9, "package/9")


def test_what_serves_cannot_be_compared_with_where_it_cannot_be_read() -> None:
    unread = {**said({8: "0.9"}), 7: Said(unread=DENIED)}
    found = weigh(gate(missing="allow", max_drop=0.01), versions(8, 7), Grounds(unread, {7}, 7))
    assert found.chosen == Version(7, "package/7")
    assert found.told.endswith(f"f1_macro of version 7, which serves, could not be read: {DENIED}")


# In a task


def task(**settings: Any) -> Task:
    its = {"gate": gate(), **settings}
    return Task.model_validate({"name": "toxicity", "endpoint": "toxicity", "group": "toxicity", **its})


def registry(*numbers: int) -> Approved:
    return seen.approved(versions(*numbers))


def chosen(of: Task, answer: Answer, figures: Mapping[int, str], serving: int = 0) -> Choice:
    return choose(of, answer, NOW, serving, said(figures))


def test_every_approved_version_of_a_gated_group_is_told() -> None:
    assert questions([task()]).series == ("toxicity",)


def test_a_version_that_does_not_pass_is_not_chosen() -> None:
    choice = chosen(task(), registry(8, 7), {8: "0.90", 7: "0.921"}, serving=7)
    assert choice.answer == Approved(7, "package/7", passed_over=(Version(8, "package/8"),))
    assert (choice.newest, choice.gated) == (8, True)
    assert choice.decided == (
        "version 8 does not pass the gate: f1_macro 0.90 is 0.021 below the 0.921 of version 7, which serves; "
        "max_drop is 0.01"
    )


def test_the_older_one_that_passes_is_named() -> None:
    choice = chosen(task(gate=gate(min=0.8)), registry(9, 8, 7), {9: "0.7", 8: "0.9"}, serving=7)
    assert choice.decided.endswith("min 0.8; version 8 is the newest that does")


def test_where_nothing_passes_nothing_is_chosen() -> None:
    choice = chosen(task(), registry(8, 7), {8: "0.7", 7: "0.6"})
    assert choice.answer == NothingApproved(tuple(versions(8, 7)))
    assert choice.decided.endswith("f1_macro 0.7 is below min 0.8; version 7 does not either")


def test_until_its_package_was_asked_nothing_is_settled() -> None:
    choice = choose(task(), registry(8, 7), NOW, 7)
    assert (choice.ask, choice.gated) == (Version(8, "package/8"), False)
    assert choice.answer == Unknown("gate: what version 8 was registered with was not asked for in this run")


def test_a_choice_is_settled_by_asking_one_package_after_the_other() -> None:
    figures, asked_for = {9: "0.7", 8: "0.9", 7: "0.92"}, []

    def ask(version: Version) -> Said:
        asked_for.append(version.number)
        return Said(figures[version.number])

    of, known = task(gate=gate(min=0.8, max_drop=0.05)), registry(9, 8, 7)
    choice, what_they_said = settle(lambda said: choose(of, known, NOW, 7, said), ask, gates.kept({7: "0.92"}))
    assert isinstance(choice.answer, Approved)
    assert (choice.answer.version, asked_for, choice.figures) == (8, [9, 8], {8: "0.9", 7: "0.92"})
    assert set(what_they_said) == {9, 8, 7}


def test_a_fall_back_from_a_rejected_version_is_not_compared_with_it() -> None:
    choice = chosen(task(), registry(7, 6), {7: "0.85"}, serving=8)
    assert (choice.answer, choice.gated) == (Approved(7, "package/7"), False)


def test_what_no_gate_can_know_leaves_a_task_as_it_is() -> None:
    choice = choose(task(), registry(8, 7), NOW, 9, {8: Said(unread=DENIED)})
    why = f"gate: version 8: f1_macro could not be read: {DENIED}"
    assert choice.answer == Unknown(why)
    found = standing(world(serving=9), choice)
    assert (found.status, found.reason) == (Status.UNKNOWN, why)


def test_a_pin_overrides_the_gate_and_says_so() -> None:
    of = task(pin={"version": 8, **BY})
    choice = choose(of, registry(8, 7), NOW, 7)
    assert (choice.answer, choice.ask, choice.gated) == (Approved(8, "package/8"), None, False)
    assert choice.decided == (
        "pinned to version 8 by team-x until 2027-03-31: fewer false alarms, whatever the gate says "
        "(f1_macro, min 0.8, max_drop 0.01)"
    )


def test_a_hold_asks_no_gate() -> None:
    choice = choose(task(hold=BY), registry(8, 7), NOW, 7)
    assert (choice.answer, choice.ask) == (OnHold(), None)


@pytest.mark.parametrize("answer", [Unknown("registry: down"), NothingApproved()], ids=["outage", "nothing approved"])
def test_a_gate_has_nothing_to_say_where_the_registry_has_not(answer: Answer) -> None:
    assert choose(task(), answer, NOW, 7) == Choice(answer)


def dated(number: int, hours: float) -> Version:
    return Version(number, f"package/{number}", (NOW - timedelta(hours=hours)).isoformat())


def test_a_version_has_to_soak_and_to_pass() -> None:
    answer = seen.approved([dated(9, 1), dated(8, 30), Version(7, "package/7")])
    choice = choose(task(soak_hours=24), answer, NOW, 7, said({8: "0.7"}))
    assert isinstance(choice.answer, Approved)
    assert (choice.answer.version, [one.number for one in choice.answer.passed_over]) == (7, [9, 8])
    assert choice.decided == (
        "version 9 approved, eligible from 2027-02-01T09:00Z; "
        "version 8 does not pass the gate: f1_macro 0.7 is below min 0.8"
    )


def test_a_version_that_only_soaks_waits_for_nobody_to_decide() -> None:
    choice = choose(task(soak_hours=24), seen.approved([dated(9, 1), dated(8, 30)]), NOW, 8)
    assert (choice.gated, choice.decided) == (False, "version 9 approved, eligible from 2027-02-01T09:00Z")


def test_an_older_version_that_was_approved_late_soaks_too() -> None:
    """The registry dates none below the first that is old enough; its package says since when."""
    answer = seen.approved([dated(9, 30), Version(8, "package/8"), Version(7, "package/7")])
    figures = said({9: "0.7"}) | {
        8: Said("0.9", changed=dated(8, 2).approved),
        7: Said("0.9", changed="2026-01-01T00Z"),
    }
    choice = choose(task(soak_hours=24, gate=gate(min=0.8)), answer, NOW, 6, figures)
    assert isinstance(choice.answer, Approved)
    assert (choice.answer.version, [one.number for one in choice.answer.passed_over]) == (7, [9, 8])


def test_only_versions_in_the_stage_are_weighed() -> None:
    staged = [Version(9, "package/9", stage="Staging"), *(replace(one, stage="Production") for one in versions(8, 7))]
    choice = choose(task(stage="Production"), seen.approved(staged), NOW, 7, said({8: "0.7"}))
    assert isinstance(choice.answer, Approved)
    assert choice.answer.version == 7
    assert choice.decided.endswith(
        "min 0.8; version 8 is the newest in stage Production; version 9 is approved, in stage Staging"
    )


# Challengers


def challenger(
    follow: str, figures: Mapping[int, str], *, champion: int, serving: Mapping[str, int], of: Gate | None = None
) -> Choice:
    both = task(gate=of or gate(), variants={"b": {"weight": 0.1, "follow": follow}})
    known = registry(9, 8, 7, 6)
    return choose_challengers(both, known, Champion(champion), NOW, serving, said(figures))["b"]


def test_a_challenger_passes_the_gate_of_its_task() -> None:
    figures = {9: "0.90", 8: "0.93", 7: "0.92"}
    choice = challenger("latest", figures, champion=7, serving={"champion": 7})
    assert isinstance(choice.answer, Approved)
    assert (choice.answer.version, choice.gated) == (8, True)


def test_what_a_challenger_serves_passes() -> None:
    choice = challenger("latest", {}, champion=7, serving={"champion": 7, "b": 9})
    assert (choice.answer, choice.ask) == (Approved(9, "package/9"), None)


def test_a_challenger_that_comes_down_to_the_champions_version_leaves() -> None:
    choice = challenger("latest", {9: "0.7"}, champion=8, serving={"champion": 8})
    assert choice.away == "same version as the champion"


def test_the_version_before_the_champions_may_be_worse_but_not_below_the_limits() -> None:
    figures = {8: "0.7", 7: "0.85"}
    choice = challenger("previous", figures, champion=9, serving={"champion": 9})
    assert isinstance(choice.answer, Approved)
    assert choice.answer.version == 7
    assert choice.decided == (
        "version 8 does not pass the gate: f1_macro 0.7 is below min 0.8; version 7 is the one before the champion's 9"
    )


def test_the_version_that_the_champion_leaves_passes_as_the_one_before() -> None:
    choice = challenger("previous", {}, champion=9, serving={"champion": 8})
    assert (choice.answer, choice.ask) == (Approved(8, "package/8"), None)


# What a person reads


def standing(fleet: World, choice: Choice) -> Standing:
    fleet.answer = choice.answer
    plan = fleet.decide()
    decided = said_of(choice, plan.wanted.version if plan.wanted else 0)
    return assess(plan, choice.answer, fleet.live, fleet.outcome or Outcome(), decided, gated=choice.gated)


def test_a_task_whose_newer_version_does_not_pass_is_out_of_date() -> None:
    choice = chosen(task(gate=gate(min=0.8)), registry(8, 7), {8: "0.79"}, serving=7)
    found = standing(world(serving=7), choice)
    assert (found.status, found.reason) == (
        Status.OUT_OF_DATE,
        "version 8 does not pass the gate: f1_macro 0.79 is below min 0.8; version 7 keeps serving",
    )


def test_a_task_that_moves_to_the_one_that_passes_says_both() -> None:
    choice = chosen(task(gate=gate(min=0.8)), registry(9, 8, 7), {9: "0.79", 8: "0.9"}, serving=7)
    found = standing(world(serving=7), choice)
    assert (found.status, found.reason) == (
        Status.OUT_OF_DATE,
        "version 9 does not pass the gate: f1_macro 0.79 is below min 0.8; version 8 is the newest that does; "
        "version 7 keeps serving",
    )


def test_a_task_of_which_nothing_passes_is_not_deployed() -> None:
    choice = chosen(task(gate=gate(min=0.8)), registry(8), {8: "0.79"})
    found = standing(world(), choice)
    assert (found.status, found.reason) == (
        Status.NOT_DEPLOYED,
        "version 8 does not pass the gate: f1_macro 0.79 is below min 0.8",
    )


def test_a_rejected_version_keeps_serving_where_nothing_passes() -> None:
    choice = chosen(task(gate=gate(min=0.8)), registry(7), {7: "0.79"}, serving=8)
    found = standing(world(serving=8), choice)
    assert (found.status, found.reason) == (
        Status.OUT_OF_DATE,
        "version 7 does not pass the gate: f1_macro 0.79 is below min 0.8; version 8 keeps serving",
    )


def test_what_serves_and_would_not_pass_any_more_is_up_to_date() -> None:
    """The state was lost, so that it is known only when the endpoint is looked at."""
    fleet = world(serving=8)
    fleet.lose_state()
    found = standing(fleet, chosen(task(gate=gate(min=0.99)), registry(8, 7), {8: "0.8", 7: "0.7"}))
    assert (found.status, found.reason) == (Status.UP_TO_DATE, "version 8 serves")


def test_what_serves_gets_other_settings_whatever_its_figures() -> None:
    fleet = world(serving=8)
    fleet.change(memory_mb=3072)
    fleet.answer = chosen(task(), registry(8), {}, serving=8).answer
    assert serves(fleet.decide()) == (Kind.RUN, name(8, memory_mb=3072))


@pytest.mark.parametrize("seen_gone", [False, True], ids=["in this run", "by a run before"])
def test_what_served_last_is_made_again_whatever_its_figures(seen_gone: bool) -> None:
    fleet = world(serving=8)
    fleet.live = seen.Absent()
    outcome = Outcome(version=0 if seen_gone else 8, moves=_moved(8))
    choice = chosen(task(), registry(9, 8), {9: "0.7"}, serving=outcome.last_version)
    fleet.answer = choice.answer
    assert serves(fleet.decide()) == (Kind.RUN, name(8))


def test_the_record_knows_what_served_last() -> None:
    assert Outcome(moves=_moved(8)).last_version == 8
    assert (Outcome(version=7, moves=_moved(8)).last_version, Outcome().last_version) == (7, 0)


def _moved(version: int) -> tuple[Move, ...]:
    return (Move(version, "r", "t1", Verdict.SERVES), Move(version + 1, "r", "t2", Verdict.ROLLED_BACK))


# Whatever the figures

FIGURES = st.dictionaries(
    st.integers(1, 6), st.sampled_from(["0.70", "0.80", "0.85", "0.90", "0.91", "0.92", "NaN", ""]), max_size=6
)
GATES = st.builds(
    lambda limits, missing: gate(missing=missing, **limits),
    st.dictionaries(
        st.sampled_from(["min", "max_drop", "max_rise"]), st.sampled_from([0.0, 0.01, 0.8, 0.85, 1.0]), min_size=1
    ),
    st.sampled_from(["hold", "allow"]),
)
ALL = hypothesis_settings(max_examples=400, deadline=None)


def settled(
    of: Gate, figures: Mapping[int, str], serving: int, kept: Mapping[int, Said] | None = None
) -> tuple[Weighed, list[int]]:
    """What comes of it once all that is asked was answered, and whose packages were asked."""
    known, asks = dict(kept or {}), []
    while (found := weigh(of, versions(*figures), Grounds(known, {serving}, serving))).ask:
        known[found.ask.number] = Said(figures[found.ask.number])
        asks.append(found.ask.number)
        assert asks.count(found.ask.number) == 1, "asked twice"
    return found, asks


def passes(of: Gate, figures: Mapping[int, str], number: int, serving: int) -> bool:
    """The rule of docs/tasks.md, version by version."""
    figure, base = figures[number], figures.get(serving, "")
    if number == serving:
        return True
    if figure == "NaN":
        return False
    if not figure:
        return of.missing == "allow"
    value = round(float(figure) * 1000)
    compares = serving in figures and (of.max_drop is not None or of.max_rise is not None)
    if of.min is not None and value < round(of.min * 1000):
        return False
    if not compares:
        return True
    if base in ("", "NaN"):
        return of.missing == "allow"
    drop = round(float(base) * 1000) - value
    not_below = of.max_drop is None or drop <= round(of.max_drop * 1000)
    return not_below and (of.max_rise is None or -drop <= round(of.max_rise * 1000))


@given(of=GATES, figures=FIGURES, serving=st.integers(0, 7))
@ALL
def test_the_newest_that_passes_is_always_chosen_and_nothing_else(
    of: Gate, figures: dict[int, str], serving: int
) -> None:
    found, _ = settled(of, figures, serving)
    possible = [number for number in figures if passes(of, figures, number, serving)]
    assert (found.chosen.number if found.chosen else 0) == max(possible, default=0)
    above = sorted((number for number in figures if number > max(possible, default=0)), reverse=True)
    assert [failed.version.number for failed in found.failed] == above


@given(of=GATES, figures=FIGURES, serving=st.integers(1, 6))
@ALL
def test_never_below_what_serves_while_that_is_approved(of: Gate, figures: dict[int, str], serving: int) -> None:
    assume(serving in figures)
    found, _ = settled(of, figures, serving)
    assert found.chosen and found.chosen.number >= serving


@given(of=GATES, figures=FIGURES, serving=st.integers(0, 7))
@ALL
def test_never_a_version_that_does_not_pass(of: Gate, figures: dict[int, str], serving: int) -> None:
    found, _ = settled(of, figures, serving)
    assert found.chosen is None or passes(of, figures, found.chosen.number, serving)


@given(of=GATES, figures=FIGURES)
@ALL
def test_what_serves_always_passes_and_is_never_asked_to(of: Gate, figures: dict[int, str]) -> None:
    assume(figures)
    newest = max(figures)
    found, asks = settled(of, figures, newest)
    assert (found, asks) == (Weighed(Version(newest, f"package/{newest}")), [])


@given(of=GATES, figures=FIGURES, serving=st.integers(1, 7))
@ALL
def test_a_fall_back_from_what_is_rejected_is_never_held_by_a_comparison(
    of: Gate, figures: dict[int, str], serving: int
) -> None:
    assume(serving not in figures and of.min is not None)
    found, _ = settled(of, figures, serving)
    alone, _ = settled(of.model_copy(update={"max_drop": None, "max_rise": None}), figures, serving)
    assert found == alone


@given(of=GATES, figures=FIGURES, serving=st.integers(0, 7))
@ALL
def test_what_passed_is_never_asked_again_and_what_failed_always_is(
    of: Gate, figures: dict[int, str], serving: int
) -> None:
    before, first = settled(of, figures, serving)
    number = before.chosen.number if before.chosen else 0
    grounds = Grounds(said({asked: figures[asked] for asked in first}), {serving}, serving)
    again, asks = settled(of, figures, serving, gates.kept(gates.to_keep(grounds, number)))
    assert again == before
    if not before.failed:
        assert [asked for asked in asks if figures[asked]] == []
    assert {failed.version.number for failed in before.failed} <= set(asks)


@given(
    of=GATES,
    figures=FIGURES,
    serving=st.integers(0, 7),
    unread=st.integers(1, 6),
)
@ALL
def test_what_cannot_be_read_never_moves_anything(of: Gate, figures: dict[int, str], serving: int, unread: int) -> None:
    known = {**said(figures), unread: Said(unread=DENIED)}
    found = weigh(of, versions(*figures), Grounds(known, {serving}, serving))
    read = unread not in figures or not any(DENIED in one.reason for one in found.failed)
    if not read:
        assert (found.chosen.number if found.chosen else serving) == serving
        assert bool(found.unknown) == (found.chosen is None)


@given(of=GATES, figures=FIGURES, serving=st.integers(0, 6), lost=st.booleans())
@ALL
def test_an_endpoint_never_goes_below_what_it_serves_though_nobody_knew_what_that_is(
    of: Gate, figures: dict[int, str], serving: int, lost: bool
) -> None:
    """What the record says is 0 where it was lost; the endpoint tells, when it is looked at."""
    fleet = world(serving=serving)
    if serving and lost:
        fleet.lose_state()
    answer: Answer = seen.approved(versions(*figures)) if figures else NothingApproved()
    fleet.answer = chosen(task(gate=of), answer, figures, serving=0 if lost else serving).answer
    plan = fleet.decide()
    if serving in figures:
        target = plan.revision(plan.target)
        assert target and target.version >= serving
    elif serving and plan.kind is Kind.KEEP:
        assert plan.target == name(serving)


@given(
    of=GATES,
    figures=FIGURES,
    serves=st.integers(0, 6),
    champion=st.integers(1, 6),
    follow=st.sampled_from(["latest", "previous"]),
)
@ALL
def test_a_challenger_never_goes_to_what_does_not_pass_nor_below_what_it_serves(
    of: Gate, figures: dict[int, str], serves: int, champion: int, follow: str
) -> None:
    assume(champion in figures)
    both = task(gate=of, variants={"b": {"weight": 0.1, "follow": follow}})
    serving = {"champion": champion, "b": serves}

    def chosen_by(known: Mapping[int, Said]) -> Choice:
        return choose_challengers(both, seen.approved(versions(*figures)), Champion(champion), NOW, serving, known)["b"]

    choice, _ = settle(chosen_by, lambda version: Said(figures[version.number]), {})
    number = choice.answer.version if isinstance(choice.answer, Approved) else 0
    if number not in (0, serves, champion):
        assert passes(of, figures, number, champion if follow == "latest" else 0)
    if serves in figures and (follow == "latest" or serves < champion):
        assert number >= serves


@given(of=GATES, figures=FIGURES, ages=st.lists(st.integers(0, 48), min_size=7, max_size=7), serving=st.integers(0, 6))
@ALL
def test_behind_a_gate_the_newest_that_is_old_enough_and_passes_is_chosen(
    of: Gate, figures: dict[int, str], ages: list[int], serving: int
) -> None:
    """The registry dates down to the first that is old enough; of the others their packages say it."""
    assume(figures)
    listed, found = [], False
    for number in sorted(figures, reverse=True):
        listed.append(Version(number, f"package/{number}", "" if found else dated(number, ages[number]).approved))
        found = found or ages[number] >= 24
    of_task, answer = task(gate=of, soak_hours=24), seen.approved(listed)

    def ask(version: Version) -> Said:
        return Said(figures[version.number], changed=dated(version.number, ages[version.number]).approved)

    choice, _ = settle(lambda known: choose(of_task, answer, NOW, serving, known), ask, {})
    possible = [
        number
        for number in figures
        if number == serving or (ages[number] >= 24 and passes(of, figures, number, serving))
    ]
    fleet = world(serving=serving)
    fleet.answer = choice.answer
    if possible:
        assert serves(fleet.decide()) == (Kind.RUN, name(max(possible)))
    else:
        assert serves(fleet.decide()) == ((Kind.KEEP, name(serving)) if serving else (Kind.NOTHING, ""))
