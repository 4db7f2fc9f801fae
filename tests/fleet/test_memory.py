"""What a run writes for the next one: what stands beside an endpoint, in the form of every release."""

import pytest

from fleet import contract, wire
from fleet.address import Address, record, recorded
from fleet.memory import SCALING, Outcome

OLD, NEW = "/old/spam", "/new/spam"


@pytest.mark.parametrize(
    ("run", "beside"),
    [
        ({}, {}),
        ({"scaling": "1..5"}, {"scaling": "1..5"}),
        ({"parameter": OLD}, {"parameter": OLD}),
        ({"parameter": NEW, "parameters": [OLD, NEW]}, {"parameter": f"{NEW} {OLD} {NEW}"}),
    ],
    ids=["nothing", "an autoscaler", "a parameter", "a parameter whose address changes"],
)
def test_what_stands_beside_an_endpoint_is_read_as_0_3_wrote_it(run: dict[str, object], beside: dict[str, str]) -> None:
    assert contract.outcome({"endpoint": "spam", **run}).beside == beside


def test_what_this_release_writes_is_read_as_it_was() -> None:
    written = Outcome("spam", beside={"scaling": "1..5", "parameter": OLD})
    assert contract.outcome(wire.pack(written)) == written


@pytest.mark.parametrize("address", [Address(), Address(OLD), Address(NEW, (OLD, NEW))])
def test_an_address_is_recorded_and_read_back(address: Address) -> None:
    assert recorded(record(address, Outcome(beside={"scaling": "1..5"}))) == address


def test_what_is_recorded_of_one_thing_leaves_the_others() -> None:
    both = Outcome(beside={"scaling": "1..5", "parameter": OLD})
    assert both.beside_with(SCALING, "").beside == {"parameter": OLD}
    assert both.beside_with(SCALING, "2..4").beside == {"scaling": "2..4", "parameter": OLD}


# Where what serves comes from


def test_what_begins_to_serve_has_come_from_there() -> None:
    assert Outcome(version=8).came(8, "version 7 -> version 8").provenance == {"8": "version 7 -> version 8"}


def test_what_was_rolled_back_leaves_what_serves_with_its_own() -> None:
    serves_7 = Outcome(version=7, provenance={"7": "version 6 -> version 7"})
    assert serves_7.came(8, "version 7 -> version 8") == serves_7


def test_a_run_in_which_nothing_moves_keeps_it() -> None:
    serves_7 = Outcome(version=7, provenance={"7": "version 6 -> version 7"})
    assert serves_7.came(0, "") == serves_7


def test_nobody_is_told_where_another_version_came_from() -> None:
    assert Outcome(version=8, provenance={"7": "version 6 -> version 7"}).came(0, "").provenance == {}
