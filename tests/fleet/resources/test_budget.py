"""What stops a run for its cost, and when AWS is asked before it does."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pulumi
import pytest

from fleet.aws.endpoints import Row
from fleet.aws.gateway import Gateway
from fleet.cost import past
from fleet.cost.estimate import Billed
from fleet.memory import COST, Outcome
from fleet.resources import budget
from fleet.resources.last_run import LastRun
from fleet.revision import Settings, revise
from fleet.seen import Absent, Live, LiveEndpoint, Unknown
from tests.fleet.cost.fleets import tasks
from tests.fleet.resources.monitoring.stack import settings

LARGE = tasks("tasks: {spam: {memory_mb: 4096, traffic: {calls_per_month: 10000000, mean_ms: 100}}}")
SERVES = revise(Settings("spam", "role", memory_mb=4096, max_concurrency=5), 1, "package/1")
THERE = {"spam": Row("spam", "InService", "")}
SMALL = {"spam": {"champion": Outcome("spam", beside={COST: past.record(Billed(2048))})}}


@dataclass
class Aws(Gateway):
    """One that lists these endpoints, and knows what each is."""

    listing: Mapping[str, Row] | Unknown = field(default_factory=dict)
    lives: Mapping[str, Live] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def listed(self) -> Mapping[str, Row] | Unknown:
        return self.listing

    async def live(self, name: str, record: Outcome | None, *, wait: bool) -> Live:
        self.asked.append(name)
        return self.lives.get(name, Absent())


def run(gateway: Aws, written: Mapping[str, Mapping[str, Outcome]] | None = None, most: float | None = 50) -> str:
    """What stopped a run under this budget; "" where it goes on."""
    its = replace(settings(), budget=most, access=replace(settings().access, region="us-east-1"))
    try:
        asyncio.run(budget.guarded(LARGE, LastRun(written or {}, {}), gateway, its, date(2026, 11, 28)))
    except pulumi.RunError as stops:
        return str(stops)
    return ""


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    for level in ("info", "warn"):
        monkeypatch.setattr(pulumi.log, level, lines.append)
    return lines


def test_a_raise_above_the_budget_stops_the_run() -> None:
    assert run(Aws(THERE), SMALL).startswith("the fleet would cost 80.32 USD a month, 40.00 more than before")


def test_aws_is_not_asked_where_nothing_would_stop_the_run() -> None:
    gateway = Aws(THERE)
    assert run(gateway, SMALL, most=100) == ""
    assert gateway.asked == []


def test_what_aws_serves_counts_as_before_where_the_state_names_something_older() -> None:
    serves = LiveEndpoint("InService", SERVES.name, "", serving=SERVES)
    assert run(Aws(THERE, {"spam": serves}), SMALL) == ""


def test_a_fleet_without_a_memory_that_cannot_be_listed_is_no_new_one() -> None:
    assert run(Aws({})) != ""  # a new one
    assert run(Aws(Unknown("ListEndpoints: ThrottlingException"))) == ""


def test_the_file_beside_the_task_list_is_read_and_one_that_cannot_be_is_told(
    said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prices.yaml").write_bytes(b"\xff")
    assert run(Aws(THERE), SMALL, most=None) == ""
    assert said[0].startswith("prices.yaml: cannot be read: ")
    assert said[1].startswith("cost: 80.32 USD a month, +40.00 by this run")


def test_old_prices_are_told(said: list[str]) -> None:
    assert run(Aws(THERE), SMALL, most=None) == ""
    assert "older than 180 days; run `fleet prices --refresh`" in said[1]
