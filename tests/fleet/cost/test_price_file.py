"""A file of prices: what is wrong with a row is one sentence with its line, and the other rows are used."""

from pathlib import Path

import pytest

from fleet.cost.price_file import NAME, Loaded, difference, lying, own, parse, shipped, text_of
from fleet.cost.prices import ALARM, COMPUTE, Prices
from tests.fleet.cost.fleets import IRELAND, VIRGINIA

GOOD = "item: serverless-compute, region: eu-west-1, value: 0.000022, as_of: 2026-11-01, source: our contract"
OTHER = "  - {item: alarm-metric, region: eu-west-1, value: 0.1, as_of: 2026-11-01, source: AWS}\n"


def file(row: str) -> str:
    return f"prices:\n  - {{{row}}}\n{OTHER}"


def test_a_row_needs_what_it_prices_the_region_the_value_the_source_and_the_day() -> None:
    loaded = parse(file(GOOD))
    price = loaded.prices.find(COMPUTE, IRELAND)
    assert loaded.mistakes == ()
    assert price and (price.usd, price.source, str(price.as_of)) == (0.000022, "our contract", "2026-11-01")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (", currency: EUR", 'currency "EUR" is not USD, the only one that is summed; convert it'),
        ("value: -0.000022", "-2.2e-05 USD is no price"),
        ("value: .inf", "Infinity USD is no price"),
        ("value: 22", "22 USD a GB-second is absurd; about 0.00002 is usual, so look at the unit again"),
        ("value: 0", "0 USD a GB-second is absurd; about 0.00002 is usual, so look at the unit again"),
        ("value: 0.00000000022", "0.00000000022 USD a GB-second is absurd; about 0.00002 is usual, so look at the un"),
        ('value: "0.000022"', "value: must be a number, without quotes"),
        ("value: 2.2e-5x", "value: must be a number, without quotes"),
        ("value: 22e-6", "22e-6 is text to YAML 1.1 and 2.2e-05 to YAML 1.2"),
        ("value: true", "value: must be a number, without quotes"),
        (f"value: {'9' * 400}", "value: must be a number, without quotes"),
        (", unit: second", 'unit "second" is not possible; it is priced by the GB-second'),
        ("as_of: yesterday", "as_of: must be a day, for example 2027-01-31, without quotes"),
        ("as_of: 2026-11-01 10:00:00", "as_of: must be a day, for example 2027-01-31, without quotes"),
        (", free: -1", "free: -1 is not possible"),
        (", curency: EUR", "curency: unknown; did you mean currency?"),
        (", colour: red", "colour: unknown; use item, region, value,"),
        ("source: ''", "source: must be text; put it in quotes"),
    ],
)
def test_a_mistake_in_a_row_is_one_sentence_and_only_that_row_is_not_used(change: str, says: str) -> None:
    key = change.partition(":")[0]
    rest = [part for part in GOOD.split(", ") if part.partition(":")[0] != key]
    loaded = parse(file(", ".join([*rest, change.removeprefix(", ")])))
    (mistake,) = loaded.mistakes
    assert mistake.startswith(f"prices.yaml:2: serverless-compute in eu-west-1: {says}")
    assert mistake.endswith("; this row is not used")
    assert [row.item for row in loaded.prices.rows] == [ALARM]


@pytest.mark.parametrize("key", ["item", "region", "value", "as_of", "source"])
def test_what_a_row_lacks_is_said(key: str) -> None:
    loaded = parse(file(", ".join(part for part in GOOD.split(", ") if not part.startswith(f"{key}:"))))
    (mistake,) = loaded.mistakes
    assert f": {key} is missing; this row is not used" in mistake


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (GOOD.replace("serverless-compute", "cpu"), 'item "cpu" is not possible; use serverless-compute, prov'),
        (GOOD.replace("serverless-compute", "instance").replace("0.000022", "1"), "of must name an instance type"),
        (f"{GOOD}, of: ml.m5.large", "takes no `of`: there is one a Region"),
    ],
)
def test_what_is_priced_has_to_be_one_of_a_few_things(row: str, says: str) -> None:
    (mistake,) = parse(file(row)).mistakes
    assert says in mistake


