"""The manager's own metrics, sent to CloudWatch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleet.monitoring.signals import NAMESPACE, Datum, dimensions

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDatumTypeDef


def put(cloudwatch: "CloudWatchClient", stack: str, data: Sequence[Datum]) -> None:
    """Send them, in one call. `stack` is `<project>/<stack>`. Raises what botocore raises."""
    named: list[DimensionTypeDef] = [{"Name": name, "Value": value} for name, value in dimensions(stack).items()]
    sent: list[MetricDatumTypeDef] = [
        {"MetricName": one.metric, "Value": one.value, "Unit": one.unit, "Dimensions": named} for one in data
    ]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=sent)
