"""Metric alarms of CloudWatch: kept, evaluated minute by minute on the sandbox's clock, and heard of through SNS.

Nothing runs in the background: `evaluate` carries every alarm to this minute before an operation looks. What data
points mean is evaluation.py.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sandbox.aws import sns, tags
from sandbox.aws.cloudwatch.evaluation import COMPARISONS, TREATMENTS, Point, Rule, State, judge, low
from sandbox.aws.cloudwatch.expressions import reckon
from sandbox.aws.cloudwatch.metrics import DAY, HOUR, MINUTE, Watched, check_statistic, key_of, points
from sandbox.aws.paging import Pages
from sandbox.aws.world import ACCOUNT, Alarm, Answer, AwsError, Params

PRINCIPAL = "cloudwatch.amazonaws.com"
PAGES = Pages(100, "The next token is not valid.", "InvalidNextToken", size="MaxRecords")
NOT_PLAYED = ("EvaluationCriteria", "EvaluationInterval", "ThresholdMetricId", "ActionConfiguration")
ACTIONS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
REGION_NAMES = {"eu-west-1": "EU (Ireland)", "us-east-1": "US East (N. Virginia)"}  # as subjects have them


def put(watched: Watched, region: str, request: Params) -> Answer:
    _check(request)
    world, name = watched.world, request["AlarmName"]
    arn = _arn(region, name)
    known, now = world.alarms.get(arn), world.clock()
    for actions in ACTIONS.values():
        for target in request.get(actions, ()):
            _check_action(region, target)
    details = {
        "ActionsEnabled": True,
        **{actions: [] for actions in ACTIONS.values()},
        "Dimensions": [],
        **({"TreatMissingData": "missing"} if "Metrics" not in request else {}),
        **{member: value for member, value in request.items() if member not in ("AlarmName", "Tags")},
    }
    if known:
        # Tags of a request for an alarm that exists are ignored (API reference, PutMetricAlarm)
        world.alarms[arn] = replace(known, details=details, configured=now, evaluated=now)
        return {}
    world.tags[arn] = tags.checked(request.get("Tags", ()))
    reason = "Unchecked: Initial alarm creation"
    world.alarms[arn] = Alarm(name, arn, details, now, "INSUFFICIENT_DATA", reason, now, now, now, now)
    return {}


def _check(request: Params) -> None:
    """Raises AwsError for what CloudWatch refuses, and for what is not played."""
    if present := [member for member in NOT_PLAYED if member in request]:
        raise AwsError(f"the sandbox does not play {', '.join(present)}", code="UnsupportedOperation")
    if "WallClockWindow" in request.get("EvaluationWindow", {}):
        raise AwsError("the sandbox does not play WallClockWindow", code="UnsupportedOperation")
    for member in ("EvaluationPeriods", "Threshold", "ComparisonOperator"):
        if member not in request:
            raise _refused(f"The parameter {member} is required.")
    if request["ComparisonOperator"] not in COMPARISONS:
        raise AwsError("the sandbox does not play anomaly detection", code="UnsupportedOperation")
    _check_choice(request, "TreatMissingData", TREATMENTS)
    _check_choice(request, "EvaluateLowSampleCountPercentile", ("evaluate", "ignore"))
    if request.get("DatapointsToAlarm", 1) > request["EvaluationPeriods"]:
        raise _refused("DatapointsToAlarm must not be greater than EvaluationPeriods.")
    if ("Metrics" in request) == ("MetricName" in request):
        raise _refused("An alarm must have either a MetricName or a list of Metrics.")
    if "Metrics" in request:
        _check_metrics(request)
    else:
        _check_metric(request)
    span = _period(request) * request["EvaluationPeriods"]
    longest = DAY if _period(request) < HOUR else 7 * DAY
    if span > longest:
        raise _refused(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."
            if longest == DAY
            else "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800)."
        )


def _check_choice(request: Params, member: str, allowed: Sequence[str]) -> None:
    if request.get(member, allowed[0]) not in allowed:
        raise _refused(f"The value {request[member]} for parameter {member} is not one of [{', '.join(allowed)}].")


def _check_metric(request: Params) -> None:
    for member in ("Namespace", "Period"):
        if member not in request:
            raise _refused(f"The parameter {member} is required.")
    if ("Statistic" in request) == ("ExtendedStatistic" in request):
        raise _refused("Exactly one of Statistic and ExtendedStatistic must be given.")
    if request.get("EvaluateLowSampleCountPercentile") and "ExtendedStatistic" not in request:
        raise _refused(
            "The parameter EvaluateLowSampleCountPercentile is only allowed with a percentile ExtendedStatistic."
        )
    _check_period(request["Period"])
    check_statistic(request, _statistic(request))


def _check_metrics(request: Params) -> None:
    queries: list[Params] = request["Metrics"]
    if sum(query.get("ReturnData", True) for query in queries) != 1:
        raise _refused("Exactly one element of the metrics list should return data.")
    for query in queries:
        if ("Expression" in query) == ("MetricStat" in query):
            raise _refused("Exactly one of MetricStat and Expression must be given.")
        if "MetricStat" in query:
            _check_period(query["MetricStat"]["Period"])
            check_statistic(query["MetricStat"]["Metric"], query["MetricStat"]["Stat"])
    if not any("MetricStat" in query for query in queries):
        raise AwsError("the sandbox does not play an alarm without a metric of its own", code="UnsupportedOperation")
    empty = {query["Id"]: {0.0: 1.0} for query in queries if "MetricStat" in query}
    for query in queries:
        if "Expression" in query:
            reckon(query["Expression"], empty, frozenset())


def _check_period(period: int) -> None:
    if period % MINUTE:
        raise _refused(f"Period must be a multiple of 60; it is {period}.")  # 10, 20 and 30 are not played


def _check_action(region: str, target: str) -> None:
    prefix = f"arn:aws:sns:{region}:"
    if not target.startswith(prefix):
        raise _refused(f"Invalid Region or unsupported action {target}: the sandbox plays {prefix}… only.")


def _refused(message: str) -> AwsError:
    return AwsError(message, code="ValidationError")


def describe(watched: Watched, region: str, request: Params) -> Answer:
    if "AlarmNames" in request and "AlarmNamePrefix" in request:
        raise AwsError("AlarmNames and AlarmNamePrefix exclude each other.", code="InvalidParameterCombination")
    if "ChildrenOfAlarmName" in request or "ParentsOfAlarmName" in request:
        raise AwsError("the sandbox does not play composite alarms", code="UnsupportedOperation")
    names, prefix = request.get("AlarmNames"), request.get("AlarmNamePrefix", "")
    found = [
        alarm
        for alarm in sorted(watched.world.alarms.values(), key=lambda alarm: alarm.name)
        if alarm.arn == _arn(region, alarm.name)
        and (names is None or alarm.name in names)
        and alarm.name.startswith(prefix)
        and alarm.state == request.get("StateValue", alarm.state)
        and _acts(alarm, request.get("ActionPrefix", ""))
    ]
    if "MetricAlarm" not in request.get("AlarmTypes", ["MetricAlarm"]):
        found = []
    page = PAGES.cut(request, found, watched.world.settings.page_size, key=lambda alarm: alarm.name)
    return {"MetricAlarms": [_shown(alarm) for alarm in page.rows], "CompositeAlarms": [], **page.more}


def _acts(alarm: Alarm, prefix: str) -> bool:
    """Whether an action of it begins so."""
    targets = [target for actions in ACTIONS.values() for target in alarm.details[actions]]
    return not prefix or any(target.startswith(prefix) for target in targets)


def _shown(alarm: Alarm) -> Answer:
    return {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured,
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": alarm.updated,
        "StateTransitionedTimestamp": alarm.transitioned,
        **alarm.details,
    }


def delete(watched: Watched, region: str, request: Params) -> Answer:
    arns = [_arn(region, name) for name in request["AlarmNames"]]
    if missing := [arn for arn in arns if arn not in watched.world.alarms]:
        raise _missing(missing[0])
    for arn in arns:
        del watched.world.alarms[arn]
        watched.world.tags.pop(arn, None)
    return {}


def set_state(watched: Watched, region: str, request: Params) -> Answer:
    alarm = watched.world.alarms.get(_arn(region, request["AlarmName"]))
    if alarm is None:
        raise AwsError(f"Alarm {request['AlarmName']} does not exist.", "ResourceNotFound", 404)
    _move(watched, alarm, request["StateValue"], request["StateReason"], watched.world.clock())
    return {}


def _arn(region: str, name: str) -> str:
    return f"arn:aws:cloudwatch:{region}:{ACCOUNT}:alarm:{name}"


def _missing(arn: str) -> AwsError:
    return AwsError(f"Resource {arn} does not exist.", "ResourceNotFound", 404)


# Evaluation


def evaluate(watched: Watched) -> None:
    """Bring every alarm to where it is by now, in the order in which things happened."""
    now = watched.world.clock()
    for at, arn in sorted((at, arn) for arn, alarm in watched.world.alarms.items() for at in _due(watched, alarm, now)):
        _look(watched, watched.world.alarms[arn], at)
    for arn, alarm in watched.world.alarms.items():
        watched.world.alarms[arn] = replace(alarm, evaluated=now)


def _due(watched: Watched, alarm: Alarm, now: float) -> Iterator[float]:
    """The minutes since the last evaluation at which the state can be another one.

    Example: an alarm of three periods of five minutes, without data since a week, is looked at once; with data it is
    looked at in every minute until these are out of its sight.
    """
    first, last = alarm.evaluated // MINUTE * MINUTE + MINUTE, now // MINUTE * MINUTE
    if first > last:
        return iter(())
    sight = _period(alarm.details) * _rule(alarm).looked_at
    region = alarm.arn.split(":")[3]
    minutes = {minute for metric in _metrics(alarm) for minute, *_ in watched.metrics.samples(key_of(region, metric))}
    warm = _warm_until(alarm) // MINUTE * MINUTE + MINUTE
    changing = {first, max(first, warm)} | {
        at + MINUTE * n for at in minutes for n in range(1, sight // MINUTE + 2) if first <= at + MINUTE * n
    }
    return (at for at in changing if at <= last)


def _look(watched: Watched, alarm: Alarm, at: float) -> None:
    """The alarm as it is at that minute."""
    found = _points(watched, alarm, at)
    if at <= _warm_until(alarm):
        only_then = alarm.details["WarmUpConfiguration"].get("OnlyStartEvaluatingAfterWarmUpPeriodEnds")
        if only_then or None in found[: _rule(alarm).periods]:
            return
    verdict = judge(_rule(alarm), found)
    if verdict.state and verdict.state != alarm.state:
        _move(watched, alarm, verdict.state, verdict.reason, at)
    elif verdict.state and verdict.reason != alarm.reason and alarm.state != "OK":
        watched.world.alarms[alarm.arn] = replace(alarm, reason=verdict.reason, updated=at)


def _warm_until(alarm: Alarm) -> float:
    """Once, from the creation on; the alarm begins earlier where all its periods have data, unless told otherwise."""
    warm_up = alarm.details.get("WarmUpConfiguration", {}).get("WarmUpPeriodDurationInMinutes", 0)
    return alarm.created + warm_up * MINUTE if warm_up else 0


def _rule(alarm: Alarm) -> Rule:
    details = alarm.details
    periods = details["EvaluationPeriods"]
    return Rule(
        details["ComparisonOperator"],
        float(details["Threshold"]),
        periods,
        details.get("DatapointsToAlarm", periods),
        details.get("TreatMissingData", "missing"),
        details.get("EvaluateLowSampleCountPercentile") == "ignore",
    )


def _points(watched: Watched, alarm: Alarm, at: float) -> list[Point | None]:
    """What is known of the periods that the alarm looks at, newest first: they end at that minute."""
    details, period = alarm.details, _period(alarm.details)
    start = at - period * _rule(alarm).looked_at
    region = alarm.arn.split(":")[3]

    def series(stat: Params) -> dict[float, float]:
        return dict(points(watched.metrics, region, stat, start, at, at))

    periods = [at - period * n for n in range(1, _rule(alarm).looked_at + 1)]
    if "Metrics" in details:
        values = _reckoned(details["Metrics"], series, frozenset(periods))
        return [Point(begin, values[begin]) if begin in values else None for begin in periods]
    stat = {"Metric": details, "Period": period, "Stat": _statistic(details)}
    if "Unit" in details:
        stat["Unit"] = details["Unit"]
    values = series(stat)
    if details.get("EvaluateLowSampleCountPercentile") != "ignore":
        return [Point(begin, values[begin]) if begin in values else None for begin in periods]
    counts, percentile = series({**stat, "Stat": "SampleCount"}), float(_statistic(details)[1:])
    return [
        Point(begin, values[begin], low(percentile, int(counts[begin]))) if begin in values else None
        for begin in periods
    ]


def _reckoned(
    queries: Sequence[Params], series: Callable[[Params], Mapping[float, float]], periods: frozenset[float]
) -> Mapping[float, float]:
    """The one among the metrics and expressions that returns data."""
    known = {query["Id"]: series(query["MetricStat"]) for query in queries if "MetricStat" in query}
    (returned,) = [query for query in queries if query.get("ReturnData", True)]
    return known[returned["Id"]] if returned["Id"] in known else reckon(returned["Expression"], known, periods)


def _metrics(alarm: Alarm) -> list[Params]:
    queries = alarm.details.get("Metrics")
    if queries is None:
        return [alarm.details]
    return [query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query]


def _statistic(request: Params) -> str:
    return str(request.get("Statistic") or request["ExtendedStatistic"])


def _period(request: Params) -> int:
    """Of an alarm, in seconds."""
    periods = [query["MetricStat"]["Period"] for query in request.get("Metrics", ()) if "MetricStat" in query]
    return int(max(periods)) if periods else int(request["Period"])


def _move(watched: Watched, alarm: Alarm, state: State, reason: str, at: float) -> None:
    """Another state, and what the alarm has to do then."""
    transitioned = at if state != alarm.state else alarm.transitioned
    moved = replace(alarm, state=state, reason=reason, updated=at, transitioned=transitioned)
    watched.world.alarms[alarm.arn] = moved
    if state == alarm.state or not moved.details["ActionsEnabled"]:
        return
    region = alarm.arn.split(":")[3]
    subject = f'{state}: "{alarm.name}" in {REGION_NAMES.get(region, region)}'
    for topic in moved.details[ACTIONS[state]]:
        body = json.dumps(_message(moved, alarm.state, region))
        sns.publish_as(watched.world, PRINCIPAL, alarm.arn, topic, sns.Note(subject[:100], body, at))


def _message(alarm: Alarm, before: str, region: str) -> Answer:
    """What SNS is given, as CloudWatch writes it."""
    details: Any = alarm.details
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": details.get("AlarmDescription"),
        "AWSAccountId": ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": _moment(alarm.configured),
        "NewStateValue": alarm.state,
        "NewStateReason": alarm.reason,
        "StateChangeTime": _moment(alarm.updated),
        "Region": REGION_NAMES.get(region, region),
        "AlarmArn": alarm.arn,
        "OldStateValue": before,
        "OKActions": details["OKActions"],
        "AlarmActions": details["AlarmActions"],
        "InsufficientDataActions": details["InsufficientDataActions"],
        "Trigger": {
            **{member: details[member] for member in ("MetricName", "Namespace", "Metrics") if member in details},
            "Period": _period(details),
            "EvaluationPeriods": details["EvaluationPeriods"],
            "DatapointsToAlarm": details.get("DatapointsToAlarm", details["EvaluationPeriods"]),
            "ComparisonOperator": details["ComparisonOperator"],
            "Threshold": details["Threshold"],
            "TreatMissingData": details.get("TreatMissingData", "missing"),
            "Dimensions": [{"name": row["Name"], "value": row["Value"]} for row in details["Dimensions"]],
        },
    }


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


# Tags of alarms and dashboards


def list_tags(watched: Watched, region: str, request: Params) -> Answer:
    return {"Tags": tags.rows(_tags(watched, request))}


def tag(watched: Watched, region: str, request: Params) -> Answer:
    watched.world.tags[request["ResourceARN"]] = tags.checked(request["Tags"], _tags(watched, request))
    return {}


def untag(watched: Watched, region: str, request: Params) -> Answer:
    watched.world.tags[request["ResourceARN"]] = tags.without(_tags(watched, request), request["TagKeys"])
    return {}


def _tags(watched: Watched, request: Params) -> dict[str, str]:
    arn = request["ResourceARN"]
    if arn not in watched.world.alarms:
        raise AwsError(f"Resource {arn} does not exist.", "ResourceNotFoundException", 404)
    return watched.world.tags.get(arn, {})


OPERATIONS = {
    "PutMetricAlarm": put,
    "DescribeAlarms": describe,
    "DeleteAlarms": delete,
    "SetAlarmState": set_state,
    "ListTagsForResource": list_tags,
    "TagResource": tag,
    "UntagResource": untag,
}
