"""The one write to a model package: what a person decided on it. No run of the program ever writes to one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fleet.aws import packages
from fleet.evidence.evaluation import Package, changed

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


def write(client: "SageMakerClient", shown: Package, arguments: Mapping[str, Any]) -> bool:
    """One UpdateModelPackage, on what was `shown` to whoever decided; False where somebody has changed it meanwhile.

    Raises botocore's ClientError.
    """
    if changed(packages.describe(client, arguments["ModelPackageArn"])) != changed(shown):
        return False
    client.update_model_package(**arguments)
    return True
