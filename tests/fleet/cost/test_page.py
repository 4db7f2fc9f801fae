"""docs/cost.md names everything that is priced, summed and advised, with the prices that are shipped."""

import re
from pathlib import Path

from fleet.cost.advice import Verdict
from fleet.cost.estimate import PARTS
from fleet.cost.price_file import NEEDED, OPTIONAL, parse, shipped
from fleet.cost.prices import ITEMS, plain
from tests.fleet.cost.fleets import IRELAND, VIRGINIA

PAGE = (Path(__file__).parents[3] / "docs" / "cost.md").read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, list[str]]:
    """The table under a heading of its first cell: each name of that cell -> the other cells."""
    table = re.search(rf"^\| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in table[1].splitlines()]
    return {name: rest for first, *rest in cells for name in re.findall(r"`([\w-]+)`", first)}


def test_every_item_is_named_with_its_unit_and_a_shipped_price() -> None:
    found = rows("Item")
    assert found.keys() == ITEMS.keys()
    for item, (unit, said) in found.items():
        prices = {plain(row.usd) for row in shipped().rows if row.item == item and row.region in (VIRGINIA, "any")}
        assert unit == ITEMS[item].unit
        assert prices & set(re.findall(r"[0-9.]+", said)), item


def test_every_field_of_a_row_is_named() -> None:
    assert rows("Field").keys() == NEEDED.keys() | OPTIONAL.keys()


def test_every_part_and_every_verdict_is_named() -> None:
    assert set(PARTS) == rows("Part").keys()
    assert set(Verdict) == rows("Verdict").keys()


def test_the_rows_that_one_may_write_are_possible() -> None:
    (example,) = re.findall(r"^    prices:\n(?:      - .*\n)+", PAGE, re.MULTILINE)
    loaded = parse("\n".join(line[4:] for line in example.splitlines()))
    assert loaded.mistakes == ()
    assert [price.of for price in loaded.prices.instances(IRELAND)] == ["ml.m5.large"]
