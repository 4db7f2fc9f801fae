"""`fleet iam`: a policy for each role, out of what the stack's configuration says and what only its maker knows."""

import json
from pathlib import Path
from typing import Any

import parliament
import pytest
import yaml

from fleet.cli import stack
from fleet.cli.command import main
from fleet.iam import roles

ROLE = "arn:aws:iam::123456789012:role/sagemaker-execution"
STATE = ("--state", "s3://acme-state/fleets?region=eu-west-1", "--state-key", "awskms://alias/pulumi?region=eu-west-1")
OTHER = "arn:aws:sagemaker:eu-west-1:999999999999:model-package"  # an account that the role is not of
PLACES = ("--models", "acme-models", "--image", "classifier")


class Command:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def configure(self, name: str = "prod", **config: Any) -> None:
        own = {
            f"sagemaker-endpoint-manager:{key}": value for key, value in {"executionRoleArn": ROLE, **config}.items()
        }
        content = {"config": {"aws:region": "eu-west-1", **own}}
        (self.folder / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(content))

    def tasks(self, **tasks: Any) -> None:
        (self.folder / "tasks.yaml").write_text(yaml.safe_dump({"tasks": tasks}))

    def run(self, *words: str) -> int:
        code = main(["iam", *words, "--stack", "prod"])
        self.out, self.errors = self._capsys.readouterr()
        return code

    def printed(self, *words: str) -> dict[str, Any]:
        assert self.run(*words) == 0, self.errors
        document: dict[str, Any] = json.loads(self.out)
        return document

    def statement(self, sid: str, *words: str) -> dict[str, Any]:
        (found,) = (one for one in self.printed(*words)["Statement"] if one["Sid"] == sid)
        return dict(found)


