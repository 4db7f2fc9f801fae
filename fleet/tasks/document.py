"""The task list as it was written: plain values, what stands where, and what is wrong with the writing itself.

What the values mean, and which of them may hold what, is fleet/tasks/model.py.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import yaml
from yaml.error import MarkedYAMLError

from fleet.characters import Unseen, unseen
from fleet.scalars import doubt

DEEPEST = 100  # levels; nothing that people write comes near, and Python ends at a thousand

Place = tuple[str | int, ...]  # where something stands in the file: ("tasks", "toxicity", "memory_mb")


class Mistake(NamedTuple):
    line: int  # 0: the whole file
    text: str


class Entry(NamedTuple):
    line: int
    value: object


class Span(NamedTuple):
    """A name or a value, from an index of the text to before another."""

    start: int
    end: int
    place: Place  # of a name, that of what it names
    is_name: bool


class Document(NamedTuple):
    """The file."""

    root: object
    entries: dict[Place, Entry]
    mistakes: list[Mistake]
    doubts: dict[Place, str]  # values that not everybody reads alike, and what to write in their place
    unseen: list[tuple[Unseen, Span | None]]  # characters that nobody sees; no span: between names and values

    def mistake(self, place: Place, text: str) -> Mistake:
        """What is wrong with a place, on its line or, where it was not written, on that of what it is missing from."""
        written = next((place[:end] for end in range(len(place), 0, -1) if place[:end] in self.entries), ())
        return Mistake(self.entries[written].line if written else 0, f"{dotted(place)}: {text}")


def dotted(place: Place) -> str:
    """`toxicity.smoke_test.cases[0].expect`: a place as people say it, without the `tasks` that they all stand in."""
    steps = place[1:] if place[0] == "tasks" and len(place) > 1 else place
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def read(text: str) -> Document:
    """Raises yaml.YAMLError where it is no YAML, or not of the plain kind that is read here."""
    reader = _Reader(text)
    try:
        node = reader.get_single_node()
        root = None if node is None else reader.plain(node, ())
    finally:
        reader.dispose()
    found = list(_placed(text, reader.spans))
    return Document(root, reader.entries, reader.mistakes, reader.doubts, found)


def unseen_outside_comments(text: str) -> list[Unseen]:
    """Of a text that is no YAML, so that nobody knows what stands where: such a character is often why."""
    return [one for one in unseen(text) if one.is_deceptive or not any(_hashes(text, one.at))]


class _Reader(yaml.SafeLoader):
    """SafeLoader keeps the last of two equal keys, in silence, and forgets the lines."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text, self.depth = text, 0
        self.entries: dict[Place, Entry] = {}
        self.mistakes: list[Mistake] = []
        self.doubts: dict[Place, str] = {}
        self.spans: list[Span] = []  # in the order of the text

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            # An alias can contain itself, and a mistake in it would stand on two lines.
            raise MarkedYAMLError(None, None, "aliases are not read; use defaults", self.current_event.start_mark)
        if self.depth == DEEPEST:
            said = f"is nested deeper than {DEEPEST} levels"
            raise MarkedYAMLError(None, None, said, self.current_event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def plain(self, node: yaml.Node, place: Place) -> Any:
        match node:
            case yaml.MappingNode(tag="tag:yaml.org,2002:map"):
                return {key: value for key, value in self._items(node, place)}
            case yaml.SequenceNode(tag="tag:yaml.org,2002:seq"):
                return [self._noted(item, item, (*place, index)) for index, item in enumerate(node.value)]
        try:
            return self.construct_object(node, deep=True)
        except ValueError:  # reads as a date or a number, and is none: 2027-02-31
            return node.value

    def _items(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, object]]:
        for key_node, value_node in node.value:
            written = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"  # YAML's own sign for such a key
            key = self.plain(key_node, ())
            line = key_node.start_mark.line + 1
            self._span(key_node, (*place, written), is_name=True)
            if not isinstance(key, str) or self._doubt(key_node, key):
                self.mistakes.append(
                    Mistake(line, f"{dotted((*place, written))}: must be text; put the name in quotes")
                )
            elif (*place, key) in self.entries:
                first = self.entries[(*place, key)].line
                self.mistakes.append(Mistake(line, f"{dotted((*place, key))}: is given twice, first in line {first}"))
            else:
                yield key, self._noted(key_node, value_node, (*place, key))

    def _noted(self, start: yaml.Node, node: yaml.Node, place: Place) -> object:
        value = self.plain(node, place)
        self.entries[place] = Entry(start.start_mark.line + 1, value)
        self._span(node, place)
        if told := self._doubt(node, value):
            self.doubts[place] = told
        return value

    def _span(self, node: yaml.Node, place: Place, *, is_name: bool = False) -> None:
        if isinstance(node, yaml.ScalarNode):
            self.spans.append(Span(node.start_mark.index, node.end_mark.index, place, is_name))

    def _doubt(self, node: yaml.Node, value: object) -> str:
        is_plain = isinstance(node, yaml.ScalarNode) and node.style is None
        is_tagged = self.text[node.start_mark.index : node.start_mark.index + 1] == "!"  # it says what it is
        return doubt(node.value, value) if is_plain and not is_tagged else ""


def _placed(text: str, spans: Sequence[Span]) -> Iterator[tuple[Unseen, Span | None]]:
    """Every character that nobody sees, with what it stands in. A comment may hold what deceives nobody."""
    starts = [span.start for span in spans]

    def around(index: int) -> Span | None:
        span = spans[at - 1] if (at := bisect_right(starts, index)) else None
        return span if span and index < span.end else None

    for one in unseen(text):
        span = around(one.at)
        is_comment = span is None and any(around(hash_) is None for hash_ in _hashes(text, one.at))
        if one.is_deceptive or not is_comment:
            yield one, span


def _hashes(text: str, index: int) -> Iterator[int]:
    """Where in the line, before that index, a comment may begin."""
    line = text.rfind("\n", 0, index) + 1
    return (line + found.start() for found in re.finditer(r"(?<![^ \t])#", text[line:index]))
