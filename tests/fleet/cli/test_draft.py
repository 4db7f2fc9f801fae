"""The text of a first task list: it is loaded as it stands, whatever the groups are called and the packages say."""

import string
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.aws.operator.catalog import Entry
from fleet.cli import draft
from fleet.tasks.load import load
from fleet.tasks.model import Task

# Groups as SageMaker allows them, and above all those that no task can be called like
LETTERS = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=63)
ODD = st.sampled_from(
    ["123", "1e3", "0x1F", "2027-01-31", "true", "No", "null", "spam-v1-abcdef", "v7-3fa9c1-c", "Spam", "spam"]
)
LONG = st.builds(lambda start, end: (start * 63)[: 63 - len(end)] + end, LETTERS, LETTERS)
GROUPS = st.sets((LETTERS | ODD | LONG).map(lambda name: name.strip("-")).filter(bool), min_size=1, max_size=8)
PREFIXES = st.sets(st.sampled_from(["", "prod-", "v1", "a-very-long-prefix-of-a-team-"]), min_size=1)
WORDS = st.text(max_size=40) | st.sampled_from(
    ["a\nb: {}", "a\r\n  evil: {}", "\x85x", "\u2028x", "\x07", "\ud800", "\ufeff"]
)


def entry(**package: Any) -> Entry:
    return Entry(7, package)


def lines(**package: Any) -> list[str]:
    """What stands above the task of a group called spam, without the indent."""
    text = draft.text({"spam": entry(**package)}, {"spam": "spam"}, "eu-west-1", "s.json").partition("tasks:\n")[2]
    *comments, last = text.splitlines()
    assert last == "  spam: {}"
    return [line.removeprefix("  ") for line in comments]


def tasks(tmp: Path, groups: set[str], prefixes: set[str], entry: Entry) -> dict[str, Task]:
    """The draft for these groups, loaded under every prefix; task by group."""
    names = draft.names(groups, prefixes)
    file = tmp / "tasks.yaml"
    file.write_text(draft.text({group: entry for group in groups}, names, "eu-west-1", "s.json"), encoding="utf-8")
    loaded = [load(file, name_prefix=prefix) for prefix in prefixes]
    return {task.group: task for task in loaded[0]}


# What is loaded


@settings(deadline=None)
@given(GROUPS, PREFIXES)
def test_every_group_gets_a_task_that_every_stack_can_deploy(
    tmp_path_factory: pytest.TempPathFactory, groups: set[str], prefixes: set[str]
) -> None:
    loaded = tasks(tmp_path_factory.mktemp("draft"), groups, prefixes, entry())
    assert loaded.keys() == groups


@settings(deadline=None)
@given(WORDS, WORDS, st.dictionaries(WORDS, WORDS, max_size=3))
def test_no_text_of_a_package_gets_out_of_its_comment(
    tmp_path_factory: pytest.TempPathFactory, said: str, by: str, properties: dict[str, str]
) -> None:
    package = {
        "ModelPackageDescription": said,
        "ApprovalDescription": said,
        "CreatedBy": {"UserProfileName": by},
        "CustomerMetadataProperties": properties,
        "ModelMetrics": {"ModelQuality": {"Statistics": {"S3Uri": said}}},
    }
    loaded = tasks(tmp_path_factory.mktemp("draft"), {"spam"}, {""}, entry(**package))
    assert [task.model_dump(exclude_defaults=True) for task in loaded.values()] == [
        {"name": "spam", "endpoint": "spam", "group": "spam"}
    ]


NAMES = [
    ({"spam"}, {"", "prod-"}, {"spam": "spam"}),
    ({"a" * 63}, {"", "prod-"}, {"a" * 63: "a" * 43}),
    ({"a" * 42 + "-" + "b" * 20}, {"prod-"}, {"a" * 42 + "-" + "b" * 20: "a" * 42}),
    ({"a" * 63, "a" * 48}, {""}, {"a" * 48: "a" * 48, "a" * 63: "a" * 46 + "-2"}),
    ({"spam-v1-abcdef"}, {""}, {"spam-v1-abcdef": "spam-v1-abcdef-2"}),
    ({"v1-abcdef"}, {"prod-"}, {"v1-abcdef": "v1-abcdef-2"}),
    ({"Spam", "spam", "spam-2"}, {""}, {"Spam": "Spam", "spam-2": "spam-2", "spam": "spam-3"}),
    ({"not a group"}, {""}, {}),
    ({"spam"}, {"p" * 48}, {}),
]


@pytest.mark.parametrize(("groups", "prefixes", "named"), NAMES)
def test_a_task_is_called_as_its_group_where_it_can_be(
    groups: set[str], prefixes: set[str], named: dict[str, str]
) -> None:
    assert draft.names(groups, prefixes) == named


def test_tasks_stand_in_the_order_of_their_groups() -> None:
    long = "a" * 63
    text = draft.text({"b": entry(), long: entry()}, {"b": "b", long: "z"}, "eu-west-1", "s.json")
    assert [line for line in text.splitlines() if line.startswith("  ") and line[2] in "bz"] == ["  z:", "  b: {}"]


# What is said above a task


def test_all_that_the_version_says_of_itself_stands_above_its_task() -> None:
    assert lines(
        CreationTime=datetime(2026, 11, 3, 1, tzinfo=timezone(timedelta(hours=2))),
        CreatedBy={"UserProfileName": "jane"},
        ModelLifeCycle={"Stage": "Production", "StageStatus": "Active"},
        ModelPackageDescription="with the reviews of October",
        ApprovalDescription="beats 6 on the gold set",
        CustomerMetadataProperties={"mlflow.run_id": "8f2c", "accuracy": "0.94", "owner": "team-x"},
        ModelMetrics={"ModelQuality": {"Statistics": {"ContentType": "json", "S3Uri": "s3://m/quality.json"}}},
    ) == [
        "# version 7, registered 2026-11-02 by jane, in stage Production (Active)",
        "# description: with the reviews of October",
        "# approval: beats 6 on the gold set",
        "# owner: team-x",
        "# accuracy: 0.94, mlflow.run_id: 8f2c",
        "# ModelQuality, Statistics: s3://m/quality.json",
    ]


def test_a_version_that_says_nothing_of_itself_has_its_number() -> None:
    assert lines() == ["# version 7"]


def test_long_texts_are_wrapped_and_cut_and_addresses_are_kept_whole() -> None:
    address = f"s3://{'a-' * 100}"
    said = lines(ModelPackageDescription="word " * 200, ModelMetrics={"Bias": {"Report": {"S3Uri": address}}})
    assert said[1].startswith("# description: word word")
    assert 300 < sum(map(len, said[1:4])) < 330
    assert all(len(line) <= 118 for line in said[:4])
    assert said[-1].endswith(address)


def test_editors_find_their_schema_in_the_first_line() -> None:
    text = draft.text({"spam": entry()}, {"spam": "spam"}, "eu-west-1", "../tasks.schema.json")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=../tasks.schema.json"
