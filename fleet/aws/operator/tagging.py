"""Tags of anything that has an ARN: read, and added to."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


def read(client: "SageMakerClient", arn: str) -> dict[str, str]:
    """All tags of one resource."""
    pages = client.get_paginator("list_tags").paginate(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def add(client: "SageMakerClient", arn: str, tags: Mapping[str, str]) -> None:
    """Add tags to one resource; those it has under other keys stay."""
    client.add_tags(ResourceArn=arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
