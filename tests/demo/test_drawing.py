"""The picture of a dashboard: what of a body is drawn, and where."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from demo.axes import clock, nice, short
from demo.drawing import Alarm, Point, Seen, Series, asked, draw, legend_rows

HOUR = 3600
START, END = 0, 12 * HOUR
CALLS = Series("Sum", 300, ("AWS/SageMaker", "Invocations", "EndpointName", "spam"))
ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"


def graph(**changes: Any) -> dict[str, Any]:
    properties = {
        "title": "spam: calls",
        "stat": "Sum",
        "period": 300,
        "metrics": [[*CALLS.metric, {"label": "spam"}]],
        "yAxis": {"left": {"min": 0}},
    }
    return {"type": "metric", "x": 0, "y": 0, "width": 6, "height": 6, "properties": properties | changes}


def alarms(*names: str, **changes: Any) -> dict[str, Any]:
    properties = {"title": "alarms", "alarms": [ARN + name for name in names], **changes}
    return {"type": "alarm", "x": 0, "y": 0, "width": 24, "height": 4, "properties": properties}


def drawn(widget: dict[str, Any], points: Sequence[Point] = (), seen: Sequence[Alarm] = ()) -> str:
    return draw("fleet", json.dumps({"widgets": [widget]}), Seen(START, END, {CALLS: points}, seen))


def test_every_line_of_a_dashboard_is_asked_for() -> None:
    assert asked(json.dumps({"widgets": [graph(), alarms("a")]})) == [CALLS]


def test_points_are_joined_unless_a_period_without_data_lies_between_them() -> None:
    picture = drawn(graph(), [(0, 1), (300, 2), (900, 1), (1200, 1)])
    (line,) = [part for part in picture.splitlines() if 'stroke="#1f77b4"' in part]
    assert (line.count("M"), line.count("L")) == (2, 2)


def test_a_point_that_is_alone_is_a_dot() -> None:
    assert 'h0" fill="none" stroke="#1f77b4"' in drawn(graph(), [(0, 1)])


def test_a_metric_without_data_is_in_the_legend_all_the_same() -> None:
    assert ">spam</text>" in drawn(graph())


def test_a_mark_has_its_words() -> None:
    mark = {"value": "1970-01-01T06:00:00+00:00", "label": "spam v4"}
    assert "spam v4" in drawn(graph(annotations={"vertical": [mark]}))


def test_a_mark_of_another_day_is_not_shown() -> None:
    mark = {"value": "1970-01-02T06:00:00+00:00", "label": "spam v4"}
    assert "spam v4" not in drawn(graph(annotations={"vertical": [mark]}))


def test_the_alarms_of_a_widget_are_shown_in_its_states_and_no_others() -> None:
    seen = [Alarm(ARN + name, state, HOUR) for name, state in (("a/b", "ALARM"), ("c", "OK"))]
    seen.append(Alarm(f"{ARN}others", "ALARM", HOUR))
    picture = drawn(alarms("a/b", "c", states=["ALARM"]), seen=seen)
    assert ">a/b</text>" in picture and "since 01:00" in picture
    assert ">c</text>" not in picture and "others" not in picture


def test_the_worst_alarm_comes_first_then_the_newest() -> None:
    seen = [Alarm(ARN + "one", "OK", 3), Alarm(ARN + "two", "ALARM", 1), Alarm(ARN + "three", "ALARM", 2)]
    picture = drawn(alarms("one", "two", "three"), seen=seen)
    assert picture.index("three") < picture.index("two") < picture.index("one")


def test_a_heading_is_larger_than_what_follows() -> None:
    picture = drawn({**alarms(), "type": "text", "properties": {"markdown": "## fleet/prod\nWritten in each run."}})
    assert 'font-size="16" fill="#16191f">fleet/prod</text>' in picture
    assert 'font-size="12" fill="#5f6b7a">Written in each run.</text>' in picture


def test_words_of_a_body_stay_words() -> None:
    assert "a &lt;b&gt; &amp; c" in drawn(graph(title="a <b> & c"))


@pytest.mark.parametrize(
    ("largest", "top"), [(0, 1), (0.05, 0.06), (1, 2), (4, 5), (23, 30), (42, 50), (95, 200), (364_000, 500_000)]
)
def test_an_axis_ends_above_the_largest_value(largest: float, top: float) -> None:
    assert nice(largest) == pytest.approx(top)


@pytest.mark.parametrize(("value", "words"), [(0, "0"), (0.5, "0.5"), (250_000, "250k"), (1_500_000, "1.5M")])
def test_a_value_is_short(value: float, words: str) -> None:
    assert short(value) == words


def test_a_legend_has_as_many_rows_as_it_takes() -> None:
    assert legend_rows(["spam", "toxicity", "toxicity/candidate"], 150) == [
        ["spam", "toxicity"],
        ["toxicity/candidate"],
    ]


def test_times_are_utc() -> None:
    assert clock(13 * HOUR + 42 * 60) == "13:42"
