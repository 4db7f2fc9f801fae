"""The task list is read into frozen values, or refused with every mistake, its line and what to do."""

import re
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from fleet.tasks import values
from fleet.tasks.load import TaskListError, load
from fleet.tasks.model import Task
from fleet.tasks.values import MEMORY_SIZES_MB

ROOT = Path(__file__).parents[3]

EVERYTHING = """
defaults:
  memory_mb: 1024
  provisioned_concurrency: 2
  environment: {LOG_LEVEL: info, REGION: eu}
  inference_specification: small
  kms_key: arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
  owner: text-analytics
  soak_hours: 24
  smoke_test: {min_agreement: 0.9}
  scaling: {min: 1, max: 5}
tasks:
  toxicity:
    group: arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/toxicity
    max_concurrency: 20
    attempt: 2
    enabled: true
    soak_hours: 12
    environment: {LOG_LEVEL: debug}
    pin: {version: 7, reason: slow, owner: team-x, until: 2027-01-31}
    hold: {reason: fair, owner: team-x, until: 2027-01-31}
    retired: {successor: other, since: 2026-11-01}
    smoke_test:
      cases: [{payload: {text: great phone, tags: [a, null]}, expect: positive}]
      max_latency_ms: 2000
    scaling:
      max: 6
      schedules: [{name: office-hours, cron: "0 7 ? * MON-FRI *", timezone: Europe/Berlin, min: 2, max: 5}]
    variants:
      challenger:
        {weight: 0.1, follow: previous, memory_mb: 3072, environment: {REGION: us}, inference_specification: other}
      pinned: {weight: 0.1, pin: {version: 6, reason: x, owner: y, until: 2027-01-31}}
  spam: {}
"""


def read(tmp_path: Path, text: str, name_prefix: str = "") -> dict[str, Task]:
    file = tmp_path / "tasks.yaml"
    file.write_text(text, encoding="utf-8")
    return {task.name: task for task in load(file, name_prefix=name_prefix)}


def refused(tmp_path: Path, text: str, name_prefix: str = "") -> list[str]:
    with pytest.raises(TaskListError) as refusal:
        read(tmp_path, text, name_prefix)
    return [error.replace(f"{tmp_path}/", "") for error in refusal.value.errors]


def one(settings: str) -> str:
    return f"tasks:\n  toxicity: {{{settings}}}\n"


# --- what is read ---------------------------------------------------------------------------------------------------


def test_a_task_without_settings_takes_the_products_defaults(tmp_path: Path) -> None:
    task = read(tmp_path, "tasks: {spam: {}}")["spam"]
    assert (task.group, task.memory_mb, task.max_concurrency, task.attempt) == ("spam", 2048, 5, 1)
    assert (task.provisioned_concurrency, task.owner, dict(task.environment)) == (None, None, {})


def test_tasks_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    assert list(read(tmp_path, "tasks: {spam: {}, age: {}, mood: {}}")) == ["spam", "age", "mood"]


def test_a_task_wins_over_the_defaults(tmp_path: Path) -> None:
    found = read(tmp_path, "defaults: {memory_mb: 1024, owner: a}\ntasks: {spam: {memory_mb: 4096}, mood: {}}")
    assert [(task.memory_mb, task.owner) for task in found.values()] == [(4096, "a"), (1024, "a")]


def test_the_environment_is_merged_key_by_key_and_the_task_wins(tmp_path: Path) -> None:
    text = "defaults: {environment: {A: x, B: x}}\ntasks: {spam: {environment: {B: y, C: y}}}"
    assert read(tmp_path, text)["spam"].environment == {"A": "x", "B": "y", "C": "y"}


def test_the_endpoint_is_the_prefix_and_the_name(tmp_path: Path) -> None:
    assert read(tmp_path, "tasks: {spam: {}}", "blue-")["spam"].endpoint == "blue-spam"


def test_a_variant_has_an_endpoint_of_its_own(tmp_path: Path) -> None:
    task = read(tmp_path, one("variants: {b: {weight: 0.1}}"), "blue-")["toxicity"]
    assert (task.endpoint_of("champion"), task.endpoint_of("b")) == ("blue-toxicity", "blue-toxicity-b")


def test_the_group_does_not_take_the_prefix(tmp_path: Path) -> None:
    assert read(tmp_path, "tasks: {spam: {}}", "blue-")["spam"].group == "spam"


def test_a_task_cannot_be_changed(tmp_path: Path) -> None:
    task = read(tmp_path, one("environment: {A: x}"))["toxicity"]
    with pytest.raises(ValidationError):
        task.memory_mb = 1024
    with pytest.raises(TypeError):
        cast(Any, task.environment)["A"] = "y"


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufefftasks: {spam: {}}")


def test_the_whole_syntax_can_be_read(tmp_path: Path) -> None:
    task = read(tmp_path, EVERYTHING)["toxicity"]
    assert task.pin and task.hold and task.retired and task.smoke_test and task.scaling
    assert (task.pin.version, task.hold.until.year, task.retired.successor, task.soak_hours) == (7, 2027, "other", 12)
    assert task.smoke_test.cases[0].payload == {"text": "great phone", "tags": ["a", None]}
    assert (task.smoke_test.content_type, task.smoke_test.label) == ("application/json", "label")


@pytest.mark.parametrize("label", ["[0].label", "max_by(predictions, &score).label", '"a-b"'])
def test_a_label_may_be_any_jmespath_expression(tmp_path: Path, label: str) -> None:
    smoke_test = one(f"smoke_test: {{label: '{label}', cases: [{{payload: a, expect: b}}]}}")
    task = read(tmp_path, smoke_test)["toxicity"]
    assert task.smoke_test and task.smoke_test.label == label


def test_scaling_and_thresholds_are_merged_key_by_key(tmp_path: Path) -> None:
    task = read(tmp_path, EVERYTHING)["toxicity"]
    assert task.scaling and task.smoke_test
    assert (task.scaling.min, task.scaling.max, task.scaling.target_utilization) == (1, 6, 0.7)
    assert (task.smoke_test.min_agreement, task.smoke_test.max_latency_ms) == (0.9, 2000)


