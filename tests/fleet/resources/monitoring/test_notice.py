"""What a preview says of monitoring, once each."""

from typing import Any

import pulumi
import pytest

from fleet.cost.estimate import Tariff
from fleet.cost.prices import ALARM
from fleet.resources.aws_types import MetricAlarm
from fleet.resources.monitoring import notice
from fleet.resources.monitoring.ground import Ground
from fleet.resources.watch import Watch
from tests.fleet.cost.fleets import tariff as prices
from tests.fleet.cost.fleets import without
from tests.fleet.resources.monitoring.stack import TOPIC, on_ground, served


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lines.append)
    return lines


def say(
    *,
    alarms: str = "server-errors cold-starts",
    topics: tuple[str, ...] = (TOPIC,),
    tariff: Tariff | None = None,
    **given: Any,
) -> None:
    its = tariff or prices()

    async def declare(ground: Ground) -> None:
        results = [served("spam", alarms=alarms), served("irony")]
        notice.say(ground, Watch("fleet/prod", topics=topics), results, its)

    on_ground(declare, **{"preview": True, **given})


def test_the_first_alarms_are_told_with_their_number_their_price_and_what_they_need(said: list[str]) -> None:
    say()
    (line,) = said
    assert line.startswith("the first 5 alarms come with this run: 0.60 USD a month")
    assert "cloudwatch:PutMetricAlarm" in line


def test_a_price_that_is_not_known_is_not_guessed(said: list[str]) -> None:
    say(tariff=without(ALARM))
    assert said[0].startswith("the first 5 alarms come with this run: ? USD a month, and the dashboard 3.00 USD")


def test_later_ones_are_not(said: list[str]) -> None:
    say(state={MetricAlarm.TYPE: {"fleet/prod/spam/slow": {}}})
    assert said == []


def test_that_nobody_is_told_is_said_once(said: list[str]) -> None:
    say(topics=(), state={MetricAlarm.TYPE: {"fleet/prod/spam/slow": {}}})
    assert said == [notice.NOBODY]


def test_an_up_says_neither(said: list[str]) -> None:
    say(topics=(), preview=False)
    assert said == []
