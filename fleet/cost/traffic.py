"""How much an endpoint is called in a month: as it was observed, as the task list expects it, or unknown.

Pure: what CloudWatch has comes in as a value. Unknown is never zero: what it would cost is then not summed.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from fleet.cost.month import Month
from fleet.tasks.model import CHAMPION, Task


class Origin(StrEnum):
    """Where what is known of the traffic comes from."""

    OBSERVED = "observed"  # CloudWatch has it
    EXPECTED = "expected"  # the task list says it
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Traffic:
    """Of one endpoint, in a month."""

    origin: Origin
    calls: float = 0
    mean_ms: float | None = None  # the model's own time; None = not known, although the calls may be
    request_kb: float = 1
    response_kb: float = 1
    log_gb: float | None = None  # that its containers write; None = not known

    @property
    def is_known(self) -> bool:
        return self.origin is not Origin.UNKNOWN

    @property
    def busy_seconds(self) -> float | None:
        """All calls together, as long as the model takes; None where that is not known."""
        if self.calls == 0 and self.is_known:
            return 0.0
        return None if self.mean_ms is None else self.calls * self.mean_ms / 1000


UNKNOWN = Traffic(Origin.UNKNOWN)


@dataclass(frozen=True)
class Observed:
    """What CloudWatch has of one endpoint over a span of days. None is "no data"."""

    calls: int
    mean_ms: float | None = None  # ModelLatency
    cold_starts: int | None = None
    memory_share: float | None = None  # the most that was in use, of memory_mb
    log_gb: float | None = None

    @property
    def cold_start_share(self) -> float | None:
        return self.cold_starts / self.calls if self.calls and self.cold_starts is not None else None


@dataclass(frozen=True)
class Span:
    """The days that were looked at, and how many of them an endpoint has been there."""

    days: float
    age_days: float | None = None  # None = not known

    @property
    def is_whole(self) -> bool:
        """Whether nothing in it is nothing: the endpoint was there all the while."""
        return self.age_days is not None and self.age_days >= self.days

    @property
    def seen_days(self) -> float:
        return self.days if self.age_days is None else min(self.days, max(self.age_days, 1 / 24))


def expected(task: Task, variant: str = CHAMPION) -> Traffic:
    """What the task list says: a variant has its share of the task's calls."""
    said = task.traffic
    if said is None:
        return UNKNOWN
    calls = said.calls_per_month * share(task, variant)
    return Traffic(Origin.EXPECTED, calls, said.mean_ms, said.request_kb, said.response_kb)


def share(task: Task, variant: str) -> float:
    """The share of the callers' keys that the task list gives a variant; the champion has the rest."""
    if variant != CHAMPION:
        return task.variants[variant].weight
    return 1 - math.fsum(each.weight for each in task.variants.values())


def of_a_month(task: Task, variant: str, seen: Observed | None, span: Span, month: Month) -> Traffic:
    """What an endpoint's month is estimated by; `seen` is None where CloudWatch could not be read.

    That nobody called counts as observed only of an endpoint that was there for the whole span: a new one says nothing.
    What CloudWatch does not publish (the sizes of requests) is as the task list says, or a kilobyte.
    """
    said = expected(task, variant)
    if seen is None or (seen.calls == 0 and not span.is_whole):
        return said
    months = span.seen_days * 24 / month.hours
    mean_ms = said.mean_ms if seen.mean_ms is None else seen.mean_ms
    log_gb = None if seen.log_gb is None else seen.log_gb / months
    return Traffic(Origin.OBSERVED, seen.calls / months, mean_ms, said.request_kb, said.response_kb, log_gb)
