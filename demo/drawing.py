"""Draw a dashboard of CloudWatch, from its body and the data that GetMetricData gives for it.

Pure: the same comes in, byte for byte the same goes out. Of a body it draws what fleet.monitoring.dashboard writes:
graphs of metrics with their vertical marks, alarms, and a heading.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from demo.axes import clock, nice, short
from demo.svg import INK, LETTER, NORMAL, PALE, PAPER, SMALL, Box, document, number, path, rectangle, text

COLUMNS, COLUMN, ROW, GAP, HEADER = 24, 50, 34, 4, 34  # the grid; pixels of it, around a widget, and of the name
LINES = ("#1f77b4", "#ff7f0e", "#2ca02c", "#9467bd", "#8c564b", "#17becf")  # in the order of a widget's metrics
NARROW = 160  # pixels: no room for four times of day
GROUND, RULE, RED = "#f2f3f3", "#e3e6ea", "#d13212"
STATES = ("ALARM", "INSUFFICIENT_DATA", "OK")

Point = tuple[float, float]  # the beginning of a period, as epoch seconds, and the value


@dataclass(frozen=True)
class Series:
    """What a graph asks for: one line of it."""

    statistic: str
    period: int  # seconds
    metric: tuple[str, ...]  # namespace, name, then names and values of dimensions in turn


@dataclass(frozen=True)
class Alarm:
    """One that is looked at."""

    arn: str
    state: str
    since: float  # epoch seconds


@dataclass(frozen=True)
class Seen:
    """What CloudWatch knows of the time between two moments, which are epoch seconds."""

    start: float
    end: float
    points: Mapping[Series, Sequence[Point]]
    alarms: Sequence[Alarm]

    def x(self, at: float, box: Box) -> float:
        return box.x + box.width * (at - self.start) / (self.end - self.start)


def asked(body: str) -> list[Series]:
    """Every line of a dashboard."""
    return [series for widget in json.loads(body)["widgets"] for series, _ in _lines(widget["properties"])]


def _lines(properties: Mapping[str, Any]) -> Iterator[tuple[Series, str]]:
    """Each line of a graph, and what it is called."""
    for *metric, options in properties.get("metrics", ()):
        yield Series(properties["stat"], properties["period"], tuple(metric)), options["label"]


def draw(name: str, body: str, seen: Seen) -> str:
    """The dashboard of that name as SVG, laid out as CloudWatch does."""
    widgets = json.loads(body)["widgets"]
    width, rows = COLUMNS * COLUMN, max(widget["y"] + widget["height"] for widget in widgets)
    whole = Box(0, 0, width, HEADER + ROW * rows)
    day = datetime.fromtimestamp(seen.start, UTC).strftime("%Y-%m-%d")
    drawn = [
        rectangle(whole, fill=GROUND),
        text(12, 22, name, size=16),
        text(width - 12, 22, f"{day}, {clock(seen.start)} to {clock(seen.end)} UTC", fill=PALE, text_anchor="end"),
        *(part for widget in widgets for part in _widget(widget, seen)),
    ]
    return document(whole.width, whole.height, name, drawn)


def _widget(widget: Mapping[str, Any], seen: Seen) -> Iterator[str]:
    x, y, width, height = (widget[member] for member in ("x", "y", "width", "height"))
    place = Box(x * COLUMN, HEADER + y * ROW, width * COLUMN, height * ROW)
    box = place.within(GAP, GAP, GAP, GAP)
    yield rectangle(box, rx=4, fill=PAPER, stroke=RULE)
    of_type = {"alarm": _alarms, "metric": _graph, "text": _words}[widget["type"]]
    yield from of_type(widget["properties"], box, seen)


def _words(properties: Mapping[str, Any], box: Box, seen: Seen) -> Iterator[str]:
    """Markdown with headings and no more."""
    for row, line in enumerate(properties["markdown"].splitlines()):
        words = line.lstrip("# ")
        yield text(box.x + 10, box.y + 24 + 22 * row, words, *((16, INK) if line != words else (NORMAL, PALE)))


def _titled(properties: Mapping[str, Any], box: Box) -> str:
    return text(box.x + 10, box.y + 18, properties["title"])


def _graph(properties: Mapping[str, Any], box: Box, seen: Seen) -> Iterator[str]:
    yield _titled(properties, box)
    lines = [(label, seen.points.get(series, ())) for series, label in _lines(properties)]
    legend = legend_rows([label for label, _ in lines], box.width - 20)
    plot = box.within(42, 32, 12, 26 + 14 * len(legend))
    largest = max((value for _, points in lines for _, value in points), default=0)
    top = properties["yAxis"]["left"].get("max") or nice(largest)
    for value in (0, top / 2, top):
        y = plot.bottom - plot.height * value / top
        yield path(f"M{number(plot.x)} {number(y)}H{number(plot.right)}", stroke=RULE)
        yield text(plot.x - 5, y + 3.5, short(value), SMALL, PALE, text_anchor="end")
    anchors = ("start", "middle", "middle", "end") if plot.width > NARROW else ("start", "middle", "end")
    for part, anchor in enumerate(anchors):
        at = seen.start + (seen.end - seen.start) * part / (len(anchors) - 1)
        yield text(seen.x(at, plot), plot.bottom + 14, clock(at), SMALL, PALE, text_anchor=anchor)
    for colour, (_, points) in zip(_colours(), lines, strict=False):
        on_paper = [(at, seen.x(at, plot), plot.bottom - plot.height * value / top) for at, value in points]
        yield from _line(on_paper, properties["period"], colour)
    yield from _marks(properties.get("annotations", {}).get("vertical", ()), plot, seen)
    colours = _colours()
    for row, labels in enumerate(legend):
        yield from _legend(labels, colours, box.x + 10, box.bottom - 10 - 14 * (len(legend) - 1 - row))


def _colours() -> Iterator[str]:
    while True:
        yield from LINES


def _line(points: Iterable[tuple[float, float, float]], period: int, colour: str) -> Iterator[str]:
    """Points are joined where no period lies between them; one that is alone is a dot."""
    pieces: list[list[tuple[float, float, float]]] = []
    for point in sorted(points):
        if pieces and point[0] - pieces[-1][-1][0] <= period:
            pieces[-1].append(point)
        else:
            pieces.append([point])
    joined, dots = ([piece for piece in pieces if (len(piece) > 1) is several] for several in (True, False))
    for some, end, width in ((joined, "", 1.4), (dots, "h0", 3.6)):
        steps = "".join("M" + "L".join(f"{number(x)} {number(y)}" for _, x, y in piece) + end for piece in some)
        if steps:
            yield path(steps, stroke=colour, stroke_width=width, stroke_linecap="round", stroke_linejoin="round")


def _marks(marks: Iterable[Mapping[str, str]], plot: Box, seen: Seen) -> Iterator[str]:
    """Those of the time that is shown, their words one below the other."""
    times = ((datetime.fromisoformat(mark["value"]).timestamp(), mark["label"]) for mark in marks)
    for place, (at, label) in enumerate((at, label) for at, label in times if seen.start <= at <= seen.end):
        x = seen.x(at, plot)
        is_late = x > plot.x + plot.width / 2
        yield path(f"M{number(x)} {number(plot.y)}V{number(plot.bottom)}", stroke=PALE, stroke_dasharray="3 2")
        aside = {"text_anchor": "end" if is_late else "start", "stroke": PAPER, "paint_order": "stroke"}
        yield text(x - 4 if is_late else x + 4, plot.y + 9 + 12 * place, label, SMALL, INK, stroke_width=3, **aside)


def legend_rows(labels: Iterable[str], width: float) -> list[list[str]]:
    """The labels, as many side by side as there is room for."""
    rows: list[list[str]] = [[]]
    for label in labels:
        if rows[-1] and sum(map(_room, [*rows[-1], label])) > width:
            rows.append([])
        rows[-1].append(label)
    return rows


def _room(label: str) -> float:
    return 28 + LETTER * len(label)


def _legend(labels: Iterable[str], colours: Iterator[str], x: float, y: float) -> Iterator[str]:
    for label in labels:
        yield rectangle(Box(x, y - 8, 9, 9), fill=next(colours))
        yield text(x + 13, y, label, SMALL)
        x += _room(label)


def _alarms(properties: Mapping[str, Any], box: Box, seen: Seen) -> Iterator[str]:
    yield _titled(properties, box)
    states = properties.get("states") or STATES
    shown = [alarm for alarm in seen.alarms if alarm.arn in properties["alarms"] and alarm.state in states]
    if not shown:
        yield text(box.x + 10, box.y + 42, "none", fill=PALE)
    for row, alarm in enumerate(sorted(shown, key=lambda alarm: (STATES.index(alarm.state), -alarm.since))):
        y = box.y + 42 + 24 * row
        yield rectangle(Box(box.x + 10, y - 13, 58, 18), rx=3, fill=RED if alarm.state == "ALARM" else PALE)
        yield text(box.x + 39, y, alarm.state, SMALL, PAPER, text_anchor="middle")
        yield text(box.x + 80, y, f"since {clock(alarm.since)}", fill=PALE)
        yield text(box.x + 156, y, alarm.arn.partition(":alarm:")[2])
