"""Who trains, who approves, what deploys: with what `fleet iam` prints, each does its own work and no other."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fleet.cli import state
from fleet.cli.command import main
from sandbox.aws.world import REGION
from sandbox.lab.rights import STATE
from tests.fleet.models_of_mlflow import BUCKET, IMAGE, RUN, logged, track

PACKAGE = f"arn:aws:sagemaker:{REGION}:123456789012:model-package/toxicity/1"
REGISTER = ("register", "toxicity", "--run", RUN)
APPROVE = ("approve", "toxicity", "1", "--reason", "fewer false alarms", "--yes")
LARGE = 20_000_000  # bytes: more than goes in one part
OWN = {"executionRoleArn": "arn:aws:iam::123456789012:role/sagemaker-execution", "artifactBucket": BUCKET}
DENIED = "is not authorized to perform: "


class Team:
    """The same commands, each time by somebody else."""

    def __init__(self, account: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.account, self._monkeypatch, self._capsys = account, monkeypatch, capsys

    def is_done(self, role: str, *command: str) -> bool:
        """Whether a command succeeds of somebody who may what the policy of that role allows."""
        assert main(["iam", role, *STATE, "--stack", "prod"]) == 0
        policy = json.loads(self._capsys.readouterr().out)
        self.allowed = {action for one in policy["Statement"] for action in listed(one["Action"])}
        sandbox = self.account.sandbox
        sandbox.role(role, sandbox.account, policies=[policy])
        self.account.mark = sandbox.mark()
        with self._monkeypatch.context() as env:
            for name, value in sandbox.credentials(role, "jane").items():
                env.setenv(name, value)
            code = main([*command, "--stack", "prod"])
        self.said = "".join(self._capsys.readouterr())
        return code == 0

    def approval(self) -> str:
        return str(self.account.client.describe_model_package(ModelPackageName=PACKAGE)["ModelApprovalStatus"])

    def asked(self) -> set[str]:
        """What the last command had to be allowed."""
        return {need["action"] for call in self.account.sandbox.calls(self.account.mark) for need in call.allowed}


@pytest.fixture
def is_large(monkeypatch: pytest.MonkeyPatch, team: Team) -> None:
    """The model goes in parts."""
    track(monkeypatch, logged(), content=os.urandom(LARGE))  # gzip makes it no smaller


@pytest.fixture
def team(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Team:
    """A group without versions, a bucket for models, MLflow with one."""
    config = "".join(f"  sagemaker-endpoint-manager:{key}: {value}\n" for key, value in OWN.items())
    with (prod / "Pulumi.prod.yaml").open("a") as file:
        file.write(config)
    (prod / "tasks.yaml").write_text(f"tasks: {{toxicity: {{image: '{IMAGE}'}}}}\n")
    account.client.create_model_package_group(ModelPackageGroupName="toxicity")
    s3 = account.sandbox.client("s3")
    if BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    track(monkeypatch, logged())
    monkeypatch.setattr(state, "outputs", lambda _: {})  # nothing is deployed
    return Team(account, monkeypatch, capsys)


def listed(said: str | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else said


@pytest.mark.usefixtures("is_large")
def test_a_trainer_registers_with_no_right_to_spare(team: Team) -> None:
    assert team.is_done("trainer", *REGISTER), team.said

    assert team.allowed - team.asked() == {
        "s3:AbortMultipartUpload",  # the next test
        "sagemaker:DescribeModelPackage",  # of the versions that there are: below
        "sagemaker:ListModelPackageGroups",  # where the group is not there
    }
    assert team.approval() == "PendingManualApproval"
    assert team.is_done("trainer", *REGISTER), team.said
    assert "is this model already" in team.said


@pytest.mark.usefixtures("is_large")
def test_an_upload_that_a_trainer_cannot_end_is_aborted(team: Team) -> None:
    team.account.sandbox.fault(
        "UploadPart", service="s3", action="error", code="AccessDenied", message="no", status=403
    )

    assert not team.is_done("trainer", *REGISTER)

    assert "s3:AbortMultipartUpload" in team.asked()
    assert not team.account.sandbox.client("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads")


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_an_approver_decides_by_all_that_is_said_of_a_version(team: Team, decision: str) -> None:
    assert team.is_done("trainer", *REGISTER), team.said

    assert team.is_done("approver", decision, *APPROVE[1:]), team.said

    assert team.approval() == {"approve": "Approved", "reject": "Rejected"}[decision]
    assert (
        "assumed-role/approver/jane"
        in team.account.client.describe_model_package(ModelPackageName=PACKAGE)["CustomerMetadataProperties"][
            "fleet.decided_by"
        ]
    )
    assert "could not" not in team.said  # sizes and figures too


@pytest.mark.parametrize("role", ["trainer", "deployer", "operator"])
def test_nobody_else_approves(team: Team, role: str) -> None:
    team.account.sandbox.register("toxicity", approval="PendingManualApproval")

    assert not team.is_done(role, *APPROVE)

    assert f"{DENIED}sagemaker:UpdateModelPackage on resource: {PACKAGE}" in team.said
    assert team.approval() == "PendingManualApproval"


@pytest.mark.parametrize("role", ["approver", "deployer", "operator"])
def test_nobody_else_registers(team: Team, role: str) -> None:
    assert not team.is_done(role, *REGISTER)

    assert DENIED in team.said
    assert team.account.client.list_model_packages(ModelPackageGroupName="toxicity")["ModelPackageSummaryList"] == []
