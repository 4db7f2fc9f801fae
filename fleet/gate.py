"""Say which approved version passes a task's gate, and in figures why the newer ones do not.

Pure. What serves needs no figure, so a run that finds nothing new asks nothing: whose package has to be asked is an
answer of `weigh` too, one version at a time. Where a package has its figures is fleet/evidence/, asking it fleet/aws/,
and what people decided beside the gate fleet/choice.py.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fleet import figure
from fleet.seen import Version
from fleet.tasks.settings import Gate

NAMED = 2  # of the older versions that do not pass either, as many are named


@dataclass(frozen=True)
class Said:
    """What the package of a version says of the gate's metric."""

    figure: str = ""  # as it was registered; "" where it has none
    near: tuple[str, ...] = ()  # metrics of that name that it has by several evaluations, as `holdout/f1_macro`
    unread: str = ""  # what of the package could not be read: whether it has one is not known then
    kept: bool = False  # by an earlier run, which asked
    changed: str = ""  # LastModifiedTime, ISO 8601: since when it has soaked, where the registry was not asked for that


@dataclass(frozen=True)
class Grounds:
    """What a gate goes by beside its limits."""

    said: Mapping[int, Said] = field(default_factory=dict)  # by version, as far as packages were asked
    passing: Collection[int] = ()  # what callers are answered by, or were last: passes whatever its figures are
    baseline: int = 0  # the version with which `max_drop` and `max_rise` compare; 0 for none


@dataclass(frozen=True)
class Failed:
    """A version that does not pass."""

    version: Version
    reason: str


@dataclass(frozen=True)
class Weighed:
    """What came of it, as far as it is known."""

    chosen: Version | None = None  # the newest that passes
    failed: tuple[Failed, ...] = ()  # the newer ones, newest first
    ask: Version | None = None  # whose package has to be asked before anything comes of it
    unknown: str = ""  # why nothing does: what could not be read, and nothing serves that could stay

    @property
    def told(self) -> str:
        """Why what is newer was not chosen, in figures; "" where nothing is."""
        if not self.failed:
            return ""
        first, *others = self.failed
        said = f"version {first.version.number} does not pass the gate: {first.reason}"
        return f"{said}{_nor(others)}"


@dataclass(frozen=True)
class _Missing:
    """A figure that a limit needs, and that was never registered."""

    reason: str


@dataclass(frozen=True)
class _Unread:
    reason: str


_Verdict = str | _Missing | _Unread | Version  # why it fails, "" for a pass; or whose package has to be asked


def weigh(gate: Gate, versions: Sequence[Version], grounds: Grounds) -> Weighed:
    """The newest of the approved `versions` (newest first) that passes.

    What serves passes always: new settings of it, or making it again, are no new version. So nothing below it is
    chosen while it is among them. A failure is never concluded from what an earlier run kept: somebody may have added
    the figures since, so the package is asked again.
    """
    baseline = next((version for version in versions if version.number == grounds.baseline), None)
    failed: list[Failed] = []
    for at, version in enumerate(versions):
        if version.number in grounds.passing:
            return Weighed(version, tuple(failed))
        match _judge(gate, version, baseline, grounds.said):
            case Version() as whose:
                return Weighed(failed=tuple(failed), ask=whose)
            case _Unread(reason):
                # Could not find out: nothing is moved to because of that. What serves stays, if it may.
                stays = next((other for other in versions[at:] if other.number in grounds.passing), None)
                told = (*failed, Failed(version, reason))
                return Weighed(stays, told, unknown="" if stays else f"gate: version {version.number}: {reason}")
            case _Missing(reason) if gate.missing == "hold":
                failed.append(Failed(version, reason))
            case _Missing() | "":
                return Weighed(version, tuple(failed))
            case str(reason):
                failed.append(Failed(version, reason))
    return Weighed(failed=tuple(failed))


