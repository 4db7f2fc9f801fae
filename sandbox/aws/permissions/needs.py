"""What IAM wants to be allowed for a request: a table of operations, a row each.

A row gives actions on resources with the keys that a condition may ask for, and also what AWS does on the caller's
behalf: a role that is passed, tags that are given to something new, a key that is granted, alarms of target tracking.
Actions and types are those of the service authorization reference (a test compares them); where it leaves open which
resource is asked for, the row says what was decided.
"""

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.aws import autoscaling, kms
from sandbox.aws.permissions.policy import Context, Need
from sandbox.aws.world import ACCOUNT, Params, World

SCALER = "sagemaker.application-autoscaling.amazonaws.com"


@dataclass(frozen=True)
class Request:
    """A request of AWS, and the world that it meets."""

    world: World
    region: str
    params: Params

    def arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{rest}"

    def sagemaker(self, kind: str, name: str) -> str:
        """SageMaker lower-cases names in ARNs."""
        return name if name.startswith("arn:") else self.arn("sagemaker", f"{kind}/{name.lower()}")


Row = Callable[[Request], Iterable[Need]]
Arn = Callable[[Request], str]


def given(tags: Any) -> dict[str, str | tuple[str, ...]]:
    """The keys that tell the tags of a request, which some services write as a map."""
    pairs = tags if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags or ()}
    keys: dict[str, str | tuple[str, ...]] = {"aws:TagKeys": tuple(sorted(pairs))} if pairs else {}
    return keys | {f"aws:RequestTag/{key}": str(value) for key, value in pairs.items()}


# Rows


def on_nothing(action: str) -> Row:
    return lambda _: [Need(action, "*")]


def on(action: str, *arns: Arn) -> Row:
    return lambda request: [Need(action, arn(request)) for arn in arns]


def free(_: Request) -> Iterable[Need]:
    """Anybody may."""
    return ()


def each(action: str, arns: Callable[[Request], Iterable[str]]) -> Row:
    return lambda request: [Need(action, arn) for arn in arns(request)]


def tagging(action: str, arn: Arn, member: str = "Tags") -> Row:
    return lambda request: [Need(action, arn(request), given(request.params.get(member)))]


def untagging(action: str, arn: Arn, member: str = "TagKeys") -> Row:
    return lambda request: [Need(action, arn(request), {"aws:TagKeys": tuple(request.params.get(member, ()))})]


def made(action: str, arn: Arn, tag: str, *, member: str = "Tags") -> Row:
    """Something that is made, and may be tagged in the same call."""

    def needs(request: Request) -> Iterator[Need]:
        tags = given(request.params.get(member))
        yield Need(action, arn(request), tags)
        if tags:
            yield Need(tag, arn(request), tags)

    return needs


def member(service: str, form: str, name: str) -> Arn:
    """The ARN of what a member of the request names."""
    return lambda request: request.arn(service, form.format(request.params.get(name, "")))


def as_said(name: str) -> Arn:
    """What a member has as an ARN already."""
    return lambda request: str(request.params.get(name, ""))


# SageMaker


def of(kind: str, name: str) -> Arn:
    return lambda request: request.sagemaker(kind, str(request.params.get(name, "")))


def sagemaker_made(action: str, kind: str, name: str) -> Row:
    arn = of(kind, name)

    def needs(request: Request) -> Iterator[Need]:
        tags = given(request.params.get("Tags"))
        yield Need(f"sagemaker:{action}", arn(request), tags)
        if tags:
            yield Need("sagemaker:AddTags", arn(request), {**tags, "sagemaker:TaggingAction": action})

    return needs


def passed(request: Request) -> Iterator[Need]:
    if role := request.params.get("ExecutionRoleArn"):
        yield Need("iam:PassRole", role, {"iam:PassedToService": "sagemaker.amazonaws.com"})


def create_model(request: Request) -> Iterator[Need]:
    yield from sagemaker_made("CreateModel", "model", "ModelName")(request)
    yield from passed(request)
    yield from (Need("sagemaker:CreateModel", arn) for arn in foreign_packages(request.params))


