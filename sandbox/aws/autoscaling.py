"""Application Auto Scaling of the sandbox: the provisioned concurrency of serverless endpoints, and nothing else.

No clock drives it: what a policy or a schedule would do at its time, a test says (control.py).
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace

from sandbox.aws import schedule, tags
from sandbox.aws.paging import Pages
from sandbox.aws.sagemaker import lifecycle
from sandbox.aws.service import Service
from sandbox.aws.world import (
    ACCOUNT,
    Answer,
    AwsError,
    Endpoint,
    Params,
    ScalableTarget,
    Serving,
    World,
    find,
)

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredProvisionedConcurrency"
METRIC = "SageMakerVariantProvisionedConcurrencyUtilization"
ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
RESOURCE = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")
PAGES = Pages(50, "The next token is not valid.", "InvalidNextTokenException")
LASTING = ("Schedule", "Timezone", "ScalableTargetAction")  # a scheduled action keeps what an update leaves out
SUSPENDABLE = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


def settle(world: World, request: Params) -> None:
    """Raises AwsError where something else is to be scaled than is played here."""
    played = {"ServiceNamespace": NAMESPACE, "ScalableDimension": DIMENSION}
    if other := [request[member] for member, value in played.items() if request.get(member, value) != value]:
        raise AwsError(f"the sandbox scales {DIMENSION} only, not {', '.join(other)}", code="UnsupportedOperation")
    lifecycle.settle(world)


# Targets


def register(world: World, region: str, request: Params) -> Answer:
    """Also an update: what is not given stays. Brings the concurrency into the range at once."""
    resource = request["ResourceId"]
    endpoint, serving = _variant(world, region, resource)
    arn = arn_of(region, resource)
    target = world.targets.get(arn)
    if not target:
        if missing := [member for member in ("MinCapacity", "MaxCapacity") if member not in request]:
            raise AwsError(f"{' and '.join(missing)} must be specified when registering a new scalable target.")
        if not serving.serverless.get("ProvisionedConcurrency"):
            raise AwsError(
                f"Variant {serving.variant} of endpoint {endpoint.name} has no provisioned concurrency: it cannot be a "
                "scalable target."
            )
        target = ScalableTarget(resource, arn, world.stamp(), 0, 0, dict.fromkeys(SUSPENDABLE, False))
    elif request.get("Tags"):
        raise AwsError(
            "The scalable target that you tried to tag already exists. To update tags on an existing scalable target, "
            "use the TagResource API."
        )
    minimum, maximum = request.get("MinCapacity", target.min), request.get("MaxCapacity", target.max)
    if minimum > maximum:
        raise AwsError("Maximum capacity cannot be less than minimum capacity")
    if minimum < 0 or maximum > serving.serverless["MaxConcurrency"]:
        raise AwsError(
            f"Capacities of {resource} must be from 0 to its MaxConcurrency, {serving.serverless['MaxConcurrency']}."
        )
    suspended = {**target.suspended, **request.get("SuspendedState", {})}
    tagged = _retagged(request, world.tags.get(arn))
    world.targets[arn] = replace(target, min=minimum, max=maximum, suspended=suspended)
    world.tags[arn] = tagged
    _bring_into_range(world, region, endpoint, serving, minimum, maximum)
    return {"ScalableTargetARN": arn}


def _variant(world: World, region: str, resource: str) -> tuple[Endpoint, Serving]:
    """The endpoint, and what it serves. Raises AwsError where that is nothing that can be scaled."""
    named = RESOURCE.fullmatch(resource)
    if not named:
        raise AwsError(f"Unsupported service namespace, resource type or scalable dimension: {resource}")
    endpoint: Endpoint = find(world, region, "endpoint", named["endpoint"])
    serving = endpoint.serving
    if endpoint.status == "Deleting" or serving is None:
        raise AwsError(f'Endpoint "{endpoint.arn}" serves nothing: it is {endpoint.status}.')
    if serving.variant != named["variant"]:
        raise AwsError(f'Endpoint "{endpoint.arn}" has no variant {named["variant"]}.')
    if not serving.serverless:
        raise AwsError(f'Variant {serving.variant} of endpoint "{endpoint.arn}" is not serverless.')
    return endpoint, serving


def _bring_into_range(
    world: World, region: str, endpoint: Endpoint, serving: Serving, minimum: int, maximum: int
) -> None:
    """Not while the endpoint is updating: a resource that is not active keeps its capacity (RegisterScalableTarget)."""
    now = serving.serverless.get("ProvisionedConcurrency", 0)
    wanted = max(1, min(max(now, minimum), maximum))  # SageMaker knows no provisioned concurrency of 0
    if endpoint.status == "InService" and now and wanted != now:
        lifecycle.provision(world, region, endpoint.name, wanted)


def arn_of(region: str, resource: str) -> str:
    digest = hashlib.sha1(f"{region}/{resource}".encode(), usedforsecurity=False).hexdigest()
    return f"arn:aws:application-autoscaling:{region}:{ACCOUNT}:scalable-target/{digest}"


def _registered(world: World, region: str, request: Params) -> ScalableTarget:
    target = world.targets.get(arn_of(region, request["ResourceId"]))
    if target is None:
        raise _not_found("scalable target registered", request)
    return target


def _not_found(what: str, request: Params, more: str = "") -> AwsError:
    return AwsError(
        f"No {what} for service namespace: {NAMESPACE}, resource ID: {request['ResourceId']}, "
        f"scalable dimension: {DIMENSION}{more}",
        code="ObjectNotFoundException",
    )


def describe(world: World, region: str, request: Params) -> Answer:
    wanted = request.get("ResourceIds")
    rows = [_shown(one) for one in _here(world, region) if not wanted or one.resource in wanted]
    return _page(world, request, "ScalableTargets", rows)


def _here(world: World, region: str) -> list[ScalableTarget]:
    return [one for one in world.targets.values() if one.arn.split(":")[3] == region]


def _shown(target: ScalableTarget) -> Answer:
    return {
        **_place(target.resource),
        "MinCapacity": target.min,
        "MaxCapacity": target.max,
        "RoleARN": ROLE,
        "CreationTime": target.created,
        "SuspendedState": target.suspended,
        "ScalableTargetARN": target.arn,
    }


def _place(resource: str) -> Answer:
    return {"ServiceNamespace": NAMESPACE, "ResourceId": resource, "ScalableDimension": DIMENSION}


def _page(world: World, request: Params, member: str, rows: list[Answer]) -> Answer:
    page = PAGES.cut(request, rows, world.settings.page_size)
    return {member: page.rows, **page.more}


def deregister(world: World, region: str, request: Params) -> Answer:
    """Its policies and schedules go with it."""
    target = world.targets.get(arn_of(region, request["ResourceId"]))
    if target is None:
        raise _not_found("scalable target found", request)
    del world.targets[target.arn]
    world.tags.pop(target.arn, None)
    return {}


# Policies


def put_policy(world: World, region: str, request: Params) -> Answer:
    target, name = _registered(world, region, request), request["PolicyName"]
    kept = target.policies.get(name)
    type_ = request.get("PolicyType", kept["PolicyType"] if kept else "StepScaling")
    if type_ != "TargetTrackingScaling":
        raise AwsError(f"the sandbox does not play {type_}", code="UnsupportedOperation")
    tracking = request.get("TargetTrackingScalingPolicyConfiguration") or (
        kept and kept["TargetTrackingScalingPolicyConfiguration"]
    )
    if not tracking:
        raise AwsError("A target tracking policy must have a TargetTrackingScalingPolicyConfiguration.")
    if "CustomizedMetricSpecification" in tracking:
        raise AwsError("the sandbox does not play customized metrics", code="UnsupportedOperation")
    if tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType") != METRIC:
        message = f"Scalable dimension {DIMENSION} only supports the following predefined metric types: {METRIC}"
        raise AwsError(message)
    if tracking["TargetValue"] <= 0:
        raise AwsError(f"TargetValue must be greater than 0, not {tracking['TargetValue']}.")
    if (taken := [other for other in target.policies if other != name]) and not kept:
        raise AwsError(f"{METRIC} is tracked by the policy {taken[0]} of this target already.")
    policy = {
        "PolicyARN": kept["PolicyARN"] if kept else f"{_arn_of_policy(region, target.resource)}:policyName/{name}",
        "PolicyName": name,
        **_place(target.resource),
        "PolicyType": type_,
        "TargetTrackingScalingPolicyConfiguration": {"DisableScaleIn": False, **tracking},
        "Alarms": [],
        "CreationTime": kept["CreationTime"] if kept else world.stamp(),
    }
    world.targets[target.arn] = replace(target, policies={**target.policies, name: policy})
    return {"PolicyARN": policy["PolicyARN"], "Alarms": []}


def _arn_of_policy(region: str, resource: str) -> str:
    return f"arn:aws:autoscaling:{region}:{ACCOUNT}:scalingPolicy:sandbox:resource/{NAMESPACE}/{resource}"


def describe_policies(world: World, region: str, request: Params) -> Answer:
    targets = _asked(world, region, request)
    rows = [dict(row) for one in targets for row in one.policies.values()]
    wanted = request.get("PolicyNames")
    return _page(world, request, "ScalingPolicies", [row for row in rows if not wanted or row["PolicyName"] in wanted])


def _asked(world: World, region: str, request: Params) -> Iterable[ScalableTarget]:
    resource = request.get("ResourceId")
    return [one for one in _here(world, region) if resource in (None, one.resource)]


def delete_policy(world: World, region: str, request: Params) -> Answer:
    target, name = world.targets.get(arn_of(region, request["ResourceId"])), request["PolicyName"]
    if target is None or name not in target.policies:
        raise _not_found("scaling policy found", request, f", policy name: {name}")
    world.targets[target.arn] = replace(target, policies=_without(target.policies, name))
    return {}


def _without(rows: dict[str, Params], name: str) -> dict[str, Params]:
    return {key: row for key, row in rows.items() if key != name}


# Schedules


def put_schedule(world: World, region: str, request: Params) -> Answer:
    target, name = _registered(world, region, request), request["ScheduledActionName"]
    kept = target.schedules.get(name, {})
    action: Answer = {member: request.get(member, kept.get(member)) for member in LASTING}
    if missing := [member for member in ("Schedule", "ScalableTargetAction") if not action[member]]:
        raise AwsError(f"{' and '.join(missing)} must be specified when creating a scheduled action.")
    try:
        schedule.check(action["Schedule"], action["Timezone"] or "UTC")
    except schedule.BadSchedule as bad:
        raise AwsError(f"Invalid schedule: {bad}.") from None
    bounds = action["ScalableTargetAction"]
    if min(bounds.values()) < 0 or bounds.get("MinCapacity", 0) > bounds.get("MaxCapacity", float("inf")):
        raise AwsError("Maximum capacity cannot be less than minimum capacity")
    # An update that leaves out StartTime or EndTime takes it away (API reference, PutScheduledAction)
    moments = {member: request[member] for member in ("StartTime", "EndTime") if member in request}
    row = {
        "ScheduledActionName": name,
        "ScheduledActionARN": f"{_arn_of_schedule(region, target.resource)}:scheduledActionName/{name}",
        **_place(target.resource),
        **{member: value for member, value in action.items() if value},
        **moments,
        "CreationTime": kept.get("CreationTime") or world.stamp(),
    }
    world.targets[target.arn] = replace(target, schedules={**target.schedules, name: row})
    return {}


def _arn_of_schedule(region: str, resource: str) -> str:
    return f"arn:aws:autoscaling:{region}:{ACCOUNT}:scheduledAction:sandbox:resource/{NAMESPACE}/{resource}"


def describe_schedules(world: World, region: str, request: Params) -> Answer:
    rows = [dict(row) for one in _asked(world, region, request) for row in one.schedules.values()]
    wanted = request.get("ScheduledActionNames")
    found = [row for row in rows if not wanted or row["ScheduledActionName"] in wanted]
    return _page(world, request, "ScheduledActions", found)


def delete_schedule(world: World, region: str, request: Params) -> Answer:
    target, name = world.targets.get(arn_of(region, request["ResourceId"])), request["ScheduledActionName"]
    if target is None or name not in target.schedules:
        raise _not_found("scheduled action found", request, f", scheduled action name: {name}")
    world.targets[target.arn] = replace(target, schedules=_without(target.schedules, name))
    return {}


# Tags


def _tagged(world: World, region: str, request: Params) -> str:
    arn: str = request["ResourceARN"]
    if arn not in [one.arn for one in _here(world, region)]:
        raise AwsError(f"The resource {arn} does not exist.", "ResourceNotFoundException", ResourceName=arn)
    return arn


def _retagged(request: Params, existing: Params | None) -> dict[str, str]:
    """`existing` overwritten by the tags of the request, which this service takes as a map."""
    given = request.get("Tags", {})
    if not all(value.strip() for value in given.values()):
        raise AwsError("Tag values cannot be empty or blank")
    return tags.checked(tags.rows(given), existing)


def tag(world: World, region: str, request: Params) -> Answer:
    arn = _tagged(world, region, request)
    world.tags[arn] = _retagged(request, world.tags[arn])
    return {}


def untag(world: World, region: str, request: Params) -> Answer:
    arn = _tagged(world, region, request)
    world.tags[arn] = tags.without(world.tags[arn], request["TagKeys"])
    return {}


def list_tags(world: World, region: str, request: Params) -> Answer:
    return {"Tags": world.tags[_tagged(world, region, request)]}


# What a test asks, and what time would bring


def of_endpoint(world: World, region: str, endpoint: str) -> Answer:
    """What there is for its one variant; empty where there is no target."""
    for one in _here(world, region):
        if one.resource.startswith(f"endpoint/{endpoint}/variant/"):
            return {"min": one.min, "max": one.max, "policies": one.policies, "schedules": one.schedules}
    return {}


def run_schedule(world: World, region: str, endpoint: str, name: str) -> None:
    """The scheduled action as at its time: the target gets its limits, and the concurrency is brought into them."""
    for target in _here(world, region):
        if target.resource.startswith(f"endpoint/{endpoint}/variant/") and name in target.schedules:
            bounds = target.schedules[name]["ScalableTargetAction"]
            register(world, region, {**_place(target.resource), **bounds})
            return
    raise AwsError(f"There is no scheduled action {name} for endpoint {endpoint}.")


SERVICE = Service(
    "application-autoscaling",
    {
        "RegisterScalableTarget": register,
        "DescribeScalableTargets": describe,
        "DeregisterScalableTarget": deregister,
        "PutScalingPolicy": put_policy,
        "DescribeScalingPolicies": describe_policies,
        "DeleteScalingPolicy": delete_policy,
        "PutScheduledAction": put_schedule,
        "DescribeScheduledActions": describe_schedules,
        "DeleteScheduledAction": delete_schedule,
        "TagResource": tag,
        "UntagResource": untag,
        "ListTagsForResource": list_tags,
    },
    title="Application Auto Scaling",
    before=settle,
)
