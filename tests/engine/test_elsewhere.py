"""A run that would look where the fleet is not: another Region, another account, other credentials. Nothing changes."""

import json
from pathlib import Path

import pytest
import yaml

from sandbox.aws.identity import access_key
from sandbox.lab.handle import Sandbox
from tests.engine.conftest import TASKS, Fleet
from tests.engine.keep import bring_back

THEIRS = "210987654321"
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "no"}


def seen(fleet: Fleet) -> dict[str, int]:
    return {task: fleet.serving(task) for task in TASKS}


ALL_SERVE = dict.fromkeys(TASKS, 1)


# Another Region


def test_another_region_is_refused_by_every_command_with_both_and_with_what_says_it(fleet):
    fleet.stack.configure_aws(region="us-east-1")
    said = (
        "this stack's endpoints are in eu-west-1, as the last run left them, and this run looks in us-east-1, "
        "which aws:region says"
    )
    outage = fleet.sandbox.fault("ListModelPackages", **DENIED)
    runs = [fleet.up(), fleet.plain_up()]
    fleet.sandbox.release(outage)
    runs += [fleet.preview(), fleet.up()]

    for run in runs:
        assert not run.ok
        assert said in run.text
        assert "Traceback" not in run.text
    status = fleet.stack.fleet("status", "--json")
    assert status.code == 1
    assert said in status.text
    for command in (("adopt", "toxicity", "--yes"), ("orphans", "--delete", "--yes"), ("compare", "toxicity")):
        refused = fleet.stack.fleet(*command)
        assert refused.code == 1
        assert said in refused.text
    assert fleet.sandbox.mutations(fleet.seen) == []
    assert seen(fleet) == ALL_SERVE

    fleet.stack.configure_aws(region="eu-west-1")
    assert fleet.up("--expect-no-changes").ok


def test_another_region_of_the_shell_is_refused_and_the_stack_is_destroyed_where_it_is(fleet):
    fleet.stack.configure_aws(region=None)
    elsewhere = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    assert fleet.up("--expect-no-changes").ok

    for run in (fleet.preview(env=elsewhere), fleet.up(env=elsewhere)):
        assert not run.ok
        assert "this run looks in us-east-1, which AWS_REGION says" in run.text
    assert fleet.stack.refresh(env=elsewhere).ok
    assert seen(fleet) == ALL_SERVE
    assert fleet.up("--expect-no-changes").ok

    assert fleet.stack.destroy(env=elsewhere).ok
    assert fleet.in_aws() == set()


def test_what_earlier_releases_left_tells_its_region_too(empty):
    bring_back("0.1.0", empty.stack)
    before = empty.in_aws()
    empty.stack.configure_aws(region="us-east-1")

    for run in (empty.preview(), empty.up()):
        assert not run.ok
        assert "this stack's endpoints are in eu-west-1" in run.text
    assert empty.in_aws() == before


# Other credentials


@pytest.fixture
def theirs(tmp_path: Path, sandbox: Sandbox):
    """The account next door, empty."""
    with Sandbox.start(tmp_path / "theirs", account=THEIRS, create_seconds=0.1, inference=False) as started:
        sandbox.neighbour(started)
        yield started


def shell(account: str) -> dict[str, str]:
    return {"AWS_ACCESS_KEY_ID": access_key(account)}


def test_credentials_of_another_account_are_refused_and_what_a_refresh_dropped_comes_back(fleet, theirs):
    """A refresh under them finds nothing, and drops the whole state before the program can say a word."""
    for run in (fleet.preview(env=shell(THEIRS)), fleet.up(env=shell(THEIRS))):
        assert not run.ok
        assert (
            "this stack's endpoints are in account 123456789012, as the last run left them, and this run looks in "
            f"eu-west-1 (aws:region) in account {THEIRS} as arn:aws:iam::{THEIRS}:user/sandbox"
        ) in run.text
    assert fleet.sandbox.mutations(fleet.seen) == []
    assert theirs.mutations() == []

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.made() == []
    assert fleet.in_state() == fleet.in_aws()
    assert run.summary == "3 UP_TO_DATE"
    assert fleet.up("--expect-no-changes").ok


