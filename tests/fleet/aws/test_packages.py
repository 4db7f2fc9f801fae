"""One version in full, as the registry tells it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from fleet.aws import packages
from fleet.preflight import unsuitable

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1"


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


def test_a_version_that_is_not_there_raises(account: Any) -> None:
    with pytest.raises(ClientError, match="does not exist"):
        packages.describe(account.its_client, ARN)
