"""`fleet validate`: whether the task lists, and what the stacks' configurations say, can be used.

Reads files only, so that a pull request is checked in a moment and without credentials; with --registry it asks AWS.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fleet import config as rules
from fleet.access import NAMESPACE, Access, understand
from fleet.cli import stack
from fleet.cli.command import CommandError
from fleet.cli.stack import StackConfig
from fleet.cost import advice, price_file
from fleet.seen import Unknown
from fleet.tasks import place
from fleet.tasks.load import TaskListError, load
from fleet.tasks.model import Task
from fleet.tasks.place import EVERYWHERE, Place


@dataclass(frozen=True)
class Use:
    """A task list as one stack uses it; `stack` is "" where a list is checked alone."""

    stack: str
    file: Path
    prefix: str
    access: Access  # its region is "" where nothing says it
    secrets: tuple[str, ...] = ()  # settings of AWS that only the engine reads
    at: Place = EVERYWHERE
    config: Path = Path()  # the stack's own file


Lists = Mapping[tuple[Path, str], tuple[Task, ...]]  # by file and name prefix; none where it cannot be used


Found = dict[str, bool]  # what is to be said, each sentence once, and whether it is a mistake; else a note


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a task list; default: what the stacks name")
    parser.add_argument("--stack", metavar="NAME", help="one stack; default: every one with a Pulumi.NAME.yaml")
    parser.add_argument(
        "--registry", action="store_true", help="ask AWS too: groups, approved versions, their packages"
    )


def run(options: argparse.Namespace) -> int:
    found: Found = {}
    uses = list(_uses(options.file, [options.stack] if options.stack else _names(found), found))
    lists = _load(uses, found)
    _check_places(lists, uses, found, are_all=not options.stack)
    _check_prices(lists, uses, found)
    if options.registry:
        _ask(uses, lists, found)
    for text, is_mistake in found.items():
        print(text if is_mistake else f"note: {text}", file=sys.stderr if is_mistake else sys.stdout)
    if any(found.values()):
        return 1
    for line in _summary(uses, lists):
        print(line)
    return 0


def _names(found: Found) -> Sequence[str]:
    try:
        return stack.names()
    except CommandError as error:
        found[str(error)] = True
        return []


def _uses(file: Path | None, names: Sequence[str], found: Found) -> Iterator[Use]:
    alone = Use("", file or Path(rules.TASKS), "", understand({}, os.environ))
    if not names:
        yield alone
    for name in names:
        try:
            config = stack.read_files(name)
        except CommandError as error:
            found[str(error)] = True
            yield alone  # what is wrong with the list is to be seen in the same run
            continue
        found |= dict.fromkeys(config.oddities.values(), True)
        found |= {f"{config.file}: {text}": is_mistake for text, is_mistake in _of_configuration(config).items()}
        prefix = config.name_prefix if rules.fits(config.name_prefix) else ""
        where = (file or config.tasks, prefix, config.access, config.secrets, _place(config), config.file)
        yield Use(config.ownership.stack, *where)


def _place(config: StackConfig) -> Place:
    """Where the stack is, as far as the files say it: an environment may set the Region and the part."""
    return config.place if config.is_whole and not config.secrets else EVERYWHERE


def _of_configuration(config: StackConfig) -> Found:
    """What is to be said of a stack's configuration; only the engine reads all of it."""
    found: Found = {f"{key}: only the engine can read it, so its value is not checked": False for key in config.secrets}
    odd = {key.partition(":")[2] for key in config.oddities}  # told already, with the line
    own = {key: None if key in odd else value for key, value in config.own.items() if key not in odd - {*rules.CHECKS}}
    if not config.is_whole:
        found["imports environments, which only the engine reads; what they set is not checked"] = False
        own.setdefault("executionRoleArn", None)
    else:
        for key in {*config.missing} - {"executionRoleArn"}:  # which is told below
            found[f"{key} is not set; run `pulumi config set {key} <value>`"] = True
    return found | dict.fromkeys(rules.mistakes(own, config.access.region), True)


