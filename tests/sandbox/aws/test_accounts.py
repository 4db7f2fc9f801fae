"""Two accounts, each a sandbox of its own: who calls, roles that are assumed, and what another account answers."""

import json
import threading
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from sandbox.aws.identity import access_key
from sandbox.lab.connection import wait_until
from sandbox.lab.handle import Sandbox
from tests.accounts import OURS, THEIRS


def client(sandbox: Sandbox, service: str, credentials: dict[str, str], **config: Any) -> Any:
    """A client that asks this sandbox with these credentials, as AssumeRole gives them."""
    keys = (credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
    retries = Config(retries={"total_max_attempts": 1}, **config)
    session: Any = boto3.Session(*keys, region_name="eu-west-1")
    return session.client(service, endpoint_url=sandbox.url, config=retries)


def assumed(sts: Any, role: str, **request: Any) -> dict[str, str]:
    answer = sts.assume_role(**{"RoleArn": role, "RoleSessionName": "ci", **request})
    credentials: dict[str, str] = answer["Credentials"]
    return credentials


def refused(call: Any, *arguments: Any, **request: Any) -> tuple[str, str]:
    """Code and message."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def arn(sts: Any) -> str:
    return str(sts.get_caller_identity()["Arn"])


# One account a sandbox


def test_everything_of_a_sandbox_is_in_its_account(theirs: Sandbox) -> None:
    identity = theirs.client("sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (THEIRS, f"arn:aws:iam::{THEIRS}:user/sandbox")
    group = theirs.client("sagemaker").create_model_package_group(ModelPackageGroupName="spam")
    assert group["ModelPackageGroupArn"] == f"arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package-group/spam"
    rule = theirs.client("events").put_rule(Name="r", EventPattern='{"source": ["aws.sagemaker"]}')
    assert rule["RuleArn"].split(":")[4] == THEIRS
    assert f"arn:aws:iam::{THEIRS}:role/sagemaker-execution" in theirs.stack_config.read_text()


def test_a_user_is_shown_to_itself(ours: Sandbox) -> None:
    assert ours.client("iam").get_user()["User"]["Arn"] == f"arn:aws:iam::{OURS}:user/sandbox"
    role = client(ours, "iam", assumed(ours.client("sts"), ours.role("deployer", OURS)))
    assert refused(role.get_user) == ("ValidationError", "Must specify userName when calling with non-User credentials")


# Roles


def test_an_assumed_role_is_who_calls(ours: Sandbox) -> None:
    role = ours.role("deployer", OURS)
    sts = client(ours, "sts", assumed(ours.client("sts"), role, RoleSessionName="run-7"))
    assert arn(sts) == f"arn:aws:sts::{OURS}:assumed-role/deployer/run-7"


@pytest.mark.parametrize(
    ("trusted", "may"),
    [
        (OURS, True),
        (f"arn:aws:iam::{OURS}:root", True),
        (f"arn:aws:iam::{OURS}:user/sandbox", True),
        ("*", True),
        (THEIRS, False),
        (f"arn:aws:iam::{OURS}:user/other", False),
    ],
)
def test_a_role_is_for_whom_it_trusts(ours: Sandbox, trusted: str, may: bool) -> None:
    role, sts = ours.role("deployer", trusted), ours.client("sts")
    if may:
        assert assumed(sts, role)
    else:
        assert refused(assumed, sts, role) == (
            "AccessDenied",
            f"User: arn:aws:iam::{OURS}:user/sandbox is not authorized to perform: sts:AssumeRole on resource: {role}",
        )


def test_a_role_that_is_not_there_is_one_that_nobody_may_assume(ours: Sandbox) -> None:
    code, message = refused(assumed, ours.client("sts"), f"arn:aws:iam::{OURS}:role/missing")
    assert (code, message.endswith(":role/missing")) == ("AccessDenied", True)
    assert refused(assumed, ours.client("sts"), "arn:aws:iam::999999999999:role/nowhere")[0] == "AccessDenied"
    assert refused(assumed, ours.client("sts"), f"arn:aws:iam::{OURS}:user/sandbox") == (
        "ValidationError",
        f"arn:aws:iam::{OURS}:user/sandbox is invalid",
    )


def test_a_role_may_want_an_external_id(ours: Sandbox) -> None:
    role, sts = ours.role("partner", OURS, external_id="42"), ours.client("sts")
    assert assumed(sts, role, ExternalId="42")
    assert refused(assumed, sts, role)[0] == "AccessDenied"
    assert refused(assumed, sts, role, ExternalId="43")[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"DurationSeconds": 899}, "'899' at 'durationSeconds'"),
        ({"DurationSeconds": 43201}, "'43201' at 'durationSeconds'"),
        ({"RoleSessionName": "no blanks"}, "'no blanks' at 'roleSessionName'"),
        ({"ExternalId": "a!"}, "'a!' at 'externalId'"),
        ({"Tags": [{"Key": "a!", "Value": "v"}]}, "'a!' at 'tags.1.member.key'"),
        ({"PolicyArns": [{"arn": "short"}]}, "'short' at 'policyArns.1.member.arn'"),
    ],
)
def test_what_sts_does_not_take_is_refused(ours: Sandbox, request_: dict[str, Any], said: str) -> None:
    sts = client(ours, "sts", assumed(ours.client("sts"), ours.role("any", "*")), parameter_validation=False)
    code, message = refused(assumed, sts, ours.role("any", "*"), **request_)
    assert code == "ValidationError"
    assert message.startswith("1 validation error detected: Value " + said)


def test_a_role_of_a_role_lasts_an_hour_at_most(ours: Sandbox) -> None:
    role = ours.role("any", "*")
    sts = client(ours, "sts", assumed(ours.client("sts"), role, DurationSeconds=43200))
    assert assumed(sts, role, DurationSeconds=3600)
    assert refused(assumed, sts, role, DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    )


# Credentials that are nobody's


@pytest.mark.parametrize(
    "credentials",
    [
        {"AccessKeyId": f"ASIA{OURS}FFFF", "SecretAccessKey": "test", "SessionToken": "made up"},
        {"AccessKeyId": access_key("999999999999"), "SecretAccessKey": "test", "SessionToken": ""},
    ],
)
def test_credentials_that_nobody_gave_are_refused(ours: Sandbox, credentials: dict[str, str]) -> None:
    said = "The security token included in the request is invalid."
    assert refused(client(ours, "sts", credentials).get_caller_identity) == ("InvalidClientTokenId", said)
    assert refused(client(ours, "sagemaker", credentials).list_models) == ("UnrecognizedClientException", said)


def test_credentials_expire(ours: Sandbox) -> None:
    credentials = assumed(ours.client("sts"), ours.role("deployer", OURS))
    ours.expire_credentials()
    said = "The security token included in the request is expired"
    assert refused(client(ours, "sts", credentials).get_caller_identity) == ("ExpiredToken", said)
    assert refused(client(ours, "sagemaker", credentials).list_models) == ("ExpiredTokenException", said)
    assert ours.client("sagemaker").list_models()["Models"] == []  # a user's do not


# Between accounts


def test_a_role_of_another_account_acts_there_whatever_address_is_asked(ours: Sandbox, theirs: Sandbox) -> None:
    credentials = assumed(ours.client("sts"), theirs.role("deployer", OURS), RoleSessionName="run-7")
    here, there = ours.mark(), theirs.mark()
    put = client(ours, "ssm", credentials).put_parameter
    put(Name="/a", Value="1", Type="String")
    assert (ours.parameters(), theirs.parameters()) == ({}, {"/a": "1"})
    assert ours.calls(here) == []
    [call] = theirs.calls(there)
    assert (call.operation, call.region) == ("PutParameter", "eu-west-1")
    assert call.caller == f"arn:aws:sts::{THEIRS}:assumed-role/deployer/run-7"
    assert refused(put, Name="/a", Value="2", Type="String")[0] == "ParameterAlreadyExists"


def test_both_accounts_see_that_a_role_was_assumed(ours: Sandbox, theirs: Sandbox) -> None:
    here, there = ours.mark(), theirs.mark()
    assumed(ours.client("sts"), theirs.role("deployer", OURS))
    for calls in (ours.calls(here), theirs.calls(there)):
        assert [(call.operation, call.caller) for call in calls] == [
            ("AssumeRole", f"arn:aws:iam::{OURS}:user/sandbox")
        ]


def test_a_role_of_another_account_trusts_whom_it_says(ours: Sandbox, theirs: Sandbox) -> None:
    code, message = refused(assumed, ours.client("sts"), theirs.role("inner", THEIRS))
    assert (code, message.startswith(f"User: arn:aws:iam::{OURS}:user/sandbox ")) == ("AccessDenied", True)


def test_roles_are_a_chain_across_accounts(ours: Sandbox, theirs: Sandbox) -> None:
    hub, spoke = theirs.role("hub", OURS), ours.role("spoke", f"arn:aws:iam::{THEIRS}:role/hub")
    assert refused(assumed, ours.client("sts"), spoke)[0] == "AccessDenied"
    first = assumed(ours.client("sts"), hub)
    assert arn(client(ours, "sts", first)) == f"arn:aws:sts::{THEIRS}:assumed-role/hub/ci"
    second = assumed(client(ours, "sts", first), spoke)
    assert arn(client(theirs, "sts", second)) == f"arn:aws:sts::{OURS}:assumed-role/spoke/ci"


def test_a_user_of_another_account_is_answered_there(ours: Sandbox) -> None:
    credentials = {"AccessKeyId": access_key(THEIRS), "SecretAccessKey": "test", "SessionToken": ""}
    assert arn(client(ours, "sts", credentials)) == f"arn:aws:iam::{THEIRS}:user/sandbox"


def test_a_call_that_is_held_in_another_account_loses_its_client_there(ours: Sandbox, theirs: Sandbox) -> None:
    credentials = assumed(ours.client("sts"), theirs.role("deployer", OURS))
    fault, there = theirs.fault("ListModels", action="hold-before"), theirs.mark()
    impatient = client(ours, "sagemaker", credentials, read_timeout=1)
    failures: list[Exception] = []

    def call() -> None:
        try:
            impatient.list_models()
        except ReadTimeoutError as error:
            failures.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    theirs.wait_held(fault)
    thread.join()
    assert len(failures) == 1
    wait_until(lambda: theirs.calls(there)[0].status == 499, 5, "the call is given up")


def test_a_neighbour_that_has_stopped_is_an_outage(ours: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
    credentials = {"AccessKeyId": access_key("111111111111"), "SecretAccessKey": "test", "SessionToken": ""}
    with Sandbox.start(tmp_path_factory.mktemp("third") / "aws", inference=False, account="111111111111") as third:
        ours.neighbour(third)
        role = third.role("deployer", OURS)
    assert refused(client(ours, "sagemaker", credentials).list_models)[0] == "ServiceUnavailable"
    assert refused(assumed, ours.client("sts"), role)[0] == "ServiceUnavailable"


# A registry that another account deploys from

GROUP = f"arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package-group/shared"
VERSION = f"arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package/shared/1"
ROLE = f"arn:aws:iam::{OURS}:role/sagemaker-execution"


@pytest.fixture
def registry(theirs: Sandbox) -> Any:
    """SageMaker of the account of the registry, whose group nobody else may see yet."""
    client = theirs.client("sagemaker")
    if not client.list_model_package_groups(NameContains="shared")["ModelPackageGroupSummaryList"]:
        theirs.register("shared")
    client.delete_model_package_group_policy(ModelPackageGroupName="shared")
    return client


def grant(registry: Any, *actions: str, to: str = f"arn:aws:iam::{OURS}:root") -> None:
    resources = [GROUP, f"{VERSION.removesuffix('1')}*"]
    statement = {"Effect": "Allow", "Principal": {"AWS": to}, "Action": list(actions), "Resource": resources}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    registry.put_model_package_group_policy(ModelPackageGroupName="shared", ResourcePolicy=policy)


def deploy(sagemaker: Any, name: str) -> Any:
    container = {"ModelPackageName": VERSION}
    return sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)


def test_a_group_of_another_account_is_seen_by_whom_its_policy_names(ours: Sandbox, registry: Any) -> None:
    sagemaker = ours.client("sagemaker")
    code, message = refused(sagemaker.list_model_packages, ModelPackageGroupName=GROUP)
    assert (code, message) == (
        "AccessDeniedException",
        f"User: arn:aws:iam::{OURS}:user/sandbox is not authorized to perform: sagemaker:ListModelPackages on "
        f"resource: arn:aws:sagemaker:eu-west-1:{THEIRS}:model-package/shared/* because no resource-based policy "
        "allows the sagemaker:ListModelPackages action",
    )
    grant(registry, "sagemaker:ListModelPackages", to="arn:aws:iam::999999999999:root")
    assert refused(sagemaker.list_model_packages, ModelPackageGroupName=GROUP)[0] == "AccessDeniedException"

    grant(registry, "sagemaker:ListModelPackages")

    [listed] = sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
    assert listed["ModelPackageArn"] == VERSION
    assert refused(sagemaker.describe_model_package, ModelPackageName=VERSION)[0] == "AccessDeniedException"


def test_a_model_is_made_of_a_package_of_another_account_that_allows_it(ours: Sandbox, registry: Any) -> None:
    sagemaker = ours.client("sagemaker")
    grant(registry, "sagemaker:DescribeModelPackage")
    code, message = refused(deploy, sagemaker, "refused")
    assert (code, f"sagemaker:CreateModel on resource: {VERSION}" in message) == ("AccessDeniedException", True)

    grant(registry, "sagemaker:CreateModel")

    assert deploy(sagemaker, "made")["ModelArn"].split(":")[4] == OURS


def test_a_group_that_is_shared_by_ram_is_read_and_deployed(ours: Sandbox, theirs: Sandbox, registry: Any) -> None:
    theirs.settings(shared={"shared": [OURS]})
    sagemaker = ours.client("sagemaker")
    assert sagemaker.describe_model_package_group(ModelPackageGroupName=GROUP)["ModelPackageGroupArn"] == GROUP
    assert deploy(sagemaker, "by-share")
    theirs.settings(shared={})
    assert refused(deploy, sagemaker, "not-any-more")[0] == "AccessDeniedException"


def test_what_the_own_account_does_not_allow_is_not_asked_there(ours: Sandbox, theirs: Sandbox, registry: Any) -> None:
    grant(registry, "sagemaker:ListModelPackages")
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]}
    credentials = assumed(ours.client("sts"), ours.role("held", OURS, policies=[nothing]))
    there = theirs.mark()
    code, message = refused(client(ours, "sagemaker", credentials).list_model_packages, ModelPackageGroupName=GROUP)
    assert (code, "no identity-based policy allows" in message) == ("AccessDeniedException", True)
    assert theirs.calls(there) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"Statement": [{"Effect": "Allow"}]}'])
def test_what_is_no_policy_of_a_group_is_refused(registry: Any, text: str) -> None:
    put = registry.put_model_package_group_policy
    assert refused(put, ModelPackageGroupName="shared", ResourcePolicy=text)[0] == "ValidationException"
    assert refused(registry.get_model_package_group_policy, ModelPackageGroupName="shared")[0] == "ValidationException"
