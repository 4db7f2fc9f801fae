"""Which alarms an endpoint has: a table of kinds, and what CloudWatch is to be told of each.

Pure: a task's settings come in, specifications go out. What each alarm means and what to do about it is docs/alarms.md,
a row a kind, which a test holds to the table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fleet.tasks.model import CHAMPION, Alarms, Task, title

SAGEMAKER = "AWS/SageMaker"
OF_CONTAINERS = "/aws/sagemaker/Endpoints"  # the namespace of MemoryUtilization, serverless endpoints included
OWN = "SageMakerEndpointManager"
TRAFFIC = "AllTraffic"  # the name of the one production variant that every endpoint of the fleet has
MICROSECONDS = 1000  # in a millisecond: the task list has milliseconds, SageMaker's latencies microseconds
PERCENT = 100  # the task list has shares
HOUR = 3600
LONGEST_NAME, LONGEST_DESCRIPTION = 255, 1024  # characters (API reference, PutMetricAlarm, 2026-11)
LONGEST_WARM_UP = 2880  # minutes (API reference, WarmUpConfiguration, 2026-11)


@dataclass(frozen=True)
class Metric:
    """One metric of an endpoint, as CloudWatch names it."""

    name: str
    statistic: str  # as CloudWatch spells it: Average, Sum, SampleCount, Maximum, p95
    namespace: str = SAGEMAKER


@dataclass(frozen=True)
class Kind:
    """One kind of alarm: what is watched, from when on somebody is told, and what the description says."""

    name: str
    metric: Metric
    threshold: Callable[[Alarms], float | None]  # in the metric's unit; None where the task does not want it
    of: tuple[int, int]  # so many periods of the last so many
    meaning: str  # a whole sentence; {value} is the threshold in the task list's words
    value: Callable[[Alarms], str]
    look: str  # what to look at first, a whole sentence
    level: str = "full"
    period: int = 300  # seconds
    comparison: str = "GreaterThanOrEqualToThreshold"
    per: Metric | None = None  # the metric is divided by this one, by metric math
    missing: str = "notBreaching"  # an endpoint that nobody calls publishes nothing, and is well
    needs_provisioned: bool = False


@dataclass(frozen=True)
class Specification:
    """One alarm as CloudWatch is to have it."""

    kind: str
    name: str  # AWS's: <project>/<stack>/<endpoint>/<kind>
    logical_name: str  # Pulumi's: <task>-<kind>, <task>-<variant>-<kind>
    description: str
    metric: Metric
    threshold: float
    comparison: str
    period: int  # seconds
    periods: int  # N of M of N
    datapoints: int  # M
    missing: str  # TreatMissingData
    dimensions: Mapping[str, str] = field(default_factory=dict)
    per: Metric | None = None
    # Of percentiles alone. "evaluate": with "ignore" a p95 of fewer than 200 calls in the period would never count
    # (Developer Guide, percentile-based alarms and low data samples, 2026-11).
    low_samples: str = ""
    warm_up_minutes: int = 0  # no actions so long after it was made


def _share(value: float) -> str:
    return f"{value * 100:g} %"


KINDS: tuple[Kind, ...] = (
    Kind(
        "server-errors",
        # A 1 for each failing call and a 0 for each good one, so its average is the error rate, without metric math.
        Metric("Invocation5XXErrors", "Average"),
        lambda alarms: alarms.error_rate,
        of=(2, 3),
        meaning="At least {value} of the calls are answered with a server error (5XX).",
        value=lambda alarms: _share(alarms.error_rate),
        look="Look first at the endpoint's log group, then at what moved last: `fleet status`.",
        level="basic",
    ),
    Kind(
        "slow",
        Metric("ModelLatency", "p95"),
        lambda alarms: alarms.latency_ms * MICROSECONDS,
        of=(3, 3),
        meaning="One call in twenty takes the model {value} or longer.",
        value=lambda alarms: f"{alarms.latency_ms} ms",
        look="Look first at whether a version went live just before, then at the length of the texts and at memory_mb.",
        level="basic",
    ),
    Kind(
        "saturated",
        Metric("ServerlessConcurrentExecutionsUtilization", "Maximum"),
        lambda alarms: alarms.concurrency,
        of=(2, 3),
        meaning="{value} of max_concurrency or more is in use: further calls are soon refused.",
        value=lambda alarms: _share(alarms.concurrency),
        look="Look first at who calls so much, then at max_concurrency and the account's quota.",
        level="basic",
    ),
    Kind(
        "client-errors",
        Metric("Invocation4XXErrors", "Average"),
        lambda alarms: alarms.client_error_rate,
        of=(3, 3),
        meaning="At least {value} of the calls are refused (4XX): throttled, or not what the model takes.",
        value=lambda alarms: _share(alarms.client_error_rate),
        look="Look first at the callers' last release, then at the alarm `saturated` of the same endpoint.",
    ),
    Kind(
        "memory",
        Metric("MemoryUtilization", "Maximum", OF_CONTAINERS),
        lambda alarms: alarms.memory * PERCENT,
        of=(2, 3),
        meaning="{value} of memory_mb or more is in use: a container that runs out of it is killed.",
        value=lambda alarms: _share(alarms.memory),
        look="Look first at whether a larger model went live, then raise memory_mb.",
    ),
    Kind(
        "cold-starts",
        Metric("ModelSetupTime", "SampleCount"),  # one sample a cold start
        lambda alarms: alarms.cold_start_share,
        of=(1, 1),
        meaning="At least {value} of an hour's calls waited for a container to start.",
        value=lambda alarms: _share(alarms.cold_start_share),
        look="Look first at how many calls there are: few are cold, unless provisioned_concurrency is set.",
        period=HOUR,
        per=Metric("Invocations", "Sum"),
    ),
    Kind(
        "spill-over",
        # Sum is not documented for it (Developer Guide, serverless endpoints, monitoring, 2026-11).
        Metric("ServerlessProvisionedConcurrencySpilloverInvocations", "Maximum"),
        lambda alarms: 0,
        of=(3, 5),
        meaning="Calls find {value}, and go to containers that may have to start.",
        value=lambda alarms: "no provisioned concurrency free",
        look="Look first at provisioned_concurrency and the limits of scaling.",
        comparison="GreaterThanThreshold",
        needs_provisioned=True,
    ),
    Kind(
        "silent",
        Metric("Invocations", "Sum"),
        lambda alarms: None if alarms.silent_hours is None else 1,
        of=(0, 0),  # each of the hours that the task says
        meaning="Nobody has called the endpoint for {value}.",
        value=lambda alarms: _hours(alarms.silent_hours or 0),
        look="Look first at whether the callers still run, then at whether the endpoint is needed.",
        level="basic",
        period=HOUR,
        comparison="LessThanThreshold",
        missing="breaching",  # that nothing comes is what is watched
    ),
)

# The alarm that tells of a manager that is dead itself; a stack has it once.
RUNS = "runs"


@dataclass(frozen=True)
class Watched:
    """What the alarms of one endpoint follow from.

    Nothing of it from the version that serves: a model update, a rollback and a promotion touch no alarm.
    """

    task: str
    variant: str
    owner: str | None
    alarms: Alarms
    has_provisioned: bool


def watched(task: Task, variant: str) -> Watched:
    """What is to be watched of one variant: as its task says."""
    has_provisioned = task.sizes_of(variant).provisioned_concurrency is not None
    return Watched(task.name, variant, task.owner, task.watched, has_provisioned)


def kinds_of(its: Watched) -> list[Kind]:
    """The kinds that one endpoint has, by its level and what it is made of."""
    levels = {"none": (), "basic": ("basic",), "full": ("basic", "full")}[its.alarms.level]
    return [
        kind
        for kind in KINDS
        if kind.level in levels
        and kind.threshold(its.alarms) is not None
        and (its.has_provisioned or not kind.needs_provisioned)
    ]


def specifications(its: Watched, endpoint: str, *, fleet: str, runbook: str = "") -> list[Specification]:
    """The alarms of one endpoint, in the order of the table.

    `fleet` is what their names begin with, `<project>/<stack>`; `runbook` is where docs/alarms.md can be read, "" where
    nobody said.
    """
    return [_specification(kind, its, endpoint, fleet, runbook) for kind in kinds_of(its)]


def _specification(kind: Kind, its: Watched, endpoint: str, fleet: str, runbook: str) -> Specification:
    threshold = kind.threshold(its.alarms)
    if threshold is None:
        raise ValueError(f"{its.task} does not want the alarm {kind.name}")
    hours = its.alarms.silent_hours or 0
    datapoints, periods = (hours, hours) if kind.missing == "breaching" else kind.of
    logical = its.task if its.variant == CHAMPION else f"{its.task}-{its.variant}"
    meaning = f"{title(its.task, its.variant)}: {kind.meaning.format(value=kind.value(its.alarms))}"
    return Specification(
        kind=kind.name,
        name=f"{fleet}/{endpoint}/{kind.name}",
        logical_name=f"{logical}-{kind.name}",
        description=_description(meaning, its.owner, kind.look, kind.name, runbook),
        metric=kind.metric,
        threshold=threshold,
        comparison=kind.comparison,
        period=kind.period,
        periods=periods,
        datapoints=datapoints,
        missing=kind.missing,
        dimensions={"EndpointName": endpoint, "VariantName": TRAFFIC},
        per=kind.per,
        low_samples="evaluate" if kind.metric.statistic.startswith("p") else "",
        warm_up_minutes=_warm_up(hours) if kind.missing == "breaching" else 0,
    )


def of_runs(hours: int, *, stack: str, fleet: str = "", runbook: str = "") -> Specification:
    """The alarm "no successful run for so many hours", on the manager's own metric.

    `stack` is the metric's dimension, `<project>/<stack>`; `fleet` is what the alarm's name begins with, where that is
    another: a renamed stack keeps the names of its alarms.
    """
    meaning = f"{stack}: no run has succeeded for {_hours(hours)}: approved versions do not go live."
    look = "Look first at the pipeline's last run, and at whether its schedule is still on."
    return Specification(
        kind=RUNS,
        name=f"{fleet or stack}/{RUNS}",
        logical_name=RUNS,
        description=_description(meaning, None, look, RUNS, runbook),
        metric=Metric("RunSucceeded", "Sum", OWN),
        threshold=1,
        comparison="LessThanThreshold",
        period=HOUR,
        periods=hours,
        datapoints=hours,
        missing="breaching",
        dimensions={"Stack": stack},
        warm_up_minutes=_warm_up(hours),
    )


def inputs(alarm: Specification, topics: Sequence[Any] = ()) -> dict[str, Any]:
    """The alarm in the provider's words (pulumi-aws 7, cloudwatch.MetricAlarm), without its tags.

    `topics` are the ARNs of those that are told when it fires and when it clears; one may be an output of Pulumi.
    """
    said: dict[str, Any] = {
        "name": alarm.name,
        "alarmDescription": alarm.description,
        "comparisonOperator": alarm.comparison,
        "threshold": alarm.threshold,
        "evaluationPeriods": alarm.periods,
        "datapointsToAlarm": alarm.datapoints,
        "treatMissingData": alarm.missing,
    }
    if topics:
        said |= {"alarmActions": list(topics), "okActions": list(topics)}
    if alarm.low_samples:
        said["evaluateLowSampleCountPercentiles"] = alarm.low_samples
    if alarm.warm_up_minutes:
        # All of it. Else it may end with the first data, and where the run that makes the alarm fails, it would fire at
        # once (User Guide, alarm warm-up periods, 2026-11).
        whole = {"onlyStartEvaluatingAfterWarmUpPeriodEnds": True}
        said["warmUpConfiguration"] = {"warmUpPeriodDurationInMinutes": alarm.warm_up_minutes, **whole}
    return said | _watched(alarm)


def _watched(alarm: Specification) -> dict[str, Any]:
    if alarm.per is None:
        is_percentile = alarm.metric.statistic.startswith("p")
        return {
            "namespace": alarm.metric.namespace,
            "metricName": alarm.metric.name,
            "extendedStatistic" if is_percentile else "statistic": alarm.metric.statistic,
            "period": alarm.period,
            "dimensions": dict(alarm.dimensions),
        }
    parts = {"part": alarm.metric, "whole": alarm.per}
    share = {"id": "share", "expression": "part / whole", "label": alarm.kind, "returnData": True}
    return {"metricQueries": [share, *(_query(name, metric, alarm) for name, metric in parts.items())]}


def _query(name: str, metric: Metric, alarm: Specification) -> dict[str, Any]:
    asked = {"namespace": metric.namespace, "metricName": metric.name, "stat": metric.statistic}
    return {"id": name, "metric": {**asked, "period": alarm.period, "dimensions": dict(alarm.dimensions)}}


def metrics_of(kinds: Iterable[str]) -> int:
    """How many metrics alarms of these kinds watch: each is billed."""
    with_two = {kind.name for kind in KINDS if kind.per}
    return sum(2 if kind in with_two else 1 for kind in kinds)


def arn(alarm: str, endpoint: str) -> str:
    """The ARN of an alarm of this name, where an endpoint has this ARN."""
    _, partition, _, region, account, *_ = endpoint.split(":")
    return f"arn:{partition}:cloudwatch:{region}:{account}:alarm:{alarm}"


def _warm_up(hours: int) -> int:
    # Past hours without data would be breaching the minute the alarm is made.
    return min(hours * 60, LONGEST_WARM_UP)


def _hours(hours: int) -> str:
    return "an hour" if hours == 1 else f"{hours} hours"


def _description(meaning: str, owner: str | None, look: str, kind: str, runbook: str) -> str:
    answers = f"Owner: {owner}." if owner else "Owner: nobody is named in the task list."
    link = f"What to do: {runbook}#{kind}" if runbook else ""
    return " ".join(filter(None, (meaning, "" if kind == RUNS else answers, look, link)))


def fleet_of(alarm: str) -> str:
    """What the name of an alarm begins with: `<project>/<stack>` at the time when the first alarm was made."""
    return alarm.rsplit("/", 1 if alarm.endswith(f"/{RUNS}") and alarm.count("/") == 2 else 2)[0]
