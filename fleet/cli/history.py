"""What the engine's history says of a stack's last update: when it was, how it ended, and what it changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fleet.cli.command import CommandError
from fleet.cli.stack import answer


@dataclass(frozen=True)
class Run:
    """One update, in the engine's words."""

    kind: str  # e.g. update, refresh, destroy
    result: str  # e.g. succeeded, failed, in-progress
    began: datetime
    ended: datetime | None  # None while it runs
    changes: Mapping[str, int]  # how many resources, by what was done with them, e.g. {"create": 3, "same": 90}
    message: str = ""  # of the commit, or what --message said


def last(stack: str) -> Run:
    """The last update that the backend lists. Raises CommandError where there is none, or it cannot be read."""
    text = answer("stack", "history", "--json", "--page-size", "1", "--stack", stack)
    try:
        listed = json.loads(text)
        runs = [_run(update) for update in listed]
    except (AttributeError, ValueError, KeyError, TypeError):
        raise CommandError(f"the history of {stack} could not be read: pulumi stack said {text[:200]!r}") from None
    if not runs:
        raise CommandError(f"no run of {stack} is in its history")
    return runs[0]


def _run(update: Mapping[str, Any]) -> Run:
    return Run(
        kind=update["kind"],
        result=update["result"],
        began=datetime.fromisoformat(update["startTime"]),
        ended=datetime.fromisoformat(update["endTime"]) if update.get("endTime") else None,
        changes=update.get("resourceChanges") or {},
        message=update.get("message", ""),
    )
