"""The task list of a stack, for the commands: what is wrong with it, or a name that it does not have, ends them."""

from difflib import get_close_matches

from fleet.cli.command import CommandError
from fleet.cli.stack import StackConfig
from fleet.tasks.load import TaskListError, load
from fleet.tasks.model import Task
from fleet.tasks.place import EVERYWHERE, Place, elsewhere


def read(config: StackConfig) -> dict[str, Task]:
    """Every task of the stack by its name. Raises CommandError with every mistake."""
    return _at(config, config.place)


def _at(config: StackConfig, place: Place) -> dict[str, Task]:
    try:
        return {task.name: task for task in load(config.tasks, name_prefix=config.name_prefix, at=place)}
    except TaskListError as error:
        raise CommandError(str(error)) from None


def one(config: StackConfig, name: str) -> Task:
    """The task of this name. Raises CommandError, with the name that was probably meant, where there is none."""
    tasks = read(config)
    if name in tasks:
        return tasks[name]
    if other := _at(config, EVERYWHERE).get(name):
        raise CommandError(f"{name}: {elsewhere(other, config.place)}")
    close = get_close_matches(name, tasks, n=1)
    advice = f"did you mean {close[0]}?" if close else "add it first"
    raise CommandError(f"{name}: is not a task of {config.tasks}; {advice}")
