"""Which revisions are declared: what the endpoint goes to is made, any other only kept, what is another's is left."""

import pytest

from fleet.aws.gateway import Presence
from fleet.resources import revisions
from fleet.resources.revisions import Declared
from tests.fleet.resources.declaring import Declarations, World, declaring
from tests.fleet.worlds import name, revision

SEVEN = name(7)
BOTH = ["Model", "EndpointConfiguration"]


def declared(world: World, *, is_target: bool = True, is_recorded: bool = False) -> Declarations:
    """Of version 7, which the endpoint goes to, and which the last run's record does not name."""
    return declaring(
        world, lambda site: revisions.declare(revision(7), site, is_target=is_target, is_recorded=is_recorded)
    )


def result(found: Declarations) -> Declared:
    assert isinstance(found.result, Declared)
    return found.result


def test_what_the_endpoint_goes_to_is_made() -> None:
    found = declared(World())
    assert [found.of(type_).importId for type_ in BOTH] == ["", ""]
    assert result(found).in_state


def test_a_configuration_is_deleted_before_its_model() -> None:
    assert declared(World()).comes_after("EndpointConfiguration") == {SEVEN}


def test_what_is_recorded_is_not_looked_up() -> None:
    world = World()
    assert declared(world, is_target=False, is_recorded=True).types == BOTH
    assert world.asked == []


def test_what_a_killed_run_made_is_taken_over() -> None:
    found = declared(World(Presence.OURS, Presence.OURS))
    assert [found.of(type_).importId for type_ in BOTH] == [SEVEN, SEVEN]


def test_what_a_killed_run_made_half_of_is_made_whole() -> None:
    found = declared(World(model=Presence.OURS))
    assert [found.of(type_).importId for type_ in BOTH] == [SEVEN, ""]


@pytest.mark.parametrize("world", [World(model=Presence.FOREIGN), World(config=Presence.FOREIGN)], ids=BOTH)
def test_what_is_somebody_elses_is_not_touched(world: World) -> None:
    found = declared(world)
    assert found.types == []
    assert result(found).obstacle.startswith(
        f"a model or endpoint configuration {SEVEN} exists and is not this stack's"
    )


def test_what_is_somebody_elses_keeps_the_endpoint_from_nothing_that_does_not_go_there() -> None:
    assert result(declared(World(model=Presence.FOREIGN), is_target=False)) == Declared(SEVEN, missing=True)


def test_what_the_endpoint_does_not_go_to_is_not_made() -> None:
    found = declared(World(), is_target=False)
    assert found.types == []
    assert result(found).missing


def test_what_the_endpoint_does_not_go_to_and_is_there_stays() -> None:
    found = declared(World(Presence.OURS, Presence.OURS), is_target=False)
    assert [found.of(type_).importId for type_ in BOTH] == [SEVEN, SEVEN]


def test_half_of_what_the_endpoint_does_not_go_to_stays_and_is_missing() -> None:
    found = declared(World(model=Presence.OURS), is_target=False)
    assert (found.types, result(found).missing) == (["Model"], True)


def test_what_could_not_be_found_out_is_read_where_it_is_not_to_be_made() -> None:
    """Reading what is not there fails, and makes nothing."""
    found = declared(World(Presence.UNKNOWN, Presence.UNKNOWN), is_target=False)
    assert [found.of(type_).importId for type_ in BOTH] == [SEVEN, SEVEN]


def test_what_could_not_be_found_out_is_made_where_the_endpoint_goes_to_it() -> None:
    """AWS refuses to make what is there, and that is told."""
    found = declared(World(Presence.UNKNOWN, Presence.UNKNOWN))
    assert [found.of(type_).importId for type_ in BOTH] == ["", ""]


def test_a_model_that_is_refused_keeps_the_endpoint_where_it_is() -> None:
    found = declared(World(refuses="Model"))
    assert found.types == ["Model"]
    assert result(found).obstacle.endswith("could not be made; the log of the run says why")


def test_a_configuration_that_is_refused_keeps_the_endpoint_where_it_is() -> None:
    found = result(declared(World(refuses="EndpointConfiguration")))
    assert (found.config, found.in_state, bool(found.obstacle)) == (None, False, True)


def test_a_configuration_whose_model_cannot_be_read_stays_declared() -> None:
    """What is not declared, the engine deletes."""
    found = declared(World(Presence.OURS, Presence.OURS, refuses="Model"), is_target=False)
    assert found.types == BOTH
    assert found.comes_after("EndpointConfiguration") == set()