def test_a_scaled_task_cools_down_for_as_long_as_aws_has_it_by_default_unless_it_says_otherwise(tmp_path: Path) -> None:
    both = "provisioned_concurrency: 1, scaling: {min: 1, max: 5, scale_in_cooldown_seconds: 0}"
    task = read(tmp_path, one(both))["toxicity"]
    assert task.scaling
    assert (task.scaling.scale_in_cooldown_seconds, task.scaling.scale_out_cooldown_seconds) == (0, 300)


def test_default_thresholds_make_no_smoke_test(tmp_path: Path) -> None:
    assert read(tmp_path, EVERYTHING)["spam"].smoke_test is None


def test_default_scaling_is_only_for_tasks_with_provisioned_concurrency(tmp_path: Path) -> None:
    text = "defaults: {scaling: {min: 1, max: 5}}\ntasks: {a: {}, b: {provisioned_concurrency: 2}}"
    assert [task.scaling is None for task in read(tmp_path, text).values()] == [True, False]


def gate_of(tmp_path: Path, defaults: str, task: str) -> dict[str, object]:
    gate = read(tmp_path, f"defaults: {{gate: {{{defaults}}}}}\ntasks: {{a: {{gate: {{{task}}}}}}}")["a"].gate
    assert gate
    return gate.model_dump(exclude_defaults=True)


def test_a_gate_takes_from_the_defaults_what_it_does_not_say(tmp_path: Path) -> None:
    merged = gate_of(tmp_path, "metric: f1, min: 0.8, max_drop: 0.01", "min: 0.7, missing: allow")
    assert merged == {"metric": "f1", "min": 0.7, "max_drop": 0.01, "missing": "allow"}


def test_a_gate_on_a_metric_of_its_own_takes_no_limit_of_another_metric(tmp_path: Path) -> None:
    assert gate_of(tmp_path, "metric: f1, min: 0.8", "metric: log_loss, max: 0.5") == {"metric": "log_loss", "max": 0.5}


def test_every_task_has_the_gate_of_the_defaults(tmp_path: Path) -> None:
    gate = read(tmp_path, "defaults: {gate: {metric: f1, min: 1}}\ntasks: {a: {}}")["a"].gate
    assert gate and (gate.metric, gate.min, gate.missing) == ("f1", 1, "hold")


def test_a_mistake_in_the_gate_of_the_defaults_says_where_it_was_written(tmp_path: Path) -> None:
    (error,) = refused(tmp_path, "defaults: {gate: {metric: f1, min: 0.8}}\ntasks:\n  a: {gate: {max: 0.7}}")
    assert error == "tasks.yaml:3: a.gate.max: 0.7 is less than min (0.8)"
    (error,) = refused(tmp_path, "defaults: {gate: {metric: f1}}\ntasks: {a: {}}")
    assert error == "tasks.yaml:1: defaults.gate: has no limit; give min, max, max_drop or max_rise"


def test_a_variant_is_as_its_task_but_for_what_it_says(tmp_path: Path) -> None:
    variants = read(tmp_path, EVERYTHING)["toxicity"].variants
    challenger, pinned = variants["challenger"], variants["pinned"]
    assert (challenger.memory_mb, pinned.memory_mb) == (3072, 1024)
    assert (challenger.max_concurrency, challenger.provisioned_concurrency) == (20, 2)
    assert challenger.environment == {"LOG_LEVEL": "debug", "REGION": "us"}
    assert (challenger.inference_specification, pinned.inference_specification) == ("other", "small")
    assert challenger.kms_key and challenger.kms_key == pinned.kms_key
    assert challenger.scaling == read(tmp_path, EVERYTHING)["toxicity"].scaling
    assert (challenger.follow, pinned.follow, pinned.pin and pinned.pin.version) == ("previous", "latest", 6)


# --- the project's own task list ------------------------------------------------------------------------------------


def test_the_projects_task_list_is_a_fleet_of_22() -> None:
    assert len(load(ROOT / "tasks.yaml")) == 22


def test_the_projects_tasks_have_groups_of_their_own() -> None:
    found = load(ROOT / "tasks.yaml")
    assert len({task.group for task in found}) == 22
    assert sum(task.group != task.name for task in found) == 2


# --- a file that is no task list ------------------------------------------------------------------------------------


def test_a_missing_file_is_said_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(TaskListError, match=r"absent\.yaml: cannot be read: No such file or directory"):
        load(tmp_path / "absent.yaml")


def test_a_folder_is_no_task_list(tmp_path: Path) -> None:
    with pytest.raises(TaskListError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_a_file_that_is_not_utf_8_is_said(tmp_path: Path) -> None:
    (tmp_path / "tasks.yaml").write_bytes(b"tasks: {\xff\xfe: {}}")
    with pytest.raises(TaskListError, match=r"tasks\.yaml: is not UTF-8 text"):
        load(tmp_path / "tasks.yaml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tasks:\n  spam:\n\tmemory_mb: 1", "tasks.yaml:3: is not plain YAML: .*cannot start any token"),
        ("tasks: {spam: {}", "tasks.yaml:1: is not plain YAML: .*expected ',' or '}'"),
        ("tasks: {a: {}}\n---\nb: 1", "tasks.yaml:2: is not plain YAML: .*another document"),
        ("tasks: {a: !secret x}", "tasks.yaml:1: is not plain YAML: .*'!secret'"),
        ("tasks:\n  a: &a {}\n  b: *a", "tasks.yaml:3: is not plain YAML: aliases are not read; use defaults"),
        ("tasks: &tasks {a: *tasks}", "tasks.yaml:1: is not plain YAML: aliases"),
        ("tasks: \x01", r"tasks.yaml:1: U\+0001 \(a control character\) in column 8 cannot be seen; take it out$"),
        ("tasks: \ufffe", "tasks.yaml: is not plain YAML: special characters are not allowed"),
        ("", "tasks.yaml: is empty; it needs `tasks:` with at least one task"),
        ("# nothing yet\n", "tasks.yaml: is empty"),
        ("- spam", "tasks.yaml: is not a mapping; it needs `tasks:`"),
        ("defaults: {}", "tasks.yaml: tasks: is missing"),
        ("tasks:", "tasks.yaml:1: tasks: is empty"),
        ("tasks: {}", "tasks.yaml:1: tasks: needs at least one entry"),
        ("tasks: [spam]", "tasks.yaml:1: tasks: must be a mapping"),
    ],
)
def test_what_is_no_task_list_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    (error,) = refused(tmp_path, text)
    assert re.match(says, error)


