"""The charts of the page, as SVG: described here in the grammar of Vega-Lite, drawn by vl-convert.

The same values give the same text, byte for byte. Colours are the page's own CSS variables, so that a chart is light or
dark as the page is; what a colour says is said by a dash, a shape or a pattern too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import vl_convert

SVG = "http://www.w3.org/2000/svg"
VEGA_LITE = "5.21"  # the grammar that is written here; vl-convert draws several
WIDTH, HEIGHT, ROW = 320, 150, 22  # of what is inside the axes, in the units of the SVG
PADDING = {"left": 12, "right": 12, "top": 6, "bottom": 4}  # a browser's letters are wider than vl-convert's
SPARK_WIDTH, SPARK_HEIGHT = 96, 20
LARGEST = 1.3  # times its own size, in CSS pixels
COLOURS = tuple(f"var(--series-{number})" for number in range(1, 6))
PATTERNS = ("var(--series-1)", *(f"url(#pattern-{number})" for number in range(2, 6)))  # defined in page.html.j2
DASHES = ([1, 0], [6, 3], [2, 2])
SHAPES = ("circle", "cross", "triangle-down", "square")
_AXIS = {
    "labelColor": "var(--ink)",
    "titleColor": "var(--ink)",
    "gridColor": "var(--line)",
    "domainColor": "var(--edge)",
}
_TEXT = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 150}
_CONFIG: Mapping[str, Any] = {
    "view": {"stroke": None},
    "axis": {**_AXIS, **_TEXT, "tickColor": "var(--edge)"},
    "legend": {
        **{"labelColor": "var(--ink)", "titleColor": "var(--ink)", "labelFontSize": 12, "symbolStrokeWidth": 2},
        **{"orient": "bottom", "direction": "horizontal", "columns": 3, "labelLimit": 200, "symbolSize": 120},
        **{"title": None, "offset": 6, "columnPadding": 24},
    },
}
_TIME = {"type": "temporal", "title": None, "scale": {"type": "utc"}}
ElementTree.register_namespace("", SVG)

Spec = dict[str, Any]


@dataclass(frozen=True)
class Drawing:
    """A picture, and what it shows in words: whoever does not see it reads them."""

    svg: str
    title: str
    words: str


@dataclass(frozen=True)
class Line:
    """One line of a chart; None is a gap."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Mark:
    """Something that happened to one of several at a time."""

    of: str
    at: datetime
    label: str
    kind: str


@dataclass(frozen=True)
class Range:
    """A value with the ends of its interval."""

    name: str
    low: float
    value: float
    high: float


def lines(name: str, title: str, words: str, times: Sequence[datetime], of: Sequence[Line], unit: str) -> Drawing:
    """Lines over time; `unit` is what the upright axis counts, "%" or "ms"."""
    rows = [
        {"t": _time(at), "v": value, "of": line.name, "alone": alone}
        for line in of
        for at, value, alone in zip(times, line.values, _alone(line.values), strict=True)
    ]
    names = [line.name for line in of]
    encoding = {
        "x": {"field": "t", **_TIME, "axis": _days(times)},
        "y": {"field": "v", "type": "quantitative", "title": None, "axis": _count(unit), "scale": {"domainMin": 0}},
        "color": _scale("of", names, COLOURS, symbolType="stroke"),
    }
    dashed = {"mark": {"type": "line", "strokeWidth": 2}, "encoding": {"strokeDash": _scale("of", names, DASHES)}}
    dots = {"mark": {"type": "point", "filled": True, "size": 16}, "transform": [{"filter": "datum.alone"}]}
    return _draw(name, title, words, {"data": {"values": rows}, "encoding": encoding, "layer": [dashed, dots]})


def _alone(values: Sequence[float | None]) -> Iterator[bool]:
    """Which of them have no neighbour: no line leads to them."""
    for before, value, after in zip((None, *values), values, (*values[1:], None), strict=False):
        yield value is not None and before is None and after is None