def _load(uses: Sequence[Use], found: Found) -> Lists:
    lists = {}
    for file, prefix in dict.fromkeys((use.file, use.prefix) for use in uses):
        try:
            lists[file, prefix] = load(file, name_prefix=prefix)
        except TaskListError as error:
            found |= dict.fromkeys(error.errors, True)
    return lists


def _check_places(lists: Lists, uses: Sequence[Use], found: Found, *, are_all: bool) -> None:
    """Stacks that would have no task, and tasks that would be deployed by no stack."""
    for use in uses:
        if said := place.complaint(lists.get((use.file, use.prefix), ()), use.at):
            found[f"{use.config}: {said}"] = True
    if are_all:
        for (file, _), tasks in lists.items():
            places = {use.at for use in uses if use.file == file}
            lost = (task for task in tasks if all(place.elsewhere(task, at) for at in places))
            found |= dict.fromkeys((f"{file}: {task.name}: no stack is for {_belongs(task)}" for task in lost), True)


def _belongs(task: Task) -> str:
    part = f"part {task.part}" if task.part else ""
    return " in ".join(filter(None, (part, " or ".join(task.regions))))


def _check_prices(lists: Lists, uses: Sequence[Use], found: Found) -> None:
    """The prices beside each list, and the language models that it names: one without a price says nothing."""
    for folder in dict.fromkeys(use.file.parent for use in uses):
        loaded = price_file.lying(folder, str(folder / price_file.NAME))
        found |= dict.fromkeys(loaded.mistakes, True)
        for (file, _), tasks in lists.items():
            if file.parent == folder:
                models = {task.name: task.language_model for task in tasks if task.language_model}
                sentences = advice.unknown_models(models, loaded.prices)
                found |= dict.fromkeys((f"{file}: {sentence}" for sentence in sentences), True)


def _summary(uses: Sequence[Use], lists: Lists) -> Iterator[str]:
    stacks: dict[Path, list[str]] = {}
    count = {file: len(tasks) for (file, _), tasks in lists.items()}
    for use in uses:
        stacks.setdefault(use.file, []).extend([use.stack] if use.stack else [])
    for file, names in stacks.items():
        of = f" ({'stack' if len(names) == 1 else 'stacks'} {', '.join(names)})" if names else ""
        yield f"{file}: {count[file]} {'task' if count[file] == 1 else 'tasks'}{of}"


def _ask(uses: Sequence[Use], lists: Lists, found: Found) -> None:
    """What the registries say of the tasks, each Region of an account asked once for all stacks in it."""
    places: dict[Access, list[Use]] = {}
    for use in uses:
        if unread := [key for key in use.secrets if key.startswith(NAMESPACE)]:
            found[f"the registry is not asked for stack {use.stack}: only the engine can read {unread[0]}"] = True
        else:
            places.setdefault(use.access, []).append(use)
    for access, those in places.items():
        names = ", ".join(use.stack for use in those if use.stack)
        of = f" (stack {names})" if len(places) > 1 and names else ""
        if not access.region:
            found[f"the Region is not known{of}; set aws:region in the stack or AWS_REGION"] = True
            continue
        tasks = {
            (use.file, task.endpoint): task
            for use in those
            for task in lists.get((use.file, use.prefix), ())
            if not place.elsewhere(task, use.at)
        }
        _ask_one(access, list(tasks.values()), of, found)


def _ask_one(access: Access, tasks: Sequence[Task], of: str, found: Found) -> None:
    from fleet.aws import session  # noqa: PLC0415  # botocore takes a sixth of a second: for who asks AWS
    from fleet.aws.operator import catalog  # noqa: PLC0415  # botocore takes a sixth of a second: for who asks AWS

    answer = session.ask(lambda: catalog.check(session.sagemaker(access), access, tasks, datetime.now(UTC)))
    findings = [catalog.Finding(answer.error)] if isinstance(answer, Unknown) else answer
    found |= {f"{finding.text}{of}": finding.is_mistake for finding in findings}
