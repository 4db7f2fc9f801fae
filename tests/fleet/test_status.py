"""Every word and sentence that a run says of a variant, given what was decided and what is there."""

from dataclasses import replace
from typing import Any

import pytest

from fleet.memory import Outcome, Verdict
from fleet.revision import Revision, Settings, revise
from fleet.rollout import Kind, Plan
from fleet.seen import Absent, Answer, Approved, Live, LiveEndpoint, NothingApproved, OnHold, Refused, Unknown
from fleet.status import NOT_OURS, Standing, Status, assess, total

SETTINGS = Settings("toxicity", "role", memory_mb=2048, max_concurrency=5)


def revision(version: int, settings: Settings = SETTINGS) -> Revision:
    return revise(settings, version, f"package/{version}")


SEVEN, EIGHT = revision(7), revision(8)
LARGER_SEVEN = revision(7, replace(SETTINGS, memory_mb=3072))
ON_SEVEN = LiveEndpoint("InService", SEVEN.name, "t1")
ON_EIGHT = LiveEndpoint("InService", EIGHT.name, "t2")
BY_HAND = LiveEndpoint("InService", "by-hand", "t3")
FOREIGN = replace(BY_HAND, ours=False)
DENIED = Unknown("registry: ListModelPackages: AccessDeniedException: no")
NOTHING = NothingApproved()
REFUSED = Refused("pin: version 9 is not approved")
PINNED = "pinned to version 7 by team-x until 2027-03-31: why; version 8 is approved"
HELD = "held by team-x until 2027-03-31: why; version 8 is approved"
SOAKS = "version 8 approved, eligible from 2027-02-01T10:00Z"


def approved(wanted: Revision) -> Approved:
    return Approved(wanted.version, wanted.package)


def to(wanted: Revision, *others: Revision, kind: Kind = Kind.RUN, generation: int = 0) -> Plan:
    return Plan(kind, (wanted, *others), wanted, target=wanted.name, turn=1, generation=generation)


def tried(wanted: Revision, verdict: Verdict, failure: str = "", turn: int = 1) -> Outcome:
    return Outcome(tried=wanted.name, turn=turn, verdict=verdict, failure=failure)


def say(
    plan: Plan, live: Live, outcome: Outcome | None = None, answer: Answer | None = None, decided: str = ""
) -> tuple[Status, str]:
    """Where the answer is no other, it is what the plan wants."""
    wanted = approved(plan.wanted) if plan.wanted else NOTHING
    standing = assess(plan, answer or wanted, live, outcome or Outcome(), decided)
    return standing.status, standing.reason


# UP_TO_DATE


def test_what_serves_the_latest_is_up_to_date() -> None:
    standing = assess(to(EIGHT, SEVEN), approved(EIGHT), ON_EIGHT, Outcome())
    assert standing == Standing(Status.UP_TO_DATE, "version 8 serves", EIGHT)


@pytest.mark.parametrize("status", ["Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"])
def test_an_endpoint_in_between_goes_by_what_it_serves(status: str) -> None:
    plan = to(EIGHT, SEVEN)
    assert say(plan, replace(ON_EIGHT, status=status))[0] is Status.UP_TO_DATE
    assert say(plan, replace(ON_SEVEN, status=status))[0] is Status.OUT_OF_DATE


# OUT_OF_DATE


