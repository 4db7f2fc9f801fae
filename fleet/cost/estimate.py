"""What one endpoint costs a month, part by part, each figure with how it comes about and from which prices.

Pure: what it is made of, its traffic and the prices come in. Where something is not known the figure is None, and says
why; the others stand. What AWS does not document is assumed, as ASSUMPTIONS says.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fleet.cost.month import Month, Provisioned, provisioned, slot_hours
from fleet.cost.prices import (
    ALARM,
    COMPUTE,
    DATA_IN,
    DATA_OUT,
    LOGS_IN,
    LOGS_KEPT,
    READY,
    WARM_COMPUTE,
    Price,
    Prices,
    missing,
    plain,
)
from fleet.cost.traffic import Traffic
from fleet.monitoring.alarms import kinds_of, metrics_of, watched
from fleet.tasks.model import Task

ASSUMPTIONS = (
    "every call is billed for ModelLatency, whether it is answered or fails; cold starts are not billed beyond it",
    "with provisioned concurrency every call finds a slot of it",
    "an autoscaler holds its least: what it adds under load is not summed",
    "1 GB of data is 1,000,000 KB",
    "no free tier of inference, no Savings Plan and no discount of yours; CloudWatch's free alarms, metrics and "
    "dashboards are taken by this stack alone",
)
SIZE_MB = 1024  # memory_mb of a GB
KB = 1_000_000  # of a GB of data
HOUR = 3600  # seconds
A_CALL_MS = 100  # of the model, where nobody knows: what 1,000 calls are then priced with
INFERENCE, DATA, PROVISIONED, ALARMS, LOGS = PARTS = ("inference", "data", "provisioned", "alarms", "logs")


@dataclass(frozen=True)
class Figure:
    """An amount a month, and how it comes about."""

    usd: float | None  # not rounded; None = not known
    how: str  # the calculation as a person would do it, or why there is none
    prices: tuple[Price, ...] = ()  # that it rests on
    absent: tuple[str, ...] = ()  # the items without a price, which it would rest on


@dataclass(frozen=True)
class Billed:
    """What of one endpoint costs money, its calls aside. The version of its model is no part of it."""

    memory_mb: int
    provisioned: Provisioned | None = None
    alarm_metrics: int = 0
    log_retention_days: int | None = None

    @property
    def gb(self) -> float:
        return self.memory_mb / SIZE_MB


@dataclass(frozen=True)
class Estimate:
    """What one endpoint costs a month."""

    billed: Billed
    traffic: Traffic
    parts: Mapping[str, Figure]  # of PARTS, in their order
    thousand: Figure  # 1,000 calls more

    @property
    def monthly_usd(self) -> float:
        """The sum of what is known."""
        return total(self.parts.values())

    @property
    def unknown(self) -> list[str]:
        """The parts that are not known."""
        return [part for part, figure in self.parts.items() if figure.usd is None]


def total(figures: Iterable[Figure]) -> float:
    """The sum of what is known, whatever the order."""
    return math.fsum(figure.usd for figure in figures if figure.usd is not None)


def billed(task: Task, variant: str) -> Billed:
    """What the task list makes of a variant."""
    sizes = task.sizes_of(variant)
    metrics = metrics_of(kind.name for kind in kinds_of(watched(task, variant)))
    return Billed(sizes.memory_mb, provisioned(sizes), metrics, task.log_retention_days)


@dataclass(frozen=True)
class Tariff:
    """The prices that hold for a stack: those of its Region, in one month."""

    prices: Prices
    region: str
    month: Month

    def find(self, item: str, of: str = "") -> Price | None:
        return self.prices.find(item, self.region, of)

    def sum(self, *factors: tuple[str, float, str]) -> Figure:
        """The sum of prices, each times so many units, which are spelled out; not known where one price is not."""
        found = [(self.find(item), units, words) for item, units, words in factors]
        absent = tuple(item for (item, *_), (price, *_) in zip(factors, found, strict=True) if price is None)
        if absent:
            return Figure(None, missing(absent, self.region), absent=absent)
        known = [(price, units, words) for price, units, words in found if price]
        how = " + ".join(f"{words} * {plain(price.usd)} USD" for price, _, words in known)
        usd = math.fsum(price.usd * units for price, units, _ in known)
        return Figure(usd, how, tuple(price for price, *_ in known))


def estimate(its: Billed, traffic: Traffic, tariff: Tariff) -> Estimate:
    """What one endpoint costs a month of the tariff."""
    parts = {
        INFERENCE: _inference(its, traffic, tariff),
        DATA: _data(traffic, tariff),
        PROVISIONED: _standing(its, tariff),
        ALARMS: _alarms(its, tariff),
        LOGS: _logs(its, traffic, tariff),
    }
    return Estimate(its, traffic, MappingProxyType(parts), _thousand(its, traffic, tariff))


def _inference(its: Billed, traffic: Traffic, tariff: Tariff) -> Figure:
    if not traffic.is_known:
        return Figure(None, "nobody knows how much it is called")
    seconds = traffic.busy_seconds
    if seconds is None:
        return Figure(None, "nobody knows how long a call takes")
    if seconds == 0:
        return Figure(0.0, "no calls")
    item = COMPUTE if its.provisioned is None else WARM_COMPUTE
    words = f"{traffic.calls:,.0f} calls * {(traffic.mean_ms or 0) / 1000:g} s * {its.gb:g} GB"
    return tariff.sum((item, seconds * its.gb, words))


def _data(traffic: Traffic, tariff: Tariff) -> Figure:
    if not traffic.is_known:
        return Figure(None, "nobody knows how much it is called")
    if traffic.calls == 0:
        return Figure(0.0, "no calls")
    incoming, outgoing = (traffic.calls * kb / KB for kb in (traffic.request_kb, traffic.response_kb))
    return tariff.sum((DATA_IN, incoming, f"{incoming:g} GB in"), (DATA_OUT, outgoing, f"{outgoing:g} GB out"))


def _standing(its: Billed, tariff: Tariff) -> Figure:
    if its.provisioned is None:
        return Figure(0.0, "nothing is kept warm")
    hours = slot_hours(its.provisioned, tariff.month)
    return tariff.sum((READY, hours * HOUR * its.gb, f"{hours:g} slot hours * {HOUR} s * {its.gb:g} GB"))


def _alarms(its: Billed, tariff: Tariff) -> Figure:
    if not its.alarm_metrics:
        return Figure(0.0, "no alarms")
    return tariff.sum((ALARM, its.alarm_metrics, f"{its.alarm_metrics} metrics of alarms"))


def _logs(its: Billed, traffic: Traffic, tariff: Tariff) -> Figure:
    """What comes in, and what then lies: where it is kept so many days, as much as comes in in these."""
    if traffic.log_gb is None:
        return Figure(None, "nobody knows how much it logs")
    incoming = (LOGS_IN, traffic.log_gb, f"{traffic.log_gb:g} GB of logs in")
    if its.log_retention_days is None:
        return tariff.sum(incoming)
    lies = traffic.log_gb * its.log_retention_days * 24 / tariff.month.hours
    return tariff.sum(incoming, (LOGS_KEPT, lies, f"{lies:g} GB of logs kept"))


def _thousand(its: Billed, traffic: Traffic, tariff: Tariff) -> Figure:
    """1,000 calls more: what stands anyway is no part of it."""
    mean_ms = A_CALL_MS if traffic.mean_ms is None else traffic.mean_ms
    item = COMPUTE if its.provisioned is None else WARM_COMPUTE
    incoming, outgoing = (1000 * kb / KB for kb in (traffic.request_kb, traffic.response_kb))
    return tariff.sum(
        (item, mean_ms * its.gb, f"1,000 calls * {mean_ms / 1000:g} s * {its.gb:g} GB"),
        (DATA_IN, incoming, f"{incoming:g} GB in"),
        (DATA_OUT, outgoing, f"{outgoing:g} GB out"),
    )
