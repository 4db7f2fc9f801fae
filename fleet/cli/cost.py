"""What the tasks cost, as `fleet cost` says it to a machine as JSON: made of what was observed, nothing is asked here.

`python -m fleet.cli.cost` prints the schema.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from pydantic import Field

from fleet.cli.report import FAILED, Said
from fleet.cost import advice, bill
from fleet.cost.advice import Evidence, Verdict
from fleet.cost.bill import Bill, Key, Once, cents
from fleet.cost.estimate import ASSUMPTIONS, Estimate, Figure, Tariff, billed
from fleet.cost.traffic import Observed, Origin, Span, Traffic, of_a_month
from fleet.tasks.model import Task
from fleet.tasks.settings import LanguageModel

WITHIN, ABOVE_BUDGET = 0, 2  # exit codes, beside FAILED


@dataclass(frozen=True)
class Looked:
    """What CloudWatch has of one endpoint; None where it could not be read."""

    span: Span
    seen: Observed | None = None
    before: Observed | None = None  # over a span as long, before this one
    unread: str = ""  # why it could not be read


@dataclass(frozen=True)
class Question:
    """What `fleet cost` is to say, and by what."""

    tasks: Sequence[Task]
    looked: Mapping[Key, Looked]  # of each endpoint that is there
    tariff: Tariff
    today: date
    days: float
    once: Once = field(default_factory=Once)
    budget: float | None = None
    language_model: LanguageModel | None = None  # for every task, in place of the task list's
    mistakes: Sequence[str] = ()  # in the file of prices

    def model_of(self, task: Task) -> LanguageModel | None:
        return self.language_model or task.language_model


class VariantCost(Said):
    """What one variant costs a month."""

    calls: float | None
    """A month; null where nobody knows."""
    mean_ms: float | None
    """The model's own time in a call; null where nobody knows."""
    cold_start_share: float | None
    """Of the calls that were observed; null where CloudWatch does not say."""
    traffic: Origin
    """Where the calls are from: expected is what the task list says."""
    parts: dict[str, float | None]
    """USD a month by what it is for; null where it is not known, and then `warnings` says why."""
    how: dict[str, str]
    """How each of them comes about, or why it does not."""
    monthly_usd: float
    """The sum of the parts that are known."""
    usd_per_1000_calls: float | None
    """What 1,000 calls more cost; null where a price is not known."""
    trend: float | None
    """Calls in the span over those in the one before it, less one: 0.1 is a tenth more. null where there were none."""


class TaskCost(Said):
    """What one task costs a month, and what to do about it."""

    variants: dict[str, VariantCost]
    """By name, those that have an endpoint; the task itself is `champion`."""
    monthly_usd: float
    """Of its endpoints."""
    verdict: Verdict
    """What to do for its cost's sake."""
    why: str
    """With the figures that it rests on."""
    saves_usd: float
    """A month; below 0 where it costs more."""


class CostReport(Said):
    """What `fleet cost --json` prints, whatever its exit code."""

    schema_: Literal[1] = Field(alias="schema")
    """The version of this shape."""
    region: str
    prices_as_of: date | None
    """The day of the oldest price that a figure rests on; null without any."""
    days: float
    """Length of the span that was looked at."""
    tasks: dict[str, TaskCost]
    """By name, those that have an endpoint."""
    shared: dict[str, float | None]
    """What the stack has once, and less what CloudWatch gives for nothing, in USD a month."""
    monthly_usd: float
    """The sum of what is known."""
    budget_usd: float | None
    """monthlyBudgetUsd; null where none is set."""
    warnings: list[str]
    """Each once: prices and parts that are not known, prices that are old, what could not be read."""
    notes: list[str]
    """What is assumed because AWS does not document it."""
    error: str = ""
    """Why nothing could be found out; not there where it could."""

    @property
    def exit_code(self) -> int:
        if self.error:
            return FAILED
        is_above = self.budget_usd is not None and cents(self.monthly_usd) > cents(self.budget_usd)
        return ABOVE_BUDGET if is_above else WITHIN

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude=None if self.error else {"error"})


