"""Which version a challenger is to serve, given what the champion is to serve."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from fleet.choice import SAME_VERSION, Champion, Choice, Handed, Questions, choose_challengers, questions
from fleet.seen import Answer, Approved, NothingApproved, OnHold, Refused, Unknown, Version
from fleet.tasks.model import Task

NOW = datetime(2027, 1, 31, 10, tzinfo=UTC)
BY = {"owner": "team-x", "until": date(2027, 3, 31), "reason": "fewer false alarms"}
DOWN = Unknown("registry: ListModelPackages: AccessDeniedException: no")
NO_PIN = 'pin: version 6 of model package group "toxicity" is not approved; pin to one that is'


def task(challenger: dict[str, Any] | None = None, **settings: Any) -> Task:
    variants = {"b": {"weight": 0.1, **(challenger or {})}}
    named = {"name": "toxicity", "endpoint": "toxicity", "group": "toxicity"}
    return Task.model_validate({**named, "variants": variants, **settings})


def pinned(version: int) -> Task:
    return task({"pin": {"version": version, **BY}})


PREVIOUS = task({"follow": "previous"})


def registry(*numbers: int) -> Approved:
    newest, *older = (Version(number, f"package/{number}") for number in numbers)
    return Approved(newest.number, newest.package, older=tuple(older))


def beside(champion: int | Handed, registry: Answer, of: Task, *, serving: int = 0) -> Choice:
    handed = Champion(champion) if isinstance(champion, int) else champion
    return choose_challengers(of, registry, handed, NOW, {"b": serving})["b"]


def dated() -> Approved:
    """8 is too young for a soak of a day, 7 is not."""
    young, old = (NOW - timedelta(hours=hours) for hours in (1, 48))
    return Approved(8, "package/8", young.isoformat(), older=(Version(7, "package/7", old.isoformat()),))


def version(number: int) -> Approved:
    return Approved(number, f"package/{number}")


# Which one


@pytest.mark.parametrize(
    ("of", "champion", "answer"),
    [
        (task(), 7, version(8)),
        (PREVIOUS, 8, version(7)),
        (PREVIOUS, 7, version(5)),
        (pinned(5), 8, version(5)),
    ],
    ids=["latest", "previous of the newest", "previous of a pinned or held champion", "pinned"],
)
def test_a_challenger_serves(of: Task, champion: int, answer: Approved) -> None:
    choice = beside(champion, registry(8, 7, 5), of)
    found = choice.answer
    assert isinstance(found, Approved)
    assert (found.version, found.package, choice.away) == (answer.version, answer.package, "")


def test_a_version_too_young_is_not_the_latest() -> None:
    found = beside(6, dated(), task(soak_hours=24)).answer
    assert isinstance(found, Approved)
    assert found.version == 7


# None


@pytest.mark.parametrize(
    ("of", "champion", "answer", "away"),
    [
        (task(), 8, registry(8), SAME_VERSION),
        (pinned(5), 5, registry(8, 5), SAME_VERSION),
        (task(), 0, NothingApproved(), "nothing approved"),
        (PREVIOUS, 5, registry(8, 7, 5), "no approved version below 5"),
        (PREVIOUS, 0, registry(8, 7), "the champion has no version"),
        (pinned(6), 8, registry(8, 7), NO_PIN),
    ],
    ids=["latest is the champion's", "pinned to it", "nothing approved", "none below", "no champion", "pin rejected"],
)
def test_a_challenger_is_not_deployed(of: Task, champion: int, answer: Answer, away: str) -> None:
    assert beside(champion, answer, of).away == away


def test_a_young_version_that_the_champion_serves_already_is_the_same() -> None:
    assert beside(8, dated(), task(soak_hours=24)).away == SAME_VERSION


def test_a_version_that_failed_as_the_champions_is_not_tried_as_the_latest() -> None:
    failed = Champion(7, failed=8)
    assert beside(failed, registry(8, 7), task()).away == "version 8 has failed as the champion's"
    assert beside(failed, registry(8, 7), pinned(8)).away == ""


# As it is


def test_what_serves_beside_the_champion_needs_no_soak() -> None:
    assert beside(7, dated(), task(soak_hours=24), serving=8).away == ""


def test_what_serves_stays_although_it_has_failed_as_the_champions() -> None:
    assert beside(Champion(7, failed=8), registry(8, 7), task(), serving=8).away == ""


@pytest.mark.parametrize("champion", [DOWN, Refused("champion: pin: version 6 is not approved")], ids=["?", "refused"])
def test_a_challenger_stays_as_it_is_where_the_champions_version_is_not_known(champion: Unknown | Refused) -> None:
    assert beside(champion, registry(8), task()) == Choice(champion, 8)


@pytest.mark.parametrize("of", [task(), PREVIOUS], ids=["latest", "previous"])
def test_an_outage_leaves_a_challenger_as_it_is(of: Task) -> None:
    assert beside(7, DOWN, of) == Choice(DOWN)


def test_a_pin_in_an_outage_goes_by_what_is_kept() -> None:
    assert beside(7, DOWN, pinned(8)).answer == Unknown(DOWN.error, pin=8)


def test_a_hold_is_the_whole_tasks() -> None:
    choice = beside(8, registry(8), task(hold=BY))
    assert (choice.answer, choice.away) == (OnHold(), "")


# What is said of it


def test_the_one_before_is_said_to_be_that() -> None:
    assert beside(8, registry(8, 7), PREVIOUS).decided == "version 7 is the one before the champion's 8"


def test_a_challengers_pin_that_has_ended_is_a_warning() -> None:
    ended = task({"pin": {"version": 7, **BY, "until": date(2027, 1, 30)}})
    assert beside(8, registry(8, 7), ended).warning.startswith("the pin by team-x ended on 2027-01-30")


# What the registry is asked


def test_challengers_pins_are_asked_for() -> None:
    assert questions([pinned(5)]) == Questions(("toxicity",), pins={"toxicity": [5]})


def test_the_whole_series_is_asked_for_where_a_challenger_follows_the_one_before() -> None:
    assert questions([PREVIOUS, task()]) == Questions(("toxicity",), series=("toxicity",))
