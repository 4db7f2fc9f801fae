"""CloudWatch's metrics: samples in memory, of endpoints that were asked and of PutMetricData, and statistics of them.

What alarms make of them is alarms.py.
"""

import math
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from sandbox.aws.paging import Pages
from sandbox.aws.world import Answer, AwsError, Params, World

NAMESPACE, NAMESPACE_OF_INSTANCES = "AWS/SageMaker", "/aws/sagemaker/Endpoints"


@dataclass(frozen=True)
class Published:
    """A metric of serverless endpoints, as AWS documents it (developer guide, 2026-11: endpoint invocation metrics, and
    alarms and logs for serverless endpoints)."""

    unit: str
    statistics: frozenset[str]  # what else is asked for may come back empty
    has_percentiles: bool = False
    namespace: str = NAMESPACE

    def documents(self, statistic: str) -> bool:
        return statistic in self.statistics or (self.has_percentiles and bool(_PERCENTILE.fullmatch(statistic)))


_PERCENTILE = re.compile(r"p(\d{1,2}(\.\d{1,10})?|100)")
_EXTREMES = frozenset({"Average", "Minimum", "Maximum"})
_ALL = _EXTREMES | {"Sum", "SampleCount"}
PUBLISHED = {
    "Invocations": Published("None", frozenset({"Sum"})),
    "Invocation4XXErrors": Published("None", frozenset({"Average", "Sum"})),
    "Invocation5XXErrors": Published("None", frozenset({"Average", "Sum"})),
    "ModelLatency": Published("Microseconds", _ALL, has_percentiles=True),
    "OverheadLatency": Published("Microseconds", _ALL),
    "ModelSetupTime": Published("Microseconds", _EXTREMES | {"SampleCount"}, has_percentiles=True),
    "ServerlessConcurrentExecutionsUtilization": Published("None", _EXTREMES),
    "ServerlessProvisionedConcurrencyExecutions": Published("Count", _EXTREMES),
    "ServerlessProvisionedConcurrencyUtilization": Published("None", _EXTREMES),
    "ServerlessProvisionedConcurrencyInvocations": Published("Count", _EXTREMES),
    "ServerlessProvisionedConcurrencySpilloverInvocations": Published("Count", _EXTREMES),
    "MemoryUtilization": Published("Percent", _ALL, has_percentiles=True, namespace=NAMESPACE_OF_INSTANCES),
}
MINUTE, HOUR, DAY = 60, 3600, 86400
MOST_QUERIES = 500
PAGES = Pages(100_800, "Invalid NextToken.", "InvalidNextToken", size="MaxDatapoints")

MOST_DATA, MOST_VALUES = 1000, 150  # of a PutMetricData, and of each of its data
OLDEST, NEWEST = 14 * DAY, 2 * HOUR  # how far a timestamp may be from now

Dimensions = frozenset[tuple[str, str]]
Key = tuple[str, str, str, Dimensions]  # region, namespace, metric, dimensions
Sample = tuple[float, float, str]  # the minute it counts in, as epoch seconds, the value, and its unit
Point = tuple[float, float]  # the beginning of a period, as epoch seconds, and the statistic of it