@pytest.fixture
def command(prod: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    given = Command(prod, capsys)
    given.configure(namePrefix="prod-")
    given.tasks(spam={})
    return given


@pytest.mark.parametrize("role", [role for role in roles.ROLES if role != roles.REGISTRY])
def test_every_role_has_one_policy(command: Command, role: str) -> None:
    document = command.printed(role, *STATE, *PLACES)
    assert document["Version"] == "2012-10-17"
    assert document["Statement"]
    assert command.errors == ""


def test_one_task_more_is_the_same_policy(command: Command) -> None:
    before = command.printed("deployer", *STATE)
    command.tasks(**{f"task-{number}": {} for number in range(200)})
    assert command.printed("deployer", *STATE) == before


def test_account_and_names_are_those_of_the_stack(command: Command) -> None:
    bound = command.statement("Endpoints", "deployer", *STATE)["Resource"]
    assert bound[0] == "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/prod-*"


@pytest.mark.parametrize("other", ["", "prod-", "prod-eu-"])
def test_beside_a_stack_whose_names_may_begin_so_the_tags_bind(command: Command, other: str) -> None:
    command.configure("other", namePrefix=other)
    command.configure(namePrefix="prod-" if other else "")
    sids = [one["Sid"] for one in command.printed("deployer", *STATE)["Statement"]]
    assert "Change" in sids and "Endpoints" not in sids


def test_whoever_knows_of_other_projects_says_what_is_to_bind(command: Command) -> None:
    assert command.statement("Change", "deployer", *STATE, "--bound-by", "tags")
    command.configure(namePrefix="")
    assert command.run("deployer", *STATE, "--bound-by", "prefix") == 1
    assert "the stack has no namePrefix" in command.errors


def test_the_state_is_where_the_engine_is_logged_in(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.configure(namePrefix="prod-")
    file = command.folder / "Pulumi.prod.yaml"
    file.write_text(f"secretsprovider: awskms://1234abcd?region=eu-central-1\n{file.read_text()}")
    monkeypatch.setattr(stack, "answer", lambda *_: json.dumps({"user": "ci", "url": "s3://acme-state"}))
    state = command.statement("State", "deployer")
    assert state["Resource"] == ["arn:aws:s3:::acme-state", "arn:aws:s3:::acme-state/.pulumi/*"]
    key = command.statement("StateKey", "deployer")
    assert key["Resource"] == "arn:aws:kms:eu-central-1:123456789012:key/1234abcd"


def test_a_key_that_is_known_by_its_alias_is_bound_by_that(command: Command) -> None:
    key = command.statement("StateKey", "preview", *STATE)
    assert key["Condition"] == {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/pulumi"}}
    assert command.statement("State", "preview", *STATE)["Resource"][1] == "arn:aws:s3:::acme-state/fleets/.pulumi/*"


def test_of_a_state_that_is_not_in_s3_nothing_is_said_and_that_is_said(command: Command) -> None:
    document = command.printed("deployer", "--state", "https://api.pulumi.com")
    assert "State" not in [one["Sid"] for one in document["Statement"]]
    assert "the state, which is not in S3" in command.errors


def test_where_no_configuration_tells_of_models_they_are_where_sagemaker_puts_them_and_that_is_said(
    command: Command,
) -> None:
    read = command.statement("ReadModels", "execution-role")
    assert read["Resource"] == "arn:aws:s3:::sagemaker-eu-west-1-123456789012/*"
    assert "models are taken to lie in sagemaker-eu-west-1-123456789012" in command.errors
    pull = command.statement("PullImages", "execution-role")
    assert pull["Resource"] == "arn:aws:ecr:eu-west-1:123456789012:repository/*"
    assert "--image REPOSITORY narrows it" in command.errors


def test_models_are_where_fleet_register_puts_them_unless_it_is_said(command: Command) -> None:
    command.configure(namePrefix="prod-", artifactBucket="ml-artifacts")
    assert command.statement("Evidence", "deployer", *STATE)["Resource"] == "arn:aws:s3:::ml-artifacts/*"
    assert command.statement("PutModels", "trainer")["Resource"] == "arn:aws:s3:::ml-artifacts/*"
    said = command.statement("Evidence", "deployer", *STATE, "--models", "acme-models")
    assert said["Resource"] == "arn:aws:s3:::acme-models/*"


def test_a_gate_whose_reports_nobody_could_read_is_said(command: Command) -> None:
    command.tasks(spam={"gate": {"metric": "f1", "min": 0.8}})
    for role in ("deployer", "preview", "operator", "approver"):
        command.run(role, *STATE)
        assert "tasks have gates, and no report in S3 may be read" in command.errors
        command.run(role, *STATE, *PLACES)
        assert command.errors == ""


def test_an_account_that_the_configuration_does_not_tell_is_asked_for(command: Command) -> None:
    command.configure(executionRoleArn="sagemaker")
    assert command.run("deployer", *STATE) == 1
    assert "executionRoleArn says which account it is" in command.errors


def test_the_side_of_a_registry_elsewhere_is_of_its_groups(command: Command) -> None:
    assert command.printed("registry", *PLACES)
    assert "no task names a group of another account" in command.errors
    group = "arn:aws:sagemaker:eu-west-1:210987654321:model-package-group/spam"
    command.tasks(spam={"group": group}, urgency={})

    printed = command.printed("registry", *PLACES)

    assert set(printed) == {"group_policy", "s3", "ecr", "kms"}
    see, deploy = printed["group_policy"]["Statement"]
    assert see["Resource"] == group
    assert deploy["Resource"] == "arn:aws:sagemaker:eu-west-1:210987654321:model-package/spam/*"
    assert {one["Principal"]["AWS"] for one in (see, deploy)} == {"arn:aws:iam::123456789012:root"}


def test_one_group_of_several_has_its_policy_by_its_name(command: Command) -> None:
    there = "arn:aws:sagemaker:eu-west-1:210987654321:model-package-group"
    command.tasks(spam={"group": f"{there}/spam"}, urgency={"group": f"{there}/urgency"})
    both = command.printed("registry")
    assert both["group_policy"]["Statement"][0]["Resource"] == [f"{there}/spam", f"{there}/urgency"]
    assert both["s3"]["Statement"][0]["Resource"] == "arn:aws:s3:::sagemaker-eu-west-1-210987654321/*"
    assert "SageMaker takes the policy of one group at a time" in command.errors

    one = command.printed("registry", "--group", "urgency")
    assert one["group_policy"]["Statement"][0]["Resource"] == f"{there}/urgency"
    assert command.run("registry", "--group", "urgenyc") == 1
    assert "no task is of the group urgenyc" in command.errors


def test_a_role_that_reads_a_registry_elsewhere_has_its_policy_and_its_trust(command: Command) -> None:
    there = "arn:aws:sagemaker:eu-west-1:210987654321"
    command.tasks(spam={"group": f"{there}:model-package-group/spam"}, toxicity={"group": f"{OTHER}-group/toxicity"})
    command.configure(namePrefix="prod-", registryRoleArn="arn:aws:iam::210987654321:role/registry-reader")
    key = "arn:aws:kms:eu-west-1:210987654321:key/1234abcd"

    printed = command.printed("registry", *PLACES, "--model-key", key)

    see, images, evidence = printed["reader"]["Statement"]
    assert see["Resource"] == [f"{there}:model-package-group/*", f"{there}:model-package/*"]
    assert images["Resource"] == "arn:aws:ecr:eu-west-1:210987654321:repository/*"
    assert evidence["Action"] == ["kms:Decrypt", "s3:GetObject"]
    assert evidence["Resource"] == ["arn:aws:s3:::acme-models/*", key]
    (trusting,) = printed["reader_trust"]["Statement"]
    assert (trusting["Action"], trusting["Principal"]) == (
        "sts:AssumeRole",
        {"AWS": "arn:aws:iam::123456789012:root"},
    )
    assert parliament.analyze_policy_string(json.dumps(printed["reader"])).findings == []


def test_a_policy_that_is_too_long_says_where_it_fits(command: Command) -> None:
    command.run("deployer", *STATE, *(word for n in range(40) for word in ("--formerly", f"an-older-name-{n}")))
    assert "a managed policy has at most 6144" in command.errors


def test_a_renamed_stack_has_parameters_under_its_old_name(command: Command) -> None:
    beside = command.statement("Beside", "deployer", *STATE, "--formerly", "staging")["Resource"]
    assert "arn:aws:ssm:eu-west-1:123456789012:parameter/sagemaker-endpoint-manager/staging/*" in beside


def test_ceilings_are_of_every_endpoint(command: Command) -> None:
    bound = command.statement("Configure", "deployer", *STATE, "--max-memory-mb", "4096")["Condition"]
    assert bound["NumericLessThanEquals"] == {"sagemaker:ServerlessMemorySize": "4096"}


def test_while_the_path_changes_both_are_allowed(command: Command) -> None:
    command.configure(namePrefix="prod-", parameterPath="/fleets/prod")
    beside = command.statement("Beside", "deployer", *STATE, "--parameters", "/old")["Resource"]
    assert [arn.partition(":parameter")[2] for arn in beside if ":ssm:" in arn] == ["/fleets/prod/*", "/old/*"]
