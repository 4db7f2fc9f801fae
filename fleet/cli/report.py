"""How the tasks stand, as `fleet status` says it: to a machine as JSON, with a schema, and to people as rows.

`python -m fleet.cli.report` prints the schema.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from fleet import contract
from fleet.cli.alarm import Alarm
from fleet.cli.preview import Preview
from fleet.status import Status, one_line, total
from fleet.tasks.model import CHAMPION, title

UP_TO_DATE, FAILED, NOT_UP_TO_DATE, INTERRUPTED = 0, 1, 2, 130  # exit codes


def _optional(schema: dict[str, Any]) -> None:
    del schema["default"]  # null is never printed


class Said(BaseModel):
    """What a command prints as JSON: its fields say what they mean, to the schema too."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, populate_by_name=True)

    def json_text(self) -> str:
        return self.model_dump_json(by_alias=True, exclude_defaults=True, ensure_ascii=True, indent=2)


class _Standing(Said):
    status: Status
    """UNKNOWN: could not find out; what serves is left alone."""
    reason: str
    """One sentence, for people."""
    approved_version: int = Field(ge=0)
    """The newest one; 0 where none is approved, or it could not be found out."""
    serving_version: int = Field(ge=0)
    """What callers are answered by; 0 where nothing of this fleet is known to serve."""
    endpoint: str
    """Its name, whether it is there or not."""
    endpoint_status: str
    """As SageMaker gives it, e.g. InService; "" where there is no endpoint."""
    modified: str
    """When the endpoint was last modified, ISO 8601; "" where there is none."""
    by_decision: bool
    """Not deployed because the task list says so: nothing that needs attention."""
    alarms: list[str] | SkipJsonSchema[None] = Field(default=None, json_schema_extra=_optional)
    """The kinds of its alarms that are in ALARM; not there without --alarms, or where CloudWatch did not say."""


class VariantStatus(_Standing):
    """How one variant of a task stands."""

    weight: float = Field(ge=0, le=1)
    """Its share of callers; 0 where it does not serve."""


class TaskStatus(_Standing):
    """How a task stands; its champion speaks for it."""

    successor: str = ""
    """Of a retired task: what callers use instead."""
    variants: dict[str, VariantStatus]
    """By name; the task itself is `champion`."""


class Row(NamedTuple):
    """One variant, for people."""

    task: str
    variant: str
    standing: VariantStatus

    @property
    def name(self) -> str:
        return title(self.task, self.variant)

    @property
    def is_by_decision(self) -> bool:
        return self.standing.status is Status.NOT_DEPLOYED and self.standing.by_decision


class Report(Said):
    """What `fleet status --json` prints, whatever its exit code."""

    schema_: Literal[1] = Field(alias="schema")
    """The version of this shape."""
    tasks: dict[str, TaskStatus]
    """By name; {} where the run itself failed."""
    warnings: list[str]
    error: str = ""
    """Why the run failed; not there where it did not."""

    @property
    def rows(self) -> Iterator[Row]:
        return (Row(task, name, one) for task, of in self.tasks.items() for name, one in of.variants.items())

    @property
    def total(self) -> str:
        """One line over all tasks, as the program says it."""
        return total(task.status for task in self.tasks.values())

    @property
    def exit_code(self) -> int:
        if self.error or any(row.standing.status is Status.UNKNOWN for row in self.rows):
            return FAILED
        due = (row for row in self.rows if row.standing.status is not Status.UP_TO_DATE and not row.is_by_decision)
        return NOT_UP_TO_DATE if any(due) else UP_TO_DATE


class Stacks(Said):
    """What `fleet status --all-stacks --json` prints, whatever its exit code."""

    schema_: Literal[1] = Field(alias="schema")
    """The version of this shape."""
    stacks: dict[str, Report]
    """By name: what `fleet status --json` prints of each."""

    @property
    def total(self) -> str:
        """One line over the tasks of all stacks, and which of them told nothing."""
        statuses = (task.status for report in self.stacks.values() for task in report.tasks.values())
        silent = [name for name, report in self.stacks.items() if report.error and not report.tasks]
        but = f"; could not find out: {', '.join(silent)}" if silent else ""
        return f"{len(self.stacks)} {'stack' if len(self.stacks) == 1 else 'stacks'}: {total(statuses)}{but}"

    @property
    def exit_code(self) -> int:
        """The worst of all: not to know is worse than to know that something is due."""
        codes = {report.exit_code for report in self.stacks.values()}
        return next((code for code in (FAILED, NOT_UP_TO_DATE) if code in codes), UP_TO_DATE)


def failed(error: str) -> Report:
    """The report of a run that came to nothing."""
    return Report(schema=1, tasks={}, warnings=[], error=error)


def read(preview: Preview) -> Report:
    """The report of a preview."""
    try:
        tasks = {task: _task(output) for task, output in sorted(preview.outputs.items())}
    except (KeyError, TypeError, ValueError) as error:
        kind = type(error).__name__
        unreadable = f"the stack's outputs cannot be read ({kind}): is this `fleet` of the program's release?"
        return failed(preview.error or unreadable)
    found = Report(schema=1, tasks=tasks, warnings=list(preview.warnings), error=preview.error)
    unknown = (row for row in found.rows if row.standing.status is Status.UNKNOWN)
    warnings = [*found.warnings, *(f"{row.name}: {one_line(row.standing.reason)}" for row in unknown)]
    return found.model_copy(update={"warnings": warnings})


def with_alarms(found: Report, firing: Iterable[Alarm]) -> Report:
    """The same with the alarms that are in ALARM; those that belong to no row, e.g. `runs`, are warnings."""
    due = sorted(firing, key=lambda alarm: alarm.name)
    rows = {row.name for row in found.rows}

    def told(row: Row) -> VariantStatus:
        kinds = [alarm.kind for alarm in due if alarm.whose == row.name]
        return row.standing.model_copy(update={"alarms": kinds})

    tasks = {
        name: task({variant: told(Row(name, variant, one)) for variant, one in of.variants.items()}, of.successor)
        for name, of in found.tasks.items()
    }
    others = [f"in ALARM: {alarm.name}" for alarm in due if alarm.whose not in rows]
    return found.model_copy(update={"tasks": tasks, "warnings": [*found.warnings, *others]})


def _task(output: Mapping[str, Any]) -> TaskStatus:
    return task({name: _variant(variant) for name, variant in output["variants"].items()}, output.get("successor", ""))


def task(variants: dict[str, VariantStatus], successor: str = "") -> TaskStatus:
    """A task out of its variants."""
    said = variants[CHAMPION].model_dump(exclude={"weight"})
    return TaskStatus(**said, variants=variants, successor=successor)


def _variant(output: Mapping[str, Any]) -> VariantStatus:
    outcome = contract.outcome(output["run"])
    return VariantStatus(
        status=output["status"],
        reason=output["reason"],
        approved_version=outcome.approved_version,
        serving_version=output["version"],
        endpoint=output["endpoint"],
        endpoint_status=outcome.endpoint_status,
        modified=outcome.modified,
        by_decision=outcome.by_decision,
        weight=output["weight"],
    )


def json_schema() -> dict[str, Any]:
    schema = Report.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
