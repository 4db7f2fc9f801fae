"""What the task list says of traffic and of a language model: read, merged with defaults, refused with its line."""

from pathlib import Path

import pytest

from fleet.tasks.load import TaskListError, parse
from fleet.tasks.model import Task
from fleet.tasks.settings import ExpectedTraffic, LanguageModel


def read(text: str) -> dict[str, Task]:
    return {task.name: task for task in parse(text, Path("tasks.yaml"))}


def refused(settings: str) -> str:
    with pytest.raises(TaskListError) as refusal:
        read(f"tasks:\n  toxicity: {{{settings}}}\n")
    (error,) = refusal.value.errors
    return error.removeprefix("tasks.yaml:2: toxicity.")


def test_a_task_that_says_nothing_of_its_traffic_has_none_that_is_known() -> None:
    task = read("tasks: {spam: {}}")["spam"]
    assert (task.traffic, task.language_model) == (None, None)


def test_requests_and_answers_are_taken_for_a_kilobyte() -> None:
    task = read("tasks: {spam: {traffic: {calls_per_month: 120000, mean_ms: 80}}}")["spam"]
    assert task.traffic == ExpectedTraffic(calls_per_month=120_000, mean_ms=80, request_kb=1, response_kb=1)


def test_traffic_is_merged_with_the_defaults_key_by_key() -> None:
    text = "defaults: {traffic: {calls_per_month: 0, mean_ms: 80}}\ntasks: {spam: {traffic: {calls_per_month: 7}}}"
    assert read(text)["spam"].traffic == ExpectedTraffic(calls_per_month=7, mean_ms=80)


def test_a_language_model_is_asked_150_tokens_and_answers_5_unless_it_is_said() -> None:
    text = "tasks: {spam: {language_model: {name: Nova Micro}}}"
    assert read(text)["spam"].language_model == LanguageModel(name="Nova Micro", input_tokens=150, output_tokens=5)


def test_a_tasks_language_model_never_has_the_prices_of_the_one_in_the_defaults() -> None:
    ours = "{name: ours, usd_per_million_input: 9, usd_per_million_output: 9, input_tokens: 900}"
    text = (
        f"defaults: {{language_model: {ours}}}\ntasks: {{spam: {{language_model: {{name: Nova Micro}}}}, mood: {{}}}}"
    )
    tasks = read(text)
    assert tasks["spam"].language_model == LanguageModel(name="Nova Micro")
    assert tasks["mood"].language_model and tasks["mood"].language_model.usd_per_million_input == 9


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("traffic: {mean_ms: 80}", "traffic.calls_per_month: is missing"),
        ("traffic: {calls_per_month: 5}", "traffic.mean_ms: is missing"),
        ("traffic: {calls_per_month: -5, mean_ms: 80}", "traffic.calls_per_month: -5 is too small; use at least 0"),
        (
            "traffic: {calls_per_month: 1.5, mean_ms: 80}",
            "traffic.calls_per_month: must be a whole number, without quo",
        ),
        ("traffic: {calls_per_month: 20000000000, mean_ms: 80}", "traffic.calls_per_month: 20000000000 is too large"),
        ("traffic: {calls_per_month: 5, mean_ms: 0}", "traffic.mean_ms: 0 is too small; use more than 0"),
        ("traffic: {calls_per_month: 5, mean_ms: 60001}", "traffic.mean_ms: 60001 is too large; use at most 60000"),
        ("traffic: {calls_per_month: 5, mean_ms: 8, request_kb: -1}", "traffic.request_kb: -1 is too small"),
        (
            "traffic: {calls_per_mont: 5, calls_per_month: 5, mean_ms: 8}",
            "traffic.calls_per_mont: unknown setting; did",
        ),
        ("traffic: 5", "traffic: must be a mapping of settings"),
        ("language_model: Nova Micro", "language_model: must be a mapping of settings"),
        ("language_model: {input_tokens: 5}", "language_model.name: is missing"),
        ("language_model: {name: x, input_tokens: 0}", "language_model.input_tokens: 0 is too small; use at least 1"),
        (
            "language_model: {name: x, usd_per_million_input: -1}",
            "language_model.usd_per_million_input: -1 is too smal",
        ),
        (
            "language_model: {name: x, usd_per_million_input: 1}",
            "language_model: give both prices, usd_per_million_input and usd_per_million_output, or neither",
        ),
    ],
)
def test_a_mistake_in_them_is_one_sentence_with_its_line(settings: str, says: str) -> None:
    assert refused(settings).startswith(says)


def test_half_of_the_traffic_in_the_defaults_is_the_defaults_mistake() -> None:
    with pytest.raises(TaskListError) as refusal:
        read("defaults:\n  traffic: {mean_ms: 0, calls_per_month: 5}\ntasks: {a: {}, b: {}}\n")
    assert refusal.value.errors == ["tasks.yaml:2: defaults.traffic.mean_ms: 0 is too small; use more than 0.0"]