def foreign_packages(params: Params) -> list[str]:
    """The packages of other accounts that a model is to be made of: that has to be allowed on them too."""
    containers = [params.get("PrimaryContainer", {}), *params.get("Containers", ())]
    packages = [str(container.get("ModelPackageName", "")) for container in containers]
    return [package for package in packages if package.startswith("arn:") and package.split(":")[4] != ACCOUNT]


def create_endpoint_config(request: Request) -> Iterator[Need]:
    variants = request.params.get("ProductionVariants", ())
    keys: dict[str, str] = {}
    for variant in variants:
        if name := variant.get("ModelName"):
            keys["sagemaker:ModelArn"] = request.sagemaker("model", name)
        serverless = variant.get("ServerlessConfig", {})
        for said, key in (("MemorySizeInMB", "ServerlessMemorySize"), ("MaxConcurrency", "ServerlessMaxConcurrency")):
            if said in serverless:
                keys[f"sagemaker:{key}"] = str(serverless[said])
    for need in sagemaker_made("CreateEndpointConfig", "endpoint-config", "EndpointConfigName")(request):
        is_it = need.action == "sagemaker:CreateEndpointConfig"
        yield replace(need, context={**need.context, **keys}) if is_it else need
    yield from passed(request)


def granted(request: Request) -> Iterator[Need]:
    """SageMaker makes a grant for the key of the configuration, in the caller's name."""
    config = request.world.configs.get(of("endpoint-config", "EndpointConfigName")(request))
    if config and (key := config.details.get("KmsKeyId")):
        via = f"sagemaker.{request.region}.amazonaws.com"
        yield Need("kms:CreateGrant", key, {"kms:GrantIsForAWSResource": "true", "kms:ViaService": via})


def create_endpoint(request: Request) -> Iterator[Need]:
    yield from sagemaker_made("CreateEndpoint", "endpoint", "EndpointName")(request)
    config = of("endpoint-config", "EndpointConfigName")(request)
    yield Need("sagemaker:CreateEndpoint", config, given(request.params.get("Tags")))
    yield from granted(request)


def update_endpoint(request: Request) -> Iterator[Need]:
    yield Need("sagemaker:UpdateEndpoint", of("endpoint", "EndpointName")(request))
    yield Need("sagemaker:UpdateEndpoint", of("endpoint-config", "EndpointConfigName")(request))
    yield from granted(request)


def list_packages(request: Request) -> Iterator[Need]:
    """AWS's reference has packages alone; of one group, they are those beneath its name."""
    group = of("model-package-group", "ModelPackageGroupName")(request)
    yield Need("sagemaker:ListModelPackages", group.replace(":model-package-group/", ":model-package/") + "/*")


def packages(request: Request) -> Iterator[str]:
    return (request.sagemaker("model-package", arn) for arn in request.params.get("ModelPackageArnList", ()))


def create_package(request: Request) -> Iterator[Need]:
    status = request.params.get("ModelApprovalStatus")
    keys: Context = {"sagemaker:ModelApprovalStatus": status} if status else {}
    grouped = "ModelPackageGroupName" in request.params
    kind, name = ("model-package-group", "ModelPackageGroupName") if grouped else ("model-package", "ModelPackageName")
    yield Need("sagemaker:CreateModelPackage", of(kind, name)(request), {**given(request.params.get("Tags")), **keys})


def update_package(request: Request) -> Iterator[Need]:
    status = request.params.get("ModelApprovalStatus")
    keys: Context = {"sagemaker:ModelApprovalStatus": status} if status else {}
    yield Need("sagemaker:UpdateModelPackage", of("model-package", "ModelPackageArn")(request), keys)


def describe_package(request: Request) -> Iterator[Need]:
    """An answer with an encrypted model card is decrypted in the caller's name."""
    arn = of("model-package", "ModelPackageName")(request)
    yield Need("sagemaker:DescribeModelPackage", arn)
    package = request.world.packages.get(arn)
    if package and request.params.get("IncludedData") != "MetadataOnly" and (key := card_key(package.details)):
        found = kms.find(request.region, key)
        yield Need("kms:Decrypt", found.arn if found else key)