# --- one mistake, one sentence --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("alarms: {latency_ms: 0}", "alarms.latency_ms: 0 is too small; use at least 1"),
        ("alarms: {error_rate: 5}", "alarms.error_rate: 5 is too large; use at most 1"),
        ("alarms: {level: all}", "alarms.level: \"all\" is not possible; use 'none', 'basic' or 'full'"),
        ("alarms: {latency: 5}", "alarms.latency: unknown setting; did you mean latency_ms?"),
        ("alarms: {silent_hours: 169}", "alarms.silent_hours: 169 is too large; use at most 168"),
        (
            "log_retention_days: 2",
            "log_retention_days: 2 days is not what CloudWatch Logs can keep; use 1, 3, 5, 7, 14, 30, 60, 90, 120, "
            "150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653",
        ),
        ("memory_mb: 2500", "memory_mb: 2500 is not a serverless size; use 1024, 2048, 3072, 4096, 5120 or 6144"),
        ("memory_mb: 7168", "memory_mb: 7168 is not a serverless size; use 1024, 2048, 3072, 4096, 5120 or 6144"),
        ('memory_mb: "2048"', "memory_mb: must be a whole number, without quotes"),
        ("memory_mb: 2048.0", "memory_mb: must be a whole number, without quotes"),
        ("max_concurrency: true", "max_concurrency: must be a whole number, without quotes"),
        ("max_concurrency: 0", "max_concurrency: 0 is too small; use at least 1"),
        ("max_concurrency: 201", "max_concurrency: 201 is too large; use at most 200"),
        ("provisioned_concurrency: 6", "provisioned_concurrency: 6 is more than max_concurrency (5)"),
        ("provisioned_concurrency: 0", "provisioned_concurrency: 0 is too small; use at least 1"),
        ("attempt: 0", "attempt: 0 is too small; use at least 1"),
        ("attempt:", "attempt: is empty; give it a value or take the line out"),
        ("provisioned_concurrency:", "provisioned_concurrency: is empty; give it a value or take the line out"),
        ("owner: null", "owner: is empty; give it a value or take the line out"),
        ("environment:", "environment: is empty; give it a value or take the line out"),
        ("owner: 5", "owner: must be text; put it in quotes"),
        ('owner: "a|b"', 'owner: "a|b" is not possible; use letters, digits, spaces and _ . : / = + - @ (it becomes a'),
        (f"owner: {'a' * 257}", "owner: has more than 256 characters"),
        ("group: a_b", 'group: "a_b" is not possible; use the name of a model package group'),
        (f"group: {'a' * 64}", f'group: "{"a" * 58}… is not possible; use the name of a model package group'),
        (
            "group: arn:aws:sagemaker:eu-west-1:123456789012:endpoint/a",
            'group: "arn:aws:sagemaker:eu-west-1:1234567890',
        ),
        ("max_concurency: 4", "max_concurency: unknown setting; did you mean max_concurrency?"),
        ("colour: red", "colour: unknown setting; use memory_mb, max_concurrency,"),
        ("enabeld: true", "enabeld: unknown setting; did you mean enabled?"),
        ("varants: {}", "varants: unknown setting; did you mean variants?"),
        ("name: x", "name: unknown setting; use"),
        ("endpoint: x", "endpoint: unknown setting; use"),
        ("attempt: 1, attempt: 2", "attempt: is given twice, first in line 2"),
        ("1: x", "1: must be text; put the name in quotes"),
        ("2027-02-30: x", "2027-02-30: unknown setting; use"),
        ("? [a] : x", "?: must be text; put the name in quotes"),
        ("environment: [A]", "environment: must be a mapping"),
        ("environment: {PORT: 80}", "environment.PORT: must be text; put it in quotes"),
        ("environment: {DEBUG: true}", "environment.DEBUG: must be text; put it in quotes"),
        ("environment: {SINCE: 2027-01-31}", "environment.SINCE: must be text; put it in quotes"),
        ("environment: {A: x, A: y}", "environment.A: is given twice, first in line 2"),
        ("environment: {A-B: x}", 'environment.A-B: "A-B" is not possible; use letters, digits and underscores'),
        ("environment: {1A: x}", 'environment.1A: "1A" is not possible; use letters, digits and underscores, no digit'),
        (f"environment: {{A: {'x' * 1025}}}", "environment.A: has more than 1024 characters"),
        ("inference_specification: a_b", 'inference_specification: "a_b" is not possible; use letters, digits and'),
        (f"inference_specification: {'a' * 64}", "inference_specification: "),
        ('image: "two words"', 'image: "two words" is not possible; use the URI of a container image'),
        ("kms_key: alias/fleet", 'kms_key: "alias/fleet" is not possible; use the ARN of a KMS key'),
        ('kms_key: "arn:aws:kms:eu-west-1:123456789012:alias/fleet"', "kms_key: "),
    ],
)
def test_a_mistake_in_a_task_is_one_sentence_with_file_line_task_and_field(
    tmp_path: Path, settings: str, says: str
) -> None:
    (error,) = refused(tmp_path, one(settings))
    assert error.startswith(f"tasks.yaml:2: toxicity.{says}")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("enabled: 1", "enabled: must be true or false, without quotes"),
        ("soak_hours: -1", "soak_hours: -1 is too small; use at least 0"),
        ("soak_hours: 1.5", "soak_hours: must be a whole number, without quotes"),
        ("stage: in production", 'stage: "in production" is not possible; use letters, digits and hyphens, a letter'),
        ("stage: -x", 'stage: "-x" is not possible; use letters, digits and hyphens'),
        ("stage_status: Active", "stage_status: needs stage: it is the status in one"),
        ('stage: "*", stage_status: Active', "stage_status: needs stage: it is the status in one"),
        ('stage: Production, stage_status: "*"', 'stage_status: "*" is not possible; use letters, digits and hyphens'),
        ("pin: 7", "pin: must be a mapping of settings"),
        ("pin: {version: 7, reason: x, owner: y}", "pin.until: is missing"),
        ("pin: {version: 0, reason: x, owner: y, until: 2027-01-31}", "pin.version: 0 is too small; use at least 1"),
        ('pin: {version: 7, reason: " ", owner: y, until: 2027-01-31}', 'pin.reason: " " is not possible; use some w'),
        ('pin: {version: 7, reason: x, owner: y, until: "2027-01-31"}', "pin.until: must be a day, for example 2027-0"),
        ("pin: {version: 7, reason: x, owner: y, until: 2027-02-31}", "pin.until: must be a day, for example 2027-01"),
        ("pin: {version: 7, reason: x, owner: y, until: 2027-01-31 10:00:00}", "pin.until: must be a day, for example"),
        ("hold: {reason: x, until: 2027-01-31}", "hold.owner: is missing"),
        (
            "hold: {resaon: x, reason: x, owner: y, until: 2027-01-31}",
            "hold.resaon: unknown setting; did you mean reas",
        ),
        ("retired: {since: 2026-11-01}", "retired.successor: is missing"),
        ("smoke_test: {cases: []}", "smoke_test.cases: needs at least one case"),
        ("smoke_test: {cases: x}", "smoke_test.cases: must be a list"),
        (
            "smoke_test: {cases: [{payload: a, expect: yes}]}",
            "smoke_test.cases[0].expect: must be text; put it in quot",
        ),
        (
            "smoke_test: {cases: [{payload: {a: 2027-01-31}, expect: x}]}",
            "smoke_test.cases[0].payload: must be plain J",
        ),
        ("smoke_test: {cases: [{payload: .nan, expect: x}]}", "smoke_test.cases[0].payload: must be plain JSON"),
        (
            "smoke_test: {cases: [{payload: a, expekt: b, expect: b}]}",
            "smoke_test.cases[0].expekt: unknown setting; did",
        ),
        ("smoke_test: {min_agreement: 0, cases: [{payload: a, expect: b}]}", "smoke_test.min_agreement: 0 is too smal"),
        ("smoke_test: {min_agreement: .nan, cases: [{payload: a, expect: b}]}", "smoke_test.min_agreement: must be a "),
        ("smoke_test: {content_type: json, cases: [{payload: a, expect: b}]}", 'smoke_test.content_type: "json" is no'),
        (
            "smoke_test: {content_type: text/csv, cases: [{payload: a, expect: b}, {payload: {text: a}, expect: b}]}",
            "smoke_test.cases: every payload must be text, in quotes, because content_type is text/csv",
        ),
        (
            'smoke_test: {label: "[0].", cases: [{payload: a, expect: b}]}',
            'smoke_test.label: "[0]." is no JMESPath expression: ',
        ),
        (
            'smoke_test: {label: "top(@)", cases: [{payload: a, expect: b}]}',
            'smoke_test.label: "top(@)" is no JMESPath expression: Unknown function: top()',
        ),
        ("scaling: {min: 1, max: 5}", "scaling: needs provisioned_concurrency"),
        ("provisioned_concurrency: 2, scaling: {min: 3, max: 2}", "scaling.max: 2 is less than min (3)"),
        ("provisioned_concurrency: 2, scaling: {min: 1, max: 6}", "scaling: max 6 is more than max_concurrency (5)"),
        ("provisioned_concurrency: 2, scaling: {min: 3, max: 5}", "scaling: provisioned_concurrency (2) is not within"),
        ("provisioned_concurrency: 4, scaling: {min: 1, max: 3}", "scaling: provisioned_concurrency (4) is not within"),
        (
            "provisioned_concurrency: 1, scaling: {min: 1, max: 2, target_utilization: 1.1}",
            "scaling.target_utilization",
        ),
        (
            "provisioned_concurrency: 1, scaling: {min: 1, max: 2, scale_in_cooldown_seconds: -1}",
            "scaling.scale_in_cooldown_seconds: -1 is too small; use at least 0",
        ),
        (
            "provisioned_concurrency: 1, scaling: {min: 1, max: 2, scale_out_cooldown_seconds: 0.5}",
            "scaling.scale_out_cooldown_seconds: must be a whole number",
        ),
        ("gate: {min: 0.8}", "gate.metric: is missing"),
        ("gate: {metric: f1}", "gate: has no limit; give min, max, max_drop or max_rise"),
        ("gate: {metric: f1, missing: allow}", "gate: has no limit; give min, max, max_drop or max_rise"),
        ("gate: {metric: 'f1!', min: 1}", 'gate.metric: "f1!" is not possible; use letters, digits, spaces and _ . :'),
        ("gate: {metric: ' f1', min: 1}", 'gate.metric: " f1" is not possible; use letters, digits, spaces and _ . :'),
        (f"gate: {{metric: {'a' * 122}, min: 1}}", f'gate.metric: "{"a" * 58}… is not possible; use letters'),
        ("gate: {metric: f1, min: '0.8'}", "gate.min: must be a number, without quotes"),
        ("gate: {metric: f1, min: .nan}", "gate.min: must be a number, without quotes"),
        ("gate: {metric: f1, min: 0.8, max: 0.7}", "gate.max: 0.7 is less than min (0.8)"),
        ("gate: {metric: f1, max_drop: -0.01}", "gate.max_drop: -0.01 is too small; use at least 0"),
        ("gate: {metric: f1, max_rise: -0.01}", "gate.max_rise: -0.01 is too small; use at least 0"),
        ("gate: {metric: f1, min: 0.8, missing: ask}", "gate.missing: \"ask\" is not possible; use 'hold' or 'allow'"),
        ("gate: {metric: f1, minimum: 0.8}", "gate.minimum: unknown setting; "),
        ("gate: 0.8", "gate: must be a mapping of settings"),
        ("variants: {champion: {weight: 0.1}}", "variants.champion: champion is the task itself"),
        ("variants: {b_c: {weight: 0.1}}", 'variants.b_c: "b_c" is not possible; use letters, digits and hyphens'),
        ("variants: {b: {}}", "variants.b.weight: is missing"),
        ("variants: {b: {weight: 0}}", "variants.b.weight: 0 is too small; use more than 0"),
        (
            "variants: {b: {weight: 0.5}, c: {weight: 0.5}}",
            "variants: the weights sum to 1; leave the champion a share",
        ),
        ("variants: {b: {weight: 0.1, follow: newest}}", "variants.b.follow: \"newest\" is not possible; use 'latest'"),
        ("variants: {b: {weight: 0.1, memory_mb: 1}}", "variants.b.memory_mb: 1 is not a serverless size"),
        ("variants: {b: {weight: 0.1, wieght: 0.1}}", "variants.b.wieght: unknown setting; did you mean weight?"),
        (
            "variants: {b: {weight: 0.1, follow: latest, pin: {version: 1, reason: x, owner: y, until: 2027-01-31}}}",
            "variants.b.follow: follow and pin exclude each other",
        ),
    ],
)
def test_a_mistake_in_a_decision_a_test_scaling_or_a_variant_is_one_sentence_too(
    tmp_path: Path, settings: str, says: str
) -> None:
    (error,) = refused(tmp_path, one(settings))
    assert error.startswith(f"tasks.yaml:2: toxicity.{says}")