def to_keep(grounds: Grounds, chosen: int) -> dict[int, str]:
    """The figures that the record keeps, by version: of what was chosen, and of what that was compared with."""
    found = ((number, grounds.said.get(number)) for number in (chosen, grounds.baseline))
    return {number: said.figure for number, said in found if said and said.figure}


def kept(figures: Mapping[int, str]) -> dict[int, Said]:
    """What the record kept, as `weigh` takes it."""
    return {number: Said(text, kept=True) for number, text in figures.items()}


def in_words(gate: Gate) -> str:
    """`f1_macro, min 0.8, max_drop 0.01`"""
    limits = {"min": gate.min, "max": gate.max, "max_drop": gate.max_drop, "max_rise": gate.max_rise}
    said = (f"{name} {_limit(limit)}" for name, limit in limits.items() if limit is not None)
    return ", ".join((gate.metric, *said))


def _judge(gate: Gate, version: Version, baseline: Version | None, said: Mapping[int, Said]) -> _Verdict:
    """Why a version fails, "" where it passes, or whose package has to be asked first."""
    its = said.get(version.number)
    if its is None:
        return version
    verdict = _of_itself(gate, its)
    against = None
    if verdict == "" and baseline and (gate.max_drop is not None or gate.max_rise is not None):
        against = said.get(baseline.number)
        if against is None:
            return baseline
        verdict = _compared(gate, its.figure, baseline, against)
    if verdict == "" or (isinstance(verdict, _Missing) and gate.missing == "allow"):
        return verdict
    if its.kept:
        return version
    return baseline if baseline and against and against.kept else verdict


def _of_itself(gate: Gate, its: Said) -> str | _Missing | _Unread:
    if not its.figure and its.unread:
        return _Unread(f"{gate.metric} could not be read: {its.unread}")
    if not its.figure:
        several = f", but {' and '.join(its.near)}: let the gate name one of them" if its.near else ""
        return _Missing(f"its package has no {gate.metric}{several}")
    value = figure.number(its.figure)
    if value is None:
        return f"{gate.metric} is {its.figure}, which is no number"
    if gate.min is not None and value < figure.exact(gate.min):
        return f"{gate.metric} {its.figure} is below min {_limit(gate.min)}"
    if gate.max is not None and value > figure.exact(gate.max):
        return f"{gate.metric} {its.figure} is above max {_limit(gate.max)}"
    return ""


def _compared(gate: Gate, its: str, baseline: Version, against: Said) -> str | _Missing | _Unread:
    serves = f"version {baseline.number}, which serves"
    if not against.figure and against.unread:
        return _Unread(f"{gate.metric} of {serves}, could not be read: {against.unread}")
    value, base = figure.number(its), figure.number(against.figure)
    if value is None or base is None:
        has = f"its {gate.metric} is {against.figure}" if against.figure else f"it has no {gate.metric}"
        return _Missing(f"{gate.metric} {its} cannot be compared with {serves}: {has}")
    that = f"the {against.figure} of {serves}"
    if gate.max_drop is not None and base - value > figure.exact(gate.max_drop):
        return f"{gate.metric} {its} is {_difference(base, value)} below {that}; max_drop is {_limit(gate.max_drop)}"
    if gate.max_rise is not None and value - base > figure.exact(gate.max_rise):
        return f"{gate.metric} {its} is {_difference(value, base)} above {that}; max_rise is {_limit(gate.max_rise)}"
    return ""


def _difference(more: Decimal, less: Decimal) -> str:
    return figure.plain(more - less)


def _limit(limit: float) -> str:
    return figure.plain(figure.exact(limit))


def _nor(others: Sequence[Failed]) -> str:
    """The older versions that do not pass either."""
    if not others:
        return ""
    if len(others) > NAMED:
        return f"; {len(others)} older ones do not either"
    numbers = " and ".join(str(one.version.number) for one in others)
    return f"; version{'s' if len(others) > 1 else ''} {numbers} {'do' if len(others) > 1 else 'does'} not either"
