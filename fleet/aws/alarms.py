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


def dashboard(cloudwatch: "CloudWatchClient", name: str) -> str | None:
    """The body of the dashboard of this name; None where there is none."""
    return session.if_there(lambda: cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"], None)
