"""`fleet init` writes a first task list from the registry, all or nothing, and over nothing."""

import os
from pathlib import Path
from typing import Any

import pytest

from fleet.cli import draft
from fleet.cli.command import main
from fleet.cli.commands import init
from fleet.tasks.load import load
from fleet.tasks.model import Task

PROJECT = "sagemaker-endpoint-manager"
HERE = ("--region", "eu-west-1")


class Desk:
    """A project's root before a registry, and what the command said last."""

    def __init__(self, path: Path, account: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.path, self.account, self._capsys = path, account, capsys
        self.tasks = path / "tasks.yaml"

    def register(self, *groups: str, **more: str) -> None:
        for group in groups:
            self.account.sandbox.register(group, **more)
        self.account.mark = self.account.sandbox.mark()

    def stack(self, name: str, config: str) -> None:
        (self.path / "Pulumi.yaml").write_text(f"name: {PROJECT}\n")
        (self.path / f"Pulumi.{name}.yaml").write_text(f"config:\n{config}")

    def init(self, *arguments: str, place: tuple[str, ...] = HERE) -> int:
        code = main(["init", *arguments, *place])
        self.out, self.errors = (text.splitlines() for text in self._capsys.readouterr())
        return code

    def loaded(self) -> list[Task]:
        return list(load(self.tasks))


@pytest.fixture
def desk(tmp_path: Path, account: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Desk(folder, account, capsys)


# What is written


def test_every_group_with_an_approved_version_becomes_a_task_in_alphabetical_order(desk: Desk) -> None:
    desk.register("topic", "spam", "emotion")
    assert desk.init() == 0
    assert [task.name for task in desk.loaded()] == ["emotion", "spam", "topic"]
    assert desk.out[0] == "tasks.yaml: 3 tasks"


def test_what_was_written_passes_validate(desk: Desk) -> None:
    desk.stack(
        "prod", f"  {PROJECT}:executionRoleArn: arn:aws:iam::123456789012:role/x\n  {PROJECT}:namePrefix: prod-\n"
    )
    desk.register("a" * 63, "123", "spam-v1-abcdef")
    desk.init()
    assert main(["validate"]) == 0


def test_what_the_package_says_of_itself_stands_above_its_task(desk: Desk) -> None:
    desk.register("spam")
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/spam/1"
    desk.account.client.update_model_package(
        ModelPackageArn=arn, ApprovalDescription="fine", CustomerMetadataProperties={"owner": "team-x", "f1": "0.9"}
    )
    desk.init()
    text = desk.tasks.read_text()
    assert "  # approval: fine\n  # owner: team-x\n  # f1: 0.9\n  spam: {}\n" in text


def test_patterns_choose(desk: Desk) -> None:
    desk.register("spam", "support-intent", "support-urgency", "topic")
    desk.init("support-*", "topic")
    assert [task.name for task in desk.loaded()] == ["support-intent", "support-urgency", "topic"]


def test_another_file_may_be_named_and_finds_the_schema_from_there(desk: Desk) -> None:
    desk.register("spam")
    (desk.path / "lists").mkdir()
    desk.init("--output", "lists/first.yaml")
    assert (
        (desk.path / "lists/first.yaml").read_text().startswith("# yaml-language-server: $schema=../tasks.schema.json")
    )


def test_the_stack_says_where_the_registry_is(desk: Desk) -> None:
    desk.stack("prod", "  aws:region: eu-central-1\n")
    desk.register("spam")  # in eu-west-1
    assert desk.init(place=("--stack", "prod")) == 1
    assert desk.errors == ["fleet init: there is no model package group in eu-central-1"]


def test_what_serverless_cannot_run_stands_above_its_task_and_is_said(desk: Desk) -> None:
    desk.account.sandbox.register("spam", containers=2)
    desk.register("topic")
    assert desk.init() == 0
    reason = "its package is an inference pipeline of 2 containers; serverless takes one"
    assert desk.out[0].startswith(f"spam: version 1: {reason}")
    assert f"  # cannot be deployed: {reason}" in desk.tasks.read_text()
    assert [task.name for task in desk.loaded()] == ["spam", "topic"]


def test_images_that_could_not_be_looked_at_are_noted(desk: Desk) -> None:
    desk.account.sandbox.fault("DescribeImages", service="ecr", action="error", code="AccessDeniedException")
    desk.register("spam")
    assert desk.init() == 0
    assert desk.out[0].startswith("note: the sizes of images could not be looked at: DescribeImages: AccessDenied")


# What is left out


def test_groups_with_nothing_approved_are_left_out_and_named(desk: Desk) -> None:
    desk.register("spam")
    desk.register("topic", "emotion", approval="PendingManualApproval")
    assert desk.init() == 0
    assert desk.out[0] == "left out, nothing approved: emotion, topic"
    assert [task.name for task in desk.loaded()] == ["spam"]


def test_an_approved_version_that_is_not_completed_is_none(desk: Desk) -> None:
    desk.register("spam")
    desk.register("topic", status="Failed")
    desk.init()
    assert [task.name for task in desk.loaded()] == ["spam"]


def test_a_group_that_cannot_be_read_is_left_out_and_ends_with_1(desk: Desk) -> None:
    desk.register("spam", "topic")
    match = {"ModelPackageGroupName": "topic"}
    desk.account.sandbox.fault(
        "ListModelPackages", action="error", code="AccessDeniedException", message="not you", match=match
    )
    assert desk.init() == 1
    sentence = 'model package group "topic": ListModelPackages: AccessDeniedException: not you'
    assert desk.errors == [f"left out: {sentence}"]
    assert [task.name for task in desk.loaded()] == ["spam"]


# What ends it


def test_an_existing_file_is_never_overwritten_and_aws_not_asked(desk: Desk) -> None:
    desk.register("spam")
    desk.tasks.write_text("mine")
    assert desk.init() == 1
    assert desk.errors == [
        "fleet init: tasks.yaml exists and is never overwritten; move it away, or name another with --output"
    ]
    assert (desk.tasks.read_text(), desk.account.operations()) == ("mine", [])


def test_a_file_that_came_meanwhile_is_not_overwritten_either(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.register("spam")
    write = init._write

    def write_late(*arguments: Any) -> None:
        desk.tasks.write_text("mine")
        write(*arguments)

    monkeypatch.setattr(init, "_write", write_late)
    assert desk.init() == 1
    assert (desk.tasks.read_text(), os.listdir(desk.path)) == ("mine", ["tasks.yaml"])


def test_a_list_that_would_not_pass_is_not_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.register("spam")
    monkeypatch.setattr(draft, "names", lambda groups, prefixes: {"spam": "x" * 49})
    assert desk.init() == 1
    assert "would not pass `fleet validate`, so nothing is written" in desk.errors[0]
    assert os.listdir(desk.path) == []


def test_nothing_is_written_where_the_groups_cannot_be_listed(desk: Desk) -> None:
    desk.register("spam")
    desk.account.sandbox.fault(
        "ListModelPackageGroups", action="error", code="AccessDeniedException", message="not you"
    )
    assert desk.init() == 1
    assert desk.errors == ["fleet init: ListModelPackageGroups: AccessDeniedException: not you"]
    assert os.listdir(desk.path) == []


ENDS = {
    "no group at all": ((), "there is no model package group in eu-west-1"),
    "no such group": (("spm", "spam", "top*"), "no model package group in eu-west-1 is called spm or top*"),
    "nothing approved": (("idle",), "there is nothing to write: approve a version first"),
    "no such folder": (("spam", "--output", "no/x.yaml"), "no/x.yaml: cannot be written: No such file or directory"),
    "no folder at all": (("spam", "--output", "f/x.yaml"), "f/x.yaml: cannot be written: Not a directory"),
}


@pytest.mark.parametrize("what", ENDS)
def test_what_cannot_be_done_is_one_sentence(desk: Desk, what: str) -> None:
    arguments, sentence = ENDS[what]
    if arguments:
        desk.register("spam")
        desk.register("idle", approval="Rejected")
    (desk.path / "f").touch()
    assert desk.init(*arguments) == 1
    assert desk.errors == [f"fleet init: {sentence}"]


def test_a_stack_that_cannot_be_read_leaves_the_region_to_be_named(desk: Desk) -> None:
    assert desk.init(place=("--stack", "prod")) == 1
    assert desk.errors[0].endswith("run this in the project's root; or name the registry's Region with --region")


def test_the_account_is_only_read(desk: Desk) -> None:
    desk.register("spam")
    desk.init()
    assert desk.account.sandbox.mutations(desk.account.mark) == []