@pytest.mark.parametrize(
    ("schedule", "says"),
    [
        ("name: a, cron: '0 7 * * *', min: 1, max: 3", '[0].cron: "0 7 * * *" is not possible; use the six fields'),
        ("name: a, cron: 'cron(0 7 ? * MON-FRI *)', min: 1, max: 3", '[0].cron: "cron(0 7 ? * MON-FRI *)" is not poss'),
        ("name: a, cron: '0 7 ? * * *', min: 1, max: 4", ": a: min 1 and max 4 must be within those of"),
        ("name: a, cron: '0 7 ? * * *', min: 3, max: 2", "[0].max: 2 is less than min (3)"),
        ("name: a, cron: '0 25 ? * * *', min: 1, max: 3", '[0].cron: hours: "25" is not possible; use 0-23, or *'),
        (
            "name: a, cron: '0 7 ? * * *', timezone: Europe/Berln, min: 1, max: 3",
            '[0].timezone: "Europe/Berln" is no time zone; did you mean Europe/Berlin?',
        ),
        (
            "name: a, cron: '0 7 ? * * *', timezone: Europe, min: 1, max: 3",
            '[0].timezone: "Europe" is no time zone',
        ),
        ("name: a, cron: '0 7 ? * * *', timezone: 'a b', min: 1, max: 3", '[0].timezone: "a b" is not possible'),
        ("name: b, cron: '0 7 ? * * *', min: 1, max: 3", ": b: two schedules have this name"),
    ],
)
def test_a_schedule_has_six_fields_its_own_name_and_the_limits_of_its_task(
    tmp_path: Path, schedule: str, says: str
) -> None:
    other = "{name: b, cron: '0 19 ? * * *', min: 1, max: 3}"
    scaling = f"{{min: 1, max: 3, schedules: [{{{schedule}}}, {other}]}}"
    (error,) = refused(tmp_path, one(f"provisioned_concurrency: 2, scaling: {scaling}"))
    assert error.startswith(f"tasks.yaml:2: toxicity.scaling.schedules{says}")


