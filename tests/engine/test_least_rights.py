"""Runs with the policies that `fleet iam` prints, and no right beyond them: all of it works, and nothing else does."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fleet.evidence import card, report
from fleet.evidence.metadata import Origin
from sandbox.aws.calls import Call
from sandbox.aws.permissions import guard
from sandbox.aws.permissions.policy import Need, decide, without
from sandbox.lab import rights
from sandbox.lab.bucket import SECRETS, Bucket
from tests.engine.conftest import Fleet

RUDE = "you are a stupid idiot"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SCALED = {
    "provisioned_concurrency": 1,
    "scaling": {
        "min": 1,
        "max": 3,
        "target_utilization": 0.7,
        "schedules": [{"name": "office", "cron": "0 8 ? * MON-FRI *", "min": 2, "max": 3}],
    },
}
OTHERWISE_NEEDED = {
    "kms:GenerateDataKey": "a bucket that the key encrypts",
    "logs:TagResource": "aws:defaultTags",
    "sagemaker:DescribeModelPackageGroup": "a group that is not there",
    "sagemaker:ListModelPackageGroups": "the name that was probably meant",
}


def recorded(calls: Iterable[Call]) -> list[Need]:
    """What calls needed to be allowed."""
    needs = [dict(need) for call in calls for need in call.allowed]
    return [Need(need["action"], need["resource"], _context(need["context"])) for need in needs]


def _context(said: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}


pytestmark = pytest.mark.usefixtures("rights_of_their_own")


@pytest.fixture
def stack(empty: Fleet) -> Fleet:
    """Every kind of thing that a task can have, in front of its first run."""
    empty.stack.configure(
        namePrefix="live-", alertEmails=["on-call@example.com"], expectedRunHours="26", artifactBucket="models"
    )
    smoke = {"cases": [{"payload": {"text": RUDE}, "expect": "toxic"}]}
    gate = {"gate": {"metric": "f1", "min": 0.8}}
    empty.declare(
        spam={"kms_key": KEY, **gate},
        toxicity={"log_retention_days": 14, "smoke_test": smoke},
        urgency={**SCALED, **gate},
    )
    return empty


def judged_in_a_report(stack: Fleet, task: str) -> None:
    """A version whose figures are in S3 alone."""
    content = report.content({"f1": "0.9"})
    place = {"LocationConstraint": "eu-west-1"}
    stack.sandbox.client("s3").create_bucket(Bucket="models", CreateBucketConfiguration=place)
    stack.sandbox.client("s3").put_object(Bucket="models", Key=f"{task}/evaluation.json", Body=content)
    metrics = report.model_metrics(f"s3://models/{task}/evaluation.json", content)
    stack.sandbox.register(task, members={"ModelMetrics": metrics})


def judged_in_a_card(stack: Fleet, task: str) -> str:
    """A version whose figures are in an encrypted model card alone; gives the key."""
    key: str = stack.sandbox.client("kms").create_key()["KeyMetadata"]["Arn"]
    content = {"ModelCardContent": card.content(Origin(), {"f1": "0.9"}, ""), "ModelCardStatus": card.DRAFT}
    stack.sandbox.register(task, members={"ModelCard": content, "SecurityConfig": {"KmsKeyId": key}})
    return key


def lived(stack: Fleet, places: Sequence[str], backend: str) -> list[Need]:
    """What a deployer has needed to be allowed, from a stack's first run to its last, held to its policy."""

    def held(role: str) -> dict[str, str]:
        its = rights.held(stack.stack, role, rights.policy(stack.stack, role, *places))
        return {**its, "PULUMI_BACKEND_URL": backend}

    deployer = held("deployer")
    stack.stack.pulumi("stack", "init", "sandbox", "--secrets-provider", SECRETS, check=True, env=deployer)
    for change in (_nothing, _new_version, _fewer):
        change(stack)
        run = stack.up(env=deployer)
        assert run.ok, run.text
    for role, command in (("preview", ["status"]), ("operator", ["orphans"])):
        shown = stack.stack.fleet(*command, env=held(role))
        assert shown.ok, shown.text
    assert stack.stack.destroy(env=deployer).ok
    calls = [call for call in stack.sandbox.calls() if ":assumed-role/deployer/" in call.caller]
    assert [call for call in calls if "AccessDenied" in call.error or call.error == "AuthorizationError"] == []
    return recorded(calls)


def test_a_life_of_a_stack_needs_every_statement_and_nothing_else(stack: Fleet) -> None:
    """Of the policy by its prefix, to which it is held, and of the one by its tags, which is asked the same again."""
    backend = Bucket.make(stack.sandbox).url
    stack.sandbox.register("toxicity")
    judged_in_a_report(stack, "urgency")
    places = ("--state", backend, "--state-key", SECRETS, "--model-key", judged_in_a_card(stack, "spam"))

    needs = lived(stack, places, backend)

    for bound in ("prefix", "tags"):
        statements = guard.statements([rights.policy(stack.stack, "deployer", *places, "--bound-by", bound)])
        assert [need for need in needs if not decide(statements, need).allowed] == []
        for sid in {one.sid for one in statements}:
            less = without(statements, sid)
            assert [need for need in needs if not decide(less, need).allowed], f"{sid} is not needed, bound by {bound}"
        allowed = {action for one in statements for action in one.actions}
        assert allowed - {need.action for need in needs} == OTHERWISE_NEEDED.keys()


