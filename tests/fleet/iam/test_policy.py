"""What the policies of each role hold, whatever the stack: names, bounds, conditions, and room in what IAM takes."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import parliament
import policy_sentry
import pytest

from fleet.iam import policy, roles
from fleet.iam.site import Ceilings, Site, State, is_alone
from fleet.monitoring import names
from fleet.tags import Ownership

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BY_NAME = Site(
    ownership=Ownership("sagemaker-endpoint-manager", "production"),
    partition="aws",
    account="123456789012",
    region="ap-southeast-1",
    execution_role="arn:aws:iam::123456789012:role/sagemaker-execution",
    parameter_paths=("/sagemaker-endpoint-manager/production",),
    prefix="production-",
    by_tags=False,
    state=State("acme-production-pulumi-state", key=KEY),
    models=("acme-models",),
    model_keys=(KEY,),
    images=("arn:aws:ecr:ap-southeast-1:123456789012:repository/text-classifier",),
)
BY_TAGS = replace(BY_NAME, prefix="", by_tags=True)
SHARED = replace(BY_NAME, by_tags=True)
CAPPED = replace(BY_NAME, ceilings=Ceilings(3072, 20))
CAPPED_BY_TAGS = replace(BY_TAGS, ceilings=Ceilings(3072, 20))
SITES = {
    "name": BY_NAME,
    "tags": BY_TAGS,
    "shared": SHARED,
    "capped": CAPPED,
    "capped-tags": CAPPED_BY_TAGS,
    "elsewhere": replace(BY_NAME, groups=("arn:aws:sagemaker:ap-southeast-1:210987654321:model-package-group/spam",)),
    "places": replace(BY_NAME, models=("acme-models", "acme-more/classifiers")),
    "alias": replace(BY_NAME, state=State("acme-state", "fleets/", "alias/pulumi")),
}
IDENTITIES = [role for role in roles.ROLES if role != roles.REGISTRY]
STACKS = {"fleet:project": "sagemaker-endpoint-manager", "fleet:stack": "production"}
# What is asked of the packages of a shared group, although the reference knows the model alone (developer guide,
# sharing a model group across accounts, 2026-11)
NOT_IN_THE_REFERENCE = {("SharedModels", "sagemaker:CreateModel")}


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def statements(role: str, site: Site) -> list[dict[str, Any]]:
    return [dict(one) for one in roles.document(role, site)["Statement"]]


def allowing(role: str, site: Site, action: str) -> list[dict[str, Any]]:
    return [one for one in statements(role, site) if action in listed(one["Action"])]


def every() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, site in SITES.items():
        for role in IDENTITIES:
            for statement in statements(role, site):
                yield name, role, statement


# Names


def test_no_action_is_a_wildcard_and_nothing_is_allowed_by_what_it_is_not():
    for name, role, statement in every():
        assert not [action for action in listed(statement["Action"]) if "*" in action or "?" in action], (name, role)
        assert not {"NotAction", "NotResource"} & statement.keys()


def test_everything_is_on_the_own_account_but_what_aws_does_not_narrow_and_what_is_shared():
    for name, role, statement in every():
        narrowed = {arn for arn in listed(statement["Resource"]) if arn != "*"}
        foreign = {arn for arn in narrowed if ":123456789012:" not in arn and not arn.startswith("arn:aws:s3:::")}
        kinds = {arn.replace(":210987654321:", "::").split(":", 2)[2].partition("/")[0] for arn in foreign}
        package, group = (f"sagemaker:ap-southeast-1::{kind}" for kind in ("model-package", "model-package-group"))
        assert kinds <= {package, group, "ecr:ap-southeast-1::repository"}, (name, role)


@pytest.mark.parametrize("role", ["deployer", "preview", "operator"])
def test_images_may_be_looked_at_in_the_accounts_whose_packages_are_deployed(role: str) -> None:
    def seen(name: str) -> set[str]:
        looking = allowing(role, SITES[name], "ecr:DescribeImages")
        return {arn for one in looking for arn in listed(one["Resource"]) if ":ecr:" in arn}

    theirs = "arn:aws:ecr:ap-southeast-1:210987654321:repository/*"
    assert seen("elsewhere") == seen("places") | {theirs}


@cache
def reference() -> dict[str, Any]:
    path = Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json"
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def fits(arn: str, pattern: str) -> bool:
    """Whether an ARN of a policy may name a resource of this form: each part is matched by the other's wildcards."""
    form = re.sub(r"\$\{[^}]*\}", "*", pattern)
    return any(parliament.is_arn_match("", one, other) for one, other in ((form, arn), (arn, form)))