@pytest.mark.parametrize(
    ("plan", "live", "outcome", "reason"),
    [
        (to(EIGHT, SEVEN), ON_SEVEN, Outcome(), "new version 8 approved; version 7 keeps serving"),
        (to(SEVEN, EIGHT), ON_EIGHT, Outcome(), "version 8 is not approved any more; back to version 7"),
        (to(LARGER_SEVEN, SEVEN), ON_SEVEN, Outcome(), "settings of version 7 changed"),
        (to(EIGHT, SEVEN), replace(ON_SEVEN, status="Updating"), Outcome(), "updating; version 7 keeps serving"),
        (
            to(EIGHT, SEVEN),
            ON_SEVEN,
            tried(EIGHT, Verdict.ROLLED_BACK, "exited"),
            "version 8 rolled back: exited; version 7 keeps serving",
        ),
        (
            to(EIGHT, SEVEN),
            ON_SEVEN,
            tried(EIGHT, Verdict.ROLLED_BACK),
            "version 8 rolled back; version 7 keeps serving",
        ),
        (
            to(EIGHT, SEVEN),
            ON_SEVEN,
            tried(EIGHT, Verdict.SMOKE_TEST, "3 of 10 agree"),
            "version 8 failed its smoke test: 3 of 10 agree; version 7 keeps serving",
        ),
        (to(EIGHT, SEVEN), ON_SEVEN, tried(EIGHT, Verdict.NOT_SENT), "version 8 not deployed; version 7 keeps serving"),
        (
            to(EIGHT, SEVEN, kind=Kind.FAILED_BEFORE),
            replace(ON_SEVEN, failure="exited"),
            Outcome(),
            "version 8 rolled back: exited; version 7 keeps serving",
        ),
        (to(EIGHT, SEVEN), ON_SEVEN, tried(EIGHT, Verdict.SERVES), "moved outside of Pulumi; version 7 keeps serving"),
        (
            to(EIGHT, SEVEN),
            BY_HAND,
            tried(EIGHT, Verdict.SERVES),
            "moved outside of Pulumi; what serves was deployed outside of Pulumi",
        ),
        (to(EIGHT), BY_HAND, Outcome(), "what serves was deployed outside of Pulumi"),
        (
            to(EIGHT, SEVEN),
            ON_SEVEN,
            tried(EIGHT, Verdict.ROLLED_BACK, "exited", turn=0),
            "new version 8 approved; version 7 keeps serving",
        ),
        (
            to(EIGHT, SEVEN),
            ON_SEVEN,
            tried(SEVEN, Verdict.SERVES),
            "new version 8 approved; version 7 keeps serving",
        ),
    ],
    ids=[
        "new version",
        "back",
        "settings",
        "updating",
        "rolled back",
        "rolled back without a reason",
        "smoke test",
        "not sent",
        "rolled back in a run that died",
        "moved outside to one of ours",
        "moved outside to another",
        "deployed outside",
        "failed as an earlier wish",
        "another was tried last",
    ],
)
def test_why_another_revision_serves(plan: Plan, live: Live, outcome: Outcome, reason: str) -> None:
    assert say(plan, live, outcome) == (Status.OUT_OF_DATE, reason)


def test_version_10_is_newer_than_version_9() -> None:
    nine, ten = revision(9), revision(10)
    reason = say(to(ten, nine), LiveEndpoint("InService", nine.name, "t1"))[1]
    assert reason == "new version 10 approved; version 9 keeps serving"


@pytest.mark.parametrize(
    ("live", "reason"),
    [
        (ON_SEVEN, "nothing approved; version 7 keeps serving"),
        (BY_HAND, "nothing approved; what serves was deployed outside of Pulumi"),
    ],
    ids=["ours", "by hand"],
)
def test_nothing_approved_any_more_is_out_of_date(live: Live, reason: str) -> None:
    assert say(to(SEVEN, kind=Kind.KEEP), live, answer=NOTHING) == (Status.OUT_OF_DATE, reason)


def test_what_serves_is_named_although_no_plan_declares_it() -> None:
    plan = to(EIGHT)
    live = replace(ON_SEVEN, serving=SEVEN)
    assert assess(plan, approved(EIGHT), live, Outcome()).serving == SEVEN


# NOT_DEPLOYED


@pytest.mark.parametrize(
    ("plan", "live", "outcome", "reason"),
    [
        (to(EIGHT), Absent(), Outcome(), "version 8 approved"),
        (
            to(EIGHT, generation=1),
            Absent(),
            Outcome(served=(EIGHT.name,)),
            "deleted outside of Pulumi; version 8 approved",
        ),
        (
            to(EIGHT),
            LiveEndpoint("Failed", "", "t1", failure="exited"),
            Outcome(),
            "version 8 approved; endpoint Failed: exited",
        ),
        (to(EIGHT), LiveEndpoint("Creating", EIGHT.name, "t1"), Outcome(), "version 8 approved; endpoint Creating"),
        (to(EIGHT), replace(ON_EIGHT, status="OutOfService"), Outcome(), "version 8 approved; endpoint OutOfService"),
        (to(EIGHT), replace(ON_EIGHT, status="Deleting"), Outcome(), "version 8 approved; endpoint Deleting"),
        (
            to(EIGHT),
            Absent(),
            tried(EIGHT, Verdict.NOT_SENT, "creation failed: exited"),
            "version 8 not deployed: creation failed: exited",
        ),
        (to(EIGHT), Absent(), tried(EIGHT, Verdict.NOT_SENT), "version 8 not deployed"),
        (to(EIGHT), Absent(), tried(EIGHT, Verdict.NOT_SENT, turn=0), "version 8 approved"),
        (
            to(EIGHT),
            LiveEndpoint("Failed", "", "t1", failure="exited"),
            tried(EIGHT, Verdict.NOT_SENT),
            "version 8 not deployed: endpoint Failed: exited",
        ),
        (Plan(Kind.NOTHING), Absent(), Outcome(), "nothing approved"),
        (Plan(Kind.REFUSE), FOREIGN, Outcome(), NOT_OURS),
    ],
    ids=[
        "never deployed",
        "deleted outside",
        "failed",
        "creating",
        "out of service",
        "deleting",
        "creation failed",
        "not created",
        "not created as an earlier wish",
        "failed, and not made again",
        "nothing approved",
        "somebody else's",
    ],
)
def test_why_nothing_is_deployed(plan: Plan, live: Live, outcome: Outcome, reason: str) -> None:
    assert say(plan, live, outcome) == (Status.NOT_DEPLOYED, reason)


