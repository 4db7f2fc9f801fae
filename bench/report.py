"""What came out of all runs: how they grow with the number of tasks, what is not as promised, a table and a file."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from statistics import linear_regression

from bench.runs import GATED, PREVIEW, STATUS, STEPS, UNWATCHED, Measured, in_words

LIMIT = (22, 6.0)  # a warm preview and a status of so many tasks take at most so many seconds
GATES_LIMIT = 1.1  # times as long as that preview takes one whose tasks have gates
MONITORING_LIMIT = 1.0  # seconds that alarms and dashboard add to that preview
LIST_PAGE = 100  # endpoints a ListEndpoints page


@dataclass(frozen=True)
class Line:
    """Seconds that grow with the number of tasks."""

    base: float
    task: float

    def __str__(self) -> str:
        return f"{self.task * 1000:.0f} ms over {self.base:.1f} s"


@dataclass(frozen=True)
class Growth:
    """How one kind of run grows: straight lines through the sizes. What grows faster has a base below zero."""

    seconds: Line
    cpu_seconds: Line


def growth(measured: Sequence[Measured]) -> dict[str, Growth]:
    """By kind of run; none of one that was measured at one size only."""
    grown = {}
    for what in dict.fromkeys(row.what for row in measured):
        usages = {row.tasks: row.usage for row in measured if row.what == what}
        if len(usages) > 1:
            seconds = _line({tasks: usage.seconds for tasks, usage in usages.items()})
            grown[what] = Growth(seconds, _line({tasks: usage.cpu_seconds for tasks, usage in usages.items()}))
    return grown


def _line(seconds: Mapping[int, float]) -> Line:
    slope, intercept = linear_regression(list(seconds), list(seconds.values()))
    return Line(round(intercept, 2), round(slope, 4))


def missed(measured: Sequence[Measured]) -> list[str]:
    """What is not as promised, a sentence each."""
    sentences = []
    for row in measured:
        expected = {"ListEndpoints": ceil(row.tasks / LIST_PAGE), "ListModelPackages": row.tasks}
        # The provider asks once who it is, and an `up` says how it went; all other calls are the program's.
        calls = {name: count for name, count in row.calls.items() if name not in ("GetUser", "PutMetricData")}
        if row.what in {step.what for step in (*STEPS, GATED) if step.reads_only} and calls != expected:
            sentences.append(f"{row.tasks} tasks, {row.what}: {in_words(row.calls)}, instead of {in_words(expected)}")
        size, limit = LIMIT
        if row.tasks == size and row.what in (PREVIEW.what, STATUS.what) and row.usage.seconds > limit:
            took = f"{row.usage.seconds:.2f} s ({row.usage.cpu_seconds:.2f} s of CPU)"
            sentences.append(f"{size} tasks, {row.what}: {took}, and at most {limit} s are promised")
    return [*sentences, *_missed_by_monitoring(measured), *_missed_by_gates(measured)]


def _missed_by_monitoring(measured: Sequence[Measured]) -> list[str]:
    seconds = {row.what: row.usage.seconds for row in measured if row.tasks == LIMIT[0]}
    if not {PREVIEW.what, UNWATCHED.what} <= seconds.keys():
        return []
    more = seconds[PREVIEW.what] - seconds[UNWATCHED.what]
    took = f"{more:.2f} s of a warm preview, and at most {MONITORING_LIMIT} s are promised"
    return [f"{LIMIT[0]} tasks, monitoring: {took}"] if more > MONITORING_LIMIT else []


def _missed_by_gates(measured: Sequence[Measured]) -> list[str]:
    """By what takes less longer, seconds or CPU: in the seconds is what others do on this machine, too. A call more,
    which would take seconds alone, is missed above.
    """
    of = {row.what: row.usage for row in measured if row.tasks == LIMIT[0]}
    if not {PREVIEW.what, GATED.what} <= of.keys():
        return []
    before, now = of[PREVIEW.what], of[GATED.what]
    times = min(now.seconds / before.seconds, now.cpu_seconds / before.cpu_seconds)
    took = f"{times:.2f} times as long as without, and at most {GATES_LIMIT} times are promised"
    return [f"{LIMIT[0]} tasks, gates: a warm preview takes {took}"] if times > GATES_LIMIT else []


HEAD = ("tasks", "what", "seconds", "CPU s", "peak MB", "all MB", "AWS calls", "no AWS: s", "CPU s", "ratio")
GROWTH_HEAD = ("s a task", "CPU s a task")


def table(measured: Sequence[Measured]) -> str:
    """Aligned plain text; how it grows stands at the largest size."""
    grown, largest = growth(measured), max(row.tasks for row in measured)
    rows = [HEAD + GROWTH_HEAD]
    for row in measured:
        used, bare = row.usage, row.without_aws
        lines = grown.get(row.what) if row.tasks == largest else None
        rows.append(
            (
                str(row.tasks),
                row.what,
                f"{used.seconds:.2f}",
                f"{used.cpu_seconds:.2f}",
                f"{used.largest_mb:.0f}",
                f"{used.total_mb:.0f}",
                str(sum(row.calls.values())),
                f"{bare.seconds:.2f}",
                f"{bare.cpu_seconds:.2f}",
                f"{row.ratio:.2f}",
                *((str(lines.seconds), str(lines.cpu_seconds)) if lines else ("", "")),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    words = (HEAD.index("what"), *range(len(HEAD), len(rows[0])))
    formats = [f"{{:{'<' if n in words else '>'}{width}}}" for n, width in enumerate(widths)]
    return "\n".join("  ".join(formats).format(*row).rstrip() for row in rows)


def as_json(measured: Sequence[Measured], latency_ms: float, loads: Sequence[float]) -> str:
    """All that was measured; times in seconds, memory in MB."""
    content = {
        "latency_ms": latency_ms,
        "cpus": os.cpu_count(),
        "load_averages": loads,  # of the last minute, before and after: others' work is in the seconds
        "runs": [asdict(row) | {"ratio": round(row.ratio, 3)} for row in measured],
        "growth": {what: asdict(line) for what, line in growth(measured).items()},
        "missed": missed(measured),
    }
    return json.dumps(content, indent=1) + "\n"
