"""How much endpoints are used, by CloudWatch, day by day: for `fleet cost` and the report, few calls for a whole fleet.

A data point a day: means and maxima of days can be put together, and one question gives the span before as well. What
one call does not answer is unknown of its endpoints alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fleet.aws import endpoints, session
from fleet.aws.logs import group_of
from fleet.aws.operator.metrics import MICROSECONDS, MOST_QUERIES, NAMESPACE
from fleet.cost.usage import Day, Period, Usage, of_days
from fleet.revision import ALL_TRAFFIC
from fleet.seen import Unknown

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef
    from mypy_boto3_sagemaker import SageMakerClient

NAMESPACE_OF_INSTANCES, NAMESPACE_OF_LOGS = "/aws/sagemaker/Endpoints", "AWS/Logs"
DAY_SECONDS = 86_400
HOUR = timedelta(hours=1)
PERCENT = 100


@dataclass(frozen=True)
class Reading:
    """One number of a day, and where it comes from."""

    metric: str
    statistic: str
    parts: float = 1  # so many of the metric's units make one of ours
    namespace: str = NAMESPACE

    def dimensions(self, endpoint: str) -> dict[str, str]:
        if self.namespace == NAMESPACE_OF_LOGS:
            return {"LogGroupName": group_of(endpoint)}
        return {"EndpointName": endpoint, "VariantName": ALL_TRAFFIC}


# By the field of Day. Each with a statistic that AWS documents for serverless endpoints (developer guide, 2026-11).
FOR_COST: Mapping[str, Reading] = {
    "calls": Reading("Invocations", "Sum"),
    "mean_ms": Reading("ModelLatency", "Average", MICROSECONDS),
    "cold_starts": Reading("ModelSetupTime", "SampleCount"),
    "memory_share": Reading("MemoryUtilization", "Maximum", PERCENT, NAMESPACE_OF_INSTANCES),
    "log_bytes": Reading("IncomingBytes", "Sum", namespace=NAMESPACE_OF_LOGS),
}
FOR_REPORT: Mapping[str, Reading] = {
    **FOR_COST,
    "p95_ms": Reading("ModelLatency", "p95", MICROSECONDS),
    "errors_4xx": Reading("Invocation4XXErrors", "Sum"),
    "errors_5xx": Reading("Invocation5XXErrors", "Sum"),
}
_COUNTS = frozenset({"calls", "cold_starts", "errors_4xx", "errors_5xx"})


def period(now: datetime, days: int) -> Period:
    """So many days back from now. It ends with the hour, because of what is old CloudWatch keeps whole hours."""
    return Period(now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + HOUR, days)


def created(client: "SageMakerClient") -> dict[str, datetime]:
    """When each endpoint of the Region was made, by its name: 100 a call. Raises what botocore raises."""
    return {name: datetime.fromisoformat(row.created) for name, row in endpoints.list_all(client).items()}


def read(
    cloudwatch: "CloudWatchClient",
    names: Sequence[str],
    over: Period,
    readings: Mapping[str, Reading] = FOR_COST,
) -> dict[str, Usage | Unknown]:
    """How much each of these endpoints is used, by name; Unknown with the error where CloudWatch did not answer.

    One call for as many endpoints as 500 queries hold: 100 with FOR_COST, 62 with FOR_REPORT.
    """
    size = MOST_QUERIES // len(readings)
    found: dict[str, Usage | Unknown] = {}
    for first in range(0, len(names), size):
        found |= _some(cloudwatch, names[first : first + size], over, readings)
    return found


def _some(
    cloudwatch: "CloudWatchClient", names: Sequence[str], over: Period, readings: Mapping[str, Reading]
) -> dict[str, Usage | Unknown]:
    queries = [_query(n, name, field, readings[field]) for n, name in enumerate(names) for field in readings]
    answer = session.ask(lambda: _answer(cloudwatch, queries, over))
    if isinstance(answer, Unknown):
        return dict.fromkeys(names, answer)
    return {name: _usage(n, over, readings, answer) for n, name in enumerate(names)}


@dataclass
class _Series:
    """What came of one query, over all pages."""

    points: list[tuple[datetime, float]]
    status: str = "Complete"  # of the last page


def _answer(
    cloudwatch: "CloudWatchClient", queries: Sequence["MetricDataQueryTypeDef"], over: Period
) -> dict[str, _Series]:
    found: dict[str, _Series] = {}
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=over.before, EndTime=over.end
    )
    for result in (result for page in pages for result in page["MetricDataResults"]):
        series = found.setdefault(result["Id"], _Series([]))
        series.points += zip(result.get("Timestamps", ()), result.get("Values", ()), strict=True)
        series.status = result.get("StatusCode", series.status)
    return found


def _id(field: str, number: int) -> str:
    return f"{field}_{number}"


def _query(number: int, endpoint: str, field: str, reading: Reading) -> "MetricDataQueryTypeDef":
    return {
        "Id": _id(field, number),
        "MetricStat": {
            "Metric": {
                "Namespace": reading.namespace,
                "MetricName": reading.metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in reading.dimensions(endpoint).items()],
            },
            "Period": DAY_SECONDS,
            "Stat": reading.statistic,
        },
    }


def _usage(
    number: int, over: Period, readings: Mapping[str, Reading], answer: Mapping[str, _Series]
) -> Usage | Unknown:
    """Of one endpoint; Unknown where one of its metrics was not answered: no answer is not "no calls"."""
    days: dict[int, dict[str, Any]] = {}
    for field, reading in readings.items():
        series = answer.get(_id(field, number), _Series([], "no answer"))
        if series.status != "Complete":
            return Unknown(f"GetMetricData did not answer all: {reading.metric}: {series.status}")
        for at, value in series.points:
            ours = value / reading.parts
            days.setdefault(_day(at, over), {})[field] = round(ours) if field in _COUNTS else ours
    return of_days(over, {number: Day(**values) for number, values in days.items()})


def _day(at: datetime, over: Period) -> int:
    """The number of the day that a data point begins, from 0 at the beginning of the span before."""
    return max(0, min((at - over.before) // timedelta(days=1), 2 * over.days - 1))
