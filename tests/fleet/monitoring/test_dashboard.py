"""The dashboard's pages: what is on them, that they stay the same, and that none passes a limit of CloudWatch."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from fleet.memory import Move, Verdict
from fleet.monitoring import dashboard
from fleet.monitoring.dashboard import Page, Row, Served, is_of, metrics_of, pages

SCHEMA = json.loads((Path(__file__).parent / "dashboard.schema.json").read_text(encoding="utf-8"))
ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:fleet/prod"


def made(rows: Sequence[Row], alarms: Sequence[str] = ()) -> list[Page]:
    return pages("fleet-prod-eu-west-1", rows, stack="fleet/prod", region="eu-west-1", alarms=alarms)


def fleet(count: int) -> tuple[list[Row], list[str]]:
    names = [f"task-{number:03}" for number in range(count)]
    moves = tuple(
        Move(version, f"v{version}", f"2026-11-0{version}T10:00:00+00:00", Verdict.SERVES) for version in (1, 2)
    )
    alarms = [f"{ARN}/{name}/{kind}" for name in names for kind in ("server-errors", "slow", "saturated")]
    return [Row(name, (Served(name, name, moves),)) for name in names], alarms


def widgets(page: Page) -> list[dict[str, Any]]:
    return list(json.loads(page.body)["widgets"])


def titled(page: Page) -> dict[str, dict[str, Any]]:
    """What is shown under a title, by that, in its order."""
    properties = (widget["properties"] for widget in widgets(page))
    return {each["title"]: each for each in properties if "title" in each}


def marks(*moves: Move) -> list[dict[str, str]]:
    (page,) = made([Row("spam", (Served("spam", "spam", moves),))])
    return list(titled(page)["spam: calls"].get("annotations", {}).get("vertical", []))


def live(version: int, day: int, verdict: Verdict = Verdict.SERVES) -> Move:
    return Move(version, f"spam-v{version}", f"2026-11-{day:02}T10:00:00+00:00", verdict)


@pytest.mark.parametrize(("count", "number"), [(1, 1), (50, 1), (200, 2)])
def test_a_fleet_of_this_size_has_so_many_pages(count: int, number: int) -> None:
    assert len(made(*fleet(count))) == number


@pytest.mark.parametrize("count", [1, 50, 200, 3000])
def test_no_page_passes_a_limit(count: int) -> None:
    for page in made(*fleet(count)):
        assert list(Draft7Validator(SCHEMA).iter_errors(json.loads(page.body))) == []
        assert metrics_of(page) <= dashboard.METRICS


@pytest.mark.parametrize("count", [1, 50, 200])
def test_every_task_is_on_one_page_and_on_one_alone(count: int) -> None:
    rows, alarms = fleet(count)
    titles = [title for page in made(rows, alarms) for title in titled(page)]
    for row in rows:
        assert titles.count(f"{row.task}: calls") == 1


def test_further_pages_are_numbered() -> None:
    assert [page.name for page in made(*fleet(200))] == ["fleet-prod-eu-west-1", "fleet-prod-eu-west-1-2"]


def test_widgets_do_not_lie_upon_each_other() -> None:
    for page in made(*fleet(200)):
        fields = [
            (widget["x"] + right, widget["y"] + down)
            for widget in widgets(page)
            for right in range(widget["width"])
            for down in range(widget["height"])
        ]
        assert len(fields) == len(set(fields)) and max(x for x, _ in fields) < dashboard.COLUMNS


def test_widgets_side_by_side_fill_the_width() -> None:
    (page,) = made(*fleet(3))
    widths: dict[int, int] = {}
    for widget in widgets(page):
        widths[widget["y"]] = widths.get(widget["y"], 0) + widget["width"]
    assert set(widths.values()) == {dashboard.COLUMNS}


def test_the_same_fleet_has_the_same_body_byte_for_byte() -> None:
    assert made(*fleet(50)) == made(*fleet(50))


def test_the_overview_has_calls_errors_latency_cold_starts_concurrency_and_the_alarms() -> None:
    (page,) = made(*fleet(1))
    assert list(titled(page))[:6] == [*(f"fleet: {graph.title}" for graph in dashboard.OF_THE_FLEET), "alarms"]


def test_a_fleet_without_alarms_has_no_widget_of_them() -> None:
    rows, _ = fleet(1)
    assert "alarm" not in {widget["type"] for widget in widgets(made(rows)[0])}


def test_a_challenger_is_on_the_graphs_of_its_champion() -> None:
    (page,) = made([Row("spam", (Served("spam", "spam"), Served("spam/b", "spam-b")))])
    calls = titled(page)["spam: calls"]
    assert [(metric[3], metric[-1]["label"]) for metric in calls["metrics"]] == [("spam", "spam"), ("spam-b", "spam/b")]


def test_a_version_that_went_live_is_marked_at_its_time() -> None:
    assert marks(live(8, 2)) == [{"label": "spam v8", "value": "2026-11-02T10:00:00+00:00"}]


def test_the_last_three_are_marked() -> None:
    assert [mark["label"] for mark in marks(*(live(version, version) for version in range(1, 6)))] == [
        "spam v3",
        "spam v4",
        "spam v5",
    ]


def test_a_rollback_is_no_version_that_went_live() -> None:
    assert marks(live(8, 2, Verdict.ROLLED_BACK)) == []


def test_a_page_says_whose_it_is() -> None:
    assert all(is_of("fleet/prod", page.body) and not is_of("fleet/test", page.body) for page in made(*fleet(200)))


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"widgets": [1]}', '{"widgets": [{"type": "metric", "properties": {}}]}']
)
def test_what_does_not_say_so_is_somebody_elses(body: str) -> None:
    assert not is_of("fleet/prod", body)
