"""What the deployer may do: whoever runs `pulumi up`. And the preview, which is what of it only reads.

A stack whose name prefix is its own is bound by it. Another one is bound by its tags: it may make what it tags as its
own in the same call, and changes only what is tagged so. Reading is by name in both, since what is not there has no
tags, and a run must be told that it is not there.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from fleet.iam.policy import Block, Condition, one_or_many
from fleet.iam.site import KINDS, Ceilings, Site
from fleet.monitoring.signals import NAMESPACE

SAGEMAKER = "sagemaker.amazonaws.com"
SCALER = "sagemaker.application-autoscaling.amazonaws.com"
DIMENSION = "sagemaker:variant:DesiredProvisionedConcurrency"
_READS = re.compile(r"[\w-]+:(Describe|BatchDescribe|Get|List)\w+|kms:Decrypt|sts:AssumeRole")

# What they name


def _tagged(site: Site) -> list[str]:
    """All kinds at once: each action has its kind, and the tags say which are ours."""
    return [site.arn("sagemaker", "*")]


def _configured(site: Site) -> list[str]:
    return _tagged(site) if site.by_tags else site.own("endpoint-config")


def registry(site: Site) -> list[str]:
    """Groups and packages alike, of every account that the stack deploys from."""
    start = f"arn:{site.partition}:sagemaker:{site.region}"
    accounts, kinds = (site.account, *site.registries), ("model-package-group", "model-package")
    return [f"{start}:{account}:{kind}/*" for account in accounts for kind in kinds]


def _shared_packages(site: Site) -> list[str]:
    return [f"arn:{site.partition}:sagemaker:{site.region}:{account}:model-package/*" for account in site.registries]


def repositories(site: Site) -> list[str]:
    """Those of the account, those of accounts whose packages it deploys, and others that containers come from."""
    accounts = (site.account, *site.registries)
    every = [f"arn:{site.partition}:ecr:{site.region}:{account}:repository/*" for account in accounts]
    return [*every, *(image for image in site.images if not image.startswith(tuple(one[:-1] for one in every)))]


def _looked_up(site: Site) -> list[str]:
    return [*registry(site), site.execution_role, *repositories(site), site.arn("cloudwatch", "alarm:*")]


def _looked_up_and_read(site: Site) -> list[str]:
    """All of SageMaker's in the account, packages too: what is not there yet has no tags to be known by."""
    return [*_tagged(site), *(arn for arn in _looked_up(site) if not arn.startswith(site.arn("sagemaker", "")))]


def _scalable(site: Site) -> str:
    return site.arn("application-autoscaling", "scalable-target/*")


def _tracking(site: Site) -> str:
    return site.arn("cloudwatch", f"alarm:TargetTracking-endpoint/{site.prefix}*")


def models(site: Site) -> list[str]:
    """The objects of the models, their reports among them."""
    return [f"arn:{site.partition}:s3:::{place.rstrip('/')}/*" for place in site.models]


def bucket(site: Site) -> list[str]:
    return [f"arn:{site.partition}:s3:::{site.state.bucket}"] if site.state else []


def objects(site: Site, folder: str = "") -> list[str]:
    """What the engine keeps in the bucket."""
    return [f"{one}/{site.state.folder}.pulumi/{folder}*" for one in bucket(site) if site.state]


def state_key(site: Site) -> list[str]:
    if site.state is None or not site.state.key:
        return []
    return [site.state.key if site.state.key.startswith("arn:") else site.arn("kms", "key/*")]


# Under which condition


def _by_name(site: Site) -> bool:
    return not site.by_tags


def _by_tags(site: Site) -> bool:
    return site.by_tags


def _bounded(site: Site) -> bool:
    """Whether making an endpoint configuration has a statement of its own."""
    return not site.by_tags or site.ceilings != Ceilings()


def _of_the_sizes(site: Site) -> Condition:
    """What an endpoint configuration may be: on our models, and serverless within the ceilings."""
    numbers = {
        "sagemaker:ServerlessMaxConcurrency": site.ceilings.max_concurrency,
        "sagemaker:ServerlessMemorySize": site.ceilings.memory_mb,
    }
    most = {key: str(value) for key, value in numbers.items() if value}
    ours = site.tagged_as_ours("aws:RequestTag")
    return {
        **(ours if site.by_tags else {"ArnLike": {"sagemaker:ModelArn": one_or_many(site.own("model"))}}),
        **({"NumericLessThanEquals": most} if most else {}),
    }


def _asked_as_ours(site: Site) -> Condition:
    return site.tagged_as_ours("aws:RequestTag")


def _while_made(_: Site) -> Condition:
    """As part of making something, which has to be tagged as ours: else what is another stack's could be tagged so."""
    return {"Null": {"sagemaker:TaggingAction": "false"}}


def by_alias(site: Site) -> Condition:
    """A policy names a key by its id, and by an alias only so (KMS developer guide, ABAC for KMS, 2026-11)."""
    if site.state is None or site.state.key.startswith("arn:"):
        return {}
    return {"ForAnyValue:StringEquals": {"kms:ResourceAliases": site.state.key}}


