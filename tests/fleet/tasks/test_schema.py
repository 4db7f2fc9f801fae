"""Editors and people are told what the loader does: the schema and the reference are checked against the models."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from fleet.tasks.model import (
    Alarms,
    Case,
    Defaults,
    Hold,
    Pin,
    Retired,
    Scaling,
    Schedule,
    Sizes,
    SmokeTest,
    TaskSettings,
    Variant,
)
from fleet.tasks.schema import json_schema
from fleet.tasks.settings import ExpectedTraffic, Gate, LanguageModel

ROOT = Path(__file__).parents[3]
REFERENCE = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")


def accepts(text: str) -> bool:
    # Editors take a date for text, as YAML 1.2 does.
    document = json.loads(json.dumps(yaml.safe_load(text), default=str))
    return bool(Draft7Validator(json_schema()).is_valid(document))


def test_the_committed_schema_is_fresh() -> None:
    committed = (ROOT / "tasks.schema.json").read_text(encoding="utf-8")
    assert committed == json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", "run `make schema`"


def test_the_schema_is_a_schema() -> None:
    Draft7Validator.check_schema(json_schema())


def test_the_task_list_names_the_schema_for_editors() -> None:
    first = (ROOT / "tasks.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=tasks.schema.json"


def test_the_task_list_holds_to_the_schema() -> None:
    assert accepts((ROOT / "tasks.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "tasks: {}",
        "tasks: {a: }",
        "tasks: {a_b: {}}",
        "taks: {a: {}}\ntasks: {a: {}}",
        "tasks: {a: {memory_mb: 2500}}",
        "tasks: {a: {memory_mb: '2048'}}",
        "tasks: {a: {max_concurrency: 201}}",
        "tasks: {a: {provisioned_concurrency: }}",
        "tasks: {a: {owner: 'a|b'}}",
        "tasks: {a: {group: a_b}}",
        "tasks: {a: {inference_specification: a_b}}",
        "tasks: {a: {kms_key: alias/fleet}}",
        "tasks: {a: {colour: red}}",
        "tasks: {a: {environment: {PORT: 80}}}",
        "tasks: {a: {environment: {A-B: x}}}",
        "tasks: {a: {variants: {b: {}}}}",
        "tasks: {a: {variants: {b: {weight: 1}}}}",
        "tasks: {a: {enabled: 1}}",
        "tasks: {a: {pin: {version: 7}}}",
        "tasks: {a: {smoke_test: {cases: []}}}",
        "tasks: {a: {traffic: {calls_per_month: 1}}}",
        "tasks: {a: {traffic: {calls_per_month: 1, mean_ms: 0}}}",
        "tasks: {a: {language_model: {input_tokens: 1}}}",
        "tasks: {a: {gate: {min: 0.8}}}",
        "tasks: {a: {gate: {metric: f1, min: high}}}",
        "tasks: {a: {gate: {metric: f1, max_drop: -1}}}",
        "tasks: {a: {gate: {metric: f1, min: 0.8, missing: ask}}}",
        "defaults: {group: a}\ntasks: {a: {}}",
        "defaults: {scaling: {min: 1}}\ntasks: {a: {}}",
        "defaults: {hold: {reason: x, owner: y, until: 2027-01-31}}\ntasks: {a: {}}",
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(text: str) -> None:
    assert not accepts(text)


def test_every_setting_is_described_to_editors() -> None:
    schema = json_schema()
    settings = [part["properties"] for part in (schema, *schema["$defs"].values()) if "properties" in part]
    assert len(settings) >= 11
    assert [name for properties in settings for name, of in properties.items() if "description" not in of] == []


# --- docs/tasks.md --------------------------------------------------------------------------------------------------


def table(after: str) -> dict[str, list[str]]:
    """The first table after a text of the reference: setting -> the other cells of its row."""
    section = REFERENCE[REFERENCE.index(after) :]
    rows = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert rows
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[0].splitlines()[2:]]
    return {name.strip("`"): rest for name, *rest in cells}


@pytest.mark.parametrize(
    ("after", "model"),
    [
        ("## Settings of a task", TaskSettings),
        ("### `gate`", Gate),
        ("### `pin`", Pin),
        ("### `hold`", Hold),
        ("### `retired`", Retired),
        ("### `smoke_test`", SmokeTest),
        ("Each of `cases`", Case),
        ("### `scaling`", Scaling),
        ("Each of `schedules`", Schedule),
        ("### `alarms`", Alarms),
        ("### `traffic`", ExpectedTraffic),
        ("### `language_model`", LanguageModel),
        ("### `variants`", Variant),
    ],
)
def test_the_reference_has_every_setting_with_its_default(after: str, model: type[BaseModel]) -> None:
    rows = table(after)
    assert set(rows) == set(model.model_fields)
    for name, (_, says, *_) in rows.items():
        match model.model_fields[name].default:
            case value if value is PydanticUndefined:
                assert says == "needed", name
            case None:
                assert says and not says.startswith("`"), name
            case _ if says == "the task's":
                assert model is Variant and name in Sizes.model_fields
            case ():
                assert says == "`[]`", name
            case bool(value):
                assert says == f"`{value}`".lower(), name
            case value:
                assert says == f"`{value}`", name


def test_the_reference_says_what_the_defaults_take() -> None:
    rows = table("## Settings of a task")
    assert {name for name, cells in rows.items() if cells[2].startswith("yes")} == set(Defaults.model_fields)
