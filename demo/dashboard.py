"""The picture of the dashboard in the docs: half a day of three tasks, as CloudWatch of the sandbox knows it.

Dashboard and alarms are those that the program writes. The calls are made up, always the same ones: a version goes live
and fails, and its alarm fires.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from demo.drawing import Alarm, Point, Seen, Series, asked, draw
from fleet.memory import Move, Verdict
from fleet.monitoring import names
from fleet.monitoring.alarms import TRAFFIC, inputs, specifications
from fleet.monitoring.alarms import watched as of
from fleet.monitoring.dashboard import Page, Row, Served, pages
from fleet.tasks.load import parse
from fleet.tasks.model import CHAMPION, Task, title
from sandbox.aws.cloudwatch.metrics import HOUR, MINUTE, Metrics, Watched, cold, served
from sandbox.aws.cloudwatch.operations import SERVICE
from sandbox.aws.world import REGION, World
from sandbox.plugin.catalogue.cloudwatch import METRIC_ALARM
from sandbox.plugin.members import to_aws

TASKS = "tasks: {credibility: {}, spam: {}, toxicity: {variants: {candidate: {weight: 0.2}}}}"
DAY = datetime(2026, 11, 28, tzinfo=UTC)
START, END = DAY + timedelta(hours=2), DAY + timedelta(hours=14)
ALARMED = END - timedelta(hours=2)  # when the alarms were made
IDLE_MINUTES = 10  # after so many without a call the next one waits for a container
NEVER = "23:59"


@dataclass(frozen=True)
class Calls:
    """How an endpoint is called, and how it answers."""

    a_minute: float  # by day
    milliseconds: float  # of the model
    slower_since: str = NEVER
    failing_since: str = NEVER


CALLS = {
    "credibility": Calls(3, 140, failing_since="13:36"),
    "spam": Calls(0.15, 60),
    "toxicity": Calls(5, 90, slower_since="09:40"),
    "toxicity-candidate": Calls(1.5, 70),
}
WENT_LIVE = {  # version: when
    "credibility": {11: "05:20", 12: "13:35"},
    "spam": {4: "08:05"},
    "toxicity": {7: "09:40"},
    "toxicity-candidate": {8: "11:15"},
}


@dataclass
class Clock:
    """The sandbox's, put forward by hand."""

    now: float  # epoch seconds

    def __call__(self) -> float:
        return self.now


def moment(hours: str) -> datetime:
    """Of the day of the picture: 09:40."""
    return datetime.combine(DAY, datetime.strptime(hours, "%H:%M").time(), UTC)


def happened(tasks: tuple[Task, ...]) -> Watched:
    """What CloudWatch has seen by the end; the tasks' alarms are there."""
    clock = Clock(ALARMED.timestamp())
    watched = Watched(Metrics(clock), World(clock=clock))
    for endpoint, calls in CALLS.items():
        live = [moment(at).timestamp() for at in WENT_LIVE[endpoint].values()]
        for at, values in made_up(calls, live, Random(endpoint)):
            watched.metrics.add(REGION, endpoint, TRAFFIC, values, at)
    for task in tasks:
        for variant in (CHAMPION, *task.variants):
            for alarm in specifications(of(task, variant), task.endpoint_of(variant), fleet="fleet/prod"):
                SERVICE.answer(watched, REGION, "PutMetricAlarm", to_aws(METRIC_ALARM.fields, inputs(alarm)))
    clock.now = END.timestamp()
    return watched


def made_up(calls: Calls, live: Sequence[float], chance: Random) -> Iterator[tuple[float, dict[str, float]]]:
    """Minutes, and what SageMaker publishes of each call in them."""
    slower, failing = (moment(since).timestamp() for since in (calls.slower_since, calls.failing_since))
    quiet, versions = 0, 0
    for n in range(int((END - START).total_seconds()) // MINUTE):
        at = START.timestamp() + n * MINUTE
        by_day = min(1, 0.2 + max(0, n * MINUTE / HOUR - 3) / 4)  # nights are quiet
        number = int(calls.a_minute * by_day * 2 * chance.random() + chance.random())
        if not number:
            quiet += 1
            continue
        newest = sum(at >= since for since in live)
        to_start = 3 if newest > versions else 1 if quiet >= IDLE_MINUTES else 0  # containers
        for call in range(number):
            slow = 1.5 if at >= slower else 1
            latency = calls.milliseconds * slow * (0.7 + 0.6 * chance.random()) * (2 if chance.random() > 0.96 else 1)
            status = 500 if at >= failing and chance.random() < 0.3 else 200
            yield at, served(status, latency * 1000, 4000) | (cold(3e6) if call < to_start else {})
        yield at, {"ServerlessConcurrentExecutionsUtilization": min(1, (1 + number // 3) / 10)}
        quiet, versions = 0, newest


def written(tasks: tuple[Task, ...], alarms: list[str]) -> Page:
    """The dashboard of these tasks."""
    rows = [Row(task.name, tuple(shown(task, variant) for variant in (CHAMPION, *task.variants))) for task in tasks]
    (page,) = pages(names.dashboard("fleet", "prod", REGION), rows, stack="fleet/prod", region=REGION, alarms=alarms)
    return page


def shown(task: Task, variant: str) -> Served:
    endpoint = task.endpoint_of(variant)
    moves = (
        Move(version, f"{endpoint}-v{version}", moment(at).isoformat(), Verdict.SERVES)
        for version, at in WENT_LIVE[endpoint].items()
    )
    return Served(title(task.name, variant), endpoint, tuple(moves))


def points(watched: Watched, series: Series) -> list[Point]:
    namespace, name, *dimensions = series.metric
    named = [{"Name": name, "Value": value} for name, value in zip(dimensions[::2], dimensions[1::2], strict=True)]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": named}
    query = {"Id": "a", "MetricStat": {"Metric": metric, "Stat": series.statistic, "Period": series.period}}
    span = {"StartTime": START.timestamp(), "EndTime": END.timestamp()}
    answer: dict[str, Any] = SERVICE.answer(watched, REGION, "GetMetricData", {"MetricDataQueries": [query], **span})
    (result,) = answer["MetricDataResults"]
    return list(zip(result["Timestamps"], result["Values"], strict=True))


def picture() -> str:
    """As SVG: the same, byte for byte, as long as the dashboard stays the same."""
    tasks = parse(TASKS, Path("tasks.yaml"))
    watched = happened(tasks)
    described = SERVICE.answer(watched, REGION, "DescribeAlarms", {})["MetricAlarms"]
    alarms = [Alarm(one["AlarmArn"], one["StateValue"], one["StateTransitionedTimestamp"]) for one in described]
    page = written(tasks, [alarm.arn for alarm in alarms])
    data = {series: points(watched, series) for series in asked(page.body)}
    return draw(page.name, page.body, Seen(START.timestamp(), END.timestamp(), data, alarms))


if __name__ == "__main__":
    sys.stdout.write(picture())
