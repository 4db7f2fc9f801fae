"""The policies in docs/policies/ allow what the program calls, by name, and nothing by wildcard."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from demo import policies
from fleet.aws.logs import group_of
from fleet.monitoring import names
from fleet.monitoring.alarms import Watched, of_runs, specifications
from fleet.tasks.model import CHAMPION, Alarms
from sandbox.aws.validation import service
from sandbox.plugin.catalogue import TYPES

ROOT = Path(__file__).parent.parent
STACK = ("sagemaker-endpoint-manager", "sandbox")
FLEET = "/".join(STACK)
OF_AN_ENDPOINT = specifications(Watched("toxicity", CHAMPION, None, Alarms(), False), "toxicity", fleet=FLEET)[0]
REGION = "eu-west-1"
HERE = f"{REGION}:123456789012"


def statements(policy: str) -> list[dict[str, Any]]:
    read: dict[str, Any] = json.loads((ROOT / "docs" / "policies" / policy).read_text())
    return list(read["Statement"])


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def actions(policy: str) -> set[str]:
    return {action for statement in statements(policy) for action in listed(statement["Action"])}


def allowing(policy: str, action: str) -> list[dict[str, Any]]:
    return [statement for statement in statements(policy) if action in listed(statement["Action"])]


# What fleet/aws calls a client -> the services it may be of
CLIENTS = {
    "client": ("sagemaker", "sagemaker-runtime"),
    "iam": ("iam",),
    "service_quotas": ("service-quotas",),
    "ecr": ("ecr",),
    "ssm": ("ssm",),
    "logs": ("logs",),
    "pricing": ("pricing",),
    "cloudwatch": ("cloudwatch",),
    "events": ("events",),
    "cloudtrail": ("cloudtrail",),
    "s3": ("s3",),
    "application_autoscaling": ("application-autoscaling",),
}
IAM_PREFIXES = {"monitoring": "cloudwatch"}  # where it is not the one that requests are signed with


AWS = ROOT / "fleet" / "aws"
APPROVAL = AWS / "operator" / "approval.py"  # the one write to a package: an approver's, and not every operator's
REGISTERING = AWS / "operator" / "registering.py"  # a trainer's
BY_HAND = set((AWS / "operator").glob("*.py")) - {APPROVAL, REGISTERING}  # modules of commands alone
BY_HAND_TOO = {AWS / name for name in ("registry.py", "packages.py", "images.py")}  # what these share with the program


def called_by_the_program() -> set[str]:
    return called_in(set(AWS.glob("*.py")))


# Of a log group, which is SageMaker's, a run takes nothing away, and gives it no key.
NEVER = {
    "logs:AssociateKmsKey",
    "logs:DeleteLogGroup",
    "logs:DeleteRetentionPolicy",
    "logs:DisassociateKmsKey",
    "logs:UntagResource",
}


def called_in(modules: set[Path]) -> set[str]:
    source = "".join(module.read_text() for module in modules)
    calls = re.findall(rf"\b({'|'.join(CLIENTS)})\.([a-z_]+)\(", source)
    paginated = re.findall(rf'\b({"|".join(CLIENTS)})\.get_paginator\("([a-z_]+)"\)', source)
    return {one for client, method in calls + paginated for one in actions_of(method, *CLIENTS[client])}


def called_by_the_aws_provider() -> set[str]:
    methods = [
        (method, row.service) for row in TYPES.values() for method in re.findall("'([a-z]+_[a-z_]+)'", repr(row))
    ]
    return {one for method, service in methods for one in actions_of(method, service)}


def actions_of(method: str, *services: str) -> set[str]:
    """The IAM action of a client's method; none of a method that is no AWS call."""
    models = [service(name) for name in services]
    prefixes = [model.metadata.get("signingName", model.endpoint_prefix) for model in models]
    prefixes = [IAM_PREFIXES.get(prefix, prefix) for prefix in prefixes]
    return {
        f"{prefix}:{operation}"
        for prefix, model in zip(prefixes, models, strict=True)
        for operation in model.operation_names
        if xform_name(operation) == method
    }


def test_the_deployer_may_do_what_the_program_and_the_provider_call():
    called = (called_by_the_program() | called_by_the_aws_provider()) - NEVER

    known = {
        "sagemaker:ListModelPackages",
        "sagemaker:InvokeEndpoint",
        "iam:GetRole",
        "servicequotas:ListServiceQuotas",
        "ssm:GetParameters",
        "logs:DescribeLogGroups",
    }
    assert known <= called
    assert called <= actions("deployer.json")


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch:{HERE}:alarm:{OF_AN_ENDPOINT.name}"),
        ("cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch:{HERE}:alarm:{of_runs(26, stack=FLEET).name}"),
        (
            "cloudwatch:PutDashboard",
            f"arn:aws:cloudwatch::123456789012:dashboard/{names.dashboard(*STACK, 'eu-west-1')}-2",
        ),
        ("sns:CreateTopic", f"arn:aws:sns:{HERE}:{names.topic(*STACK)}"),
        ("events:PutRule", f"arn:aws:events:{HERE}:rule/{names.rule(*STACK, 2)}"),
        ("logs:PutRetentionPolicy", f"arn:aws:logs:{HERE}:log-group:{group_of('toxicity')}"),
    ],
)
def test_what_watches_over_a_stack_has_a_name_that_the_deployer_may_touch(action: str, arn: str) -> None:
    resources = [resource for one in allowing("deployer.json", action) for resource in listed(one["Resource"])]
    assert any(fnmatchcase(arn, resource) for resource in resources)


def test_nothing_of_a_log_group_may_be_taken_away_by_the_deployer():
    assert not NEVER & actions("deployer.json")