@dataclass
class Metrics:
    """What was measured. Safe to use from many threads."""

    clock: Callable[[], float] = time.time
    _samples: dict[Key, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def invocation(self, region: str, endpoint: str, variant: str, received: float) -> Iterator[None]:
        """Times the model's part of a call that was received at that `time.perf_counter()`."""
        began, status = time.perf_counter(), HTTPStatus.OK.value
        try:
            yield
        except AwsError as error:
            status = error.more.get("OriginalStatusCode", HTTPStatus.INTERNAL_SERVER_ERROR.value)
            raise
        finally:
            model, overhead = time.perf_counter() - began, began - received
            self.add(region, endpoint, variant, served(status, model * 1e6, overhead * 1e6))

    def add(self, region: str, endpoint: str, variant: str, values: Mapping[str, float], at: float = 0) -> None:
        """A value of each metric; `at` in epoch seconds, by default now."""
        dimensions = frozenset({("EndpointName", endpoint), ("VariantName", variant)})
        for metric, value in values.items():
            published = PUBLISHED[metric]
            self.put((region, published.namespace, metric, dimensions), (value,), published.unit, at)

    def put(self, key: Key, values: Iterable[float], unit: str, at: float = 0) -> None:
        minute = (at or self.clock()) // MINUTE * MINUTE
        with self._lock:
            self._samples[key].extend((minute, value, unit) for value in values)

    def samples(self, key: Key) -> Sequence[Sample]:
        with self._lock:
            return list(self._samples.get(key, ()))

    def clear(self) -> None:
        with self._lock:
            self._samples.clear()


def served(status: int, model_us: float, overhead_us: float) -> dict[str, float]:
    """What SageMaker publishes of one call: an error metric has a 0 of each call that was none."""
    return {
        "Invocations": 1,
        "Invocation4XXErrors": float(400 <= status < 500),
        "Invocation5XXErrors": float(status >= 500),
        "ModelLatency": model_us,
        "OverheadLatency": overhead_us,
    }


def cold(setup_us: float) -> dict[str, float]:
    """What SageMaker publishes of a container that had to be started."""
    return {"ModelSetupTime": setup_us}


@dataclass(frozen=True)
class Watched:
    """What CloudWatch looks at."""

    metrics: Metrics
    world: World


def get_metric_data(watched: Watched, region: str, request: Params) -> Answer:
    queries: list[Params] = request["MetricDataQueries"]
    metrics = watched.metrics
    _check(queries, request)
    start, end, now = request["StartTime"], request["EndTime"], metrics.clock()
    found = [points(metrics, region, query["MetricStat"], start, end, now) for query in queries]
    newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    rows = [(n, *point) for n, points in enumerate(found) for point in sorted(points, reverse=newest_first)]
    page = PAGES.cut(request, rows, watched.world.settings.page_size)
    pending = {n for n, _, _ in page.rest}
    given: dict[int, list[Point]] = defaultdict(list)
    for n, at, value in page.rows:
        given[n].append((at, value))
    results = [
        {
            "Id": query["Id"],
            "Label": query.get("Label", query["MetricStat"]["Metric"]["MetricName"]),
            "Timestamps": [at for at, _ in given[n]],
            "Values": [value for _, value in given[n]],
            "StatusCode": "PartialData" if n in pending else "Complete",
        }
        for n, query in enumerate(queries)
        if query.get("ReturnData", True)
    ]
    return {"MetricDataResults": results, "Messages": [], **page.more}


def put_metric_data(watched: Watched, region: str, request: Params) -> Answer:
    namespace, data = request["Namespace"], request.get("MetricData", [])
    if namespace.startswith("AWS/"):
        raise _invalid("The value AWS/ for parameter Namespace is invalid.")
    if "EntityMetricData" in request:
        raise AwsError("the sandbox does not play EntityMetricData", code="UnsupportedOperation")
    if not data:
        raise AwsError("The parameter MetricData is required.", code="MissingParameter")
    if len(data) > MOST_DATA:
        raise _invalid(f"The collection MetricData must not have a size greater than {MOST_DATA}.")
    now = watched.metrics.clock()
    read = [(datum, _values(datum, now)) for datum in data]  # all, before one is kept
    for datum, values in read:
        key = (region, namespace, datum["MetricName"], dimensions_of(datum))
        watched.metrics.put(key, values, datum.get("Unit", "None"), datum.get("Timestamp", 0))
    return {}


def _values(datum: Params, now: float) -> list[float]:
    """Raises AwsError for what cannot be put."""
    if "StatisticValues" in datum:
        raise AwsError("the sandbox does not play StatisticValues", code="UnsupportedOperation")
    if ("Value" in datum) == ("Values" in datum):
        raise AwsError(
            "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you "
            "have specified both or none.",
            code="InvalidParameterCombination",
        )
    values = datum.get("Values") or [datum["Value"]]
    counts = datum.get("Counts") or [1] * len(values)
    if len(values) > MOST_VALUES or len(counts) != len(values):
        raise _invalid(f"Values and Counts must have the same size, {MOST_VALUES} at most.")
    if not all(math.isfinite(value) for value in values):
        raise _invalid("The value NaN for parameter MetricData.member.1.Value is invalid.")
    if not now - OLDEST <= datum.get("Timestamp", now) <= now + NEWEST:
        raise _invalid("A timestamp must be within the past two weeks and the next two hours.")
    return [float(value) for value, count in zip(values, counts, strict=True) for _ in range(int(count))]


def _invalid(message: str) -> AwsError:
    return AwsError(message, code="InvalidParameterValue")


def dimensions_of(metric: Params) -> Dimensions:
    return frozenset((dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", ()))


def _check(queries: Sequence[Params], request: Params) -> None:
    if len(queries) > MOST_QUERIES:
        raise _refused(f"The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}.")
    if len({query["Id"] for query in queries}) < len(queries):
        raise _refused("The values for parameter id in MetricDataQueries are not unique.")
    if request["StartTime"] >= request["EndTime"]:
        raise _refused("The parameter StartTime must be less than the parameter EndTime.")
    for query in queries:
        if not re.fullmatch("[a-z][a-zA-Z0-9_]*", query["Id"]):
            raise _refused(f"The value {query['Id']} for parameter id is not matching the expected pattern.")
        if "MetricStat" not in query:
            raise AwsError("the sandbox does not play expressions of GetMetricData", code="UnsupportedOperation")
        period, statistic = query["MetricStat"]["Period"], query["MetricStat"]["Stat"]
        if period % MINUTE and period not in (1, 5, 10, 20, 30):
            raise _refused(f"Period must be 1, 5, 10, 20, 30 or a multiple of 60; it is {period}.")
        check_statistic(query["MetricStat"]["Metric"], statistic)


def check_statistic(metric: Params, statistic: str) -> None:
    """Raises AwsError for what the sandbox cannot reckon, and for what AWS does not document for a metric."""
    if _statistic(statistic) is None:
        raise AwsError(f"the sandbox does not play the statistic {statistic!r}", code="UnsupportedOperation")
    published = PUBLISHED.get(metric.get("MetricName", ""))
    if published and published.namespace == metric.get("Namespace") and not published.documents(statistic):
        told = f"AWS does not document {statistic} of {metric['MetricName']} for serverless endpoints"
        raise AwsError(f"{told}, so the sandbox does not answer", code="UnsupportedOperation")


def _refused(message: str) -> AwsError:
    return AwsError(message, code="ValidationError")


def points(metrics: Metrics, region: str, stat: Params, start: float, end: float, now: float) -> Iterator[Point]:
    """A data point for each period in which there is something, stamped with its beginning.

    Periods are counted from the start, which is rounded down to what is kept after that time (API reference,
    GetMetricData). A period that does not fit what is kept gives nothing.
    """
    metric, period = stat["Metric"], stat["Period"]
    kept = MINUTE if now - start < 15 * DAY else 5 * MINUTE if now - start < 63 * DAY else HOUR
    if period % kept:
        return
    start = start // kept * kept
    periods: dict[float, list[float]] = defaultdict(list)
    for minute, value, unit in metrics.samples(key_of(region, metric)):
        if start <= minute < end and stat.get("Unit", unit) == unit:
            periods[start + (minute - start) // period * period].append(value)
    of = _statistic(stat["Stat"])
    assert of is not None  # checked before
    for at, values in periods.items():
        yield at, of(values)


def key_of(region: str, metric: Params) -> Key:
    return region, metric.get("Namespace", ""), metric.get("MetricName", ""), dimensions_of(metric)


_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "SampleCount": lambda values: float(len(values)),
    "Minimum": min,
    "Maximum": max,
}


def _statistic(name: str) -> Callable[[Sequence[float]], float] | None:
    if percentile := _PERCENTILE.fullmatch(name):
        of_hundred = float(percentile[1])
        return lambda values: sorted(values)[max(0, math.ceil(of_hundred * len(values) / 100) - 1)]
    return _STATISTICS.get(name)


def logged(region: str, endpoint: str) -> Key:
    """What CloudWatch Logs publishes of an endpoint's log group: the bytes that came in."""
    return region, "AWS/Logs", "IncomingBytes", frozenset({("LogGroupName", f"{NAMESPACE_OF_INSTANCES}/{endpoint}")})


def made_up(content: Mapping[str, Any], now: float) -> Iterator[tuple[float, dict[str, float]]]:
    """What so many calls leave behind, as `Sandbox.record_invocations` takes them: times and values."""
    count, latencies = content["count"], content["latency_ms"]
    latencies = latencies if isinstance(latencies, list) else [latencies]
    statuses = [400] * content["errors_4xx"] + [500] * content["errors_5xx"]
    if len(statuses) > count or content["cold_starts"] > count:
        raise ValueError("more errors or cold starts than calls")
    ends = [now - content["ago_seconds"] - day * DAY for day in range(content.get("days", 1))]
    for n, at in ((n, at) for at in ends for n in range(count)):
        setup = content["setup_ms"] * 1000 if n < content["cold_starts"] else 0
        status = statuses[n] if n < len(statuses) else 200
        values = served(status, latencies[n % len(latencies)] * 1000, content["overhead_ms"] * 1000 + setup)
        memory = {"MemoryUtilization": share} if (share := content.get("memory_percent", 0)) else {}
        yield at, values | (cold(setup) if setup else {}) | memory
