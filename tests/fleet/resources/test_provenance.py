"""Where the version that a variant moves to comes from: asked once, while it moves, and told as long as it serves."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from fleet.evidence.facts import Facts
from fleet.memory import Intent, Outcome
from fleet.resources import provenance
from fleet.revision import Revision, Settings
from fleet.seen import Absent, Live, LiveEndpoint, Unknown, Version
from fleet.status import Standing, Status
from fleet.tasks.settings import Gate
from tests.fleet.evidence.versions import version

SETTINGS = Settings(
    endpoint="toxicity", role="arn:aws:iam::123456789012:role/execution", memory_mb=2048, max_concurrency=5
)
SEVEN, EIGHT = (Revision(f"toxicity-v{number}", number, f"arn/{number}", SETTINGS) for number in (7, 8))
SERVES_7 = LiveEndpoint("InService", "toxicity-v7", "2027-01-30T10:00:00+00:00")
CAME = "version 7 -> version 8, approved 2027"


class Gateway:
    def __init__(self, answer: Facts | Unknown) -> None:
        self.answer = answer
        self.asked: list[tuple[Version, str]] = []

    async def facts(self, of: Version, metric: str) -> Facts | Unknown:
        self.asked.append((of, metric))
        return self.answer


def variant(metric: str = "", record: Outcome | None = None) -> Any:
    return SimpleNamespace(gate=Gate(metric=metric, min=0.5) if metric else None, record=record)


def said(of: Any, target: Revision | None, before: Live, gateway: Gateway) -> str:
    its: Any = gateway
    known = Intent(declared=(SEVEN, EIGHT))
    plan: Any = SimpleNamespace(target=target.name if target else "", revision=known.revision)
    return asyncio.run(provenance.asked(of, plan, before, its))


def test_a_move_asks_the_package_of_what_it_moves_to_and_no_other() -> None:
    gateway = Gateway(version(8, {"f1": "0.92"}))
    record = Outcome(version=7).with_figures("f1", {7: "0.91"})
    assert said(variant("f1", record), EIGHT, SERVES_7, gateway) == (
        "version 7 -> version 8; f1 0.91 -> 0.92 (+0.01); MLflow run run8"
    )
    assert gateway.asked == [(Version(8, "arn/8"), "f1")]


def test_a_first_version_is_told_without_what_was_before() -> None:
    assert said(variant(), EIGHT, Absent(), Gateway(version(8))) == "version 8; MLflow run run8"


@pytest.mark.parametrize("target", [None, SEVEN])
def test_where_the_version_stays_nobody_is_asked(target: Revision | None) -> None:
    gateway = Gateway(version(7))
    assert said(variant(), target, SERVES_7, gateway) == ""
    assert gateway.asked == []


def test_a_package_that_cannot_be_looked_at_is_told_nothing_of() -> None:
    assert said(variant(), EIGHT, SERVES_7, Gateway(Unknown("denied"))) == ""


def test_what_serves_is_told_with_where_it_came_from() -> None:
    standing = Standing(Status.UP_TO_DATE, "version 8 serves", EIGHT)
    assert provenance.beside(standing, Outcome(provenance={"8": CAME}), "") == f"version 8 serves; {CAME}"


def test_a_preview_tells_where_the_next_one_comes_from() -> None:
    standing = Standing(Status.OUT_OF_DATE, "new version 8 approved", SEVEN)
    assert provenance.beside(standing, Outcome(provenance={"7": "older"}), CAME) == f"new version 8 approved; {CAME}"


def test_what_is_out_of_date_has_its_own_reason() -> None:
    standing = Standing(Status.OUT_OF_DATE, "rolled back", SEVEN)
    assert provenance.beside(standing, Outcome(provenance={"7": "older"}), "") == "rolled back"
