"""Two versions side by side in print: text for a terminal, Markdown for a pull request, an object for programs.

Pure.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fleet import markdown
from fleet.evidence.facts import Facts
from fleet.evidence.side_by_side import NOTHING, Row, SideBySide, described, notes
from fleet.status import one_line

SCHEMA = 1  # the version of the object's shape
NO_DIFFERENCE = "no parameter differs"
LONGEST_CELL = 44  # characters, beside another


def text(both: SideBySide, task: str) -> str:
    """Columns as wide as what stands in them; a line for each thing."""
    lines = [_title(both, task)]
    for heading, rows in _sections(both):
        short = [row for row in rows if not _is_long(row)]
        lines += ["", *columns([(heading, *_heads(both)), *map(_cells, short)])] if short else []
        lines += [line for row in rows if _is_long(row) for line in ("", *_beneath(row, both))]
    if not both.parameters and (both.before.origin.parameters or both.after.origin.parameters):
        lines += ["", NO_DIFFERENCE]
    return "\n".join((*lines, *_noted(both.notes)))


def alone(facts: Facts, heading: str) -> str:
    """One version by itself, a line for each thing."""
    lines = columns([(row.name, one_line(row.after)) for row in described(facts)])
    return "\n".join((heading, "", *lines, *_noted(tuple(notes(facts)))))


def as_markdown(both: SideBySide, task: str) -> str:
    """A heading, and a table for each part."""
    lines = [f"### {markdown.escaped(_title(both, task))}"]
    for heading, rows in _sections(both):
        heads = [heading, *_heads(both)]
        lines += ["", *markdown.table(heads, ([markdown.escaped(cell) for cell in _cells(row)] for row in rows))]
    notes = [f"- {markdown.escaped(note)}" for note in map(one_line, both.notes)]
    return "\n".join((*lines, *(["", *notes] if notes else [])))


def as_object(both: SideBySide, task: str) -> dict[str, Any]:
    """What `--json` prints. Figures are text, as they were registered; what a version does not have is null."""
    return {
        "schema": SCHEMA,
        "task": task,
        "versions": [as_version(facts) for facts in (both.before, both.after)],
        "figures": [
            {**_pair(row), "difference": row.difference or None, "verdict": row.verdict or None} for row in both.figures
        ],
        "parameters": [_pair(row) for row in both.parameters],
        "rest": [_pair(row) for row in both.rest],
        "warnings": [one_line(note) for note in both.notes],
    }


def _title(both: SideBySide, task: str) -> str:
    return f"{task}: {both.before.title} and {both.after.title}"


def _heads(both: SideBySide) -> tuple[str, str, str]:
    return both.before.title, both.after.title, "difference"


def _sections(both: SideBySide) -> Iterator[tuple[str, Sequence[Row]]]:
    for heading, rows in (("metric", both.figures), ("parameter", both.parameters), ("", both.rest)):
        if rows:
            yield heading, rows


def _cells(row: Row) -> tuple[str, str, str, str]:
    difference = " ".join(filter(None, (row.difference, row.verdict)))
    return one_line(row.name), one_line(row.before) or NOTHING, one_line(row.after) or NOTHING, difference


def _is_long(row: Row) -> bool:
    return max(len(row.before), len(row.after)) > LONGEST_CELL


def _beneath(row: Row, both: SideBySide) -> list[str]:
    """One version under the other: beside each other, two URIs of an image are wider than a terminal."""
    name, before, after, _ = _cells(row)
    return [name, *(f"  {line}" for line in columns([(both.before.title, before), (both.after.title, after)]))]


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table, each column as wide as its widest cell."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _noted(notes: Sequence[str]) -> list[str]:
    return ["", *(f"note: {one_line(note)}" for note in notes)] if notes else []


def _pair(row: Row) -> dict[str, Any]:
    return {"name": row.name, "before": row.before or None, "after": row.after or None}


def as_version(facts: Facts) -> dict[str, Any]:
    """One version, as every object has it."""
    origin = facts.origin
    return {
        "version": facts.version,
        "model_package_arn": facts.package,
        "status": facts.status,
        "approval": facts.approval,
        "reason": facts.reason,
        "registered": facts.registered,
        "registered_by": facts.registered_by,
        "modified": facts.modified,
        "modified_by": facts.modified_by,
        "decided_by": facts.decided_by,
        "decided_at": facts.decided_at,
        "stage": facts.stage,
        "mlflow_run": origin.run,
        "mlflow_model": origin.model,
        "experiment": origin.experiment,
        "git_commit": origin.commit,
        "dataset": origin.dataset,
        "dataset_digest": origin.digest,
        "image": facts.image,
        "model_data_url": facts.archive,
        "model_bytes": facts.archive_bytes,
        "image_bytes": facts.image_bytes,
        "figures": dict(facts.figures),
        "parameters": dict(origin.parameters),
    }