def test_every_action_is_in_the_reference_and_each_resource_is_of_a_type_that_one_of_the_actions_has():
    for name, role, statement in every():
        forms: set[str] = set()
        for action in listed(statement["Action"]):
            service, _, short = action.partition(":")
            privilege = reference()[service]["privileges"].get(short)
            assert privilege, f"{role}: there is no {action}"
            types = {kind for kind in privilege["resource_types"] if kind}
            forms |= (its := {reference()[service]["resources"][kind]["arn"] for kind in types})
            if (statement["Sid"], action) in NOT_IN_THE_REFERENCE:
                return
            resources = listed(statement["Resource"])
            narrowed = any(fits(arn, form) for arn in resources for form in its)
            assert (resources == ["*"]) if not its else narrowed and resources != ["*"], f"{name}, {role}: {action}"
        useless = [
            arn for arn in listed(statement["Resource"]) if arn != "*" and not any(fits(arn, one) for one in forms)
        ]
        assert not useless, (name, role, statement["Sid"])


def test_every_condition_key_is_one_of_an_action_of_its_statement():
    for name, role, statement in every():
        for action in listed(statement["Action"]):
            service, _, short = action.partition(":")
            types = reference()[service]["privileges"][short]["resource_types"]
            known = {key for one in types.values() for key in one["condition_keys"]}
            known |= {
                key for kind in types if kind for key in reference()[service]["resources"][kind]["condition_keys"]
            }
            known |= {"aws:ResourceTag/${TagKey}"}
            keys = [
                key
                for operator, said in statement.get("Condition", {}).items()
                for key in said
                if "IfExists" not in operator
            ]
            for key in keys:
                assert re.sub(r"(Tag)/.*", r"\1/${TagKey}", key) in known, (name, role, action, key)


@pytest.mark.parametrize("name", SITES)
@pytest.mark.parametrize("role", IDENTITIES)
def test_parliament_finds_nothing(role: str, name: str) -> None:
    found = parliament.analyze_policy_string(policy.text(roles.document(role, SITES[name]))).findings
    assert [str(one) for one in found if not is_known(str(one))] == []


def is_known(finding: str) -> bool:
    """Where parliament's own reference is older than AWS's, and what is said at NOT_IN_THE_REFERENCE."""
    return "Unknown condition kms:ResourceAliases" in finding or "'sagemaker:CreateModel', 'required_format'" in finding


# Bounds


def test_a_role_is_passed_to_sagemaker_alone():
    for name, site in SITES.items():
        (passing,) = allowing("deployer", site, "iam:PassRole")
        assert passing["Resource"] == site.execution_role, name
        assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    assert not [role for role in IDENTITIES if role != "deployer" and allowing(role, BY_NAME, "iam:PassRole")]


CHANGES = ("AddTags", "DeleteTags", "DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel", "UpdateEndpoint")


@pytest.mark.parametrize("action", [*CHANGES, "CreateModel", "CreateEndpoint", "CreateEndpointConfig"])
def test_a_stack_with_a_prefix_of_its_own_is_bound_by_it(action: str) -> None:
    found = [one for one in allowing("deployer", BY_NAME, f"sagemaker:{action}") if one["Sid"] != "SharedModels"]
    assert found
    for statement in found:
        assert all(arn.partition("/")[2] == "production-*" for arn in listed(statement["Resource"]))


@pytest.mark.parametrize("site", [BY_TAGS, SHARED, CAPPED_BY_TAGS], ids=["none", "shared", "capped"])
@pytest.mark.parametrize("action", CHANGES)
def test_another_one_changes_only_what_is_tagged_as_its_own(action: str, site: Site) -> None:
    found = [one for one in allowing("deployer", site, f"sagemaker:{action}") if one["Sid"] != "TagNew"]
    assert [one["Condition"]["StringEquals"] for one in found] == [
        {f"aws:ResourceTag/{key}": value for key, value in STACKS.items()}
    ]


