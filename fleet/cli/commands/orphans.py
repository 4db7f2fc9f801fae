"""`fleet orphans`: what has this stack's tags, is not in its state and is wanted by nobody; with --delete, taken away.

What a killed run leaves behind, the next one uses or takes away; an orphan is what no run asks for any more.
"""

import argparse
import json
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from fleet.aws import session
from fleet.aws.operator import leftovers
from fleet.aws.operator.leftovers import Kind, Leftovers, Orphan, Resource
from fleet.choice import torn_down
from fleet.cli import aws, record, state, task_list
from fleet.cli.command import CommandError
from fleet.cli.confirmation import add_yes, confirmed
from fleet.cli.stack import StackConfig, add_stack, read, selected
from fleet.seen import Unknown
from fleet.tasks.model import CHAMPION

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sagemaker import SageMakerClient


class Clients(NamedTuple):
    sagemaker: "SageMakerClient"
    cloudwatch: "CloudWatchClient"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--delete", action="store_true", help="take them away, after a question")
    add_yes(parser)
    add_stack(parser)


def run(options: argparse.Namespace) -> int:
    if options.yes and not options.delete:
        raise CommandError("--yes goes with --delete")
    stack = selected(options.stack)
    config = read(stack)
    clients, wanted = Clients(aws.sagemaker(config), aws.cloudwatch(config)), _wanted(config)
    record.read(config, state.outputs(stack))  # refuses to look where the fleet is not

    def look() -> Leftovers:
        # In this order: what a run made that has ended since is in the state, and one that has not ended is refused.
        listed = aws.ask(lambda: leftovers.list_all(clients.sagemaker))
        alarms = session.ask(lambda: leftovers.list_alarms(clients.cloudwatch, config.ownership.project))
        state.refuse_locked(stack)
        in_state = state.read(stack)
        left = aws.ask(lambda: leftovers.sort_out(clients.sagemaker, listed, in_state, wanted, config.ownership))
        return left + _alarms(clients, config, alarms, in_state, *_endpoints(left, listed, wanted))

    _progress(f"looking at the endpoints, configurations, models and alarms in {config.access.region} ...")
    report = Report(stack, look())
    if options.delete:
        return _delete(clients, look, report, as_json=options.json, yes=options.yes)
    report.show(as_json=options.json)
    return 0


def _wanted(config: StackConfig) -> set[str]:
    """The endpoints of the task list, by name; a challenger that has none now may get one in the next run."""
    today = datetime.now(UTC).date()
    kept = (task for task in task_list.read(config).values() if not torn_down(task, today))
    return {task.endpoint_of(variant) for task in kept for variant in (CHAMPION, *task.variants)}


def _endpoints(left: Leftovers, listed: Sequence[Resource], wanted: Collection[str]) -> tuple[set[str], set[str]]:
    """The names of the endpoints that stay, or come, and of those that are to go."""
    of_endpoints = (orphan for orphan in left.orphans if orphan.resource.kind is Kind.ENDPOINT)
    doomed = {orphan.resource.name for orphan in of_endpoints if not orphan.serves}
    return {one.name for one in listed if one.kind is Kind.ENDPOINT} - doomed | set(wanted), doomed


def _alarms(
    clients: Clients,
    config: StackConfig,
    listed: Sequence[Resource] | Unknown,
    in_state: Collection[tuple[Kind, str]],
    staying: Collection[str],
    doomed: Collection[str],
) -> Leftovers:
    if isinstance(listed, Unknown):  # who has not been given the permission yet still sees the rest
        return Leftovers((), {}, unknown=(f"alarms: {listed.error}",))
    itself = {""} if config.own.get("expectedRunHours") else set[str]()  # the next run takes its alarm over
    sort_out = leftovers.sort_out_alarms
    return sort_out(clients.cloudwatch, listed, in_state, {*staying, *itself}, doomed, config.ownership)


