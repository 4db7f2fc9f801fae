"""What may stand beside an endpoint, and comes and goes with it: its autoscaler, its alarms, what apps read of it.

To add another one: a module here with a class of this shape, and a row of BESIDE in fleet/resources/variant.py
(docs/how-to/add-a-thing-beside-an-endpoint.md). The parameter is the task's: fleet/resources/task.py stands it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

Looked = TypeVar("Looked")  # what a look gives: whether AWS has it, and whose it is


@dataclass(frozen=True)
class Stands:
    """What came of declaring one thing."""

    record: str = ""  # of what is in the state then, for the next run (Outcome.beside); "" where nothing is
    problem: str = ""  # what is in the way, for a person to mend
    unknown: str = ""  # what could not be found out, so that something was not written: makes an `up` red, no more
    refused: tuple[str, ...] = ()  # what AWS said to what it refused


def all_of(stands: Iterable[Stands]) -> Stands:
    """What came of several resources that are one thing."""
    each = list(stands)
    return Stands(
        " ".join(filter(None, (one.record for one in each))),
        problem="; ".join(filter(None, (one.problem for one in each))),
        unknown=next((one.unknown for one in each if one.unknown), ""),
        refused=tuple(why for one in each for why in one.refused),
    )


class Thing(Protocol[Looked]):
    """One thing beside one endpoint."""

    @property
    def kind(self) -> str:
        """As Outcome.beside calls it; what the last run recorded under it is given when the thing is made."""

    async def look_up(self) -> Looked:
        """Whether AWS has it, and whose it is (`Presence`); RECORDED without a look where the state has it."""

    async def declare(self, presence: Looked) -> Stands:
        """Declare it, and wait for its steps. What AWS has of ours is taken over, what is another's is not touched.

        A step that AWS refuses raises nothing: the endpoint, its other things and the other tasks go on.
        """


async def stand(thing: Thing[Looked]) -> Stands:
    """Look it up and declare it."""
    return await thing.declare(await thing.look_up())
