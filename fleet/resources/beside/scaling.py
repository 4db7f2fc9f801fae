"""Automatic scaling of one variant's provisioned concurrency: a scalable target, its policy, its schedules.

What an autoscaler makes of the value is fleet/verdict.py's: it survives an update, and is never a change.
"""

import asyncio
from dataclasses import dataclass

import pulumi

from fleet.aws.gateway import Presence
from fleet.aws.scaling import DIMENSION, NAMESPACE, target_of
from fleet.memory import SCALING
from fleet.resources.aws_types import ScalableTarget, ScalingPolicy, ScheduledAction
from fleet.resources.beside.thing import Stands
from fleet.resources.engine import registered
from fleet.resources.site import Site
from fleet.rollout import Kind, Plan
from fleet.seen import Absent, Live, LiveEndpoint, Unknown
from fleet.tags import TAGS
from fleet.tasks.model import Scaling, Schedule

METRIC = "SageMakerVariantProvisionedConcurrencyUtilization"  # a share, 0 to 1 (AWS, serverless autoscaling, 2026-11)


def is_wanted(plan: Plan, live: Live, recorded: str, *, is_declared: bool, comes: bool) -> bool:
    """Whether the autoscaler is to be declared, given the endpoint as it is now (`live`).

    SageMaker takes a scalable target only of an endpoint that serves with provisioned concurrency. `comes` says that
    this is a preview, and the run would make such an endpoint. An endpoint that could not be looked at keeps the
    autoscaler that it may have; somebody else's endpoint gets no new one. `is_declared` says that the last run declared
    the endpoint; `recorded` is what the last run wrote of scaling.
    """
    if plan.kind is Kind.REFUSE and not recorded:
        return False
    if comes or (isinstance(live, LiveEndpoint) and live.status == "InService" and live.provisioned > 0):
        return True
    may_be_there = bool(recorded) or (isinstance(live, Unknown) and is_declared)
    return may_be_there and (plan.kind is Kind.KEEP or not isinstance(live, Absent))


@dataclass(frozen=True)
class Autoscaler:
    """The scalable target of one endpoint, with its policy and its schedules."""

    logical_name: str
    endpoint: str
    scaling: Scaling
    recorded: str
    site: Site
    depends_on: pulumi.Resource | None  # the endpoint, so that this goes before it
    foreign: bool  # the endpoint has become somebody else's: nothing of this is changed or deleted
    kind = SCALING

    @property
    def _variant(self) -> dict[str, str]:
        """What it scales, as each of its resources names it."""
        return {
            "resourceId": target_of(self.endpoint),
            "scalableDimension": DIMENSION,
            "serviceNamespace": NAMESPACE,
        }

    @property
    def _limits(self) -> str:
        """What the next run is to know of it."""
        return f"{self.scaling.min}..{self.scaling.max}"

    async def look_up(self) -> Presence:
        """A killed run may have made it, or the state was lost."""
        target = target_of(self.endpoint)
        if target in self.site.gateway.in_state:
            return Presence.RECORDED
        there = await self.site.gateway.has_scalable_target(target)
        return Presence.OURS if there is True else Presence.ABSENT

    async def declare(self, presence: Presence) -> Stands:
        target, why = await registered(self._target(presence))
        refused = [why]
        if target or self.recorded:
            others = (self._policy(target), *(self._schedule(each, target) for each in self.scaling.schedules))
            refused += [why for _, why in await asyncio.gather(*map(registered, others))]
        return Stands(self._limits if target else self.recorded, refused=tuple(filter(None, refused)))

    def _target(self, presence: Presence) -> ScalableTarget:
        # To register an existing one again is fine, but not with tags (API reference, RegisterScalableTarget, 2026-11),
        # and the provider may have default tags for everything: so it is imported. Not where the state has it: there
        # it is known by another id, and an import would replace it.
        resource_id = target_of(self.endpoint)
        imported = f"{NAMESPACE}/{resource_id}/{DIMENSION}" if presence is Presence.OURS else None
        # A schedule moves the limits when its time comes. As long as the task's own are the same, that is no change.
        is_moved_by_schedules = bool(self.scaling.schedules) and self.recorded == self._limits
        limits = ["minCapacity", "maxCapacity"] if is_moved_by_schedules or self.foreign else []
        return ScalableTarget(
            self.logical_name,
            {
                "minCapacity": self.scaling.min,
                "maxCapacity": self.scaling.max,
                "tags": self.site.tags(),
                **self._variant,
            },
            self._options(imported, self.depends_on, [*limits, *TAGS] if self.foreign else limits),
        )

    def _policy(self, target: ScalableTarget | None) -> ScalingPolicy:
        return ScalingPolicy(
            self.logical_name,
            {
                "name": self.logical_name,
                "policyType": "TargetTrackingScaling",
                "targetTrackingScalingPolicyConfiguration": {
                    "targetValue": self.scaling.target_utilization,
                    "scaleInCooldown": self.scaling.scale_in_cooldown_seconds,
                    "scaleOutCooldown": self.scaling.scale_out_cooldown_seconds,
                    "predefinedMetricSpecification": {"predefinedMetricType": METRIC},
                },
                **self._variant,
            },
            self._options(None, target, ["targetTrackingScalingPolicyConfiguration"] if self.foreign else []),
        )

    def _schedule(self, schedule: Schedule, target: ScalableTarget | None) -> ScheduledAction:
        return ScheduledAction(
            f"{self.logical_name}.{schedule.name}",  # a dot, which no task's name has: else two could meet
            {
                "name": schedule.name,
                "schedule": f"cron({schedule.cron})",
                "timezone": schedule.timezone,
                "scalableTargetAction": {"minCapacity": schedule.min, "maxCapacity": schedule.max},
                **self._variant,
            },
            self._options(None, target, ["schedule", "timezone", "scalableTargetAction"] if self.foreign else []),
        )

    def _options(
        self, import_: str | None, depends_on: pulumi.Resource | None, ignored: list[str]
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(
            self.site.options(import_, [depends_on] if depends_on else []),
            pulumi.ResourceOptions(ignore_changes=ignored, retain_on_delete=self.foreign or None),
        )
