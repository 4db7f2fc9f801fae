"""What stands beside the endpoint of a variant: a row of BESIDE each, and what comes of it is told and recorded."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fleet.aws.gateway import Presence
from fleet.choice import Choice
from fleet.memory import PARAMETER, SCALING, Outcome
from fleet.resources import variant as variants
from fleet.resources.beside.thing import Stands
from fleet.resources.site import Site
from fleet.resources.situation import Variant
from fleet.resources.variant import Decision, Result, carry_out
from fleet.rollout import steps
from fleet.seen import Approved
from tests.fleet.resources.declaring import World, declaring
from tests.fleet.worlds import ENDPOINT, SEVEN, name, world
from tests.fleet.worlds import World as Fleet

WELL = Stands("as of this run")


class Bell:
    """A thing beside an endpoint, of which everything comes that a test wishes."""

    kind = "bell"

    def __init__(self, stands: Stands) -> None:
        self.stands = stands

    async def look_up(self) -> Presence:
        return Presence.ABSENT

    async def declare(self, presence: Presence) -> Stands:
        return self.stands


def run(monkeypatch: pytest.MonkeyPatch, stands: Stands | None, **recorded: str) -> Result:
    """Of a variant whose endpoint serves what it is to serve; `stands` is None where no bell is to be there."""
    monkeypatch.setattr(variants, "BESIDE", {"bell": lambda *_: Bell(stands) if stands else None})
    return carried_out(world(serving=7), recorded)


def carried_out(known: Fleet, recorded: Mapping[str, str], aws: World | None = None) -> Result:
    """An `up` over what serves already, given what the last one recorded of things beside."""
    assert isinstance(known.answer, Approved) and known.outcome
    record = replace(known.outcome, beside=recorded)
    plan = known.decide()
    decision = Decision(known.answer, known.live, plan, steps(plan, known.live, record))
    variant = Variant(ENDPOINT, "champion", None, known.settings, Choice(known.answer), record)

    async def declare(site: Site) -> Any:
        return await carry_out(variant, decision, site)

    result = declaring(aws or World(), declare).result
    assert isinstance(result, Result)
    return result


def test_an_autoscaler_is_one_of_them() -> None:
    assert SCALING in variants.BESIDE


def test_what_stands_is_recorded_for_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, WELL, bell="as of the last run").outcome.beside == {"bell": WELL.record}


def test_what_is_not_to_be_there_is_recorded_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, None, bell="as of the last run").outcome.beside == {}


def test_what_is_not_the_variants_stays_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The task stands its parameter itself, once its variants are done."""
    assert run(monkeypatch, None, parameter="/fleets/toxicity").outcome.beside == {PARAMETER: "/fleets/toxicity"}


def test_what_aws_said_is_recorded_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, Stands(refused=("bell: AccessDenied: no",)))
    assert result.outcome.refused == ("bell: AccessDenied: no",)
    assert "bell: AccessDenied: no" in result.standing.reason


def test_what_is_in_the_way_of_it_ends_a_preview_and_makes_a_run_red(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, Stands(problem="a bell of that name is somebody else's"))
    assert (result.refusal, result.fault) == ("a bell of that name is somebody else's",) * 2


def test_it_harms_no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, Stands(problem="a bell of that name is somebody else's", refused=("no",)))
    assert isinstance(result.outcome, Outcome)
    assert (result.takes_calls, result.outcome.version) == (True, 7)


def test_an_autoscaler_is_remembered_until_what_it_made_of_provisioned_concurrency_is_put_right() -> None:
    """The task list has none any more, and AWS refuses the value that is configured: the next run tries again."""
    scaled, aws = world(serving=7, provisioned_concurrency=2), World()
    scaled.live = replace(SEVEN, config=name(7, provisioned_concurrency=2), provisioned=1)
    result = carried_out(scaled, {SCALING: "1..5"}, aws)
    assert (aws.asked, result.outcome.beside) == ([f"{ENDPOINT}: 2"], {SCALING: "1..5"})


def test_what_could_not_be_found_out_makes_a_run_red_and_ends_no_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, Stands(unknown="the bell was not written: down"))
    assert (result.refusal, result.fault) == ("", "the bell was not written: down")
