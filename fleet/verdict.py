"""Judge what came of a run for one variant, and write it down for the next.

Pure: the plan, and the endpoint before and after, come in as values, an Outcome goes out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fleet.memory import FAILED, SCALING, Move, Outcome, Verdict
from fleet.revision import Revision, Settings
from fleet.rollout import Kind, Plan
from fleet.seen import Absent, Live, LiveEndpoint, Unknown

STALE = "the state says that it serves already; run with --refresh"


@dataclass(frozen=True)
class Attempt:
    """What one run declared, tried and saw of a variant."""

    before: Live
    after: Live  # once its status was final
    given_back: Live | None = None  # the endpoint once it had back the autoscaler's concurrency, which an update resets
    declared: tuple[str, ...] = ()  # as in Outcome, and so are `missing`, `beside` and `refused`
    missing: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    obstacle: str = ""  # why nothing could be sent
    failed: str = ""  # why the smoke test did not pass
    problem: str = ""  # what is in the way of something beside the endpoint, for a person to mend
    unknown: str = ""  # what could not be found out of it: it was not written
    ended: str = ""  # when the run had tried it, as LiveEndpoint.modified is written; for a move of no endpoint
    said: str = ""  # what AWS said where it refused the endpoint
    stepped: bool = False  # the engine reports the step of the endpoint done, whether it sent anything or not
    updated: bool = False  # the step is done, yet the provider then read another configuration: rolled back in silence

    @property
    def at_the_end(self) -> Live:
        return self.given_back or self.after

    @property
    def why_not_sent(self) -> str:
        stale = STALE if self.stepped and isinstance(self.before, LiveEndpoint) else ""
        return self.obstacle or self.said or stale


def has_failed(plan: Plan, outcome: Outcome) -> bool:
    """True where the wanted revision was tried last, and something else serves, or nothing."""
    tried = plan.wanted is not None and outcome.speaks_of(plan.wanted.name, plan.turn)
    return plan.kind is Kind.FAILED_BEFORE or (tried and outcome.verdict in (*FAILED, Verdict.NOT_SENT))


def is_held(plan: Plan, outcome: Outcome) -> bool:
    """True where the wanted revision has failed, and is not tried again."""
    tried = plan.wanted is not None and outcome.speaks_of(plan.wanted.name, plan.turn)
    return plan.kind is Kind.FAILED_BEFORE or (tried and outcome.verdict in FAILED)


def capacity_to_restore(settings: Settings, record: Outcome, before: Live, after: Live) -> int:
    """The provisioned concurrency that the endpoint is to have and has not; 0 where there is nothing to do.

    An update resets it to what the configuration was made with: an autoscaler's value comes back within the run. One
    without an autoscaler, or whose autoscaler was taken away, gets the configured value.
    """
    if not isinstance(after, LiveEndpoint) or not after.provisioned or after.status != "InService" or not after.ours:
        return 0
    wanted, moved = 0, not isinstance(before, LiveEndpoint) or before.config != after.config
    if not settings.scaling and (moved or SCALING in record.beside):
        wanted = settings.provisioned_concurrency or 0
    elif settings.scaling and isinstance(before, LiveEndpoint) and before.provisioned and moved:
        wanted = settings.scaling.clamp(before.provisioned)
    return wanted if wanted != after.provisioned else 0


def conclude(plan: Plan, record: Outcome, attempt: Attempt) -> Outcome:
    """What the next run is to know, given what the last one wrote and what this one attempted."""
    left = replace(record, declared=attempt.declared, missing=attempt.missing, beside=attempt.beside)
    judged = _moved(
        plan, record, _judged(plan, _served(plan, sighted(left, attempt.after), attempt.after), attempt), attempt
    )
    # What was tried is judged by `after`: giving an autoscaler's value back moves the endpoint's time once more.
    return replace(sighted(judged, attempt.at_the_end), refused=tuple(dict.fromkeys(attempt.refused)))


def _judged(plan: Plan, outcome: Outcome, attempt: Attempt) -> Outcome:
    """The record with what was tried, and what came of that."""
    match plan:
        case Plan(kind=Kind.RUN, wanted=Revision(name=wanted)) if attempt.failed:
            return replace(outcome, tried=wanted, turn=plan.turn, verdict=Verdict.SMOKE_TEST, failure=attempt.failed)
        case Plan(kind=Kind.RUN, wanted=Revision(name=wanted)):
            verdict, failure = judge(plan, attempt.before, attempt.after, updated=attempt.updated)
            failure = failure or (attempt.why_not_sent if verdict is Verdict.NOT_SENT else "")
            return replace(outcome, tried=wanted, turn=plan.turn, verdict=verdict, failure=failure)
        case Plan(kind=Kind.FAILED_BEFORE, wanted=Revision(name=wanted)) if not (
            outcome.speaks_of(wanted, plan.turn) and outcome.verdict in FAILED
        ):
            # The run that tried it died before it could write: this one has seen what came of it.
            failure = attempt.after.failure if isinstance(attempt.after, LiveEndpoint) else ""
            return replace(outcome, tried=wanted, turn=plan.turn, verdict=Verdict.ROLLED_BACK, failure=failure)
    return outcome


def _moved(plan: Plan, record: Outcome, judged: Outcome, attempt: Attempt) -> Outcome:
    """The record with the move that this run made, or that it found made by a run that died; a run's last act."""
    if plan.wanted is None or plan.kind not in (Kind.RUN, Kind.FAILED_BEFORE) or judged.verdict is Verdict.NOT_SENT:
        return judged
    before, after = attempt.before, attempt.after
    # The candidate of a smoke test is another endpoint: this one's time says nothing of it.
    is_of_it = judged.verdict is not Verdict.SMOKE_TEST
    time = after.modified if isinstance(after, LiveEndpoint) and is_of_it else attempt.ended
    move = Move(plan.wanted.version, plan.wanted.name, time, judged.verdict)
    was_told = (record.tried, record.turn, record.verdict) == (judged.tried, judged.turn, judged.verdict)
    if judged.verdict is Verdict.SERVES:
        # That it serves is found in every run. It is news once, or when the endpoint has been moved or made anew.
        served = isinstance(before, LiveEndpoint) and isinstance(after, LiveEndpoint) and before.config == after.config
        last = judged.moves[-1] if judged.moves else None
        again = last is not None and (last.revision, last.verdict) == (move.revision, move.verdict)
        return judged if served and (was_told or again) else judged.moved(move)
    return judged if was_told and plan.kind is Kind.FAILED_BEFORE else judged.moved(move)


