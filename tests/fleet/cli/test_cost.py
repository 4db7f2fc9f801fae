"""What `fleet cost` says to a machine: what is not known is null with a warning, and each task has a verdict."""

import json
from typing import Any

import jsonschema
import pytest

from fleet.cli.cost import CostReport, Looked, Question, json_schema, report
from fleet.cost.bill import Key, Once
from fleet.cost.traffic import Observed, Span
from fleet.tasks.model import CHAMPION
from fleet.tasks.settings import LanguageModel
from tests.fleet.cost.fleets import IRELAND, TODAY, tariff, tasks

SPAN = Span(30, 90)
BUSY = Looked(SPAN, Observed(1_000_000, 100, cold_starts=10_000, log_gb=1), Observed(800_000, 100))
IDLE = Looked(SPAN, Observed(0))
DARK = Looked(SPAN)
LISTED = """
tasks:
  spam: {variants: {challenger: {weight: 0.2, memory_mb: 4096}}}
  topic: {}
  emotion: {traffic: {calls_per_month: 1000, mean_ms: 50}}
"""


def asked(looked: dict[str, Looked] | None = None, text: str = LISTED, **more: Any) -> CostReport:
    """Of the champions that are named, and of spam's challenger where `challenger` is."""
    found: dict[str, Looked] = {"spam": BUSY, "topic": IDLE} if looked is None else looked
    keys: dict[Key, Looked] = {
        (("spam", name) if name == "challenger" else (name, CHAMPION)): each for name, each in found.items()
    }
    prices = more.pop("prices", tariff())
    return report(Question(tasks(text), keys, prices, TODAY, 30, **more))


def test_a_busy_task_has_its_parts_their_sum_and_how_they_come_about() -> None:
    champion = asked().tasks["spam"].variants[CHAMPION]
    assert champion.parts == {"inference": 4.0, "data": 0.03, "provisioned": 0.0, "alarms": 0.3, "logs": 0.5}
    assert champion.how["inference"] == "1,000,000 calls * 0.1 s * 2 GB * 0.00002 USD"
    assert (champion.monthly_usd, champion.usd_per_1000_calls, champion.traffic) == (4.83, 0.004032, "observed")
    assert champion.calls == pytest.approx(1_000_000)
    assert (champion.mean_ms, champion.cold_start_share) == (100, 0.01)


def test_the_trend_is_against_the_span_before() -> None:
    report = asked()
    assert report.tasks["spam"].variants[CHAMPION].trend == pytest.approx(0.25)
    assert report.tasks["topic"].variants[CHAMPION].trend is None


def test_only_endpoints_that_are_there_are_said() -> None:
    report = asked({"spam": BUSY})
    assert (list(report.tasks), list(report.tasks["spam"].variants)) == (["spam"], [CHAMPION])


def test_a_task_is_the_sum_of_its_variants_and_the_fleet_of_all() -> None:
    report = asked({"spam": BUSY, "challenger": BUSY, "topic": IDLE}, once=Once(pages=(900,)))
    assert report.tasks["spam"].monthly_usd == pytest.approx(4.832 + 8.832, abs=0.01)
    assert report.shared == {"dashboard": 3.0, "metrics": 0.0, "alarms": -0.9, "logs": -1.0}
    assert report.monthly_usd == pytest.approx(4.832 + 8.832 + 0.3 + 3.0 - 0.9 - 1.0, abs=0.01)


def test_each_task_has_a_verdict_with_what_it_saves() -> None:
    topic = asked().tasks["topic"]
    assert (topic.verdict, topic.saves_usd) == ("retire", 0.3)
    assert topic.why.startswith("nobody has called it for 30 days")


def test_a_language_model_that_is_asked_for_goes_before_the_task_lists() -> None:
    free = LanguageModel(name="ours", usd_per_million_input=0.0, usd_per_million_output=0.0)
    assert asked(language_model=free).tasks["spam"].verdict == "language_model"


def test_where_cloudwatch_cannot_be_read_the_task_list_is_gone_by_or_nothing() -> None:
    report = asked({"topic": DARK, "emotion": DARK})
    topic, emotion = (report.tasks[name].variants[CHAMPION] for name in ("topic", "emotion"))
    assert (topic.traffic, topic.calls, topic.parts["inference"]) == ("unknown", None, None)
    assert (emotion.traffic, emotion.calls) == ("expected", 1000)
    assert report.tasks["topic"].verdict == "unknown"
    assert report.warnings[-4:] == [
        "CloudWatch could not be read of 2 endpoints",
        "inference: not known of 1 endpoint: nobody knows how much it is called",
        "data: not known of 1 endpoint: nobody knows how much it is called",
        "logs: not known of 2 endpoints: nobody knows how much it logs",
    ]


def test_where_prices_are_not_known_the_rest_is_said() -> None:
    report = asked(prices=tariff(IRELAND), mistakes=["prices.yaml:2: a mistake"])
    spam = report.tasks["spam"].variants[CHAMPION]
    assert (spam.parts["inference"], spam.parts["alarms"], spam.usd_per_1000_calls) == (None, 0.3, None)
    assert report.warnings[:2] == [
        "prices.yaml:2: a mistake",
        "no price for eu-west-1: run `fleet prices --refresh` (serverless-compute, data-in, data-out)",
    ]


def test_old_prices_and_language_models_without_one_are_warnings() -> None:
    text = "tasks: {spam: {language_model: {name: ours}}}"
    said = "\n".join(asked({"spam": BUSY}, text).warnings)
    assert "older than 180 days" in said
    assert 'spam: no price of the language model "ours"' in said


@pytest.mark.parametrize(("budget", "code"), [(None, 0), (4.02, 2), (4.03, 0), (5, 0)])
def test_above_the_budget_is_exit_code_2(budget: float | None, code: int) -> None:
    report = asked(budget=budget)  # 4.83 and 0.30, less 0.60 of alarms and 0.50 of logs that are free
    assert (report.monthly_usd, report.exit_code) == (4.03, code)


def test_what_went_wrong_is_exit_code_1_whatever_the_budget() -> None:
    assert asked(budget=1).model_copy(update={"error": "no"}).exit_code == 1


def test_what_is_printed_holds_to_its_schema() -> None:
    for one in (asked(), asked({"topic": DARK}), asked(prices=tariff(IRELAND))):
        printed = json.loads(json.dumps(one.as_json()))
        jsonschema.validate(printed, json_schema())
        assert (printed["schema"], "error" in printed) == (1, False)


def test_what_is_assumed_is_said() -> None:
    assert any("ModelLatency" in note for note in asked().notes)