def columns(name: str, title: str, words: str, times: Sequence[datetime], values: Sequence[float]) -> Drawing:
    """A column for each time."""
    rows = [{"t": _time(at), "v": value} for at, value in zip(times, values, strict=True)]
    encoding = {
        "x": {"field": "t", **_TIME, "axis": _days(times)},
        "y": {"field": "v", "type": "quantitative", "title": None, "axis": _count("")},
    }
    width = max(2, round(WIDTH / max(1, len(times))) - 1)
    mark = {"type": "bar", "width": width, "color": COLOURS[0]}
    return _draw(name, title, words, {"data": {"values": rows}, "mark": mark, "encoding": encoding})


def stacked(name: str, title: str, words: str, rows: Mapping[str, Mapping[str, float]], unit: str) -> Drawing:
    """A bar for each row, from its parts, which have the same order in all of them."""
    parts = list(dict.fromkeys(part for row in rows.values() for part in row))
    values = [
        {"row": row, "part": part, "order": parts.index(part), "v": value}
        for row, its in rows.items()
        for part, value in its.items()
    ]
    encoding = {
        "y": {"field": "row", "type": "nominal", "title": None, "sort": list(rows), "axis": {"ticks": False}},
        "x": {"field": "v", "type": "quantitative", "title": unit, "axis": {"tickCount": 4}},
        "color": _scale("part", parts, PATTERNS),
        "order": {"field": "order", "type": "quantitative"},
    }
    mark = {"type": "bar", "stroke": "var(--edge)", "strokeWidth": 0.75}
    spec = {"data": {"values": values}, "mark": mark, "encoding": encoding, "width": WIDTH - 90}
    return _draw(name, title, words, {**spec, "height": ROW * len(rows)})


def timeline(name: str, title: str, words: str, marks: Sequence[Mark], kinds: Sequence[str]) -> Drawing:
    """A row for each of several, with a mark for everything that happened to it."""
    rows = list(dict.fromkeys(mark.of for mark in marks))
    values = [{"of": mark.of, "t": _time(mark.at), "label": mark.label, "kind": mark.kind} for mark in marks]
    seen = [kind for kind in kinds if any(mark.kind == kind for mark in marks)]
    shapes, colours = dict(zip(kinds, SHAPES, strict=False)), dict(zip(kinds, COLOURS, strict=False))
    y = {"field": "of", "type": "nominal", "title": None, "sort": rows, "axis": {"ticks": False, "grid": True}}
    times = [mark.at for mark in marks]
    x = {"field": "t", **_TIME, "axis": _days(times), "scale": {"type": "utc", "padding": 22}}
    points = {
        "mark": {"type": "point", "size": 70, "filled": True, "opacity": 1},
        "encoding": {
            "shape": _scale("kind", seen, [shapes[kind] for kind in seen]),
            "color": _scale("kind", seen, [colours[kind] for kind in seen]),
        },
    }
    labels = {
        "mark": {"type": "text", "align": "left", "dx": 7, "fontSize": 12, "color": "var(--ink)"},
        "encoding": {"text": {"field": "label"}},
    }
    spec = {"data": {"values": values}, "encoding": {"x": x, "y": y}, "layer": [points, labels]}
    return _draw(name, title, words, {**spec, "width": WIDTH - 70, "height": ROW * len(rows)})


def ranges(name: str, title: str, words: str, of: Sequence[Range], unit: str) -> Drawing:
    """A value with its interval for each row, and where 0 is."""
    values = [{"row": each.name, "low": each.low, "v": each.value, "high": each.high} for each in of]
    y = {"field": "row", "type": "nominal", "title": None, "axis": {"ticks": False}}
    x = {"type": "quantitative", "title": unit, "axis": {"tickCount": 5}}
    layer = [
        {"mark": {"type": "rule", "color": "var(--edge)", "strokeDash": [3, 3]}, "encoding": {"x": {"datum": 0}}},
        {
            "mark": {"type": "rule", "color": COLOURS[0], "strokeWidth": 3},
            "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 90, "color": COLOURS[0], "opacity": 1},
            "encoding": {"y": y, "x": {"field": "v", **x}},
        },
    ]
    spec = {"data": {"values": values}, "layer": layer, "width": WIDTH - 90, "height": 34 * len(of)}
    return _draw(name, title, words, spec)


