"""What may stand beside an endpoint, and comes and goes with it: its autoscaler, the parameter that apps read.

To add another one: a module here with a class of this shape, and a row of BESIDE in fleet/resources/variant.py
(docs/how-to/add-a-thing-beside-an-endpoint.md). The parameter is the task's: fleet/resources/task.py stands it.
"""

from dataclasses import dataclass
from typing import Protocol

from fleet.aws.gateway import Presence


@dataclass(frozen=True)
class Stands:
    """What came of declaring one thing."""

    record: str = ""  # of what is in the state then, for the next run (Outcome.beside); "" where nothing is
    problem: str = ""  # what is in the way, for a person to mend
    refused: tuple[str, ...] = ()  # what AWS said to what it refused


class Thing(Protocol):
    """One thing beside one endpoint."""

    @property
    def kind(self) -> str:
        """As Outcome.beside calls it; what the last run recorded under it is given when the thing is made."""

    async def look_up(self) -> Presence:
        """Whether AWS has it, and whose it is; RECORDED without a look where the state has it."""

    async def declare(self, presence: Presence) -> Stands:
        """Declare it, and wait for its steps. What AWS has of ours is taken over, what is another's is not touched.

        A step that AWS refuses raises nothing: the endpoint, its other things and the other tasks go on.
        """


async def stand(thing: Thing) -> Stands:
    """Look it up and declare it."""
    return await thing.declare(await thing.look_up())
