"""What CloudWatch has of one endpoint, day by day, over a span and over the one before it: what a month is judged by.

Pure values. Reading them is fleet/aws/operator/usage.py, what a month is then called for fleet/cost/traffic.py.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from fleet.cost.traffic import Observed, Span

DAY = timedelta(days=1)
GB = 1_000_000_000  # bytes
STEADY_DAYS = 7  # with calls, after which a day without any is out of the ordinary
# CloudWatch keeps a metric for 455 days (API reference, GetMetricData, 2026-11), and two spans are asked for.
MOST_DAYS = 227


@dataclass(frozen=True)
class Day:
    """24 hours of one endpoint. None is "no data", of what has a value only where there is a call."""

    calls: int = 0
    mean_ms: float | None = None  # ModelLatency
    p95_ms: float | None = None  # the same; only where it was asked for, as the errors
    errors_4xx: int | None = None
    errors_5xx: int | None = None
    cold_starts: int | None = None
    memory_share: float | None = None  # the most that was in use, of memory_mb
    log_bytes: float = 0


@dataclass(frozen=True)
class Period:
    """Whole days back from a time, and as many before these."""

    end: datetime
    days: int

    @property
    def start(self) -> datetime:
        return self.end - self.days * DAY

    @property
    def before(self) -> datetime:
        """When the span before it began: from there on CloudWatch is asked."""
        return self.end - 2 * self.days * DAY

    def begins(self, number: int) -> datetime:
        """When one of the days of the span began, counted from 0."""
        return self.start + number * DAY


@dataclass(frozen=True)
class Usage:
    """Of one endpoint, the oldest day first."""

    period: Period
    days: tuple[Day, ...]  # of the span
    before: tuple[Day, ...]  # as many

    @property
    def observed(self) -> Observed:
        """All days of the span together."""
        return together(self.days)

    def observed_before(self, created: datetime | None) -> Observed | None:
        """The same of the span before it; None where the endpoint was not there for all of it, as far as is known."""
        was_there = self.before[0].calls > 0 or (created is not None and created <= self.period.before)
        return together(self.before) if was_there else None

    def span(self, created: datetime | None) -> Span:
        """The span, and how old the endpoint is in it.

        One that was made anew under its name is as old as the calls that CloudWatch has of it: all of them are counted.
        """
        if created is None:
            return Span(self.period.days)
        age = (self.period.end - created.astimezone(UTC)) / DAY
        called = next((len(self.days) - number for number, day in enumerate(self.days) if day.calls), 0)
        return Span(self.period.days, age if age > called - 1 else called)


def together(days: Sequence[Day]) -> Observed:
    """Several days as one: counts add up, a mean is weighted by its day's calls."""
    timed = [(day.calls, day.mean_ms) for day in days if day.calls and day.mean_ms is not None]
    cold = [day.cold_starts for day in days if day.cold_starts is not None]
    memory = [day.memory_share for day in days if day.memory_share is not None]
    weight = sum(calls for calls, _ in timed)
    return Observed(
        calls=sum(day.calls for day in days),
        mean_ms=math.fsum(calls * mean for calls, mean in timed) / weight if weight else None,
        cold_starts=sum(cold) if cold else None,
        memory_share=max(memory, default=None),
        log_gb=math.fsum(day.log_bytes for day in days) / GB,
    )


def silent_days(usages: Iterable[Usage]) -> int:
    """For how many days CloudWatch has had no call of any endpoint, where it had some on each of the days before.

    Then nobody calls any more, or its data is late: nobody can tell which. A fleet that rests now and then is not
    silent, nor is one that was never called: 0.
    """
    per_day = [*map(sum, zip(*(_calls(usage) for usage in usages), strict=True))]
    silent = len([*takewhile(lambda calls: not calls, reversed(per_day))])
    busy = per_day[: len(per_day) - silent][-STEADY_DAYS:]
    return silent if busy and all(busy) else 0


def _calls(usage: Usage) -> Iterator[int]:
    return (day.calls for day in (*usage.before, *usage.days))


def of_days(period: Period, values: Mapping[int, Day]) -> Usage:
    """The days by number, from 0 at the beginning of the span before; of one that is missing there is no data."""
    every = [values.get(number, Day()) for number in range(2 * period.days)]
    return Usage(period, tuple(every[period.days :]), tuple(every[: period.days]))
