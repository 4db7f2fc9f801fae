"""What the registry says of a group, and what SageMaker says of an endpoint, as values.

Asking is fleet/aws/, deciding what follows is fleet/rollout.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fleet.revision import Revision

IN_TRANSITION = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


@dataclass(frozen=True)
class Version:
    """A version of a model package group that is Approved and Completed."""

    number: int
    package: str  # model package ARN
    approved: str = ""  # since when, ISO 8601; asked for only where a task lets versions soak
    stage: str = ""  # of the model life cycle, as its status; told only where a task goes by stages
    stage_status: str = ""


@dataclass(frozen=True)
class Approved:
    """The version to serve: from the registry the highest one, from fleet/choice.py what people made of it."""

    version: int
    package: str  # model package ARN
    approved: str = ""  # as Version has it
    older: tuple[Version, ...] = ()  # those that a pin, a soak, a stage or a gate asks for, newest first
    # Newer, and not to be moved to: too young, or not past the gate. The one of them that serves stays.
    passed_over: tuple[Version, ...] = ()
    stage: str = ""  # as Version has it, and its status
    stage_status: str = ""

    @property
    def versions(self) -> tuple[Version, ...]:
        """All that are told of, newest first."""
        return (Version(self.version, self.package, self.approved, self.stage, self.stage_status), *self.older)


def approved(versions: Sequence[Version]) -> Approved:
    """The first of them, with the others as older ones; `versions` gives all of them back."""
    newest, *older = versions
    its = newest.approved, tuple(older), (), newest.stage, newest.stage_status
    return Approved(newest.number, newest.package, *its)


@dataclass(frozen=True)
class NothingApproved:
    """The group exists and holds no version that may be deployed."""

    passed_over: tuple[Version, ...] = ()  # as Approved has it


@dataclass(frozen=True)
class Unknown:
    """Could not find out. Never to be read as "nothing"."""

    error: str
    pin: int = 0  # the pinned version; where a revision of it is declared, the registry is not needed


@dataclass(frozen=True)
class Refused:
    """What is wanted cannot be had, and a person has to mend it: nothing of the task changes."""

    reason: str


@dataclass(frozen=True)
class OnHold:
    """A person said so: what serves stays, wherever it came from."""


@dataclass(frozen=True)
class Absent:
    """There is no endpoint of that name."""


@dataclass(frozen=True)
class LiveEndpoint:
    """An endpoint as DescribeEndpoint gives it."""

    status: str
    config: str  # EndpointConfigName now serving
    modified: str  # LastModifiedTime, ISO 8601; only ever compared
    provisioned: int = 0  # current provisioned concurrency; an autoscaler moves it, and `modified` with it
    failure: str = ""  # FailureReason: the text, never the proof
    ours: bool = True  # carries this stack's tags
    serving: Revision | None = None  # what `config` holds, where the last run's record does not name it and it is ours
    instance_based: bool = False  # runs on instances; SageMaker never makes it serverless again
    arn: str = field(default="", compare=False)
    created: str = field(default="", compare=False)  # CreationTime, ISO 8601, UTC

    @property
    def in_transition(self) -> bool:
        return self.status in IN_TRANSITION


Answer = Approved | NothingApproved | Unknown | Refused | OnHold
Live = LiveEndpoint | Absent | Unknown
