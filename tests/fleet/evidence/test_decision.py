"""What approving and rejecting write, why they refuse to, and what the next run makes of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fleet.evidence import decision, provenance
from fleet.evidence.decision import Declined, NoCall, Update, approved_after, foretold
from fleet.gate import Said
from fleet.seen import Answer, Approved, NothingApproved, Unknown, Version
from fleet.tasks.model import Task
from sandbox.aws.validation import check_request, service
from tests.fleet.evidence.versions import JANE, version

NOW = datetime(2027, 1, 30, 11, tzinfo=timezone(timedelta(hours=1)))
IDENTITY = "arn:aws:sts::123456789012:assumed-role/Approver/jane"
PENDING = version(8, {"f1_macro": "0.92"})


def decided(
    of: Any = PENDING,
    wanted: str = "Approved",
    reason: str = "fewer false alarms",
    properties: dict[str, str] | None = None,
    **more: Any,
) -> Update | NoCall | Declined:
    given_ = {"identity": IDENTITY, "now": NOW, **more}
    return decision.decide(of, properties or {}, wanted, reason=reason, **given_)


def reasons(*args: Any, **more: Any) -> tuple[str, ...]:
    declined = decided(*args, **more)
    assert isinstance(declined, Declined)
    return declined.reasons


@pytest.mark.parametrize("wanted", ["Approved", "Rejected"])
def test_decision_reason_and_who_are_one_call(wanted: str) -> None:
    update = decided(wanted=wanted, reason="fewer\n false alarms")
    assert isinstance(update, Update)
    check_request(service("sagemaker").operation_model("UpdateModelPackage"), update.arguments)
    assert update.arguments == {
        "ModelPackageArn": PENDING.package,
        "ModelApprovalStatus": wanted,
        "ApprovalDescription": "fewer false alarms",
        "CustomerMetadataProperties": {
            "fleet.decided_by": IDENTITY,
            "fleet.decided_at": "2027-01-30T10:00:00Z",
        },
    }


def test_a_person_for_whom_a_service_account_acts_is_named_beside_it() -> None:
    update = decided(on_behalf_of=" jane@example.com ")
    assert isinstance(update, Update)
    assert update.arguments["CustomerMetadataProperties"]["fleet.decided_by"] == f"jane@example.com via {IDENTITY}"


@pytest.mark.parametrize("approval", ["Approved", "Rejected"])
def test_what_is_so_already_makes_no_call(approval: str) -> None:
    """Another call would be another event, and begin the soak anew."""
    same = replace(PENDING, approval=approval, decided_by="anna", decided_at="2027-01-29T10:00:00Z")
    said = f"version 8 is {approval.lower()} already, anna at 2027-01-29T10:00:00Z"
    assert decided(same, approval) == NoCall(said)
    assert decided(same, approval, reason="", unsuitable=["no"]) == NoCall(said)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_decision_has_a_reason(reason: str) -> None:
    assert reasons(reason=reason) == ("--reason is empty: say why, for whoever asks later",)


def test_a_reason_has_room_for_a_thousand_characters() -> None:
    assert reasons(reason="a" * 1025) == ("--reason has 1025 characters; SageMaker takes 1024",)


def test_what_cannot_be_deployed_is_not_approved_and_may_be_rejected() -> None:
    assert reasons(unsuitable=["it has 2 containers", "no model"]) == (
        "version 8 cannot be deployed: it has 2 containers",
        "version 8 cannot be deployed: no model",
    )
    failed = replace(PENDING, status="Failed")
    assert reasons(failed) == ("version 8 is Failed: only a Completed version can be deployed",)
    assert isinstance(decided(failed, "Rejected", unsuitable=["no model"]), Update)


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("jane, anna", "its value has ,; SageMaker takes"),
        ("jane!", "its value has !; SageMaker takes"),
        ("a" * 257, "its value has 257 characters; SageMaker takes 256; write it otherwise"),
    ],
)
def test_a_name_that_the_metadata_cannot_hold_is_refused(who: str, says: str) -> None:
    (reason,) = reasons(on_behalf_of=who)
    assert says in reason


def test_an_identity_that_the_metadata_cannot_hold_asks_for_a_name() -> None:
    (reason,) = reasons(identity="arn:aws:sts::123456789012:assumed-role/Approver/jane,doe")
    assert reason.endswith("; say who decides with --as")
    update = decided(identity="arn:aws:sts::123456789012:assumed-role/Approver/jane,doe", on_behalf_of="jane")
    assert isinstance(update, Update)
    assert update.arguments["CustomerMetadataProperties"]["fleet.decided_by"] == "jane"


def test_metadata_that_is_full_is_said() -> None:
    full = {f"key{number}": "x" for number in range(49)}
    assert reasons(properties=full) == (
        "the metadata of version 8 has 49 entries, of 50 that it can have: there is no room for who decided and when; "
        "remove 2",
    )
    again = {**dict(list(full.items())[:48]), "fleet.decided_by": "anna", "fleet.decided_at": "2027"}
    assert isinstance(decided(properties=again), Update)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert len(reasons(replace(PENDING, status="Pending"), reason="", on_behalf_of="a!")) == 3


@given(reason=st.text(max_size=1100), who=st.text(max_size=300), wanted=st.sampled_from(["Approved", "Rejected"]))
@hypothesis_settings(deadline=None)
def test_whatever_is_written_sagemaker_takes_it_or_it_is_declined(reason: str, who: str, wanted: str) -> None:
    update = decided(wanted=wanted, reason=reason, on_behalf_of=who)
    if isinstance(update, Update):
        check_request(service("sagemaker").operation_model("UpdateModelPackage"), update.arguments)
        assert update.arguments["ApprovalDescription"]
    else:
        assert isinstance(update, Declined)
        assert update.reasons


# What the next run does


def versions(*numbers: int) -> list[Version]:
    return [Version(number, f"package/{number}") for number in sorted(numbers, reverse=True)]


def task(**settings: Any) -> Task:
    return Task.model_validate({"name": "toxicity", "endpoint": "toxicity", "group": "toxicity", **settings})


def after(wanted: str, number: int, *approved: int) -> Answer:
    return approved_after(versions(*approved), versions(number)[0], wanted)


def test_what_the_registry_will_say() -> None:
    approved = after("Approved", 7, 8, 6)
    assert isinstance(approved, Approved)
    assert [one.number for one in approved.versions] == [8, 7, 6]
    assert after("Approved", 8, 8) == Approved(8, "package/8")
    assert after("Rejected", 8, 8, 7) == Approved(7, "package/7")
    assert after("Rejected", 8, 8) == NothingApproved()


BY: dict[str, Any] = {"owner": "team-x", "until": date(2027, 3, 31), "reason": "fair"}


@pytest.mark.parametrize(
    ("of", "answer", "number", "serves", "says"),
    [
        (task(), after("Approved", 8, 7), 8, 7, "moves from version 7 on to version 8"),
        (task(), after("Approved", 8), 8, 0, "deploys version 8"),
        (
            task(),
            after("Approved", 6, 7),
            6,
            7,
            "moves nothing: version 7 keeps serving, which is newer; to go back to version 6, reject what is newer or "
            "pin it",
        ),
        (task(), after("Rejected", 8, 8, 7), 8, 8, "moves from version 8 back to version 7"),
        (
            task(),
            after("Rejected", 8, 8),
            8,
            8,
            "moves nothing: nothing else may be chosen, so version 8 keeps serving, OUT_OF_DATE",
        ),
        (task(), after("Rejected", 8), 8, 0, "deploys nothing"),
        (task(), after("Rejected", 9, 8), 9, 8, "moves nothing: version 8 keeps serving"),
        (
            task(hold=BY),
            after("Approved", 8, 7),
            8,
            7,
            "moves nothing; held by team-x until 2027-03-31: fair; version 8 is approved",
        ),
        (
            task(pin={"version": 7, **BY}),
            after("Approved", 8, 7),
            8,
            7,
            "moves nothing: version 7 keeps serving; pinned to version 7 by team-x until 2027-03-31: fair; "
            "version 8 is approved",
        ),
        (
            task(pin={"version": 7, **BY}),
            after("Rejected", 7, 7, 6),
            7,
            7,
            'moves nothing: pin: version 7 of model package group "toxicity" is not approved; pin to one that is; '
            "pinned to version 7 by team-x until 2027-03-31: fair",
        ),
        (task(), Unknown("registry: down"), 8, 7, "moves nothing: registry: down"),
    ],
)
def test_what_the_next_run_does(of: Task, answer: Answer, number: int, serves: int, says: str) -> None:
    assert foretold(of, answer, number, serves, NOW) == f"the next run {says}"


def test_a_gate_that_it_does_not_pass_is_foretold() -> None:
    gated = task(gate={"metric": "f1_macro", "min": 0.95})
    assert foretold(gated, after("Approved", 8, 7), 8, 7, NOW, {8: Said("0.92")}) == (
        "the next run moves nothing: version 7 keeps serving; version 8 does not pass the gate: "
        "f1_macro 0.92 is below min 0.95"
    )


def test_a_soak_is_foretold() -> None:
    young = [Version(8, "package/8", "2027-01-30T10:00:00+00:00"), Version(7, "package/7", "2027-01-01T00:00:00+00:00")]
    answer = approved_after(young[1:], young[0], "Approved")
    assert foretold(task(soak_hours=24), answer, 8, 7, NOW) == (
        "the next run moves nothing: version 7 keeps serving; version 8 approved, eligible from 2027-01-31T10:00Z"
    )


# Provenance


def test_where_a_version_comes_from_in_one_line() -> None:
    properties = {
        "metric.f1_macro": "0.921",
        "mlflow.run_id": "0f3c",
        "fleet.decided_by": "jane",
        "fleet.decided_at": "2027-01-30T10:00:00Z",
    }
    eight = version(8, CustomerMetadataProperties=properties, ApprovalDescription="fewer\nfalse alarms")
    assert provenance.told(version(7, {"f1_macro": "0.912"}), eight, "f1_macro") == (
        'version 7 -> version 8, approved 2027-01-30T10:00:00Z by jane: "fewer false alarms"; '
        "f1_macro 0.912 -> 0.921 (+0.009); MLflow run 0f3c"
    )


def test_an_approval_in_the_console_is_told_as_what_is_known_of_it() -> None:
    when = datetime(2027, 1, 30, 10, tzinfo=UTC)
    eight = version(8, {"f1_macro": "NaN"}, LastModifiedBy=JANE, LastModifiedTime=when)
    assert provenance.told(version(7, {"f1_macro": "0.912"}), eight, "f1_macro") == (
        "version 7 -> version 8, last modified by jane at 2027-01-30T10:00Z; f1_macro 0.912 -> NaN; MLflow run run8"
    )


def test_a_first_version_comes_from_nowhere() -> None:
    assert provenance.told(None, version(8), "f1_macro") == "version 8; MLflow run run8"


def test_of_a_version_of_which_nothing_is_known_nothing_is_told() -> None:
    assert provenance.told(version(7), version(8, CustomerMetadataProperties={}), "f1_macro") == ""
    assert provenance.told(None, PENDING, "f1_macro") == "version 8; f1_macro 0.92; MLflow run run8"


def test_a_long_reason_is_cut() -> None:
    assert provenance.told(None, replace(PENDING, reason="a" * 500)).startswith(f'version 8: "{"a" * 200}…"')
