"""What all alarms of a run share: how their names begin, whom they tell, and how many are written at once."""

import asyncio
from dataclasses import dataclass, field

import pulumi

# CloudWatch takes 3 PutMetricAlarm a second of an account (endpoints and quotas, 2026-09), and the provider tries a
# call a few times: with all of the engine's 64 at once, some of a few hundred new alarms would never get their turn.
AT_ONCE = 3


@dataclass(frozen=True)
class Watch:
    """Whom the alarms of this stack tell. In a preview, the ARN of a topic that is to come is not known."""

    fleet: str = ""  # what their names begin with, <project>/<stack>: as of the time when the first one was made
    runbook: str = ""  # where docs/alarms.md can be read
    topics: tuple[pulumi.Input[str], ...] = ()  # ARNs
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _warned: set[str] = field(default_factory=set)

    def warn(self, sentence: str) -> None:
        """Say it in a preview, once for all tasks: in an `up` each has its fault."""
        if pulumi.runtime.is_dry_run() and sentence not in self._warned:
            self._warned.add(sentence)
            pulumi.log.warn(sentence)
