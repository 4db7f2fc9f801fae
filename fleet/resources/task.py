"""One task of the fleet: its Rollout, the revisions that stay declared, its endpoint, and what came of it.

Declares and waits; what to declare is decided in fleet/rollout.py. Written per variant: a plain task has one, the
champion, under the task's own name.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.stack import ResourceRegistrationFailed
from pulumi_aws import sagemaker

from fleet import wire
from fleet.aws.region import Presence, Region
from fleet.resources.stack import StackSettings
from fleet.revision import Revision, Settings
from fleet.rollout import (
    Absent,
    Answer,
    Approved,
    Kind,
    Live,
    LiveEndpoint,
    Outcome,
    Plan,
    Unknown,
    conclude,
    declare,
    is_to_be_made,
    is_to_move,
    sighted,
)
from fleet.status import NOT_OURS, Standing, Status, assess
from fleet.tags import Ownership
from fleet.tasks import Task
from providers.rollout import Rollout

CHAMPION = "champion"
STALE = "the state says that it serves already; run with --refresh"
ALL_TRAFFIC = "AllTraffic"  # the same name in every revision: autoscaling and metrics hang on it


class TaskComponent(pulumi.ComponentResource):
    """The parent of everything that belongs to one task."""

    def __init__(self, name: str) -> None:
        super().__init__("fleet:Task", name)
        self.register_outputs({})


@dataclass(frozen=True)
class Variant:
    """One version of a task's model that serves side by side with others, on an endpoint of its own."""

    task: str
    name: str
    owner: str | None
    settings: Settings

    @property
    def logical_name(self) -> str:
        return self.task if self.name == CHAMPION else f"{self.task}-{self.name}"


@dataclass(frozen=True)
class Result:
    """What a run found and did for one variant."""

    endpoint: str
    standing: Standing
    outcome: Outcome
    fault: str = ""  # the sentence that makes an `up` red
    refusal: str = ""  # the sentence that ends a preview: a person has to mend it


@dataclass(frozen=True)
class TaskResult:
    """What a run found and did for one task, by variant; the champion speaks for the task."""

    task: Task
    component: TaskComponent
    variants: Mapping[str, Result]

    @property
    def champion(self) -> Result:
        return self.variants[CHAMPION]

    def output(self) -> dict[str, Any]:
        """The stack output of the task, as docs/architecture.md describes it."""
        variants = {name: _output(result) for name, result in self.variants.items()}
        champion = variants[CHAMPION]
        contract = {key: champion[key] for key in ("endpoint", "version", "model_package_arn", "status", "reason")}
        return {**contract, "variants": variants}


def _output(result: Result) -> dict[str, Any]:
    serving = result.standing.serving
    return {
        "endpoint": result.endpoint,
        "version": serving.version if serving else 0,
        "model_package_arn": serving.package if serving else "",
        "status": result.standing.status.value,
        "reason": result.standing.reason,
        "weight": 1.0 if serving else 0.0,
        "run": wire.encode(result.outcome),
    }


@dataclass(frozen=True)
class _Declared:
    """One revision, as far as it could be declared."""

    name: str
    config: sagemaker.EndpointConfiguration | None = None
    in_state: bool = False
    missing: bool = False  # AWS does not have it, or not the whole of it
    obstacle: str = ""


