"""What `fleet status --json` says of a preview, and which exit code that is."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fleet.cli import preview, report
from fleet.cli.preview import Preview
from fleet.cli.report import json_schema
from tests.fleet.cli.previews import MODIFIED, OUTDATED, RETIRED, SERVES, before_0_4, output, read, said, variant

ROOT = Path(__file__).parents[3]
UNKNOWN = output(variant("UNKNOWN", "registry: ListModelPackages: AccessDeniedException: no", approved_version=0))
NOTHING = output(variant("NOT_DEPLOYED", "nothing approved", version=0, weight=0, approved_version=0))


def document(preview: Preview) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(report.read(preview).json_text())
    Draft202012Validator(json_schema()).validate(content)
    return content


def test_a_task_has_what_its_champion_has_and_its_variants():
    challenger = variant("UP_TO_DATE", "version 2 serves", version=2, weight=0.1, endpoint="toxicity-challenger")
    both = output(
        variant("OUT_OF_DATE", "new version 2 approved", weight=0.9, approved_version=2), challenger=challenger
    )

    task = document(read({"toxicity": both}))["tasks"]["toxicity"]

    variants = task.pop("variants")
    assert task == {
        "status": "OUT_OF_DATE",
        "reason": "new version 2 approved",
        "approved_version": 2,
        "serving_version": 1,
        "endpoint": "toxicity",
        "endpoint_status": "InService",
        "modified": MODIFIED,
        "by_decision": False,
    }
    assert variants["champion"] == {**task, "weight": 0.9}
    assert (variants["challenger"]["endpoint"], variants["challenger"]["serving_version"]) == ("toxicity-challenger", 2)


@pytest.mark.parametrize("task", [SERVES, OUTDATED, RETIRED, NOTHING])
def test_an_output_of_releases_up_to_0_3_reads_the_same(task: dict[str, Any]):
    assert document(read({"toxicity": before_0_4(task)})) == document(read({"toxicity": task}))


def test_a_task_without_an_endpoint_serves_version_0():
    task = document(read({"spam": NOTHING}))["tasks"]["spam"]

    assert (task["serving_version"], task["endpoint_status"], task["modified"]) == (0, "", "")


def test_a_retired_task_names_its_successor():
    assert document(read({"toxicity": RETIRED}))["tasks"]["toxicity"]["successor"] == "spam"


def test_warnings_are_always_there_and_an_error_only_where_there_is_one():
    assert document(read({"spam": SERVES})) == {
        "schema": 1,
        "tasks": document(read({"spam": SERVES}))["tasks"],
        "warnings": [],
    }
    assert document(read({}, said("warning", "spam: it")))["warnings"] == ["spam: it"]


def test_what_could_not_be_found_out_is_a_warning():
    assert document(read({"spam": UNKNOWN, "topic": SERVES}))["warnings"] == [
        "spam: registry: ListModelPackages: AccessDeniedException: no"
    ]


def test_a_run_that_failed_has_no_tasks_and_an_error():
    assert document(preview.read([], "no stack")) == {"schema": 1, "tasks": {}, "warnings": [], "error": "no stack"}


def test_an_error_of_single_tasks_stands_beside_the_tasks():
    found = document(read({"spam": OUTDATED}, said("info", "1 OUT_OF_DATE"), said("error", "spam: pinned to 9, which")))

    assert (set(found["tasks"]), found["error"]) == ({"spam"}, "spam: pinned to 9, which")


@pytest.mark.parametrize(
    "foreign", ["text", {"endpoint": "x"}, {"variants": {"champion": {**variant(), "status": ""}}}]
)
def test_outputs_that_are_no_tasks_are_an_error(foreign: object):
    found = document(Preview(outputs={"spam": foreign}))

    assert found["tasks"] == {}
    assert "is this `fleet` of the program's release?" in found["error"]


# Exit codes


@pytest.mark.parametrize(
    ("tasks", "code"),
    [
        ({}, 0),
        ({"a": SERVES}, 0),
        ({"a": SERVES, "b": RETIRED}, 0),
        ({"a": SERVES, "b": OUTDATED}, 2),
        ({"a": SERVES, "b": NOTHING}, 2),
        ({"a": OUTDATED, "b": UNKNOWN}, 1),
        ({"a": output(variant(), challenger=variant("OUT_OF_DATE", "x"))}, 2),
        ({"a": output(variant(), challenger=variant("UNKNOWN", "x"))}, 1),
        ({"a": output(variant(), challenger=variant("NOT_DEPLOYED", "x", by_decision=True))}, 0),
        ({"a": output(variant("OUT_OF_DATE", "x", by_decision=True))}, 2),
    ],
)
def test_the_exit_code_is_that_of_what_stands_worst(tasks: Mapping[str, Any], code: int):
    assert report.read(read(tasks)).exit_code == code


def test_an_error_is_exit_code_1_whatever_the_tasks_say():
    seen = read({"a": SERVES}, said("info", "1 UP_TO_DATE"), said("error", "a: taken"))

    assert report.read(seen).exit_code == 1


# The schema


def test_the_committed_schema_is_fresh():
    committed = (ROOT / "status.schema.json").read_text(encoding="utf-8")

    assert committed == json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", "run `make schema`"


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(json_schema())


def test_the_reference_has_every_field():
    reference = (ROOT / "docs" / "status.md").read_text(encoding="utf-8")
    models = (report.Report, report.TaskStatus, report.VariantStatus)
    fields = {field.alias or name for model in models for name, field in model.model_fields.items()}

    assert {field for field in fields if f"`{field}`" not in reference} == set()
