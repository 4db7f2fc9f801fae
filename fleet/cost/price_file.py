"""Read a file of prices, or say what is wrong with each row: one that cannot be used leaves the others as they are.

Shipped is fleet/cost/prices.yaml; a prices.yaml beside the task list wins over it, row by row. `fleet prices --refresh`
writes that one.
"""

import difflib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from yaml.error import MarkedYAMLError

from fleet.characters import escaped
from fleet.cost.prices import ITEMS, SLIP, Price, Prices, plain
from fleet.tasks.document import Document, read
from fleet.tasks.values import shown

NAME = "prices.yaml"
USD = "USD"
MOST = 10**15  # a whole number beyond it is not priced anywhere, and Python may make no float of it
HEAD = "# What things cost, in USD: docs/cost.md.\n"
NEEDED = {"item": str, "region": str, "value": float, "source": str, "as_of": date}
OPTIONAL = {"of": str, "unit": str, "currency": str, "free": float, "memory_gb": float, "sku": str, "effective": date}
SAYS: Mapping[type, str] = {
    str: "must be text; put it in quotes",
    float: "must be a number, without quotes",
    date: "must be a day, for example 2027-01-31, without quotes",
}


@dataclass(frozen=True)
class Loaded:
    """The rows that can be used, and a sentence for each that cannot."""

    prices: Prices
    mistakes: tuple[str, ...] = ()


class _Mistake(ValueError):
    """What is wrong with a row, and where in it."""

    def __init__(self, text: str, *place: str) -> None:
        super().__init__(text)
        self.place = place


@cache
def shipped() -> Prices:
    """The prices that come with the program."""
    loaded = parse(files("fleet.cost").joinpath(NAME).read_text(encoding="utf-8"))
    if loaded.mistakes:
        raise ValueError("\n".join(loaded.mistakes))
    return loaded.prices


def lying(folder: Path, name: str = NAME) -> Loaded:
    """The prices to go by where the task list lies in this folder; `name` is how messages call the file beside it."""
    loaded = own(folder, name)
    return Loaded(loaded.prices.over(shipped()), loaded.mistakes)


