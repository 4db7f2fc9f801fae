"""`fleet approve` and `fleet reject`: one write, with a reason, after a look. The engine's part is given."""

import sys
from pathlib import Path
from typing import Any

import pytest

from fleet.aws import packages
from fleet.cli import decision
from fleet.cli.command import CommandError
from fleet.evidence import metadata
from fleet.seen import Unknown
from tests.fleet.cli.decided import GATED, Decided, made

WHY = ("--reason", "fewer false alarms", "--yes")
LOOKS = ("Describe", "List", "Get", "Head")


@pytest.fixture
def approve(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Decided:
    return made("approve", account, monkeypatch, capsys)


@pytest.fixture
def reject(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Decided:
    return made("reject", account, monkeypatch, capsys)


def writes(command: Decided) -> list[str]:
    return [operation for operation in command.operations if not operation.startswith(LOOKS)]


def test_approval_reason_and_who_are_one_call(approve: Decided) -> None:
    number = approve.register("0.92")
    assert approve.run(str(number), *WHY) == 0
    assert writes(approve) == ["UpdateModelPackage"]
    package = approve.package(number)
    assert (package["ModelApprovalStatus"], package["ApprovalDescription"]) == ("Approved", "fewer false alarms")
    properties = package["CustomerMetadataProperties"]
    assert properties[metadata.DECIDED_BY] == "arn:aws:iam::123456789012:user/sandbox"
    assert properties[metadata.DECIDED_AT].endswith("Z")
    assert properties["metric.f1"] == "0.92"  # what was there stays
    assert "toxicity: version 1 approved" in approve.out


def test_a_rejection_is_one_call_too(reject: Decided) -> None:
    reject.register(approval="Approved")
    assert reject.run("1", *WHY) == 0
    assert writes(reject) == ["UpdateModelPackage"]
    assert reject.package(1)["ModelApprovalStatus"] == "Rejected"


def test_the_comparison_with_what_serves_comes_first(approve: Decided) -> None:
    approve.register("0.912", "Approved")
    approve.register("0.921")
    approve.serves = {"champion": 1}
    approve.run("2", *WHY)
    assert approve.out.startswith("toxicity: version 1 and version 2\n")
    assert "then the next run moves from version 1 on to version 2" in approve.out


def test_where_nothing_serves_the_version_is_shown_alone(approve: Decided) -> None:
    approve.register("0.921")
    approve.run("1", *WHY)
    assert approve.out.startswith("toxicity: version 1, with nothing to compare: nothing serves\n")
    assert "then the next run deploys version 1" in approve.out


def test_a_service_account_says_whom_it_acts_for(approve: Decided) -> None:
    approve.register()
    approve.run("1", "--as", "jane", *WHY)
    who = approve.package(1)["CustomerMetadataProperties"][metadata.DECIDED_BY]
    assert who == "jane via arn:aws:iam::123456789012:user/sandbox"


def test_approving_what_is_approved_makes_no_call(approve: Decided) -> None:
    approve.register(approval="Approved")
    assert approve.run("1", *WHY) == 0
    assert writes(approve) == []
    assert "version 1 is approved already" in approve.out


def test_what_serverless_cannot_run_is_refused(approve: Decided) -> None:
    approve.register(containers=2)
    assert approve.run("1", *WHY) == 1
    assert writes(approve) == []
    assert "toxicity: version 1 cannot be deployed:" in approve.errors


def test_what_serverless_cannot_run_may_be_rejected(reject: Decided) -> None:
    reject.register(containers=2)
    assert reject.run("1", *WHY) == 0
    assert writes(reject) == ["UpdateModelPackage"]


def test_a_version_whose_package_cannot_be_looked_at_is_not_approved(
    approve: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve.register()
    use, unknown = packages.Use("arn"), Unknown("DescribeModelPackage: AccessDeniedException: not you")
    monkeypatch.setattr(packages, "inspect", lambda *_: packages.Inspection({use: unknown}))
    assert approve.run("1", *WHY) == 1
    assert writes(approve) == []
    assert "could not be looked at" in approve.errors


def test_metadata_without_room_for_who_decided_is_refused_before_anything_is_written(approve: Decided) -> None:
    approve.register(more={f"param.{n}": "x" for n in range(49)})
    assert approve.run("1", *WHY) == 1
    assert writes(approve) == []
    assert "has 49 entries, of 50 that it can have" in approve.errors


def test_an_older_version_is_said_not_to_be_served(approve: Decided) -> None:
    approve.register()
    approve.register(approval="Approved")
    approve.serves = {"champion": 2}
    approve.run("1", *WHY)
    assert "then the next run moves nothing: version 2 keeps serving, which is newer" in approve.out


def test_rejecting_what_serves_says_what_the_next_run_goes_back_to(reject: Decided) -> None:
    reject.register(approval="Approved")
    reject.register(approval="Approved")
    reject.serves = {"champion": 2}
    reject.run("2", *WHY)
    assert "toxicity: version 2, which serves" in reject.out
    assert "then the next run moves from version 2 back to version 1" in reject.out


def test_a_version_that_will_not_pass_the_gate_is_said_so_in_figures(approve: Decided) -> None:
    approve.tasks(GATED)
    approve.register("0.9", "Approved")
    approve.register("0.79")
    approve.serves = {"champion": 1}
    approve.run("2", *WHY)
    assert "f1 0.79 is below min 0.8" in approve.out
    assert "moves nothing: version 1 keeps serving" in approve.out


def test_a_version_that_has_to_soak_begins_to_with_the_call(approve: Decided) -> None:
    approve.tasks("tasks: {toxicity: {soak_hours: 24}}\n")
    approve.register()
    approve.run("1", *WHY)
    assert "eligible from" in approve.out


def test_without_a_terminal_and_without_yes_nothing_is_changed(
    approve: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve.register("0.9")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert approve.run("1", "--reason", "x") == 1
    assert writes(approve) == []
    assert approve.out.startswith("toxicity: version 1")
    assert "there is no terminal to ask on: nothing was changed; add --yes" in approve.errors


def test_a_person_who_says_no_changes_nothing(approve: Decided, monkeypatch: pytest.MonkeyPatch) -> None:
    approve.register()
    monkeypatch.setattr(decision, "confirmed", lambda *_, **__: False)
    assert approve.run("1", "--reason", "x") == 1
    assert writes(approve) == []
    assert "nothing was changed" in approve.errors


def test_a_version_that_somebody_changed_meanwhile_is_looked_at_again(
    approve: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve.register()

    def meanwhile(*_: Any, **__: Any) -> bool:
        approve.sandbox.reject("toxicity", 1)
        return True

    monkeypatch.setattr(decision, "confirmed", meanwhile)
    assert approve.run("1", "--reason", "x") == 1
    assert writes(approve) == []
    assert "version 1 was changed by somebody meanwhile; look at it again" in approve.errors


def test_who_cannot_read_the_state_is_told_that_what_follows_is_not_known(approve: Decided) -> None:
    approve.register()
    approve.state = CommandError("no such stack")
    assert approve.run("1", *WHY) == 0
    assert "what the next run does cannot be told: what serves is not known: no such stack" in approve.out


def test_a_task_that_is_not_enabled_stays_away(approve: Decided) -> None:
    approve.tasks("tasks: {toxicity: {enabled: false}}\n")
    approve.register()
    approve.run("1", *WHY)
    assert "the next run deploys nothing: not enabled in the task list" in approve.out


def test_a_reason_is_needed(approve: Decided) -> None:
    approve.register()
    assert approve.run("1", "--yes") == 1
    assert "--reason" in approve.errors
