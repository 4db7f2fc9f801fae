"""Verdicts: what to do with a task for its cost's sake, the figures it rests on, and what it would save."""

from dataclasses import replace
from typing import Any

import pytest

from fleet.cost.advice import (
    Advice,
    Evidence,
    TokenPrices,
    Verdict,
    break_even,
    calls_as_dear,
    judge,
    millions,
    of_task,
    slot_use,
    thousand_of,
    token_prices,
    unknown_models,
)
from fleet.cost.estimate import Billed, Tariff
from fleet.cost.month import AVERAGE_HOURS
from fleet.cost.price_file import shipped
from fleet.cost.prices import COMPUTE, INSTANCE, WARM_COMPUTE, Prices
from fleet.cost.traffic import UNKNOWN, Observed, Origin, Span, Traffic
from fleet.tasks.settings import LanguageModel
from tests.fleet.cost.fleets import STOCKHOLM, VIRGINIA, calls, costs, tariff, without

HALF_A_MILLION = calls(500_000, 60)  # 1.20 USD of inference on 2 GB


def evidence(traffic: Traffic, memory_mb: int = 2048, its: Tariff | None = None, **more: Any) -> Evidence:
    """`seen` is what CloudWatch has, `model` the language model that the task list names."""
    seen, model = more.pop("seen", None), more.pop("model", None)
    of = costs(memory_mb, traffic, its or tariff(), **more)
    return Evidence(of, its or tariff(), Span(30, 90), seen, LanguageModel(**model) if model else None)


def verdicts(*args: Any, **more: Any) -> list[Verdict]:
    return [advice.verdict for advice in judge(evidence(*args, **more))]


def verdict(*args: Any, **more: Any) -> Advice:
    return judge(evidence(*args, **more))[0]


# --- what the verdicts rest on --------------------------------------------------------------------------------------

# The calls in millions a month from which on an instance costs less: 2 GB and 100 ms, 4 GB and 300 ms.
BREAK_EVEN = {
    "ml.t2.medium": ("10.2 M", "1.7 M"),
    "ml.c5.large": ("18.6 M", "3.1 M"),
    "ml.c6i.large": ("18.6 M", "3.1 M"),
    "ml.m5.large": ("21.0 M", "3.5 M"),
    "ml.g4dn.xlarge": ("134.3 M", "22.4 M"),
    "ml.inf2.xlarge": ("138.3 M", "23.1 M"),
}
# 1,000 calls of a language model in USD: 150 tokens in and 5 out, 500 and 5, 1,500 and 10.
THOUSAND = {
    "Nova Micro": (0.006, 0.018, 0.054),
    "Nova Lite": (0.010, 0.031, 0.092),
    "gpt-oss-20b": (0.012, 0.037, 0.108),
    "Llama 3.2 1B": (0.016, 0.051, 0.151),
    "Claude Haiku 5.5": (0.018, 0.053, 0.155),
    "Claude Haiku 4.5": (0.175, 0.525, 1.55),
    "Nova 2 Lite": (0.058, 0.163, 0.475),
    "Claude Sonnet 5.5": (0.35, 1.05, 3.10),
}


@pytest.mark.parametrize("instance", BREAK_EVEN)
def test_an_instance_pays_from_as_many_calls_on_as_is_known(instance: str) -> None:
    price, compute = shipped().find(INSTANCE, VIRGINIA, instance), shipped().find(COMPUTE, VIRGINIA)
    assert price and compute
    found = [
        millions(calls_as_dear(price, Billed(memory_mb), mean_ms, compute, AVERAGE_HOURS))
        for memory_mb, mean_ms in ((2048, 100), (4096, 300))
    ]
    assert tuple(found) == BREAK_EVEN[instance]


@pytest.mark.parametrize("name", THOUSAND)
def test_a_thousand_calls_of_a_language_model_cost_what_is_known(name: str) -> None:
    for (reads, writes), known in zip(((150, 5), (500, 5), (1500, 10)), THOUSAND[name], strict=True):
        model = LanguageModel(name=name, input_tokens=reads, output_tokens=writes)
        priced = token_prices(model, shipped())
        assert priced
        assert thousand_of(model, priced) == pytest.approx(known, abs=0.0005001)


def test_every_shipped_language_model_is_checked() -> None:
    assert set(shipped().language_models()) == THOUSAND.keys()


def test_a_slot_pays_from_60_percent_use_on() -> None:
    least = break_even(tariff())
    assert least == pytest.approx(0.6024, abs=0.0001)
    assert break_even(without(WARM_COMPUTE)) is None


def test_at_the_break_even_warm_and_cold_cost_the_same() -> None:
    busy = (break_even(tariff()) or 0) * 720 * 3600  # seconds of one slot
    warm, cold = (evidence(calls(busy * 10, 100), slots=slots).of_calls for slots in (1, 0))
    assert warm == pytest.approx(cold)


def test_the_use_of_slots_is_of_all_their_time() -> None:
    assert slot_use(evidence(calls(2 * 720 * 3600, 500), slots=2)) == pytest.approx(0.5)
    assert slot_use(evidence(calls(1))) is None