def test_log_groups_are_looked_up_by_a_permission_that_aws_does_not_narrow():
    # AWS asks for it on `log-group::log-stream:`, whatever the prefix (hashicorp/terraform-provider-aws, issue 8804)
    (looking,) = allowing("deployer.json", "logs:DescribeLogGroups")

    assert looking["Resource"] == "*"


def test_an_operator_may_do_what_the_commands_call_and_deletes_only_what_is_tagged_so():
    called = called_in(BY_HAND | BY_HAND_TOO)

    known = {"sagemaker:ListModels", "sagemaker:DeleteModel", "sagemaker:AddTags", "cloudwatch:GetMetricData"}
    known |= {"pricing:GetProducts"}
    assert known <= called
    shared = {"sagemaker:ListTags", "cloudwatch:ListTagsForResource"}  # asked by modules of the program
    assert called | shared <= actions("operator.json")
    every = statements("operator.json")
    changing = [one for one in every if re.search("(sagemaker|cloudwatch):(Delete|Add)", str(one["Action"]))]
    assert all("fleet:stack" in str(one["Condition"]["StringEquals"]) for one in changing)


def test_the_deployer_may_do_what_target_tracking_does_in_its_name():
    # Application Auto Scaling tries them with the caller's permissions before it accepts a target or a policy (user
    # guide, permissions validation, 2026-11)
    assert {
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DeleteAlarms",
        "iam:CreateServiceLinkedRole",
    } <= actions("deployer.json")


def test_the_deployer_lets_sagemaker_and_nobody_else_use_the_key_of_an_endpoint_configuration():
    # Needed for CreateEndpoint and UpdateEndpoint where kms_key is set (developer guide, API permissions, 2026-11)
    (granting,) = allowing("deployer.json", "kms:CreateGrant")

    assert granting["Action"] == "kms:CreateGrant"
    assert granting["Condition"]["StringEquals"] == {"kms:ViaService": "sagemaker.eu-west-1.amazonaws.com"}
    assert granting["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_the_deployer_scales_nothing_but_provisioned_concurrency():
    every = statements("deployer.json")
    scaling = [one for one in every if re.search("scaling:(Put|Register|De(lete|register))", str(one["Action"]))]

    assert scaling
    assert all(
        one["Condition"]["StringEquals"]["application-autoscaling:scalable-dimension"]
        == "sagemaker:variant:DesiredProvisionedConcurrency"
        for one in scaling
    )


def test_whoever_deploys_or_looks_cannot_approve():
    assert called_in({APPROVAL}) == {"sagemaker:UpdateModelPackage"}
    assert "sagemaker:UpdateModelPackage" not in actions("deployer.json") | actions("operator.json")


def test_a_trainer_may_do_what_registering_calls():
    called = called_in({REGISTERING} | BY_HAND_TOO) - {"s3:HeadBucket"}  # which is s3:ListBucket to IAM

    assert {"sagemaker:CreateModelPackage", "s3:PutObject"} <= called
    assert called | {"s3:ListBucket", "s3:AbortMultipartUpload"} <= actions("trainer.json")


def test_an_approver_may_do_what_approving_calls():
    called = called_in({APPROVAL, AWS / "operator" / "versions.py", AWS / "evaluations.py"} | BY_HAND_TOO)

    assert called | {"s3:GetObject", "kms:Decrypt"} <= actions("approver.json")


def test_who_trains_who_approves_and_who_deploys_cannot_do_what_the_others_may():
    registering, approving = "sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage"
    may = {one: actions(f"{one}.json") & {registering, approving} for one in ("trainer", "approver", "deployer")}

    assert may == {"trainer": {registering}, "approver": {approving}, "deployer": set()}
    assert "sagemaker:CreateEndpoint" not in actions("trainer.json") | actions("approver.json")


@pytest.mark.parametrize(
    ("policy", "action", "statuses"),
    [
        ("trainer.json", "sagemaker:CreateModelPackage", "PendingManualApproval"),
        ("approver.json", "sagemaker:UpdateModelPackage", ["Approved", "Rejected"]),
    ],
)
def test_a_permission_on_packages_is_bound_to_what_it_makes_of_the_approval(
    policy: str, action: str, statuses: str | list[str]
) -> None:
    (granting,) = allowing(policy, action)

    assert granting["Condition"] == {"StringEquals": {"sagemaker:ModelApprovalStatus": statuses}}


def test_nothing_else_writes_to_a_package():
    modules = {path for path in (ROOT / "fleet").rglob("*.py") if path != APPROVAL}
    assert not [path.name for path in modules if "update_model_package" in path.read_text()]


@pytest.mark.parametrize("policy", ["deployer.json", "preview.json", "operator.json", "approver.json"])
def test_what_a_gate_reads_of_a_version_may_be_read(policy: str) -> None:
    # The report of ModelMetrics lies in S3; a model card may be encrypted (API reference, DescribeModelPackage)
    for action, where in (("s3:GetObject", "arn:aws:s3:::sandbox-models/*"), ("kms:Decrypt", policies.MODEL_KEY)):
        assert where in [arn for one in allowing(policy, action) for arn in listed(one["Resource"])]


def test_no_action_is_a_wildcard():
    for policy in (ROOT / "docs" / "policies").glob("*.json"):
        for said in re.findall(r'"Action": (\[[^]]*\]|"[^"]*")', policy.read_text()):
            assert said != "[]" and "*" not in said, policy.name


def test_the_files_are_what_fleet_iam_prints_for_the_fleet_of_the_demo():
    wanted = dict(policies.documents())
    assert {path: path.read_text() for path in wanted} == wanted
    assert set(policies.FOLDER.iterdir()) == set(wanted)