def test_a_machine_without_time_zone_data_takes_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "available_timezones", set)
    schedule = "{name: a, cron: '0 7 ? * * *', timezone: Europe/Berln, min: 1, max: 3}"
    assert read(tmp_path, one(f"provisioned_concurrency: 2, scaling: {{min: 1, max: 3, schedules: [{schedule}]}}"))


def test_an_environment_has_at_most_100_variables(tmp_path: Path) -> None:
    variables = ", ".join(f"V{number}: x" for number in range(101))
    assert refused(tmp_path, one(f"environment: {{{variables}}}")) == [
        "tasks.yaml:2: toxicity.environment: has more than 100 entries"
    ]


def test_an_environment_has_at_most_32_kb(tmp_path: Path) -> None:
    variables = ", ".join(f"V{number}: {'x' * 1024}" for number in range(32))
    (error,) = refused(tmp_path, one(f"environment: {{{variables}}}"))
    assert error.endswith("bytes of keys and values; a container takes 32768")


def test_a_task_with_nothing_behind_its_name_is_told_how_to_say_so(tmp_path: Path) -> None:
    assert refused(tmp_path, "tasks:\n  spam:\n") == [
        "tasks.yaml:2: spam: is empty; write {} to take every default",
    ]


def test_a_name_that_yaml_reads_as_true_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, "tasks:\n  spam: {}\n  on: {}") == [
        "tasks.yaml:3: on: must be text; put the name in quotes"
    ]


# --- all at once, each where it stands ------------------------------------------------------------------------------


def test_all_mistakes_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "tasks:\n  a_b: {}\n  c:\n    memory_mb: 1\n    pin: {}\n    memory_mb: 2\n  d:\n    environment: {TOKEN: x}\n"
    )
    assert [error.split(": ")[0] for error in refused(tmp_path, text)] == [
        f"tasks.yaml:{line}" for line in (2, 4, 5, 5, 5, 5, 6, 8)
    ]


def test_the_message_is_all_errors_one_a_line(tmp_path: Path) -> None:
    with pytest.raises(TaskListError) as refusal:
        read(tmp_path, one("memory_mb: 1, attempt: 0"))
    assert str(refusal.value).splitlines() == refusal.value.errors
    assert len(refusal.value.errors) == 2


