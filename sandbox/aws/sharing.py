"""What another account may do in this one: what the policy of a model package group, or a share of AWS RAM, lets it.

Its own account has allowed the caller before; here is the other half (IAM user guide, cross-account policy evaluation
logic, 2026-11).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.aws import kms, s3, sts
from sandbox.aws.identity import Caller
from sandbox.aws.permissions import needs
from sandbox.aws.permissions.policy import Need, Statement, decide, read
from sandbox.aws.protocol import Asked
from sandbox.aws.world import ACCOUNT, AwsError, Package, World, find

# What of the registry is asked by an ARN that may be another account's, and the member that has it
_BY_ARN = {
    "DescribeModelPackageGroup": "ModelPackageGroupName",
    "ListModelPackages": "ModelPackageGroupName",
    "DescribeModelPackage": "ModelPackageName",
}
# AWSRAMPermissionSageMakerModelPackageGroupAllowDeploy (SageMaker developer guide, 2026-11)
_BY_SHARE = {f"sagemaker:{operation}" for operation in (*_BY_ARN, "CreateModel")}


def account_asked(asked: Asked) -> str:
    """The account of the group, the package or the image that a request names; "" where it is this one."""
    if asked.service == "ecr" and asked.operation == "DescribeImages":
        named = str(asked.params.get("registryId", ACCOUNT))
        return "" if named == ACCOUNT else named
    if asked.service != "sagemaker" or asked.operation not in _BY_ARN:
        return ""
    return _account(str(asked.params.get(_BY_ARN[asked.operation], "")))


def packages_of_others(asked: Asked) -> list[str]:
    """The packages of other accounts that a model is to be made of."""
    if (asked.service, asked.operation) != ("sagemaker", "CreateModel"):
        return []
    return needs.foreign_packages(asked.params)


def check(world: World, asked: Asked, caller: Caller) -> list[dict[str, Any]]:
    """Raises AwsError where a caller of another account may not do this here. A role says itself whom it trusts."""
    if asked.service == "sts":
        return []
    if asked.service == "s3":
        return _check_bucket(asked, caller)
    wanted = needs.of_request(world, asked.service, asked.operation, asked.region, asked.params)
    for need in wanted or [Need(f"{asked.service}:{asked.operation}", "*")]:
        _insist(world, need, caller)
    return []


def _check_bucket(asked: Asked, caller: Caller) -> list[dict[str, Any]]:
    """By the policies of the bucket and of the key that encrypts what is read. What is not there is moto's to say."""
    bucket, name = asked.params.get("Bucket", ""), asked.params.get("Key", "")
    if s3.owned(bucket):
        for need in needs.S3[asked.operation](needs.Request(World(), asked.region, asked.params)):
            insist(s3.policy(bucket), need, caller, "AccessDenied", 403)
        key = kms.find(asked.region, s3.key_of(bucket, name)) if asked.operation == "GetObject" else None
        if key:
            insist(key.policy, Need("kms:Decrypt", key.arn), caller, "AccessDenied", 403)
    return []


def lend(world: World, region: str, arn: str, caller: Caller) -> Package:
    """The package that somebody of another account makes a model of. Raises AwsError where it may not."""
    _insist(world, Need("sagemaker:CreateModel", arn), caller)
    package: Package = find(world, region, "model-package", arn)
    return package


def check_policy(text: str) -> None:
    """Raises AwsError where SageMaker would not take it as the policy of a group."""
    try:
        said = json.loads(text)
        for statement in said["Statement"]:
            statement["Principal"]["AWS"]
    except (ValueError, TypeError, KeyError):
        raise AwsError("Invalid resource policy.") from None


def _insist(world: World, need: Need, caller: Caller) -> None:
    if need.resource in world.repository_policies:
        return insist(world.repository_policies[need.resource], need, caller)
    group = _group(need.resource)
    shared = world.settings.shared.get(group.rpartition("/")[2], ())
    if caller.account in shared and need.action in _BY_SHARE:
        return
    insist(world.group_policies.get(group, ""), need, caller)


def insist(policy: str, need: Need, caller: Caller, code: str = "AccessDeniedException", status: int = 400) -> None:
    """Raises AwsError where the policy of something here does not let a caller of another account in."""
    if not decide(tuple(_for(caller, policy)), need).allowed:
        why = f"because no resource-based policy allows the {need.action} action"
        message = f"User: {caller.arn} is not authorized to perform: {need.action} on resource: {need.resource} {why}"
        raise AwsError(message, code, status)


def _group(arn: str) -> str:
    """The group that an ARN belongs to."""
    beginning, kind, rest = arn.partition(":model-package/")
    return f"{beginning}:model-package-group/{rest.partition('/')[0]}" if kind else arn


def _for(caller: Caller, policy: str) -> Iterator[Statement]:
    """The statements that are about the caller."""
    said: Mapping[str, Any] = json.loads(policy) if policy else {"Statement": []}
    for statement in said["Statement"]:
        principals = statement["Principal"]["AWS"]
        if any(sts.is_it(caller, one) for one in (principals if isinstance(principals, list) else [principals])):
            its = {element: value for element, value in statement.items() if element != "Principal"}
            own = {"Resource": "*", **its}  # that of a repository names none
            yield from read({"Version": said.get("Version"), "Statement": [own]})


def _account(arn: str) -> str:
    named = arn.split(":")[4] if arn.startswith("arn:") else ""
    return "" if named == ACCOUNT else named
