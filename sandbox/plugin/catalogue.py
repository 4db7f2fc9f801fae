"""The resource types of the stand-in `aws` provider, one row each: Pulumi's properties, boto3's calls, what replaces.

A row is a claim about how pulumi-aws 7.51.1 behaves (it bridges terraform-provider-aws, internal/service/sagemaker,
ssm and appautoscaling); docs/sandbox.md says what of it was compared with the real code and what is a reading.
Making the calls is cloud.py, comparing properties is difference.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

Properties: TypeAlias = dict[str, Any]


class Refused(Exception):
    """AWS said no, or a resource did not get where it should; the text is what the user reads."""


@dataclass(frozen=True)
class Field:
    """One property on Pulumi's wire and the member of the AWS API it stands for."""

    wire: str
    aws: str = ""  # where it is not the wire name with a capital first letter
    described: str = ""  # in the answer of the read call, where it is not the member of the request
    replaces: bool = False  # a change needs a new resource; holds for everything beneath it
    fields: tuple["Field", ...] = ()  # of a structure; a map of strings has none
    default: object = None  # what the bridge fills in where the program says nothing
    unset: object = None  # what is sent where the program says nothing, and no change from nothing where it is read
    computed: bool = False  # AWS fills it in: what it says is no change where the program says nothing
    unread: bool = False  # AWS does not tell it: the state keeps what the program gave
    kept: bool = False  # an update sends what the state has where the program says nothing
    on_change: bool = False  # an update sends it only where it changed
    secret: bool = False  # as an output, whatever the program gave
    same: Callable[[object, object], bool] = lambda old, new: False  # of state and program: different, and no change

    @property
    def member(self) -> str:
        return self.aws or self.wire[0].upper() + self.wire[1:]


@dataclass(frozen=True)
class Call:
    """A boto3 method and how it is told which resource is meant, in the region of its key."""

    operation: str
    target: Callable[[Properties], Properties]  # from the properties that are the resource's key
    found: str = "@"  # JMESPath of the resource in the answer; null where there is none


@dataclass(frozen=True)
class Tagging:
    """How tags travel: in the create call, and by calls of their own afterwards."""

    create: str  # member of the create call
    list: str
    add: str
    remove: str
    keys: str  # member of the remove call that names the keys
    listed: str  # member of the list call's answer
    target: Callable[[Properties, str], Properties]  # from the resource's key and ARN
    as_map: bool = False  # not as a list of Key and Value
    apart: Callable[[Properties], bool] = lambda request: False  # whether this create call takes no tags


@dataclass(frozen=True)
class Settling:
    """A status that moves by itself after a call was accepted, and how long the provider waits for it."""

    status: str
    reason: str
    pending: frozenset[str]  # after a create or an update
    ready: str
    leaving: frozenset[str]  # after a delete
    seconds: float
    delete_seconds: float
    healing: str = ""  # in the reason of a creation that may fail only because a role is too young
    healing_seconds: float = 0  # for so long such a one is deleted and made again


@dataclass(frozen=True)
class Repeat:
    """An error for which the provider sends a create or an update again, and for how long."""

    code: str
    seconds: float


@dataclass(frozen=True)
class ResourceType:
    """One row: everything the provider knows about a type."""

    token: str
    title: str  # in messages
    service: str  # boto3's client
    fields: tuple[Field, ...]
    create: str  # boto3's method; takes all fields and the tags
    read: Call
    delete: Call
    missing: str  # how an error that says "there is no such resource" begins: "<code>: <message>"
    arn: str  # member of what the read call answers
    update: Call | None = None  # also takes the fields that do not replace; None: only the tags can change
    details: Call | None = None  # a second read call, whose answer is added to that of the first
    key: tuple[str, ...] = ("name",)  # properties that tell it from all others of its type
    id: Callable[[Properties], str] = lambda key: str(key["name"])
    imported: Callable[[str], Properties] = lambda id_: {"name": id_}  # the key, from the id that an import is given
    one_of: tuple[str, ...] = ()  # exactly one of these must be given; they stand for the same member
    tagging: Tagging | None = None
    settling: Settling | None = None
    repeat: Repeat | None = None

    @property
    def inputs(self) -> frozenset[str]:
        """Names of the properties in a resource's inputs: what a program may give, and what Check makes of it."""
        always = {"region"} | ({"tags", "tagsAll"} if self.tagging else set())
        return frozenset(field.wire for field in self.fields) | always


