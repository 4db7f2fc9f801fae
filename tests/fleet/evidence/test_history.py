"""One time line: who registered, who decided, what was deployed and what came back."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from fleet.evidence import history as time_line
from fleet.evidence.history import CREATE, UPDATE, Entry, Record, history, read
from fleet.memory import Move, Verdict
from fleet.tasks.model import Task
from tests.fleet.evidence.versions import JANE, version

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = date(2027, 1, 31)
MODIFIED = datetime(2027, 1, 20, 10, 30, tzinfo=UTC)
CI = "assumed-role/Trainer/ci"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/{}"


def event(number: int, name: str = UPDATE, status: str = "Approved", **changes: Any) -> dict[str, Any]:
    """As LookupEvents gives it."""
    said = {
        "eventTime": "2027-01-15T10:00:59Z",
        "eventName": name,
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/Approver/anna"},
        "requestParameters": {
            "modelPackageArn": ARN.format(number),
            "modelApprovalStatus": status,
            "approvalDescription": "fewer false alarms",
        },
        "responseElements": {"modelPackageArn": ARN.format(number)},
        **changes,
    }
    return {"EventName": name, "Username": "anna", "CloudTrailEvent": json.dumps(said)}


def task(**settings: Any) -> Task:
    return Task.model_validate({"name": "toxicity", "endpoint": "toxicity", "group": "toxicity", **settings})


def told(
    *versions: Any, moves: Any = None, records: Any = (), since: datetime = LONG_AGO, of: Any = None
) -> list[Entry]:
    return history(of or task(), versions, moves or {}, read(records), since=since, today=TODAY)


def test_cloudtrail_tells_who_approved_and_when() -> None:
    assert read([event(8)]) == [
        Record(
            "2027-01-15T10:00Z", UPDATE, ARN.format(8), "Approved", "fewer false alarms", "assumed-role/Approver/anna"
        )
    ]


@pytest.mark.parametrize(
    "other",
    [
        event(8, errorCode="AccessDenied"),
        event(8, eventName="DescribeModelPackage"),
        event(8, requestParameters=None, responseElements=None),
        event(8, eventTime="yesterday"),
        {"CloudTrailEvent": "nonsense"},
        {"CloudTrailEvent": "[]"},
        {},
    ],
    ids=["refused", "another call", "of no version", "no time", "no JSON", "a list", "empty"],
)
def test_what_changed_no_version_is_passed_over(other: dict[str, Any]) -> None:
    assert read([other]) == []


def test_a_version_is_registered_approved_and_deployed() -> None:
    eight = version(8, ModelApprovalStatus="Approved", LastModifiedBy=JANE, LastModifiedTime=MODIFIED)
    moves = {"champion": [Move(8, "toxicity-v8-abc123", "2027-01-15T11:00:00+00:00", Verdict.SERVES)]}
    assert told(eight, moves=moves, records=[event(8)]) == [
        Entry("2027-01-08T09:00Z", "registered", 8, CI, "MLflow run run8"),
        Entry("2027-01-15T10:00Z", "approved", 8, "assumed-role/Approver/anna", "fewer false alarms"),
        Entry("2027-01-15T11:00Z", "deployed", 8),
    ]


def test_every_decision_that_cloudtrail_knows_is_told() -> None:
    eight = version(8, ModelApprovalStatus="Rejected")
    records = [
        event(8),
        event(8, status="Rejected", eventTime="2027-01-16T10:00:00Z"),
        event(8, status="PendingManualApproval", eventTime="2027-01-17T10:00:00Z"),
        event(8, status="", eventTime="2027-01-18T10:00:00Z"),
        event(8, CREATE, "PendingManualApproval"),
        event(7),
    ]
    assert [entry.what for entry in told(eight, records=records)] == [
        "registered",
        "approved",
        "rejected",
        "approval taken back",
    ]


def test_where_cloudtrail_says_nothing_the_registry_is_told_as_what_it_is() -> None:
    console = version(8, ModelApprovalStatus="Approved", LastModifiedBy=JANE, LastModifiedTime=MODIFIED)
    properties = {"fleet.decided_by": "anna", "fleet.decided_at": "2027-01-20T10:30:10Z"}
    ours = version(
        9,
        ModelApprovalStatus="Rejected",
        ApprovalDescription="slow",
        LastModifiedTime=MODIFIED,
        CustomerMetadataProperties=properties,
    )
    decided = [entry for entry in told(console, ours) if entry.what != "registered"]
    assert decided == [
        Entry("2027-01-20T10:30Z", "approved by then", 8, "last modified by jane"),
        Entry("2027-01-20T10:30Z", "rejected", 9, "anna", "slow"),
    ]


@pytest.mark.parametrize(
    ("verdict", "what"),
    [
        (Verdict.SERVES, "deployed"),
        (Verdict.ROLLED_BACK, "rolled back"),
        (Verdict.SMOKE_TEST, "failed its smoke test"),
        (Verdict.NOT_SENT, "not deployed"),
    ],
)
def test_what_came_of_a_move_is_told(verdict: Verdict, what: str) -> None:
    moves = {"challenger": [Move(8, "r", "2027-01-15T11:00:00+00:00", verdict), Move(7, "r", "", verdict)]}
    assert told(moves=moves) == [Entry("2027-01-15T11:00Z", what, 8, variant="challenger")]


def test_only_what_happened_since_then_is_told() -> None:
    assert told(version(8), version(9), since=datetime(2027, 1, 9, tzinfo=UTC)) == [
        Entry("2027-01-09T09:00Z", "registered", 9, CI, "MLflow run run9")
    ]


def test_what_the_task_list_says_is_told_as_it_stands() -> None:
    by: dict[str, Any] = {"owner": "team-x", "until": date(2027, 3, 31), "reason": "promoted from challenger"}
    variants = {"b": {"weight": 0.1, "pin": {"version": 6, **by}}}
    retired = {"successor": "mood", "since": date(2027, 1, 1)}
    of = task(pin={"version": 7, **by}, hold=by, variants=variants, retired=retired)
    said = "until 2027-03-31: promoted from challenger"
    assert told(of=of) == [
        Entry("now", "torn down", said="retired, use mood"),
        Entry("now", "held", who="team-x", said=said),
        Entry("now", "pinned", 7, "team-x", said),
        Entry("now", "pinned", 6, "team-x", said, "b"),
    ]


def test_in_print() -> None:
    entries = [
        Entry("2027-01-15T10:00Z", "approved", 8, "anna", "two\nlines"),
        Entry("2027-01-15T11:00Z", "deployed", 8, variant="b"),
        Entry("now", "held", who="team-x", said="fair"),
    ]
    assert time_line.text(entries).splitlines() == [
        "2027-01-15T10:00Z  version 8  approved      anna    two lines",
        "2027-01-15T11:00Z  version 8  deployed (b)  -",
        "now                -          held          team-x  fair",
    ]
    assert time_line.text([]) == "nothing is known to have happened"
    said = time_line.as_object("toxicity", entries, ["CloudTrail: AccessDenied"])
    assert (said["schema"], said["warnings"]) == (1, ["CloudTrail: AccessDenied"])
    assert [entry["time"] for entry in said["entries"]] == ["2027-01-15T10:00Z", "2027-01-15T11:00Z", None]
