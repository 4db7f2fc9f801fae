"""The dashboard of a stack in one Region: the bodies that CloudWatch is given, a page or more.

Pure: endpoints, their moves and the names of their alarms come in, pages go out; the same comes in, byte for byte the
same goes out. Only a move changes a body: its marks are literal times. CloudWatch can also find metrics by a search,
which would keep the body the same for every task list, but a search matches words and not the beginnings of names.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from fleet.memory import Move, Verdict
from fleet.monitoring.alarms import TRAFFIC, Metric

# Limits of a dashboard (User Guide, CloudWatch quotas and "Using CloudWatch dashboards", 2026-11).
WIDGETS = 500
METRICS = 2500
METRICS_OF_A_WIDGET = 100  # written out in one array; 500 where a search finds them
ALARMS_OF_A_WIDGET = 100  # (API reference, Dashboard Body Structure, 2026-11)
COLUMNS = 24
MARKS = 3  # moves a task that are marked
PERIOD = 300  # seconds


@dataclass(frozen=True)
class Served:
    """One endpoint of a task, as the dashboard shows it."""

    title: str  # how messages call it: the champion by its task's name alone
    endpoint: str
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True)
class Row:
    """What is shown of one task: its champion first, then its challengers, on the same graphs."""

    task: str
    served: tuple[Served, ...]


@dataclass(frozen=True)
class Page:
    """One dashboard of CloudWatch."""

    name: str
    body: str
    tasks: frozenset[str] = frozenset()  # whose graphs, and marks, are on it


@dataclass(frozen=True)
class _Graph:
    title: str
    metric: Metric
    is_share: bool = False  # drawn from 0 to 1


CALLS = _Graph("calls", Metric("Invocations", "Sum"))
ERRORS = _Graph("server errors (share)", Metric("Invocation5XXErrors", "Average"), is_share=True)
REFUSED = _Graph("refused (share)", Metric("Invocation4XXErrors", "Average"), is_share=True)
LATENCY = _Graph("model latency p95 (µs)", Metric("ModelLatency", "p95"))
COLD = _Graph("cold starts", Metric("ModelSetupTime", "SampleCount"))
BUSY = _Graph(
    "concurrency in use (share)", Metric("ServerlessConcurrentExecutionsUtilization", "Maximum"), is_share=True
)

OF_THE_FLEET = (CALLS, ERRORS, LATENCY, COLD, BUSY)
OF_A_TASK = (CALLS, ERRORS, LATENCY, COLD)
GRAPH_HEIGHT, ALARMS_HEIGHT, HEADING_HEIGHT = 6, 4, 2
HEADING = "## {stack}\nWritten by the SageMaker Endpoint Manager in each run: what is changed by hand is lost."

Widget = dict[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True)
class _Band:
    """Widgets side by side that stay on one page, without their places."""

    widgets: tuple[Widget, ...]
    height: int
    task: str = ""

    @property
    def metrics(self) -> int:
        return sum(len(widget["properties"].get("metrics", ())) for widget in self.widgets)


def pages(name: str, rows: Sequence[Row], *, stack: str, region: str, alarms: Sequence[str] = ()) -> list[Page]:
    """The pages of a dashboard: the fleet's overview, then a band of graphs a task.

    Each begins with a heading that says whose it is: `stack`, as `<project>/<stack>`. `name` is that of the first page,
    `<project>-<stack>-<Region>`; the others end in -2, -3 …. `alarms` are ARNs.
    """
    bands = [*_overview(rows, region, alarms), *(_of_task(row, region) for row in rows)]
    return [
        Page(_called(name, number), _body([_heading(stack), *page]), frozenset(band.task for band in page if band.task))
        for number, page in enumerate(_split(bands), 1)
    ]


def is_of(stack: str, body: str) -> bool:
    """Whether a page is this stack's, by its heading: a dashboard has no tags."""
    try:
        widgets = json.loads(body)["widgets"]
        said = [widget["properties"].get("markdown") for widget in widgets]
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    return HEADING.format(stack=stack) in said