# --- nothing is said where nothing is known -------------------------------------------------------------------------


def test_unknown_traffic_has_no_verdict_whatever_else_is_known() -> None:
    seen = Observed(0, memory_share=0.01)
    said = judge(evidence(UNKNOWN, 6144, slots=5, seen=seen, model={"name": "Nova Micro"}))
    assert [advice.verdict for advice in said] == [Verdict.UNKNOWN]
    assert said[0].why == "nobody knows how much it is called: `traffic` in the task list says it"


def test_a_missing_price_is_no_verdict_and_says_what_to_do() -> None:
    said = verdict(calls(1000), its=tariff(STOCKHOLM))
    assert said.verdict is Verdict.UNKNOWN
    assert "no price for eu-north-1: run `fleet prices --refresh`" in said.why


def test_calls_of_unknown_length_have_no_verdict() -> None:
    assert verdicts(calls(1000, mean_ms=None)) == [Verdict.UNKNOWN]


def test_nothing_to_say_is_to_keep_it() -> None:
    assert verdicts(HALF_A_MILLION) == [Verdict.KEEP]


# --- retire ---------------------------------------------------------------------------------------------------------


def test_nobody_called_is_to_retire_it_and_saves_what_stands() -> None:
    said = verdict(calls(0), slots=1, alarm_metrics=3)
    assert (said.verdict, round(said.saves_usd, 2)) == (Verdict.RETIRE, 26.22)
    assert said.why == "nobody has called it for 30 days; what stands of it costs 26.22 USD a month"


def test_to_expect_no_calls_is_no_reason_to_retire() -> None:
    assert Verdict.RETIRE not in verdicts(Traffic(Origin.EXPECTED, 0, 100))


def test_an_idle_endpoint_is_to_be_retired_where_no_price_is_known() -> None:
    assert verdicts(calls(0, mean_ms=None), its=tariff(STOCKHOLM)) == [Verdict.RETIRE]


# --- provisioned concurrency ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("use", "expected"), [(0.5, Verdict.DROP_PROVISIONED), (0.7, Verdict.KEEP)])
def test_below_the_break_even_provisioned_concurrency_is_to_go(use: float, expected: Verdict) -> None:
    without_instances = without(INSTANCE)
    assert verdicts(calls(720 * 3600 * 10 * use, 100), its=without_instances, slots=1)[0] is expected


def test_what_goes_with_provisioned_concurrency_is_said() -> None:
    said = verdict(HALF_A_MILLION, slots=1)
    assert said.why == (
        "its slots are in use for 1.2% of their time, and pay from 60.2% on; without them calls after a pause find a "
        "cold start"
    )
    assert said.saves_usd == pytest.approx(25.92 + 0.702 - 1.2)


@pytest.mark.parametrize(("cold_starts", "hurts"), [(99, False), (100, True)])
def test_from_a_fifth_of_cold_starts_on_a_slot_is_to_be_kept_warm(cold_starts: int, hurts: bool) -> None:
    said = judge(evidence(HALF_A_MILLION, seen=Observed(500, 60, cold_starts=cold_starts)))
    assert (said[0].verdict is Verdict.ADD_PROVISIONED) is hurts


def test_what_a_slot_costs_is_said_and_is_no_saving() -> None:
    said = verdict(HALF_A_MILLION, seen=Observed(500, 60, cold_starts=200))
    assert said.why == "40.0% of its calls wait for a cold start; one slot that is kept warm costs 25.42 USD more"
    assert said.saves_usd == pytest.approx(-25.42, abs=0.01)


def test_few_calls_say_nothing_of_cold_starts() -> None:
    assert verdicts(HALF_A_MILLION, seen=Observed(199, 60, cold_starts=199)) == [Verdict.KEEP]


# --- memory ---------------------------------------------------------------------------------------------------------


def test_memory_that_was_never_used_is_to_go() -> None:
    said = verdict(calls(1_000_000), 4096, seen=Observed(1_000_000, 100, memory_share=0.3))
    assert (said.verdict, round(said.saves_usd, 2)) == (Verdict.LESS_MEMORY, 4.00)
    assert said.why.startswith(
        "at most 1,229 of 4096 MB were in use in 30 days; 2048 MB hold that; SageMaker gives CPU"
    )


@pytest.mark.parametrize(("share", "expected"), [(0.375, Verdict.LESS_MEMORY), (0.376, Verdict.KEEP)])
def test_a_smaller_size_has_a_quarter_to_spare(share: float, expected: Verdict) -> None:
    assert verdicts(calls(1_000_000), 2048, seen=Observed(1_000_000, 100, memory_share=share))[0] is expected


def test_the_smallest_size_cannot_be_smaller() -> None:
    assert verdicts(calls(1_000_000), 1024, seen=Observed(1_000_000, 100, memory_share=0.01)) == [Verdict.KEEP]


# --- instances ------------------------------------------------------------------------------------------------------