def _delete(clients: Clients, look: Callable[[], Leftovers], report: "Report", *, as_json: bool, yes: bool) -> int:
    chosen = {orphan.resource.arn: orphan.resource.kind for orphan in report.left.orphans if not orphan.serves}
    if chosen and not yes:
        report.show(as_json=False, to=sys.stderr)
    if chosen and not confirmed(f"delete {len(chosen)} of them?", yes=yes):
        print("nothing was deleted", file=sys.stderr)
        return 1
    for kind in Kind:
        if kind not in chosen.values():
            continue
        now = look()  # again: time has passed, and an endpoint that was not deleted still needs its configuration
        due = [one.resource for one in now.orphans if one.resource.arn in chosen and _is_due(one, kind)]
        _progress(f"deleting {len(due)} of kind {kind} ...")
        is_alarm = kind is Kind.ALARM
        done = (
            leftovers.delete_alarms(clients.cloudwatch, due) if is_alarm else leftovers.delete(clients.sagemaker, due)
        )
        report = report.after(now, done)
    report.show(as_json=as_json)
    return 1 if report.left.orphans or report.left.unknown else 0


def _is_due(orphan: Orphan, kind: Kind) -> bool:
    return orphan.resource.kind is kind and not orphan.serves and not orphan.needed_by


@dataclass(frozen=True)
class Report:
    """What is left, and what was taken away."""

    stack: str
    left: Leftovers
    deleted: tuple[Orphan, ...] = ()
    failures: tuple[str, ...] = ()

    def after(self, now: Leftovers, deletions: Mapping[Resource, str]) -> "Report":
        """The same after some of what was there were deleted, or were not: why, "" = it is gone."""
        gone = {resource for resource, failure in deletions.items() if not failure}
        for resource in gone:
            print(f"deleted {resource.kind} {resource.name}", file=sys.stderr)
        failures = (f"{one.kind} {one.name}: {said}" for one, said in deletions.items() if said)
        return replace(
            self,
            left=replace(now, orphans=tuple(orphan for orphan in now.orphans if orphan.resource not in gone)),
            deleted=(*self.deleted, *(orphan for orphan in now.orphans if orphan.resource in gone)),
            failures=(*self.failures, *failures),
        )

    def show(self, *, as_json: bool, to: Any = None) -> None:
        """Print it; warnings go to stderr."""
        warnings = [*self.left.notes, *self.left.unknown, *self.failures]
        for warning in warnings:
            print(warning, file=sys.stderr)
        print(self._object(warnings) if as_json else self._text(), file=to)

    def _object(self, warnings: Sequence[str]) -> str:
        shown = {
            "schema": 1,
            "orphans": [_row(orphan) for orphan in self.left.orphans],
            "deleted": [_row(orphan) for orphan in self.deleted],
            "other_stacks": dict(self.left.other_stacks),
            "warnings": list(warnings),
        }
        return json.dumps(shown, indent=2)

    def _text(self) -> str:
        rows = [(orphan.resource.kind, orphan.resource.name, orphan.reason) for orphan in self.left.orphans]
        width = max((len(name) for _, name, _ in rows), default=0)
        lines = [f"{kind:<15}  {name:<{width}}  {reason}" for kind, name, reason in rows]
        if self.deleted:
            lines.append(f"{len(self.deleted)} deleted")
        others = ", ".join(f"{count} of {stack}" for stack, count in self.left.other_stacks.items())
        count = f"{len(rows) or 'no'} orphan{'' if len(rows) == 1 else 's'} of {self.stack}"
        lines.append(f"{count}; tagged for other stacks: {others}" if others else count)
        return "\n".join(lines)


def _row(orphan: Orphan) -> dict[str, str]:
    resource = orphan.resource
    return {"kind": resource.kind.value, "name": resource.name, "arn": resource.arn, "reason": orphan.reason}


def _progress(what: str) -> None:
    if sys.stderr.isatty():
        print(what, file=sys.stderr)
