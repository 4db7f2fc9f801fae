"""The log group of an endpoint, before it is declared: whether it is there, and how long it keeps its lines.

SageMaker makes it at the first line. Declaring it is fleet/resources/beside/logs.py.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

FOR_EVER = 0  # days, of a group without a retention


def group_of(endpoint: str) -> str:
    """The name that SageMaker gives it (developer guide, CloudWatch logs, 2026-11)."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def retention(logs: "CloudWatchLogsClient", group: str) -> int | None:
    """Days for which the group keeps its lines; None where there is no such group."""
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=group):
        for found in page["logGroups"]:
            if found["logGroupName"] == group:
                return found.get("retentionInDays", FOR_EVER)
    return None


def retain(logs: "CloudWatchLogsClient", group: str, days: int) -> None:
    """Have a group that is there keep its lines for so many days."""
    logs.put_retention_policy(logGroupName=group, retentionInDays=days)
