"""A price list, a month and endpoints, made in one call each; a test changes the one thing that it is about."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from fleet.cost.estimate import Billed, Estimate, Tariff, estimate
from fleet.cost.month import Month, Provisioned
from fleet.cost.price_file import shipped
from fleet.cost.prices import Prices
from fleet.cost.traffic import Origin, Traffic
from fleet.tasks.load import parse
from fleet.tasks.model import Schedule, Task

VIRGINIA, IRELAND, STOCKHOLM = "us-east-1", "eu-west-1", "eu-north-1"
TODAY = date(2026, 11, 28)
NOVEMBER = Month(2026, 11)  # 720 hours, 21 days from Monday to Friday
OFFICE = (
    Schedule(name="office", cron="0 8 ? * MON-FRI *", timezone="Europe/Berlin", min=3, max=5),
    Schedule(name="home", cron="0 18 ? * MON-FRI *", timezone="Europe/Berlin", min=1, max=5),
)


def tariff(region: str = VIRGINIA, month: Month = NOVEMBER, prices: Prices | None = None) -> Tariff:
    """The shipped prices; only Virginia has those of serverless inference."""
    return Tariff(prices or shipped(), region, month)


def without(*items: str) -> Tariff:
    """Virginia, where these have no price."""
    return tariff(prices=Prices(tuple(row for row in shipped().rows if row.item not in items)))


def dearer(factor: float) -> Tariff:
    """Virginia, where all prices are so many times what they were."""
    return tariff(prices=Prices(tuple(replace(row, usd=row.usd * factor) for row in shipped().rows)))


def calls(number: float, mean_ms: float | None = 100, **more: Any) -> Traffic:
    return Traffic(**{"origin": Origin.OBSERVED, "calls": number, "mean_ms": mean_ms, **more})


def costs(
    memory_mb: int = 2048, traffic: Traffic | None = None, tariff_: Tariff | None = None, **more: Any
) -> Estimate:
    """The estimate of one endpoint; `slots` of it are kept warm."""
    if slots := more.pop("slots", 0):
        more["provisioned"] = Provisioned(slots, slots)
    return estimate(Billed(memory_mb, **more), traffic or calls(0), tariff_ or tariff())


def tasks(text: str) -> tuple[Task, ...]:
    """The tasks of a task list."""
    return parse(text, Path("tasks.yaml"))
