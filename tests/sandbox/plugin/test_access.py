"""How the stand-in provider reaches AWS: credentials, roles, accounts and addresses of its configuration."""

import json
from pathlib import Path

import pytest

from sandbox.aws.identity import access_key
from sandbox.lab.handle import Sandbox
from sandbox.plugin import access
from sandbox.plugin.catalogue.row import Properties, Refused
from sandbox.plugin.provider import settings
from sandbox.plugin.wire import encode
from tests.accounts import OURS, THEIRS


@pytest.fixture
def ours(ours: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Its account is the one of the shell."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ours.env.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return ours


def arn(**config: object) -> str:
    """Who calls, as AWS says."""
    said: str = access.opened(config).client("sts").get_caller_identity()["Arn"]
    return said


def refusal(**config: object) -> str:
    with pytest.raises(Refused) as caught:
        access.admit(access.opened(config), config)
    return str(caught.value)


def test_the_shell_is_who_calls_where_nothing_is_configured(ours: Sandbox) -> None:
    opened = access.opened({})
    assert (arn(), opened.region) == (f"arn:aws:iam::{OURS}:user/sandbox", "eu-west-1")


def test_a_role_is_assumed_as_it_is_configured(ours: Sandbox, theirs: Sandbox) -> None:
    role, before = theirs.role("deployer", OURS, external_id="42"), theirs.mark()
    wanted = {"roleArn": role, "externalId": "42", "sessionName": "ci", "duration": "1h0m0s", "tags": {"team": "x"}}
    assert arn(assumeRoles=[wanted]) == f"arn:aws:sts::{THEIRS}:assumed-role/deployer/ci"
    asked = theirs.calls(before)[0].params
    assert (asked["DurationSeconds"], asked["Tags.member.1.Key"]) == ("3600", "team")


def test_a_role_without_more_lasts_a_quarter_of_an_hour(ours: Sandbox) -> None:
    role, before = ours.role("deployer", OURS), ours.mark()
    assert arn(assumeRoles=[{"roleArn": role}]).startswith(f"arn:aws:sts::{OURS}:assumed-role/deployer/aws-go-sdk-")
    assert ours.calls(before)[0].params["DurationSeconds"] == "900"


def test_roles_are_a_chain(ours: Sandbox, theirs: Sandbox) -> None:
    hub, spoke = theirs.role("hub", OURS), ours.role("spoke", f"arn:aws:iam::{THEIRS}:role/hub")
    roles = [{"roleArn": hub}, {"roleArn": spoke, "sessionName": "ci"}]
    assert arn(assumeRoles=roles) == f"arn:aws:sts::{OURS}:assumed-role/spoke/ci"


def test_a_role_that_cannot_be_assumed_is_told_with_what_aws_says(ours: Sandbox, theirs: Sandbox) -> None:
    role = theirs.role("deployer", THEIRS)
    text = refusal(assumeRoles=[{"roleArn": role}])
    assert text.startswith(f"Cannot assume IAM Role: IAM Role ({role}) cannot be assumed.")
    assert f"AccessDenied: User: arn:aws:iam::{OURS}:user/sandbox is not authorized to perform: sts:AssumeRole" in text


def test_static_keys_are_the_configurations_own(ours: Sandbox, theirs: Sandbox) -> None:
    assert arn(accessKey=access_key(THEIRS), secretKey="test") == f"arn:aws:iam::{THEIRS}:user/sandbox"


def test_a_profile_has_keys_and_an_address(
    ours: Sandbox, theirs: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, credentials = tmp_path / "config", tmp_path / "credentials"
    config.write_text(f"[profile prod]\nregion = us-east-1\nendpoint_url = {theirs.url}\n")
    credentials.write_text(f"[prod]\naws_access_key_id = {access_key(THEIRS)}\naws_secret_access_key = test\n")
    files = {"sharedConfigFiles": [str(config)], "sharedCredentialsFiles": [str(credentials)]}
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    before = theirs.mark()
    assert arn(profile="prod", **files) == f"arn:aws:iam::{THEIRS}:user/sandbox"
    assert [call.region for call in theirs.calls(before)] == ["us-east-1"]
    assert refusal(profile="missing", **files) == "failed to get shared config profile, missing"


def test_an_endpoint_is_for_its_service(ours: Sandbox, theirs: Sandbox) -> None:
    config: Properties = {"endpoints": [{"applicationautoscaling": theirs.url}, {"ssm": theirs.url}]}
    opened = access.opened(config)
    urls = {name: opened.client(name).meta.endpoint_url for name in ("application-autoscaling", "ssm", "sts")}
    assert urls == {"application-autoscaling": theirs.url, "ssm": theirs.url, "sts": ours.url}


def test_an_address_that_is_none_is_refused(ours: Sandbox) -> None:
    config = {"endpoints": [{"iam": "nonsense"}], "skipCredentialsValidation": "true"}
    assert refusal(**config) == "Invalid endpoint: nonsense"


# Accounts


@pytest.mark.parametrize(
    ("config", "admitted"),
    [
        ({"allowedAccountIds": [OURS]}, True),
        ({"allowedAccountIds": [THEIRS]}, False),
        ({"forbiddenAccountIds": [OURS]}, False),
        ({"forbiddenAccountIds": [THEIRS]}, True),
    ],
)
@pytest.mark.parametrize("skips", ["true", "false"])
def test_an_account_may_be_allowed_or_forbidden(ours: Sandbox, config: Properties, admitted: bool, skips: str) -> None:
    config = config | {"skipCredentialsValidation": skips}
    if admitted:
        access.admit(access.opened(config), config)
    else:
        assert refusal(**config) == f"AWS account ID not allowed: {OURS}"


@pytest.mark.parametrize(
    ("config", "calls"),
    [
        ({}, ["GetCallerIdentity"]),
        ({"skipCredentialsValidation": "true"}, ["GetUser"]),
        ({"skipCredentialsValidation": "true", "skipRequestingAccountId": "true"}, []),
    ],
)
def test_the_account_is_looked_up_as_the_configuration_says(
    ours: Sandbox, config: Properties, calls: list[str]
) -> None:
    opened, before = access.opened(config), ours.mark()
    access.admit(opened, config)
    assert [call.operation for call in ours.calls(before)] == calls


def test_the_account_of_a_roles_session_is_what_sts_says(ours: Sandbox) -> None:
    config = {"assumeRoles": [{"roleArn": ours.role("deployer", OURS)}], "skipCredentialsValidation": "true"}
    opened, before = access.opened(config), ours.mark()
    access.admit(opened, config)
    assert [call.operation for call in ours.calls(before)] == ["GetUser", "GetCallerIdentity"]


def test_credentials_that_are_nobodys_are_refused(ours: Sandbox) -> None:
    config = {"accessKey": access_key("999999999999"), "secretKey": "test"}
    invalid = "api error InvalidClientTokenId: The security token included in the request is invalid."
    assert refusal(**config).startswith("validating provider credentials: operation error STS: GetCallerIdentity, ")
    assert refusal(**config).endswith(invalid)
    assert "failed retrieving via all available methods" in refusal(**config, skipCredentialsValidation="true")


# What is refused before AWS is asked


@pytest.mark.parametrize(
    ("config", "setting", "reason"),
    [
        ({"assumeRole": {"roleArn": "r"}}, "assumeRole", "invalid config key 'aws:assumeRole', should be"),
        ({"allowedAccountIds": ["1"], "forbiddenAccountIds": ["2"]}, "allowedAccountIds", "conflicts with"),
        ({"assumeRoles": [{"duration": "an hour"}]}, "assumeRoles", 'time: invalid duration "an hour"'),
        ({"assumeRoles": [{}, {"duration": "14m59s"}]}, "assumeRoles", '"assume_role.1.duration" must be between 15'),
        ({"assumeRoles": [{"duration": "12h1s"}]}, "assumeRoles", "and 12 hours (12h), inclusive"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_its_name(config: Properties, setting: str, reason: str) -> None:
    [(name, why)] = access.mistakes(config)
    assert name == setting
    assert reason in why


@pytest.mark.parametrize("duration", ["1h", "90m", "1.5h", "1h0m0s", "900s", "43200000ms"])
def test_durations_are_written_as_in_go(duration: str) -> None:
    assert list(access.mistakes({"assumeRoles": [{"duration": duration}]})) == []


def test_the_engine_may_send_a_structure_as_it_is_or_as_json() -> None:
    roles = [{"roleArn": "r"}]
    assert settings(encode({"assumeRoles": roles})) == settings(encode({"assumeRoles": json.dumps(roles)}))
