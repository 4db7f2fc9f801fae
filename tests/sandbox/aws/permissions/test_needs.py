"""What a request needs to be allowed: in AWS's words, on resources of AWS's types, whatever operation is played."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import policy_sentry
import pytest

from sandbox.aws.cloudwatch.operations import SERVICE as cloudwatch
from sandbox.aws.permissions.needs import NEEDS, of_request
from sandbox.aws.permissions.policy import Need
from sandbox.aws.played import PLAYED
from sandbox.aws.world import World

REGION = "eu-west-1"
HERE = f"{REGION}:123456789012"
# Operations of which the program and its people ask nothing that a role could be refused
NOT_ASKED: set[tuple[str, str]] = set()


@cache
def reference() -> dict[str, Any]:
    path = Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json"
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def needs(service: str, operation: str, world: World | None = None, **params: Any) -> list[Need]:
    found = of_request(world or World(), service, operation, REGION, params)
    assert found is not None
    return found


def actions(found: list[Need]) -> list[tuple[str, str]]:
    return [(need.action, need.resource) for need in found]


NAMES = (
    "Name",
    "Rule",
    "Path",
    "RoleName",
    "repositoryName",
    "logGroupName",
    "Namespace",
    "AlarmName",
    "DashboardName",
)
NAMES_OF_SAGEMAKER = ("ModelName", "EndpointName", "EndpointConfigName", "ModelPackageGroupName")
SAMPLES: dict[str, Any] = {
    **dict.fromkeys((*NAMES, *NAMES_OF_SAGEMAKER), "spam"),
    "ResourceId": "endpoint/spam/variant/AllTraffic",
    "Bucket": "models",
    "Key": "spam/model.tar.gz",
    "Names": ["/fleet/spam"],
    "AlarmNames": ["a"],
    "DashboardNames": ["d"],
    "ModelPackageArnList": [f"arn:aws:sagemaker:{HERE}:model-package/spam/1"],
    "Tags": [{"Key": "fleet:stack", "Value": "prod"}],
    "tags": {"fleet:stack": "prod"},
    "ExecutionRoleArn": "arn:aws:iam::123456789012:role/execution",
    "RoleArn": "arn:aws:iam::210987654321:role/registry-reader",
    "ResourceArn": f"arn:aws:sagemaker:{HERE}:endpoint/spam",
    "ModelPackageArn": f"arn:aws:sagemaker:{HERE}:model-package/spam/1",
    "ModelPackageName": f"arn:aws:sagemaker:{HERE}:model-package/spam/1",
    "TopicArn": f"arn:aws:sns:{HERE}:alerts",
    "ResourceARN": f"arn:aws:cloudwatch:{HERE}:alarm:a",
    "resourceArn": f"arn:aws:logs:{HERE}:log-group:g",
}
ARNS = {"sns": f"arn:aws:sns:{HERE}:alerts", "events": f"arn:aws:events:{HERE}:rule/r", "ssm": "/fleet/spam"}
ARNS["application-autoscaling"] = f"arn:aws:application-autoscaling:{HERE}:scalable-target/1"
OPERATIONS = [(service, operation) for service, table in NEEDS.items() if service != "kms" for operation in table]


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_actions_and_types_are_those_of_the_reference(service: str, operation: str) -> None:
    sample = dict(SAMPLES)
    if service in ARNS and re.search("Tag.*Resource|Untag", operation):
        sample |= dict.fromkeys(("ResourceArn", "ResourceARN", "ResourceId"), ARNS[service])
    for need in needs(service, operation, **sample):
        prefix, _, name = need.action.partition(":")
        privilege = reference()[prefix]["privileges"][name]
        types = [reference()[prefix]["resources"][kind]["arn"] for kind in privilege["resource_types"] if kind]
        if need.action == "logs:DescribeLogGroups":
            continue  # narrowed to nothing, and asked for on no group
        if not types:
            assert need.resource == "*"
            continue
        patterns = [re.sub(r"\\\$\\\{\w+\\\}", "(.+)", re.escape(arn)) for arn in types]
        patterns += [pattern.replace("rule/(.+)", "rule/(.*)") for pattern in patterns]
        assert any(re.fullmatch(pattern, need.resource) for pattern in patterns), need
        known = {key for one in privilege["resource_types"].values() for key in one["condition_keys"]}
        own = {key for key in need.context if key.partition(":")[0] not in ("aws",)}
        assert own <= known, need


@pytest.mark.parametrize("service", sorted(PLAYED))
def test_every_operation_that_is_played_has_its_needs(service: str) -> None:
    played = cloudwatch if service == "cloudwatch" else PLAYED[service].service
    assert {name for name in played.operations if name not in NEEDS.get(service, {})} <= {
        operation for of, operation in NOT_ASKED if of == service
    }


def test_what_is_made_with_tags_needs_to_give_them():
    tags = [{"Key": "fleet:stack", "Value": "prod"}]
    found = needs("sagemaker", "CreateModel", ModelName="Spam-v1", ExecutionRoleArn="arn:role", Tags=tags)
    model = f"arn:aws:sagemaker:{HERE}:model/spam-v1"
    made = [("sagemaker:CreateModel", model), ("sagemaker:AddTags", model)]
    assert actions(found) == [*made, ("iam:PassRole", "arn:role")]
    said = {"aws:RequestTag/fleet:stack": "prod", "aws:TagKeys": ("fleet:stack",)}
    assert [need.context for need in found] == [
        said,
        {**said, "sagemaker:TaggingAction": "CreateModel"},
        {"iam:PassedToService": "sagemaker.amazonaws.com"},
    ]


def test_a_configuration_tells_its_model_and_its_sizes():
    variant = {"ModelName": "spam-v1", "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
    (need,) = needs("sagemaker", "CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[variant])
    assert need.context == {
        "sagemaker:ModelArn": f"arn:aws:sagemaker:{HERE}:model/spam-v1",
        "sagemaker:ServerlessMemorySize": "2048",
        "sagemaker:ServerlessMaxConcurrency": "5",
    }


def test_an_endpoint_needs_its_configuration_too_and_the_key_of_that(aws: Any) -> None:
    key = f"arn:aws:kms:{HERE}:key/1"
    aws.model("m")
    variant: dict[str, Any] = {"VariantName": "AllTraffic", "ModelName": "m"}
    variant["ServerlessConfig"] = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    aws("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[variant], KmsKeyId=key)
    found = needs("sagemaker", "UpdateEndpoint", aws.world, EndpointName="spam", EndpointConfigName="c")
    assert actions(found) == [
        ("sagemaker:UpdateEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/spam"),
        ("sagemaker:UpdateEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint-config/c"),
        ("kms:CreateGrant", key),
    ]
    assert found[2].context["kms:ViaService"] == "sagemaker.eu-west-1.amazonaws.com"


def test_what_is_there_tells_its_tags(aws: Any) -> None:
    aws.endpoint("spam")
    arn = aws.describe("spam")["EndpointArn"]
    aws("AddTags", ResourceArn=arn, Tags=[{"Key": "fleet:stack", "Value": "prod"}])
    (need,) = needs("sagemaker", "DeleteEndpoint", aws.world, EndpointName="spam")
    assert need.context == {"aws:ResourceTag/fleet:stack": "prod"}


def test_the_first_target_of_an_account_makes_the_scalers_role(aws: Any) -> None:
    request = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/spam/variant/AllTraffic"}
    found = [need.action for need in needs("application-autoscaling", "RegisterScalableTarget", aws.world, **request)]
    assert found[-1] == "iam:CreateServiceLinkedRole"


def test_what_is_not_known_is_not_taken_for_free():
    assert of_request(World(), "sagemaker", "CreateTrainingJob", REGION, {}) is None
