"""The two memories of a variant: the Intent, written before anything is sent, and the Outcome, written after it all.

The Intent is an input of Rollout, so the state holds it although a run is killed. The Outcome is `run` in the stack
output. docs/architecture.md tells how the next run goes by both.
"""

from dataclasses import dataclass
from enum import StrEnum

from fleet.revision import Revision


@dataclass(frozen=True)
class Sighting:
    """The endpoint as it was when an update was about to be sent."""

    config: str
    modified: str
    provisioned: int = 0


@dataclass(frozen=True)
class Intent:
    """Written before anything is sent (a write-ahead log): what was wanted, declared and seen."""

    wanted: str = ""  # name of the revision wanted
    turn: int = 0  # how often the wanted revision has changed; tells a failure of this wish from one of an earlier wish
    declared: tuple[Revision, ...] = ()
    dropped: tuple[Revision, ...] = ()  # declared before and no more: gone, unless the run that dropped them died
    target: str = ""  # configuration the endpoint was declared with; "" where no endpoint was
    serving: str = ""  # configuration that served, or was to be the first to
    previous: str = ""  # revision that served before `wanted` did
    before: Sighting | None = None  # only where an update was to be sent
    held: bool = False  # the wanted revision was tried and failed; until another is wanted
    generation: int = 0  # raised when an endpoint that was there has to be made again

    def revision(self, name: str) -> Revision | None:
        known = (*self.declared, *self.dropped)
        return next((revision for revision in known if revision.name == name), None)


class Verdict(StrEnum):
    """What came of trying a revision."""

    NOTHING_TRIED = ""
    SERVES = "serves"
    ROLLED_BACK = "rolled back"
    NOT_SENT = "not sent"  # never reached SageMaker, or a creation failed: tried again in the next run
    SMOKE_TEST = "smoke test"


FAILED = frozenset({Verdict.ROLLED_BACK, Verdict.SMOKE_TEST})


@dataclass(frozen=True)
class Outcome:
    """Written after everything: what was tried, what came of it, and what was seen last. `run` in the stack output."""

    endpoint: str = ""
    declared: tuple[str, ...] = ()  # names of what is in the state, the endpoint among them
    missing: tuple[str, ...] = ()  # names of revisions that AWS does not have, or not the whole of: not in the state
    tried: str = ""  # name of the revision last tried, or last found serving while wanted
    turn: int = 0  # Intent.turn when it was tried
    verdict: Verdict = Verdict.NOTHING_TRIED
    failure: str = ""
    serving: str = ""  # EndpointConfigName at `modified`
    modified: str = ""
    provisioned: int = 0
    endpoint_status: str = ""
    approved_version: int = 0  # the newest one, whatever people decided
    version: int = 0  # of what serves, as are the next two
    memory_mb: int = 0
    max_concurrency: int = 0
    served: tuple[str, ...] = ()  # names of those of `declared` that have served: they need no smoke test any more
    by_decision: bool = False  # not deployed because the task list says so
    scaling: str = ""  # limits that its scalable target was declared with, "" where it has none
    parameter: str = ""  # full name of the one that apps are to read; of the champion only, as is the next one
    parameters: tuple[str, ...] = ()  # while that changes: of every one there is (fleet/address.py)
    refused: tuple[str, ...] = ()  # what AWS said to what it refused in the last run, of the revision tried or not
    arn: str = ""  # of the endpoint, as it was seen last: tells Region and account

    def speaks_of(self, revision: str, turn: int) -> bool:
        return self.tried == revision and self.turn == turn

    def has_seen(self, name: str, created: str) -> bool:
        """True where the last run saw this very endpoint as its own: it has not been made anew since.

        `created` is its CreationTime, as `modified` is written.
        """
        return self.endpoint == name and created != "" and created <= self.modified