def card_key(package: Params) -> str:
    """The key that encrypts the model card of a package; "" without one."""
    return str(package.get("SecurityConfig", {}).get("KmsKeyId", "")) if package.get("ModelCard") else ""


SAGEMAKER: Mapping[str, Row] = {
    "CreateModel": create_model,
    "CreateEndpointConfig": create_endpoint_config,
    "CreateEndpoint": create_endpoint,
    "UpdateEndpoint": update_endpoint,
    "UpdateEndpointWeightsAndCapacities": on(
        "sagemaker:UpdateEndpointWeightsAndCapacities", of("endpoint", "EndpointName")
    ),
    **{
        f"{verb}{name}": on(f"sagemaker:{verb}{name}", of(kind, member_))
        for verb in ("Describe", "Delete")
        for name, kind, member_ in (
            ("Model", "model", "ModelName"),
            ("EndpointConfig", "endpoint-config", "EndpointConfigName"),
            ("Endpoint", "endpoint", "EndpointName"),
            ("ModelPackageGroup", "model-package-group", "ModelPackageGroupName"),
            ("ModelPackage", "model-package", "ModelPackageName"),
        )
    },
    "DescribeModelPackage": describe_package,
    **{
        operation: on_nothing(f"sagemaker:{operation}")
        for operation in ("ListEndpoints", "ListEndpointConfigs", "ListModels", "ListModelPackageGroups")
    },
    "ListModelPackages": list_packages,
    "BatchDescribeModelPackage": each("sagemaker:BatchDescribeModelPackage", packages),
    "CreateModelPackageGroup": sagemaker_made(
        "CreateModelPackageGroup", "model-package-group", "ModelPackageGroupName"
    ),
    "CreateModelPackage": create_package,
    "UpdateModelPackage": update_package,
    **{
        f"{verb}ModelPackageGroupPolicy": on(
            f"sagemaker:{verb}ModelPackageGroupPolicy", of("model-package-group", "ModelPackageGroupName")
        )
        for verb in ("Put", "Get", "Delete")
    },
    "AddTags": tagging("sagemaker:AddTags", as_said("ResourceArn")),
    "ListTags": on("sagemaker:ListTags", as_said("ResourceArn")),
    "DeleteTags": untagging("sagemaker:DeleteTags", as_said("ResourceArn")),
}

# STS


def assume_role(request: Request) -> Iterator[Need]:
    """In one account the trust policy decides alone (sts.py), of another account both sides do."""
    role = str(request.params.get("RoleArn", ""))
    if role.split(":")[4:5] != [ACCOUNT]:
        yield Need("sts:AssumeRole", role)


# Parameter Store


def parameter(name: str) -> str:
    return f"parameter/{name.removeprefix('/')}"


def named(name: str) -> Arn:
    return lambda request: request.arn("ssm", parameter(str(request.params.get(name, ""))))


def all_named(request: Request) -> Iterator[str]:
    return (request.arn("ssm", parameter(name)) for name in request.params.get("Names", ()))


SSM: Mapping[str, Row] = {
    "PutParameter": made("ssm:PutParameter", named("Name"), "ssm:AddTagsToResource"),
    "GetParameter": on("ssm:GetParameter", named("Name")),
    "DeleteParameter": on("ssm:DeleteParameter", named("Name")),
    "GetParameters": each("ssm:GetParameters", all_named),
    "DeleteParameters": each("ssm:DeleteParameters", all_named),
    "GetParametersByPath": on("ssm:GetParametersByPath", named("Path")),
    "DescribeParameters": on_nothing("ssm:DescribeParameters"),
    "AddTagsToResource": tagging("ssm:AddTagsToResource", named("ResourceId")),
    "RemoveTagsFromResource": untagging("ssm:RemoveTagsFromResource", named("ResourceId")),
    "ListTagsForResource": on("ssm:ListTagsForResource", named("ResourceId")),
}

# CloudWatch Logs

