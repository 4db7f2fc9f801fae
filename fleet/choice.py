"""Choose which of the registry's approved versions a task is to serve, given what people decided in the task list.

Pure. Pins, holds and soaks are decisions, not failures: a task that follows them is up to date, and its reason names
the newer version. A gate (fleet/gate.py) leaves the decision to a person, so a task that waits for one is not. What
then becomes of the endpoint is decided in fleet/rollout.py.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

from fleet.gate import Grounds, Said, Weighed, in_words, to_keep, weigh
from fleet.seen import Answer, Approved, NothingApproved, OnHold, Refused, Unknown, Version, approved
from fleet.tasks.model import CHAMPION, Hold, Pin, Task, Variant
from fleet.tasks.settings import Gate

SAME_VERSION = "same version as the champion"
NOT_ASKED = "the registry was not asked in this run; with --target, name ApprovedModels among the targets"
GATE_NOT_ASKED = "gate: what version {} was registered with was not asked for in this run"
NOTHING_SAID: Mapping[int, Said] = MappingProxyType({})


@dataclass(frozen=True)
class Champion:
    """What a champion hands over to its challengers."""

    version: int  # the version that the champion is to serve in this run; 0 for none
    failed: int = 0  # the version that it was to serve and that has failed before; 0 for none


Handed = Champion | Unknown | Refused  # the latter two say why challengers stay as they are


@dataclass(frozen=True)
class Choice:
    """What one variant is to go by."""

    answer: Answer
    newest: int = 0  # newest approved version, whatever was chosen; 0 where there is none or it is not known
    decided: str = ""  # what people decided, in words without relative times
    warning: str = ""  # a decision whose last day is over: it stays in force until somebody edits it
    away: str = ""  # why there is to be no endpoint; of challengers only
    gated: bool = False  # a version that is approved does not pass the gate, so that a person has to decide
    ask: Version | None = None  # whose package has to be asked, for the gate, before this is settled
    figures: Mapping[int, str] = field(default_factory=dict)  # by which the gate was passed: for the record


@dataclass(frozen=True)
class Questions:
    """What the registry is to be asked for a task list."""

    groups: tuple[str, ...]
    pins: Mapping[str, Sequence[int]] = field(default_factory=dict)  # versions that are pinned, by group
    soaks: Mapping[str, int] = field(default_factory=dict)  # the longest soak in hours, by group
    series: tuple[str, ...] = ()  # groups of which every approved version is to be known
    # Stages by group, each with a status ("" for any) and the longest soak of those who go by it
    stages: Mapping[str, Sequence[tuple[str, str, int]]] = field(default_factory=dict)


def questions(tasks: Iterable[Task]) -> Questions:
    """Every group once, with what its tasks need to know beside the newest version."""
    pins: dict[str, set[int]] = {}
    soaks: dict[str, int] = {}
    stages: dict[str, dict[tuple[str, str], int]] = {}
    groups, series = set(), set()
    for task in tasks:
        groups.add(task.group)
        for pin in (task.pin, *(variant.pin for variant in task.variants.values())):
            if pin:
                pins.setdefault(task.group, set()).add(pin.version)
        if task.goes_by_stage:
            of_group, wanted = stages.setdefault(task.group, {}), (task.stage or "", task.stage_status or "")
            of_group[wanted] = max(task.soak_hours, of_group.get(wanted, 0))
        elif task.soak_hours:
            soaks[task.group] = max(task.soak_hours, soaks.get(task.group, 0))
        if task.gate or any(variant.follow == "previous" for variant in task.variants.values()):
            series.add(task.group)
    return Questions(
        tuple(sorted(groups)),
        {group: sorted(versions) for group, versions in pins.items()},
        soaks,
        tuple(sorted(series)),
        {group: [(*wanted, soak) for wanted, soak in sorted(of.items())] for group, of in stages.items()},
    )


def choose(
    task: Task, registry: Answer, now: datetime, serves: int = 0, said: Mapping[int, Said] = NOTHING_SAID
) -> Choice:
    """What a task is to serve. `registry` is what ApprovedModels says of its group, `now` is aware.

    A pin is a person's word on one version: it need not be in the stage that the task goes by, nor soak, nor pass the
    gate. `serves` is the version that serves, or served last, 0 for none; `said` is what packages say of the gate's
    metric, by version. Where the choice has an `ask`, that one is missing: ask its package, and choose again.
    """
    counted = _counted(task, registry)
    if task.hold:
        return _held(task.hold, counted, now)
    if task.pin:
        return _pinned(task.pin, task, registry, counted, now)
    return _latest(task, registry, counted, now, Grounds(said, {serves}, serves))


def settle(
    chosen: Callable[[Mapping[int, Said]], Choice], ask: Callable[[Version], Said], known: Mapping[int, Said]
) -> tuple[Choice, Mapping[int, Said]]:
    """The choice, once all that it asks was answered, and what packages said by then.

    `known` is what they said before, or an earlier run kept. Example:
    `settle(lambda said: choose(task, registry, now, serves, said), ask, kept)`
    """
    choice = chosen(known)
    while choice.ask:
        known = {**known, choice.ask.number: replace(ask(choice.ask), kept=False)}
        choice = chosen(known)
    return choice, known


def choose_challengers(
    task: Task,
    registry: Answer,
    champion: Handed,
    now: datetime,
    serving: Mapping[str, int],
    said: Mapping[int, Said] = NOTHING_SAID,
) -> dict[str, Choice]:
    """What each challenger is to serve, by its name, given what the champion hands over.

    `serving` has the versions that the variants serve now; 0, or left out, for none. A hold is the whole task's, and
    so is a gate: a challenger that follows the registry passes it too, compared with what the champion serves. `said`
    is as choose() takes it.
    """
    counted = _counted(task, registry)
    if task.hold:
        return {name: _held(task.hold, counted, now) for name in task.variants}
    if not isinstance(champion, Champion):
        return {name: Choice(champion, _newest(counted)) for name in task.variants}
    choices = {}
    for name, settings in task.variants.items():
        serves = serving.get(name, 0)
        baseline = serving.get(CHAMPION, 0) or champion.version
        grounds = Grounds(said, {serves, champion.version, baseline}, baseline)
        choice = _of_challenger(task, settings, registry, counted, champion, now, grounds)
        choices[name] = replace(choice, away=_away(choice, champion, serves, is_pinned=bool(settings.pin)))
    return choices


def _of_challenger(
    task: Task,
    settings: Variant,
    registry: Answer,
    counted: Answer,
    champion: Champion,
    now: datetime,
    grounds: Grounds,
) -> Choice:
    if settings.pin:
        return _pinned(settings.pin, task, registry, counted, now)
    if settings.follow == "previous":
        return _previous(task, registry, counted, champion.version, grounds)
    return _latest(task, registry, counted, now, grounds)


def _away(choice: Choice, champion: Champion, serving: int, *, is_pinned: bool) -> str:
    """Why a challenger, which serves the version `serving`, is to have no endpoint; "" where it is to have one."""
    match choice.answer:
        case Approved(passed_over=passed_over) | NothingApproved(passed_over=passed_over):
            version = _settled(choice.answer, passed_over, serving, champion.version)
            if version == 0:
                return choice.decided or "nothing approved"
            if version == champion.version:
                return SAME_VERSION
            if version == champion.failed and version != serving and not is_pinned:
                return f"version {version} has failed as the champion's"
        case Refused(reason):  # a version that is not approved must not serve, and the champion is there
            return reason
    return ""


def foreseen(champion: Answer) -> Handed:
    """What a champion will hand over, if all goes well."""
    match champion:
        case Approved(version):
            return Champion(version)
        case Refused(reason):
            return Refused(f"champion: {reason}")
        case Unknown():
            return champion
    return Champion(0)


def _settled(answer: Approved | NothingApproved, passed_over: Sequence[Version], serving: int, champion: int) -> int:
    """The version that comes of it, 0 for none: what one of them serves already needs no soak, nor to pass a gate."""
    for version in (serving, champion):
        if any(one.number == version for one in passed_over):
            return version
    return answer.version if isinstance(answer, Approved) else 0


def _newest(registry: Answer) -> int:
    return registry.version if isinstance(registry, Approved) else 0


def _counted(task: Task, registry: Answer) -> Answer:
    """What the registry says of the versions that count: all, or those in the task's stage."""
    if not task.goes_by_stage or not isinstance(registry, Approved):
        return registry
    inside = [version for version in registry.versions if _is_in(task, version)]
    return approved(inside) if inside else NothingApproved()