def test_under_steady_traffic_an_instance_is_cheaper() -> None:
    said = verdict(calls(20_000_000, 100))
    assert (said.verdict, round(said.saves_usd, 2)) == (Verdict.INSTANCE, 39.68)  # 80.00 for 0.056 * 720
    assert said.why == (
        "one ml.t2.medium costs 40.96 USD a month with its data, for 80.64 now; at 0.056 USD an hour (2023-10-01) one "
        "pays from 10.1 M calls a month on against serverless on demand, and there are 20.0 M; it does not follow the "
        "traffic"
    )


def test_below_its_break_even_no_instance_is_advised() -> None:
    assert Verdict.INSTANCE not in verdicts(calls(10_000_000, 100))


def test_an_instance_has_to_have_the_memory() -> None:
    assert "one ml.m5.large costs" in verdict(calls(20_000_000, 100), 6144).why


def test_an_instance_whose_memory_nobody_knows_is_not_advised() -> None:
    unsized = Prices(tuple(replace(row, memory_gb=0) for row in shipped().rows))
    assert Verdict.INSTANCE not in verdicts(calls(20_000_000, 100), its=tariff(prices=unsized))


def test_many_calls_at_a_time_need_as_many_instances() -> None:
    assert verdict(calls(100_000_000, 100)).why.startswith("4 ml.t2.medium cost 164.48 USD")


# --- a language model -----------------------------------------------------------------------------------------------

TRANSFORMER = calls(1_000_000, 300)  # on 4 GB: 24.00 USD a month


def test_a_language_model_that_is_cheaper_is_said_with_what_is_not_weighed() -> None:
    said = verdict(TRANSFORMER, 4096, model={"name": "Nova Micro"})
    assert said.verdict is Verdict.LANGUAGE_MODEL
    assert said.saves_usd == pytest.approx(24.032 - 5.95)
    assert said.why == (
        "Nova Micro answers 1,000 calls of 150 + 5 tokens for 0.006 USD (genai-prices 0.2.3; on Bedrock, 2026-11-27): "
        "5.95 USD a month for 24.03 USD now; accuracy, latency and that the texts leave for another service are not "
        "weighed"
    )


def test_no_language_model_is_advised_that_nobody_named() -> None:
    assert verdicts(TRANSFORMER, 4096) == [Verdict.KEEP]


def test_a_small_model_stays_cheaper() -> None:
    assert verdicts(calls(1_000_000, 50), 1024, model={"name": "Nova Micro"}) == [Verdict.KEEP]


def test_the_prices_that_the_task_list_gives_win() -> None:
    model: dict[str, Any] = {"name": "Nova Micro", "usd_per_million_input": 50.0, "usd_per_million_output": 50.0}
    assert verdicts(TRANSFORMER, 4096, model=model) == [Verdict.KEEP]
    assert token_prices(LanguageModel(**model), shipped()) == TokenPrices(50, 50, "as given")


def test_a_language_model_without_a_price_is_said_for_its_task() -> None:
    unknown = LanguageModel(name="ours")
    (said,) = unknown_models({"a": unknown, "b": LanguageModel(name="Nova Micro")}, shipped())
    assert said.startswith(
        'a: no price of the language model "ours": give usd_per_million_input and usd_per_million_outp'
    )
    assert "Nova Lite" in said
    assert verdicts(TRANSFORMER, 4096, model={"name": "ours"}) == [Verdict.KEEP]


# --- several --------------------------------------------------------------------------------------------------------


def test_what_saves_most_comes_first() -> None:
    seen = Observed(1_000_000, 300, memory_share=0.1, cold_starts=900_000)
    said = judge(evidence(TRANSFORMER, 4096, seen=seen, model={"name": "Nova Micro"}))
    assert [advice.verdict for advice in said] == [
        Verdict.LANGUAGE_MODEL,
        Verdict.LESS_MEMORY,
        Verdict.ADD_PROVISIONED,
    ]


def test_less_than_a_dollar_a_month_is_not_advised() -> None:
    seen = Observed(1000, 100, memory_share=0.1)
    assert verdicts(calls(240_000), 4096, seen=seen) == [Verdict.LESS_MEMORY]
    assert verdicts(calls(120_000), 4096, seen=seen) == [Verdict.KEEP]


@pytest.mark.parametrize(
    ("champion", "challenger", "expected"),
    [
        (Verdict.KEEP, Verdict.KEEP, "champion"),
        (Verdict.KEEP, Verdict.LESS_MEMORY, "b: why b"),
        (Verdict.UNKNOWN, Verdict.RETIRE, "champion"),
        (Verdict.ADD_PROVISIONED, Verdict.LESS_MEMORY, "champion"),
        (Verdict.KEEP, Verdict.UNKNOWN, "champion"),
    ],
)
def test_the_verdict_on_a_task_is_its_champions_unless_that_is_to_keep(
    champion: Verdict, challenger: Verdict, expected: str
) -> None:
    saves = {Verdict.LESS_MEMORY: 2.0, Verdict.RETIRE: 3.0, Verdict.ADD_PROVISIONED: -5.0}
    both = {
        "champion": Advice(champion, "champion", saves.get(champion, 0)),
        "b": Advice(challenger, "why b", saves.get(challenger, 0)),
    }
    assert of_task(both).why == expected