@pytest.mark.parametrize("site", [BY_TAGS, SHARED, CAPPED_BY_TAGS], ids=["none", "shared", "capped"])
@pytest.mark.parametrize("action", ["CreateModel", "CreateEndpoint", "CreateEndpointConfig"])
def test_another_one_makes_only_what_it_tags_as_its_own(action: str, site: Site) -> None:
    found = [one for one in allowing("deployer", site, f"sagemaker:{action}") if one["Sid"] != "SharedModels"]
    assert [one["Condition"]["StringEquals"] for one in found] == [
        {f"aws:RequestTag/{key}": value for key, value in STACKS.items()}
    ]


def test_what_has_no_tags_of_ours_is_tagged_only_while_it_is_made():
    (tagging,) = (one for one in allowing("deployer", BY_TAGS, "sagemaker:AddTags") if one["Sid"] == "TagNew")
    assert tagging["Condition"] == {"Null": {"sagemaker:TaggingAction": "false"}}


def test_a_prefix_with_capitals_is_bound_as_it_is_written_and_as_sagemaker_writes_it():
    site = replace(BY_NAME, prefix="Prod-")
    (statement,) = allowing("deployer", site, "sagemaker:DeleteEndpoint")
    assert {arn.rpartition("/")[2] for arn in listed(statement["Resource"])} == {"Prod-*", "prod-*"}


@pytest.mark.parametrize(
    ("prefix", "others", "alone"),
    [
        ("prod-", [], True),
        ("prod-", ["dev-"], True),
        ("prod-eu-", ["prod-"], True),
        ("prod-", ["prod-eu-"], False),
        ("prod-", ["PROD-"], False),
        ("", [], False),
    ],
)
def test_a_prefix_binds_where_no_other_stack_has_names_that_begin_so(
    prefix: str, others: list[str], alone: bool
) -> None:
    assert is_alone(prefix, others) is alone


def test_endpoint_configurations_are_on_our_models_alone():
    (statement,) = allowing("deployer", BY_NAME, "sagemaker:CreateEndpointConfig")
    ours = "arn:aws:sagemaker:ap-southeast-1:123456789012:model/production-*"
    assert statement["Condition"] == {"ArnLike": {"sagemaker:ModelArn": ours}}


@pytest.mark.parametrize("site", [CAPPED, CAPPED_BY_TAGS], ids=["name", "tags"])
def test_ceilings_bind_every_endpoint_configuration(site: Site) -> None:
    (statement,) = allowing("deployer", site, "sagemaker:CreateEndpointConfig")
    most = {"sagemaker:ServerlessMaxConcurrency": "20", "sagemaker:ServerlessMemorySize": "3072"}
    assert statement["Condition"]["NumericLessThanEquals"] == most


def test_metrics_are_sent_to_the_own_namespace_alone():
    (sending,) = allowing("deployer", BY_NAME, "cloudwatch:PutMetricData")
    assert sending["Condition"] == {"StringEquals": {"cloudwatch:namespace": "SageMakerEndpointManager"}}


@pytest.mark.parametrize("stack", ["prod", "a-stack-with-a-name-that-is-rather-long-for-a-rule-of-eventbridge"])
def test_every_rule_of_a_stack_is_within_its_policy(stack: str) -> None:
    site = replace(BY_NAME, ownership=Ownership("sagemaker-endpoint-manager", stack))
    (arn,) = site.rules
    beginning = arn.rpartition("/")[2].removesuffix("*")
    assert all(names.rule("sagemaker-endpoint-manager", stack, n).startswith(beginning) for n in range(1, 30))
    assert len(beginning) > len("sagemaker-endpoint-manager-")


def test_a_stack_that_was_renamed_keeps_what_it_has_under_the_old_name():
    site = replace(BY_NAME, formerly=("staging",))
    resources = {arn for one in statements("deployer", site) for arn in listed(one["Resource"])}
    assert {arn.rpartition(":")[2] for arn in resources if ":sns:" in arn} == {
        "sagemaker-endpoint-manager-production-alerts",
        "sagemaker-endpoint-manager-staging-alerts",
    }