def test_a_price_that_is_given_twice_is_said_and_the_first_counts() -> None:
    loaded = parse(f"prices:\n  - {{{GOOD}}}\n  - {{{GOOD.replace('0.000022', '0.00003')}}}\n")
    assert loaded.mistakes == ("prices.yaml:3: serverless-compute in eu-west-1: is given twice; this row is not used",)
    assert [row.usd for row in loaded.prices.rows] == [0.000022]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "prices.yaml: needs `prices:` with a list of rows; nothing of it is used"),
        ("prices: {}", "prices.yaml: needs `prices:` with a list of rows; nothing of it is used"),
        ("- a", "prices.yaml: needs `prices:` with a list of rows; nothing of it is used"),
        ("prices: [", "prices.yaml:1: is not plain YAML: "),
        ("prices:\n  - {a: &b 1, c: *b}", "prices.yaml:2: is not plain YAML: aliases are not read; use defaults"),
        ("prices: \ufffe", "prices.yaml: is not plain YAML: special characters are not allowed"),
        ("prices: [5]", "prices.yaml:1: a row: must be a mapping; this row is not used"),
        ("prices: []\nas_of: 2026-01-01", "prices.yaml:2: as_of: unknown; a price file has `prices:` alone"),
        ("prices: []\nprices: []", "prices.yaml:2: prices: is given twice, first in line 1"),
    ],
)
def test_a_file_that_is_none_is_one_sentence_and_nothing_of_it_is_used(text: str, says: str) -> None:
    loaded = parse(text)
    (mistake,) = loaded.mistakes
    assert mistake.startswith(says)
    assert loaded.prices == Prices()


def test_without_a_file_the_shipped_prices_are_gone_by(tmp_path: Path) -> None:
    assert lying(tmp_path).prices == shipped()
    assert own(tmp_path) == Loaded(Prices())


def test_a_file_beside_the_task_list_wins_over_what_is_shipped(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(file(GOOD.replace("eu-west-1", VIRGINIA).replace("0.000022", "0.00003")))
    loaded = lying(tmp_path)
    found = loaded.prices.find(COMPUTE, VIRGINIA)
    assert found and found.usd == 0.00003
    assert loaded.prices.instances(VIRGINIA)
    assert own(tmp_path).prices.instances(VIRGINIA) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"prices: [", "prod/prices.yaml:"), (b"\xff", "prod/prices.yaml: cannot be read: it is not UTF-8 text")],
)
def test_a_file_that_cannot_be_used_leaves_the_shipped_prices(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / NAME).write_bytes(content)
    loaded = lying(tmp_path, "prod/prices.yaml")
    (mistake,) = loaded.mistakes
    assert mistake.startswith(says)
    assert loaded.prices.find(COMPUTE, VIRGINIA) == shipped().find(COMPUTE, VIRGINIA)


def test_a_file_that_is_a_folder_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    assert lying(tmp_path).mistakes == ("prices.yaml: cannot be read: Is a directory; nothing of it is used",)


def test_what_is_written_is_read_back_as_it_was() -> None:
    assert parse(text_of(shipped().rows)).prices == shipped()


def test_the_order_of_the_rows_changes_nothing_of_what_is_written() -> None:
    assert text_of(reversed(shipped().rows)) == text_of(shipped().rows)


def test_a_refresh_is_shown_as_the_lines_that_change() -> None:
    before = text_of(shipped().rows)
    after = before.replace("value: 0.00002,", "value: 0.00003,", 1)
    assert [line[:1] for line in difference(before, after).splitlines()][-2:] == ["-", "+"]
    assert difference(before, before) == ""