GROUP = member("logs", "log-group:{}", "logGroupName")
LOGS: Mapping[str, Row] = {
    "CreateLogGroup": made("logs:CreateLogGroup", GROUP, "logs:TagResource", member="tags"),
    # Asked for on no group, whatever the prefix (hashicorp/terraform-provider-aws, issue 8804)
    "DescribeLogGroups": on("logs:DescribeLogGroups", member("logs", "log-group::log-stream:", "")),
    **{
        operation: on(f"logs:{operation}", GROUP)
        for operation in (
            "DeleteLogGroup",
            "PutRetentionPolicy",
            "DeleteRetentionPolicy",
            "AssociateKmsKey",
            "DisassociateKmsKey",
        )
    },
    "ListTagsForResource": on("logs:ListTagsForResource", as_said("resourceArn")),
    "TagResource": tagging("logs:TagResource", as_said("resourceArn"), "tags"),
    "UntagResource": untagging("logs:UntagResource", as_said("resourceArn"), "tagKeys"),
}

# Application Auto Scaling


def scalable(request: Request) -> str:
    return autoscaling.arn_of(request.region, str(request.params.get("ResourceId", "")))


def scaled(action: str) -> Row:
    def needs(request: Request) -> Iterator[Need]:
        keys = {
            "application-autoscaling:service-namespace": str(request.params.get("ServiceNamespace", "")),
            "application-autoscaling:scalable-dimension": str(request.params.get("ScalableDimension", "")),
        }
        yield Need(
            f"application-autoscaling:{action}", scalable(request), {**keys, **given(request.params.get("Tags"))}
        )

    return needs


def register_target(request: Request) -> Iterator[Need]:
    """It looks, as the caller, whether the caller may do all that scaling does (its user guide, permissions)."""
    yield from scaled("RegisterScalableTarget")(request)
    if tags := given(request.params.get("Tags")):
        yield Need("application-autoscaling:TagResource", scalable(request), tags)
    name = str(request.params.get("ResourceId", "")).split("/")[1]
    endpoint = request.sagemaker("endpoint", name)
    yield Need("sagemaker:DescribeEndpoint", endpoint)
    yield Need("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint)
    if shown := request.world.endpoints.get(endpoint):
        yield Need("sagemaker:DescribeEndpointConfig", request.sagemaker("endpoint-config", shown.config))
    yield Need("cloudwatch:DescribeAlarms", request.arn("cloudwatch", "alarm:*"))
    if not request.world.targets:  # the account's first, so that the scaler's role is not there
        name = f"role/aws-service-role/{SCALER}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        role = f"arn:aws:iam::{ACCOUNT}:{name}"
        yield Need("iam:CreateServiceLinkedRole", role, {"iam:AWSServiceName": SCALER})


def tracking(*actions: str) -> Callable[[Request], Iterator[Need]]:
    def needs(request: Request) -> Iterator[Need]:
        alarm = request.arn("cloudwatch", f"alarm:TargetTracking-{request.params.get('ResourceId', '')}-AlarmHigh")
        for action in actions:
            yield Need(f"cloudwatch:{action}", alarm)

    return needs


def both(*rows: Row) -> Row:
    return lambda request: [need for row in rows for need in row(request)]


AUTOSCALING: Mapping[str, Row] = {
    "RegisterScalableTarget": register_target,
    "DeregisterScalableTarget": both(scaled("DeregisterScalableTarget"), tracking("DeleteAlarms")),
    "PutScalingPolicy": both(scaled("PutScalingPolicy"), tracking("PutMetricAlarm")),
    "DeleteScalingPolicy": both(scaled("DeleteScalingPolicy"), tracking("DeleteAlarms")),
    "PutScheduledAction": scaled("PutScheduledAction"),
    "DeleteScheduledAction": scaled("DeleteScheduledAction"),
    **{
        operation: on_nothing(f"application-autoscaling:{operation}")
        for operation in ("DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScheduledActions")
    },
    "TagResource": tagging("application-autoscaling:TagResource", as_said("ResourceARN")),
    "UntagResource": untagging("application-autoscaling:UntagResource", as_said("ResourceARN")),
    "ListTagsForResource": on("application-autoscaling:ListTagsForResource", as_said("ResourceARN")),
}

# CloudWatch


def alarms(request: Request) -> Iterator[str]:
    return (request.arn("cloudwatch", f"alarm:{name}") for name in request.params.get("AlarmNames", ()))


def dashboard(name: str) -> str:
    """Dashboards are the whole account's."""
    return f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}"


