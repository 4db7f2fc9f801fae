"""What `fleet cost` and the report look at: the task list, the prices, what the last run left, and what AWS has of it.

Few calls, however many tasks there are: the list of endpoints, and CloudWatch's metrics. Where one of them is not
answered the rest is told all the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fleet.aws.operator import usage
from fleet.aws.operator.usage import FOR_COST, Reading
from fleet.cli import aws, record, stack, state, task_list
from fleet.cli.command import CommandError
from fleet.cli.cost import Looked, Question
from fleet.cli.stack import StackConfig
from fleet.config import CHECKS
from fleet.cost import advice, price_file
from fleet.cost.bill import Key, Once, once
from fleet.cost.estimate import Tariff
from fleet.cost.month import Month
from fleet.cost.prices import Prices
from fleet.cost.traffic import Span
from fleet.cost.usage import DAY, Period, Usage, silent_days
from fleet.guard import Written
from fleet.seen import Unknown
from fleet.tasks.model import CHAMPION, Task, title
from fleet.tasks.settings import LanguageModel

LATE_DAYS = 3  # that CloudWatch may be behind: in a span no longer than this, no call of anything says nothing


@dataclass(frozen=True)
class Observation:
    """What was found, and the question that it answers."""

    question: Question
    period: Period
    written: Written  # what the last run left, by task and variant
    usages: Mapping[Key, Usage | Unknown]  # of each endpoint that is there


@dataclass(frozen=True)
class _There:
    """The endpoints that are there: their names, and when they were made as far as that is known."""

    names: Mapping[Key, str]
    created: Mapping[str, datetime]
    warnings: tuple[str, ...] = ()


def observe(
    name: str,
    days: int,
    now: datetime,
    readings: Mapping[str, Reading] = FOR_COST,
    language_model: LanguageModel | None = None,
) -> Observation:
    """Look at a stack over so many days back. Raises CommandError where it is not known what to look at."""
    config = stack.read(name)
    budget = _budget(config)
    tasks = task_list.read(config)
    cloudwatch = aws.cloudwatch(config)
    written = record.read(config, state.outputs(name))
    loaded = price_file.lying(config.tasks.parent)
    there = _there(config, tasks, written)
    period = usage.period(now, days)
    usages = usage.read(cloudwatch, [*there.names.values()], period, readings)
    by_key = {key: usages[endpoint] for key, endpoint in there.names.items()}
    silent = silent_days(one for one in by_key.values() if isinstance(one, Usage))
    model, odd = _model(language_model, loaded.prices)
    question = Question(
        tasks=[*tasks.values()],
        looked={
            key: _of_this_size(_looked(one, period, there.created.get(there.names[key]), silent), key, tasks, written)
            for key, one in by_key.items()
        },
        tariff=Tariff(loaded.prices, config.access.region, Month.of(now.astimezone(UTC).date())),
        today=now.astimezone(UTC).date(),
        days=days,
        once=_once(config, by_key),
        budget=budget,
        language_model=model,
        mistakes=[*loaded.mistakes, *odd, *there.warnings, *_late(silent)],
    )
    return Observation(question, period, written, by_key)


def _budget(config: StackConfig) -> float | None:
    said = config.own.get("monthlyBudgetUsd")
    if said is None:
        return None
    if sentence := CHECKS["monthlyBudgetUsd"](said):
        raise CommandError(sentence)
    return float(said)


def _once(config: StackConfig, keys: Mapping[Key, object]) -> Once:
    own = config.own
    return once(
        keys,
        dashboard=own.get("dashboard") != "false",
        own_metrics=own.get("ownMetrics") != "false",
        watches_runs=bool(own.get("expectedRunHours")),
    )


def _there(config: StackConfig, tasks: Mapping[str, Task], written: Written) -> _There:
    """The endpoints that the last run left and AWS still has; those of tasks that left the list are told of."""
    left = {
        (task, variant): run.endpoint
        for task, variants in written.items()
        for variant, run in variants.items()
        if run.arn and run.endpoint
    }
    kept = {key: name for key, name in left.items() if _is_listed(key, tasks)}
    gone = [*_no_longer_listed(left.keys() - kept.keys())]
    if not kept:
        return _There({}, {}, tuple(gone))
    try:
        created = aws.ask(lambda: usage.created(aws.sagemaker(config)))
    except CommandError as error:
        why = f"{error}: how old the endpoints are is not known, so that no call of one says nothing"
        return _There(kept, {}, (*gone, why))
    lost = sorted(title(*key) for key, name in kept.items() if name not in created)
    said = [f"deleted outside of Pulumi, and not counted: {', '.join(lost)}"] if lost else []
    return _There({key: name for key, name in kept.items() if name in created}, created, (*gone, *said))


def _is_listed(key: Key, tasks: Mapping[str, Task]) -> bool:
    task, variant = key
    return task in tasks and variant in (CHAMPION, *tasks[task].variants)


def _no_longer_listed(keys: set[Key]) -> Iterator[str]:
    if keys:
        names = ", ".join(sorted(title(*key) for key in keys))
        yield f"no longer in the task list, and not counted until `pulumi up` takes them away: {names}"


def _looked(one: Usage | Unknown, period: Period, created: datetime | None, silent: int) -> Looked:
    if isinstance(one, Unknown):
        age = None if created is None else (period.end - created) / DAY
        return Looked(Span(period.days, age), unread=one.error)
    if silent >= period.days and silent <= LATE_DAYS:
        why = "it has no call of anything in the whole span, and had some before: its data may be late"
        return Looked(one.span(created), unread=why)
    return Looked(one.span(created), one.observed, one.observed_before(created))


def _of_this_size(looked: Looked, key: Key, tasks: Mapping[str, Task], written: Written) -> Looked:
    """The same without its share of memory where the task list gives it another size than it has now."""
    task, variant = key
    serves = written[task][variant].memory_mb
    if looked.seen is None or serves in (0, tasks[task].sizes_of(variant).memory_mb):
        return looked
    return replace(looked, seen=replace(looked.seen, memory_share=None))


def _late(silent: int) -> Iterator[str]:
    if silent:
        since = "the last day" if silent == 1 else f"the last {silent} days"
        yield f"CloudWatch has no call of any endpoint in {since}, and had some every day before: its data may be late"


def _model(given: LanguageModel | None, prices: Prices) -> tuple[LanguageModel | None, list[str]]:
    """The language model to compare with; one without a price is told once, and the task list's stand."""
    if given is None or advice.token_prices(given, prices):
        return given, []
    known = ", ".join(prices.language_models())
    return None, [f'no price of the language model "{given.name}": give --token-prices IN OUT, or use {known}']