def test_a_stack_that_was_renamed_may_change_what_is_tagged_with_its_old_name_and_makes_nothing_so():
    site = replace(BY_TAGS, formerly=("staging",))
    (changing,) = (one for one in statements("deployer", site) if one["Sid"] == "Change")
    assert changing["Condition"]["StringEquals"]["aws:ResourceTag/fleet:stack"] == ["production", "staging"]
    (making,) = allowing("deployer", site, "sagemaker:CreateModel")
    assert making["Condition"]["StringEquals"]["aws:RequestTag/fleet:stack"] == "production"


# Who may what


def test_whoever_deploys_looks_or_trains_cannot_approve():
    for name, site in SITES.items():
        for role in set(IDENTITIES) - {"approver"}:
            assert not allowing(role, site, "sagemaker:UpdateModelPackage"), (name, role)
    (registering,) = allowing("trainer", BY_NAME, "sagemaker:CreateModelPackage")
    assert registering["Condition"] == {"StringEquals": {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}}


def test_whoever_trains_registers_and_uploads_and_does_nothing_else():
    writing = {action for one in statements("trainer", BY_NAME) for action in listed(one["Action"])}
    assert {action for action in writing if not re.search(":(Describe|List)|kms:", action)} == {
        "s3:AbortMultipartUpload",
        "s3:PutObject",
        "sagemaker:CreateModelPackage",
    }


def test_whoever_approves_can_do_nothing_else():
    writing = {action for one in statements("approver", BY_NAME) for action in listed(one["Action"])}
    assert {action for action in writing if not re.search(":(Describe|Get|List|Lookup)|kms:Decrypt", action)} == {
        "sagemaker:UpdateModelPackage"
    }
    (deciding,) = allowing("approver", BY_NAME, "sagemaker:UpdateModelPackage")
    assert deciding["Condition"] == {"StringEquals": {"sagemaker:ModelApprovalStatus": ["Approved", "Rejected"]}}


def test_a_preview_changes_nothing():
    for name, site in SITES.items():
        does = {action for one in statements("preview", site) for action in listed(one["Action"])}
        assert not [action for action in does if not re.search(":(Describe|Get|List)|kms:Decrypt", action)], name


def test_no_role_of_a_fleet_touches_roles():
    touching = {action for _, _, one in every() for action in listed(one["Action"]) if action.startswith("iam:")}
    assert touching == {"iam:CreateServiceLinkedRole", "iam:GetRole", "iam:PassRole"}


READERS = ("deployer", "preview", "operator", "approver")


@pytest.mark.parametrize("role", READERS)
def test_what_a_version_was_judged_by_may_be_read_as_far_as_its_place_is_known(role: str) -> None:
    def read(**of: Any) -> list[tuple[list[str], list[str]]]:
        found = [one for one in statements(role, replace(SITES["places"], **of)) if one["Sid"] == "Evidence"]
        return [(listed(one["Action"]), listed(one["Resource"])) for one in found]

    objects = ["arn:aws:s3:::acme-models/*", "arn:aws:s3:::acme-more/classifiers/*"]
    assert read() == [(["kms:Decrypt", "s3:GetObject"], [*objects, KEY])]
    assert read(model_keys=()) == [(["s3:GetObject"], objects)]
    assert read(models=()) == [(["kms:Decrypt"], [KEY])]
    assert read(models=(), model_keys=()) == []


@pytest.mark.parametrize("role", READERS)
def test_whoever_reads_the_registry_may_assume_the_role_that_does(role: str) -> None:
    reader = "arn:aws:iam::210987654321:role/registry-reader"
    (assuming,) = allowing(role, replace(BY_NAME, registry_role=reader), "sts:AssumeRole")
    assert assuming["Resource"] == reader


# Room


@pytest.mark.parametrize("name", SITES)
@pytest.mark.parametrize("role", IDENTITIES)
def test_a_policy_fits_into_a_managed_one(role: str, name: str) -> None:
    assert policy.size(roles.document(role, SITES[name])) <= policy.LONGEST
