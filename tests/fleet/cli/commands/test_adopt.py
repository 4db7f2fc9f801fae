"""`fleet adopt`: what it refuses, what it says, and the one call that it sends."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fleet import wire
from fleet.aws.operator.adoption import Existing
from fleet.cli import state
from fleet.cli.command import main
from fleet.cli.commands.adopt import objections
from fleet.memory import Outcome
from fleet.tasks.model import Task

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/toxicity"
SERVERLESS = {"AllTraffic": True}


class Command:
    """The command in a project of two tasks, and an endpoint "toxicity" without any tags."""

    def __init__(self, account: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.account, self._capsys = account, capsys
        self.outputs: dict[str, Any] = {}
        account.deploy("toxicity", "theirs")
        keys = ["fleet:project", "fleet:stack", "fleet:task", "fleet:variant"]
        account.client.delete_tags(ResourceArn=ARN, TagKeys=keys)
        account.mark = account.sandbox.mark()

    def run(self, *arguments: str) -> int:
        code = main(["adopt", "--stack", "prod", *arguments])
        self.out, self.errors = self._capsys.readouterr()
        return code

    def tags(self) -> dict[str, str]:
        rows = self.account.client.list_tags(ResourceArn=ARN)["Tags"]
        return {row["Key"]: row["Value"] for row in rows}

    def tag(self, tags: Mapping[str, str]) -> None:
        rows = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.account.client.add_tags(ResourceArn=ARN, Tags=rows)
        self.account.mark = self.account.sandbox.mark()

    def changes(self) -> list[Any]:
        return list(self.account.sandbox.mutations(self.account.mark))


@pytest.fixture
def command(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    (prod / "tasks.yaml").write_text("tasks:\n  toxicity: {owner: team-x}\n  spam: {}\n")
    command = Command(account, capsys)
    monkeypatch.setattr(state, "outputs", lambda stack: command.outputs)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return command


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


# What is sent


def test_the_endpoint_alone_is_tagged(command: Command) -> None:
    command.tag({"team": "theirs"})
    assert command.run("toxicity", "--yes") == 0
    assert [(call.operation, call.params["ResourceArn"]) for call in command.changes()] == [("AddTags", ARN)]
    assert command.tags() == {
        "team": "theirs",
        "fleet:project": "sagemaker-endpoint-manager",
        "fleet:stack": "prod",
        "fleet:task": "toxicity",
        "fleet:variant": "champion",
        "fleet:owner": "team-x",
    }


def test_an_endpoint_under_a_name_prefix_is_found_by_it(command: Command) -> None:
    Path("Pulumi.prod.yaml").write_text(
        "config:\n  aws:region: eu-west-1\n  sagemaker-endpoint-manager:namePrefix: tox\n"
    )
    Path("tasks.yaml").write_text("tasks:\n  icity: {}\n")
    assert command.run("icity", "--yes") == 0
    assert command.tags()["fleet:task"] == "icity"


def test_without_a_terminal_it_needs_yes(command: Command) -> None:
    assert command.run("toxicity") == 1
    assert "add --yes to go ahead" in command.errors
    assert command.changes() == []


@pytest.mark.parametrize(("word", "code"), [("y\n", 0), ("\n", 1)])
def test_at_a_terminal_it_asks(command: Command, monkeypatch: pytest.MonkeyPatch, word: str, code: int) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(word))
    assert command.run("toxicity") == code
    assert "make toxicity this stack's? [y/N]" in command.errors
    assert len(command.changes()) == 1 - code


def test_what_is_this_stacks_already_is_left_as_it_is(command: Command) -> None:
    command.tag({"fleet:project": "sagemaker-endpoint-manager", "fleet:stack": "prod"})
    assert command.run("toxicity") == 0
    assert command.out == "toxicity is this stack's already; nothing was changed\n"
    assert command.changes() == []


def test_a_refused_tag_is_told(command: Command) -> None:
    command.account.sandbox.fault("AddTags", action="error", code="AccessDeniedException", message="no")
    assert command.run("toxicity", "--yes") == 1
    assert command.errors == "fleet adopt: AddTags: AccessDeniedException: no\n"


# What the next run will do


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("{}", "moves it to version 1 in place"),
        ("{hold: {reason: r, owner: o, until: 2027-01-31}}", "leaves it on what it serves, held by the task list"),
        ("{pin: {version: 7, reason: r, owner: o, until: 2027-01-31}}", "leaves it on what it serves: pin: version 7"),
        ("{group: nothing-there}", 'leaves it on what it serves: model package group "nothing-there" does not exist'),
    ],
)
def test_what_the_next_run_will_do_is_said(command: Command, settings: str, says: str) -> None:
    Path("tasks.yaml").write_text(f"tasks:\n  toxicity: {settings}\n")
    assert command.run("toxicity", "--yes") == 0
    assert f"the next `pulumi up`: {says}" in command.out


def test_nothing_approved_is_said(command: Command) -> None:
    command.account.sandbox.reject("toxicity", 1)
    assert command.run("toxicity", "--yes") == 0
    assert "leaves it on what it serves: nothing is approved" in command.out


# What is refused


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("toxicty", "toxicty: is not a task of tasks.yaml; did you mean toxicity?"),
        ("urgency", "urgency: is not a task of tasks.yaml; add it first"),
        ("spam", "spam: there is no endpoint of this name in eu-west-1; nothing to adopt"),
    ],
)
def test_a_name_without_a_task_or_an_endpoint_is_refused(command: Command, name: str, says: str) -> None:
    assert command.run(name, "--yes") == 1
    assert command.errors == f"fleet adopt: {says}\n"


def test_a_task_that_is_for_another_stack_is_refused_with_the_reason(command: Command) -> None:
    Path("tasks.yaml").write_text("tasks:\n  spam: {}\n  toxicity: {regions: [us-east-1, sa-east-1]}\n")

    assert command.run("toxicity", "--yes") == 1
    assert command.errors == ("fleet adopt: toxicity: is for us-east-1 and sa-east-1, and this stack is in eu-west-1\n")


def test_all_reasons_are_said_at_once_and_nothing_is_sent(command: Command) -> None:
    command.tag({"fleet:project": "sagemaker-endpoint-manager", "fleet:stack": "staging"})
    command.account.sandbox.set_status("toxicity", "Updating")
    command.account.mark = command.account.sandbox.mark()
    assert command.run("toxicity", "--yes") == 1
    assert command.errors.splitlines() == [
        "fleet adopt: toxicity: by its tags it belongs to stack staging of project sagemaker-endpoint-manager; "
        "that stack has to give it up first",
        "toxicity: it is Updating; adopt it once it is InService",
    ]
    assert command.changes() == []


@pytest.mark.parametrize(
    ("tags", "status", "variants", "settings", "says"),
    [
        (
            {"fleet:stack": "prod", "fleet:project": "other"},
            "InService",
            SERVERLESS,
            {},
            "belongs to stack prod of project other;",
        ),
        ({"fleet:project": "other"}, "InService", SERVERLESS, {}, "belongs to project other;"),
        ({}, "Failed", SERVERLESS, {}, "it is Failed"),
        ({}, "InService", {"variant-1": True}, {}, 'its variant is called "variant-1", not AllTraffic'),
        ({}, "InService", {"AllTraffic": False}, {}, "it runs on instances"),
        ({}, "InService", {"AllTraffic": True, "b": True}, {}, "it has 2 variants (AllTraffic, b)"),
        ({}, "InService", {}, {}, "it has 0 variants (none that can be seen)"),
        ({}, "InService", SERVERLESS, {"enabled": False}, "the task list wants no endpoint of this task"),
    ],
)
def test_what_cannot_be_taken_over_is_refused(
    tags: dict[str, str], status: str, variants: dict[str, bool], settings: dict[str, Any], says: str
) -> None:
    task = Task(name="toxicity", endpoint="toxicity", group="toxicity", **settings)
    (objection,) = objections(task, Existing("arn", status, "theirs", variants, tags))
    assert says in objection


def test_an_endpoint_that_fits_is_not_refused() -> None:
    task = Task(name="toxicity", endpoint="toxicity", group="toxicity")
    assert objections(task, Existing("arn", "InService", "theirs", SERVERLESS, {"team": "theirs"})) == []


# What the last run of this stack left


def left_by(**run: Any) -> dict[str, Any]:
    """The outputs of a run that has seen `toxicity` serve."""
    seen = Outcome(endpoint="toxicity", declared=("toxicity",), serving="toxicity-v1-3fa9c1", **run)
    return {"toxicity": {"variants": {"champion": {"run": wire.pack(seen), "model_package_arn": PACKAGE}}}}


PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/toxicity/1"


def test_what_this_stack_has_made_is_its_own_although_its_tags_are_gone(command: Command) -> None:
    command.outputs = left_by(arn=ARN, modified="2999-01-01T00:00:00+00:00")
    assert command.run("toxicity", "--yes") == 0
    assert command.out == "toxicity is this stack's already, and the next `pulumi up --refresh` puts its tags right\n"
    assert command.changes() == []


def test_what_somebody_made_anew_under_that_name_is_theirs(command: Command) -> None:
    command.outputs = left_by(arn=ARN, modified="2001-01-01T00:00:00+00:00")
    assert command.run("toxicity", "--yes") == 0
    assert "made by somebody else" in command.out


@pytest.mark.parametrize(
    ("arn", "where"),
    [
        (ARN.replace("eu-west-1", "us-east-1"), "us-east-1"),
        (ARN.replace("123456789012", "210987654321"), "account 210987654321"),
        ("", "us-east-1"),  # by the package, as 0.3 wrote it
    ],
)
def test_where_the_fleet_is_not_nothing_is_adopted(command: Command, arn: str, where: str) -> None:
    command.outputs = left_by(arn=arn, modified="2999-01-01T00:00:00+00:00")
    assert command.run("toxicity", "--yes") == 1
    assert f"this stack's endpoints are in {where}, as the last run left them" in command.errors
    assert command.changes() == []
