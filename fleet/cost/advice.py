"""Whether serverless is still right for a task: a verdict, the figures it rests on, and what it would save.

Pure, and of cost alone. Nothing is advised on traffic that nobody knows, nor for less than WORTHWHILE a month.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from fleet.cost.bill import amount
from fleet.cost.estimate import DATA, INFERENCE, PROVISIONED, Billed, Estimate, Tariff, estimate
from fleet.cost.month import Provisioned, slot_hours
from fleet.cost.prices import COMPUTE, READY, TOKENS_IN, TOKENS_OUT, WARM_COMPUTE, Price, Prices, plain
from fleet.cost.traffic import Observed, Origin, Span
from fleet.tasks.model import CHAMPION
from fleet.tasks.settings import LanguageModel
from fleet.tasks.values import MEMORY_SIZES_MB

WORTHWHILE = 1.0  # USD a month
FEW = 200  # calls in a span, below which cold starts and memory say nothing
COLD = 0.2  # share of calls that start a container, from which on it hurts
ROOM = 0.75  # most of a smaller size that may have been in use
NOT_WEIGHED = "accuracy, latency and that the texts leave for another service are not weighed"


class Verdict(StrEnum):
    """What to do with a task, as far as its cost says."""

    KEEP = "keep"
    ADD_PROVISIONED = "add_provisioned"
    DROP_PROVISIONED = "drop_provisioned"
    LESS_MEMORY = "less_memory"
    INSTANCE = "instance"
    LANGUAGE_MODEL = "language_model"
    RETIRE = "retire"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Advice:
    """One thing to do, and why."""

    verdict: Verdict
    why: str  # with the figures that it rests on
    saves_usd: float = 0.0  # a month; below 0 where it costs more
    prices: tuple[Price, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What is known of one endpoint."""

    estimate: Estimate
    tariff: Tariff
    span: Span
    observed: Observed | None = None  # None = CloudWatch could not be read
    language_model: LanguageModel | None = None  # that the task is compared with

    @property
    def billed(self) -> Billed:
        return self.estimate.billed

    @property
    def busy_seconds(self) -> float:
        """Of a month; 0 where nobody knows."""
        return self.estimate.traffic.busy_seconds or 0.0

    @property
    def of_calls(self) -> float:
        """What answering costs a month, warm or not, in USD: what another way of answering would replace."""
        return math.fsum(self.estimate.parts[part].usd or 0 for part in (INFERENCE, DATA, PROVISIONED))


def judge(its: Evidence) -> list[Advice]:
    """Everything that there is to say of one endpoint: the verdict first, and never nothing."""
    traffic = its.estimate.traffic
    if not traffic.is_known:
        return [Advice(Verdict.UNKNOWN, "nobody knows how much it is called: `traffic` in the task list says it")]
    if traffic.origin is Origin.OBSERVED and traffic.calls == 0:
        stands = its.estimate.monthly_usd
        why = f"nobody has called it for {its.span.days:g} days; what stands of it costs {amount(stands)} USD a month"
        return [Advice(Verdict.RETIRE, why, stands)]
    if missing := [part for part in (INFERENCE, DATA, PROVISIONED) if its.estimate.parts[part].usd is None]:
        return [Advice(Verdict.UNKNOWN, f"{missing[0]}: {its.estimate.parts[missing[0]].how}")]
    cheaper = [advice for advice in _cheaper(its) if advice.saves_usd >= WORTHWHILE]
    found = [*sorted(cheaper, key=lambda advice: -advice.saves_usd), *_warmer(its)]
    return found or [Advice(Verdict.KEEP, f"nothing is known that saves {amount(WORTHWHILE)} USD a month")]


def _cheaper(its: Evidence) -> Iterator[Advice]:
    for rule in (_without_provisioned, _less_memory, _instance, _language_model):
        if advice := rule(its):
            yield advice


# Provisioned concurrency


def break_even(tariff: Tariff) -> float | None:
    """The use of a slot from which on provisioned concurrency saves money; None where a price is not known.

    A slot costs READY all the time, and saves the difference of the two prices of computing while it answers.
    """
    compute, ready, warm = (tariff.find(item) for item in (COMPUTE, READY, WARM_COMPUTE))
    if compute is None or ready is None or warm is None:
        return None
    return ready.usd / (compute.usd - warm.usd) if compute.usd > warm.usd else math.inf


def slot_use(its: Evidence) -> float | None:
    """The share of its slots' time that is spent on calls; None without slots."""
    if its.billed.provisioned is None:
        return None
    return its.busy_seconds / (slot_hours(its.billed.provisioned, its.tariff.month) * 3600)


def _without_provisioned(its: Evidence) -> Advice | None:
    use, least = slot_use(its), break_even(its.tariff)
    if use is None or least is None or use >= least:
        return None
    without = estimate(replace(its.billed, provisioned=None), its.estimate.traffic, its.tariff)
    why = f"its slots are in use for {use:.1%} of their time, and pay from {least:.1%} on"
    caution = "without them calls after a pause find a cold start"
    return Advice(Verdict.DROP_PROVISIONED, f"{why}; {caution}", _less(its, without), without.parts[INFERENCE].prices)


def _warmer(its: Evidence) -> Iterator[Advice]:
    seen = its.observed
    if its.billed.provisioned is not None or seen is None or seen.calls < FEW:
        return
    share = seen.cold_start_share
    if share is None or share < COLD:
        return
    warm = estimate(replace(its.billed, provisioned=Provisioned(1, 1)), its.estimate.traffic, its.tariff)
    if warm.parts[PROVISIONED].usd is None or warm.parts[INFERENCE].usd is None:
        return
    why = f"{share:.1%} of its calls wait for a cold start; one slot that is kept warm costs"
    saves = _less(its, warm)
    yield Advice(Verdict.ADD_PROVISIONED, f"{why} {amount(-saves)} USD more", saves, warm.parts[PROVISIONED].prices)