class VariantRollout:
    """Brings one variant to where it should be, or says why not.

    A resource that is not registered is deleted at the end of the run, and one that depends on a failed step is not
    registered. So every step is awaited here, and nothing that may serve is made to depend on one that failed.
    """

    def __init__(
        self, variant: Variant, record: Outcome | None, region: Region, ownership: Ownership, parent: pulumi.Resource
    ) -> None:
        self._variant = variant
        self._endpoint = variant.settings.endpoint
        self._record = record  # what the last run wrote
        self._recorded = frozenset(record.declared if record else ())
        self._region = region
        self._ownership = ownership
        self._parent = parent
        self._preview = pulumi.runtime.is_dry_run()

    async def run(self, answer: Answer) -> Result:
        """Decide, declare, wait, and tell what came of it."""
        before = await self._region.live(self._endpoint, self._record, wait=not self._preview)
        plan = await self._decide(answer, before)
        obstacle = await self._clear_failed(plan, before)
        revisions = await asyncio.gather(*(self._declare_revision(plan, revision) for revision in plan.declared))
        obstacle = obstacle or next((r.obstacle for r in revisions if r.name == plan.target), "")
        endpoint = await self._declare_endpoint(plan, before, revisions, obstacle)

        moved = is_to_move(plan, before) and not self._preview
        after = await self._region.settled(self._endpoint) if moved else before
        version = answer.version if isinstance(answer, Approved) else 0
        outcome = replace(self._record or Outcome(), endpoint=self._endpoint, approved_version=version)
        if self._preview:
            outcome = sighted(outcome, after)
        else:
            outcome = replace(outcome, declared=self._in_state(revisions, endpoint), missing=_missing(revisions))
            updated = not obstacle and await _reads_otherwise(endpoint, plan.target)
            hint = obstacle or (STALE if endpoint and isinstance(before, LiveEndpoint) else "")
            outcome = conclude(plan, outcome, before, after, updated=updated, obstacle=hint)
        standing = assess(plan, answer, after, outcome)
        refused = standing.reason if plan.kind is Kind.REFUSE else obstacle
        failed = standing.status is Status.UNKNOWN or (moved and standing.status is not Status.UP_TO_DATE)
        return Result(self._endpoint, standing, outcome, refused or (standing.reason if failed else ""), refused)

    async def _decide(self, answer: Answer, live: Live) -> Plan:
        rollout = Rollout(
            self._variant.logical_name,
            self._variant.settings,
            answer,
            live,
            self._record,
            pulumi.ResourceOptions(parent=self._parent),
        )
        return await rollout.known_plan()

    async def _clear_failed(self, plan: Plan, live: Live) -> str:
        """Make room where the last creation failed; what stands in the way otherwise."""
        if self._preview or not is_to_be_made(plan, live) or isinstance(live, Absent):
            return ""
        refused = await self._region.clear_failed(self._endpoint)
        return refused.error if refused else ""

    async def _declare_revision(self, plan: Plan, revision: Revision) -> _Declared:
        """Declare a Model and an EndpointConfiguration: the target's to be made, any other's where AWS has them."""
        name, is_target = revision.name, plan.kind is Kind.RUN and revision.name == plan.target
        recorded = name in self._recorded and name not in plan.doubtful
        at_model, at_config = (Presence.RECORDED,) * 2 if recorded else await self._region.look_up(name)
        if Presence.FOREIGN in (at_model, at_config):
            taken = f"a model or endpoint configuration {name} exists and is not this stack's" if is_target else ""
            return _Declared(name, missing=True, obstacle=taken)
        # Where it could not be found out, what is not to be made is read: that fails, and makes nothing.
        to_be_read = {Presence.OURS} if is_target else {Presence.OURS, Presence.UNKNOWN}
        model = config = None
        if is_target or at_model is not Presence.ABSENT:
            model = await _registered(self._model(revision, take_over=at_model in to_be_read))
        if (is_target and model) or at_config is not Presence.ABSENT:
            config = await _registered(self._config(revision, model, take_over=at_config in to_be_read))
        absent = Presence.ABSENT in (at_model, at_config) and not is_target
        obstacle = f"model and endpoint configuration {name} could not be made" if is_target and not config else ""
        return _Declared(name, config, recorded or bool(model and config), absent, obstacle)

    def _model(self, revision: Revision, *, take_over: bool) -> sagemaker.Model:
        return sagemaker.Model(
            revision.name,
            name=revision.name,
            execution_role_arn=revision.settings.role,
            primary_container=sagemaker.ModelPrimaryContainerArgs(
                model_package_name=revision.package, environment=revision.settings.environment or None
            ),
            tags=self._tags(revision.version),
            opts=self._taking_over(revision.name if take_over else None),
        )

    def _config(
        self, revision: Revision, model: sagemaker.Model | None, *, take_over: bool
    ) -> sagemaker.EndpointConfiguration:
        settings = revision.settings
        variant = sagemaker.EndpointConfigurationProductionVariantArgs(
            variant_name=ALL_TRAFFIC,
            model_name=revision.name,
            serverless_config=sagemaker.EndpointConfigurationProductionVariantServerlessConfigArgs(
                memory_size_in_mb=settings.memory_mb,
                max_concurrency=settings.max_concurrency,
                provisioned_concurrency=settings.provisioned_concurrency,
            ),
        )
        return sagemaker.EndpointConfiguration(
            revision.name,
            name=revision.name,
            production_variants=[variant],
            tags=self._tags(revision.version),
            opts=self._taking_over(revision.name if take_over else None, [model] if model else []),
        )

    async def _declare_endpoint(
        self, plan: Plan, before: Live, revisions: Sequence[_Declared], obstacle: str
    ) -> sagemaker.Endpoint | None:
        """Declare the endpoint with what the plan says, or exactly as it is; None where it is not there to be used."""
        declaration, foreign = declare(plan, before, obstacle=bool(obstacle)), plan.kind is Kind.REFUSE
        if not declaration.target:
            return None
        unrecorded = self._endpoint not in self._recorded and not is_to_be_made(plan, before)
        # One that cannot be looked at is read: where there is none, that fails, and makes nothing.
        taken_over = not foreign and (unrecorded or isinstance(before, Unknown))
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
                    + ["tags"] * declaration.as_it_is,
                    retain_on_delete=foreign or None,
                ),
            ),
        )
        return await _registered(endpoint)

    def _tags(self, version: int | None = None) -> dict[str, str]:
        return self._ownership.tags(self._variant.task, self._variant.name, self._variant.owner, version)

    def _taking_over(self, name: str | None, depends_on: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        """Options of a resource that the state may lack although AWS has it; ignored where the state has it."""
        return pulumi.ResourceOptions(parent=self._parent, import_=name, depends_on=list(depends_on))

    def _in_state(self, revisions: Sequence[_Declared], endpoint: sagemaker.Endpoint | None) -> tuple[str, ...]:
        names = [revision.name for revision in revisions if revision.in_state and not revision.missing]
        if endpoint or self._endpoint in self._recorded:
            names.append(self._endpoint)
        return tuple(sorted(names))


def _missing(revisions: Sequence[_Declared]) -> tuple[str, ...]:
    return tuple(sorted(revision.name for revision in revisions if revision.missing))


Registered = TypeVar("Registered", bound=pulumi.Resource)


async def _registered(resource: Registered) -> Registered | None:
    """The resource once its step is done; None where the step failed (the engine has said why)."""
    try:
        await resource.urn.future()
    except ResourceRegistrationFailed:
        return None
    return resource


async def _reads_otherwise(endpoint: sagemaker.Endpoint | None, target: str) -> bool:
    """True where the step was reported done, and what the provider then read is not what it was asked for."""
    return endpoint is not None and await endpoint.endpoint_config_name.future() != target


async def roll_out(
    task: Task, answer: Answer, last: Mapping[str, Outcome], region: Region, settings: StackSettings
) -> TaskResult:
    """Bring one task to where it should be. `last` is what its last run wrote, by variant."""
    component, record = TaskComponent(task.name), last.get(CHAMPION)
    endpoint, refusal = await _endpoint_name(task.endpoint, answer, record, region)
    champion = Variant(
        task.name,
        CHAMPION,
        task.owner,
        Settings(
            endpoint=endpoint,
            role=settings.role,
            memory_mb=task.memory_mb,
            max_concurrency=task.max_concurrency,
            provisioned_concurrency=task.provisioned_concurrency,
            environment=task.environment,
            attempt=task.attempt,
        ),
    )
    result = await VariantRollout(champion, record, region, settings.ownership, component).run(answer)
    if refusal:
        result = replace(result, fault=refusal, refusal=refusal)
    return TaskResult(task, component, {CHAMPION: result})


async def _endpoint_name(wanted: str, answer: Answer, record: Outcome | None, region: Region) -> tuple[str, str]:
    """The name of the endpoint in this run, and what refuses the wanted one.

    Another namePrefix is another endpoint, and making it deletes the one that serves: that one keeps its name until it
    is known that the new one can be made.
    """
    serving = record.endpoint if record and record.endpoint in record.declared else wanted
    rows = await region.listed()
    if serving == wanted or (not isinstance(rows, Unknown) and serving not in rows):
        return wanted, ""
    there = await region.live(wanted, None, wait=False)
    if isinstance(there, LiveEndpoint) and not there.ours:
        return serving, f"{wanted}: {NOT_OURS}; {serving} keeps serving"
    return (wanted if isinstance(answer, Approved) and not isinstance(there, Unknown) else serving), ""
