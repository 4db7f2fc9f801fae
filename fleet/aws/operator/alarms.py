"""How alarms are, by CloudWatch: of those that the stack has by name, and which of them are in ALARM."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fleet.monitoring.names import beginning

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

MOST_NAMES = 100  # a call (API reference, DescribeAlarms, 2026-11)


class State(StrEnum):
    """In CloudWatch's words, worst first."""

    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    OK = "OK"


@dataclass(frozen=True)
class Seen:
    """One alarm, as it is."""

    state: State
    since: str  # ISO 8601, UTC
    reason: str
    acts: bool  # ActionsEnabled: else nobody is told


def read(cloudwatch: "CloudWatchClient", names: Sequence[str]) -> dict[str, Seen]:
    """Those of these alarms that are there, by name. Raises what botocore raises."""
    found: dict[str, Seen] = {}
    for first in range(0, len(names), MOST_NAMES):
        found |= {
            row["AlarmName"]: _seen(row) for row in rows(cloudwatch, AlarmNames=names[first : first + MOST_NAMES])
        }
    return found


def in_alarm(cloudwatch: "CloudWatchClient", names: Collection[str]) -> set[str]:
    """The names of what is in ALARM, these alarms and others: one call as a rule, for a fleet of any size.

    Asked by what all these names begin with, so that CloudWatch gives no more than those that fire.
    """
    prefix = beginning(names)
    found = rows(cloudwatch, StateValue=State.ALARM.value, **({"AlarmNamePrefix": prefix} if prefix else {}))
    return {row["AlarmName"] for row in found}


def rows(cloudwatch: "CloudWatchClient", **request: Any) -> Iterator[Mapping[str, Any]]:
    """What DescribeAlarms gives, to the end."""
    for page in cloudwatch.get_paginator("describe_alarms").paginate(**request, PaginationConfig={"PageSize": 100}):
        yield from page["MetricAlarms"]


def _seen(row: Mapping[str, Any]) -> Seen:
    # Not StateUpdatedTimestamp, which moves within a state too, e.g. when the evaluation fails for a while (API
    # reference, MetricAlarm, 2026-11). It is what there is where the other one, which is optional, is not given.
    since = row.get("StateTransitionedTimestamp") or row["StateUpdatedTimestamp"]
    acts = row.get("ActionsEnabled", True)
    return Seen(State(row["StateValue"]), since.astimezone(UTC).isoformat(), row.get("StateReason", ""), acts)
