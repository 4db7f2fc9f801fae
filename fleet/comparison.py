"""Champion and challengers side by side: rates, the difference in errors with its interval, and a plain verdict.

Pure, and of errors alone: whether a challenger's answers are better is for who knows the right ones. What CloudWatch
has is read in fleet/aws/operator/metrics.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import sqrt
from statistics import NormalDist

from fleet.tasks.model import CHAMPION

MINIMUM = 200  # calls an arm, below which nothing is said
CONFIDENCE = 0.95

# How long CloudWatch keeps data, and in steps of how many seconds (API reference, GetMetricData, 2026-11)
RESOLUTIONS = ((timedelta(days=15), 60), (timedelta(days=63), 300), (timedelta(days=455), 3600))
MARGIN = timedelta(hours=1)  # the age counts from when CloudWatch gets the request, and a start is rounded down


@dataclass(frozen=True)
class Window:
    """From `start` on, before `end`: whole steps of what CloudWatch keeps."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        return int((self.end - self.start).total_seconds())


def window(start: datetime, now: datetime) -> Window:
    """From the start to now, each to the step around it. Raises ValueError where CloudWatch has dropped the start."""
    step = next((step for kept, step in RESOLUTIONS if now - start <= kept - MARGIN), None)
    if step is None:
        raise ValueError(f"CloudWatch keeps metrics for {RESOLUTIONS[-1][0].days} days; take a later start")
    first, last = (int(time.timestamp()) // step * step for time in (min(start, now), now))
    return Window(datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last + step, UTC))


@dataclass(frozen=True)
class Metrics:
    """What CloudWatch has of one endpoint in a window. None is "no data", and never 0."""

    calls: int | None = None
    errors_4xx: int | None = None
    errors_5xx: int | None = None
    latency_p50_ms: float | None = None  # of the model alone
    latency_p95_ms: float | None = None
    latency_p99_ms: float | None = None
    overhead_average_ms: float | None = None  # what SageMaker adds, cold starts included
    overhead_max_ms: float | None = None
    cold_starts: int | None = None
    cold_start_p95_ms: float | None = None

    @property
    def errors(self) -> int | None:
        known = self.errors_4xx is not None and self.errors_5xx is not None
        return (self.errors_4xx or 0) + (self.errors_5xx or 0) if known else None

    def rate(self, count: int | None) -> float | None:
        """Of all calls."""
        return count / self.calls if self.calls and count is not None else None


@dataclass(frozen=True)
class Arm:
    """One variant that serves."""

    endpoint: str
    version: int
    weight: float  # its share of callers' keys
    modified: str  # when its endpoint was last modified, ISO 8601; "" where that is not known
    metrics: Metrics = Metrics()
    share: float | None = None  # of the calls to all arms
    error_rate: float | None = None


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE = "no difference seen"
    NOT_ENOUGH_CALLS = "not enough calls"
    NO_DATA = "no data"  # CloudWatch does not tell the errors


@dataclass(frozen=True)
class Difference:
    """In error rate, challenger minus champion, with the ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Judgement:
    """Of one challenger, against the champion."""

    verdict: Verdict
    reason: str  # one sentence, for people
    difference: Difference | None = None  # None where there is nothing to go by


def compare(arms: Mapping[str, Arm], minimum: int = MINIMUM) -> tuple[dict[str, Arm], dict[str, Judgement]]:
    """The arms with their shares and rates, and a judgement on each challenger, by name."""
    counts = [arm.metrics.calls for arm in arms.values()]
    total = sum(count or 0 for count in counts) if None not in counts else 0
    told = {name: _told(arm, total) for name, arm in arms.items()}
    champion = told[CHAMPION]
    return told, {name: judge(name, arm, champion, minimum) for name, arm in told.items() if name != CHAMPION}


def _told(arm: Arm, total: int) -> Arm:
    metrics = arm.metrics
    share = metrics.calls / total if total and metrics.calls is not None else None
    return replace(arm, share=share, error_rate=metrics.rate(metrics.errors))


def judge(name: str, challenger: Arm, champion: Arm, minimum: int = MINIMUM) -> Judgement:
    """What can be said of a challenger's errors."""
    for who, arm in ((CHAMPION, champion), (name, challenger)):
        if (arm.metrics.calls or 0) < minimum:
            seen = "no data on calls" if arm.metrics.calls is None else f"{arm.metrics.calls} calls"
            return Judgement(Verdict.NOT_ENOUGH_CALLS, f"{who} has {seen}; a verdict takes {minimum} in each variant")
    for who, arm in ((CHAMPION, champion), (name, challenger)):
        if arm.metrics.errors is None:
            missing = "4XX" if arm.metrics.errors_4xx is None else "5XX"
            return Judgement(Verdict.NO_DATA, f"CloudWatch has calls of {who}, and no data on its {missing} errors")
        if arm.metrics.errors > (arm.metrics.calls or 0):
            return Judgement(Verdict.NO_DATA, f"CloudWatch has more errors of {who} than calls")
    difference = newcombe(_counted(challenger), _counted(champion))
    rates = f"{percent(challenger.metrics.rate(challenger.metrics.errors))} of its calls fail"
    against = f"{percent(champion.metrics.rate(champion.metrics.errors))} of the champion's"
    return Judgement(_verdict(difference), f"{rates}, {against}; difference {_points(difference)}", difference)


def _counted(arm: Arm) -> tuple[int, int]:
    return arm.metrics.errors or 0, arm.metrics.calls or 0


def _verdict(difference: Difference) -> Verdict:
    if difference.high < 0:
        return Verdict.BETTER
    return Verdict.WORSE if difference.low > 0 else Verdict.NO_DIFFERENCE


def _points(difference: Difference) -> str:
    value, low, high = (f"{100 * one:+.2f}" for one in (difference.value, difference.low, difference.high))
    return f"{value} points, {CONFIDENCE:.0%} interval {low} to {high}"


def percent(rate: float | None) -> str:
    return "no data" if rate is None else f"{rate:.2%}"


def newcombe(one: tuple[int, int], other: tuple[int, int]) -> Difference:
    """The difference of two shares, one minus other, each as (count, of how many).

    Hybrid score interval: method 10 of Newcombe, Statistics in Medicine 17 (1998), 873-890. It holds for rates near 0
    and small counts, where the textbook interval (Wald) does not.
    """
    (p1, low1, high1), (p2, low2, high2) = _wilson(*one), _wilson(*other)
    value = p1 - p2
    below, above = sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2), sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)
    return Difference(value, value - below, value + above)


def _wilson(count: int, of: int) -> tuple[float, float, float]:
    """A share with its Wilson score interval."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share = count / of
    centre, half = share + z * z / (2 * of), z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    # Bounded: rounding may put the end of a share of 0 or 1 a hair on the wrong side of it
    return share, min((centre - half) / (1 + z * z / of), share), max((centre + half) / (1 + z * z / of), share)
