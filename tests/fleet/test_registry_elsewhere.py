"""A registry in another account: a role of it reads versions and reports, and what this account lacks is still said."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet import elsewhere
from fleet.access import Access
from fleet.aws import archives, images, packages, session
from fleet.aws.gateway import Gateway
from fleet.aws.packages import Inspected, Use
from fleet.cli import state
from fleet.cli.command import main
from fleet.evidence import report
from fleet.gate import Said
from fleet.seen import Version
from fleet.tags import Ownership
from sandbox.lab.handle import Sandbox
from tests import accounts
from tests.accounts import OURS, THEIRS

GROUP = f"arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package-group/spam"
PACKAGE = f"arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package/spam/1"
REPORT = report.content({"auc": "0.97"})


@pytest.fixture(scope="module")
def two_accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Sandbox]]:
    """This one, and that of the registry: a version, its report, and a role that may read both."""
    with accounts.two_accounts(tmp_path_factory.mktemp("accounts")) as (ours, theirs):
        theirs.register("spam", members={"ModelMetrics": report.model_metrics("s3://reports/spam.json", REPORT)})
        s3 = theirs.client("s3")
        s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="reports", Key="spam.json", Body=REPORT)
        yield ours, theirs


@pytest.fixture
def registry(two_accounts: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The account of the registry; every client of the program is led to ours."""
    ours, theirs = two_accounts
    for name, value in ours.env.items():
        if name.startswith("AWS_") or name == "NO_PROXY":
            monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    theirs.settings(shared={})
    return theirs


def reading(registry: Sandbox) -> Access:
    return Access("eu-west-1", registry_role=registry.role("registry-reader", OURS))


def judged(access: Access) -> Said:
    """What a run's gate is told of the version."""

    async def asked() -> Said:
        return await Gateway(access, Ownership("fleet", "prod")).judged(Version(1, PACKAGE), "auc")

    return asyncio.run(asked())


def doubts(access: Access) -> tuple[str, ...]:
    (looked,) = packages.inspect(session.sagemaker(access), access, [Use(PACKAGE)]).of.values()
    assert isinstance(looked, Inspected)
    return looked.doubts


def unshared(access: Access) -> dict[str, str]:
    async def asked() -> dict[str, str]:
        ours = PACKAGE.replace(THEIRS, OURS)  # which nobody reads by a role
        return await Gateway(access, Ownership("fleet", "prod")).unshared([PACKAGE, ours])

    return asyncio.run(asked())


def test_a_gate_goes_by_a_report_that_the_role_reads_in_its_account(registry: Sandbox) -> None:
    before = registry.mark()

    assert judged(reading(registry)).figure == "0.97"

    asked = {call.operation: call.caller for call in registry.calls(before)}
    assert asked.keys() >= {"DescribeModelPackage", "GetObject"}
    assert {caller.split("/")[1] for caller in (asked["DescribeModelPackage"], asked["GetObject"])} == {
        "registry-reader"
    }


def test_a_gate_is_told_that_nobody_of_this_account_may_read_the_version(registry: Sandbox) -> None:
    said = judged(Access("eu-west-1"))

    assert said.figure == ""
    assert "no resource-based policy allows the sagemaker:DescribeModelPackage action" in said.unread


def test_a_package_that_the_role_alone_may_see_is_doubted_until_it_is_shared(registry: Sandbox) -> None:
    access = reading(registry)

    (doubt,) = doubts(access)
    assert doubt.startswith("this account itself may not see its package model-package/spam/1 of account 210987654321")
    assert unshared(access) == {PACKAGE: doubt}

    registry.settings(shared={"spam": [OURS]})
    assert doubts(access) == ()
    assert unshared(access) == {}


