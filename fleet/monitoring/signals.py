"""What the manager says of itself at the end of an `up`: metrics as values, in the namespace SageMakerEndpointManager.

Pure: how the tasks stand comes in, data for PutMetricData goes out. Sending them is an edge's, and one that is denied
is a warning: no endpoint depends on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from fleet.monitoring.alarms import OWN
from fleet.status import Status

NAMESPACE = OWN

OF_A_STATUS = {
    Status.UP_TO_DATE: "TasksUpToDate",
    Status.OUT_OF_DATE: "TasksOutOfDate",
    Status.NOT_DEPLOYED: "TasksNotDeployed",
    Status.UNKNOWN: "TasksUnknown",
}
# All that a run may send.
METRICS = (*OF_A_STATUS.values(), "HeldRevisions", "Faults", "RunSeconds", "ApprovalToLiveSeconds", "RunSucceeded")


@dataclass(frozen=True)
class Datum:
    """One value of one metric."""

    metric: str
    value: float
    unit: Literal["Count", "Seconds"] = "Count"


@dataclass(frozen=True)
class WentLive:
    """A version that this run let serve: when it was approved, and since when it serves."""

    approved: datetime
    live: datetime


def of_run(
    statuses: Iterable[Status], *, held: int, faults: int, took: timedelta, went_live: Sequence[WentLive] = ()
) -> list[Datum]:
    """The data of one run. A status that no task has is 0 and not missing: an alarm on it clears.

    The longest time from approval to live is left out where nothing went live: 0 would say that it was quick.
    """
    each = list(statuses)
    longest = max((_seconds(one) for one in went_live), default=None)
    return [
        *(Datum(metric, each.count(status)) for status, metric in OF_A_STATUS.items()),
        Datum("HeldRevisions", held),
        Datum("Faults", faults),
        Datum("RunSeconds", took.total_seconds(), "Seconds"),
        *([Datum("ApprovalToLiveSeconds", longest, "Seconds")] if longest is not None else []),
        Datum("RunSucceeded", 0 if faults else 1),
    ]


def dimensions(stack: str) -> dict[str, str]:
    """Of each datum, by name; `stack` is `<project>/<stack>`."""
    return {"Stack": stack}


def _seconds(one: WentLive) -> float:
    # The clocks of the registry and of the endpoint are not the same: a second below 0 is none.
    return max(0.0, (one.live - one.approved).total_seconds())