def own(folder: Path, name: str = NAME) -> Loaded:
    """Those of the file in this folder alone. One that cannot be read is a mistake; where there is none, nothing."""
    try:
        text = (folder / NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return Loaded(Prices())
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        return Loaded(Prices(), (f"{name}: cannot be read: {why}; nothing of it is used",))
    return parse(text, name)


def parse(text: str, name: str = NAME) -> Loaded:
    """The rows of a file that holds `text`; `name` is how messages call it."""
    try:
        document = read(text)
    except yaml.YAMLError as error:
        at = f":{error.problem_mark.line + 1}" if isinstance(error, MarkedYAMLError) and error.problem_mark else ""
        why = getattr(error, "problem", None) or getattr(error, "reason", error)
        return Loaded(Prices(), (escaped(f"{name}{at}: is not plain YAML: {why}; nothing of it is used"),))
    rows = document.root.get("prices") if isinstance(document.root, dict) else None
    if not isinstance(rows, list):
        return Loaded(Prices(), (f"{name}: needs `prices:` with a list of rows; nothing of it is used",))
    found: list[Price] = []
    mistakes = [*_of_the_file(document, name)]
    for number, row in enumerate(rows):
        try:
            found.append(_price(row, {price.key for price in found}, document, number))
        except _Mistake as mistake:
            line, _ = document.mistake(("prices", number, *mistake.place), "")
            mistakes.append(escaped(f"{name}:{line}: {_called(row)}: {mistake}; this row is not used"))
    return Loaded(Prices(tuple(found)), tuple(mistakes))


def _of_the_file(document: Document, name: str) -> Iterator[str]:
    for line, text in document.mistakes:
        yield escaped(f"{name}:{line}: {text}")
    assert isinstance(document.root, dict)
    for key in document.root.keys() - {"prices"}:
        yield escaped(f"{name}:{document.entries[(key,)].line}: {key}: unknown; a price file has `prices:` alone")


def _called(row: object) -> str:
    """`instance ml.m5.large in eu-west-1`: a row as messages call it, as far as it says that."""
    if not isinstance(row, dict):
        return "a row"
    which = " ".join(row[key] for key in ("item", "of") if isinstance(row.get(key), str))
    region = row.get("region")
    return f"{which or 'a row'} in {region}" if isinstance(region, str) else which or "a row"


def _price(row: object, taken: set[tuple[str, str, str]], document: Document, number: int) -> Price:
    """Raises _Mistake with the first thing that is wrong."""
    if not isinstance(row, dict):
        raise _Mistake("must be a mapping")
    for place, told in document.doubts.items():
        if place[:2] == ("prices", number):
            raise _Mistake(told, str(place[-1]))
    _check_shape(row)
    item = ITEMS[row["item"]]
    value = float(row["value"])
    _check_value(value, row)
    if row.get("unit", item.unit) != item.unit:
        raise _Mistake(f"unit {shown(row['unit'])} is not possible; it is priced by the {item.unit}", "unit")
    if bool(row.get("of")) != bool(item.of):
        raise _Mistake(f"of must name {item.of}" if item.of else "takes no `of`: there is one a Region", "of")
    said: dict[str, Any] = {key: row[key] for key in ("of", "sku", "effective") if key in row}
    said |= {key: _amount(row, key) for key in ("free", "memory_gb") if key in row}
    price = Price(row["item"], row["region"], value, row["as_of"], row["source"], **said)
    if price.key in taken:
        raise _Mistake("is given twice")
    return price


def _check_shape(row: Mapping[str, Any]) -> None:
    known = NEEDED | OPTIONAL
    for key, value in row.items():
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            raise _Mistake(f"{key}: unknown; " + (f"did you mean {close[0]}?" if close else f"use {', '.join(known)}"))
        if not _is(value, known[key]):
            raise _Mistake(f"{key}: {SAYS[known[key]]}", key)
    for key in NEEDED:
        if key not in row:
            raise _Mistake(f"{key} is missing")
    if row["item"] not in ITEMS:
        raise _Mistake(f"item {shown(row['item'])} is not possible; use {', '.join(ITEMS)}", "item")
    if (currency := row.get("currency", USD)) != USD:
        raise _Mistake(f"currency {shown(currency)} is not USD, the only one that is summed; convert it", "currency")


def _is(value: object, kind: type) -> bool:
    if kind is float:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and abs(value) <= MOST if isinstance(value, int) else is_number
    return type(value) is kind and value != ""


def _check_value(value: float, row: Mapping[str, Any]) -> None:
    item = ITEMS[row["item"]]
    if not math.isfinite(value) or value < 0:
        raise _Mistake(f"{shown(row['value'])} USD is no price", "value")
    if not item.about / SLIP <= value <= item.about * SLIP:
        said = f"{plain(value)} USD a {item.unit} is absurd; about {plain(item.about)} is usual"
        raise _Mistake(f"{said}, so look at the unit again", "value")


def _amount(row: Mapping[str, Any], key: str) -> float:
    value = float(row[key])
    if not math.isfinite(value) or value < 0:
        raise _Mistake(f"{key}: {shown(row[key])} is not possible", key)
    return value


def text_of(prices: Iterable[Price]) -> str:
    """The file that holds these prices, in an order of its own: the same prices give the same text."""
    return HEAD + "prices:\n" + "".join(f"  - {_row(price)}\n" for price in sorted(prices, key=_order))


def _order(price: Price) -> tuple[int, str, str]:
    return list(ITEMS).index(price.item), price.of, price.region


def _row(price: Price) -> str:
    said: dict[str, str] = {"item": price.item, "of": _quoted(price.of), "region": price.region}
    said |= {"value": plain(price.usd), "unit": _quoted(price.unit)}
    said |= {"free": plain(price.free), "memory_gb": plain(price.memory_gb), "sku": _quoted(price.sku)}
    said |= {"effective": str(price.effective or ""), "as_of": str(price.as_of), "source": _quoted(price.source)}
    return "{" + ", ".join(f"{key}: {text}" for key, text in said.items() if text not in ("", "0", '""')) + "}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text else ""


def difference(before: str, after: str) -> str:
    """What a refresh changes, line by line, as a person reads it; "" where nothing."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), NAME, f"{NAME}, refreshed", n=0, lineterm="")
    return "\n".join(lines)
