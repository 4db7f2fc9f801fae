"""YAML as the engine reads it, for its own files: `010` is 8 to it, `yes` is text, and `2027-01-31` a time.

The engine reads with yaml.v3 of Go, which is neither YAML 1.1, as PyYAML reads it, nor quite YAML 1.2. The rules here
are those of its resolve.go (gopkg.in/yaml.v3 3.0.1, in pulumi 3.259.0).
"""

import json
import math
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import yaml
from yaml.error import MarkedYAMLError

from fleet.characters import unseen

DEEPEST = 100  # levels; nothing that people write comes near
MOST = 100_000  # values, those that aliases repeat counted each time

_PLAIN = "plain"  # the tag of what is written without quotes and without a tag
_MERGE = "<<"
_STRING = "tag:yaml.org,2002:str"
_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WHOLE = re.compile(
    r"(?P<sign>[-+]?)(0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<two>[01]+)|0[oO]?(?P<eight>[0-7]+)|(?P<ten>\d+))"
)
_LEAST_WITH_EXPONENT = 1e21  # in JSON, as Go writes it
_BASES = {"hex": 16, "two": 2, "eight": 8, "ten": 10}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_TIME = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt]\d{1,2}:\d{1,2}:\d{1,2}\S*| \d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?)")


class Oddity(NamedTuple):
    """What is read as something else than whoever wrote it sees."""

    path: tuple[str, ...]  # the names that lead to it
    line: int
    text: str


def load(text: str) -> tuple[Any, list[Oddity]]:
    """What the text holds: None, bool, int, float, str, list and dict. Raises yaml.YAMLError with the place.

    A whole float is an int here: the engine passes both on as JSON, where they are the same.
    """
    reading = _Reading(text := text.removeprefix("\ufeff"))
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else reading.value(node, ()), reading.oddities
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """Composes nodes; which of them are numbers, the engine's rules say."""

    depth = 0

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            return _PLAIN if implicit[0] else _STRING
        return "mapping" if kind is yaml.MappingNode else "sequence"

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > DEEPEST and self.check_event():
            raise _error(f"is nested deeper than {DEEPEST} levels", self.current_event.start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _Reading:
    """One file's values; it counts them, because an alias can repeat what repeats others."""

    def __init__(self, text: str) -> None:
        self.count, self.open, self.unseen = 0, set[int](), list(unseen(text))
        self.oddities: list[Oddity] = []

    def value(self, node: yaml.Node, path: tuple[str, ...]) -> Any:
        self.count += 1
        if self.count > MOST or id(node) in self.open:
            raise _error("aliases repeat too much, or one contains itself", node.start_mark)
        self.open.add(id(node))
        try:
            match node:
                case yaml.MappingNode():
                    return self._mapping(node, path)
                case yaml.SequenceNode():
                    return [self.value(item, path) for item in node.value]
                case yaml.ScalarNode(tag=tag) if tag in (_PLAIN, _STRING):
                    value = _plain(node.value, node) if tag == _PLAIN else node.value
                    self._note(node, value, path)
                    return value
            raise _error(f"the tag {node.tag} is not read here", node.start_mark)
        finally:
            self.open.discard(id(node))

    def _note(self, node: yaml.ScalarNode, value: Any, path: tuple[str, ...]) -> None:
        line = node.start_mark.line + 1
        told = as_text(value)
        if not isinstance(value, bool | None) and told != node.value:
            otherwise = "" if isinstance(value, str) else f", or write {told}"
            text = f"{node.value} is {told} to the engine; put it in quotes{otherwise}"
            self.oddities.append(Oddity(path, line, text))
        for one in self.unseen:
            if node.start_mark.index <= one.at < node.end_mark.index:
                self.oddities.append(Oddity(path, one.line, f"{one.told()}; take it out"))

    def _mapping(self, node: yaml.MappingNode, path: tuple[str, ...]) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _PLAIN and key_node.value == _MERGE:
                for part in self._merged(value_node, path):
                    merged = part | merged
                continue
            key = self.value(key_node, (*path, getattr(key_node, "value", "")))
            if not isinstance(key, str | int | float):
                raise _error("a key must be text; put it in quotes", key_node.start_mark)
            key = as_text(key)
            if key in own:
                raise _error(f"{key} is given twice", key_node.start_mark)
            own[key] = self.value(value_node, (*path, key))
        return merged | own

    def _merged(self, node: yaml.Node, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        for part in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(part, yaml.MappingNode):
                raise _error("<< takes mappings", part.start_mark)
            yield self.value(part, path)


def _plain(text: str, node: yaml.Node) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _NO_NUMBER.fullmatch(text) or _TIME.fullmatch(text):
        raise _error(f"{text} is no text to the engine; put it in quotes", node.start_mark)
    if (day := _DAY.fullmatch(text)) and (told := _told(*map(int, day.groups()))):
        return told
    if text[0] not in "0123456789+-.":
        return text
    digits = text if text[0] == "." else text.replace("_", "")
    if (whole := _WHOLE.fullmatch(digits)) and (number := _whole(whole)) is not None:
        return number
    if _FLOAT.fullmatch(digits) and math.isfinite(real := float(digits)):
        return int(Decimal(repr(real))) if real.is_integer() and abs(real) < _LEAST_WITH_EXPONENT else real
    return text


def _whole(match: re.Match[str]) -> int | None:
    """The number, where it has at most 64 bits; a larger one is a float to the engine."""
    base = next(name for name in _BASES if match[name])
    digits = match[base]
    if len(digits) > 64:
        return None
    number = -int(digits, _BASES[base]) if match["sign"] == "-" else int(digits, _BASES[base])
    return number if -(2**63) <= number < (2**63 if match["sign"] else 2**64) else None


def _told(year: int, month: int, day: int) -> str:
    """A day as Go prints it; "" where there is none, which is text."""
    try:
        return f"{date(year, month, day)} 00:00:00 +0000 UTC"
    except ValueError:
        return ""


def _error(problem: str, mark: yaml.Mark | None) -> MarkedYAMLError:
    return MarkedYAMLError(None, None, problem, mark)


def as_text(value: Any) -> str:
    """What a program is given of a value: text as it is, everything else as JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case float():
            shortest = repr(value)
            return (
                shortest.replace("e-0", "e-")
                if "e" in shortest and not 1e-6 <= abs(value) < 1
                else f"{Decimal(shortest):f}"
            )
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
