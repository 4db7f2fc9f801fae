"""The two memories of a variant: the Intent, written before anything is sent, and the Outcome, written after it all.

The Intent is an input of Rollout, so the state holds it although a run is killed. The Outcome is `run` in the stack
output. docs/architecture.md tells how the next run goes by both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

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
    # How often the wanted revision has changed. Example: v8 failed, v9 was wanted, and v8 is wanted again: what is
    # remembered of v8 is of an earlier turn, so it is tried once more.
    turn: int = 0
    declared: tuple[Revision, ...] = ()
    # Revisions that the run before still declared. The engine has deleted them, unless that run was killed first.
    # Example: v1 is dropped when v3 serves; the runner dies before the delete; the next run must still know v1.
    dropped: tuple[Revision, ...] = ()
    target: str = ""  # configuration the endpoint was declared with; "" where no endpoint was
    serving: str = ""  # configuration that served when this was written; of a new endpoint, the one that is to serve
    previous: str = ""  # revision that served before `wanted` did
    before: Sighting | None = None  # only where an update was to be sent
    held: bool = False  # the wanted revision has failed (not a person's hold); True until another revision is wanted
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


# What may stand beside an endpoint, as Outcome.beside calls it.
SCALING, PARAMETER, ALARMS, LOGS = "scaling", "parameter", "alarms", "logs"
COST = "cost"  # and what all of it was asked to be, for the next run's budget (fleet/cost/past.py)
FAILED = frozenset({Verdict.ROLLED_BACK, Verdict.SMOKE_TEST})


MOVES = 5  # how many are kept; the parameter and the output of a task have no room for a history


@dataclass(frozen=True)
class Move:
    """One try to let a revision serve: when it ended, and how."""

    version: int
    revision: str
    time: str  # of the endpoint's last change by then, as `Outcome.modified` is written; "" where none is known
    verdict: Verdict


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
    serving: str = ""  # EndpointConfigName when the endpoint was last modified
    modified: str = ""
    provisioned: int = 0
    endpoint_status: str = ""
    approved_version: int = 0  # the newest one, whatever people decided
    version: int = 0  # of what serves, as are the next two
    memory_mb: int = 0
    max_concurrency: int = 0
    served: tuple[str, ...] = ()  # names of those of `declared` that have served: they need no smoke test any more
    by_decision: bool = False  # not deployed because the task list says so
    refused: tuple[str, ...] = ()  # what AWS said to what it refused in the last run, of the revision tried or not
    arn: str = ""  # of the endpoint, as it was seen last: tells Region and account
    moves: tuple[Move, ...] = ()  # the last ones, the oldest first; a run in which nothing moved adds none
    # What stands beside the endpoint, by what it is; in the words of whoever declares it (fleet/resources/beside/).
    # Example: {"scaling": "1..5", "parameter": "/fleets/prod/spam"}
    beside: Mapping[str, str] = field(default_factory=dict)
    # By which the gate was passed, metric by metric, version by version: a run in which nothing is new asks no package.
    # Example: {"f1_macro": {"8": "0.921"}}
    figures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    # Where the version that serves comes from, by that version: asked when it began to, and told as long as it does.
    # Example: {"8": "version 7 -> version 8, approved 2027-01-30T10:00:00Z by jane: \"fewer false alarms\""}
    provenance: Mapping[str, str] = field(default_factory=dict)

    @property
    def last_version(self) -> int:
        """The version that serves, or served last, before the endpoint was lost; 0 where none ever did."""
        served = (move.version for move in reversed(self.moves) if move.verdict is Verdict.SERVES)
        return self.version or next(served, 0)

    def figures_of(self, metric: str) -> dict[int, str]:
        """What is kept of one metric, by version."""
        return {int(version): figure for version, figure in self.figures.get(metric, {}).items()}

    def with_figures(self, metric: str, figures: Mapping[int, str]) -> "Outcome":
        """The same with what is kept of one metric, and nothing of any other: a task has one gate."""
        kept = {str(version): figure for version, figure in sorted(figures.items())}
        return replace(self, figures={metric: kept} if kept else {})

    def came(self, version: int, said: str) -> "Outcome":
        """The same with where this version comes from, if it is what serves; what serves otherwise keeps its own."""
        if said and self.version == version:
            return replace(self, provenance={str(version): said})
        return replace(self, provenance={of: told for of, told in self.provenance.items() if of == str(self.version)})

    def speaks_of(self, revision: str, turn: int) -> bool:
        return self.tried == revision and self.turn == turn

    def has_seen(self, name: str, created: str) -> bool:
        """True where the last run saw this very endpoint as its own: it has not been made anew since.

        `created` is its CreationTime, as `modified` is written.
        """
        return self.endpoint == name and created != "" and created <= self.modified

    def moved(self, move: Move) -> "Outcome":
        """The same with one move more, and without those that are too many."""
        return replace(self, moves=(*self.moves, move)[-MOVES:])

    def beside_with(self, kind: str, record: str) -> "Outcome":
        """The same with what is recorded of one thing beside the endpoint; "" for nothing."""
        others = {other: said for other, said in self.beside.items() if other != kind}
        return replace(self, beside=others | ({kind: record} if record else {}))


def as_written_now(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """An Outcome, as it was written by whatever release, in the form of this one.

    Up to 0.3 each thing beside an endpoint had fields of its own: `scaling`, `parameter`, and `parameters` while that
    one changed.
    """
    if "beside" in run:
        return run
    parameter = " ".join(filter(None, (run.get("parameter"), *run.get("parameters", ()))))
    said = {SCALING: run.get("scaling", ""), PARAMETER: parameter}
    return {**run, "beside": {kind: record for kind, record in said.items() if record}}
