"""The resource types of the stand-in `aws` provider, one row each: Pulumi's properties, boto3's calls, what replaces.

A row is our claim about how pulumi-aws 7.51.1 behaves (it bridges terraform-provider-aws, internal/service/sagemaker).
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

    @property
    def member(self) -> str:
        return self.aws or self.wire[0].upper() + self.wire[1:]


@dataclass(frozen=True)
class Call:
    """A boto3 method and how it is told which resource is meant."""

    operation: str
    target: Callable[[str], Properties]  # from the resource's id


@dataclass(frozen=True)
class Tagging:
    """How tags travel: in the create call, and by calls of their own afterwards."""

    create: str  # member of the create call
    list: str
    add: str
    remove: str
    keys: str  # member of the remove call that names the keys
    listed: str  # member of the list call's answer
    target: Callable[[str, str], Properties]  # from the resource's id and ARN


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


@dataclass(frozen=True)
class ResourceType:
    """One row: everything the provider knows about a type. Its id is its `name`."""

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
    found: str = "@"  # JMESPath of the resource in the answer of the read call; null where there is none
    tagging: Tagging | None = None
    settling: Settling | None = None

    @property
    def inputs(self) -> frozenset[str]:
        """Names of the properties a program may give."""
        return frozenset(field.wire for field in self.fields) | ({"tags"} if self.tagging else set())


def named(member: str) -> Callable[[str], Properties]:
    return lambda name: {member: name}


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
    Field("mode", default="SingleModel"),
)

MODEL = ResourceType(
    token="aws:sagemaker/model:Model",
    title="SageMaker Model",
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
    Field("serverlessConfig", fields=SERVERLESS),
)

ENDPOINT_CONFIGURATION = ResourceType(
    token="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    title="SageMaker Endpoint Configuration",
    service="sagemaker",
    fields=forcing_new(
        Field("name", "EndpointConfigName"),
        Field("productionVariants", fields=VARIANT),
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
    title="SageMaker Endpoint",
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
    ),
)

TYPES = {row.token: row for row in (MODEL, ENDPOINT_CONFIGURATION, ENDPOINT)}
