"""Two versions side by side: figures with their difference, and whatever else is not the same in both.

Pure; how it is printed is forms.py. Not fleet/comparison.py, which compares what callers got of variants that serve.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from fleet import figure
from fleet.evidence.facts import Facts
from fleet.figure import Better

BETTER, WORSE, SAME = "better", "worse", "same"
NOTHING = "-"


@dataclass(frozen=True)
class Row:
    """One thing of both versions."""

    name: str
    before: str  # "" where the version does not have it
    after: str
    difference: str = ""  # of two numbers, with its sign
    verdict: str = ""  # of two figures; "" where nobody knows which is better


@dataclass(frozen=True)
class SideBySide:
    """Two versions, the second as a successor of the first."""

    before: Facts
    after: Facts
    figures: tuple[Row, ...]  # every metric that one of them has
    parameters: tuple[Row, ...]  # those that differ
    rest: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def compare(before: Facts, after: Facts, lower_is_better: Collection[str] = ()) -> SideBySide:
    """Both versions; of the metrics in `lower_is_better` a lower figure is the better one, whatever their name says."""
    metrics = sorted(before.figures.keys() | after.figures.keys())
    figures = tuple(
        _figure(metric, before.figures.get(metric, ""), after.figures.get(metric, ""), lower_is_better)
        for metric in metrics
    )
    parameters = tuple(_differing(before.origin.parameters, after.origin.parameters))
    return SideBySide(before, after, figures, parameters, tuple(_rest(before, after)), tuple(_notes(before, after)))


def _figure(metric: str, before: str, after: str, lower_is_better: Collection[str]) -> Row:
    one, other = figure.number(before), figure.number(after)
    if one is None or other is None:
        return Row(metric, before, after)
    better = figure.better(metric, lower_is_better)
    if one == other:
        verdict = SAME
    elif better is Better.UNKNOWN:
        verdict = ""
    else:
        verdict = BETTER if (other > one) == (better is Better.HIGHER) else WORSE
    return Row(metric, before, after, figure.signed(other - one), verdict)


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Row]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Row(name, before.get(name, ""), after.get(name, ""))


@dataclass(frozen=True)
class _Line:
    """What is shown of both; where they agree, only what `always` is."""

    name: str
    of: Callable[[Facts], str]
    always: bool = False


_LINES = (
    _Line("status", lambda one: one.status),
    _Line("approval", lambda one: one.approval, always=True),
    _Line("reason", lambda one: one.reason),
    _Line("decided", lambda one: one.by_whom, always=True),
    _Line("registered", lambda one: " by ".join(filter(None, (one.registered, one.registered_by))), always=True),
    _Line("stage", lambda one: one.stage),
    _Line("dataset", lambda one: " ".join(filter(None, (one.origin.dataset, one.origin.digest))), always=True),
    _Line("MLflow run", lambda one: one.origin.run, always=True),
    _Line("experiment", lambda one: one.origin.experiment),
    _Line("git commit", lambda one: one.origin.commit),
    _Line("image", lambda one: one.image),
    _Line("model", lambda one: one.archive),
)


def described(facts: Facts) -> list[Row]:
    """One version by itself, where there is nothing to compare it with."""
    figures = [Row(metric, "", text) for metric, text in sorted(facts.figures.items())]
    lines = [Row(line.name, "", line.of(facts)) for line in _LINES]
    sizes = [Row("model size", "", megabytes(facts.archive_bytes)), Row("image size", "", megabytes(facts.image_bytes))]
    return [row for row in (*figures, *lines, *sizes) if row.after]


def notes(*versions: Facts) -> Iterator[str]:
    """What is to be said of how each version was evaluated."""
    for facts in versions:
        if not facts.figures and not facts.evaluation.unread:
            yield f"{facts.title} was registered without figures"
        for source, error in facts.evaluation.unread.items():
            yield f"{facts.title}: {source.value} could not be read: {error}"


def _rest(before: Facts, after: Facts) -> Iterator[Row]:
    for line in _LINES:
        one, other = line.of(before), line.of(after)
        if (one or other) and (line.always or one != other):
            yield Row(line.name, one, other)
    yield from _differing(
        {f"environment {key}": value for key, value in before.environment.items()},
        {f"environment {key}": value for key, value in after.environment.items()},
    )
    for name, size, other_size in (
        ("model size", before.archive_bytes, after.archive_bytes),
        ("image size", before.image_bytes, after.image_bytes),
    ):
        if size is not None or other_size is not None:
            yield Row(name, megabytes(size), megabytes(other_size), _grown(size, other_size))


def megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:,.1f} MB"


def _grown(before: int | None, after: int | None) -> str:
    return "" if before is None or after is None or before == after else f"{(after - before) / 1e6:+,.1f} MB"


def _notes(before: Facts, after: Facts) -> Iterator[str]:
    one, other = (facts.origin.digest or facts.origin.dataset for facts in (before, after))
    if one and other and one != other and before.figures and after.figures:
        yield "the two were evaluated on different data: their figures may not be comparable"
    yield from notes(before, after)