def test_a_mistake_has_the_line_of_its_key(tmp_path: Path) -> None:
    text = "tasks:\n  spam:\n    owner: x\n\n    # a comment\n    memory_mb:\n      2500\n"
    (error,) = refused(tmp_path, text)
    assert error.startswith("tasks.yaml:6: spam.memory_mb: ")


def test_a_mistake_in_the_defaults_is_said_once_not_for_every_task(tmp_path: Path) -> None:
    (error,) = refused(tmp_path, "defaults:\n  memory_mb: 2500\ntasks: {a: {}, b: {}}")
    assert error.startswith("tasks.yaml:2: defaults.memory_mb: 2500 is not a serverless size")


def test_a_task_that_does_not_go_with_the_defaults_is_said_for_each_such_task(tmp_path: Path) -> None:
    text = (
        "defaults: {provisioned_concurrency: 3}\ntasks:\n  a: {max_concurrency: 2}\n  b: {}\n  c: {max_concurrency: 2}"
    )
    assert refused(tmp_path, text) == [
        "tasks.yaml:3: a.provisioned_concurrency: 3 is more than max_concurrency (2) (from defaults)",
        "tasks.yaml:5: c.provisioned_concurrency: 3 is more than max_concurrency (2) (from defaults)",
    ]


def test_a_variant_that_does_not_go_with_its_task_says_where_that_comes_from(tmp_path: Path) -> None:
    text = one("provisioned_concurrency: 3, variants: {b: {weight: 0.1, max_concurrency: 2}}")
    assert refused(tmp_path, text) == [
        "tasks.yaml:2: toxicity.variants.b.provisioned_concurrency: 3 is more than max_concurrency (2) (from toxicity)"
    ]


SCALED = """
tasks:
  toxicity:
    provisioned_concurrency: 2
    scaling:
      min: 1
      max: 4
    variants:
      b:
        weight: 0.1
"""


def test_a_variant_scales_as_its_task_does_but_for_what_it_says(tmp_path: Path) -> None:
    text = SCALED + "        scaling: {max: 3}\n      c: {weight: 0.1}\n"
    variants = read(tmp_path, text)["toxicity"].variants
    limits = {name: (its.scaling.min, its.scaling.max) for name, its in variants.items() if its.scaling}
    assert limits == {"b": (1, 3), "c": (1, 4)}


@pytest.mark.parametrize(
    ("own", "says"),
    [
        ("max_concurrency: 3", "scaling: max 4 is more than max_concurrency (3) (from toxicity)"),
        ("provisioned_concurrency: 5", "scaling: provisioned_concurrency (5) is not within 1 and 4 (from toxicity)"),
        ("scaling: {min: 3}", "scaling: provisioned_concurrency (2) is not within 3 and 4"),
    ],
)
def test_a_variant_that_does_not_go_with_its_tasks_scaling_is_said(tmp_path: Path, own: str, says: str) -> None:
    (error,) = refused(tmp_path, f"{SCALED}        {own}\n")
    assert error == f"tasks.yaml:{11 if 'scaling: {' in own else 9}: toxicity.variants.b.{says}"


def test_a_variant_may_scale_alone(tmp_path: Path) -> None:
    own = "weight: 0.1, provisioned_concurrency: 1, scaling: {min: 1, max: 2}"
    task = read(tmp_path, one(f"variants: {{b: {{{own}}}}}"))["toxicity"]
    assert task.scaling is None and task.variants["b"].scaling


BAD_VARIANTS = """\
tasks:
  spam-b: {}
  toxicity:
    provisioned_concurrency: 2
    scaling:
      min: 1
      max: 4
      schedules:
        - name: office
          cron: "0 7 ? * MON-FRI *"
          min: 2
          max: 4
    variants:
      challenger:
        weight: 0.4
        follow: latest
      other:
        weight: 0.3
  spam:
    variants:
      c:
        weight: 0.1
"""
PIN = "pin: {version: 1, reason: x, owner: y, until: 2027-01-31}"


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("weight: 0.3", "weight: 0.6", "13: toxicity.variants: the weights sum to 1; leave the champion a share"),
        ("      other:", "      champion:", "17: toxicity.variants.champion: champion is the task itself"),
        ("      c:", "      b:", '21: spam.variants.b: endpoint "spam-b" is that of spam-b (line 2) too'),
        (
            "        follow: latest",
            f"        {PIN}\n        follow: latest",
            "17: toxicity.variants.challenger.follow: follow and pin exclude each other",
        ),
        ("      max: 4\n      s", "      max: 0\n      s", "7: toxicity.scaling.max: 0 is too small"),
        ("      min: 1", "      min: 5", "7: toxicity.scaling.max: 4 is less than min (5)"),
        ("          min: 2", "          min: 5", "12: toxicity.scaling.schedules[0].max: 4 is less than min (5)"),
        (
            "    provisioned_concurrency: 2\n",
            "",
            "4: toxicity.scaling: needs provisioned_concurrency: that is what it scales",
        ),
        ("MON-FRI", "MON-FRY", '10: toxicity.scaling.schedules[0].cron: day of the week: "MON-FRY" is not possible'),
        ("      c:\n        weight: 0.1\n", "      c:\n", "21: spam.variants.c: is empty; give it a value or take"),
        (
            "        follow: latest",
            "        pin: {version: 1, reason: x, owner: y}",
            "16: toxicity.variants.challenger.pin.until: is missing",
        ),
    ],
)
def test_what_is_wrong_with_variants_and_scaling_has_its_own_line(
    tmp_path: Path, was: str, becomes: str, says: str
) -> None:
    assert read(tmp_path, BAD_VARIANTS)
    (error,) = refused(tmp_path, BAD_VARIANTS.replace(was, becomes, 1))
    assert error.startswith(f"tasks.yaml:{says}")


@pytest.mark.parametrize(
    "beside",
    [
        "hold: {reason: x, owner: y, until: 2027-01-31}",
        "retired: {successor: x, since: 2026-11-01}",
        "enabled: false",
        PIN,
    ],
)
def test_a_decision_about_the_task_goes_with_variants(tmp_path: Path, beside: str) -> None:
    assert read(tmp_path, one(f"{beside}, variants: {{b: {{weight: 0.1}}}}"))["toxicity"].variants


