"""`fleet versions TASK`: the versions of its group; `fleet versions TASK A B`: two of them side by side.

By the Model Registry alone, which has what `fleet register` wrote of the MLflow run. Changes nothing.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fleet.access import Access
from fleet.aws.operator import versions
from fleet.cli import aws, serving, task_list
from fleet.cli.command import CommandError
from fleet.cli.serving import Serving
from fleet.cli.stack import add_stack, read, selected
from fleet.evidence import forms, listing, side_by_side
from fleet.evidence.listing import Listing
from fleet.seen import Version
from fleet.tasks.model import CHAMPION, Task

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

SERVING, NEWEST = "serving", "newest"
SHOWN = 20  # of a group's versions, unless --all
ALONE = "by the Model Registry alone: MLflow was not asked"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="the task")
    word = f"a number, `{SERVING}` or `{NEWEST}`"
    parser.add_argument("before", nargs="?", metavar="A", type=version, help=f"a version to compare: {word}")
    parser.add_argument("after", nargs="?", metavar="B", type=version, help=f"with this one; default: {NEWEST}")
    parser.add_argument(
        "--lower-is-better",
        action="append",
        default=[],
        metavar="METRIC",
        help="of this metric the lower figure is the better one; may be given several times",
    )
    parser.add_argument("--all", action="store_true", help=f"more than the newest {SHOWN}")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--markdown", action="store_true", help="for a pull request")
    add_stack(parser)


def version(text: str) -> str | int:
    """Which version is meant, as argparse reads it."""
    if text in (SERVING, NEWEST):
        return text
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be the number of a version, {SERVING} or {NEWEST}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    name = selected(options.stack)
    config = read(name)
    task = task_list.one(config, options.task)
    serves = serving.read(name, config, task.name)
    client, access = aws.reader(config, task.group)
    known = registered(client, task)
    show = _list if options.before is None else _compare
    found, notes = show(client, access, task, known, serves, options)
    print(found)
    sys.stdout.flush()  # else what follows on standard error may come first
    if not options.json:
        for note in notes:
            print(f"note: {note}", file=sys.stderr)
    return 0


def registered(client: "SageMakerClient", task: Task) -> list[Version]:
    """Every version of the task's group, newest first. Raises CommandError where there is none."""
    found = aws.ask(lambda: versions.listed(client, task.group))
    if not isinstance(found, list):
        raise CommandError(f"{task.name}: {found.error}")
    if not found:
        raise CommandError(f'{task.name}: no version is registered in model package group "{task.group}" yet')
    return found


def one(known: Sequence[Version], number: int, task: Task) -> Version:
    """The version of this number. Raises CommandError where there is none."""
    if found := next((version for version in known if version.number == number), None):
        return found
    raise CommandError(
        f'{task.name}: version {number} is not in model package group "{task.group}"; the newest is {known[0].number}'
    )


def specification(task: Task) -> str | None:
    """The inference specification that the task uses of its packages."""
    return task.sizes_of(CHAMPION).inference_specification


def _list(
    client: "SageMakerClient",
    access: Access,
    task: Task,
    known: Sequence[Version],
    serves: Serving,
    options: argparse.Namespace,
) -> tuple[str, list[str]]:
    metric = task.gate.metric if task.gate else ""
    shown = known if options.all else known[:SHOWN]
    looked = aws.ask(
        lambda: versions.look(
            client,
            access,
            shown,
            specification=specification(task),
            metrics=[metric] if metric else [],
            sizes=["model"],
        )
    )
    found = Listing(task.name, looked.facts, serves.versions, metric)
    older = f"{len(known) - len(shown)} older versions are not shown: --all" if len(shown) < len(known) else ""
    notes = [note for note in (serves.unknown, *looked.notes, older) if note]
    if options.json:
        return _json({**listing.as_object(found), "warnings": notes}), notes
    return (listing.as_markdown(found) if options.markdown else listing.text(found)), notes


def _compare(
    client: "SageMakerClient",
    access: Access,
    task: Task,
    known: Sequence[Version],
    serves: Serving,
    options: argparse.Namespace,
) -> tuple[str, list[str]]:
    pair = [one(known, number, task) for number in _pair(options.before, options.after, known, serves, task)]
    looked = aws.ask(lambda: versions.look(client, access, pair, specification=specification(task)))
    before, after = looked.facts
    both = side_by_side.compare(before, after, options.lower_is_better)
    notes = [note for note in (serves.unknown, *looked.notes, ALONE) if note]
    if options.json:
        found = forms.as_object(both, task.name)
        return _json({**found, "warnings": [*found["warnings"], *notes]}), notes
    return (forms.as_markdown if options.markdown else forms.text)(both, task.name), notes


def _pair(
    before: str | int, after: str | int | None, known: Sequence[Version], serves: Serving, task: Task
) -> tuple[int, int]:
    """Both versions by their numbers: the newest for the second, and it beside what serves where it is the first."""
    newest = known[0].number

    def number(said: str | int) -> int:
        if said == SERVING and not serves.champion:
            raise CommandError(f"{task.name}: {serves.unknown or 'nothing serves'}; name two versions")
        return serves.champion if said == SERVING else newest if said == NEWEST else int(said)

    first, second = number(before), newest if after is None else number(after)
    if after is None and first == newest and serves.champion:
        first = serves.champion
    if first == second:
        raise CommandError(f"{task.name}: version {first} is all that there is to compare; name two versions")
    return first, second


def _json(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=2)
