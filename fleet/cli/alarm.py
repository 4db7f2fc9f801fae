"""An alarm as the engine knows it: its name and whose it is, by its tags. How it is, only CloudWatch knows.

A stack keeps the names of its alarms when it is renamed, so no name is ever put together here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.tasks.model import title

TYPE = "aws:cloudwatch/metricAlarm:MetricAlarm"


@dataclass(frozen=True)
class Alarm:
    """One alarm of the stack."""

    name: str  # CloudWatch's
    task: str  # "" of one that watches the stack itself, as `runs` does
    variant: str  # "" as above

    @property
    def kind(self) -> str:
        """What it watches, e.g. slow: the last part of its name, in every release."""
        return self.name.rpartition("/")[2]

    @property
    def whose(self) -> str:
        """The task, or task/variant; "" as above."""
        return title(self.task, self.variant) if self.task else ""


def known(resource: Mapping[str, Any]) -> Alarm | None:
    """The alarm that a resource of the state is; None where it is something else, or was never made."""
    if resource["type"] != TYPE or not resource.get("id"):
        return None
    tags = resource.get("inputs", {}).get("tags", {})
    return Alarm(resource["id"], tags.get("fleet:task", ""), tags.get("fleet:variant", ""))
