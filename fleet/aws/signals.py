"""The manager's own metrics, sent to CloudWatch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.config import Config

from fleet.access import Access
from fleet.aws import session
from fleet.monitoring.signals import NAMESPACE, Datum, dimensions
from fleet.seen import Unknown

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDatumTypeDef

# No endpoint waits for it, and a run is not to end minutes later because CloudWatch does not answer.
SOON = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=5, read_timeout=10)


def put(access: Access, stack: str, data: Sequence[Datum]) -> Unknown | None:
    """Send them, in one call; what AWS said where it did not take them. `stack` is `<project>/<stack>`."""
    named: list[DimensionTypeDef] = [{"Name": name, "Value": value} for name, value in dimensions(stack).items()]
    sent: list[MetricDatumTypeDef] = [
        {"MetricName": one.metric, "Value": one.value, "Unit": one.unit, "Dimensions": named} for one in data
    ]
    answer = session.ask(
        lambda: session.client(access, "cloudwatch", SOON).put_metric_data(Namespace=NAMESPACE, MetricData=sent)
    )
    return answer if isinstance(answer, Unknown) else None
