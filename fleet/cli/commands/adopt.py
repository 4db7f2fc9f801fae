"""`fleet adopt TASK`: an existing endpoint of another maker becomes this stack's, while it serves.

It gets this stack's tags, and nothing else happens: the next `pulumi up` finds it by them and moves it in place. Its
old configuration and model are never tagged, declared or deleted.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fleet.access import Access
from fleet.aws import reading, registry
from fleet.aws.operator import adoption, catalog, tagging
from fleet.aws.operator.adoption import Existing
from fleet.choice import questions, torn_down
from fleet.cli import aws, record, state, task_list
from fleet.cli.command import CommandError
from fleet.cli.confirmation import add_yes, confirmed
from fleet.cli.stack import add_stack, read, selected
from fleet.revision import ALL_TRAFFIC
from fleet.seen import Approved, NothingApproved, OnHold, Refused, Unknown
from fleet.tasks.model import CHAMPION, Task

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="the task whose endpoint exists already")
    add_yes(parser)
    add_stack(parser)


def run(options: argparse.Namespace) -> int:
    stack = selected(options.stack)
    config = read(stack)
    task = task_list.one(config, options.task)
    client, written = aws.sagemaker(config), record.read(config, state.outputs(stack))
    existing = aws.ask(lambda: adoption.look(client, task.endpoint))
    if existing is None:
        raise CommandError(
            f"{task.endpoint}: there is no endpoint of this name in {config.access.region}; nothing to adopt"
        )
    if config.ownership.covers(existing.tags):
        print(f"{task.endpoint} is this stack's already; nothing was changed")
        return 0
    if any(run.has_seen(task.endpoint, existing.created) for run in written.get(task.name, {}).values()):
        print(f"{task.endpoint} is this stack's already, and the next `pulumi up --refresh` puts its tags right")
        return 0
    if found := objections(task, existing):
        raise CommandError("\n".join(f"{task.endpoint}: {objection}" for objection in found))

    tags = config.ownership.tags(task.name, CHAMPION, task.owner)
    reader = reading.by(client, config.access)
    for line in _announcement(reader(task.group), config.access, task, existing, tags):
        print(line)
    if not confirmed(f"make {task.endpoint} this stack's?", yes=options.yes):
        print("nothing was changed", file=sys.stderr)
        return 1
    aws.ask(lambda: tagging.add(client, existing.arn, tags))
    print(f"{task.endpoint} belongs to stack {config.ownership.stack} now")
    return 0


def objections(task: Task, existing: Existing) -> list[str]:
    """Why an endpoint that is not this stack's cannot become so, a sentence each; empty if it can."""
    found = (
        _gone_by_the_list(task),
        _somebodys(existing.tags),
        _unsteady(existing.status),
        *_unlike_ours(existing.variants),
    )
    return [objection for objection in found if objection]


def _gone_by_the_list(task: Task) -> str:
    why = torn_down(task, datetime.now(UTC).date())
    return f"the task list wants no endpoint of this task ({why}): the next `pulumi up` would delete it" if why else ""


def _somebodys(tags: Mapping[str, str]) -> str:
    whose = [
        f"{what} {tags[key]}" for what, key in (("stack", "fleet:stack"), ("project", "fleet:project")) if key in tags
    ]
    return f"by its tags it belongs to {' of '.join(whose)}; that stack has to give it up first" if whose else ""


def _unsteady(status: str) -> str:
    return "" if status == "InService" else f"it is {status}; adopt it once it is InService"


def _unlike_ours(variants: Mapping[str, bool]) -> Sequence[str]:
    anew = "delete it once nobody calls it, or give the task another name"
    if len(variants) != 1:
        names = ", ".join(variants) or "none that can be seen"
        return [f"it has {len(variants)} variants ({names}), and a serverless endpoint has one; {anew}"]
    ((name, serverless),) = variants.items()
    found = []
    if name != ALL_TRAFFIC:
        found.append(
            f'its variant is called "{name}", not {ALL_TRAFFIC}, and AWS keeps that name across updates; {anew}'
        )
    if not serverless:
        found.append(f"it runs on instances, and AWS does not make it serverless; {anew}")
    return found


def _announcement(
    client: "SageMakerClient", access: Access, task: Task, existing: Existing, tags: Mapping[str, str]
) -> Sequence[str]:
    """What is about to happen, and what the next run will make of it."""
    return (
        f"{task.endpoint}: InService on configuration {existing.config}, made by somebody else",
        f"  now: it alone is tagged {', '.join(f'{key}={value}' for key, value in tags.items())}",
        f"  the next `pulumi up`: {_next(client, access, task)}",
        f"  configuration {existing.config} and its model are left as they are, for ever",
    )


def _next(client: "SageMakerClient", access: Access, task: Task) -> str:
    asked = questions([task])
    said = registry.ask(client, asked.groups, asked.pins, asked.soaks, asked.series, asked.stages)[task.group]
    choice, _ = catalog.champion(client, access, task, said, datetime.now(UTC))
    match choice.answer:
        case Approved(version):
            return f"moves it to version {version} in place; callers see no gap"
        case OnHold():
            return "leaves it on what it serves, held by the task list"
        case NothingApproved():
            return "leaves it on what it serves: nothing is approved"
        case Refused(why) | Unknown(why):
            return f"leaves it on what it serves: {why}"