def spark(values: Sequence[float | None], words: str) -> Drawing:
    """A line without axes, as small as a word."""
    rows = [{"t": number, "v": value} for number, value in enumerate(values)]
    encoding = {
        "x": {"field": "t", "type": "quantitative", "axis": None, "scale": {"domain": [0, max(1, len(values) - 1)]}},
        "y": {"field": "v", "type": "quantitative", "axis": None, "scale": {"domainMin": 0}},
    }
    mark = {"type": "line", "strokeWidth": 1.5, "color": COLOURS[0], "strokeCap": "round"}
    spec = {"data": {"values": rows}, "mark": mark, "encoding": encoding, "padding": 2}
    return _draw("", "", words, {**spec, "width": SPARK_WIDTH, "height": SPARK_HEIGHT})


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _days(times: Sequence[datetime]) -> Spec:
    """The axis of a span: by the day, or by the hour where it is short."""
    short = bool(times) and (max(times) - min(times)).total_seconds() < 2 * 86_400
    return {"format": "%H:%M" if short else "%-d %b", "tickCount": 4, "grid": False, "labelOverlap": True}


def _count(unit: str) -> Spec:
    form = {"%": ".2~%", "ms": ",.3~r"}.get(unit, "~s")
    return {"tickCount": 4, "format": form, "labelExpr": "datum.value == 0 ? '0' : datum.label"}


def _scale(field: str, names: Sequence[str], values: Sequence[Any], **legend: str) -> Spec:
    """Which of the values stands for which name; one name alone needs no legend."""
    scale = {"domain": list(names), "range": list(values[: len(names)])}
    return {"field": field, "type": "nominal", "scale": scale, "legend": legend if len(names) > 1 else None}


# From Vega's SVG to that of the page


def _draw(name: str, title: str, words: str, spec: Spec) -> Drawing:
    """The chart without its size, which the page gives it, and with a title and a description for who cannot see it.

    `name` tells its ids from those of the page's other charts; without one it has neither.
    """
    whole = {"width": WIDTH, "height": HEIGHT, "padding": PADDING, **spec, "background": None, "config": _CONFIG}
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(whole, vl_version=VEGA_LITE))
    width = root.attrib["width"]
    for each in root.iter():
        for attribute in [key for key in each.attrib if key in _DROPPED or key.startswith("aria-")]:
            del each.attrib[attribute]
    for parent in list(root.iter()):
        for child in [each for each in parent if _shows_nothing(each)]:
            parent.remove(child)
    root.attrib |= {"role": "img", "style": f"max-width:{float(width) * LARGEST:.0f}px"}
    root.attrib |= _described(root, name, title, words)
    return Drawing(ElementTree.tostring(root, encoding="unicode"), title, words)


_DROPPED = frozenset({"class", "role", "version", "width", "height", "font-family", "pointer-events"})


def _shows_nothing(each: ElementTree.Element) -> bool:
    return each.tag == f"{{{SVG}}}path" and (
        each.get("display") == "none" or (each.get("fill") is None and each.get("stroke") is None)
    )


def _described(root: ElementTree.Element, name: str, title: str, words: str) -> dict[str, str]:
    if not name:
        return {"aria-label": words}
    for place, (tag, text) in enumerate((("title", title), ("desc", words))):
        said = ElementTree.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        said.text = text
        root.insert(place, said)
    return {"aria-labelledby": f"{name}-title {name}-desc"}
