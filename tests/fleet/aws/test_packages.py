"""One version in full, as the registry tells it."""

from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from fleet.access import Access, Role
from fleet.aws import packages, session
from fleet.aws import reading as reading_by
from fleet.preflight import unsuitable
from fleet.seen import Unknown

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1"
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "not you"}
ENCRYPTED = {
    "ModelCard": {"ModelCardContent": "{}", "ModelCardStatus": "Draft"},
    "SecurityConfig": {"KmsKeyId": "alias/cards"},
}


def test_a_version_is_described_by_its_arn(account: Any) -> None:
    account.sandbox.register("toxicity")
    package = packages.describe(account.its_client, ARN)
    assert package["ModelPackageArn"] == ARN
    assert unsuitable(package, "eu-west-1") == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"containers": 2}, "pipeline of 2 containers"),
        ({"product_id": "prod-1"}, "Marketplace product prod-1"),
        (
            {
                "model_data_source": {
                    "S3DataSource": {"S3Uri": "s3://b/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}
                }
            },
            "not one compressed archive",
        ),
    ],
)
def test_a_version_is_described_with_all_that_makes_it_unsuitable(
    account: Any, content: dict[str, Any], reason: str
) -> None:
    account.sandbox.register("toxicity", **content)
    (told,) = unsuitable(packages.describe(account.its_client, ARN), "eu-west-1")
    assert reason in told


def test_an_encrypted_model_card_keeps_nothing_back(account: Any) -> None:
    account.sandbox.register("toxicity", members=ENCRYPTED)
    with pytest.raises(ClientError, match="kms:Decrypt"):
        account.its_client.describe_model_package(ModelPackageName=ARN)
    assert packages.describe(account.its_client, ARN)["InferenceSpecification"]["Containers"]


def inspect(account: Any, *versions: int) -> packages.Inspection:
    return packages.inspect(account.its_client, Access("eu-west-1"), [use(version) for version in versions])


def use(version: int) -> packages.Use:
    return packages.Use(ARN.replace("/1", f"/{version}"))


def test_versions_are_inspected_with_their_images_each_once(account: Any) -> None:
    for content in ({}, {"containers": 2}, {}):
        account.sandbox.register("toxicity", **content)
    account.sandbox.settings(image_bytes={"text-classifier:1": 20_000_000_000})
    account.mark = account.sandbox.mark()
    found = inspect(account, 1, 2, 1)
    one, two = (found.of[use(version)] for version in (1, 2))
    assert isinstance(one, packages.Inspected) and isinstance(two, packages.Inspected)
    assert (one.refused, [doubt.partition(" has ")[2][:7] for doubt in one.doubts]) == ((), ["20.0 GB"])
    assert "pipeline of 2 containers" in two.refused[0]
    assert found.note == ""
    assert sorted(account.operations()) == ["DescribeImages", *["DescribeModelPackage"] * 2]


def test_an_image_that_is_not_there_is_a_doubt(account: Any) -> None:
    account.sandbox.register("toxicity")
    account.sandbox.settings(image_bytes={"text-classifier:1": 0})
    (one,) = inspect(account, 1).of.values()
    assert isinstance(one, packages.Inspected)
    assert "is not there: DescribeImages: ImageNotFoundException" in one.doubts[0]


def test_where_one_version_cannot_be_looked_at_the_others_are(account: Any) -> None:
    for _ in range(2):
        account.sandbox.register("toxicity")
    account.sandbox.fault("DescribeModelPackage", match={"ModelPackageName": ARN}, **DENIED)
    one, two = inspect(account, 1, 2).of.values()
    assert one == Unknown("DescribeModelPackage: AccessDeniedException: not you")
    assert isinstance(two, packages.Inspected)


def test_where_ecr_may_not_be_asked_it_is_asked_once_and_that_is_noted(account: Any) -> None:
    for tag in ("1", "2", "3"):
        container = {"Image": f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/text:{tag}"}
        account.sandbox.register("toxicity", inference_specification={"Containers": [container]})
    account.sandbox.fault("DescribeImages", service="ecr", **DENIED)
    account.mark = account.sandbox.mark()
    found = inspect(account, 1, 2, 3)
    assert found.note.endswith("could not be looked at: DescribeImages: AccessDeniedException: not you")
    assert account.operations().count("DescribeImages") == 1


@pytest.mark.parametrize(
    "image",
    ["763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch:2-cpu", "text:1"],
    ids=["of AWS", "not in ECR"],
)
def test_an_image_of_somebody_else_is_not_asked_for(account: Any, image: str) -> None:
    account.sandbox.register("toxicity", inference_specification={"Containers": [{"Image": image}]})
    account.mark = account.sandbox.mark()
    assert inspect(account, 1).note == ""
    assert account.operations() == ["DescribeModelPackage"]


def test_a_version_that_is_not_there_raises(account: Any) -> None:
    with pytest.raises(ClientError, match="does not exist"):
        packages.describe(account.its_client, ARN)


# A registry in another account

ROLE = "arn:aws:iam::210987654321:role/registry-reader"
THEIRS = "arn:aws:sagemaker:eu-west-1:210987654321:model-package/toxicity/1"


def reading(monkeypatch: pytest.MonkeyPatch, role: str) -> tuple[Any, Any, reading_by.Reader]:
    own, theirs = (cast(Any, object()) for _ in range(2))
    monkeypatch.setattr(session, "sagemaker", lambda access: theirs if access.roles else None)
    return own, theirs, reading_by.by(own, Access("eu-west-1", registry_role=role))


def test_the_role_reads_what_is_of_its_account_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    own, theirs, reader = reading(monkeypatch, ROLE)
    group = "arn:aws:sagemaker:eu-west-1:999999999999:model-package-group/spam"
    assert [reader(name) for name in (THEIRS, ARN, group, "toxicity")] == [theirs, own, own, own]


def test_without_a_role_everything_is_read_by_oneself(monkeypatch: pytest.MonkeyPatch) -> None:
    own, _, reader = reading(monkeypatch, "")
    assert reader(THEIRS) is own


def test_the_role_is_the_last_of_the_chain_and_its_account_is_none_where_anything_is_made() -> None:
    chain = (Role("arn:aws:iam::123456789012:role/deployer"),)
    access = Access("eu-west-1", roles=chain, allowed=("123456789012",), registry_role=ROLE).as_reader()
    assert [role.arn for role in access.roles] == [chain[0].arn, ROLE]
    assert access.objection_to("210987654321") == ""
