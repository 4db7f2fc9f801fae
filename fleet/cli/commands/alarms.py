"""`fleet alarms`: the alarms of the stack's state, and how CloudWatch says that they are. Changes nothing.

`python -m fleet.cli.commands.alarms` prints the schema of its JSON.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from rich.console import Console
from rich.text import Text

from fleet.aws.operator import alarms
from fleet.aws.operator.alarms import Seen, State
from fleet.cli import aws, record, stack, state, table
from fleet.cli.alarm import Alarm
from fleet.cli.command import CommandError
from fleet.cli.report import FAILED, Said
from fleet.cli.stack import StackConfig
from fleet.cli.state import Left
from fleet.status import one_line

NONE_IN_ALARM, SOME_IN_ALARM = 0, 2  # exit codes, beside FAILED
EXIT_CODES = "exit code: 0 none in ALARM, 2 some are, 1 could not find out (of one that is gone, too), or an error"
WORST_FIRST = list(State)
STYLES = {State.ALARM: "bold red", State.INSUFFICIENT_DATA: "yellow", State.OK: "green"}
HEADS = ("TASK", "ALARM", "STATE", "FOR", table.REASON)


class AlarmStatus(Said):
    """How one alarm is."""

    name: str
    """CloudWatch's."""
    task: str
    """"" of an alarm that watches the stack itself."""
    variant: str
    """"" as above."""
    kind: str
    """A row of docs/alarms.md, e.g. slow."""
    state: State
    since: str
    """Since when it is in this state, ISO 8601."""
    reason: str
    """CloudWatch's."""

    @property
    def alarm(self) -> Alarm:
        return Alarm(self.name, self.task, self.variant)


class Report(Said):
    """What `fleet alarms --json` prints, whatever its exit code."""

    schema_: Literal[1] = Field(alias="schema")
    """The version of this shape."""
    alarms: list[AlarmStatus]
    """Worst first, then by name; [] where CloudWatch could not be asked."""
    warnings: list[str]
    """Alarms that are gone, or tell nobody."""
    error: str = ""
    """Why nothing could be found out; not there where it could."""
    gone: SkipJsonSchema[int] = Field(default=0, exclude=True)
    """How many alarms the state has and CloudWatch has not."""

    @property
    def exit_code(self) -> int:
        if self.error or self.gone:
            return FAILED
        return SOME_IN_ALARM if any(one.state is State.ALARM for one in self.alarms) else NONE_IN_ALARM

    @property
    def total(self) -> str:
        """One line over all, e.g. `1 ALARM, 65 OK`."""
        counts = Counter(one.state for one in self.alarms)
        said = [f"{counts[one]} {one}" for one in WORST_FIRST if counts[one]]
        return ", ".join([*said, *([f"{self.gone} deleted outside of Pulumi"] if self.gone else [])])


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXIT_CODES
    parser.add_argument(
        "--json", action="store_true", help="for machines, see alarms.schema.json; with every exit code"
    )
    stack.add_stack(parser)


def run(options: argparse.Namespace) -> int:
    try:
        name = stack.selected(options.stack)
        seen = found(stack.read(name), state.left(name))
    except CommandError as error:
        if not options.json:
            raise
        name, seen = "", Report(schema=1, alarms=[], warnings=[], error=str(error))
    if options.json:
        print(seen.model_dump_json(by_alias=True, exclude_defaults=True, ensure_ascii=True, indent=2))
    else:
        _show(seen, name, table.console(sys.stdout))
    sys.stdout.flush()  # else what follows on standard error may come first
    for warning in seen.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if seen.error:
        print(f"fleet alarms: {seen.error}", file=sys.stderr)
    return seen.exit_code


def found(config: StackConfig, left: Left) -> Report:
    """How the alarms are that the last run left. Raises CommandError where that cannot be found out."""
    if not left.alarms:
        return Report(schema=1, alarms=[], warnings=[])
    cloudwatch = aws.cloudwatch(config)
    record.read(config, left.outputs)  # refuses to look where the fleet is not
    return read(left.alarms, aws.ask(lambda: alarms.read(cloudwatch, [one.name for one in left.alarms])))


def read(held: Sequence[Alarm], seen: Mapping[str, Seen]) -> Report:
    """The report over the alarms of the state, by what CloudWatch has of them."""
    rows = [_status(one, seen[one.name]) for one in held if one.name in seen]
    rows.sort(key=lambda row: (WORST_FIRST.index(row.state), row.name))
    return Report(schema=1, alarms=rows, warnings=list(_warnings(held, seen)), gone=len(held) - len(rows))


def _status(alarm: Alarm, seen: Seen) -> AlarmStatus:
    return AlarmStatus(
        name=alarm.name,
        task=alarm.task,
        variant=alarm.variant,
        kind=alarm.kind,
        state=seen.state,
        since=seen.since,
        reason=one_line(seen.reason),
    )


def _warnings(held: Sequence[Alarm], seen: Mapping[str, Seen]) -> Iterator[str]:
    for name in sorted(alarm.name for alarm in held):
        if name not in seen:
            yield f"{name}: deleted outside of Pulumi, so nobody is told; `pulumi up --refresh` makes it again"
        elif not seen[name].acts:
            yield f"{name}: its actions are off, so nobody is told; `pulumi up --refresh` turns them on again"


def _show(report: Report, name: str, out: Console) -> None:
    """Print the table and the total."""
    now = datetime.now(UTC)
    if report.alarms:
        table.lay_out(HEADS, [_cells(row, now) for row in report.alarms], out)
    nothing = f"the state of {name} has no alarms: the task list asks for none, or `pulumi up` has not made them yet"
    out.print(report.total or nothing)


def _cells(row: AlarmStatus, now: datetime) -> list[Text]:
    whose, passed = row.alarm.whose or table.NOTHING, table.age(row.since, now)
    return [Text(whose), Text(row.kind), Text(row.state, STYLES[row.state]), Text(passed), Text(row.reason)]


def json_schema() -> dict[str, Any]:
    schema = Report.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
