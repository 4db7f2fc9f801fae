"""Whose log group is declared, and with which options."""

from typing import Any, cast

import pytest

from fleet.aws.logs import FOR_EVER, group_of
from fleet.choice import Choice
from fleet.memory import LOGS, Outcome
from fleet.resources.aws_types import Endpoint
from fleet.resources.beside.logs import Logs
from fleet.resources.beside.thing import Stands, stand
from fleet.resources.endpoint import DeclaredEndpoint
from fleet.resources.site import Site
from fleet.resources.situation import Variant
from fleet.resources.variant import BESIDE
from fleet.rollout import Kind, Plan
from fleet.seen import Approved, Live, Unknown
from tests.fleet.resources.declaring import Declarations, World, declaring
from tests.fleet.worlds import DOWN, EIGHT, ENDPOINT, TO_EIGHT, world

GROUP = group_of(ENDPOINT)
LEFT_ALONE = ["tags", "tagsAll", "kmsKeyId"]
NOT_SET = f"log group {GROUP}: its retention was not set: {{why}}"
DENIED = "PutRetentionPolicy: AccessDeniedException: no"


# When


def is_wanted(
    days: int | None = 30, plan: Plan = TO_EIGHT, live: Live = EIGHT, *, recorded: str = "", serves: bool = True
) -> bool:
    """By default of an endpoint that serves, in a run that finds no record."""
    outcome = Outcome(endpoint=ENDPOINT, beside={LOGS: recorded} if recorded else {})
    choice = Choice(Approved(8, "package"))
    variant = Variant(ENDPOINT, "champion", None, world().settings, choice, outcome, log_retention_days=days)
    found: list[Any] = []

    async def make(site: Site) -> None:
        endpoint = DeclaredEndpoint(cast(Endpoint, site.parent) if serves else None)  # any resource will do
        found.append(BESIDE[LOGS](variant, plan, live, endpoint, site))

    declaring(World(), make)
    return found[0] is not None


def test_only_where_the_task_list_asks_is_a_group_declared() -> None:
    assert (is_wanted(), is_wanted(None), is_wanted(None, recorded="30")) == (True, False, False)


def test_without_an_endpoint_there_is_nothing_to_keep() -> None:
    assert not is_wanted(serves=False)


def test_what_is_recorded_stays_where_the_endpoint_could_not_be_looked_at() -> None:
    assert is_wanted(plan=Plan(Kind.KEEP), live=DOWN, recorded="30", serves=False)


def test_of_somebody_elses_endpoint_nothing_is_set() -> None:
    assert not is_wanted(plan=Plan(Kind.REFUSE), recorded="30")


# How


def declared(world: World | None = None, *, preview: bool = False, recorded: str = "") -> Declarations:
    """By default a group that comes for the first time."""

    async def declare(site: Site) -> Stands:
        return await stand(Logs("toxicity", ENDPOINT, 30, recorded, site))

    return declaring(world or World(), declare, preview=preview)


def test_it_is_declared_under_sagemakers_name_without_tags_and_recorded_with_its_days() -> None:
    its = declared()
    assert its.inputs("LogGroup") == {"name": GROUP, "retentionInDays": 30}
    assert (Logs.kind, its.result) == (LOGS, Stands("30"))


def test_one_that_is_not_there_is_made() -> None:
    world = World()
    assert (declared(world).of("LogGroup").importId, world.asked) == ("", [GROUP])


def test_one_that_is_there_is_taken_over_once_it_keeps_its_lines_so_long() -> None:
    """The engine takes over only what is as it is declared."""
    world = World(log_days=FOR_EVER)
    its = declared(world).of("LogGroup")
    assert (its.importId, list(its.ignoreChanges)) == (GROUP, LEFT_ALONE)
    assert world.asked == [GROUP, f"{GROUP}: 30"]


def test_a_preview_shows_it_taken_over_and_sets_nothing() -> None:
    world = World(log_days=7)
    its = declared(world, preview=True).of("LogGroup")
    assert (its.importId, list(its.ignoreChanges)) == (GROUP, [*LEFT_ALONE, "retentionInDays"])
    assert world.asked == [GROUP]


def test_one_that_may_not_be_set_is_not_declared_and_says_so() -> None:
    its = declared(World(log_days=7, may_retain=False))
    assert its.types == []
    assert its.result == Stands(unknown=NOT_SET.format(why=DENIED), refused=(DENIED,))


@pytest.mark.parametrize("preview", [False, True])
def test_one_that_could_not_be_looked_at_is_not_declared_and_says_so(preview: bool) -> None:
    """It may be there, and then it cannot be made."""
    its = declared(World(log_days=Unknown("down")), preview=preview)
    assert its.types == []
    assert its.result == Stands(unknown=NOT_SET.format(why="down"), refused=("down",))


def test_one_that_keeps_its_lines_so_long_already_is_told_nothing() -> None:
    world = World(log_days=30)
    its = declared(world).of("LogGroup")
    assert (its.importId, list(its.ignoreChanges), world.asked) == (GROUP, LEFT_ALONE, [GROUP])


@pytest.mark.parametrize("preview", [False, True])
def test_one_that_the_state_has_is_not_looked_up_and_changes_in_place(preview: bool) -> None:
    world = World(log_days=7, in_state=frozenset({GROUP}))
    its = declared(world, preview=preview).of("LogGroup")
    assert (its.importId, list(its.ignoreChanges), world.asked) == ("", LEFT_ALONE, [])


def test_it_stays_when_it_is_declared_no_more() -> None:
    assert declared().of("LogGroup").retainOnDelete


def test_it_waits_for_no_endpoint() -> None:
    assert declared().comes_after("LogGroup") == set()


def test_one_that_was_there_and_is_refused_keeps_its_record() -> None:
    assert declared(World(refuses="LogGroup"), recorded="7").result == Stands("7")
    assert declared(World(refuses="LogGroup")).result == Stands()
