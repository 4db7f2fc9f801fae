"""What a preview says of monitoring: what the first alarms cost and need, and that nobody is told."""

from collections.abc import Sequence

import pulumi

from fleet.cost.estimate import Tariff
from fleet.cost.prices import ALARM, DASHBOARD
from fleet.memory import ALARMS
from fleet.monitoring.alarms import metrics_of
from fleet.resources.aws_types import MetricAlarm
from fleet.resources.monitoring.ground import Ground
from fleet.resources.task import TaskResult
from fleet.resources.watch import Watch

NEEDS = (
    "cloudwatch:PutMetricAlarm, DeleteAlarms, DescribeAlarms, ListTagsForResource, TagResource, UntagResource, "
    "PutDashboard, GetDashboard, DeleteDashboards and PutMetricData"
)
NOBODY = (
    "nobody is told of alarms: they show on the dashboard alone; set alertEmails or alertTopicArns (docs/monitoring.md)"
)


def say(ground: Ground, watch: Watch, results: Sequence[TaskResult], tariff: Tariff) -> None:
    """Say it once, in a preview that has a reason to."""
    variants = [variant for result in results for variant in result.variants.values()]
    kinds = [kind for variant in variants for kind in variant.outcome.beside.get(ALARMS, "").split()]
    if not pulumi.runtime.is_dry_run() or not kinds:
        return
    if not ground.last.names(MetricAlarm.TYPE):
        alarms, page = (_usd(tariff, item, units) for item, units in ((ALARM, metrics_of(kinds)), (DASHBOARD, 1)))
        cost = f"{alarms} USD a month, and the dashboard {page} USD, before what is free"
        pulumi.log.info(
            f"the first {len(kinds)} alarms come with this run: {cost}; the deployer needs {NEEDS} "
            "(docs/policies/deployer.json). To do without: `alarms: {level: none}` in `defaults` of the task list"
        )
    if not watch.topics:
        pulumi.log.info(NOBODY)


def _usd(tariff: Tariff, item: str, units: int) -> str:
    usd = tariff.sum((item, units, "")).usd
    return "?" if usd is None else f"{usd:.2f}"