def test_an_endpoint_whose_name_changes_was_deleted_by_nobody() -> None:
    """Another namePrefix: what was deployed is there still, under the name before."""
    outcome = Outcome(endpoint="prod-toxicity", served=(SEVEN.name,))
    standing = assess(to(EIGHT, generation=1), approved(EIGHT), Absent(), outcome, former="toxicity")
    assert (standing.status, standing.reason) == (
        Status.NOT_DEPLOYED,
        "the endpoint's name changes from toxicity to prod-toxicity (namePrefix), with a gap between; "
        "version 8 approved",
    )


def test_nothing_approved_any_more_is_the_reason_of_an_endpoint_out_of_service() -> None:
    out_of_service = replace(ON_SEVEN, status="OutOfService")
    status = say(to(SEVEN, kind=Kind.KEEP), out_of_service, answer=NOTHING)
    assert status == (Status.NOT_DEPLOYED, "nothing approved")


@pytest.mark.parametrize("live", [Absent(), FOREIGN, *(replace(ON_EIGHT, status=s) for s in ("Creating", "Failed"))])
def test_what_does_not_serve_is_not_said_to(live: Live) -> None:
    assert assess(to(EIGHT), approved(EIGHT), live, Outcome()).serving is None


def test_a_rollback_that_the_provider_tells_too_is_told_once() -> None:
    outcome = replace(tried(EIGHT, Verdict.ROLLED_BACK, "exited"), refused=("rolled back: exited",))
    assert say(to(EIGHT, SEVEN), ON_SEVEN, outcome) == (
        Status.OUT_OF_DATE,
        "version 8 rolled back: exited; version 7 keeps serving",
    )


# UNKNOWN


def test_a_registry_that_cannot_be_read_leaves_the_status_unknown_and_names_what_serves() -> None:
    standing = assess(to(SEVEN, kind=Kind.KEEP), DENIED, ON_SEVEN, Outcome())
    reason = "registry: ListModelPackages: AccessDeniedException: no"
    assert standing == Standing(Status.UNKNOWN, reason, SEVEN)


def test_what_a_challenger_does_not_know_of_its_champion_is_not_said_to_be_the_registrys() -> None:
    error = "champion's endpoint: DescribeEndpoint: down"
    assert say(to(SEVEN, kind=Kind.KEEP), ON_SEVEN, answer=Unknown(error)) == (Status.UNKNOWN, error)


@pytest.mark.parametrize("live", [Absent(), FOREIGN])
def test_a_registry_that_cannot_be_read_is_never_a_guess(live: Live) -> None:
    assert assess(to(SEVEN, kind=Kind.KEEP), DENIED, live, Outcome()).status is Status.UNKNOWN


@pytest.mark.parametrize("answer", [approved(SEVEN), NOTHING, DENIED], ids=["approved", "nothing approved", "unknown"])
def test_an_endpoint_that_cannot_be_read_leaves_the_status_unknown(answer: Answer) -> None:
    standing = assess(to(SEVEN, kind=Kind.KEEP), answer, Unknown("DescribeEndpoint: down"), Outcome())
    assert standing == Standing(Status.UNKNOWN, "endpoint: DescribeEndpoint: down")


def test_what_served_when_the_endpoint_was_last_seen_is_named_where_it_cannot_be_read() -> None:
    standing = assess(to(SEVEN, kind=Kind.KEEP), DENIED, Unknown("down"), Outcome(serving=SEVEN.name))
    assert standing.serving == SEVEN


@pytest.mark.parametrize(
    "live", [replace(ON_SEVEN, ours=False), *(replace(ON_SEVEN, status=s) for s in ("Creating", "Failed", "Deleting"))]
)
def test_what_does_not_serve_is_not_said_to_in_an_outage(live: Live) -> None:
    assert assess(to(SEVEN, kind=Kind.KEEP), DENIED, live, Outcome()).serving is None


