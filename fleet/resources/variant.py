"""One variant of a task, brought to where it should be: decide, attempt, conclude, with a value between the steps.

What to declare is decided in fleet/rollout.py, and what came of it judged in fleet/verdict.py. A plain task has one
variant, the champion, under the task's own name.

A resource that is not registered is deleted at the end of the run, and one that depends on a failed step is not
registered. So every step is awaited here, and nothing that may serve is made to depend on one that failed.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pulumi

from fleet.aws import candidates
from fleet.choice import Champion, Handed, said_of
from fleet.memory import ALARMS, COST, LOGS, SCALING, Outcome
from fleet.monitoring.alarms import specifications
from fleet.resources import endpoint as endpoints
from fleet.resources import provenance, revisions
from fleet.resources.beside import scaling as autoscaling
from fleet.resources.beside.alarms import EndpointAlarms
from fleet.resources.beside.logs import Logs
from fleet.resources.beside.scaling import Autoscaler
from fleet.resources.beside.thing import Stands, Thing, stand
from fleet.resources.endpoint import DeclaredEndpoint
from fleet.resources.revisions import Declared
from fleet.resources.site import Site
from fleet.resources.situation import Variant
from fleet.revision import Revision
from fleet.rollout import Kind, Plan, Steps, steps
from fleet.seen import Absent, Answer, Approved, Live, LiveEndpoint, Refused, Unknown
from fleet.status import SERVES_NOBODY, Standing, Status, assess
from fleet.tasks.model import CHAMPION
from fleet.trial import Failed
from fleet.verdict import Attempt, capacity_to_restore, conclude, has_failed, is_held, sighted
from providers.rollout import Rollout

INSTANCE_BASED = "its endpoint runs on instances, and SageMaker never makes such a one serverless; delete it first"


@dataclass(frozen=True)
class Decision:
    """How the endpoint of a variant was found, and what follows from that and from what the variant goes by."""

    answer: Answer
    before: Live
    plan: Plan
    steps: Steps

    @property
    def handed(self) -> Handed:
        """What a champion hands over to its challengers, whatever then becomes of it."""
        if isinstance(self.before, Unknown):
            return Unknown(f"champion's endpoint: {self.before.error}")
        if isinstance(self.answer, Refused):
            return Refused(f"champion: {self.answer.reason}")
        target, wanted = self.plan.revision(self.plan.target) or self.plan.wanted, self.plan.wanted
        if self.plan.kind is Kind.REFUSE or (self.plan.target and target is None):
            return Unknown("champion's endpoint: what serves is not this stack's")
        failed = wanted.version if wanted and self.plan.kind is Kind.FAILED_BEFORE else 0
        return Champion(target.version if target else 0, failed)


@dataclass(frozen=True)
class Result:
    """What a run found and did for one variant."""

    variant: str
    endpoint: str
    standing: Standing
    outcome: Outcome
    # Callers are sent to it: it serves, and it is no challenger that serves an old version because its new one failed.
    takes_calls: bool
    has_moved: bool = False  # or would, in an `up`
    is_held: bool = False  # the version that it is to serve has failed, and is not tried again
    is_declared: bool = False  # a variant that is not declared goes away
    fault: str = ""  # the sentence that makes an `up` red
    refusal: str = ""  # the sentence that ends a preview: a person has to mend it
    warning: str = ""


async def decide(variant: Variant, site: Site) -> Decision:
    """Look at the endpoint, in an `up` once its status is final, and decide."""
    before = await site.gateway.live(variant.endpoint, variant.record, wait=not site.is_preview)
    answer = variant.answer
    if isinstance(answer, Approved) and isinstance(before, LiveEndpoint) and before.ours and before.instance_based:
        answer = Refused(INSTANCE_BASED)
    options = pulumi.ResourceOptions(parent=site.parent)
    rollout = Rollout(variant.logical_name, variant.settings, answer, before, variant.record, options)
    plan = await rollout.known_plan()
    return Decision(answer, before, plan, steps(plan, before, variant.record))


async def carry_out(variant: Variant, decision: Decision, site: Site) -> Result:
    """Attempt what was decided, and tell what came of it."""
    plan = decision.plan
    moves = decision.steps.moves
    coming = await provenance.asked(variant, plan, decision.before, site.gateway) if moves else ""
    attempt = await _attempt(variant, decision, site)
    record = replace(
        variant.record or Outcome(),
        endpoint=variant.endpoint,
        approved_version=variant.choice.newest,
        by_decision=False,
        beside=attempt.beside,
    )
    if variant.gate and variant.choice.figures:
        record = record.with_figures(variant.gate.metric, variant.choice.figures)
    outcome = sighted(record, attempt.after) if site.is_preview else conclude(plan, record, attempt)
    target = plan.revision(plan.target)
    outcome = outcome.came(target.version if target else 0, coming)
    result = _result(variant, decision, attempt, outcome)
    reason = provenance.beside(result.standing, outcome, coming if site.is_preview else "")
    return replace(result, standing=replace(result.standing, reason=reason))


async def _attempt(variant: Variant, decision: Decision, site: Site) -> Attempt:
    """Declare, try out and wait; and say what was declared, tried and seen."""
    plan, before = decision.plan, decision.before
    in_the_way = await _clear(variant, decision, site)
    declared = await asyncio.gather(*(_declare_revision(variant, plan, revision, site) for revision in plan.declared))
    await _remove_candidates(variant, plan, site)
    obstacle = in_the_way or next((each.obstacle for each in declared if each.name == plan.target), "")
    failed, untested = ("", "") if obstacle else await _try_out(variant, decision, site)
    obstacle = obstacle or untested
    endpoint = await _declare_endpoint(variant, decision, site, declared, obstacle or failed)

    after = before
    if decision.steps.moves and not failed and not site.is_preview:
        after = await site.gateway.settled(variant.endpoint)
    given_back, kept_back = (None, "") if site.is_preview else await _restore_capacity(variant, before, after, site)
    beside = await _stand_beside(variant, plan, after, endpoint, site)
    of_revisions = (why for each in declared for why in each.refused)
    of_things = (why for each in beside.values() for why in each.refused)
    said = (in_the_way, *of_revisions, endpoint.said, kept_back, *of_things)
    return Attempt(
        before,
        after,
        given_back,
        declared=_in_state(variant, declared, endpoint),
        missing=tuple(sorted(each.name for each in declared if each.missing)),
        beside=_recorded_beside(variant, decision, beside, is_kept_back=bool(kept_back)),
        refused=tuple(filter(None, said)),
        obstacle=obstacle,
        failed=failed,
        problem=next((each.problem for each in beside.values() if each.problem), ""),
        unknown=next((each.unknown for each in beside.values() if each.unknown), ""),
        ended=datetime.now(UTC).isoformat(),
        said=endpoint.said,
        stepped=endpoint.resource is not None,
        updated=not (site.is_preview or obstacle or failed) and await endpoint.reads_otherwise(plan.target),
    )


def _result(variant: Variant, decision: Decision, attempt: Attempt, outcome: Outcome) -> Result:
    answer, plan, moved = decision.answer, decision.plan, decision.steps.moves
    decided = said_of(variant.choice, plan.wanted.version if plan.wanted else 0)
    standing = assess(plan, answer, attempt.at_the_end, outcome, decided, variant.replaced, gated=variant.choice.gated)
    if isinstance(answer, Refused):
        refusal = answer.reason
    else:
        refusal = standing.reason if plan.kind is Kind.REFUSE else attempt.obstacle
    has_not_arrived = moved and steps(plan, attempt.at_the_end).moves
    ended_badly = standing.status is Status.UNKNOWN or has_not_arrived
    serves = _serves(attempt.at_the_end, standing)
    return Result(
        variant.name,
        variant.endpoint,
        standing,
        outcome,
        takes_calls=serves and (variant.name == CHAMPION or not has_failed(plan, outcome)),
        has_moved=moved,
        is_held=is_held(plan, outcome),
        is_declared=True,
        fault=refusal or (standing.reason if ended_badly else "") or attempt.problem or attempt.unknown,
        refusal=refusal or attempt.problem,
        warning=variant.choice.warning,
    )


def _serves(live: Live, standing: Standing) -> bool:
    """True where callers are answered, by whatever; where that could not be found out, as it was."""
    if isinstance(live, LiveEndpoint):
        return live.ours and live.status not in SERVES_NOBODY
    return isinstance(live, Unknown) and standing.serving is not None


async def _clear(variant: Variant, decision: Decision, site: Site) -> str:
    """Make room where the last creation failed; what stands in the way otherwise."""
    if site.is_preview or not decision.steps.clears:
        return ""
    refused = await site.gateway.remove(variant.endpoint)
    return refused.error if refused else ""


async def _declare_revision(variant: Variant, plan: Plan, revision: Revision, site: Site) -> Declared:
    return await revisions.declare(
        revision,
        site,
        is_target=plan.kind is Kind.RUN and revision.name == plan.target,
        is_recorded=revision.name in variant.recorded and revision.name not in plan.doubtful,
    )


async def _remove_candidates(variant: Variant, plan: Plan, site: Site) -> None:
    """Remove what a killed run left of candidates of revisions that are not wanted any more."""
    doubtful = (r for r in plan.declared if r.name not in variant.recorded and r.name != plan.target)
    if variant.smoke_test and not site.is_preview:
        for left in await asyncio.gather(*(candidates.remove(site.gateway, revision) for revision in doubtful)):
            if left:
                what = "what a smoke test of a killed run left could not be removed"
                pulumi.log.warn(f"{variant.title}: {what}: {left.error}")


async def _try_out(variant: Variant, decision: Decision, site: Site) -> tuple[str, str]:
    """Why a revision that has never served failed its smoke test, and why that could not be run; "" otherwise.

    A preview shows what follows when it passes.
    """
    test, target = variant.smoke_test, decision.plan.revision(decision.plan.target)
    if not test or not target or site.is_preview or not decision.steps.tests:
        return "", ""
    verdict = await candidates.try_out(site.gateway, target, test, site.tags(target.version))
    if isinstance(verdict, Unknown):
        return "", f"smoke test could not be run: {verdict.error}"
    if verdict.note:
        pulumi.log.warn(f"{variant.title}: {verdict.note}")
    return (verdict.reason if isinstance(verdict, Failed) else ""), ""


async def _declare_endpoint(
    variant: Variant, decision: Decision, site: Site, declared: Sequence[Declared], why: str
) -> DeclaredEndpoint:
    """Declare the endpoint as the plan says, or, where something is in the way (`why`), exactly as it is."""
    plan, before = decision.plan, decision.before
    pointer = decision.steps.fallback if why else decision.steps.pointer
    if not pointer.target:
        if variant.replaced and not site.is_preview:
            raise pulumi.RunError(
                f"{variant.title}: {variant.endpoint} cannot be made now, and {variant.replaced} serves "
                f"under the former name: nothing is deleted. {why or 'Set the former namePrefix again'}"
            )
        return DeclaredEndpoint()
    if plan.kind is Kind.KEEP and isinstance(before, Absent) and variant.endpoint not in variant.recorded:
        return DeclaredEndpoint()  # neither there nor in the state: nothing to keep
    configs = [each.config for each in declared if each.config]
    is_read = not decision.steps.makes
    return await endpoints.declare(
        variant.logical_name, variant.endpoint, plan, pointer, site, configs, is_read=is_read
    )


async def _restore_capacity(variant: Variant, before: Live, after: Live, site: Site) -> tuple[Live | None, str]:
    """Give back what the autoscaler had made of provisioned concurrency, which an update resets.

    The endpoint as it is then, None where there was nothing to give back; and what AWS said where it refused that.
    """
    wanted = capacity_to_restore(variant.settings, variant.record or Outcome(), before, after)
    if not wanted or not isinstance(after, LiveEndpoint):
        return None, ""
    return await endpoints.give_back(variant.endpoint, wanted, after, site)


def _autoscaler(variant: Variant, plan: Plan, live: Live, endpoint: DeclaredEndpoint, site: Site) -> Thing[Any] | None:
    recorded = variant.recorded_of(SCALING)
    comes = site.is_preview and plan.kind is Kind.RUN and endpoint.resource is not None
    is_declared = variant.endpoint in variant.recorded
    if not variant.scaling or not autoscaling.is_wanted(plan, live, recorded, is_declared=is_declared, comes=comes):
        return None
    return Autoscaler(
        variant.logical_name,
        variant.endpoint,
        variant.scaling,
        recorded,
        site,
        depends_on=endpoint.resource,
        foreign=plan.kind is Kind.REFUSE,
    )


def _alarms(variant: Variant, plan: Plan, _: Live, endpoint: DeclaredEndpoint, site: Site) -> Thing[Any] | None:
    # An endpoint whose step failed is there as before, and so are its alarms.
    if not variant.watched or not (endpoint.resource or variant.endpoint in variant.recorded):
        return None
    watch = site.watch
    wanted = specifications(variant.watched, variant.endpoint, fleet=watch.fleet, runbook=watch.runbook)
    return EndpointAlarms(wanted, site, depends_on=endpoint.resource, foreign=plan.kind is Kind.REFUSE)


def _logs(variant: Variant, plan: Plan, live: Live, endpoint: DeclaredEndpoint, site: Site) -> Thing[Any] | None:
    recorded = variant.recorded_of(LOGS)
    if not variant.log_retention_days or plan.kind is Kind.REFUSE or not (endpoint.resource or recorded):
        return None
    return Logs(variant.logical_name, variant.endpoint, variant.log_retention_days, recorded, site)


# What may stand beside the endpoint of a variant, by its kind: the thing as it is to be now, given the plan and the
# endpoint at the end of the run; None where it is not to be there, and goes by being declared no more.
BESIDE: Mapping[str, Callable[[Variant, Plan, Live, DeclaredEndpoint, Site], Thing[Any] | None]] = {
    SCALING: _autoscaler,
    ALARMS: _alarms,
    LOGS: _logs,
}


async def _stand_beside(
    variant: Variant, plan: Plan, live: Live, endpoint: DeclaredEndpoint, site: Site
) -> Mapping[str, Stands]:
    """What came of each thing beside the endpoint, by its kind."""
    made = {kind: make(variant, plan, live, endpoint, site) for kind, make in BESIDE.items()}
    wanted = {kind: thing for kind, thing in made.items() if thing}
    stands = await asyncio.gather(*map(stand, wanted.values()))
    return dict.fromkeys(BESIDE, Stands()) | dict(zip(wanted, stands, strict=True))


def _recorded_beside(
    variant: Variant, decision: Decision, stands: Mapping[str, Stands], *, is_kept_back: bool
) -> Mapping[str, str]:
    """What the next run is to know of what stands beside; what is not the variant's, as it was."""
    outcome = variant.record or Outcome()
    for kind, each in stands.items():
        # Where capacity could not be given back, the next run is to know that there was an autoscaler, and try again.
        stays = kind == SCALING and is_kept_back
        outcome = outcome.beside_with(kind, each.record or (variant.recorded_of(kind) if stays else ""))
    # Of a fleet that an earlier release left, which did not write this: by this alone no output changes.
    is_as_before = variant.record is not None and outcome.beside == variant.record.beside and not decision.steps.moves
    if variant.recorded_of(COST) or not is_as_before:
        outcome = outcome.beside_with(COST, variant.cost)
    return outcome.beside


def _in_state(variant: Variant, declared: Sequence[Declared], endpoint: DeclaredEndpoint) -> tuple[str, ...]:
    names = [each.name for each in declared if each.in_state and not each.missing]
    if endpoint.resource or variant.endpoint in variant.recorded:
        names.append(variant.endpoint)
    return tuple(sorted(names))