def _is_in(task: Task, version: Version) -> bool:
    return version.stage == task.stage and task.stage_status in (None, version.stage_status)


def _staged(task: Task, registry: Answer, counted: Answer) -> str:
    """What came of going by a stage, in words; "" where the task goes by none."""
    if not task.goes_by_stage or not isinstance(registry, Approved):
        return ""
    stage = _stage(task.stage or "", task.stage_status or "")
    chosen = counted.version if isinstance(counted, Approved) else 0
    said = f"version {chosen} is the newest {stage}" if chosen else f"nothing approved {stage}"
    if registry.version == chosen:
        return said
    return f"{said}; version {registry.version} is approved, {_stage(registry.stage, registry.stage_status)}"


def _stage(stage: str, status: str) -> str:
    return f"in stage {stage}{f' ({status})' if status else ''}" if stage else "in no stage"


def _held(hold: Hold, counted: Answer, now: datetime) -> Choice:
    said = f"held by {_in_words(hold)}{_beside(counted, 0)}"
    return Choice(OnHold(), _newest(counted), said, _ended("hold", hold, now.date()))


def _pinned(pin: Pin, task: Task, registry: Answer, counted: Answer, now: datetime) -> Choice:
    gate = f", whatever the gate says ({in_words(task.gate)})" if task.gate else ""
    said = f"pinned to version {pin.version} by {_in_words(pin)}{gate}{_beside(counted, pin.version)}"
    answer = _version(pin.version, registry, task.group)
    return Choice(answer, _newest(counted), said, _ended("pin", pin, now.date()))


