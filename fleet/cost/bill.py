"""What a whole stack costs a month: its endpoints, what it has once, and CloudWatch's free share of both.

Pure. The sentence that a preview says of it is here too; whether it is too much is fleet/cost/budget.py's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from fleet.cost.estimate import Billed, Estimate, Figure, Tariff, billed, estimate, total
from fleet.cost.prices import ALARM, DASHBOARD, LOGS_IN, METRIC, Price, missing, plain, too_old
from fleet.cost.traffic import Traffic, expected
from fleet.monitoring.dashboard import Row, Served, metrics_of, pages
from fleet.monitoring.signals import METRICS
from fleet.tasks.model import CHAMPION, Task, title

SMALL = 50  # metrics of a dashboard that may be one of the free ones (CloudWatch pricing, 2026-11)
Key = tuple[str, str]  # task and variant


@dataclass(frozen=True)
class Once:
    """What a stack has once, however many tasks there are."""

    own_metrics: int = 0  # that the manager sends of its own runs
    alarm_metrics: int = 0  # of the alarm `runs`
    pages: tuple[int, ...] = ()  # metrics on each page of the dashboard


def once(keys: Iterable[Key], *, dashboard: bool, own_metrics: bool, watches_runs: bool) -> Once:
    """What a stack has once, where it has these endpoints; the names of its dashboard are no part of its price."""
    shown: dict[str, list[Served]] = {}
    for task, variant in keys:
        shown.setdefault(task, []).append(Served(title(task, variant), title(task, variant)))
    rows = [Row(task, tuple(served)) for task, served in shown.items()]
    drawn = pages("", rows, stack="", region="") if dashboard and rows else ()
    return Once(len(METRICS) if own_metrics else 0, int(watches_runs), tuple(metrics_of(page) for page in drawn))


@dataclass(frozen=True)
class Bill:
    """What a stack costs a month."""

    tariff: Tariff
    endpoints: Mapping[Key, Estimate]
    shared: Mapping[str, Figure] = field(default_factory=dict)

    @cached_property
    def monthly_usd(self) -> float:
        """The sum of what is known."""
        return total(self._figures())

    def of_task(self, task: str) -> float:
        """Its endpoints alone."""
        return total(figure for (name, _), each in self.endpoints.items() if name == task for figure in _parts(each))

    @property
    def tasks(self) -> list[str]:
        return list(dict.fromkeys(task for task, _ in self.endpoints))

    @property
    def of_unknown_traffic(self) -> list[str]:
        """The tasks of which nobody knows how much they are called."""
        return [task for task in self.tasks if not self.endpoints[self._one_of(task)].traffic.is_known]

    def _one_of(self, task: str) -> Key:
        return next(key for key in self.endpoints if key[0] == task)

    @property
    def without_a_price(self) -> str:
        """What is said once of prices that are not known; "" where all are."""
        of_calls = [each.thousand for each in self.endpoints.values()]
        return missing((item for figure in (*of_calls, *self._figures()) for item in figure.absent), self.tariff.region)

    @property
    def prices(self) -> set[Price]:
        """Those that its figures rest on."""
        return {price for figure in self._figures() for price in figure.prices}

    @property
    def as_of(self) -> date | None:
        """The day of the oldest of them."""
        return min((price.as_of for price in self.prices), default=None)

    def too_old(self, today: date) -> str:
        return too_old(self.prices, today)

    def _figures(self) -> list[Figure]:
        return [*(figure for each in self.endpoints.values() for figure in _parts(each)), *self.shared.values()]


def _parts(each: Estimate) -> Iterable[Figure]:
    return each.parts.values()


def of_list(tasks: Iterable[Task]) -> dict[Key, tuple[Billed, Traffic]]:
    """What a task list asks for, whatever is approved: what serves a version, or may as soon as there is one."""
    return {
        (task.name, variant): (billed(task, variant), expected(task, variant))
        for task in tasks
        for variant in (CHAMPION, *task.variants)
    }


def make(endpoints: Mapping[Key, tuple[Billed, Traffic]], once: Once, tariff: Tariff) -> Bill:
    """The bill of these endpoints and of what the stack has once."""
    each = {key: estimate(its, traffic, tariff) for key, (its, traffic) in endpoints.items()}
    return Bill(tariff, each, _shared(each, once, tariff))


def _shared(each: Mapping[Key, Estimate], once: Once, tariff: Tariff) -> dict[str, Figure]:
    alarms = once.alarm_metrics + sum(one.billed.alarm_metrics for one in each.values())
    logs = sum(one.traffic.log_gb or 0 for one in each.values())
    return {
        "dashboard": _dashboard(once.pages, tariff),
        "metrics": _beyond_free(METRIC, once.own_metrics, once.own_metrics, "own metrics", tariff),
        "alarms": _beyond_free(ALARM, once.alarm_metrics, alarms, "metrics of the alarm `runs`", tariff),
        **({"logs": _beyond_free(LOGS_IN, 0, logs, "GB of logs", tariff)} if logs else {}),
    }


def _beyond_free(item: str, units: float, of_all: float, words: str, tariff: Tariff) -> Figure:
    """So many units, less what is free of all there are: the others are summed with their endpoints."""
    price = tariff.find(item)
    if not of_all:
        return Figure(0.0, f"no {words}")
    if price is None:
        return tariff.sum((item, units, words))
    free = min(price.free, of_all)
    how = f"({units:g} {words} - {free:g} of {of_all:g} that are free) * {plain(price.usd)} USD"
    return Figure((units - free) * price.usd, how, (price,))


def _dashboard(pages: Sequence[int], tariff: Tariff) -> Figure:
    price = tariff.find(DASHBOARD)
    if not pages:
        return Figure(0.0, "no dashboard")
    if price is None:
        return tariff.sum((DASHBOARD, len(pages), "pages"))
    free = min(int(price.free), sum(metrics <= SMALL for metrics in pages))
    return Figure(
        (len(pages) - free) * price.usd, f"({len(pages)} pages - {free} free) * {plain(price.usd)} USD", (price,)
    )


def line(bill: Bill, before: float, budget: float | None) -> str:
    """What a preview says of it, in one line; `before` is what the fleet cost without this run, in USD."""
    least = "at least " if bill.of_unknown_traffic or bill.without_a_price else ""
    said = [f"cost: {least}{amount(bill.monthly_usd)} USD a month, {signed(bill.monthly_usd - before)} by this run"]
    if budget is not None:
        over = "above" if cents(bill.monthly_usd) > cents(budget) else "within"
        said.append(f"{over} monthlyBudgetUsd ({amount(budget)})")
    if unknown := bill.of_unknown_traffic:
        whose = "1 task" if len(unknown) == 1 else f"{len(unknown)} tasks"
        said.append(f"the calls of {whose} are not counted: no `traffic` in the task list")
    if bill.without_a_price:
        said.append(bill.without_a_price)
    return "; ".join(said)


def cents(usd: float) -> int:
    """What is compared: less than a cent is no difference."""
    return round(usd * 100)


def amount(usd: float) -> str:
    return f"{usd:,.2f}"


def signed(usd: float) -> str:
    """`+26.28`, `-3.00`, or `unchanged` where it is less than a cent."""
    return "unchanged" if cents(usd) == 0 else f"{usd:+,.2f}"
