"""Who assumed a role is held to its policies, and refused in AWS's words; who did not may do everything."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.lab.handle import Sandbox
from sandbox.lab.processes import SandboxError

CALLER = "arn:aws:sts::123456789012:assumed-role/looker/ci"


def policy(*actions: str, effect: str = "Allow") -> dict[str, Any]:
    statement = {"Sid": f"{effect}Some", "Effect": effect, "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def clients(sandbox: Sandbox, *policies: dict[str, Any]) -> Any:
    sandbox.role("looker", sandbox.account, policies=policies)
    return sandbox.client_as(sandbox.credentials("looker", "ci"))


def refused(call: Any, **request: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    answer: Any = caught.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_what_is_allowed_is_done_and_the_log_says_by_which_statement(sandbox: Sandbox) -> None:
    mark = sandbox.mark()
    clients(sandbox, policy("sagemaker:ListEndpoints"))("sagemaker").list_endpoints()
    call = sandbox.calls(mark)[-1]
    assert (call.caller, call.error) == (CALLER, "")
    assert call.allowed == [{"action": "sagemaker:ListEndpoints", "resource": "*", "context": {}, "by": "AllowSome"}]


def test_what_no_statement_allows_is_refused_before_anything_happens(sandbox: Sandbox) -> None:
    client = clients(sandbox, policy("sagemaker:ListEndpoints"))("sagemaker")
    group = "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/spam"
    assert refused(client.create_model_package_group, ModelPackageGroupName="spam") == (
        "AccessDeniedException",
        f"User: {CALLER} is not authorized to perform: sagemaker:CreateModelPackageGroup on resource: {group} because "
        "no identity-based policy allows the sagemaker:CreateModelPackageGroup action",
        400,
    )
    assert sandbox.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"] == []


def test_what_a_statement_denies_is_refused_whatever_another_allows(sandbox: Sandbox) -> None:
    client = clients(sandbox, policy("sagemaker:*"), policy("sagemaker:List*", effect="Deny"))("sagemaker")
    _, message, _ = refused(client.list_endpoints)
    assert message.endswith("on resource: * with an explicit deny in an identity-based policy")


def test_each_service_refuses_in_its_own_form(sandbox: Sandbox) -> None:
    client = clients(sandbox, policy("sagemaker:ListEndpoints"))
    code, message, status = refused(client("sns").create_topic, Name="alerts")
    assert (code, status) == ("AuthorizationError", 403)
    assert "perform: SNS:CreateTopic on resource: arn:aws:sns:eu-west-1:123456789012:alerts because" in message
    assert refused(client("iam").get_role, RoleName="looker")[::2] == ("AccessDenied", 403)
    assert refused(client("ssm").get_parameter, Name="/x")[::2] == ("AccessDeniedException", 400)
    invoked = refused(client("sagemaker-runtime").invoke_endpoint, EndpointName="spam", Body=b"{}")
    assert invoked[::2] == ("AccessDeniedException", 403)


def test_what_the_sandbox_has_no_row_for_is_for_those_alone_who_may_do_everything(sandbox: Sandbox) -> None:
    one = clients(sandbox, policy("iam:GetRole"))("iam")
    assert refused(one.put_role_policy, RoleName="r", PolicyName="p", PolicyDocument="{}")[0] == "AccessDenied"


def test_a_user_and_a_role_without_policies_may_do_everything(sandbox: Sandbox) -> None:
    sandbox.client("sagemaker").create_model_package_group(ModelPackageGroupName="spam")
    sandbox.role("free", sandbox.account)
    client = sandbox.client_as(sandbox.credentials("free"))("sagemaker")
    assert client.list_model_package_groups()["ModelPackageGroupSummaryList"][0]["ModelPackageGroupName"] == "spam"


def test_a_policy_that_is_not_understood_is_refused_when_it_is_given(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="StringStartsWith is not played"):
        strange = policy("sagemaker:ListEndpoints")
        strange["Statement"][0]["Condition"] = {"StringStartsWith": {"a": "b"}}
        clients(sandbox, strange)


def test_s3_is_held_too_object_by_object(sandbox: Sandbox) -> None:
    sandbox.client("s3").create_bucket(Bucket="state", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    held = policy("s3:GetObject", "s3:PutObject")
    held["Statement"][0]["Resource"] = "arn:aws:s3:::state/.pulumi/*"
    s3 = clients(sandbox, held)("s3")
    s3.put_object(Bucket="state", Key=".pulumi/x", Body=b"1")
    assert s3.get_object(Bucket="state", Key=".pulumi/x")["Body"].read() == b"1"
    code, message, status = refused(s3.put_object, Bucket="state", Key="x", Body=b"1")
    assert (code, status) == ("AccessDenied", 403)
    assert "perform: s3:PutObject on resource: arn:aws:s3:::state/x because" in message
    assert refused(s3.list_objects_v2, Bucket="state")[0] == "AccessDenied"
    assert refused(s3.delete_object, Bucket="state", Key=".pulumi/x")[0] == "AccessDenied"


def test_a_key_is_held_by_its_id_and_by_its_alias(sandbox: Sandbox) -> None:
    kms = sandbox.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/state", TargetKeyId=arn)
    by_alias, by_id = policy("kms:Decrypt", "kms:Encrypt"), policy("kms:Decrypt", "kms:Encrypt")
    by_alias["Statement"][0]["Condition"] = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/state"}}
    by_id["Statement"][0]["Resource"] = arn
    other = kms.create_key()["KeyMetadata"]["Arn"]
    for held in (by_alias, by_id):
        one = clients(sandbox, held)("kms")
        secret = one.encrypt(KeyId="alias/state", Plaintext=b"1")["CiphertextBlob"]
        assert one.decrypt(CiphertextBlob=secret)["Plaintext"] == b"1"
        assert refused(one.encrypt, KeyId=other, Plaintext=b"1")[0] == "AccessDeniedException"


def test_an_encrypted_model_card_is_read_by_who_may_use_its_key(sandbox: Sandbox) -> None:
    kms = sandbox.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/cards", TargetKeyId=key)
    card = {"ModelCardContent": "{}", "ModelCardStatus": "Draft"}
    for name in (key, "alias/cards"):
        sandbox.register("spam", members={"ModelCard": card, "SecurityConfig": {"KmsKeyId": name}})
    wanted = [f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/spam/{version}" for version in (1, 2)]

    without = clients(sandbox, policy("sagemaker:DescribeModelPackage"))("sagemaker")
    with_key = clients(sandbox, policy("sagemaker:DescribeModelPackage", "kms:Decrypt"))("sagemaker")
    for package in wanted:
        assert with_key.describe_model_package(ModelPackageName=package)["ModelCard"] == card
    sandbox.role("looker", sandbox.account, policies=[policy("sagemaker:DescribeModelPackage")])
    for package in wanted:
        _, message, _ = refused(without.describe_model_package, ModelPackageName=package)
        assert f"perform: kms:Decrypt on resource: {key} because" in message
        assert without.describe_model_package(ModelPackageName=package, IncludedData="MetadataOnly")
