"""The operations of CloudWatch that are played; the rest is moto's."""

from sandbox.aws.cloudwatch import alarms, dashboards, metrics
from sandbox.aws.service import Service
from sandbox.aws.world import Params


def _evaluate(watched: metrics.Watched, _: Params) -> None:
    alarms.evaluate(watched)


SERVICE = Service(
    "cloudwatch",
    {
        "GetMetricData": metrics.get_metric_data,
        "PutMetricData": metrics.put_metric_data,
        **alarms.OPERATIONS,
        **dashboards.OPERATIONS,
    },
    rest_by_moto=True,
    before=_evaluate,
)
