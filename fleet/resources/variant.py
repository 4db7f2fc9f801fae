"""One variant of a task: its Rollout, the revisions that stay declared, its endpoint, and what came of it.

Declares and waits; what to declare is decided in fleet/rollout.py. A plain task has one variant, the champion, under
the task's own name.
"""

from __future__ import annotations  # evaluated, they would load all of pulumi_aws.sagemaker

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi
from pulumi_aws import sagemaker

from fleet.aws import candidates
from fleet.aws.gateway import Gateway, Presence
from fleet.choice import Champion, Choice, Handed, undone
from fleet.memory import Outcome
from fleet.resources.beside import scaling as scalings
from fleet.resources.engine import Registered, listening, registered
from fleet.resources.revisions import declare_endpoint_configuration, declare_model
from fleet.revision import ALL_TRAFFIC, Revision, Settings, revise
from fleet.rollout import Kind, Plan, declare, is_to_be_made, is_to_be_tested, is_to_move
from fleet.seen import Absent, Answer, Approved, Live, LiveEndpoint, Refused, Unknown
from fleet.status import SERVES_NOBODY, Standing, Status, assess
from fleet.tags import TAGS, Ownership
from fleet.tasks.model import CHAMPION, Scaling, SmokeTest, title
from fleet.trial import Failed, Passed
from fleet.verdict import capacity_to_restore, conclude, has_failed, sighted
from providers.rollout import Rollout

STALE = "the state says that it serves already; run with --refresh"
TAKEN = (
    "a model or endpoint configuration {name} exists and is not this stack's, by its tags; remove it, or raise the "
    "task's attempt, which gives another name"
)
NOT_MADE = "model and endpoint configuration {name} could not be made; the log of the run says why"
INSTANCE_BASED = "its endpoint runs on instances, and SageMaker never makes such a one serverless; delete it first"


@dataclass(frozen=True)
class Variant:
    """One version of a task's model that serves side by side with others, on an endpoint of its own."""

    task: str
    name: str
    owner: str | None
    settings: Settings
    smoke_test: SmokeTest | None = None
    scaling: Scaling | None = None

    @property
    def logical_name(self) -> str:
        return self.task if self.name == CHAMPION else f"{self.task}-{self.name}"

    @property
    def title(self) -> str:
        """As messages call it."""
        return title(self.task, self.name)


@dataclass(frozen=True)
class Goal:
    """What one variant is to go by in this run, and what the last one wrote."""

    variant: Variant
    choice: Choice
    record: Outcome | None = None

    @property
    def endpoint(self) -> str:
        return self.variant.settings.endpoint

    @property
    def replaced(self) -> str:
        """The endpoint that serves under a former name, "" where there is none: making this one deletes it."""
        former = self.record.endpoint if self.record and self.record.endpoint in self.record.declared else self.endpoint
        return "" if former == self.endpoint else former

    def going_by(self, choice: Choice) -> Goal:
        """The same by another choice: what serves under a former name stays there where nothing is to be made."""
        endpoint = self.endpoint if isinstance(choice.answer, Approved) else self.replaced or self.endpoint
        settings = replace(self.variant.settings, endpoint=endpoint)
        return replace(self, choice=choice, variant=replace(self.variant, settings=settings))

    @property
    def is_deployed(self) -> bool:
        """By the last run's record."""
        return self.record is not None and self.record.endpoint in self.record.declared

    @property
    def new_revision(self) -> Revision | None:
        """The revision that this run is to make, as far as the registry and the last run's record tell."""
        settings, answer, record = self.variant.settings, self.choice.answer, self.record or Outcome()
        if not isinstance(answer, Approved) or self.choice.away:
            return None
        young = (revise(settings, version.number, version.package).name for version in answer.soaking)
        wanted = revise(settings, answer.version, answer.package)
        return None if wanted.name in record.declared or record.serving in young else wanted


@dataclass(frozen=True)
class Result:
    """What a run found and did for one variant."""

    variant: str
    endpoint: str
    standing: Standing
    outcome: Outcome
    takes_calls: bool  # it serves; and no challenger does whose own version failed
    has_moved: bool = False  # or would, in an `up`
    is_declared: bool = False  # a variant that is not declared goes away
    fault: str = ""  # the sentence that makes an `up` red
    refusal: str = ""  # the sentence that ends a preview: a person has to mend it
    warning: str = ""


@dataclass(frozen=True)
class _Declared:
    """One revision, as far as it could be declared."""

    name: str
    config: sagemaker.EndpointConfiguration | None = None
    in_state: bool = False
    missing: bool = False  # AWS does not have it, or not the whole of it
    obstacle: str = ""


