"""With which options the endpoint is declared: they are what keeps the engine from deleting or moving what serves."""

from collections.abc import Sequence

import pulumi
import pytest
from google.protobuf import json_format

from fleet.resources import endpoint as endpoints
from fleet.resources import revisions
from fleet.resources.endpoint import DeclaredEndpoint
from fleet.resources.site import Site
from fleet.rollout import Kind, Plan, Pointer
from tests.fleet.resources.declaring import Declarations, World, declaring
from tests.fleet.worlds import ENDPOINT, name, revision

TYPE = "Endpoint"
TO_EIGHT = Plan(Kind.RUN, (revision(7), revision(8)), revision(8), target=name(8), generation=3)
THEIRS = Plan(Kind.REFUSE, (revision(7),), target=name(7))
MOVES = Pointer(name(8))
AS_IT_IS = Pointer(name(7), as_it_is=True)


def declared(
    plan: Plan = TO_EIGHT,
    pointer: Pointer = MOVES,
    *,
    is_read: bool = False,
    refuses: str = "",
    configs: Sequence[int] = (),
) -> Declarations:
    """By default, the endpoint moves from version 7 to 8."""

    async def declare(site: Site) -> DeclaredEndpoint:
        made = [await revisions.declare(revision(each), site, is_target=True, is_recorded=True) for each in configs]
        resources: list[pulumi.Resource] = [each.config for each in made if each.config]
        return await endpoints.declare("logical", ENDPOINT, plan, pointer, site, resources, is_read=is_read)

    return declaring(World(refuses=refuses), declare)


def test_it_goes_to_the_configuration_that_the_plan_says() -> None:
    assert declared().inputs(TYPE)["endpointConfigName"] == name(8)


def test_it_is_deleted_before_its_configurations() -> None:
    assert declared(configs=[7, 8]).comes_after(TYPE) == {name(7), name(8)}


def test_it_is_deleted_before_another_of_its_name_is_made() -> None:
    assert declared().of(TYPE).deleteBeforeReplace


def test_a_raised_generation_makes_it_again() -> None:
    assert json_format.MessageToDict(declared().of(TYPE).replacement_trigger) == 3


def test_nothing_is_ignored_of_one_that_moves() -> None:
    assert list(declared().of(TYPE).ignoreChanges) == []


def test_one_that_serves_what_it_is_to_serve_is_not_sent_there_again() -> None:
    serves = Pointer(name(8), serves_it=True)
    assert list(declared(pointer=serves).of(TYPE).ignoreChanges) == ["endpointConfigName"]


def test_one_that_is_to_stay_as_it_is_keeps_its_tags_too() -> None:
    assert list(declared(pointer=AS_IT_IS).of(TYPE).ignoreChanges) == ["endpointConfigName", "tags", "tagsAll"]


@pytest.mark.parametrize(("is_read", "id_"), [(False, ""), (True, ENDPOINT)], ids=["makes it", "killed"])
def test_what_aws_may_have_is_read_and_not_made(is_read: bool, id_: str) -> None:
    assert declared(is_read=is_read).of(TYPE).importId == id_


def test_what_is_somebody_elses_is_not_taken_over() -> None:
    assert declared(THEIRS, AS_IT_IS, is_read=True).of(TYPE).importId == ""


def test_what_is_somebody_elses_is_never_deleted() -> None:
    assert declared(THEIRS, AS_IT_IS).of(TYPE).retainOnDelete


def test_our_own_is_deleted_where_it_is_declared_no_more() -> None:
    assert not declared().of(TYPE).retainOnDelete


def test_a_step_that_fails_raises_nothing() -> None:
    assert declared(refuses=TYPE).result == DeclaredEndpoint()
