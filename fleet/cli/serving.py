"""What the variants of a task serve since the last run, for commands that people decide by."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fleet.cli import record, state
from fleet.cli.command import CommandError
from fleet.cli.stack import StackConfig
from fleet.memory import Outcome
from fleet.tasks.model import CHAMPION


@dataclass(frozen=True)
class Serving:
    """What the last run wrote of a task."""

    outcomes: Mapping[str, Outcome] = field(default_factory=dict)  # by variant
    unknown: str = ""  # why it could not be read

    @property
    def versions(self) -> dict[str, int]:
        """By variant; 0 for none."""
        return {variant: outcome.version for variant, outcome in self.outcomes.items()}

    @property
    def champion(self) -> int:
        """The version that the task serves; 0 for none, or where that is not known."""
        return self.versions.get(CHAMPION, 0)


def read(stack: str, config: StackConfig, task: str) -> Serving:
    """What a task serves. The registry is there without a state: who cannot read that is told so, and goes on.

    Raises CommandError where the fleet lies in another Region or account than this command would ask.
    """
    try:
        outputs = state.outputs(stack)
    except CommandError as error:
        return Serving(unknown=f"what serves is not known: {error}")
    return Serving(record.read(config, outputs).get(task, {}))