@pytest.mark.parametrize("name", ["group", "attempt", "enabled"])
def test_the_defaults_take_only_what_tasks_can_share(tmp_path: Path, name: str) -> None:
    (error,) = refused(tmp_path, f"defaults: {{{name}: 1}}\ntasks: {{a: {{}}}}")
    assert error.startswith(f"tasks.yaml:1: defaults.{name}: unknown setting; use memory_mb, max_concurrency,")


def test_the_defaults_have_no_cases_of_a_smoke_test(tmp_path: Path) -> None:
    (error,) = refused(tmp_path, "defaults: {smoke_test: {cases: []}}\ntasks: {a: {}}")
    assert error.startswith("tasks.yaml:1: defaults.smoke_test.cases: unknown setting")


def test_names_of_tasks_and_variables_are_no_settings(tmp_path: Path) -> None:
    assert read(tmp_path, "tasks: {scaling: {environment: {pin: x}}, tasks: {}, environment: {owner: secret-service}}")


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a_b", "-a", "a-", "a.b", "ä", '""', '"a b"', "a" * 49])
def test_a_task_is_named_as_sagemaker_names_endpoints(tmp_path: Path, name: str) -> None:
    (error,) = refused(tmp_path, f"tasks: {{{name}: {{}}}}")
    assert "is not possible; use letters, digits and hyphens" in error


def test_a_name_may_have_48_characters(tmp_path: Path) -> None:
    assert read(tmp_path, f"tasks: {{{'a' * 44}: {{}}}}", "abc-")


def test_a_name_with_its_prefix_has_at_most_48_characters(tmp_path: Path) -> None:
    assert refused(tmp_path, f"tasks: {{{'a' * 45}: {{}}}}", "abc-") == [
        f'tasks.yaml:1: {"a" * 45}: endpoint "abc-{"a" * 45}" has 49 characters; at most 48 are possible'
    ]


def test_a_name_with_its_variant_has_at_most_48_characters(tmp_path: Path) -> None:
    (error,) = refused(tmp_path, f"tasks: {{{'a' * 47}: {{variants: {{b: {{weight: 0.1}}}}}}}}")
    assert error.endswith("has 49 characters; at most 48 are possible")


@pytest.mark.parametrize("prefix", ["_", "-a", "a b", "ä"])
def test_a_prefix_that_cannot_begin_a_name_is_said_once(tmp_path: Path, prefix: str) -> None:
    (error,) = refused(tmp_path, "tasks: {a: {}, b: {}}", prefix)
    assert error.startswith(f'tasks.yaml: namePrefix of the stack: "{prefix}" is not possible')


@pytest.mark.parametrize("name", ["spam-v7-3fa9c1", "spam-v7-3fa9c1-c", "spam-V7-3FA9C1"])
def test_a_name_that_reads_as_a_revision_is_refused(tmp_path: Path, name: str) -> None:
    (error,) = refused(tmp_path, f"tasks: {{{name}: {{}}}}")
    assert error.endswith("reads as the name of a revision; choose another")


@pytest.mark.parametrize("name", ["spam-v7", "spam-v7-3fa9", "spam-v7-3fa9c1-d", "spam-v7-3fa9cg"])
def test_a_name_that_only_resembles_a_revision_is_fine(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, f"tasks: {{{name}: {{}}}}")


def test_names_that_differ_by_case_only_are_one_endpoint(tmp_path: Path) -> None:
    assert refused(tmp_path, "tasks:\n  spam: {}\n  Spam: {}") == [
        'tasks.yaml:3: Spam: endpoint "Spam" is that of spam (line 2) too'
    ]


def test_a_task_may_not_have_the_name_of_anothers_variant(tmp_path: Path) -> None:
    assert refused(tmp_path, "tasks:\n  a: {variants: {B: {weight: 0.1}}}\n  a-b: {}", "x-") == [
        'tasks.yaml:3: a-b: endpoint "x-a-b" is that of a.variants.B (line 2) too'
    ]


# --- credentials ----------------------------------------------------------------------------------------------------

SECRETS = {
    "an AWS access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "an AWS secret key": "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a GitHub token": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "a GitLab token": "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
    "a Hugging Face token": "hf_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3",
    "a Slack token": "xoxb-" + "123456789012-a1B2c3D4e5F6",
    "a Google API key": "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "an API key": "sk-" + "proj-a1B2c3D4e5F6g7H8i9J0",
    "a JSON web token": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "a password in a URL": "postgres://reader:" + "hunter2@db.example.com/texts",
}


@pytest.mark.parametrize(("what", "secret"), SECRETS.items())
def test_a_value_that_looks_like_a_credential_is_refused_and_not_repeated(
    tmp_path: Path, what: str, secret: str
) -> None:
    (error,) = refused(tmp_path, f'tasks:\n  spam:\n    environment:\n      SETTING: "{secret}"')
    assert error.startswith(f"tasks.yaml:4: spam.environment.SETTING: looks like {what}; this file is public; keep it")
    assert secret not in error


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD", "password", "MySecret", "HF_TOKEN", "TOKEN", "API_KEY", "apiKey", "AWS_ACCESS_KEY_ID",
        "GOOGLE_APPLICATION_CREDENTIALS", "PRIVATE_KEY", "SSH_PASSPHRASE", "DB_PWD", "DB_PASS", "API_TOKENS",
    ],
)  # fmt: skip
def test_a_variable_named_like_a_credential_is_refused_and_its_value_not_repeated(tmp_path: Path, name: str) -> None:
    (error,) = refused(tmp_path, one(f"environment: {{{name}: hunter-two}}"))
    assert error.startswith(f"tasks.yaml:2: toxicity.environment.{name}: is named like a credential")
    assert "hunter-two" not in error