def named(member: str) -> Callable[[Properties], Properties]:
    return lambda key: {member: key["name"]}


def forcing_new(*fields: Field) -> tuple[Field, ...]:
    return tuple(replace(field, replaces=True) for field in fields)


SAGEMAKER_TAGS = Tagging(
    create="Tags",
    list="list_tags",
    add="add_tags",
    remove="delete_tags",
    keys="TagKeys",
    listed="Tags",
    target=lambda _, arn: {"ResourceArn": arn},
)

CONTAINER = (
    Field("modelPackageName"),
    Field("environment"),
    Field("inferenceSpecificationName"),
    Field("mode", default="SingleModel"),
)

MODEL = ResourceType(
    token="aws:sagemaker/model:Model",
    title="SageMaker AI model",
    service="sagemaker",
    fields=forcing_new(
        Field("name", "ModelName"),
        Field("executionRoleArn"),
        Field("primaryContainer", fields=CONTAINER),
        Field("containers", fields=CONTAINER),
    ),
    create="create_model",
    read=Call("describe_model", named("ModelName")),
    delete=Call("delete_model", named("ModelName")),
    missing="ValidationException: Could not find model",
    arn="ModelArn",
    tagging=SAGEMAKER_TAGS,
    repeat=Repeat("ValidationException", 2 * 60),
)

SERVERLESS = (
    Field("memorySizeInMb", "MemorySizeInMB"),
    Field("maxConcurrency"),
    Field("provisionedConcurrency"),
)

VARIANT = (
    Field("variantName"),
    Field("modelName"),
    Field("initialVariantWeight", default=1),
    Field("enableSsmAccess", "EnableSSMAccess", unset=False),
    Field("serverlessConfig", fields=SERVERLESS),
)

ENDPOINT_CONFIGURATION = ResourceType(
    token="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    title="SageMaker AI Endpoint Configuration",
    service="sagemaker",
    fields=forcing_new(
        Field("name", "EndpointConfigName"),
        Field("productionVariants", fields=VARIANT),
        Field("kmsKeyArn", "KmsKeyId"),
    ),
    create="create_endpoint_config",
    read=Call("describe_endpoint_config", named("EndpointConfigName")),
    delete=Call("delete_endpoint_config", named("EndpointConfigName")),
    missing="ValidationException: Could not find endpoint configuration",
    arn="EndpointConfigArn",
    tagging=SAGEMAKER_TAGS,
)

CAPACITY = (Field("type"), Field("value"))

TRAFFIC = (
    Field("type"),
    Field("waitIntervalInSeconds"),
    Field("canarySize", fields=CAPACITY),
    Field("linearStepSize", fields=CAPACITY),
)

BLUE_GREEN = (
    Field("trafficRoutingConfiguration", fields=TRAFFIC),
    Field("terminationWaitInSeconds", default=0),
    Field("maximumExecutionTimeoutInSeconds"),
)

ROLLING = (
    Field("maximumBatchSize", fields=CAPACITY),
    Field("waitIntervalInSeconds"),
    Field("maximumExecutionTimeoutInSeconds"),
    Field("rollbackMaximumBatchSize", fields=CAPACITY),
)

DEPLOYMENT = (
    Field("autoRollbackConfiguration", replaces=True, fields=(Field("alarms", fields=(Field("alarmName"),)),)),
    Field("blueGreenUpdatePolicy", fields=BLUE_GREEN),
    Field("rollingUpdatePolicy", fields=ROLLING),
)

