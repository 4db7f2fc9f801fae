"""How often the endpoints were called over time, how it went, and how the variants of a task compare."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fleet.cli.commands import compare
from fleet.cli.page import drawing
from fleet.cli.page.blocks import (
    Beside,
    Block,
    Card,
    Cell,
    Figures,
    Folded,
    Listed,
    Said,
    Section,
    Table,
    Tone,
    cells,
    folded_beyond,
    heads,
    missing,
)
from fleet.cli.page.content import Content, Missing
from fleet.cli.page.drawing import Drawing, Line, Range
from fleet.cli.page.standing import NONE, counted, shown
from fleet.comparison import Verdict, percent
from fleet.cost.usage import Day, Usage, together
from fleet.seen import Unknown

SHOWN_TASKS = 12
HOPED = {Verdict.BETTER: Tone.GOOD, Verdict.WORSE: Tone.BAD}


@dataclass(frozen=True)
class Whole:
    """One day of all endpoints that could be read."""

    at: datetime
    days: tuple[Day, ...]

    @property
    def calls(self) -> int:
        return sum(day.calls for day in self.days)

    @property
    def mean_ms(self) -> float | None:
        return together(self.days).mean_ms

    @property
    def slowest_ms(self) -> float | None:
        """The p95 of the slowest endpoint: percentiles of several cannot be put together."""
        return max((day.p95_ms for day in self.days if day.p95_ms is not None), default=None)

    @property
    def refused(self) -> float | None:
        return share(sum(day.errors_4xx or 0 for day in self.days), self.calls)

    @property
    def failed(self) -> float | None:
        return share(sum(day.errors_5xx or 0 for day in self.days), self.calls)

    @property
    def cold(self) -> int:
        return sum(day.cold_starts or 0 for day in self.days)


def share(count: int, of: int) -> float | None:
    return count / of if of else None


def ms(value: float | None) -> str:
    return NONE if value is None else f"{value:,.1f} ms" if value < 10 else f"{value:,.0f} ms"


def read_of(content: Content) -> dict[str, Usage]:
    """The usage that is known, by task or task/variant."""
    found: Mapping[str, Usage | Unknown] = {} if isinstance(content.usage, Missing) else content.usage
    return {name: usage for name, usage in found.items() if isinstance(usage, Usage)}


def whole(usages: Sequence[Usage]) -> list[Whole]:
    if not usages:
        return []
    period = usages[0].period
    return [
        Whole(period.begins(number), days)
        for number, days in enumerate(zip(*(each.days for each in usages), strict=True))
    ]


# Over time


def course(content: Content) -> Section:
    title = "Calls, latency, errors and cold starts over time"
    return Section("calls", title, tuple(_course(content)))


def _course(content: Content) -> Iterable[Block]:
    if isinstance(content.usage, Missing):
        yield missing("CloudWatch's metrics", content.usage.why)
        return
    known = read_of(content)
    for why in dict.fromkeys(each.error for each in content.usage.values() if isinstance(each, Unknown)):
        those = [name for name, each in content.usage.items() if isinstance(each, Unknown) and each.error == why]
        yield missing(f"The metrics of {counted(len(those), 'endpoint')} ({', '.join(those[:5])})", why)
    called = {name: usage for name, usage in known.items() if usage.observed.calls}
    if not called:
        yield Said("Nobody called, as far as CloudWatch tells." if known else "Nothing serves.")
        return
    days = whole(list(known.values()))
    yield Figures(tuple(_charts(days)))
    yield Folded("The figures of these charts, day by day", (_days(days),))
    yield from folded_beyond(SHOWN_TASKS, _by_task(called), "tasks and variants")
    if quiet := sorted(known.keys() - called.keys()):
        yield Folded(f"{counted(len(quiet), 'endpoint')} that nobody called", (Listed(tuple(quiet)),))


def _charts(days: Sequence[Whole]) -> Iterable[Drawing]:
    times = [day.at for day in days]
    calls = [day.calls for day in days]
    each = "A value for each day, of all endpoints together"
    yield drawing.columns("all-calls", "Calls a day", f"{each}: {sum(calls):,} in all.", times, calls)
    latency = [
        Line("mean of all calls", tuple(day.mean_ms for day in days)),
        Line("p95 of the slowest", tuple(day.slowest_ms for day in days)),
    ]
    most = ms(max((day.slowest_ms for day in days if day.slowest_ms is not None), default=None))
    words = f"{each}: the mean, and the p95 of the endpoint that was slowest; at most {most}."
    yield drawing.lines("all-latency", "Model latency, in milliseconds", words, times, latency, "ms")
    errors = [
        Line("server errors (5XX)", tuple(day.failed for day in days)),
        Line("refused (4XX)", tuple(day.refused for day in days)),
    ]
    worst = percent(max((day.failed for day in days if day.failed is not None), default=None))
    words = f"{each}: the share of calls with an error; server errors at most {worst}."
    yield drawing.lines("all-errors", "Errors, as a share of calls", words, times, errors, "%")
    cold = [day.cold for day in days]
    yield drawing.columns("all-cold", "Cold starts a day", f"{each}: {sum(cold):,} in all.", times, cold)


def _days(days: Sequence[Whole]) -> Table:
    titles = heads("Day from", "#Calls", "#Mean", "#p95 of the slowest", "#5XX", "#4XX", "#Cold starts")
    rows = tuple(
        cells(
            shown(day.at),
            f"{day.calls:,}",
            ms(day.mean_ms),
            ms(day.slowest_ms),
            NONE if day.failed is None else percent(day.failed),
            NONE if day.refused is None else percent(day.refused),
            f"{day.cold:,}",
        )
        for day in days
    )
    return Table("All endpoints together, day by day", titles, rows)


def _by_task(called: Mapping[str, Usage]) -> Table:
    titles = heads("Task", "#Calls", "Calls a day", "#5XX", "#4XX", "#p95, worst day", "p95 a day", "#Cold starts")
    by_calls = sorted(called.items(), key=lambda each: (-each[1].observed.calls, each[0]))
    return Table("By task and variant, over the same days", titles, tuple(_task(name, its) for name, its in by_calls))


def _task(name: str, its: Usage) -> tuple[Cell, ...]:
    calls = its.observed.calls
    p95 = [day.p95_ms for day in its.days]
    worst = max((value for value in p95 if value is not None), default=None)
    failed = share(sum(day.errors_5xx or 0 for day in its.days), calls)
    per_day = [day.calls for day in its.days]
    return cells(
        name,
        f"{calls:,}",
        Cell("", drawing=drawing.spark(per_day, f"from {min(per_day):,} to {max(per_day):,} a day")),
        Cell(percent(failed), Tone.BAD if failed and failed >= 0.01 else Tone.PLAIN),
        percent(share(sum(day.errors_4xx or 0 for day in its.days), calls)),
        ms(worst),
        Cell("", drawing=drawing.spark(p95, f"at most {ms(worst)}")),
        NONE if its.observed.cold_start_share is None else percent(its.observed.cold_start_share),
    )


def calls_card(content: Content) -> Card:
    known = list(read_of(content).values())
    label = f"Calls in {counted(content.days, 'day')}"
    if isinstance(content.usage, Missing) or (content.usage and not known):
        return Card(label, "not known", "see below", Tone.BAD)
    days = whole(known)
    calls = sum(day.calls for day in days)
    failed = share(sum(one.errors_5xx or 0 for day in days for one in day.days), calls)
    detail = "nobody called" if failed is None else f"{percent(failed)} of them failed (5XX)"
    return Card(label, f"{calls:,}", detail, Tone.BAD if failed and failed >= 0.01 else Tone.PLAIN)


# A/B tests


def tests(content: Content) -> Section:
    return Section("tests", "A/B tests", tuple(_tests(content)))


def _tests(content: Content) -> Iterable[Block]:
    if isinstance(content.tests, Missing):
        yield missing("The A/B tests", content.tests.why)
        return
    if not content.tests:
        yield Said("No task has a challenger that serves.")
    for found in content.tests:
        if isinstance(found, Missing):
            yield missing("An A/B test", found.why)
        else:
            yield from _test(found)


def _test(found: compare.Report) -> Iterable[Block]:
    for name, judgement in found.judgements.items():
        yield Said(f"{found.task}/{name}: {judgement.verdict}: {judgement.reason}.")
    of = [
        Range(name, 100 * its.low, 100 * its.value, 100 * its.high)
        for name, judgement in found.judgements.items()
        if (its := judgement.difference)
    ]
    table = _figures(found)
    if of:
        words = "Each challenger's error rate less the champion's, with its 95 % interval: left of 0 it fails less."
        title = f"{found.task}: difference in errors, in percentage points"
        yield Beside(drawing.ranges(f"test-{found.task}", title, words, of, "percentage points"), (table,))
    else:
        yield table
    if found.warnings:
        yield Listed(found.warnings)


def _figures(found: compare.Report) -> Table:
    rows = tuple(
        cells(line.head.capitalize(), *(line.cell(arm) for arm in found.variants.values())) for line in compare.LINES
    )
    caption = f"{found.task}, {shown(found.start)} to {shown(found.end)}"
    return Table(caption, heads("Figure", *found.variants), rows)