def _nothing(_: Fleet) -> None:
    """All of it is new."""


def _new_version(stack: Fleet) -> None:
    """Another owner too, and tags that others have put on what the stack has."""
    stack.sandbox.register("toxicity")
    client, region = stack.sandbox.client, "eu-west-1:123456789012"
    name = "sagemaker-endpoint-manager-sandbox"
    note = [{"Key": "note", "Value": "theirs"}]
    client("sns").tag_resource(ResourceArn=f"arn:aws:sns:{region}:{name}-alerts", Tags=note)
    client("events").tag_resource(ResourceARN=f"arn:aws:events:{region}:rule/{name}-endpoints", Tags=note)
    targets = client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
    (target,) = targets["ScalableTargets"]
    client("application-autoscaling").tag_resource(ResourceARN=target["ScalableTargetARN"], Tags={"note": "theirs"})
    for task in ("spam", "toxicity", "urgency"):
        stack.change(task, owner="team-x")


def _fewer(stack: Fleet) -> None:
    stack.change("urgency", scaling=None, owner=None)
    stack.remove("toxicity")
    stack.stack.configure(alertEmails=["others@example.com"])


def test_a_run_without_a_statement_fails_and_names_the_permission(fleet: Fleet) -> None:
    fleet.sandbox.register("spam")
    whole = rights.policy(fleet.stack, "deployer")
    less = {**whole, "Statement": [one for one in whole["Statement"] if one["Sid"] != "Make"]}

    run = fleet.up(env=rights.held(fleet.stack, "deployer", less))

    assert not run.ok
    assert "is not authorized to perform: sagemaker:CreateModel on resource: " in run.text
    assert "because no identity-based policy allows the sagemaker:CreateModel action" in run.text
    assert fleet.serving("spam") == 1


def test_a_preview_needs_no_more_than_its_policy(fleet: Fleet) -> None:
    fleet.sandbox.register("spam")
    run = fleet.preview(env=rights.held(fleet.stack, "preview"))
    assert run.ok, run.text
    assert "new version 2 approved" in run.text


def _refused(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return f"{caught.value.response['Error']['Code']}"


def test_a_deployer_touches_nothing_but_its_own_stack(fleet: Fleet) -> None:
    """Another stack's endpoint, another path's parameter, a package's approval, its own role."""
    aws = fleet.sandbox.client("sagemaker")
    config = fleet.sandbox.serving("spam")
    tags = [{"Key": "fleet:project", "Value": "sagemaker-endpoint-manager"}, {"Key": "fleet:stack", "Value": "other"}]
    theirs = aws.create_endpoint(EndpointName="theirs", EndpointConfigName=config, Tags=tags)["EndpointArn"]
    package = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/spam/1"
    client = fleet.sandbox.client_as(rights.held(fleet.stack, "deployer"))

    endpoints, parameters, roles = client("sagemaker"), client("ssm"), client("iam")
    denied = "AccessDeniedException"
    assert _refused(endpoints.delete_endpoint, EndpointName="theirs") == denied
    assert _refused(endpoints.update_endpoint, EndpointName="theirs", EndpointConfigName=config) == denied
    ours = [{"Key": "fleet:stack", "Value": "sandbox"}, {"Key": "fleet:project", "Value": "sagemaker-endpoint-manager"}]
    assert _refused(endpoints.add_tags, ResourceArn=theirs, Tags=ours) == denied
    approved = {"ModelPackageArn": package, "ModelApprovalStatus": "Rejected"}
    assert _refused(endpoints.update_model_package, **approved) == denied
    parameter = {"Name": "/sagemaker-endpoint-manager/other/spam", "Value": "x", "Type": "String"}
    assert _refused(parameters.put_parameter, **parameter) == denied
    policy = {"RoleName": "deployer", "PolicyName": "more", "PolicyDocument": "{}"}
    assert _refused(roles.put_role_policy, **policy) == "AccessDenied"


def test_tags_that_somebody_took_off_are_put_back_by_an_administrator(fleet: Fleet) -> None:
    """Bound by tags, a deployer cannot say of an endpoint that it is its own."""
    aws = fleet.sandbox.client("sagemaker")
    arn = aws.describe_endpoint(EndpointName="spam")["EndpointArn"]
    aws.delete_tags(ResourceArn=arn, TagKeys=["fleet:stack"])
    deployer = rights.held(fleet.stack, "deployer")

    run = fleet.up(env=deployer)

    assert not run.ok
    assert "is not authorized to perform: sagemaker:AddTags" in run.text
    assert f"an administrator does: aws sagemaker add-tags --resource-arn {arn} --tags Key=fleet:project," in run.text
    aws.add_tags(ResourceArn=arn, Tags=[{"Key": "fleet:stack", "Value": "sandbox"}])
    assert fleet.up(env=deployer).ok
    assert fleet.up("--expect-no-changes", env=deployer).ok