@dataclass(frozen=True)
class Decision:
    """What a variant is to go by, what it was found to be, and what follows."""

    answer: Answer
    before: Live
    plan: Plan

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
        failed = wanted.version if wanted and self.plan.kind is Kind.HOLD else 0
        return Champion(target.version if target else 0, failed)

    @property
    def moves(self) -> bool:
        return is_to_move(self.plan, self.before)


class VariantRollout:
    """Brings one variant to where it should be, or says why not.

    A resource that is not registered is deleted at the end of the run, and one that depends on a failed step is not
    registered. So every step is awaited here, and nothing that may serve is made to depend on one that failed.
    """

    def __init__(self, goal: Goal, gateway: Gateway, ownership: Ownership, parent: pulumi.Resource) -> None:
        self._variant = goal.variant
        self._endpoint = goal.variant.settings.endpoint
        self._choice = goal.choice
        self._record = goal.record
        self._recorded = frozenset(goal.record.declared if goal.record else ())
        self._replaced = goal.replaced
        self._gateway = gateway
        self._ownership = ownership
        self._parent = parent
        self._refused: list[str] = []  # what AWS said to what it refused in this run
        self._preview = pulumi.runtime.is_dry_run()

    async def decide(self) -> Decision:
        """Look at the endpoint, in an `up` once its status is final, and decide."""
        before = await self._gateway.live(self._endpoint, self._record, wait=not self._preview)
        answer = self._choice.answer
        if isinstance(answer, Approved) and isinstance(before, LiveEndpoint) and before.ours and before.instance_based:
            answer = Refused(INSTANCE_BASED)
        rollout = Rollout(
            self._variant.logical_name,
            self._variant.settings,
            answer,
            before,
            self._record,
            pulumi.ResourceOptions(parent=self._parent),
        )
        return Decision(answer, before, await rollout.known_plan())

    async def carry_out(self, decision: Decision) -> Result:
        """Declare, wait, and tell what came of it."""
        before, plan = decision.before, decision.plan
        obstacle = await self._clear_failed(plan, before)
        revisions = await asyncio.gather(*(self._declare_revision(plan, revision) for revision in plan.declared))
        obstacle = obstacle or next((r.obstacle for r in revisions if r.name == plan.target), "")
        await self._remove_candidates(plan)
        tested = None if obstacle else await self._try_out(plan, before)
        failed = tested.reason if isinstance(tested, Failed) else ""
        if isinstance(tested, Unknown):
            obstacle = f"smoke test could not be run: {tested.error}"
        endpoint, refused = await self._declare_endpoint(plan, before, revisions, obstacle or failed)

        moved = is_to_move(plan, before)
        after = before
        if moved and not failed and not self._preview:
            after = await self._gateway.settled(self._endpoint)
        restored, is_restored = (after, True) if self._preview else await self._restore_capacity(before, after)
        limits = await self._declare_scaling(plan, after, endpoint)
        record = replace(self._record or Outcome(), by_decision=False)
        if not is_restored:
            limits = limits or record.scaling  # so that the next run tries again
        outcome = replace(record, endpoint=self._endpoint, approved_version=self._choice.newest, scaling=limits)
        if self._preview:
            outcome = sighted(outcome, after)
        else:
            outcome = replace(outcome, declared=self._in_state(revisions, endpoint), missing=_missing(revisions))
            updated = not obstacle and not failed and await _reads_otherwise(endpoint, plan.target)
            hint = obstacle or refused or (STALE if endpoint and isinstance(before, LiveEndpoint) else "")
            outcome = conclude(plan, outcome, before, after, updated=updated, obstacle=hint, failed=failed)
            outcome = sighted(outcome, restored)  # not before: what was given back says nothing of what was tried
            outcome = replace(outcome, refused=tuple(dict.fromkeys(self._refused)))
        return self._result(decision, moved, restored, outcome, obstacle)

    def _result(self, decision: Decision, moved: bool, after: Live, outcome: Outcome, obstacle: str) -> Result:
        answer, plan = decision.answer, decision.plan
        wanted = plan.wanted.version if plan.wanted else 0
        standing = assess(plan, answer, after, outcome, undone(self._choice, wanted), self._replaced)
        if isinstance(answer, Refused):
            refused = answer.reason
        else:
            refused = standing.reason if plan.kind is Kind.REFUSE else obstacle
        ended_badly = standing.status is Status.UNKNOWN or (moved and is_to_move(plan, after))
        return Result(
            self._variant.name,
            self._endpoint,
            standing,
            outcome,
            takes_calls=_serves(after, standing) and (self._variant.name == CHAMPION or not has_failed(plan, outcome)),
            has_moved=moved,
            is_declared=True,
            fault=refused or (standing.reason if ended_badly else ""),
            refusal=refused,
            warning=self._choice.warning,
        )

    async def _restore_capacity(self, before: Live, after: Live) -> tuple[Live, bool]:
        """Give back what the autoscaler had made of provisioned concurrency, which an update resets.

        The endpoint as it is then, and whether it is as it should be.
        """
        wanted = capacity_to_restore(self._variant.settings, self._record or Outcome(), before, after)
        if not wanted or not isinstance(after, LiveEndpoint):
            return after, True
        refused = await self._gateway.provision(self._endpoint, ALL_TRAFFIC, wanted)
        if refused:
            self._refused.append(refused.error)
            pulumi.log.warn(
                f"{self._variant.title}: provisioned concurrency {wanted} could not be given back: {refused.error}"
            )
            return after, False
        settled = await self._gateway.settled(self._endpoint)
        return (replace(settled, serving=after.serving) if isinstance(settled, LiveEndpoint) else settled), True

    async def _declare_scaling(self, plan: Plan, after: Live, endpoint: sagemaker.Endpoint | None) -> str:
        """The limits that the autoscaler is then declared with, "" where there is none.

        SageMaker takes a scalable target only of an endpoint that serves with provisioned concurrency; in a preview
        of a new one, this run makes that. What could not be looked at keeps what it may have.
        """
        scaling, recorded = self._variant.scaling, self._record.scaling if self._record else ""
        serves = isinstance(after, LiveEndpoint) and after.status == "InService" and after.provisioned > 0
        comes = self._preview and plan.kind is Kind.RUN and endpoint is not None
        may_be_there = recorded or (isinstance(after, Unknown) and self._endpoint in self._recorded)
        stays = may_be_there and (plan.kind is Kind.KEEP or not isinstance(after, Absent))
        if not scaling or not (serves or comes or stays) or (plan.kind is Kind.REFUSE and not recorded):
            return ""
        depends_on = [endpoint] if endpoint else []
        return await scalings.declare(
            self._variant.logical_name,
            self._endpoint,
            scaling,
            recorded,
            self._tags(),
            self._gateway,
            self._parent,
            depends_on,
            self._done,
            foreign=plan.kind is Kind.REFUSE,
        )

    async def _remove_candidates(self, plan: Plan) -> None:
        """Remove what a killed run left of candidates of revisions that are not wanted any more."""
        doubtful = (r for r in plan.declared if r.name not in self._recorded and r.name != plan.target)
        if self._variant.smoke_test and not self._preview:
            for left in await asyncio.gather(*(candidates.remove(self._gateway, revision) for revision in doubtful)):
                if left:
                    what = "what a smoke test of a killed run left could not be removed"
                    pulumi.log.warn(f"{self._variant.title}: {what}: {left.error}")

    async def _try_out(self, plan: Plan, live: Live) -> Passed | Failed | Unknown | None:
        """The smoke test of a revision that has never served; a preview shows what follows when it passes."""
        test, target = self._variant.smoke_test, plan.revision(plan.target)
        if not test or not target or self._preview or not is_to_be_tested(plan, live, self._record):
            return None
        verdict = await candidates.try_out(self._gateway, target, test, self._tags(target.version))
        if not isinstance(verdict, Unknown) and verdict.note:
            pulumi.log.warn(f"{self._variant.title}: {verdict.note}")
        return verdict

    async def _clear_failed(self, plan: Plan, live: Live) -> str:
        """Make room where the last creation failed; what stands in the way otherwise."""
        if self._preview or not is_to_be_made(plan, live) or isinstance(live, Absent):
            return ""
        refused = await self._gateway.remove(self._endpoint)
        self._refused += [refused.error] if refused else []
        return refused.error if refused else ""

    async def _declare_revision(self, plan: Plan, revision: Revision) -> _Declared:
        """Declare a Model and an EndpointConfiguration: the target's to be made, any other's where AWS has them."""
        name, is_target = revision.name, plan.kind is Kind.RUN and revision.name == plan.target
        recorded = name in self._recorded and name not in plan.doubtful
        at_model, at_config = (Presence.RECORDED,) * 2 if recorded else await self._gateway.look_up(name)
        if Presence.FOREIGN in (at_model, at_config):
            taken = TAKEN.format(name=name) if is_target else ""
            return _Declared(name, missing=True, obstacle=taken)
        # Where it could not be found out, what is not to be made is read: that fails, and makes nothing.
        to_be_read = {Presence.OURS} if is_target else {Presence.OURS, Presence.UNKNOWN}
        model, config, why = None, None, ""
        tags = self._tags(revision.version)
        if is_target or at_model is not Presence.ABSENT:
            taken_over = self._taking_over(name if at_model in to_be_read else None)
            model, why = await self._done(declare_model(revision, tags, taken_over))
        if (is_target and model) or at_config is not Presence.ABSENT:
            taken_over = self._taking_over(name if at_config in to_be_read else None, [model] if model else [])
            config, why = await self._done(declare_endpoint_configuration(revision, tags, taken_over))
        absent = Presence.ABSENT in (at_model, at_config) and not is_target
        obstacle = (why or NOT_MADE.format(name=name)) if is_target and not config else ""
        return _Declared(name, config, bool(model and config), absent, obstacle)

    async def _done(self, resource: Registered) -> tuple[Registered | None, str]:
        """The resource once its step is done; None where it failed, with what AWS said."""
        done, why = await registered(resource)
        self._refused += [why] if why else []
        return done, why

    async def _declare_endpoint(
        self, plan: Plan, before: Live, revisions: Sequence[_Declared], why: str
    ) -> tuple[sagemaker.Endpoint | None, str]:
        """Declare the endpoint with what the plan says, or exactly as it is; None where it is not there to be used.

        With what AWS said where it refused that.
        """
        declaration, foreign = declare(plan, before, obstacle=bool(why)), plan.kind is Kind.REFUSE
        if not declaration.target:
            if self._replaced and not self._preview:
                raise pulumi.RunError(
                    f"{self._variant.title}: {self._endpoint} cannot be made now, and {self._replaced} serves "
                    f"under the former name: nothing is deleted. {why or 'Take the former namePrefix back'}"
                )
            return None, ""
        if plan.kind is Kind.KEEP and isinstance(before, Absent) and self._endpoint not in self._recorded:
            return None, ""  # neither there nor in the state: nothing to keep
        # Read where it is there, whatever the record says (a killed run may have made it): ignored where the state has
        # it. One that cannot be looked at is read too: where there is none, that fails, and makes nothing.
        taken_over = not foreign and not is_to_be_made(plan, before)
        endpoint = sagemaker.Endpoint(
            self._variant.logical_name,
            name=self._endpoint,
            endpoint_config_name=declaration.target,
            tags=self._tags(),
            opts=pulumi.ResourceOptions.merge(
                self._taking_over(self._endpoint if taken_over else None, [r.config for r in revisions if r.config]),
                pulumi.ResourceOptions(
                    # Else the engine makes the new endpoint first and then deletes "the old one", of the same name.
                    delete_before_replace=True,
                    replacement_trigger=plan.generation,
                    ignore_changes=["endpoint_config_name"] * (declaration.as_it_is or declaration.serves_it)
                    + [*TAGS] * declaration.as_it_is,
                    retain_on_delete=foreign or None,
                ),
            ),
        )
        return await self._done(endpoint)

    def _tags(self, version: int | None = None) -> dict[str, str]:
        return self._ownership.tags(self._variant.task, self._variant.name, self._variant.owner, version)

    def _taking_over(self, name: str | None, depends_on: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        """Options of a resource that the state may lack although AWS has it; ignored where the state has it."""
        return pulumi.ResourceOptions(parent=self._parent, import_=name, depends_on=list(depends_on), hooks=listening())

    def _in_state(self, revisions: Sequence[_Declared], endpoint: sagemaker.Endpoint | None) -> tuple[str, ...]:
        names = [revision.name for revision in revisions if revision.in_state and not revision.missing]
        if endpoint or self._endpoint in self._recorded:
            names.append(self._endpoint)
        return tuple(sorted(names))


def _serves(live: Live, standing: Standing) -> bool:
    """True where callers are answered, by whatever; where that could not be found out, as it was."""
    if isinstance(live, LiveEndpoint):
        return live.ours and live.status not in SERVES_NOBODY
    return isinstance(live, Unknown) and standing.serving is not None


def _missing(revisions: Sequence[_Declared]) -> tuple[str, ...]:
    return tuple(sorted(revision.name for revision in revisions if revision.missing))


async def _reads_otherwise(endpoint: sagemaker.Endpoint | None, target: str) -> bool:
    """True where the step was reported done, and what the provider then read is not what it was asked for."""
    return endpoint is not None and await endpoint.endpoint_config_name.future() != target
