"""Where the apps that call read how their task stands: one SSM parameter a task. What is in it is fleet/contract.py."""

import asyncio
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import ssm

from fleet.aws import parameters, session
from fleet.resources.registration import listening, registered
from fleet.resources.stack import StackSettings
from fleet.rollout import Outcome, Unknown
from fleet.tags import TAGS
from fleet.tasks import CHAMPION, Task

FOREIGN = "parameter {name} exists and is not this stack's, by its tags; set another parameterPath or remove it"


@dataclass(frozen=True)
class Written:
    """What came of one parameter; "" for nothing."""

    name: str = ""  # where it is in the state
    problem: str = ""  # what is in the way
    refused: str = ""  # what AWS said where it refused it


class Parameters:
    """The parameters of one stack. Those that no record of the last run names are looked up, all at once."""

    def __init__(
        self, settings: StackSettings, tasks: Collection[str], last: Mapping[str, Mapping[str, Outcome]]
    ) -> None:
        self._settings = settings
        self._recorded = {task: variants[CHAMPION].parameter for task, variants in last.items()}
        names = [self._name(task) for task in tasks if self._recorded.get(task) != self._name(task)]
        self._found = asyncio.ensure_future(asyncio.to_thread(session.ask, lambda: self._look_up(names)))

    def _name(self, task: str) -> str:
        return f"{self._settings.parameter_path}/{task}"

    def _look_up(self, names: Collection[str]) -> dict[str, dict[str, str] | Unknown | None]:
        """Name -> tags of those that exist, Unknown where they may not be read."""
        if not names:
            return {}
        client = session.ssm(self._settings.access)
        there = sorted(parameters.existing(client, names))
        with ThreadPoolExecutor(session.THREADS) as pool:
            tags = pool.map(lambda name: session.ask(lambda: parameters.tags(client, name)), there)
            return dict(zip(there, tags, strict=True))

    async def declare(
        self, task: Task, value: str, parent: pulumi.Resource, *, moves: bool, is_certain: bool
    ) -> Written:
        """Declare one.

        Where something of the task `moves`, a preview does not know the value; a run that is not certain of what
        serves leaves it as it is.
        """
        name, ownership, recorded = self._name(task.name), self._settings.ownership, self._recorded.get(task.name, "")
        tags, problem = None, ""
        if name != recorded:
            found = await self._found
            tags = found if isinstance(found, Unknown) else found.get(name)
            if isinstance(tags, dict) and not ownership.covers(tags):
                if not recorded:
                    return Written(problem=FOREIGN.format(name=name))
                name, problem = recorded, FOREIGN.format(name=name)  # where the apps still read
        # One that could not be looked at is created: AWS refuses that where it exists.
        parameter = ssm.Parameter(
            task.name,
            name=name,
            type=ssm.ParameterType.STRING,
            value=_unknown() if moves and pulumi.runtime.is_dry_run() else value,
            tags=ownership.tags(task.name, CHAMPION, task.owner),
            opts=pulumi.ResourceOptions(
                parent=parent,
                import_=name if isinstance(tags, dict) and not problem else None,
                ignore_changes=["value", *TAGS] if not is_certain and not moves else None,
                hooks=listening(),
            ),
        )
        done, refused = await registered(parameter)
        return Written(name if done else recorded, problem, refused)


def _unknown() -> "pulumi.Output[str]":
    async def is_known() -> bool:
        return False

    async def value() -> Any:
        return None

    async def resources() -> set[pulumi.Resource]:
        return set()

    return pulumi.Output(resources(), value(), is_known())
