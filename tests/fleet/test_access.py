"""What a stack's `aws:…` configuration says of where AWS is asked, and as whom."""

import json
from typing import Any

import pytest

from fleet.access import Access, AccessError, Role, understand

DEPLOYER = "arn:aws:iam::222222222222:role/deployer"
AUDITOR = "arn:aws:iam::333333333333:role/auditor"


def access(environment: dict[str, str] | None = None, **settings: Any) -> Access:
    return understand({f"aws:{name}": value for name, value in settings.items()}, environment or {})


def errors(**settings: Any) -> list[str]:
    with pytest.raises(AccessError) as raised:
        access(**settings)
    return list(raised.value.errors)


def members(role: Role) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(role.members)
    return told


def test_the_region_is_the_settings_else_the_first_variables_that_names_one() -> None:
    assert access({"AWS_REGION": "us-east-1"}, region="eu-west-1") == Access("eu-west-1", "aws:region")
    both = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-west-2"}
    assert access(both) == Access("us-east-1", "AWS_REGION")
    assert access({"AWS_DEFAULT_REGION": "us-west-2"}) == Access("us-west-2", "AWS_DEFAULT_REGION")
    assert access() == Access("", "")


def test_a_profile_and_files_are_followed() -> None:
    said = access(profile="team", sharedConfigFiles='["/etc/aws/config"]', sharedCredentialsFiles=["/etc/aws/keys"])
    assert said == Access("", profile="team", config_file="/etc/aws/config", credentials_file="/etc/aws/keys")


def test_roles_are_a_chain_in_their_order() -> None:
    said = access(assumeRoles=json.dumps([{"roleArn": DEPLOYER}, {"roleArn": AUDITOR}]))
    assert [role.arn for role in said.roles] == [DEPLOYER, AUDITOR]
    assert members(said.roles[0]) == {"RoleSessionName": "sagemaker-endpoint-manager"}


def test_everything_that_is_said_of_a_role_is_told_to_sts_by_its_own_names() -> None:
    said = {
        "roleArn": DEPLOYER,
        "externalId": "of-the-customer",
        "sessionName": "nightly",
        "duration": "1h30m",
        "policy": "{}",
        "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "sourceIdentity": "alice",
        "tags": {"team": "x"},
        "transitiveTagKeys": ["team"],
    }
    assert members(access(assumeRoles=[said]).roles[0]) == {
        "RoleSessionName": "nightly",
        "ExternalId": "of-the-customer",
        "DurationSeconds": 5400,
        "Policy": "{}",
        "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
        "SourceIdentity": "alice",
        "Tags": [{"Key": "team", "Value": "x"}],
        "TransitiveTagKeys": ["team"],
    }


@pytest.mark.parametrize(("duration", "seconds"), [("15m", 900), ("1h", 3600), ("1h0m0s", 3600), ("3600s", 3600)])
def test_durations_are_written_as_the_provider_takes_them(duration: str, seconds: int) -> None:
    role = access(assumeRoles=[{"roleArn": DEPLOYER, "duration": duration}]).roles[0]
    assert members(role)["DurationSeconds"] == seconds


def test_static_keys_are_followed_and_never_shown() -> None:
    said = access(accessKey="AKIAEXAMPLE", secretKey="very-secret", token="also-secret")
    assert (said.access_key, said.secret_key, said.token) == ("AKIAEXAMPLE", "very-secret", "also-secret")
    assert "secret" not in repr(said)


def test_endpoints_go_to_the_services_that_the_program_calls() -> None:
    others = {"appautoscaling": "http://as", "cloudwatchlogs": "http://logs"}
    said = access(endpoints=json.dumps([{"sagemaker": "http://sm", "kinesis": "http://kinesis"}, others]))
    assert dict(said.endpoints) == {
        "sagemaker": "http://sm",
        "application-autoscaling": "http://as",
        "logs": "http://logs",
    }


def test_accounts_are_compared_as_twelve_digits_whatever_the_cli_made_of_them() -> None:
    said = access(allowedAccountIds="[111111111111, 12345678901]")
    assert said.objection_to("012345678901") == ""
    assert said.objection_to("222222222222") == (
        "aws:allowedAccountIds does not name account 222222222222, but 111111111111, 012345678901"
    )
    assert access(forbiddenAccountIds=["222222222222"]).objection_to("222222222222") == (
        "aws:forbiddenAccountIds names account 222222222222"
    )


def test_how_to_connect_is_followed() -> None:
    said = access(useFipsEndpoint="true", useDualstackEndpoint="false", httpsProxy="http://proxy", customCaBundle="/ca")
    assert (said.fips, said.dualstack, said.https_proxy, said.ca_bundle) == (True, False, "http://proxy", "/ca")


