"""One version of a model package group in full. Which one is wanted is registry.py's."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


def describe(client: "SageMakerClient", arn: str) -> dict[str, Any]:
    """What DescribeModelPackage says: containers, metadata, LastModifiedTime. Raises botocore's ClientError."""
    return dict(client.describe_model_package(ModelPackageName=arn))
