"""What the page of `fleet report` is made of: what the other commands found, or why they could not.

Values alone: fleet/cli/commands/report.py gathers them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from fleet.cli.commands import alarms, compare
from fleet.cli.cost import CostReport
from fleet.cli.history import Run
from fleet.cli.report import Report
from fleet.cost.usage import Usage
from fleet.memory import Move
from fleet.seen import Unknown

T = TypeVar("T")


@dataclass(frozen=True)
class Missing:
    """Something could not be read, and why."""

    why: str


@dataclass(frozen=True)
class Moved:
    """One try to let a version serve."""

    whose: str  # the task, or task/variant
    move: Move


@dataclass(frozen=True)
class Content:
    """All that the page tells."""

    stack: str  # `<project>/<stack>`
    region: str
    made: datetime
    days: int  # that calls and costs are looked at
    standing: Report | Missing
    run: Run | Missing
    moves: tuple[Moved, ...] | Missing  # the newest first
    cost: CostReport | Missing
    usage: Mapping[str, Usage | Unknown] | Missing  # of what serves, by task or task/variant
    tests: tuple[compare.Report | Missing, ...] | Missing  # of each task with a challenger that serves
    alarms: alarms.Report | Missing
