"""What state an alarm's data points make: M of N, missing data, low sample counts. Pure.

By the user guide of CloudWatch (2026-11): "Alarm evaluation", "Configuring how CloudWatch alarms treat missing data",
"Percentile-based alarms and low data samples".
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
EXTRA = 2  # periods that are looked at beyond those of the alarm, where some of these are missing: AWS's example has 2

COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
TREATMENTS = ("missing", "notBreaching", "breaching", "ignore")


@dataclass(frozen=True)
class Point:
    at: float  # the beginning of its period, as epoch seconds
    value: float
    is_low: bool = False  # a percentile of too few samples to be significant


@dataclass(frozen=True)
class Rule:
    """The part of an alarm that decides."""

    comparison: str
    threshold: float
    periods: int  # N
    to_alarm: int  # M
    missing: str = "missing"  # one of TREATMENTS
    ignores_low: bool = False  # EvaluateLowSampleCountPercentile is "ignore"

    @property
    def looked_at(self) -> int:
        """How many periods are asked for."""
        return self.periods + EXTRA

    def breaches(self, point: Point) -> bool:
        return COMPARISONS[self.comparison][0](point.value, self.threshold)


@dataclass(frozen=True)
class Verdict:
    state: State | None  # None: as it is
    reason: str = ""


def low(percentile: float, samples: int) -> bool:
    """Whether a percentile of so many samples is not significant: p95 needs 200 of them."""
    share = percentile / 100
    needed = 10 / (1 - share) if 0.5 <= share < 1 else 10 / share if 0 < share < 0.5 else 0
    return samples < round(needed, 6)


def judge(rule: Rule, points: Sequence[Point | None]) -> Verdict:
    """The state by the points of the periods that are looked at, newest first; None: that period has no data.

    Example: two of three must breach, and the newest period has no data. Then the fourth stands in for it, if there is
    one; else the treatment of missing data decides.
    """
    there = [(age, point) for age, point in enumerate(points, start=1) if point is not None]
    if not there:
        return _without_data(rule)
    used = there[: rule.periods]
    if rule.ignores_low and any(point.is_low for _, point in used):
        return Verdict(None)
    breaching = [(age, point) for age, point in used if rule.breaches(point)]
    filled = rule.periods - len(used)
    if len(breaching) + (filled if rule.missing == "breaching" else 0) >= rule.to_alarm:
        return Verdict("ALARM", _crossed(rule, [point for _, point in breaching], len(used), filled))
    only_breaching = filled and len(breaching) == len(used)
    if only_breaching and rule.missing == "ignore":
        return Verdict(None)
    if only_breaching and rule.missing == "missing":
        # "the oldest available breaching datapoint is at least as old as Datapoints to Alarm, and all other more recent
        # data points are breaching or missing": then it is an alarm, though there are fewer points than that
        if breaching[-1][0] >= rule.to_alarm:
            return Verdict("ALARM", _crossed(rule, [point for _, point in breaching], len(used), filled))
        return Verdict(None)
    fine = [point for _, point in used if not rule.breaches(point)]
    return Verdict("OK", _crossed(rule, fine, len(used), filled, is_fine=True))


def _without_data(rule: Rule) -> Verdict:
    periods = f"{rule.periods} period{'s' if rule.periods > 1 else ''}"
    treated = f"Threshold Crossed: no datapoints were received for {periods} and {rule.periods} missing datapoint"
    treated += "s were" if rule.periods > 1 else " was"
    match rule.missing:
        case "breaching":
            return Verdict("ALARM", f"{treated} treated as [Breaching].")
        case "notBreaching":
            return Verdict("OK", f"{treated} treated as [NonBreaching].")
        case "ignore":
            return Verdict(None)
        case _:
            plural = "s were" if rule.periods > 1 else " was"
            return Verdict("INSUFFICIENT_DATA", f"Insufficient Data: {rule.periods} datapoint{plural} unknown.")


def _crossed(rule: Rule, points: Sequence[Point], used: int, filled: int, is_fine: bool = False) -> str:
    """In AWS's words."""
    several = len(points) != 1
    shown = ", ".join(f"{point.value} ({_moment(point.at)})" for point in points)
    relation = ("was" if not several else "were") + (" not" if is_fine else "")
    relation += f" {COMPARISONS[rule.comparison][1]} the threshold ({rule.threshold})"
    least, way = (rule.periods - rule.to_alarm + 1, "ALARM -> OK") if is_fine else (rule.to_alarm, "OK -> ALARM")
    kind = "NonBreaching" if rule.missing == "notBreaching" else "Breaching"
    treated = f" and {filled} missing datapoint{'s' if filled > 1 else ''} treated as [{kind}]" if filled else ""
    if rule.missing in ("missing", "ignore"):
        treated = ""
    return (
        f"Threshold Crossed: {len(points)} out of the last {used} datapoint{'s' if used > 1 else ''} [{shown}] "
        f"{relation}{treated} (minimum {least} datapoint{'s' if least > 1 else ''} for {way} transition)."
    )


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d/%m/%y %H:%M:%S")