ENDPOINT = ResourceType(
    token="aws:sagemaker/endpoint:Endpoint",
    title="SageMaker AI Endpoint",
    service="sagemaker",
    fields=(
        Field("name", "EndpointName", replaces=True),
        Field("endpointConfigName"),
        Field("deploymentConfig", described="LastDeploymentConfig", fields=DEPLOYMENT),
    ),
    create="create_endpoint",
    read=Call("describe_endpoint", named("EndpointName")),
    update=Call("update_endpoint", named("EndpointName")),
    delete=Call("delete_endpoint", named("EndpointName")),
    missing="ValidationException: Could not find endpoint",
    arn="EndpointArn",
    tagging=SAGEMAKER_TAGS,
    settling=Settling(
        status="EndpointStatus",
        reason="FailureReason",
        # RollingBack is not among them: the provider that sees it fails, the one that misses it reports success.
        pending=frozenset({"Creating", "Updating", "SystemUpdating"}),
        ready="InService",
        leaving=frozenset({"Deleting"}),
        seconds=60 * 60,
        delete_seconds=10 * 60,
        healing='its trust relationship policy allows the action "sts:AssumeRole" for the service principal',
        healing_seconds=4 * 60,
    ),
)

PARAMETER = ResourceType(
    token="aws:ssm/parameter:Parameter",
    title="SSM Parameter",
    service="ssm",
    fields=(
        Field("name", replaces=True),
        Field("type"),
        Field("value", computed=True, secret=True),
        Field("insecureValue", "Value", computed=True),
        Field("description", on_change=True),
        Field("allowedPattern", unset=""),
        Field("dataType", computed=True, replaces=True),
        # Going back to Standard replaces in the real provider; here AWS refuses it
        Field("tier", computed=True, kept=True, same=lambda old, new: bool(old) and new == "Intelligent-Tiering"),
        Field("overwrite", unread=True),
    ),
    one_of=("value", "insecureValue"),
    create="put_parameter",
    read=Call("get_parameter", named("Name"), found="Parameter"),
    details=Call(
        "describe_parameters",
        lambda key: {"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": [key["name"]]}]},
        found="Parameters[0]",
    ),
    update=Call("put_parameter", lambda key: {"Name": key["name"], "Overwrite": True}),
    delete=Call("delete_parameter", named("Name")),
    missing="ParameterNotFound",
    arn="ARN",
    tagging=Tagging(
        create="Tags",
        list="list_tags_for_resource",
        listed="TagList",
        add="add_tags_to_resource",
        remove="remove_tags_from_resource",
        keys="TagKeys",
        target=lambda key, _: {"ResourceType": "Parameter", "ResourceId": key["name"]},
        apart=lambda request: bool(request.get("Overwrite")),
    ),
)

PLACE = forcing_new(Field("serviceNamespace"), Field("resourceId"), Field("scalableDimension"))


def placed(key: Properties) -> Properties:
    """Which scalable target is meant."""
    return {field.member: key[field.wire] for field in PLACE}


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
    update=Call("put_scaling_policy", lambda key: {**placed(key), "PolicyName": key["name"]}),
    delete=Call("delete_scaling_policy", lambda key: {**placed(key), "PolicyName": key["name"]}),
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
    update=Call("put_scheduled_action", lambda key: {**placed(key), "ScheduledActionName": key["name"]}),
    delete=Call("delete_scheduled_action", lambda key: {**placed(key), "ScheduledActionName": key["name"]}),
    missing="ObjectNotFoundException",
    arn="ScheduledActionARN",
    repeat=Repeat("ObjectNotFoundException", 5 * 60),
)

TYPES = {
    row.token: row for row in (MODEL, ENDPOINT_CONFIGURATION, ENDPOINT, PARAMETER, TARGET, POLICY, SCHEDULED_ACTION)
}