# What for

LOOK_UP = {
    "cloudwatch:DescribeAlarms": "refresh, and the alarms of target tracking",
    "ecr:DescribeImages": "an image too big for serverless; can be left out",
    "iam:GetRole": "whether SageMaker may assume the execution role",
    "sagemaker:DescribeModelPackage": "what serverless can run, and what a gate goes by",
    "sagemaker:DescribeModelPackageGroup": "whether a group is there",
    "sagemaker:ListModelPackages": "what is approved",
}
READ = {
    "sagemaker:DescribeEndpoint": "what serves, and what came of an update",
    "sagemaker:DescribeEndpointConfig": "what of it is served",
    "sagemaker:DescribeModel": "which package a configuration runs",
    "sagemaker:ListTags": "whose it is",
}
MAKE = {
    "sagemaker:CreateEndpoint": "a task's endpoint, and the candidate that a smoke test calls",
    "sagemaker:CreateModel": "a revision's model",
}
CONFIGURE = {"sagemaker:CreateEndpointConfig": "a revision's endpoint configuration"}
CHANGE = {
    "sagemaker:AddTags": "another owner of a task",
    "sagemaker:DeleteEndpoint": "a task that leaves, and a candidate after its test",
    "sagemaker:DeleteEndpointConfig": "a revision that nothing goes back to",
    "sagemaker:DeleteModel": "the same of its model",
    "sagemaker:DeleteTags": "an owner that the task list no longer names",
    "sagemaker:InvokeEndpoint": "a smoke test",
    "sagemaker:UpdateEndpoint": "the new version",
    "sagemaker:UpdateEndpointWeightsAndCapacities": "provisioned concurrency, the run's and Application Auto Scaling's",
}

READ_REGISTRY = Block(
    "ReadRegistry",
    {"sts:AssumeRole": "registryRoleArn, which reads the groups of its account"},
    on=lambda site: [site.registry_role] if site.registry_role else [],
)
# What a version was judged by: gates go by it, and people who decide. One statement, as far as its places are known.
REPORTS = {"s3:GetObject": "the report of an evaluation, how large an archive is, and whether another account keeps it"}
DECRYPTED = {"kms:Decrypt": "an encrypted report or model card"}
EVIDENCE = (
    Block(
        "Evidence",
        {**REPORTS, **DECRYPTED},
        on=lambda site: [*models(site), *site.model_keys],
        where=lambda site: bool(site.models and site.model_keys),
    ),
    Block("Evidence", REPORTS, on=models, where=lambda site: not site.model_keys),
    Block("Evidence", DECRYPTED, on=lambda site: site.model_keys, where=lambda site: not site.models),
)