def _heading(stack: str) -> _Band:
    text = {"markdown": HEADING.format(stack=stack)}
    return _Band(({"type": "text", "properties": text},), HEADING_HEIGHT)


def _called(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _overview(rows: Sequence[Row], region: str, alarms: Sequence[str]) -> Iterator[_Band]:
    """Every endpoint on one graph a metric, as many as a graph takes; then the alarms that are there."""
    everything = [served for row in rows for served in row.served]
    for some in _in_parts(everything, METRICS_OF_A_WIDGET):
        yield _Band(tuple(_graph(f"fleet: {graph.title}", graph, some, region) for graph in OF_THE_FLEET), GRAPH_HEIGHT)
    for few in _in_parts(alarms, ALARMS_OF_A_WIDGET):
        # Only those in ALARM: of 600 that are well nobody finds the one that is not.
        shown = {"title": "alarms", "alarms": list(few), "sortBy": "stateUpdatedTimestamp", "states": ["ALARM"]}
        yield _Band(({"type": "alarm", "properties": shown},), ALARMS_HEIGHT)


def _in_parts(items: Sequence[_T], most: int) -> Iterator[Sequence[_T]]:
    return (items[start : start + most] for start in range(0, len(items), most))


def _of_task(row: Row, region: str) -> _Band:
    marks = _marks(row)
    graphs = (_graph(f"{row.task}: {graph.title}", graph, row.served, region, marks) for graph in OF_A_TASK)
    return _Band(tuple(graphs), GRAPH_HEIGHT, row.task)


def _graph(title: str, graph: _Graph, served: Iterable[Served], region: str, marks: Sequence[Widget] = ()) -> Widget:
    metric = (graph.metric.namespace, graph.metric.name)
    metrics = [
        [*metric, "EndpointName", each.endpoint, "VariantName", TRAFFIC, {"label": each.title}] for each in served
    ]
    properties = {
        "title": title,
        "view": "timeSeries",  # marks are shown in no other view (User Guide, vertical annotations, 2026-11)
        "region": region,
        "stat": graph.metric.statistic,
        "period": PERIOD,
        "metrics": metrics,
        "yAxis": {"left": {"min": 0, "max": 1} if graph.is_share else {"min": 0}},
    }
    return {"type": "metric", "properties": properties | ({"annotations": {"vertical": list(marks)}} if marks else {})}


def _marks(row: Row) -> list[Widget]:
    """The last times at which a version of the task went live, its challengers' too; the oldest first."""
    live = [
        (move.time, f"{served.title} v{move.version}")
        for served in row.served
        for move in served.moves
        if move.verdict is Verdict.SERVES and move.time
    ]
    by_time = sorted(live, key=lambda mark: (datetime.fromisoformat(mark[0]), mark[1]))
    return [{"value": time, "label": label} for time, label in by_time[-MARKS:]]


def _split(bands: Iterable[_Band]) -> list[list[_Band]]:
    """The bands, page by page: a page ends before the band with which it would pass a limit."""
    found: list[list[_Band]] = [[]]
    for band in bands:
        here = [*found[-1], band]
        is_full = sum(len(each.widgets) for each in here) > WIDGETS - 1 or sum(each.metrics for each in here) > METRICS
        if is_full and found[-1]:
            found.append([band])
        else:
            found[-1] = here
    return found


def _body(bands: Sequence[_Band]) -> str:
    widgets: list[Widget] = []
    y = 0
    for band in bands:
        edges = [COLUMNS * number // len(band.widgets) for number in range(len(band.widgets) + 1)]
        for widget, left, right in zip(band.widgets, edges, edges[1:], strict=False):
            widgets.append(widget | {"x": left, "y": y, "width": right - left, "height": band.height})
        y += band.height
    return json.dumps({"widgets": widgets}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def metrics_of(page: Page) -> int:
    """How many metrics a page shows: the free dashboards have at most 50."""
    return sum(len(widget["properties"].get("metrics", ())) for widget in json.loads(page.body)["widgets"])
