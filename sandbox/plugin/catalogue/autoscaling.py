"""Application Auto Scaling: scalable targets, and their policies and scheduled actions."""

from collections.abc import Callable

from sandbox.plugin.catalogue.row import (
    Call,
    Field,
    Properties,
    Refused,
    Repeat,
    ResourceType,
    Tagging,
    forcing_new,
)

PLACE = forcing_new(Field("serviceNamespace"), Field("resourceId"), Field("scalableDimension"))


def placed(key: Properties) -> Properties:
    """Which scalable target is meant."""
    return {field.member: key[field.wire] for field in PLACE}


def placed_and_named(member: str) -> Callable[[Properties], Properties]:
    return lambda key: {**placed(key), member: key["name"]}


def from_path(id_: str, *more: str) -> Properties:
    """The key in an import's id: <service namespace>/<resource id, with slashes>/<scalable dimension>[/<more>]."""
    parts = id_.split("/")
    last = len(parts) - len(more) - 1
    if last < 2 or not all(parts):
        raise Refused(f"unexpected format ({id_!r}), expected <service-namespace>/<resource-id>/<scalable-dimension>…")
    place = {"serviceNamespace": parts[0], "resourceId": "/".join(parts[1:last]), "scalableDimension": parts[last]}
    return place | dict(zip(more, parts[last + 1 :], strict=True))


def not_importable(id_: str) -> Properties:
    raise Refused(f"{id_}: a scheduled action cannot be imported")


TARGET = ResourceType(
    token="aws:appautoscaling/target:Target",
    title="Application AutoScaling Target",
    service="application-autoscaling",
    fields=(
        *PLACE,
        Field("minCapacity"),
        Field("maxCapacity"),
        Field("roleArn", "RoleARN", computed=True, kept=True),
        Field(
            "suspendedState",
            computed=True,
            fields=(
                Field("dynamicScalingInSuspended", default=False),
                Field("dynamicScalingOutSuspended", default=False),
                Field("scheduledScalingSuspended", default=False),
            ),
        ),
    ),
    key=tuple(field.wire for field in PLACE),
    id=lambda key: str(key["resourceId"]),
    imported=from_path,
    create="register_scalable_target",
    read=Call(
        "describe_scalable_targets",
        lambda key: {
            "ServiceNamespace": key["serviceNamespace"],
            "ResourceIds": [key["resourceId"]],
            "ScalableDimension": key["scalableDimension"],
        },
        found="ScalableTargets[0]",
    ),
    update=Call("register_scalable_target", placed),
    delete=Call("deregister_scalable_target", placed),
    missing="ObjectNotFoundException",
    arn="ScalableTargetARN",
    tagging=Tagging(
        create="Tags",
        list="list_tags_for_resource",
        listed="Tags",
        add="tag_resource",
        remove="untag_resource",
        keys="TagKeys",
        target=lambda _, arn: {"ResourceARN": arn},
        as_map=True,
    ),
)

TRACKING = (
    Field("targetValue"),
    Field("predefinedMetricSpecification", fields=(Field("predefinedMetricType"), Field("resourceLabel"))),
    Field("scaleInCooldown", unset=0),
    Field("scaleOutCooldown", unset=0),
    Field("disableScaleIn", default=False),
)

POLICY = ResourceType(
    token="aws:appautoscaling/policy:Policy",
    title="Application Auto Scaling Scaling Policy",
    service="application-autoscaling",
    fields=(
        Field("name", "PolicyName", replaces=True),
        *PLACE,
        Field("policyType", default="StepScaling"),
        Field("targetTrackingScalingPolicyConfiguration", fields=TRACKING),
    ),
    key=("name", *TARGET.key),
    imported=lambda id_: from_path(id_, "name"),
    create="put_scaling_policy",
    read=Call(
        "describe_scaling_policies",
        lambda key: {**placed(key), "PolicyNames": [key["name"]]},
        found="ScalingPolicies[0]",
    ),
    update=Call("put_scaling_policy", placed_and_named("PolicyName")),
    delete=Call("delete_scaling_policy", placed_and_named("PolicyName")),
    missing="ObjectNotFoundException",
    arn="PolicyARN",
    repeat=Repeat("ObjectNotFoundException", 2 * 60),
)

SCHEDULED_ACTION = ResourceType(
    token="aws:appautoscaling/scheduledAction:ScheduledAction",
    title="Application Auto Scaling Scheduled Action",
    service="application-autoscaling",
    fields=(
        Field("name", "ScheduledActionName", replaces=True),
        *PLACE,
        Field("schedule", on_change=True),
        Field("timezone", default="UTC", on_change=True),
        Field("scalableTargetAction", fields=(Field("minCapacity"), Field("maxCapacity")), on_change=True),
    ),
    key=("name", *TARGET.key),
    id=lambda key: f"{key['name']}-{key['serviceNamespace']}-{key['resourceId']}",
    imported=not_importable,
    create="put_scheduled_action",
    read=Call(
        "describe_scheduled_actions",
        lambda key: {**placed(key), "ScheduledActionNames": [key["name"]]},
        found="ScheduledActions[0]",
    ),
    update=Call("put_scheduled_action", placed_and_named("ScheduledActionName")),
    delete=Call("delete_scheduled_action", placed_and_named("ScheduledActionName")),
    missing="ObjectNotFoundException",
    arn="ScheduledActionARN",
    repeat=Repeat("ObjectNotFoundException", 5 * 60),
)

TYPES = (TARGET, POLICY, SCHEDULED_ACTION)