# What people decided


@pytest.mark.parametrize("answer", [approved(SEVEN), DENIED], ids=["approved", "outage"])
@pytest.mark.parametrize(
    ("live", "outcome", "said"),
    [
        (ON_SEVEN, Outcome(), (Status.UP_TO_DATE, PINNED)),
        (ON_EIGHT, Outcome(), (Status.OUT_OF_DATE, f"{PINNED}; version 8 keeps serving")),
        (
            ON_EIGHT,
            tried(SEVEN, Verdict.ROLLED_BACK, "exited"),
            (Status.OUT_OF_DATE, "version 7 rolled back: exited; version 8 keeps serving"),
        ),
        (Absent(), Outcome(), (Status.NOT_DEPLOYED, PINNED)),
        (LiveEndpoint("Failed", "", "t1"), Outcome(), (Status.NOT_DEPLOYED, f"{PINNED}; endpoint Failed")),
        (
            Absent(),
            tried(SEVEN, Verdict.NOT_SENT, "creation failed"),
            (Status.NOT_DEPLOYED, "version 7 not deployed: creation failed"),
        ),
    ],
    ids=["serves it", "another serves", "it rolled back", "never deployed", "failed", "not created"],
)
def test_how_a_pinned_task_stands(live: Live, outcome: Outcome, answer: Answer, said: tuple[Status, str]) -> None:
    assert say(to(SEVEN, EIGHT), live, outcome, answer, PINNED) == said


def test_a_pin_that_needs_the_registry_is_unknown_while_that_is_down() -> None:
    plan = to(SEVEN, kind=Kind.KEEP)
    reason = "registry: ListModelPackages: AccessDeniedException: no"
    assert say(plan, ON_SEVEN, answer=DENIED, decided=PINNED) == (Status.UNKNOWN, reason)


@pytest.mark.parametrize(
    ("plan", "live", "said"),
    [
        (to(EIGHT, SEVEN, kind=Kind.ON_HOLD), ON_SEVEN, (Status.UP_TO_DATE, HELD)),
        (to(EIGHT, SEVEN, kind=Kind.ON_HOLD), replace(ON_SEVEN, status="Updating"), (Status.UP_TO_DATE, HELD)),
        (to(EIGHT, SEVEN, kind=Kind.ON_HOLD), BY_HAND, (Status.UP_TO_DATE, HELD)),
        (to(SEVEN, kind=Kind.ON_HOLD), Absent(), (Status.NOT_DEPLOYED, f"{HELD}; deleted outside of Pulumi")),
        (Plan(Kind.NOTHING), Absent(), (Status.NOT_DEPLOYED, f"{HELD}; nothing serves")),
        (
            to(SEVEN, kind=Kind.ON_HOLD),
            LiveEndpoint("Failed", "", "t1", failure="exited"),
            (Status.NOT_DEPLOYED, f"{HELD}; endpoint Failed: exited"),
        ),
        (
            to(SEVEN, kind=Kind.ON_HOLD),
            replace(ON_SEVEN, status="OutOfService"),
            (Status.NOT_DEPLOYED, f"{HELD}; endpoint OutOfService"),
        ),
        (Plan(Kind.REFUSE), FOREIGN, (Status.NOT_DEPLOYED, NOT_OURS)),
        (to(SEVEN, kind=Kind.KEEP), Unknown("down"), (Status.UNKNOWN, "endpoint: down")),
    ],
    ids=[
        "another is wanted",
        "in transition",
        "moved by hand",
        "deleted outside",
        "never deployed",
        "failed",
        "out of service",
        "somebody else's",
        "cannot be read",
    ],
)
def test_how_a_held_task_stands(plan: Plan, live: Live, said: tuple[Status, str]) -> None:
    assert say(plan, live, answer=OnHold(), decided=HELD) == said


@pytest.mark.parametrize(
    ("plan", "live", "answer", "said"),
    [
        (to(SEVEN), ON_SEVEN, None, (Status.UP_TO_DATE, SOAKS)),
        (Plan(Kind.NOTHING), Absent(), NOTHING, (Status.NOT_DEPLOYED, SOAKS)),
        (to(SEVEN, kind=Kind.KEEP), ON_SEVEN, NOTHING, (Status.OUT_OF_DATE, f"{SOAKS}; version 7 keeps serving")),
        (to(LARGER_SEVEN, SEVEN), ON_SEVEN, None, (Status.OUT_OF_DATE, "settings of version 7 changed")),
    ],
    ids=["waits", "nothing yet", "what serves is approved no more", "settings"],
)
def test_how_a_task_stands_whose_newest_version_is_too_young(
    plan: Plan, live: Live, answer: Answer | None, said: tuple[Status, str]
) -> None:
    assert say(plan, live, answer=answer, decided=SOAKS) == said