def _latest(task: Task, registry: Answer, counted: Answer, now: datetime, grounds: Grounds) -> Choice:
    staged = _staged(task, registry, counted)
    if task.gate and isinstance(counted, Approved):
        return _gated(task, task.gate, counted, now, grounds, staged)
    if not task.soak_hours or not isinstance(counted, Approved):
        return Choice(counted, _newest(counted), staged)
    if not counted.approved:
        return Choice(Unknown(NOT_ASKED), counted.version)
    soaked = _soaked(counted, timedelta(hours=task.soak_hours), now)
    return replace(soaked, decided="; ".join(filter(None, (soaked.decided, staged))))


def _gated(task: Task, gate: Gate, counted: Approved, now: datetime, grounds: Grounds, staged: str) -> Choice:
    """The newest that passes the gate and, where versions have to soak, is old enough."""
    soak = timedelta(hours=task.soak_hours)
    dated = [(version, _since(version, grounds.said)) for version in counted.versions]
    young = [
        replace(version, approved=since)
        for version, since in dated
        if since and soak and _eligible(since, soak) > now and version.number not in grounds.passing
    ]
    waiting = {version.number for version in young}
    weighed = weigh(gate, [version for version in counted.versions if version.number not in waiting], grounds)
    waits = f"version {young[0].number} approved, {_eligible_from(young[0].approved, soak)}" if young else ""
    chosen = weighed.chosen.number if weighed.chosen else 0
    does = f"version {chosen} is the newest that does" if weighed.failed and chosen not in (0, *grounds.passing) else ""
    return _weighed(weighed, counted, grounds, young, (waits, weighed.told, does, staged))


def _since(version: Version, said: Mapping[int, Said]) -> str:
    """Since when it is approved, as far as anybody asked; the registry dates no more than a soak alone needs."""
    return version.approved or (said[version.number].changed if version.number in said else "")


