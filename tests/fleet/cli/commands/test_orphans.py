"""`fleet orphans`: what is printed, when it asks, and what keeps it from deleting. The engine's part is given."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from fleet.aws.operator.leftovers import Kind
from fleet.cli import state
from fleet.cli.command import CommandError, main

OLD, NEW = "toxicity-v1-aaaaaa", "toxicity-v2-bbbbbb"


class Command:
    """The command in a project of one stack and one task, with a state that the test arranges."""

    def __init__(self, account: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.account, self._capsys = account, capsys
        self.in_state: set[tuple[Kind, str]] = set()
        self.outputs: dict[str, Any] = {}

    def run(self, *flags: str) -> int:
        code = main(["orphans", "--stack", "prod", *flags])
        self.out, self.errors = self._capsys.readouterr()
        return code

    def json(self, *flags: str) -> Any:
        self.code = self.run("--json", *flags)
        return json.loads(self.out)


@pytest.fixture
def command(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    (prod / "tasks.yaml").write_text("tasks:\n  toxicity: {}\n  retired: {enabled: true}\n")
    command = Command(account, capsys)
    monkeypatch.setattr(state, "refuse_locked", lambda stack: None)
    monkeypatch.setattr(state, "read", lambda stack: frozenset(command.in_state))
    monkeypatch.setattr(state, "outputs", lambda stack: command.outputs)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return command


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def person_says(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(word))


# Listing


def test_orphans_are_printed_as_json(command: Command) -> None:
    command.account.configure(OLD)
    command.in_state = {(Kind.CONFIG, OLD)}
    command.account.client.delete_endpoint_config(EndpointConfigName=OLD)
    command.in_state = set()
    command.account.deploy("spam", NEW, stack="staging")

    assert command.json() == {
        "schema": 1,
        "orphans": [
            {
                "kind": "model",
                "name": OLD,
                "arn": f"arn:aws:sagemaker:eu-west-1:123456789012:model/{OLD}",
                "reason": "not in the state, and used by no endpoint",
            }
        ],
        "deleted": [],
        "other_stacks": {"staging": 3},
        "warnings": [],
    }
    assert command.code == 0


def test_orphans_are_printed_for_people(command: Command) -> None:
    command.account.configure(OLD)
    command.account.deploy("spam", NEW, stack="staging")
    assert command.run() == 0
    assert command.out.splitlines() == [
        f"endpoint-config  {OLD}  not in the state, and used by no endpoint",
        f"model            {OLD}  not in the state, and used by no endpoint",
        "2 orphans of prod; tagged for other stacks: 3 of staging",
    ]


def test_listing_changes_nothing(command: Command) -> None:
    command.account.configure(OLD)
    command.run()
    assert command.account.sandbox.mutations(command.account.mark) == []


def test_what_could_not_be_found_out_is_told_and_the_list_is_still_a_list(command: Command) -> None:
    command.account.configure(OLD)
    command.account.sandbox.fault("ListTags", action="error", code="AccessDeniedException", message="no")
    assert command.json()["orphans"] == []
    assert command.code == 0
    assert f"model {OLD}: ListTags: AccessDeniedException: no" in command.errors


def test_a_list_that_cannot_be_read_is_an_error(command: Command) -> None:
    command.account.sandbox.fault("ListModels", action="error", code="AccessDeniedException", message="no")
    assert command.run() == 1
    assert command.errors == "fleet orphans: ListModels: AccessDeniedException: no\n"


def test_the_endpoint_of_a_challenger_in_the_task_list_is_no_orphan(command: Command) -> None:
    Path("tasks.yaml").write_text("tasks:\n  toxicity: {variants: {b: {weight: 0.1}}}\n")
    command.account.deploy("toxicity-b", OLD)
    command.account.deploy("toxicity-c", NEW)
    assert [orphan["name"] for orphan in command.json()["orphans"]] == ["toxicity-c"]


@pytest.mark.parametrize("listing", ["enabled: false", "retired: {successor: spam, since: 2026-01-01}"])
def test_an_endpoint_that_the_task_list_tears_down_is_nobodys(command: Command, listing: str) -> None:
    Path("tasks.yaml").write_text(f"tasks:\n  toxicity: {{{listing}}}\n")
    command.account.deploy("toxicity", OLD)
    assert [orphan["name"] for orphan in command.json()["orphans"]] == ["toxicity"]


def test_a_task_list_with_mistakes_is_no_task_list(command: Command) -> None:
    command.account.deploy("toxicity", OLD)
    Path("tasks.yaml").write_text("tasks: {}\n")
    assert command.run("--delete", "--yes") == 1
    assert "tasks.yaml:1: tasks: needs at least one entry" in command.errors


# Asking


def test_without_a_terminal_nothing_is_deleted(command: Command) -> None:
    command.account.configure(OLD)
    assert command.run("--delete") == 1
    assert "there is no terminal to ask on: nothing was changed; add --yes to go ahead" in command.errors
    assert command.account.sandbox.mutations(command.account.mark) == []


@pytest.mark.parametrize("word", ["n\n", "\n", ""])
def test_at_a_terminal_anything_but_yes_deletes_nothing(
    command: Command, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    command.account.configure(OLD)
    person_says(monkeypatch, word)
    assert command.run("--delete") == 1
    assert "delete 2 of them? [y/N]" in command.errors
    assert command.account.sandbox.mutations(command.account.mark) == []


def test_at_a_terminal_yes_deletes_what_was_shown(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.account.configure(OLD)
    person_says(monkeypatch, "y\n")
    assert command.run("--delete") == 0
    assert f"model            {OLD}" in command.errors
    assert command.out == "2 deleted\nno orphans of prod\n"


def test_yes_without_delete_is_a_mistake(command: Command) -> None:
    assert command.run("--yes") == 1
    assert command.errors == "fleet orphans: --yes goes with --delete\n"


# Deleting


def test_configurations_go_after_their_endpoint_and_models_last(command: Command) -> None:
    command.account.deploy(f"{NEW}-c", f"{NEW}-c")
    assert command.json("--delete", "--yes")["orphans"] == []
    assert command.code == 0
    deletions = [call.operation for call in command.account.sandbox.mutations(command.account.mark)]
    assert deletions == ["DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel"]
    assert command.account.sandbox.harm() == []


def test_what_an_endpoint_needs_that_could_not_be_deleted_stays_too(command: Command) -> None:
    command.account.deploy(f"{NEW}-c", f"{NEW}-c")
    command.account.sandbox.fault("DeleteEndpoint", action="error", code="AccessDeniedException", message="no")
    assert len(command.json("--delete", "--yes")["orphans"]) == 3
    assert command.code == 1
    assert "deleted" not in command.errors
    assert f"endpoint {NEW}-c: DeleteEndpoint: AccessDeniedException: no" in command.errors
    assert command.account.sandbox.models() == {f"{NEW}-c"}


@pytest.mark.parametrize("flags", [("--delete", "--yes"), ("--delete",)])  # nobody is asked about it either
def test_an_endpoint_in_service_is_never_deleted(command: Command, flags: tuple[str, ...]) -> None:
    command.account.deploy("gone-from-the-list", OLD)
    found = command.json(*flags)
    assert [orphan["name"] for orphan in found["orphans"]] == ["gone-from-the-list"]
    assert command.code == 1
    assert command.account.sandbox.mutations(command.account.mark) == []


def test_what_came_to_serve_since_the_question_stays(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.account.configure(OLD)

    def serve(question: str, *, yes: bool) -> bool:
        command.account.client.create_endpoint(EndpointName="by-hand", EndpointConfigName=OLD)
        return True

    monkeypatch.setattr("fleet.cli.commands.orphans.confirmed", serve)
    assert command.json("--delete", "--yes")["orphans"] == []
    assert command.account.sandbox.mutations(command.account.mark)[1:] == []  # the one by hand


def test_a_run_that_started_since_the_question_stops_it(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.account.configure(OLD)
    answers = iter([""])

    def lock(stack: str) -> None:
        if next(answers, "locked"):
            raise CommandError("a run of prod is under way")

    monkeypatch.setattr(state, "refuse_locked", lock)
    assert command.run("--delete", "--yes") == 1
    assert "a run of prod is under way" in command.errors
    assert command.account.sandbox.mutations(command.account.mark) == []


def test_after_a_deletion_something_unknown_counts_as_something_that_stayed(command: Command) -> None:
    command.account.configure(OLD)
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:model/{OLD}"
    match = {"ResourceArn": arn}
    command.account.sandbox.fault("ListTags", action="error", code="AccessDeniedException", message="no", match=match)
    assert command.json("--delete", "--yes")["orphans"] == []
    assert command.code == 1


def test_nobody_is_asked_about_nothing(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.cli.commands.orphans.confirmed", None)
    assert command.run("--delete") == 0
    assert command.out == "no orphans of prod\n"