@pytest.mark.parametrize("secret", ["AKIA" + "IOSFODNN7EXAMPLE", "1234567"])
def test_no_other_mistake_repeats_the_value_either(tmp_path: Path, secret: str) -> None:
    errors = refused(tmp_path, one(f"environment: {{PASSWORD: {secret}, A-B: {secret}, C: [{secret}]}}"))
    assert len(errors) >= 3
    assert not any(secret in error for error in errors)


def test_the_defaults_hold_no_credential_either(tmp_path: Path) -> None:
    (error,) = refused(tmp_path, "defaults: {environment: {API_KEY: x}}\ntasks: {a: {}, b: {}}")
    assert error.startswith("tasks.yaml:1: defaults.environment.API_KEY: is named like a credential")


def test_a_variant_holds_no_credential_either(tmp_path: Path) -> None:
    (error,) = refused(tmp_path, one("variants: {b: {weight: 0.1, environment: {API_KEY: x}}}"))
    assert error.startswith("tasks.yaml:2: toxicity.variants.b.environment.API_KEY: is named like a credential")


TOKENS = 'environment: {EOS_TOKEN: "</s>", SPECIAL_TOKENS: "<s>,</s>"}'


def test_a_name_that_only_looks_like_a_credential_can_be_said_to_be_none(tmp_path: Path) -> None:
    told = "this file is public; keep it in Secrets Manager or Parameter Store and give its ARN"
    assert refused(tmp_path, one(TOKENS)) == [
        f"tasks.yaml:2: toxicity.environment.{name}: is named like a credential; {told}; "
        f"if it is none, name {name} in not_secret"
        for name in ("EOS_TOKEN", "SPECIAL_TOKENS")
    ]
    declared = read(tmp_path, one(f"{TOKENS}, not_secret: [EOS_TOKEN, SPECIAL_TOKENS]"))["toxicity"]
    assert declared.environment == {"EOS_TOKEN": "</s>", "SPECIAL_TOKENS": "<s>,</s>"}


def test_what_is_said_to_be_no_secret_holds_for_the_variants_and_in_the_defaults_for_every_task(tmp_path: Path) -> None:
    variants = "variants: {b: {weight: 0.1, environment: {EOS_TOKEN: x}}}"
    assert read(tmp_path, one(f"not_secret: [EOS_TOKEN], {variants}"))
    assert read(tmp_path, f"defaults: {{not_secret: [EOS_TOKEN]}}\n{one(variants)}")
    assert read(tmp_path, "defaults: {environment: {EOS_TOKEN: x}, not_secret: [EOS_TOKEN]}\ntasks: {toxicity: {}}")
    (error,) = refused(
        tmp_path, "tasks:\n  a: {not_secret: [T], environment: {T: x}}\n  b: {environment: {MY_TOKEN: x}}"
    )
    assert error.startswith("tasks.yaml:3: b.environment.MY_TOKEN")


@pytest.mark.parametrize("secret", SECRETS.values())
def test_a_value_that_looks_like_a_credential_is_one_whatever_is_said_of_its_name(tmp_path: Path, secret: str) -> None:
    (error,) = refused(tmp_path, one(f'environment: {{MY_TOKEN: "{secret}"}}, not_secret: [MY_TOKEN]'))
    assert error.startswith("tasks.yaml:2: toxicity.environment.MY_TOKEN: looks like ")
    assert "not_secret" not in error


def test_a_name_that_is_no_variable_is_told(tmp_path: Path) -> None:
    text = "defaults: {not_secret: [BOS_TOKEN]}\ntasks: {toxicity: {not_secret: [EOS_TOKN, 1], environment: {A: b}}}"
    assert refused(tmp_path, text) == [
        "tasks.yaml:1: defaults.not_secret: BOS_TOKEN is no variable of an environment here; take it out",
        "tasks.yaml:2: toxicity.not_secret[1]: must be text; put it in quotes",
        "tasks.yaml:2: toxicity.not_secret: EOS_TOKN is no variable of an environment here; take it out",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKENIZERS_PARALLELISM", "false"),
        ("TOKENISER", "bert"),
        ("MAX_TOKENS", "512"),
        ("COMMIT", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("LIBRARY", "sk-learn-text-classification"),
        ("DB_SECRET", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3"),
        ("API_KEY", "arn:aws:ssm:eu-west-1:123456789012:parameter/api-key"),
        ("MODEL_URL", "https://example.com:8080/model@2"),
        ("COMPASS", "north"),
    ],
)
def test_everyday_settings_and_references_to_a_secret_are_fine(tmp_path: Path, name: str, value: str) -> None:
    assert read(tmp_path, one(f'environment: {{{name}: "{value}"}}'))


# --- sizes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory_mb", MEMORY_SIZES_MB)
def test_every_serverless_size_is_possible(tmp_path: Path, memory_mb: int) -> None:
    assert read(tmp_path, one(f"memory_mb: {memory_mb}"))["toxicity"].memory_mb == memory_mb


def test_all_concurrency_may_be_provisioned(tmp_path: Path) -> None:
    task = read(tmp_path, one("max_concurrency: 200, provisioned_concurrency: 200"))["toxicity"]
    assert task.provisioned_concurrency == 200


# --- stages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "goes_by"),
    [
        ("{}", ("Production", "Active", True)),
        ("{stage: Canary}", ("Canary", "Active", True)),
        ("{stage_status: Pending}", ("Production", "Pending", True)),
        ('{stage: "*"}', ("*", None, False)),
    ],
)
def test_a_task_takes_the_stage_of_the_defaults_unless_it_has_its_own(
    tmp_path: Path, settings: str, goes_by: tuple[str, str | None, bool]
) -> None:
    text = f"defaults: {{stage: Production, stage_status: Active}}\ntasks: {{toxicity: {settings}}}"
    task = read(tmp_path, text)["toxicity"]
    assert (task.stage, task.stage_status, task.goes_by_stage) == goes_by


def test_without_a_stage_a_task_goes_by_none(tmp_path: Path) -> None:
    task = read(tmp_path, "defaults: {stage_status: Active}\ntasks: {toxicity: {}}")["toxicity"]
    assert (task.stage, task.stage_status, task.goes_by_stage) == (None, None, False)