def test_what_says_nothing_of_whom_aws_sees_is_passed_over() -> None:
    assert access(maxRetries="9", skipCredentialsValidation="true") == Access("")
    assert understand({"gcp:project": "x", "sagemaker-endpoint-manager:tasks": "t.yaml"}, {}) == Access("")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"assumeRoleWithWebIdentity": "{}"}, "aws:assumeRoleWithWebIdentity is not followed by this program"),
        ({"assumeRole": "{}"}, "aws:assumeRole is of older releases of the provider: write aws:assumeRoles"),
        ({"noProxy": "x"}, "aws:noProxy is not followed by this program"),
        ({"somethingNew": "x"}, "aws:somethingNew is no setting that this program follows"),
        ({"assumeRoles": '[{"externalId": "x"}]'}, "aws:assumeRoles [0] has no roleArn"),
        ({"assumeRoles": [{"roleArn": DEPLOYER, "mfa": "x"}]}, "aws:assumeRoles [0].mfa is not followed"),
        ({"assumeRoles": [{"roleArn": DEPLOYER, "duration": "soon"}]}, "aws:assumeRoles [0].duration is 'soon'"),
        ({"assumeRoles": "deployer"}, "aws:assumeRoles is 'deployer'; set it by `pulumi config set --path"),
        ({"sharedConfigFiles": ["a", "b"]}, "aws:sharedConfigFiles names several files"),
        ({"allowedAccountIds": ["prod"]}, "aws:allowedAccountIds names prod, which is not an account id"),
        ({"secretKey": None, "accessKey": "A"}, "aws:secretKey is a secret that cannot be read here"),
        ({"accessKey": "A"}, "aws:accessKey and aws:secretKey go together"),
        ({"insecure": "perhaps"}, 'aws:insecure is "perhaps", and should be true or false'),
        ({"profile": ["x"]}, 'aws:profile is ["x"], and should be a text'),
    ],
)
def test_what_cannot_be_followed_is_refused_by_the_name_of_the_setting(settings: dict[str, Any], sentence: str) -> None:
    (error,) = errors(**settings)
    assert error.startswith(sentence)


def test_every_mistake_is_told_at_once() -> None:
    assert len(errors(assumeRole="{}", noProxy="x", insecure="perhaps")) == 3


# Tags of what the program makes itself


OWN = {"fleet:stack": "prod", "team": "own"}


@pytest.mark.parametrize(
    "given",
    ['{"tags": {"team": "x", "cost": 7}}', {"tags": {"team": "x", "cost": "7"}}],
    ids=["as the engine hands it over", "as a file has it"],
)
def test_default_tags_stand_under_the_programs_own(given: object) -> None:
    assert access(defaultTags=given).tagged(OWN) == {"cost": "7", **OWN}


def test_the_environment_adds_default_tags_and_the_configuration_has_the_last_word() -> None:
    environment = {"TF_AWS_DEFAULT_TAGS_cost": "1", "TF_AWS_DEFAULT_TAGS_unit": "2", "AWS_REGION": "eu-west-1"}
    assert access(environment, defaultTags={"tags": {"cost": "7"}}).tagged({}) == {"cost": "7", "unit": "2"}


@pytest.mark.parametrize(
    ("settings", "environment"),
    [
        ({"ignoreTags": {"keys": ["cost"], "keyPrefixes": ["unit:"]}}, {}),
        ({"ignoreTags": '{"keys": ["cost"]}'}, {"TF_AWS_IGNORE_TAGS_KEY_PREFIXES": "x, unit:"}),
        ({}, {"TF_AWS_IGNORE_TAGS_KEYS": "cost,unit:a"}),
    ],
)
def test_default_tags_that_are_ignored_are_left_out_and_the_programs_own_never(
    settings: dict[str, Any], environment: dict[str, str]
) -> None:
    said = access(environment, defaultTags={"tags": {"cost": "1", "unit:a": "2", "team": "x"}}, **settings)
    assert said.tagged({"cost": "own"}) == {"team": "x", "cost": "own"}


def test_without_any_the_programs_own_stand_alone() -> None:
    assert access(defaultTags="", ignoreTags={}).tagged(OWN) == OWN


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"defaultTags": '["team"]'}, 'aws:defaultTags is ["team"], and should be a mapping with tags'),
        ({"defaultTags": {"tags": "team"}}, 'aws:defaultTags has tags "team", and should have a mapping of them'),
        ({"ignoreTags": '"cost"'}, 'aws:ignoreTags is "cost", and should be a mapping with keys and keyPrefixes'),
    ],
)
def test_tags_that_make_no_sense_are_refused_by_the_settings_name(settings: dict[str, Any], sentence: str) -> None:
    assert errors(**settings) == [sentence]


def test_tags_that_only_the_engine_can_read_keep_no_command_from_its_work() -> None:
    assert access(defaultTags=None, ignoreTags=None) == Access("")