def _served(plan: Plan, outcome: Outcome, after: Live) -> Outcome:
    """The record with what serves now, and which of the declared revisions have served."""
    serving = plan.revision(after.config) if isinstance(after, LiveEndpoint) and after.status == "InService" else None
    names = {*outcome.served, serving.name if serving else ""} & set(outcome.declared)
    outcome = replace(outcome, served=tuple(sorted(names)))
    if serving is None:
        return outcome
    sizes = serving.settings
    return replace(outcome, version=serving.version, memory_mb=sizes.memory_mb, max_concurrency=sizes.max_concurrency)


def judge(plan: Plan, before: Live, after: Live, *, updated: bool) -> tuple[Verdict, str]:
    """What came of trying `plan.wanted`, from the endpoint before and after, with the failure in words.

    A silent rollback is exactly this: the engine reports an update done, and the old configuration serves.
    """
    match before, after:
        case _, LiveEndpoint(status="InService", config=config) if config == plan.target:
            return Verdict.SERVES, ""
        case _, LiveEndpoint(status="Failed", failure=failure):
            return Verdict.NOT_SENT, f"creation failed: {failure}" if failure else "creation failed"
        case LiveEndpoint(config=old, modified=then), LiveEndpoint(config=now) if old == now:
            # An autoscaler moves the time as well, and provisioned concurrency with it.
            back = updated or (after.modified != then and after.provisioned == before.provisioned)
            return (Verdict.ROLLED_BACK, after.failure) if back else (Verdict.NOT_SENT, "")
        case _, Unknown(error):
            return Verdict.NOT_SENT, error
    return Verdict.NOT_SENT, ""


def sighted(record: Outcome, live: Live) -> Outcome:
    """The record with what was seen of the endpoint last; as it was, where it could not be seen."""
    match live:
        case LiveEndpoint():
            return replace(
                record,
                serving=live.config,
                # "" for a foreign or instance-based endpoint: the record cannot say so, and each run has to look again.
                modified=live.modified if live.ours and not live.instance_based else "",
                provisioned=live.provisioned,
                endpoint_status=live.status,
                arn=live.arn if live.ours else "",
            )
        case Absent():
            return replace(record, serving="", modified="", provisioned=0, endpoint_status="", arn="")
    return record
