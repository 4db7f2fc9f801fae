"""Scalable targets of endpoints, before they are declared: whether there is one already.

Making them is the aws provider's, through fleet/resources/beside/scaling.py.
"""

from typing import TYPE_CHECKING, Final

from fleet.revision import ALL_TRAFFIC

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient

NAMESPACE: Final = "sagemaker"
DIMENSION: Final = "sagemaker:variant:DesiredProvisionedConcurrency"


def target_of(endpoint: str) -> str:
    """The resource id of the scalable target of an endpoint's only variant."""
    return f"endpoint/{endpoint}/variant/{ALL_TRAFFIC}"


def exists(application_autoscaling: "ApplicationAutoScalingClient", resource_id: str) -> bool:
    """Whether provisioned concurrency of `endpoint/<name>/variant/<variant>` has a scalable target."""
    answer = application_autoscaling.describe_scalable_targets(
        ServiceNamespace=NAMESPACE, ResourceIds=[resource_id], ScalableDimension=DIMENSION
    )
    return bool(answer.get("ScalableTargets"))
