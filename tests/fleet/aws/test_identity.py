"""Whom AWS takes the program for, by what the stack's configuration says."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ProfileNotFound

from fleet.access import Access, Role
from fleet.aws import identity, session
from sandbox.aws.identity import access_key

REGION = "eu-west-1"
USER = "arn:aws:iam::123456789012:user/sandbox"


def role(arn: str, **members: object) -> Role:
    return Role(arn, json.dumps({"RoleSessionName": "ci", **members}))


def test_without_any_setting_the_environment_tells(account: Any) -> None:
    assert identity.caller(Access(REGION)) == identity.Caller("123456789012", USER)


def test_roles_are_assumed_one_with_the_other(account: Any) -> None:
    gate = account.sandbox.role("gate", account.sandbox.account)
    deployer = account.sandbox.role("deployer", gate, external_id="42")
    access = Access(REGION, roles=(role(gate), role(deployer, ExternalId="42")))
    assert identity.caller(access).arn == "arn:aws:sts::123456789012:assumed-role/deployer/ci"


def test_all_clients_and_threads_share_one_assumed_role(account: Any) -> None:
    access = Access(REGION, roles=(role(account.sandbox.role("once", account.sandbox.account)),))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: session.sagemaker(access).list_endpoints(), range(8)))
    session.ssm(access).get_parameters(Names=["/none"])
    assert account.operations().count("AssumeRole") == 1


def test_a_role_that_may_not_be_assumed_is_an_error_that_names_it(account: Any) -> None:
    access = Access(REGION, roles=(role("arn:aws:iam::123456789012:role/not-for-you"),))
    with pytest.raises(ClientError, match=r"AssumeRole.*not-for-you"):
        identity.caller(access)


def test_static_keys_come_before_the_environment(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA000000000000USER")
    access = Access(REGION, access_key=access_key("123456789012"), secret_key="secret")
    assert identity.caller(access).arn == USER


def test_a_profile_of_the_configured_file_comes_before_the_environment(
    account: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = f"aws_access_key_id = {access_key('123456789012')}\naws_secret_access_key = secret\n"
    (tmp_path / "config").write_text("[profile team]\nregion = us-east-1\n")
    (tmp_path / "credentials").write_text(f"[team]\n{keys}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA000000000000USER")
    files: dict[str, Any] = {"config_file": str(tmp_path / "config"), "credentials_file": str(tmp_path / "credentials")}
    access = Access(REGION, profile="team", **files)
    assert identity.caller(access).arn == USER
    assert session.sagemaker(access).meta.region_name == REGION
    with pytest.raises(ProfileNotFound):
        identity.opened(Access(REGION, profile="nobody", **files)).create_client("sts")


def test_an_endpoint_of_the_configuration_comes_before_the_environment(account: Any) -> None:
    access = Access(REGION, endpoints=(("sagemaker", "http://127.0.0.1:9"),))
    assert session.sagemaker(access).meta.endpoint_url == "http://127.0.0.1:9"
    assert session.ssm(access).meta.endpoint_url == account.sandbox.url


def test_how_to_connect_reaches_the_client(account: Any) -> None:
    access = Access(REGION, https_proxy="http://proxy:3128", fips=True, insecure=True)
    config: Any = session.sagemaker(access).meta.config
    assert config.proxies == {"https": "http://proxy:3128"}
    assert config.use_fips_endpoint
    assert config.retries["mode"] == "standard"


def test_an_account_that_is_not_allowed_is_objected_to_and_asked_for_only_then(account: Any) -> None:
    assert identity.objection(Access(REGION)) == ""
    assert "GetCallerIdentity" not in account.operations()
    assert identity.objection(Access(REGION, allowed=("123456789012",))) == ""
    assert "does not name account 123456789012" in identity.objection(Access(REGION, allowed=("210987654321",)))
    assert "names account 123456789012" in identity.objection(Access(REGION, forbidden=("123456789012",)))
