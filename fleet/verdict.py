"""Judge what came of a run for one variant, and write it down for the next.

Pure: the plan, and the endpoint before and after, come in as values, an Outcome goes out.
"""

from dataclasses import replace

from fleet.memory import FAILED, Outcome, Verdict
from fleet.revision import Revision, Settings
from fleet.rollout import Kind, Plan
from fleet.seen import Absent, Live, LiveEndpoint, Unknown


def has_failed(plan: Plan, outcome: Outcome) -> bool:
    """True where the wanted revision was tried last, and something else serves, or nothing."""
    tried = plan.wanted is not None and outcome.speaks_of(plan.wanted.name, plan.turn)
    return plan.kind is Kind.HOLD or (tried and outcome.verdict in (*FAILED, Verdict.NOT_SENT))


def capacity_to_restore(settings: Settings, record: Outcome, before: Live, after: Live) -> int:
    """The provisioned concurrency that the endpoint is to have and has not; 0 where there is nothing to do.

    An update resets it to what the configuration was made with: an autoscaler's value comes back within the run. One
    without an autoscaler, or whose autoscaler was taken away, gets the configured value.
    """
    if not isinstance(after, LiveEndpoint) or not after.provisioned or after.status != "InService" or not after.ours:
        return 0
    wanted, moved = 0, not isinstance(before, LiveEndpoint) or before.config != after.config
    if not settings.scaling and (moved or record.scaling):
        wanted = settings.provisioned_concurrency or 0
    elif settings.scaling and isinstance(before, LiveEndpoint) and before.provisioned and moved:
        wanted = settings.scaling.clamp(before.provisioned)
    return wanted if wanted != after.provisioned else 0


def conclude(
    plan: Plan,
    record: Outcome,
    before: Live,
    after: Live,
    *,
    updated: bool = False,
    obstacle: str = "",
    failed: str = "",
) -> Outcome:
    """The memory of what this run tried and what came of it.

    `updated` says that the engine reports an update done; `obstacle`, why nothing could be sent; `failed`, why the
    smoke test did not pass.
    """
    outcome = _served(plan, sighted(record, after), after)
    match plan:
        case Plan(kind=Kind.RUN, wanted=Revision(name=wanted)) if failed:
            return replace(outcome, tried=wanted, turn=plan.turn, verdict=Verdict.SMOKE_TEST, failure=failed)
        case Plan(kind=Kind.RUN, wanted=Revision(name=wanted)):
            verdict, failure = judge(plan, before, after, updated=updated)
            failure = failure or (obstacle if verdict is Verdict.NOT_SENT else "")
            return replace(outcome, tried=wanted, turn=plan.turn, verdict=verdict, failure=failure)
        case Plan(kind=Kind.HOLD, wanted=Revision(name=wanted)) if not (
            outcome.speaks_of(wanted, plan.turn) and outcome.verdict in FAILED
        ):
            # The run that tried it died before it could write: this one has seen what came of it.
            failure = after.failure if isinstance(after, LiveEndpoint) else ""
            return replace(outcome, tried=wanted, turn=plan.turn, verdict=Verdict.ROLLED_BACK, failure=failure)
    return outcome


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
                # Whose it is and on what it runs is not in the record: such a one is looked at anew in every run.
                modified=live.modified if live.ours and not live.instance_based else "",
                provisioned=live.provisioned,
                endpoint_status=live.status,
                arn=live.arn if live.ours else "",
            )
        case Absent():
            return replace(record, serving="", modified="", provisioned=0, endpoint_status="", arn="")
    return record
