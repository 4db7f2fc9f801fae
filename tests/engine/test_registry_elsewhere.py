"""A registry in another account: what it lets this one do, what it does not, and what is read by a role of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet.evidence import report
from sandbox.lab.handle import Sandbox
from tests.engine.conftest import Fleet

THEIRS = "210987654321"
GROUP = f"arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package-group/spam"
READER = f"arn:aws:iam::{THEIRS}:role/registry-reader"
VERSION = f"arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package/spam"
MODEL = "s3://sandbox-models/spam/1/model.tar.gz"
REFUSED = "because no resource-based policy allows the {} action"


@pytest.fixture
def registry(tmp_path: Path, sandbox: Sandbox) -> Iterator[Sandbox]:
    """The account of the registry, with two versions that nobody else may see."""
    with Sandbox.start(tmp_path / "theirs", account=THEIRS, inference=False) as started:
        sandbox.neighbour(started)
        started.register("spam")
        started.register("spam", approval="PendingManualApproval")
        yield started


@pytest.fixture
def across(empty: Fleet, registry: Sandbox) -> Fleet:
    """A task of this account's registry and one of the other's; nothing is deployed."""
    empty.sandbox.register("toxicity")
    empty.declare("toxicity", spam={"group": GROUP})
    empty.stack.configure(artifactBucket="sandbox-models")  # so that its policies know where models lie
    return empty


def put_on(registry: Sandbox, policy: Any) -> None:
    text = json.dumps(policy)
    registry.client("sagemaker").put_model_package_group_policy(ModelPackageGroupName="spam", ResourcePolicy=text)


def judged(registry: Sandbox) -> int:
    """A version whose figures are in the registry's S3 alone."""
    content = report.content({"f1": "0.9"})
    s3 = registry.client("s3")
    s3.create_bucket(Bucket="sandbox-models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="sandbox-models", Key="spam/evaluation.json", Body=content)
    metrics = report.model_metrics("s3://sandbox-models/spam/evaluation.json", content)
    return registry.register("spam", members={"ModelMetrics": metrics})


def generated(fleet: Fleet) -> Any:
    """The policies that an administrator of the registry's account is given."""
    said = fleet.stack.fleet("iam", "registry", "--models", "sandbox-models", "--image", "text-classifier")
    assert said.code == 0, said.text
    return json.loads(said.text)


def serves(fleet: Fleet) -> dict[str, int]:
    return {task: int(fleet.sandbox.serving(task).split("-v")[1].split("-")[0]) for task in fleet.sandbox.endpoints()}


def test_the_generated_policies_deploy_and_who_loses_that_of_the_group_is_unknown_while_others_go_on(across, registry):
    policies, s3 = generated(across), registry.client("s3")
    s3.create_bucket(Bucket="sandbox-models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    put_on(registry, policies["group_policy"])
    preview = across.preview()
    assert preview.ok, preview.text
    assert f"spam: version 1: as far as this run can see, this account may not read its model {MODEL}" in preview.text
    assert REFUSED.format("s3:GetObject") in preview.text
    assert REFUSED.format("ecr:DescribeImages") in preview.text
    assert "toxicity: version 1" not in preview.text  # what is of this account is left to SageMaker

    s3.put_bucket_policy(Bucket="sandbox-models", Policy=json.dumps(policies["s3"]))
    ecr = registry.client("ecr")
    ecr.set_repository_policy(repositoryName="text-classifier", policyText=json.dumps(policies["ecr"]))
    run = across.up()
    assert run.ok, run.text
    assert "as far as this run can see" not in run.text
    assert "could not be looked at" not in run.text
    assert serves(across) == {"toxicity": 1, "spam": 1}
    assert across.output("spam")["model_package_arn"] == f"{VERSION}/1"

    registry.client("sagemaker").delete_model_package_group_policy(ModelPackageGroupName="spam")
    across.sandbox.register("toxicity")
    run = across.up()

    assert not run.ok
    assert across.output("spam")["status"] == "UNKNOWN"
    assert REFUSED.format("sagemaker:ListModelPackages") in across.output("spam")["reason"]
    assert serves(across) == {"toxicity": 2, "spam": 1}


def test_what_a_role_of_the_registry_reads_is_made_once_the_group_is_shared(across, registry):
    across.stack.configure(registryRoleArn=READER)
    registry.role("registry-reader", across.sandbox.account, policies=[generated(across)["reader"]])

    preview = across.preview()
    assert preview.ok, preview.text
    assert "registryRoleArn is for reading only" in preview.text
    assert "no resource-based policy allows the sagemaker:DescribeModelPackage action" in preview.text
    run = across.up()
    assert not run.ok
    assert f"sagemaker:CreateModel on resource: {VERSION}/1" in run.text
    assert serves(across) == {"toxicity": 1}

    registry.settings(shared={"spam": [across.sandbox.account]})
    version = judged(registry)
    across.change("spam", gate={"metric": "f1", "min": 0.8})
    before = registry.mark()
    run = across.up()

    assert run.ok, run.text
    assert "reading only" not in run.text
    assert serves(across) == {"toxicity": 1, "spam": version}
    calls = registry.calls(before)
    listed = [call.caller for call in calls if call.operation == "ListModelPackages"]
    reported = [call.caller for call in calls if call.params.get("Key") == "spam/evaluation.json"]
    assert listed and reported
    assert {caller.split("/")[1] for caller in (*listed, *reported)} == {"registry-reader"}


def test_a_role_of_the_registry_that_may_not_be_assumed_is_named(across, registry):
    across.stack.configure(registryRoleArn=registry.role("registry-reader", "999999999999"))

    run = across.up()

    assert not run.ok
    assert (
        "not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::210987654321:role/registry-reader"
        in (across.output("spam")["reason"])
    )
    assert serves(across) == {"toxicity": 1}