def one_dashboard(request: Request) -> str:
    return dashboard(str(request.params.get("DashboardName", "")))


def dashboards(request: Request) -> Iterator[str]:
    return (dashboard(name) for name in request.params.get("DashboardNames", ()))


def put_metrics(request: Request) -> Iterator[Need]:
    yield Need("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": str(request.params.get("Namespace", ""))})


ALARM = member("cloudwatch", "alarm:{}", "AlarmName")
CLOUDWATCH: Mapping[str, Row] = {
    "PutMetricAlarm": made("cloudwatch:PutMetricAlarm", ALARM, "cloudwatch:TagResource"),
    "SetAlarmState": on("cloudwatch:SetAlarmState", ALARM),
    "DescribeAlarms": on("cloudwatch:DescribeAlarms", member("cloudwatch", "alarm:*", "")),
    "DeleteAlarms": each("cloudwatch:DeleteAlarms", alarms),
    "PutDashboard": on("cloudwatch:PutDashboard", one_dashboard),
    "GetDashboard": on("cloudwatch:GetDashboard", one_dashboard),
    "DeleteDashboards": each("cloudwatch:DeleteDashboards", dashboards),
    "PutMetricData": put_metrics,
    **{name: on_nothing(f"cloudwatch:{name}") for name in ("ListDashboards", "GetMetricData", "ListMetrics")},
    "TagResource": tagging("cloudwatch:TagResource", as_said("ResourceARN")),
    "UntagResource": untagging("cloudwatch:UntagResource", as_said("ResourceARN")),
    "ListTagsForResource": on("cloudwatch:ListTagsForResource", as_said("ResourceARN")),
}

# SNS and EventBridge

TOPIC = as_said("TopicArn")
SNS: Mapping[str, Row] = {
    "CreateTopic": made("sns:CreateTopic", member("sns", "{}", "Name"), "sns:TagResource"),
    **{
        name: on(f"sns:{name}", TOPIC)
        for name in ("GetTopicAttributes", "SetTopicAttributes", "DeleteTopic", "Subscribe", "Publish")
    },
    "ListSubscriptionsByTopic": on("sns:ListSubscriptionsByTopic", TOPIC),
    **{name: on_nothing(f"sns:{name}") for name in ("GetSubscriptionAttributes", "SetSubscriptionAttributes")},
    **{name: on_nothing(f"sns:{name}") for name in ("Unsubscribe", "ListTopics")},
    "TagResource": tagging("sns:TagResource", as_said("ResourceArn")),
    "UntagResource": untagging("sns:UntagResource", as_said("ResourceArn")),
    "ListTagsForResource": on("sns:ListTagsForResource", as_said("ResourceArn")),
}


def rule_of(name: str) -> Arn:
    """The ARN of a rule that a member names, on the bus that the request says."""

    def arn(request: Request) -> str:
        bus = str(request.params.get("EventBusName", "default")).rpartition("/")[2]
        rule = str(request.params.get(name, ""))
        return request.arn("events", f"rule/{rule if bus == 'default' else f'{bus}/{rule}'}")

    return arn


def bus_of(name: str) -> Arn:
    return lambda request: request.arn("events", f"event-bus/{request.params.get(name, 'default').rpartition('/')[2]}")


RULE, RULE_OF = rule_of("Name"), rule_of("Rule")
EVENTS: Mapping[str, Row] = {
    "CreateEventBus": made("events:CreateEventBus", bus_of("Name"), "events:TagResource"),
    "DescribeEventBus": on("events:DescribeEventBus", bus_of("Name")),
    "PutPermission": on_nothing("events:PutPermission"),
    "PutRule": made("events:PutRule", RULE, "events:TagResource"),
    "DescribeRule": on("events:DescribeRule", RULE),
    "DeleteRule": on("events:DeleteRule", RULE),
    "ListRules": on_nothing("events:ListRules"),
    **{name: on(f"events:{name}", RULE_OF) for name in ("PutTargets", "RemoveTargets", "ListTargetsByRule")},
    "TagResource": tagging("events:TagResource", as_said("ResourceARN")),
    "UntagResource": untagging("events:UntagResource", as_said("ResourceARN")),
    "ListTagsForResource": on("events:ListTagsForResource", as_said("ResourceARN")),
}

