"""Tags of anything of SageMaker that has an ARN, added to. They are read in fleet/aws/endpoints.py."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


def add(client: "SageMakerClient", arn: str, tags: Mapping[str, str]) -> None:
    """Add tags to one resource; those it has under other keys stay."""
    client.add_tags(ResourceArn=arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