def _less(its: Evidence, other: Estimate) -> float:
    return its.estimate.monthly_usd - other.monthly_usd


# Memory


def _less_memory(its: Evidence) -> Advice | None:
    seen, size = its.observed, its.billed.memory_mb
    if seen is None or seen.memory_share is None or seen.calls < FEW:
        return None
    used_mb = seen.memory_share * size
    smaller = next((mb for mb in MEMORY_SIZES_MB if mb < size and used_mb <= mb * ROOM), None)
    if smaller is None:
        return None
    less = estimate(replace(its.billed, memory_mb=smaller), its.estimate.traffic, its.tariff)
    why = f"at most {used_mb:,.0f} of {size} MB were in use in {its.span.days:g} days; {smaller} MB hold that"
    caution = "SageMaker gives CPU in proportion, so calls may take longer, and then it saves less"
    return Advice(Verdict.LESS_MEMORY, f"{why}; {caution}", _less(its, less), less.parts[INFERENCE].prices)


# Instances


def calls_as_dear(price: Price, its: Billed, mean_ms: float, compute: Price, hours: float) -> float:
    """The calls in so many hours from which on an instance is cheaper than serverless on demand; data aside."""
    return price.usd * hours / (its.gb * mean_ms / 1000 * compute.usd)


def _instance(its: Evidence) -> Advice | None:
    """The cheapest instances that bear the load: each takes one call at a time on average, so that peaks have room."""
    compute, hours = its.tariff.find(COMPUTE), its.tariff.month.hours
    fitting = [price for price in its.tariff.prices.instances(its.tariff.region) if price.memory_gb >= its.billed.gb]
    mean_ms = its.estimate.traffic.mean_ms
    if not fitting or compute is None or not mean_ms:
        return None
    price = fitting[0]
    count = max(1, math.ceil(its.busy_seconds / (hours * 3600)))
    costs = count * price.usd * hours + (its.estimate.parts[DATA].usd or 0)
    pays = millions(calls_as_dear(price, its.billed, mean_ms, compute, hours))
    how_many = f"one {price.of} costs" if count == 1 else f"{count} {price.of} cost"
    why = (
        f"{how_many} {amount(costs)} USD a month with its data, for {amount(its.of_calls)} now; at "
        f"{plain(price.usd)} USD an hour ({price.as_of}) one pays from {pays} calls a month on against serverless on "
        f"demand, and there are {millions(its.estimate.traffic.calls)}"
    )
    return Advice(Verdict.INSTANCE, f"{why}; it does not follow the traffic", its.of_calls - costs, (price, compute))


def millions(calls: float) -> str:
    """`10.2 M`, `950,000`"""
    return f"{calls / 1e6:,.1f} M" if calls >= 1e6 else f"{calls:,.0f}"


# A language model


@dataclass(frozen=True)
class TokenPrices:
    """What a language model costs, in USD for a million tokens."""

    reads: float
    writes: float
    source: str  # who says it
    prices: tuple[Price, ...] = ()


def token_prices(model: LanguageModel, prices: Prices) -> TokenPrices | None:
    """The prices that the task list gives, else the known ones of that name; None where there are none."""
    if model.usd_per_million_input is not None and model.usd_per_million_output is not None:
        return TokenPrices(model.usd_per_million_input, model.usd_per_million_output, "as given")
    reads, writes = (prices.find(item, "", model.name) for item in (TOKENS_IN, TOKENS_OUT))
    if reads is None or writes is None:
        return None
    return TokenPrices(reads.usd, writes.usd, f"{reads.source}, {reads.as_of}", (reads, writes))


def thousand_of(model: LanguageModel, its: TokenPrices) -> float:
    """What 1,000 calls of a language model cost, in USD."""
    return (model.input_tokens * its.reads + model.output_tokens * its.writes) / 1000


def unknown_models(models: Mapping[str, LanguageModel], prices: Prices) -> list[str]:
    """A sentence for each task whose language model has no price."""
    known = ", ".join(prices.language_models())
    return [
        f'{task}: no price of the language model "{model.name}": give usd_per_million_input and '
        f"usd_per_million_output, or use {known}"
        for task, model in models.items()
        if token_prices(model, prices) is None
    ]


def _language_model(its: Evidence) -> Advice | None:
    model = its.language_model
    if model is None or (priced := token_prices(model, its.tariff.prices)) is None:
        return None
    thousand = thousand_of(model, priced)
    costs = its.estimate.traffic.calls * thousand / 1000
    tokens = f"{model.input_tokens} + {model.output_tokens} tokens"
    why = (
        f"{model.name} answers 1,000 calls of {tokens} for {thousand:.3f} USD ({priced.source}): {amount(costs)} USD a "
        f"month for {amount(its.of_calls)} USD now"
    )
    return Advice(Verdict.LANGUAGE_MODEL, f"{why}; {NOT_WEIGHED}", its.of_calls - costs, priced.prices)


def of_task(verdicts: Mapping[str, Advice]) -> Advice:
    """The verdict on a task, of those on its variants: the champion's; where that is to keep, another's that saves."""
    champion = verdicts[CHAMPION]
    others = {name: advice for name, advice in verdicts.items() if advice.saves_usd > 0}
    if champion.verdict is not Verdict.KEEP or not others:
        return champion
    name = max(others, key=lambda name: others[name].saves_usd)
    return replace(others[name], why=f"{name}: {others[name].why}")
