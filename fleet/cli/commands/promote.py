"""`fleet promote TASK VARIANT`: the champion's pin becomes the version that a challenger serves.

Edits the task list and nothing else: the change is reviewed like any other, and the next `pulumi up` moves the champion
in place. The challenger is then on the champion's version, and leaves.
"""

import argparse
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches, unified_diff

from fleet.choice import torn_down
from fleet.cli import file, state, task_list
from fleet.cli.command import CommandError
from fleet.cli.pinning import Value, pinned
from fleet.cli.stack import StackConfig, add_stack, read, selected
from fleet.status import Status
from fleet.tasks.load import TaskListError, parse
from fleet.tasks.model import CHAMPION, Pin, Task, title

DAYS = 30  # that a pin lasts unless `until` is given


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="the task")
    parser.add_argument("variant", metavar="VARIANT", help="its challenger that is to become the champion")
    parser.add_argument("--reason", help="why, for whoever reads the status; default: promoted from VARIANT")
    parser.add_argument("--owner", help="who decided; default: the task's owner, else you, by git or USER")
    parser.add_argument(
        "--until", type=day, metavar="DAY", help=f"last day of the pin, as 2027-01-31; default: in {DAYS} days"
    )
    add_stack(parser)


def day(text: str) -> date:
    """A day that is not over, as argparse reads it."""
    try:
        given = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a day, for example 2027-01-31") from None
    if given < _today():
        raise argparse.ArgumentTypeError(f"{given} is over")
    return given


def run(options: argparse.Namespace) -> int:
    stack = selected(options.stack)
    config = read(stack)
    task = task_list.one(config, options.task)
    _refuse(config, task, options.variant)
    version = served(stack, task.name, options.variant)
    if task.pin and task.pin.version == version:
        print(f"{task.name} is pinned to version {version} already; nothing was changed")
        return 0
    pin: dict[str, Value] = {
        "version": version,
        "reason": _words(options.reason, f"promoted from {options.variant}"),
        "owner": _words(options.owner, task.owner or _you()),
        "until": options.until or _today() + timedelta(days=DAYS),
    }
    for line in edit(config, task.name, pin):
        print(line)
    print(f"the next `pulumi up` moves {task.name} to version {version}", file=sys.stderr)
    return 0


def _refuse(config: StackConfig, task: Task, variant: str) -> None:
    if variant == CHAMPION:
        raise CommandError(f"{task.name}: {CHAMPION} is the task itself; name one of its variants")
    if variant not in task.variants:
        close = get_close_matches(variant, task.variants, n=1) or list(task.variants)
        advice = f"did you mean {close[0]}?" if close else "it has none"
        raise CommandError(f"{task.name}/{variant}: is not a variant in {config.tasks}; {advice}")
    why = "it is on hold" if task.hold else torn_down(task, _today())
    if why:
        raise CommandError(f"{task.name}: a pin would have no effect: {why}; change that first")


def served(stack: str, task: str, variant: str) -> int:
    """The version that a variant serves since the last run. Raises CommandError where that is not what it should."""
    try:
        its = state.outputs(stack)[task]["variants"][variant]
        version, status, reason = int(its["version"]), its["status"], its["reason"]
    except (KeyError, TypeError, ValueError):
        raise CommandError(f"{title(task, variant)}: is not in the outputs of {stack}; run `pulumi up` first") from None
    if not version or status != Status.UP_TO_DATE:
        raise CommandError(f"{title(task, variant)}: is {status} ({reason}); only what is UP_TO_DATE can be promoted")
    return version


def _words(given: str | None, otherwise: str) -> str:
    return " ".join((otherwise if given is None else given).split())


def _you() -> str:
    try:
        git = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        git = ""
    if you := git.strip() or os.environ.get("USER", ""):
        return you
    raise CommandError("nobody is known to own the pin; say who decided with --owner")


def edit(config: StackConfig, task: str, pin: dict[str, Value]) -> list[str]:
    """Write a task's pin into the task list; gives the difference. Raises CommandError, with nothing written."""
    path, prefix = config.tasks, config.name_prefix
    before = path.read_bytes().decode()  # with its line ends
    after = pinned(before, task, pin)
    try:
        found = parse(after, path, name_prefix=prefix)
    except TaskListError as error:
        raise CommandError(str(error)) from None
    wanted = Pin.model_validate(pin)
    if found != tuple(
        one.model_copy(update={"pin": wanted}) if one.name == task else one
        for one in parse(before, path, name_prefix=prefix)
    ):
        raise CommandError(
            f"{path}: {task} is written in a way that is not understood; pin it to {wanted.version} by hand"
        )
    file.replace(path.resolve(), after)
    name = str(path)
    return [*unified_diff(before.split("\n"), after.split("\n"), name, name, lineterm="")]


def _today() -> date:
    return datetime.now(UTC).date()
