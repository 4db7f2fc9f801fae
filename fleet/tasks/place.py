"""Which tasks of a list are a stack's, where several stacks have one list: those of its Region and of its part.

Who says nothing is bound by nothing: a task without `regions` is in every Region, one without `part` in every part, and
a stack without `part` has the tasks of all parts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from fleet.tasks.model import TaskSettings


@dataclass(frozen=True)
class Place:
    """Where a stack is."""

    region: str = ""  # "" where it is not known: then no task is left out because of its Regions
    part: str = ""  # of the fleet; "" = all of it


EVERYWHERE = Place()


def elsewhere(task: TaskSettings, place: Place) -> str:
    """Why a task is not the stack's, as what follows its name; "" where it is."""
    if place.region and task.regions and place.region not in task.regions:
        return f"is for {_both(task.regions)}, and this stack is in {place.region}"
    if place.part and task.part and task.part != place.part:
        return f"is of part {task.part}, and this stack is part {place.part}"
    return ""


def complaint(tasks: Sequence[TaskSettings], place: Place) -> str:
    """What is wrong with a stack at this place; "" for nothing.

    A slip of the pen in the stack's `part` would leave it without its tasks, and take their endpoints away.
    """
    parts = sorted({task.part for task in tasks if task.part})
    if place.part and place.part not in parts:
        close = get_close_matches(place.part, parts, n=1)
        advice = f"did you mean {close[0]}?" if close else f"there is {_both(parts)}" if parts else "no task has one"
        return f"part: no task is of part {place.part}; {advice}"
    if tasks and all(elsewhere(task, place) for task in tasks):
        of = f" of part {place.part}" if place.part else ""
        return f"no task{of} is for {place.region}; to take a fleet away, use `pulumi destroy`"
    return ""


def _both(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
