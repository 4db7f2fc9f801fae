"""What the roles may do is asked of `fleet iam`, by the fleet's own files."""

import json
import shutil
from pathlib import Path

import pytest
from fleet_bootstrap import policies
from fleet_bootstrap.settings import SettingError, Settings, understand

from sandbox.lab.folder import ROOT
from tests.bootstrap.declaring import GITHUB

LONGEST = 10_240  # characters of all inline policies of a role (IAM user guide, IAM and STS quotas, 2026-11)


def settings(fleet: Path | str = GITHUB["fleet"]) -> Settings:
    read = understand({**GITHUB, "fleet": str(fleet)}, "eu-west-1")
    assert isinstance(read, Settings)
    return read


@pytest.mark.parametrize("role", ["deployer", "preview"])
def test_the_state_that_is_made_here_is_the_one_that_ci_may_use(role: str) -> None:
    policy = policies.of(role, settings(), *policies.of_the_state(settings()))

    [state] = [one for one in policy["Statement"] if "s3:GetObject" in one["Action"]]
    assert "arn:aws:s3:::fleet-prod-state-123456789012-eu-west-1" in state["Resource"]
    [key] = [one for one in policy["Statement"] if "kms:Decrypt" in one["Action"]]
    assert "alias/fleet-prod-state" in json.dumps(key["Condition"])
    assert len(json.dumps(policy, separators=(",", ":"))) < LONGEST


def test_the_containers_may_read_what_is_said_here() -> None:
    policy = policies.of("execution-role", settings(), *policies.of_the_models(settings()))

    read = [resource for one in policy["Statement"] for resource in _listed(one["Resource"])]
    assert "arn:aws:s3:::acme-models/*" in read
    assert "arn:aws:ecr:eu-west-1:123456789012:repository/classifier" in read


def test_the_fleet_may_be_a_teams_own_project(tmp_path: Path) -> None:
    """With the template's files, whose settings name no project, beside nothing else of this repository."""
    shutil.copytree(ROOT / "template", tmp_path, dirs_exist_ok=True)
    (tmp_path / "Pulumi.yaml").write_text("name: text-models\nruntime: python\n")
    fleet = settings(tmp_path)

    policy = json.dumps(policies.of("deployer", fleet, *policies.of_the_state(fleet)))

    assert policies.execution_role(fleet) == "arn:aws:iam::123456789012:role/sagemaker-execution"
    assert ":endpoint/prod-*" in policy
    assert ":alarm:text-models/prod/*" in policy


def _listed(said: str | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else said


def test_what_fleet_iam_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: sagemaker-endpoint-manager\nruntime: python\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {}\n")

    with pytest.raises(SettingError, match=r"fleet iam deployer --stack prod.*: fleet iam: aws:region is not set"):
        policies.of("deployer", settings(tmp_path))