DEPLOYER: Sequence[Block] = (
    Block("LookUp", LOOK_UP, on=_looked_up, where=_by_name),
    Block("LookUp", {**LOOK_UP, **READ}, on=_looked_up_and_read, where=_by_tags),
    Block("SharedModels", {"sagemaker:CreateModel": "a model of another account's package"}, on=_shared_packages),
    READ_REGISTRY,
    *EVIDENCE,
    Block("Endpoints", {**READ, **MAKE, **CHANGE}, on=lambda site: site.own(*KINDS), where=_by_name),
    Block("Configure", CONFIGURE, on=_configured, when=_of_the_sizes, where=_bounded),
    Block("Make", MAKE, on=_tagged, when=_asked_as_ours, where=lambda site: site.by_tags and _bounded(site)),
    Block("Make", {**MAKE, **CONFIGURE}, on=_tagged, when=_asked_as_ours, where=lambda site: not _bounded(site)),
    Block("TagNew", {"sagemaker:AddTags": "from the first moment"}, on=_tagged, when=_while_made, where=_by_tags),
    Block("Change", CHANGE, on=_tagged, when=lambda site: site.tagged_as_ours("aws:ResourceTag"), where=_by_tags),
    Block(
        "PassRole",
        {"iam:PassRole": "containers run as the execution role"},
        on=lambda site: [site.execution_role],
        when=lambda _: {"StringEquals": {"iam:PassedToService": SAGEMAKER}},
    ),
    Block(
        "EndpointKeys",
        {"kms:CreateGrant": "CreateEndpoint and UpdateEndpoint where a task has a kms_key"},
        on=lambda site: [site.arn("kms", "key/*")],
        when=lambda site: {
            "Bool": {"kms:GrantIsForAWSResource": "true"},
            "StringEquals": {"kms:ViaService": f"sagemaker.{site.region}.amazonaws.com"},
        },
    ),
    Block(
        "Beside",
        {
            "application-autoscaling:ListTagsForResource": "whose it is",
            "application-autoscaling:TagResource": "whose it is",
            "application-autoscaling:UntagResource": "an owner that the task list no longer names",
            "logs:CreateLogGroup": "log_retention_days of an endpoint that has logged nothing",
            "logs:ListTagsForResource": "refresh",
            "logs:PutRetentionPolicy": "log_retention_days",
            "logs:TagResource": "whose it is",
            "ssm:AddTagsToResource": "whose it is",
            "ssm:DeleteParameter": "a task that leaves",
            "ssm:GetParameter": "refresh",
            "ssm:GetParameters": "what apps read, and whose it is",
            "ssm:ListTagsForResource": "whose it is",
            "ssm:PutParameter": "what serves, for the apps that call",
            "ssm:RemoveTagsFromResource": "an owner that the task list no longer names",
        },
        on=lambda site: [_scalable(site), *site.log_groups, *site.parameters],
    ),
    Block(
        "Scaling",
        {
            "application-autoscaling:DeleteScalingPolicy": "a task without scaling any more",
            "application-autoscaling:DeleteScheduledAction": "a schedule that leaves",
            "application-autoscaling:DeregisterScalableTarget": "a task without scaling any more",
            "application-autoscaling:PutScalingPolicy": "scaling",
            "application-autoscaling:PutScheduledAction": "scaling by schedule",
            "application-autoscaling:RegisterScalableTarget": "scaling",
        },
        on=lambda site: [_scalable(site)],
        when=lambda _: {"StringEquals": {"application-autoscaling:scalable-dimension": DIMENSION}},
    ),
    Block(
        "ScalingRole",
        {"iam:CreateServiceLinkedRole": "the account's first scaled endpoint"},
        on=lambda site: [site.arn("iam", "role/aws-service-role/*", region="")],
        when=lambda _: {"StringEquals": {"iam:AWSServiceName": SCALER}},
    ),
    Block(
        # Application Auto Scaling makes alarms with the permissions of who puts a policy (its user guide, 2026-11)
        "Monitoring",
        {
            "cloudwatch:DeleteAlarms": "an endpoint that leaves, and target tracking",
            "cloudwatch:DeleteDashboards": "a page that is no longer needed",
            "cloudwatch:GetDashboard": "whose it is",
            "cloudwatch:ListTagsForResource": "whose it is",
            "cloudwatch:PutDashboard": "what went live",
            "cloudwatch:PutMetricAlarm": "an endpoint's alarms, and target tracking",
            "cloudwatch:TagResource": "whose it is",
            "cloudwatch:UntagResource": "an owner that the task list no longer names",
            "events:DeleteRule": "a rule that is no longer needed",
            "events:DescribeRule": "whose it is",
            "events:ListTagsForResource": "whose it is",
            "events:ListTargetsByRule": "refresh",
            "events:PutRule": "endpoints that fail or roll back",
            "events:PutTargets": "whom to tell of them",
            "events:RemoveTargets": "a topic that is no longer told",
            "events:TagResource": "whose it is",
            "events:UntagResource": "tags that others put on it",
            "sns:CreateTopic": "alerts",
            "sns:DeleteTopic": "a stack that leaves",
            "sns:GetTopicAttributes": "refresh",
            "sns:ListTagsForResource": "whose it is",
            "sns:SetTopicAttributes": "who may publish",
            "sns:Subscribe": "alertEmails",
            "sns:TagResource": "whose it is",
            "sns:UntagResource": "tags that others put on it",
        },
        on=lambda site: [*site.alarms, _tracking(site), *site.dashboards, *site.rules, *site.topics],
    ),
    Block(
        "Metrics",
        {"cloudwatch:PutMetricData": "how a run went"},
        when=lambda _: {"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
    ),
    Block(
        "NotNarrowed",
        {
            "application-autoscaling:DescribeScalableTargets": "what scales",
            "application-autoscaling:DescribeScalingPolicies": "refresh",
            "application-autoscaling:DescribeScheduledActions": "refresh",
            # AWS asks for it on `log-group::log-stream:`, whatever the prefix (hashicorp/terraform-provider-aws, 8804)
            "logs:DescribeLogGroups": "how long a group keeps its lines",
            "sagemaker:ListEndpoints": "every endpoint's status in one call",
            "sagemaker:ListModelPackageGroups": "the name that was probably meant",
            "servicequotas:ListServiceQuotas": "what AWS would refuse later",
            "sns:GetSubscriptionAttributes": "whether an e-mail is confirmed",
            "sns:Unsubscribe": "an address that the configuration no longer names",
            "ssm:DescribeParameters": "refresh",
        },
    ),
    Block(
        "State",
        {
            "s3:DeleteObject": "the lock, when the run has ended",
            "s3:GetObject": "what the last run left",
            "s3:ListBucket": "which stacks and locks there are",
            "s3:PutObject": "what this run does",
        },
        on=lambda site: [*bucket(site), *objects(site)],
    ),
    Block(
        "StateKey",
        {
            "kms:Decrypt": "the state, and its secrets",
            "kms:Encrypt": "its secrets",
            "kms:GenerateDataKey": "the objects of a bucket that this key encrypts",
        },
        on=state_key,
        when=by_alias,
    ),
)


def _reading(block: Block) -> Block:
    return replace(block, may={action: why for action, why in block.may.items() if _READS.fullmatch(action)})


# A preview takes no lock and writes nothing (pulumi 3.259.0, pkg/backend/diy).
PREVIEW = tuple(block for block in map(_reading, DEPLOYER) if block.may)
