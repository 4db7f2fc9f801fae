"""Choose which of the registry's approved versions a task is to serve, given what people decided in the task list.

Pure. Pins, holds and soaks are decisions, not failures: a task that follows them is up to date, and its reason names
the newer version. What then becomes of the endpoint is decided in fleet/rollout.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from fleet.rollout import Answer, Approved, NothingApproved, Refused, Stay, Unknown, Version
from fleet.tasks import Hold, Pin, Task

NOT_ASKED = "the registry was not asked in this run; with --target, name ApprovedModels among the targets"


@dataclass(frozen=True)
class Choice:
    """What one variant is to go by."""

    answer: Answer
    newest: int = 0  # newest approved version, whatever was chosen; 0 where there is none or it is not known
    decided: str = ""  # what people decided, in words without relative times
    warning: str = ""  # a decision whose last day is over: it stays in force until somebody edits it


@dataclass(frozen=True)
class Questions:
    """What the registry is to be asked for a task list."""

    groups: tuple[str, ...]
    pins: Mapping[str, Sequence[int]] = field(default_factory=dict)  # versions that are pinned, by group
    soaks: Mapping[str, int] = field(default_factory=dict)  # the longest soak in hours, by group


def questions(tasks: Iterable[Task]) -> Questions:
    """Every group once, with what its tasks need to know beside the newest version."""
    pins: dict[str, set[int]] = {}
    soaks: dict[str, int] = {}
    groups = set()
    for task in tasks:
        groups.add(task.group)
        if task.pin:
            pins.setdefault(task.group, set()).add(task.pin.version)
        if task.soak_hours:
            soaks[task.group] = max(task.soak_hours, soaks.get(task.group, 0))
    return Questions(tuple(sorted(groups)), {group: sorted(versions) for group, versions in pins.items()}, soaks)


def choose(task: Task, registry: Answer, now: datetime) -> Choice:
    """What a task is to serve. `registry` is what ApprovedModels says of its group, `now` is aware."""
    newest = registry.version if isinstance(registry, Approved) else 0
    if task.hold:
        said = f"held by {_in_words(task.hold)}{_beside(registry, 0)}"
        return Choice(Stay(), newest, said, _ended("hold", task.hold, now.date()))
    if task.pin:
        said = f"pinned to {task.pin.version} by {_in_words(task.pin)}{_beside(registry, task.pin.version)}"
        answer = _pinned(task.pin.version, registry, task.group)
        return Choice(answer, newest, said, _ended("pin", task.pin, now.date()))
    if task.soak_hours and isinstance(registry, Approved):
        if not registry.approved:
            return Choice(Unknown(NOT_ASKED), newest)
        return _soaked(registry, timedelta(hours=task.soak_hours), now)
    return Choice(registry, newest)


def torn_down(task: Task, today: date) -> str:
    """Why the task list wants no endpoint of this task; "" where it wants one."""
    if successor := successor_of(task, today):
        return f"retired, use {successor}"
    return "" if task.enabled else "not enabled in the task list"


def successor_of(task: Task, today: date) -> str:
    """What callers of a retired task use instead, from the day on from which it is gone; "" for any other."""
    return task.retired.successor if task.retired and task.retired.since <= today else ""


def undone(choice: Choice, wanted: int) -> str:
    """What people decided, in words; "" where a version that is too young serves already."""
    soaking = isinstance(choice.answer, Approved | NothingApproved) and choice.answer.soaking
    return "" if soaking and wanted >= choice.newest else choice.decided


def _pinned(version: int, registry: Answer, group: str) -> Answer:
    match registry:
        case Unknown(error):
            return Unknown(error, pin=version)
        case Approved():
            approved = (Version(registry.version, registry.package), *registry.older)
            found = next((one for one in approved if one.number == version), None)
            if found:
                return Approved(found.number, found.package)
    return Refused(f'pin: version {version} of model package group "{group}" is not approved; pin to one that is')


def _soaked(registry: Approved, soak: timedelta, now: datetime) -> Choice:
    young: list[Version] = []
    answer: Answer | None = None
    for version in (Version(registry.version, registry.package, registry.approved), *registry.older):
        if not version.approved:
            continue  # asked for by a pin of another task
        if _eligible(version, soak) <= now:
            answer = Approved(version.number, version.package, soaking=tuple(young))
            break
        young.append(version)
    answer = answer or NothingApproved(soaking=tuple(young))
    if not young:
        return Choice(answer, registry.version)
    eligible = _eligible(young[0], soak).strftime("%Y-%m-%dT%H:%MZ")
    return Choice(answer, registry.version, f"version {registry.version} approved, eligible from {eligible}")


def _eligible(version: Version, soak: timedelta) -> datetime:
    return datetime.fromisoformat(version.approved).astimezone(UTC) + soak


def _in_words(decision: Pin | Hold) -> str:
    return f"{decision.owner} until {decision.until}: {' '.join(decision.reason.split())}"


def _beside(registry: Answer, chosen: int) -> str:
    match registry:
        case Approved(version) if version > chosen:
            return f"; {version} is approved"
        case Unknown(error):
            return f"; registry: {error}"
    return ""


def _ended(what: str, decision: Pin | Hold, today: date) -> str:
    if decision.until >= today:
        return ""
    return f"the {what} by {decision.owner} ended on {decision.until} and stays in force: renew or remove it"