@pytest.mark.parametrize(
    ("live", "said"),
    [
        (ON_SEVEN, (Status.OUT_OF_DATE, f"{REFUSED.reason}; version 7 keeps serving")),
        (BY_HAND, (Status.OUT_OF_DATE, f"{REFUSED.reason}; what serves was deployed outside of Pulumi")),
        (Absent(), (Status.NOT_DEPLOYED, REFUSED.reason)),
        (LiveEndpoint("Failed", "", "t1", failure="exited"), (Status.NOT_DEPLOYED, REFUSED.reason)),
    ],
    ids=["serves", "moved by hand", "never deployed", "failed"],
)
def test_what_cannot_be_had_is_the_reason(live: Live, said: tuple[Status, str]) -> None:
    assert say(to(SEVEN, kind=Kind.KEEP), live, answer=REFUSED, decided=PINNED) == said


@pytest.mark.parametrize("kind", [Kind.RUN, Kind.FAILED_BEFORE], ids=["in the run in which it failed", "afterwards"])
@pytest.mark.parametrize(
    ("live", "said"),
    [
        (
            ON_SEVEN,
            (
                Status.OUT_OF_DATE,
                "version 8 failed its smoke test: 3 of 10 cases agree, 9 must; version 7 keeps serving",
            ),
        ),
        (Absent(), (Status.NOT_DEPLOYED, "version 8 failed its smoke test: 3 of 10 cases agree, 9 must")),
    ],
    ids=["serving", "first version"],
)
def test_what_did_not_pass_its_smoke_test_is_never_up_to_date(kind: Kind, live: Live, said: tuple[Status, str]) -> None:
    outcome = tried(EIGHT, Verdict.SMOKE_TEST, "3 of 10 cases agree, 9 must")
    assert say(to(EIGHT, SEVEN, kind=kind), live, outcome) == said


# What AWS refused


def refused(*said: str, plan: Plan, live: Live = ON_SEVEN, **known: Any) -> str:
    return assess(plan, approved(EIGHT), live, Outcome(refused=said, **known)).reason


def test_what_aws_refused_is_said_of_what_is_up_to_date_too() -> None:
    assert refused("AddTags: denied", plan=to(EIGHT), live=ON_EIGHT) == "version 8 serves; AddTags: denied"


def test_what_aws_refused_of_what_was_to_come_back_is_said() -> None:
    plan = to(EIGHT, SEVEN, kind=Kind.FAILED_BEFORE)
    assert refused("CreateEndpoint: denied", plan=plan, live=Absent()).endswith("; CreateEndpoint: denied")


def test_what_the_reason_has_is_not_said_again() -> None:
    known: dict[str, Any] = {
        "tried": EIGHT.name,
        "turn": 1,
        "verdict": Verdict.NOT_SENT,
        "failure": "UpdateEndpoint: denied",
    }
    reason = refused("UpdateEndpoint: denied", "AddTags: denied", plan=to(EIGHT, SEVEN), **known)
    assert reason == "version 8 not deployed: UpdateEndpoint: denied; version 7 keeps serving; AddTags: denied"


def test_of_many_refusals_the_first_are_said() -> None:
    assert refused("a", "b", "c", "d", plan=to(EIGHT), live=ON_EIGHT) == "version 8 serves; a; b; 2 more"


def test_of_what_could_not_be_found_out_the_last_refusal_is_no_news() -> None:
    assert refused("AddTags: denied", plan=to(SEVEN, kind=Kind.KEEP), live=Unknown("down")) == "endpoint: down"


# Over all tasks


def test_the_total_counts_every_status_in_order() -> None:
    statuses = [Status.UNKNOWN, Status.OUT_OF_DATE, Status.UP_TO_DATE, Status.NOT_DEPLOYED, Status.UP_TO_DATE]
    assert total(statuses) == "2 UP_TO_DATE, 1 OUT_OF_DATE, 1 NOT_DEPLOYED, 1 UNKNOWN"


def test_the_total_leaves_out_what_is_not_there() -> None:
    assert total([Status.UP_TO_DATE]) == "1 UP_TO_DATE"


def test_the_total_of_nothing_says_so() -> None:
    assert total([]) == "no tasks"
