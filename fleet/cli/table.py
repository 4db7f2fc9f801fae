"""The report for people: a table for a terminal or a pipe, and one in GitHub's Markdown for the summary of a CI job."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fleet.cli.report import Report, Row, Stacks
from fleet.markdown import escaped
from fleet.markdown import table as markdown_table
from fleet.status import ATTENTION, Status, one_line

STYLES = {
    Status.UNKNOWN: "bold red",
    Status.NOT_DEPLOYED: "red",
    Status.OUT_OF_DATE: "yellow",
    Status.UP_TO_DATE: "green",
}
NOTHING = "-"
REASON = "REASON"
REASON_WIDTH = 40  # characters; where there is less room, the reason goes under the name
NAME_WIDTH = 24
PIPE_WIDTH = 10_000  # no terminal: one line a row, and nothing is cut off

_UNITS = (
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
    (timedelta(seconds=1), "s"),
)


@dataclass(frozen=True)
class Column:
    head: str
    cell: Callable[[Row, datetime], str]  # of a row, now


COLUMNS = (
    Column("TASK", lambda row, now: row.name),
    Column("STATUS", lambda row, now: row.standing.status),
    Column("SERVES", lambda row, now: version(row.standing.serving_version)),
    Column("APPROVED", lambda row, now: version(row.standing.approved_version)),
    Column("ENDPOINT", lambda row, now: row.standing.endpoint_status or NOTHING),
    Column("AGE", lambda row, now: age(row.standing.modified, now)),
    Column(REASON, lambda row, now: _reason(row)),
)


def version(number: int) -> str:
    return str(number) if number else NOTHING


def _reason(row: Row) -> str:
    reason = one_line(row.standing.reason)
    return f"{reason}; in ALARM: {', '.join(row.standing.alarms)}" if row.standing.alarms else reason


def age(modified: str, now: datetime) -> str:
    """How long ago, in the largest unit that fits, e.g. `3 d`."""
    if not modified:
        return NOTHING
    passed = now - datetime.fromisoformat(modified)
    return next((f"{passed // unit} {name}" for unit, name in _UNITS if passed >= unit), "0 s")


def by_attention(report: Report) -> list[Row]:
    """The rows, with what needs attention first, and what is not deployed by decision last."""
    return sorted(report.rows, key=lambda row: (row.is_by_decision, ATTENTION.index(row.standing.status), row.name))


def console(stream: TextIO) -> Console:
    """A console that colours nothing and breaks no line where it is no terminal, whatever FORCE_COLOR says."""
    terminal = stream.isatty()
    return Console(file=stream, force_terminal=terminal, width=None if terminal else PIPE_WIDTH, highlight=False)


def show(report: Report, out: Console) -> None:
    """Print the table and the total."""
    rows, now = by_attention(report), datetime.now(UTC)
    if rows:
        lay_out([column.head for column in COLUMNS], [_cells(row, now) for row in rows], out)
    if rows or not report.error:
        out.print(report.total)


def _cells(row: Row, now: datetime) -> list[Text]:
    style = "dim" if row.is_by_decision else ""
    cells = [Text(column.cell(row, now), style) for column in COLUMNS]  # Text: a reason may hold what reads as markup
    cells[1].stylize(style or STYLES[row.standing.status])
    return cells


def lay_out(heads: Sequence[str], rows: Sequence[Sequence[Text]], out: Console) -> None:
    """Print a line a row; where there is little room, the last cell goes under the first."""
    lean = Measurement.get(out, out.options, _wide(heads[:-1], [row[:-1] for row in rows])).maximum
    out.print(_wide(heads, rows) if out.width - lean >= REASON_WIDTH else _narrow(heads, rows))


def _wide(heads: Sequence[str], rows: Sequence[Sequence[Text]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in heads:
        table.add_column(head, no_wrap=head != REASON, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _narrow(heads: Sequence[str], rows: Sequence[Sequence[Text]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(heads[0], overflow="fold", min_width=NAME_WIDTH)
    for head in heads[1:-1]:
        table.add_column(head, overflow="fold")
    for name, *cells, reason in rows:
        beneath: RenderableType = Padding(reason, (0, 0, 0, 2), style="dim")
        table.add_row(Group(name, beneath), *cells)
    return table


def markdown(report: Report) -> str:
    """A GitHub-flavoured table, with the total as its headline."""
    now = datetime.now(UTC)
    lines = [f"### {report.total if report.tasks or not report.error else 'Could not find out'}", ""]
    lines += [f"- **error**: {_escaped(line)}" for line in report.error.splitlines()]
    lines += [f"- **warning**: {_escaped(warning)}" for warning in report.warnings]
    if report.error or report.warnings:
        lines.append("")
    if report.tasks:
        heads = [column.head.capitalize() for column in COLUMNS]
        body = [[_escaped(column.cell(row, now)) for column in COLUMNS] for row in by_attention(report)]
        lines += markdown_table(heads, body)
    return "\n".join(lines).rstrip("\n")


def markdown_of_all(found: Stacks) -> str:
    """The same of every stack, under the total over all."""
    each = (f"## {_escaped(name)}\n\n{markdown(report)}" for name, report in found.stacks.items())
    return "\n\n".join((f"## {_escaped(found.total)}", *each))


def _escaped(text: str) -> str:
    return escaped(one_line(text))