def test_versions_are_listed_by_the_role(
    registry: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(_: str) -> dict[str, Any]:
        return {}

    role = registry.role("registry-reader", OURS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(state, "outputs", nothing)
    (tmp_path / "Pulumi.yaml").write_text("name: sagemaker-endpoint-manager\n")
    gate = "{metric: auc, min: 0.5}"
    (tmp_path / "tasks.yaml").write_text(f"tasks: {{spam: {{group: '{GROUP}', gate: {gate}}}}}\n")
    settings = f"  aws:region: eu-west-1\n  sagemaker-endpoint-manager:registryRoleArn: {role}\n"
    (tmp_path / "Pulumi.prod.yaml").write_text(f"config:\n{settings}")
    before = registry.mark()

    assert main(["versions", "spam", "--stack", "prod"]) == 0

    head, row = (line.split() for line in capsys.readouterr().out.splitlines())
    assert (row[0], row[head.index("auc")]) == ("1", "0.97")
    listed = [call for call in registry.calls(before) if call.operation in ("ListModelPackages", "GetObject")]
    assert {call.caller.split("/")[1] for call in listed} == {"registry-reader"}


# What the other account keeps to itself


def test_an_image_is_looked_at_once_its_repository_lets_this_account_in_and_those_of_this_one_before(
    two_accounts: tuple[Sandbox, Sandbox], registry: Sandbox
) -> None:
    ours, _ = two_accounts
    theirs, own = (f"{account}.dkr.ecr.eu-west-1.amazonaws.com/text-classifier:1" for account in (THEIRS, OURS))
    ours.settings(image_bytes={"text-classifier:1": 20_000_000_000})

    found, why = images.look_up(Access("eu-west-1"), [theirs, own])
    assert found == {own: 20_000_000_000}
    assert "no resource-based policy allows the ecr:DescribeImages action" in why
    assert elsewhere.unlooked(why).endswith("the policy `ecr` that `fleet iam registry` prints")

    policy = letting("ecr:DescribeImages")
    registry.client("ecr").set_repository_policy(repositoryName="text-classifier", policyText=policy)
    found, why = images.look_up(Access("eu-west-1"), [theirs, own])
    assert found.keys() == {theirs, own}
    assert why == ""


MODEL = "s3://models/spam/1/model.tar.gz"


@pytest.fixture
def models(registry: Sandbox) -> Iterator[Sandbox]:
    """A bucket with a model that a key encrypts, and nobody but its account may read."""
    s3 = registry.client("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    key = registry.client("kms").create_key()["KeyMetadata"]["Arn"]
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    for name in ("spam/1/model.tar.gz", "spam/2/model.tar.gz"):
        s3.put_object(Bucket="models", Key=name, Body=b"model", **encrypted)
    yield registry
    s3.delete_objects(Bucket="models", Delete={"Objects": [{"Key": f"spam/{n}/model.tar.gz"} for n in (1, 2)]})
    s3.delete_bucket(Bucket="models")


def letting(action: str, **on: str) -> str:
    """A policy for all of this account, as `fleet iam registry` prints them; a repository's names no resource."""
    allowed = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OURS}:root"}, "Action": action}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allowed, **on}]})


def test_a_model_is_read_once_bucket_and_key_let_this_account_in(models: Sandbox) -> None:
    access = Access("eu-west-1")
    s3, kms = models.client("s3"), models.client("kms")
    key = s3.head_object(Bucket="models", Key="spam/1/model.tar.gz")["SSEKMSKeyId"]

    kept, unknown = archives.kept(access, [MODEL])
    assert kept[MODEL].startswith("GetObject: AccessDenied: ")
    assert "no resource-based policy allows the s3:GetObject action" in kept[MODEL]
    assert unknown == ""

    s3.put_bucket_policy(Bucket="models", Policy=letting("s3:GetObject", Resource="arn:aws:s3:::models/*"))
    kept, _ = archives.kept(access, [MODEL])
    assert "no resource-based policy allows the kms:Decrypt action" in kept[MODEL]
    assert "may not decrypt its model s3://models/" in elsewhere.kept(MODEL, kept[MODEL])

    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=letting("kms:Decrypt", Resource="*"))
    assert archives.kept(access, [MODEL]) == ({}, "")


def test_a_bucket_is_asked_once_and_its_answer_is_that_of_all_its_models(models: Sandbox) -> None:
    other, before = MODEL.replace("/1/", "/2/"), models.mark()

    kept, _ = archives.kept(Access("eu-west-1"), [MODEL, other, MODEL, "https://models/of/another/kind"])

    assert kept.keys() == {MODEL, other}
    assert [call.operation for call in models.calls(before) if call.service == "s3"] == ["GetObject"]


def test_a_model_that_is_not_there_is_left_to_sagemaker(models: Sandbox) -> None:
    assert archives.kept(Access("eu-west-1"), ["s3://nobodys/model.tar.gz", "s3://sandbox-models/x/model.tar.gz"]) == (
        {},
        "",
    )


def test_without_models_s3_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "client", None)
    assert archives.kept(Access("eu-west-1"), []) == ({}, "")


def test_a_deployer_that_may_not_read_is_not_taken_for_an_account_that_keeps_its_models(
    two_accounts: tuple[Sandbox, Sandbox], models: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, _ = two_accounts
    nothing = {"Version": "2012-10-17", "Statement": []}
    ours.role("deployer", OURS, policies=[nothing])
    for name, value in ours.credentials("deployer").items():
        monkeypatch.setenv(name, value)

    kept, unknown = archives.kept(Access("eu-west-1"), [MODEL])

    assert kept == {}
    assert "no identity-based policy allows the s3:GetObject action" in unknown
