"""Alarms and dashboards that a run has not declared before: which there are already, and whose they are.

Writing them is the provider's.
"""

from typing import TYPE_CHECKING

from fleet.aws import session

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


def existing(cloudwatch: "CloudWatchClient", beginning: str) -> dict[str, str]:
    """Name -> ARN of every metric alarm whose name begins so, 100 a call."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=beginning, AlarmTypes=["MetricAlarm"])
    return {alarm["AlarmName"]: alarm["AlarmArn"] for page in pages for alarm in page.get("MetricAlarms", ())}


def tags(cloudwatch: "CloudWatchClient", arn: str) -> dict[str, str] | None:
    """The tags of an alarm; None where it is there no more."""
    answer = session.if_there(lambda: cloudwatch.list_tags_for_resource(ResourceARN=arn), None)
    return None if answer is None else {tag["Key"]: tag["Value"] for tag in answer.get("Tags", ())}


def has_dashboard(cloudwatch: "CloudWatchClient", name: str) -> bool:
    """Whether there is a dashboard of this name: it has no tags that could tell whose it is."""
    return session.if_there(lambda: bool(cloudwatch.get_dashboard(DashboardName=name)), False)
