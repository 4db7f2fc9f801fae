"""What the account of a registry grants to a stack in another account: the resources' own policies, on its side.

Pure. In the deploying account the deployer's and the execution role's policies name the same resources.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fleet.iam.deployer import EVIDENCE, registry, repositories
from fleet.iam.policy import VERSION, Block, Document, document
from fleet.iam.site import Site, parts

# Characters of a group's policy (API reference, PutModelPackageGroupPolicy, 2026-11)
LONGEST_GROUP_POLICY = 20_480
SEEN = {
    "sagemaker:DescribeModelPackage": "what a version is, and what it was judged by",
    "sagemaker:DescribeModelPackageGroup": "whether a group is there",
    "sagemaker:ListModelPackages": "what is approved",
}
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer")


def documents(site: Site) -> Mapping[str, Any]:
    """By what they are put on, one each: groups, bucket, repositories and keys.

    SageMaker takes a policy of one group at a time: then the site has that one alone.
    `reader` and `reader_trust` are of a role of that account which reads for the stack, where it has one.
    """
    return {
        "group_policy": _of_groups(site),
        "s3": _of_objects(site),
        "ecr": _policy("PullImages", PULL, site, None),
        "kms": _policy("DecryptModels", ("kms:Decrypt", "kms:DescribeKey"), site, "*"),
        **(_of_the_reader(site) if site.registry_role else {}),
    }


def _of_the_reader(site: Site) -> Mapping[str, Any]:
    """registryRoleArn: whom it trusts, and what it may, to read the groups of its account."""
    there = replace(site, account=parts(site.registry_role)["account"], groups=(), images=())
    blocks = (
        Block("SeeVersions", SEEN, on=registry),
        Block("SeeImages", {"ecr:DescribeImages": "how large an image is; can be left out"}, on=repositories),
        *EVIDENCE,
    )
    return {"reader": document(blocks, there), "reader_trust": _policy("Assume", ("sts:AssumeRole",), site, None)}


def _of_groups(site: Site) -> Document:
    see = _statement("SeeGroup", ("sagemaker:DescribeModelPackageGroup",), site, list(site.groups))
    actions = ("sagemaker:CreateModel", "sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages")
    deploy = _statement("DeployVersions", actions, site, [_packages(group) for group in site.groups])
    return {"Version": VERSION, "Statement": [see, deploy]}


def _packages(group: str) -> str:
    return group.replace(":model-package-group/", ":model-package/") + "/*"


def _of_objects(site: Site) -> Document:
    """For the bucket of the models."""
    objects = [f"arn:{site.partition}:s3:::{place.rstrip('/')}/*" for place in site.models]
    return _policy("ReadModels", ("s3:GetObject",), site, objects)


def _policy(sid: str, actions: tuple[str, ...], site: Site, resource: str | list[str] | None) -> Document:
    return {"Version": VERSION, "Statement": [_statement(sid, actions, site, resource)]}


def _statement(sid: str, actions: tuple[str, ...], site: Site, resource: str | list[str] | None) -> Document:
    """To the whole account: which of its roles may is decided there. A repository's policy names no resource."""
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": site.arn("iam", "root", region="")},
        "Action": list(actions) if len(actions) > 1 else actions[0],
    }
    if resource is None:
        return statement
    return {**statement, "Resource": resource[0] if isinstance(resource, list) and len(resource) == 1 else resource}