def report(asked: Question) -> CostReport:
    """What the endpoints cost that are there, each by what is known of its traffic."""
    by_name = {task.name: task for task in asked.tasks}
    keys = [key for key in asked.looked if key[0] in by_name]
    endpoints = {key: (billed(by_name[key[0]], key[1]), _traffic(key, by_name, asked)) for key in keys}
    made = bill.make(endpoints, asked.once, asked.tariff)
    tasks = {name: _task(task, made, asked) for name, task in by_name.items() if any(key[0] == name for key in keys)}
    return CostReport(
        schema=1,
        region=asked.tariff.region,
        prices_as_of=made.as_of,
        days=asked.days,
        tasks=tasks,
        shared={part: _cents(figure) for part, figure in made.shared.items()},
        monthly_usd=round(made.monthly_usd, 2),
        budget_usd=asked.budget,
        warnings=_warnings(made, asked),
        notes=list(ASSUMPTIONS),
    )


def failed(error: str, days: float) -> CostReport:
    """The report where nothing could be found out."""
    nothing: dict[str, Any] = {"tasks": {}, "shared": {}, "monthly_usd": 0, "budget_usd": None, "prices_as_of": None}
    return CostReport(schema=1, region="", days=days, **nothing, warnings=[], notes=[], error=error)


def _traffic(key: Key, by_name: Mapping[str, Task], asked: Question) -> Traffic:
    looked = asked.looked[key]
    return of_a_month(by_name[key[0]], key[1], looked.seen, looked.span, asked.tariff.month)


def _task(task: Task, made: Bill, asked: Question) -> TaskCost:
    its = {variant: estimate for (name, variant), estimate in made.endpoints.items() if name == task.name}
    verdicts = {
        variant: advice.judge(_evidence(task, estimate, asked.looked[task.name, variant], asked))[0]
        for variant, estimate in its.items()
    }
    verdict = advice.of_task(verdicts)
    return TaskCost(
        variants={variant: _variant(estimate, asked.looked[task.name, variant]) for variant, estimate in its.items()},
        monthly_usd=round(made.of_task(task.name), 2),
        verdict=verdict.verdict,
        why=verdict.why,
        saves_usd=round(verdict.saves_usd, 2),
    )


def _evidence(task: Task, estimate: Estimate, looked: Looked, asked: Question) -> Evidence:
    return Evidence(estimate, asked.tariff, looked.span, looked.seen, asked.model_of(task))


def _variant(its: Estimate, looked: Looked) -> VariantCost:
    traffic = its.traffic
    return VariantCost(
        calls=traffic.calls if traffic.is_known else None,
        mean_ms=traffic.mean_ms,
        cold_start_share=looked.seen.cold_start_share if looked.seen else None,
        traffic=traffic.origin,
        parts={part: _cents(figure) for part, figure in its.parts.items()},
        how={part: figure.how for part, figure in its.parts.items()},
        monthly_usd=round(its.monthly_usd, 2),
        usd_per_1000_calls=None if its.thousand.usd is None else round(its.thousand.usd, 6),
        trend=_trend(looked),
    )


def _trend(looked: Looked) -> float | None:
    if looked.seen is None or looked.before is None or not looked.before.calls:
        return None
    return looked.seen.calls / looked.before.calls - 1


def _cents(figure: Figure) -> float | None:
    return None if figure.usd is None else round(figure.usd, 2)


def _warnings(made: Bill, asked: Question) -> list[str]:
    """Each once, however many tasks it is about."""
    models = {task.name: model for task in asked.tasks if (model := asked.model_of(task))}
    said = [
        *asked.mistakes,
        made.without_a_price,
        made.too_old(asked.today),
        *advice.unknown_models(models, asked.tariff.prices),
        *_unread(asked.looked),
        *_unknown(made),
    ]
    return [sentence for sentence in said if sentence]


def _unread(looked: Mapping[Key, Looked]) -> list[str]:
    """What CloudWatch could not be asked of, once for each reason."""
    why: dict[str, list[Key]] = {}
    for key, each in looked.items():
        if each.seen is None:
            why.setdefault(f": {each.unread}" if each.unread else "", []).append(key)
    return [f"CloudWatch could not be read of {_count(keys)}{reason}" for reason, keys in why.items()]


def _unknown(made: Bill) -> list[str]:
    """The parts that are not known for another reason than a price, and of how many endpoints."""
    why: dict[tuple[str, str], list[Key]] = {}
    for key, its in made.endpoints.items():
        for part, figure in its.parts.items():
            if figure.usd is None and not figure.absent:
                why.setdefault((part, figure.how), []).append(key)
    return [f"{part}: not known of {_count(keys)}: {how}" for (part, how), keys in why.items()]


def _count(keys: Sequence[Key]) -> str:
    return "1 endpoint" if len(keys) == 1 else f"{len(keys)} endpoints"


def json_schema() -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **CostReport.model_json_schema()}


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
