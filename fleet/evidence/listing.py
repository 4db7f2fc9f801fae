"""The versions of a group, newest first, in print: text for a terminal, Markdown, an object for programs. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleet import markdown
from fleet.evidence.facts import Facts
from fleet.evidence.forms import SCHEMA, as_version, columns
from fleet.evidence.side_by_side import NOTHING, megabytes
from fleet.status import one_line


@dataclass(frozen=True)
class Listing:
    """Every version of a task's group that there is to show."""

    task: str
    versions: Sequence[Facts]
    serving: Mapping[str, int]  # the version that each variant serves; 0 for none
    metric: str = ""  # the gate's; "" where the task has none

    def served_by(self, facts: Facts) -> list[str]:
        return [variant for variant, version in self.serving.items() if version == facts.version]

    @property
    def newest_first(self) -> list[Facts]:
        return sorted(self.versions, key=lambda facts: facts.version, reverse=True)


@dataclass(frozen=True)
class _Column:
    head: str
    cell: Callable[[Facts, Listing], str]


_COLUMNS = (
    _Column("version", lambda facts, _: str(facts.version)),
    _Column("status", lambda facts, _: facts.status),
    _Column("approval", lambda facts, _: facts.approval),
    _Column("serves", lambda facts, listing: ", ".join(listing.served_by(facts))),
    _Column("", lambda facts, listing: facts.figures.get(listing.metric, "")),  # its head is the metric
    _Column("size", lambda facts, _: megabytes(facts.archive_bytes)),
    _Column("registered", lambda facts, _: facts.registered),
    _Column("decided", lambda facts, _: facts.by_whom),
)


def _table(listing: Listing) -> tuple[list[str], list[list[str]]]:
    """Heads and rows, without the metric's column where there is no gate."""
    shown = [column for column in _COLUMNS if column.head or listing.metric]
    rows = [[one_line(column.cell(facts, listing)) or NOTHING for column in shown] for facts in listing.newest_first]
    return [column.head or listing.metric for column in shown], rows


def text(listing: Listing) -> str:
    """A line a version."""
    heads, rows = _table(listing)
    return "\n".join(columns([heads, *rows]))


def as_markdown(listing: Listing) -> str:
    """A row a version."""
    heads, rows = _table(listing)
    escaped = [[markdown.escaped(cell) for cell in row] for row in rows]
    return "\n".join([f"### {markdown.escaped(listing.task)}", "", *markdown.table(heads, escaped)])


def as_object(listing: Listing) -> dict[str, Any]:
    """What `--json` prints; each version as in a comparison, with the variants that serve it."""
    found = [{**as_version(facts), "serves": listing.served_by(facts)} for facts in listing.newest_first]
    return {"schema": SCHEMA, "task": listing.task, "metric": listing.metric or None, "versions": found}
