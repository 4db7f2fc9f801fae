"""Say of one variant, in one word for the machine and one sentence for the person, how it stands.

A sentence holds no relative time: it would change outputs by itself.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from fleet.memory import Outcome, Verdict
from fleet.revision import Revision
from fleet.rollout import Kind, Plan
from fleet.seen import Absent, Answer, Live, LiveEndpoint, NothingApproved, OnHold, Refused, Unknown

NOT_OURS = (
    "an endpoint of this name exists and is not this stack's, by its tags; take it over with `fleet adopt`, or rename "
    "the task"
)
SHOWN_REFUSALS = 2  # of one variant; a policy that lacks one action may refuse every step
SERVES_NOBODY = frozenset({"Creating", "Failed", "OutOfService", "Deleting"})


# What came of trying a version, as a sentence says it of "version 8"
_TRIED = {
    Verdict.NOTHING_TRIED: "not deployed",
    Verdict.NOT_SENT: "not deployed",
    Verdict.ROLLED_BACK: "rolled back",
    Verdict.SMOKE_TEST: "failed its smoke test",
}


class Status(StrEnum):
    UP_TO_DATE = "UP_TO_DATE"  # InService on the desired revision
    OUT_OF_DATE = "OUT_OF_DATE"  # serves another revision
    NOT_DEPLOYED = "NOT_DEPLOYED"  # there is no endpoint
    UNKNOWN = "UNKNOWN"  # could not find out; what serves is left alone


ATTENTION = (Status.UNKNOWN, Status.NOT_DEPLOYED, Status.OUT_OF_DATE, Status.UP_TO_DATE)  # what needs it most first


@dataclass(frozen=True)
class Standing:
    """How a variant stands."""

    status: Status
    reason: str
    serving: Revision | None = None  # what callers are answered by, where it is known


def assess(
    plan: Plan,
    answer: Answer,
    live: Live,
    outcome: Outcome,
    decided: str = "",
    former: str = "",
    *,
    gated: bool = False,
) -> Standing:
    """How a variant stands, given the endpoint as it is now and the memory of what was tried last.

    `decided` is what people decided, in words: whoever follows that is up to date. Where it says that a version does
    not pass its gate, as `gated` tells, a person has yet to decide. What AWS refused in the last run is said too: of
    what was to be made again, of a tag, of scaling. `former` is the endpoint that this one replaces, where its name
    changes.
    """
    standing = _standing(plan, answer, live, outcome, decided, former)
    if gated and decided and standing.status is Status.UP_TO_DATE and standing.serving:
        keeps = f"version {standing.serving.version} keeps serving"
        standing = replace(standing, status=Status.OUT_OF_DATE, reason=f"{standing.reason}; {keeps}")
    return standing if standing.status is Status.UNKNOWN else told(standing, outcome.refused)


def told(standing: Standing, refused: Sequence[str]) -> Standing:
    """The same with what AWS refused, as far as its reason does not say that already."""
    more = [said for said in refused if said not in standing.reason]
    others = [f"{len(more) - SHOWN_REFUSALS} more"] if len(more) > SHOWN_REFUSALS else []
    return replace(standing, reason="; ".join([standing.reason, *more[:SHOWN_REFUSALS], *others]))


def _standing(plan: Plan, answer: Answer, live: Live, outcome: Outcome, decided: str, former: str) -> Standing:
    serving = _serving(plan, live)
    keeps = f"version {serving.version} keeps serving" if serving else "what serves was deployed outside of Pulumi"
    goes_by_the_plan = plan.kind in (Kind.RUN, Kind.FAILED_BEFORE)  # a pin on a kept revision does, in an outage too
    match answer, live:
        case _, Unknown(error):
            return Standing(Status.UNKNOWN, f"endpoint: {error}", plan.revision(outcome.serving))
        case Unknown(error), _ if not goes_by_the_plan:
            return Standing(Status.UNKNOWN, error, serving)
        case _, LiveEndpoint() if plan.kind is Kind.REFUSE:
            return Standing(Status.NOT_DEPLOYED, NOT_OURS)
        case _, Absent() | LiveEndpoint(status="Creating" | "Failed" | "OutOfService" | "Deleting"):
            return Standing(Status.NOT_DEPLOYED, _why_not_deployed(plan, answer, live, outcome, decided, former))
        case Refused(reason), _:
            return Standing(Status.OUT_OF_DATE, f"{reason}; {keeps}", serving)
        case OnHold(), _:
            return Standing(Status.UP_TO_DATE, decided, serving)
        case _, LiveEndpoint(config=config) if goes_by_the_plan and plan.wanted and config == plan.wanted.name:
            return Standing(Status.UP_TO_DATE, decided or f"version {plan.wanted.version} serves", serving)
    return Standing(Status.OUT_OF_DATE, _why_out_of_date(plan, live, outcome, serving, keeps, decided), serving)


def _serving(plan: Plan, live: Live) -> Revision | None:
    if not isinstance(live, LiveEndpoint) or live.status in SERVES_NOBODY or not live.ours:
        return None
    return plan.revision(live.config) or live.serving


def _why_not_deployed(plan: Plan, answer: Answer, live: Live, outcome: Outcome, decided: str, former: str) -> str:
    status = f"endpoint {live.status}{_because(live.failure)}" if isinstance(live, LiveEndpoint) else ""
    match answer:
        case Refused(reason):
            return reason
        case OnHold():
            return f"{decided}; {status or ('deleted outside of Pulumi' if plan.target else 'nothing serves')}"
        case NothingApproved():
            return decided or "nothing approved"
    wanted = plan.wanted
    if wanted is None:
        return "nothing approved"
    if outcome.speaks_of(wanted.name, plan.turn) and outcome.verdict is Verdict.SMOKE_TEST:
        return f"version {wanted.version} {_TRIED[outcome.verdict]}{_because(outcome.failure)}"
    if outcome.speaks_of(wanted.name, plan.turn) and outcome.verdict is Verdict.NOT_SENT:
        return f"version {wanted.version} {_TRIED[outcome.verdict]}{_because(outcome.failure or status)}"
    why = decided or f"version {wanted.version} approved"
    if status:
        return f"{why}; {status}"
    if former:
        return (
            f"the endpoint's name changes from {former} to {outcome.endpoint} (namePrefix), with a gap between; {why}"
        )
    return f"deleted outside of Pulumi; {why}" if plan.generation and outcome.served else why


def _why_out_of_date(
    plan: Plan, live: Live, outcome: Outcome, serving: Revision | None, keeps: str, decided: str
) -> str:
    wanted = plan.wanted
    if plan.kind is Kind.KEEP or wanted is None:
        return f"{decided or 'nothing approved'}; {keeps}"
    if outcome.speaks_of(wanted.name, plan.turn) and outcome.verdict is Verdict.SERVES:
        return f"moved outside of Pulumi; {keeps}"
    if outcome.speaks_of(wanted.name, plan.turn):
        return f"version {wanted.version} {_TRIED[outcome.verdict]}{_because(outcome.failure)}; {keeps}"
    if plan.kind is Kind.FAILED_BEFORE and isinstance(live, LiveEndpoint):
        return f"version {wanted.version} {_TRIED[Verdict.ROLLED_BACK]}{_because(live.failure)}; {keeps}"
    if isinstance(live, LiveEndpoint) and live.in_transition:
        return f"updating; {keeps}"
    if serving is None:
        return keeps
    if wanted.version == serving.version:
        return f"settings of version {wanted.version} changed"
    if decided:
        return f"{decided}; {keeps}"
    if wanted.version > serving.version:
        return f"new version {wanted.version} approved; {keeps}"
    return f"version {serving.version} is not approved any more; back to version {wanted.version}"


def _because(failure: str) -> str:
    return f": {failure}" if failure else ""


def one_line(text: str) -> str:
    """Without line ends and control characters: much of it is another's, e.g. a container's failure."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def total(statuses: Iterable[Status]) -> str:
    """One line over all tasks, e.g. `21 UP_TO_DATE, 1 OUT_OF_DATE`."""
    counts = Counter(statuses)
    return ", ".join(f"{counts[status]} {status}" for status in Status if counts[status]) or "no tasks"
