"""`fleet history`: one time line of a task's versions. The engine's part is given."""

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.aws.operator import trail
from fleet.memory import MOVES, Move, Outcome, Verdict
from tests.fleet.cli.decided import GROUP, Decided, made

DEPLOYED = Move(1, "toxicity-v1", "2999-01-31T10:00:00+00:00", Verdict.SERVES)


@pytest.fixture
def command(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Decided:
    monkeypatch.setattr(trail, "PAUSE", 0)
    return made("history", account, monkeypatch, capsys)


def told(command: Decided) -> list[str]:
    """What happened, of which version."""
    return [" ".join(line.split()[1:4]) for line in command.out.splitlines()]


def decide(command: Decided, number: int, approval: str, reason: str = "") -> None:
    more = {"ApprovalDescription": reason} if reason else {}
    command.client.update_model_package(ModelPackageArn=f"{GROUP}/{number}", ModelApprovalStatus=approval, **more)


def test_a_version_is_registered_approved_and_deployed(command: Decided) -> None:
    command.register()
    decide(command, 1, "Approved", "fewer false alarms")
    command.serves, command.outcome = {"champion": 1}, Outcome(moves=(DEPLOYED,))
    assert command.run() == 0
    assert told(command) == ["version 1 registered", "version 1 approved", "version 1 deployed"]
    assert "sandbox" in command.out
    assert "fewer false alarms" in command.out
    assert command.errors == ""


def test_every_decision_is_told_and_not_only_the_last(command: Decided) -> None:
    command.register()
    decide(command, 1, "Approved")
    decide(command, 1, "Rejected")
    command.run()
    assert told(command)[1:] == ["version 1 approved", "version 1 rejected"]


def test_without_cloudtrail_the_registry_tells_the_last_decision_and_that_is_said(command: Decided) -> None:
    command.register()
    decide(command, 1, "Approved")
    command.sandbox.fault(
        "LookupEvents", service="cloudtrail", action="error", code="AccessDeniedException", message="not you"
    )
    assert command.run() == 0
    assert told(command)[1:] == ["version 1 approved"]
    assert "note: CloudTrail could not be read, so of each version only its last change is known" in command.errors
    assert "AccessDeniedException: not you" in command.errors


def test_who_asks_for_more_days_than_cloudtrail_keeps_is_told(command: Decided) -> None:
    command.register()
    command.run("--days", "365")
    assert "CloudTrail goes back 90 days" in command.errors


def test_a_time_line_that_may_have_lost_moves_says_so(command: Decided) -> None:
    command.register()
    command.serves, command.outcome = {"champion": 1}, Outcome(moves=(DEPLOYED,) * MOVES)
    command.run()
    assert f"the stack remembers the last {MOVES} moves of toxicity; there may have been more" in command.errors


def test_the_object_has_the_entries_and_what_could_not_be_read(command: Decided) -> None:
    command.register()
    command.run("--days", "91", "--json")
    found = json.loads(command.out)
    assert [(one["what"], one["version"]) for one in found["entries"]] == [("registered", 1)]
    assert len(found["warnings"]) == 1


def test_no_figures_and_no_sizes_are_asked_for(command: Decided) -> None:
    command.register("0.9")
    command.run()
    assert [one for one in command.operations if one != "GetCallerIdentity"] == [
        "ListModelPackages",
        "DescribeModelPackage",
        "LookupEvents",
        "LookupEvents",
    ]


def test_whom_a_service_account_acted_for_is_who_decided(command: Decided) -> None:
    command.register()
    command.client.update_model_package(
        ModelPackageArn=f"{GROUP}/1",
        ModelApprovalStatus="Approved",
        CustomerMetadataProperties={"fleet.decided_by": "jane via arn:aws:iam::123456789012:role/ci"},
    )
    command.run()
    assert "jane via" in command.out.splitlines()[1]
