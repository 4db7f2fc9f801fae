"""`fleet versions`: the versions of a task's group, or two of them side by side. The engine's part is given."""

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.cli.command import CommandError
from tests.fleet.cli.decided import GATED, Decided, made


@pytest.fixture
def command(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Decided:
    return made("versions", account, monkeypatch, capsys)


def words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


# The list


def test_versions_are_listed_newest_first_with_the_figure_of_the_gate_and_what_serves(command: Decided) -> None:
    command.tasks(GATED)
    command.register("0.92", "Approved")
    command.register("0.930")
    command.serves = {"champion": 1}
    assert command.run() == 0
    head, *rows = words(command.out)
    assert head == "version status approval serves f1 size registered decided"
    assert [row.split()[:5] for row in rows] == [
        ["2", "Completed", "PendingManualApproval", "-", "0.930"],
        ["1", "Completed", "Approved", "champion", "0.92"],
    ]


def test_without_a_gate_no_model_card_and_no_report_is_read(command: Decided) -> None:
    command.register(more={"metric.f1": "0.9"})
    command.run()
    asked = [operation for operation in command.operations if "ModelPackage" in operation]
    assert asked == ["ListModelPackages", "DescribeModelPackage"]


def test_no_more_than_twenty_are_shown_unless_all_are_asked_for(command: Decided) -> None:
    command.sandbox.seed({"toxicity": [{}] * 22})
    command.run()
    assert len(words(command.out)) == 1 + 20
    assert "note: 2 older versions are not shown: --all" in command.errors
    command.run("--all")
    assert len(words(command.out)) == 1 + 22


def test_the_object_of_a_list_has_what_the_table_shows_and_its_notes(command: Decided) -> None:
    command.register()
    command.serves = {"champion": 1, "challenger": 1}
    command.run("--json")
    found = json.loads(command.out)
    assert [(one["version"], one["serves"]) for one in found["versions"]] == [(1, ["champion", "challenger"])]
    assert any("sizes of models" in warning for warning in found["warnings"])


def test_a_list_for_a_pull_request_is_a_table_of_markdown(command: Decided) -> None:
    command.register()
    command.run("--markdown")
    assert "| version | status |" in command.out


def test_versions_are_shown_where_the_state_cannot_be_read(command: Decided) -> None:
    command.register()
    command.state = CommandError("no such stack")
    assert command.run() == 0
    assert "note: what serves is not known: no such stack" in command.errors


def test_a_group_that_is_not_there_is_said_with_the_one_that_was_probably_meant(command: Decided) -> None:
    command.sandbox.register("toxicitee")
    assert command.run() == 1
    assert 'group "toxicity" does not exist in eu-west-1; did you mean "toxicitee"?' in command.errors


def test_a_group_without_versions_is_said(command: Decided) -> None:
    command.client.create_model_package_group(ModelPackageGroupName="toxicity")
    assert command.run() == 1
    assert 'no version is registered in model package group "toxicity" yet' in command.errors


# Two of them


def test_two_versions_are_compared_figure_by_figure(command: Decided) -> None:
    command.register("0.912", more={"param.C": "1"})
    command.register("0.921", more={"param.C": "2"})
    assert command.run("1", "2") == 0
    assert words(command.out)[0] == "toxicity: version 1 and version 2"
    assert "f1 0.912 0.921 +0.009 better" in words(command.out)
    assert "C 1 2" in words(command.out)
    assert "MLflow was not asked" in command.errors


def test_of_a_metric_that_somebody_says_so_the_lower_figure_is_better(command: Decided) -> None:
    command.register("0.912")
    command.register("0.921")
    command.run("1", "2", "--lower-is-better", "f1")
    assert "f1 0.912 0.921 +0.009 worse" in words(command.out)


@pytest.mark.parametrize(
    ("given", "compared"),
    [
        (["1"], "version 1 and version 3"),
        (["serving"], "version 2 and version 3"),
        (["serving", "1"], "version 2 and version 1"),
        (["3"], "version 2 and version 3"),
        (["newest", "1"], "version 3 and version 1"),
    ],
)
def test_what_is_not_named_is_what_serves_or_the_newest(command: Decided, given: list[str], compared: str) -> None:
    for _ in range(3):
        command.register("0.9")
    command.serves = {"champion": 2}
    command.run(*given)
    assert words(command.out)[0] == f"toxicity: {compared}"


def test_the_object_of_two_versions_says_that_mlflow_was_not_asked(command: Decided) -> None:
    command.register("0.9")
    command.register("0.9")
    command.run("1", "2", "--json")
    found = json.loads(command.out)
    assert [one["difference"] for one in found["figures"]] == ["0"]
    assert "by the Model Registry alone: MLflow was not asked" in found["warnings"]


def test_one_version_alone_is_nothing_to_compare(command: Decided) -> None:
    command.register()
    assert command.run("newest") == 1
    assert "version 1 is all that there is to compare; name two versions" in command.errors


def test_what_serves_nothing_cannot_be_compared(command: Decided) -> None:
    command.register()
    assert command.run("serving") == 1
    assert "toxicity: nothing serves; name two versions" in command.errors


def test_a_version_that_is_not_there_is_said_with_the_newest(command: Decided) -> None:
    command.register()
    assert command.run("1", "7") == 1
    assert 'version 7 is not in model package group "toxicity"; the newest is 1' in command.errors


def test_the_size_of_an_archive_is_what_s3_has(command: Decided) -> None:
    command.register("0.9")
    command.register("0.9")
    s3 = command.sandbox.client("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    container = command.package(2)["InferenceSpecification"]["Containers"][0]
    bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
    if bucket != "models":
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=bucket, Key=key, Body=b"x" * 1_200_000)
    command.run("1", "2")
    assert "model size - 1.2 MB" in words(command.out)