def test_program_provider_and_commands_assume_the_same_role(fleet, theirs, tmp_path):
    """The shell is one account, the fleet another's: by roles, then by a profile."""
    for task in TASKS:
        theirs.register(task)
    role = theirs.role("deployer", fleet.sandbox.account, external_id="42")
    roles = [{"roleArn": role, "externalId": "42", "sessionName": "ci"}]
    other = Fleet(fleet.sandbox, "other")
    execution = f"arn:aws:iam::{THEIRS}:role/sagemaker-execution"
    other.stack.configure(executionRoleArn=execution)
    other.stack.configure_aws(assumeRoles=roles)
    other.declare(*TASKS)

    run = other.up()

    assert run.ok, run.text
    assert run.summary == "3 UP_TO_DATE"
    assert set(theirs.endpoints()) == set(TASKS)
    assert {call.caller for call in theirs.mutations()} == {f"arn:aws:sts::{THEIRS}:assumed-role/deployer/ci"}
    assert fleet.sandbox.mutations(fleet.seen) == []
    assert other.up("--expect-no-changes").ok
    assert other.stack.fleet("status", "--json").code == 0
    assert json.loads(other.stack.fleet("orphans", "--json").text)["orphans"] == []

    config = tmp_path / "aws-config"
    config.write_text(f"[profile team]\naws_access_key_id = {access_key(THEIRS)}\naws_secret_access_key = secret\n")
    other.stack.configure_aws(assumeRoles=None, profile="team", sharedConfigFiles=[str(config)])
    assert other.up("--expect-no-changes").ok

    other.stack.configure_aws(profile=None, sharedConfigFiles=None)
    assert f"this stack's endpoints are in account {THEIRS}" in other.preview().text
    assert set(theirs.endpoints()) == set(TASKS)


def test_what_is_configured_and_not_followed_is_refused_by_its_name(fleet):
    fleet.stack.configure_aws(assumeRoleWithWebIdentity={"roleArn": "r", "webIdentityTokenFile": "/t"})
    for run in (fleet.preview(), fleet.stack.fleet("validate")):
        assert not run.ok
        assert "aws:assumeRoleWithWebIdentity is not followed by this program" in run.text
    fleet.stack.configure_aws(assumeRoleWithWebIdentity=None, allowedAccountIds=[THEIRS])
    for run in (fleet.preview(), fleet.stack.fleet("orphans")):
        assert not run.ok
        assert f"aws:allowedAccountIds does not name account 123456789012, but {THEIRS}" in run.text
    assert fleet.sandbox.mutations(fleet.seen) == []


# Gone all at once


def test_several_endpoints_gone_at_once_stop_the_run_until_somebody_says_that_they_were_deleted(fleet):
    client = fleet.sandbox.client("sagemaker")
    for task in TASKS:
        client.delete_endpoint(EndpointName=task)

    for run in (fleet.preview(), fleet.up()):
        assert not run.ok
        assert "3 of the 3 endpoints that served when the last run ended are not there: spam, toxicity" in run.text
    assert fleet.sandbox.mutations(fleet.seen) == []

    fleet.stack.configure(recreateUntil="2999-01-01")
    run = fleet.up()
    assert run.ok, run.text
    assert seen(fleet) == ALL_SERVE


def test_what_is_not_there_and_could_not_be_found_out_about_is_declared_as_it_was(fleet):
    """Perhaps it was looked for in the wrong place: what the state holds of it is not to be deleted."""
    sizes = {"provisioned_concurrency": 2, "max_concurrency": 10, "scaling": {"min": 1, "max": 5}}
    fleet.change("toxicity", **sizes)
    assert fleet.up().ok
    held = {(resource["type"], resource["urn"]) for resource in fleet.stack.state()}
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="toxicity")
    fleet.sandbox.fault("ListModelPackages", **DENIED)

    run = fleet.plain_up("--skip-preview", "--continue-on-error")  # what else is not declared would be deleted

    assert not run.ok
    assert run.summary == "3 UNKNOWN"
    assert fleet.made() == []
    assert {(resource["type"], resource["urn"]) for resource in fleet.stack.state()} == held


def test_no_more_challengers_leave_at_once_than_a_run_may_take_away(fleet):
    """Three promotions: two challengers go, the third in the next run."""
    for task in TASKS:
        fleet.sandbox.register(task)
        fleet.change(task, pin={"version": 1, "reason": "r", "owner": "o", "until": yaml.safe_load("2099-12-31")})
        fleet.change(task, variants={"challenger": {"weight": 0.1}})
    assert fleet.up().ok
    fleet.stack.configure(maxTeardown=2)
    for task in TASKS:
        fleet.change(task, pin=None)

    run = fleet.up()
    assert run.ok, run.text
    assert sum(call.startswith("DeleteEndpoint ") for call in fleet.made()) == 2
    assert seen(fleet) == dict.fromkeys(TASKS, 2)
    assert fleet.up().ok
    assert set(fleet.sandbox.endpoints()) == set(TASKS)