def _weighed(
    weighed: Weighed, counted: Approved, grounds: Grounds, young: Sequence[Version], decided: Iterable[str]
) -> Choice:
    """What a task goes by that has a gate, given what came of weighing its versions."""
    over = sorted((*young, *(one.version for one in weighed.failed)), key=lambda version: version.number, reverse=True)
    answer: Answer = NothingApproved(tuple(over))
    if weighed.ask:
        answer = Unknown(GATE_NOT_ASKED.format(weighed.ask.number))
    elif weighed.unknown:
        answer = Unknown(weighed.unknown)
    elif weighed.chosen:
        answer = Approved(weighed.chosen.number, weighed.chosen.package, passed_over=tuple(over))
    return Choice(
        answer,
        counted.version,
        "; ".join(filter(None, decided)),
        gated=bool(weighed.failed),
        ask=weighed.ask,
        figures=to_keep(grounds, weighed.chosen.number if weighed.chosen else 0),
    )


def _previous(task: Task, registry: Answer, counted: Answer, champion: int, grounds: Grounds) -> Choice:
    """The newest version below the champion's; of a task with a gate, the newest of them that passes it."""
    if not isinstance(counted, Approved):
        return Choice(counted, decided=_staged(task, registry, counted))
    older = [version for version in counted.versions if version.number < champion]
    if not older:
        why = f"no approved version below {champion}" if champion else "the champion has no version"
        stage = f" {_stage(task.stage or '', task.stage_status or '')}" if task.goes_by_stage and champion else ""
        return Choice(NothingApproved(), counted.version, f"{why}{stage}")
    weighed = weigh(task.gate, older, grounds) if task.gate else Weighed(older[0])
    before = f"version {weighed.chosen.number} is the one before the champion's {champion}" if weighed.chosen else ""
    return _weighed(weighed, counted, grounds, (), (weighed.told, before))


def torn_down(task: Task, today: date) -> str:
    """Why the task list wants no endpoint of this task; "" where it wants one."""
    if successor := successor_of(task, today):
        return f"retired, use {successor}"
    return "" if task.enabled else "not enabled in the task list"


def successor_of(task: Task, today: date) -> str:
    """What callers of a retired task use instead, from the day on from which it is gone; "" for any other."""
    return task.retired.successor if task.retired and task.retired.since <= today else ""


def said_of(choice: Choice, wanted: int) -> str:
    """What people decided, in words; "" where the newest version is `wanted`, passed over or not: it serves already."""
    passed_over = isinstance(choice.answer, Approved | NothingApproved) and choice.answer.passed_over
    return "" if passed_over and wanted == choice.newest else choice.decided


def _version(version: int, registry: Answer, group: str) -> Answer:
    match registry:
        case Unknown(error):
            return Unknown(error, pin=version)
        case Approved():
            found = next((one for one in registry.versions if one.number == version), None)
            if found:
                return Approved(found.number, found.package)
    return Refused(f'pin: version {version} of model package group "{group}" is not approved; pin to one that is')


def _soaked(registry: Approved, soak: timedelta, now: datetime) -> Choice:
    young: list[Version] = []
    answer: Answer | None = None
    for version in registry.versions:
        if not version.approved:
            continue  # asked for by a pin of another task
        if _eligible(version.approved, soak) <= now:
            answer = Approved(version.number, version.package, passed_over=tuple(young))
            break
        young.append(version)
    answer = answer or NothingApproved(tuple(young))
    if not young:
        return Choice(answer, registry.version)
    said = f"version {registry.version} approved, {_eligible_from(young[0].approved, soak)}"
    return Choice(answer, registry.version, said)


def _eligible_from(since: str, soak: timedelta) -> str:
    return f"eligible from {_eligible(since, soak):%Y-%m-%dT%H:%MZ}"


def _eligible(since: str, soak: timedelta) -> datetime:
    return datetime.fromisoformat(since).astimezone(UTC) + soak


def _in_words(decision: Pin | Hold) -> str:
    return f"{decision.owner} until {decision.until}: {' '.join(decision.reason.split())}"


def _beside(registry: Answer, chosen: int) -> str:
    match registry:
        case Approved(version) if version > chosen:
            return f"; version {version} is approved"
        case Unknown(error):
            return f"; {error}"
    return ""


def _ended(what: str, decision: Pin | Hold, today: date) -> str:
    if decision.until >= today:
        return ""
    return f"the {what} by {decision.owner} ended on {decision.until} and stays in force: renew or remove it"
