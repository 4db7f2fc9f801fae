"""What CloudWatch has of endpoints: calls, errors, latencies and cold starts over one window.

Serverless endpoints publish these, and few others (developer guide, serverless endpoints, 2026-11), each with the
statistics that AWS documents for it: OverheadLatency has no percentiles. One period covers the window: percentiles
cannot be put together again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from fleet.access import Access
from fleet.aws import session
from fleet.comparison import Metrics, Window
from fleet.revision import ALL_TRAFFIC

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import (
        DimensionTypeDef,
        MetricDataQueryTypeDef,
        MetricStatTypeDef,
        MetricTypeDef,
    )

NAMESPACE = "AWS/SageMaker"
MOST_QUERIES = 500  # a call (API reference, GetMetricData)


@dataclass(frozen=True)
class Reading:
    """One number of Metrics, and where it comes from."""

    metric: str
    statistic: str
    parts: float = 1  # so many of the metric's units make one of ours

    @property
    def adds_up(self) -> bool:
        return self.statistic in ("Sum", "SampleCount")


MICROSECONDS = 1000  # in a millisecond
READINGS: Mapping[str, Reading] = {
    "calls": Reading("Invocations", "Sum"),
    "errors_4xx": Reading("Invocation4XXErrors", "Sum"),
    "errors_5xx": Reading("Invocation5XXErrors", "Sum"),
    "latency_p50_ms": Reading("ModelLatency", "p50", MICROSECONDS),
    "latency_p95_ms": Reading("ModelLatency", "p95", MICROSECONDS),
    "latency_p99_ms": Reading("ModelLatency", "p99", MICROSECONDS),
    "overhead_average_ms": Reading("OverheadLatency", "Average", MICROSECONDS),
    "overhead_max_ms": Reading("OverheadLatency", "Maximum", MICROSECONDS),
    "cold_starts": Reading("ModelSetupTime", "SampleCount"),
    "cold_start_p95_ms": Reading("ModelSetupTime", "p95", MICROSECONDS),
}


class Incomplete(Exception):
    """CloudWatch answered, and not all of it."""


def client(access: Access) -> "CloudWatchClient":
    """A CloudWatch client."""
    config = Config(retries={"mode": "standard"}, connect_timeout=10, read_timeout=30)
    return session.client(access, "cloudwatch", config)


def read(cloudwatch: "CloudWatchClient", endpoints: Sequence[str], window: Window) -> list[Metrics]:
    """The metrics of each endpoint, in their order. Raises what botocore raises, and Incomplete."""
    queries = [_query(n, endpoint, field, window) for n, endpoint in enumerate(endpoints) for field in READINGS]
    values: dict[str, list[float]] = {}
    last: dict[str, str] = {}
    for first in range(0, len(queries), MOST_QUERIES):
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries[first : first + MOST_QUERIES], StartTime=window.start, EndTime=window.end
        )
        for result in (result for page in pages for result in page["MetricDataResults"]):
            values.setdefault(result["Id"], []).extend(result.get("Values", ()))
            last[result["Id"]] = result.get("StatusCode", "Complete")
    if bad := next((f"{id_}: {status}" for id_, status in last.items() if status != "Complete"), ""):
        raise Incomplete(f"GetMetricData did not answer all: {bad}")
    return [
        Metrics(**{field: _number(field, values.get(_id(field, n), [])) for field in READINGS})
        for n, _ in enumerate(endpoints)
    ]


def _id(field: str, number: int) -> str:
    return f"{field}_{number}"


def _query(number: int, endpoint: str, field: str, window: Window) -> "MetricDataQueryTypeDef":
    reading = READINGS[field]
    # An endpoint's name alone matches nothing: both are dimensions of the metric
    dimensions: list[DimensionTypeDef] = [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": ALL_TRAFFIC},
    ]
    metric: MetricTypeDef = {"Namespace": NAMESPACE, "MetricName": reading.metric, "Dimensions": dimensions}
    stat: MetricStatTypeDef = {"Metric": metric, "Period": window.seconds, "Stat": reading.statistic}
    return {"Id": _id(field, number), "MetricStat": stat}


def _number(field: str, values: Sequence[float]) -> Any:
    """One number of the data points; None for none, or for several that cannot be put together, e.g. percentiles."""
    reading = READINGS[field]
    if reading.adds_up:
        return round(sum(values)) if values else None
    return values[0] / reading.parts if len(values) == 1 else None
