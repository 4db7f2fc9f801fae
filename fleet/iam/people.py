"""What everybody else may do: who operates the fleet by hand, calls it, trains for it, approves; and its containers."""

from collections.abc import Sequence

from fleet.iam.deployer import (
    EVIDENCE,
    PREVIEW,
    READ_REGISTRY,
    bucket,
    by_alias,
    models,
    objects,
    registry,
    repositories,
    state_key,
)
from fleet.iam.policy import Block, Condition
from fleet.iam.site import KINDS, Site
from fleet.tags import Ownership

PENDING = "PendingManualApproval"
DECISIONS = ("Approved", "Rejected")
LOOKED_UP = {
    "ecr:DescribeImages": "an image too big for serverless; can be left out",
    "sagemaker:DescribeModelPackage": "what a version is",
    "sagemaker:DescribeModelPackageGroup": "whether a group is there",
    "sagemaker:ListModelPackages": "what is approved",
}
NAMES = Block("SeeGroups", {"sagemaker:ListModelPackageGroups": "the name that was probably meant"})


def _buckets(site: Site) -> list[str]:
    return list(dict.fromkeys(f"arn:{site.partition}:s3:::{place.partition('/')[0]}" for place in site.models))


def _versions(site: Site) -> list[str]:
    return [*registry(site), *repositories(site)]


def _alarms_of_the_project(site: Site) -> list[str]:
    return [site.arn("cloudwatch", f"alarm:{site.ownership.project}/*")]


def _ours(site: Site) -> Condition:
    return site.tagged_as_ours("aws:ResourceTag")


# Most commands ask the engine for a preview.
OPERATOR: Sequence[Block] = (
    *PREVIEW,
    Block(
        "SeeAnybodys",
        {
            "sagemaker:DescribeEndpoint": "fleet adopt, and whether an orphan serves",
            "sagemaker:DescribeEndpointConfig": "the same",
            "sagemaker:ListTags": "whose it is",
        },
        on=lambda site: site.anybodys(*KINDS),
    ),
    Block(
        "Lists",
        {
            "cloudtrail:LookupEvents": "fleet history",
            "cloudwatch:GetMetricData": "fleet compare, cost and report",
            "pricing:GetProducts": "fleet prices --refresh",
            "sagemaker:ListEndpointConfigs": "fleet orphans",
            "sagemaker:ListModels": "fleet orphans",
        },
    ),
    Block(
        "DeleteOrphans",
        {
            "sagemaker:DeleteEndpoint": "fleet orphans --delete",
            "sagemaker:DeleteEndpointConfig": "the same",
            "sagemaker:DeleteModel": "the same",
        },
        on=lambda site: site.own(*KINDS),
        when=_ours,
    ),
    Block("SeeWhoseAlarms", {"cloudwatch:ListTagsForResource": "fleet orphans"}, on=_alarms_of_the_project),
    Block("DeleteAlarms", {"cloudwatch:DeleteAlarms": "fleet orphans --delete"}, on=_alarms_of_the_project, when=_ours),
    Block(
        "Adopt",
        {"sagemaker:AddTags": "fleet adopt"},
        on=lambda site: site.own("endpoint"),
        # Nothing but our own tags. A call that adds tags has keys, so that ForAllValues is never true for want of them.
        when=lambda site: {
            **site.tagged_as_ours("aws:RequestTag"),
            "ForAllValues:StringEquals": {"aws:TagKeys": sorted(Ownership("", "").tags("", "", ""))},
        },
    ),
    Block(
        "TryLock",
        {"s3:DeleteObject": "whether a run is under way", "s3:PutObject": "the same"},
        on=lambda site: objects(site, "locks/"),
    ),
)

EXECUTION_ROLE: Sequence[Block] = (
    Block("ReadModels", {"s3:GetObject": "model.tar.gz"}, on=models),
    Block("DecryptModels", {"kms:Decrypt": "a model that is encrypted"}, on=lambda site: site.model_keys),
    Block(
        "PullImages",
        {
            "ecr:BatchCheckLayerAvailability": "the container",
            "ecr:BatchGetImage": "the container",
            "ecr:GetDownloadUrlForLayer": "the container",
        },
        on=lambda site: site.images,
    ),
    Block("LogInToEcr", {"ecr:GetAuthorizationToken": "the container"}),
    Block(
        "WriteLogs",
        {
            "logs:CreateLogGroup": "what the container prints",
            "logs:CreateLogStream": "what the container prints",
            "logs:DescribeLogStreams": "what the container prints",
            "logs:PutLogEvents": "what the container prints",
        },
        on=lambda site: site.log_groups,
    ),
)

CONSUMER: Sequence[Block] = (
    Block(
        "ReadWhichEndpointsThereAre",
        {"ssm:GetParametersByPath": "which endpoint serves a task"},
        on=lambda site: [site.arn("ssm", f"parameter{path}") for path in site.parameter_paths],
    ),
    Block(
        "CallThem",
        {"sagemaker:InvokeEndpoint": "an answer"},
        on=lambda site: site.own("endpoint"),
        when=lambda site: _ours(site) if site.by_tags else {},
    ),
)

TRAINER: Sequence[Block] = (
    Block(
        "SeeVersions",
        {**LOOKED_UP, "sagemaker:ListModelPackages": "whether a model is registered already"},
        on=_versions,
    ),
    NAMES,
    Block(
        "Register",
        {"sagemaker:CreateModelPackage": "a version that waits for its approval"},
        on=registry,
        when=lambda _: {"StringEquals": {"sagemaker:ModelApprovalStatus": PENDING}},
    ),
    Block(
        "PutModels",
        {"s3:AbortMultipartUpload": "an upload that broke off", "s3:PutObject": "model.tar.gz, reports"},
        on=models,
    ),
    Block("FindModels", {"s3:ListBucket": "in which Region the bucket is"}, on=_buckets),
    Block(
        "EncryptModels",
        {"kms:Decrypt": "an upload in parts", "kms:GenerateDataKey": "a bucket that this key encrypts"},
        on=lambda site: site.model_keys,
    ),
)

APPROVER: Sequence[Block] = (
    Block("SeeVersions", LOOKED_UP, on=_versions),
    NAMES,
    READ_REGISTRY,
    Block(
        "Decide",
        {"sagemaker:UpdateModelPackage": "approve or reject, with the reason"},
        on=lambda site: [arn for arn in registry(site) if ":model-package/" in arn],
        when=lambda _: {"StringEquals": {"sagemaker:ModelApprovalStatus": list(DECISIONS)}},
    ),
    Block("SeeDecisions", {"cloudtrail:LookupEvents": "fleet history"}),
    *EVIDENCE,
    Block("ReadState", {"s3:GetObject": "what serves"}, on=objects),
    Block("FindState", {"s3:ListBucket": "which stacks there are"}, on=bucket),
    Block("StateKey", {"kms:Decrypt": "the state"}, on=state_key, when=by_alias),
)