# What is of the account


def role(request: Request) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{request.params.get('RoleName', '')}"


def repository(request: Request) -> str:
    account = request.params.get("registryId", ACCOUNT)
    return f"arn:aws:ecr:{request.region}:{account}:repository/{request.params.get('repositoryName', '')}"


# The state of a stack: S3 and KMS, which moto plays


def with_key(action: str) -> Row:
    """On the key that is named, or whose id a ciphertext of moto's begins with."""

    def needs(request: Request) -> Iterator[Need]:
        blob = b64decode(request.params.get("CiphertextBlob", ""))
        said = str(request.params.get("KeyId", "")) or blob[:KEY_ID].decode(errors="replace")
        found = kms.find(request.region, said) or kms.Key(request.arn("kms", f"key/{said}"))
        yield Need(action, found.arn, {"kms:ResourceAliases": found.aliases})

    return needs


def bucket(request: Request) -> str:
    return f"arn:aws:s3:::{request.params.get('Bucket', '')}"


def in_bucket(request: Request) -> str:
    """One object, or any where the body names them."""
    return f"{bucket(request)}/{request.params.get('Key', '*')}"


KEY_ID = 36  # bytes
S3: Mapping[str, Row] = {
    "CreateBucket": on("s3:CreateBucket", bucket),
    "HeadBucket": on("s3:ListBucket", bucket),
    "ListObjects": on("s3:ListBucket", bucket),
    "GetObject": on("s3:GetObject", in_bucket),
    "HeadObject": on("s3:GetObject", in_bucket),
    "DeleteObject": on("s3:DeleteObject", in_bucket),
    "DeleteObjects": on("s3:DeleteObject", in_bucket),
    "AbortMultipartUpload": on("s3:AbortMultipartUpload", in_bucket),
    **{
        operation: on("s3:PutObject", in_bucket)
        for operation in ("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
    },
}


# boto3's name of a service -> its operations
NEEDS: Mapping[str, Mapping[str, Row]] = {
    "sagemaker": SAGEMAKER,
    "sagemaker-runtime": {"InvokeEndpoint": on("sagemaker:InvokeEndpoint", of("endpoint", "EndpointName"))},
    "ssm": SSM,
    "logs": LOGS,
    "application-autoscaling": AUTOSCALING,
    "cloudwatch": CLOUDWATCH,
    "sns": SNS,
    "events": EVENTS,
    "iam": {"GetRole": on("iam:GetRole", role), "GetUser": free},  # of oneself
    "sts": {"GetCallerIdentity": free, "AssumeRole": assume_role},
    "ecr": {name: on(f"ecr:{name}", repository) for name in ("DescribeImages", "SetRepositoryPolicy")},
    "kms": {name: with_key(f"kms:{name}") for name in ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey")},
    "s3": S3,
    "cloudtrail": {"LookupEvents": on_nothing("cloudtrail:LookupEvents")},
    "pricing": {"GetProducts": on_nothing("pricing:GetProducts")},
    "service-quotas": {"ListServiceQuotas": on_nothing("servicequotas:ListServiceQuotas")},
}


def of_request(world: World, service: str, operation: str, region: str, params: Params) -> list[Need] | None:
    """What a request needs, with the tags of what it is about; None where that is not known here."""
    row = NEEDS.get(service, {}).get(operation)
    if row is None:
        return None
    return [_with_tags(world, need) for need in row(Request(world, region, params))]


def _with_tags(world: World, need: Need) -> Need:
    tags = world.tags.get(need.resource, {})
    return replace(need, context={**need.context, **{f"aws:ResourceTag/{key}": value for key, value in tags.items()}})
