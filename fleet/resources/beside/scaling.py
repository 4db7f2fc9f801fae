"""Automatic scaling of one variant's provisioned concurrency: a scalable target, its policy, its schedules.

What an autoscaler makes of the value is fleet/rollout.py's: it survives an update, and is never a change.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import pulumi
from pulumi_aws import appautoscaling

from fleet.aws.gateway import Gateway
from fleet.aws.scaling import DIMENSION, NAMESPACE, target_of
from fleet.resources.engine import Done, listening
from fleet.tags import TAGS
from fleet.tasks.model import Scaling

METRIC = "SageMakerVariantProvisionedConcurrencyUtilization"  # a share, 0 to 1 (AWS, serverless autoscaling, 2026-11)


def limits(scaling: Scaling) -> str:
    """What the last run's record keeps of it."""
    return f"{scaling.min}..{scaling.max}"


async def declare(
    name: str,
    endpoint: str,
    scaling: Scaling,
    recorded: str,
    tags: Mapping[str, str],
    gateway: Gateway,
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Resource],
    done: Done,
    *,
    foreign: bool,
) -> str:
    """Declare it beside an endpoint that is there; gives what is in the state then, "" for nothing.

    `recorded` is what the last run gave. Where the endpoint has become somebody else's (`foreign`) nothing of it is
    changed or deleted. A schedule moves the limits of the target when its time comes: as long as the
    task's own have not changed since, that is no change. `done` waits for a step.
    """
    resource_id = target_of(endpoint)
    # A killed run may have made it, or the state was lost. To register it again is fine, but not with tags (API
    # reference, RegisterScalableTarget, 2026-11), and the provider may have default tags for everything: so it is
    # imported. Not where the state has it: there it is known by another id, and an import would replace it.
    is_to_be_imported = resource_id not in gateway.held and await gateway.has_scalable_target(resource_id) is True
    place = f"{NAMESPACE}/{resource_id}/{DIMENSION}"
    options = partial(pulumi.ResourceOptions, parent=parent, retain_on_delete=foreign or None, hooks=listening())
    moved_by_schedules = bool(scaling.schedules) and recorded == limits(scaling)
    target, _ = await done(
        appautoscaling.Target(
            name,
            min_capacity=scaling.min,
            max_capacity=scaling.max,
            tags=tags,
            resource_id=resource_id,
            scalable_dimension=DIMENSION,
            service_namespace=NAMESPACE,
            opts=options(
                depends_on=list(depends_on),
                import_=place if is_to_be_imported else None,
                ignore_changes=["minCapacity", "maxCapacity"] * (moved_by_schedules or foreign) + [*TAGS] * foreign,
            ),
        )
    )
    if target is None and not recorded:
        return ""
    its = ("targetTrackingScalingPolicyConfiguration", "schedule", "timezone", "scalableTargetAction")
    opts = options(depends_on=[target] if target else [], ignore_changes=[*its] * foreign)
    policy = appautoscaling.Policy(
        name,
        name=name,
        policy_type="TargetTrackingScaling",
        target_tracking_scaling_policy_configuration=appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
            target_value=scaling.target_utilization,
            scale_in_cooldown=scaling.scale_in_cooldown_seconds,
            scale_out_cooldown=scaling.scale_out_cooldown_seconds,
            predefined_metric_specification=(
                appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
                    predefined_metric_type=METRIC
                )
            ),
        ),
        resource_id=resource_id,
        scalable_dimension=DIMENSION,
        service_namespace=NAMESPACE,
        opts=opts,
    )
    schedules = [
        appautoscaling.ScheduledAction(
            f"{name}.{schedule.name}",  # a dot, which no task's name has: else two could meet
            name=schedule.name,
            schedule=f"cron({schedule.cron})",
            timezone=schedule.timezone,
            scalable_target_action=appautoscaling.ScheduledActionScalableTargetActionArgs(
                min_capacity=schedule.min, max_capacity=schedule.max
            ),
            resource_id=resource_id,
            scalable_dimension=DIMENSION,
            service_namespace=NAMESPACE,
            opts=opts,
        )
        for schedule in scaling.schedules
    ]
    await asyncio.gather(*(done(resource) for resource in (policy, *schedules)))
    return limits(scaling) if target else recorded
