"""Where the apps that call read how their task stands: one SSM parameter a task. What is in it is fleet/contract.py.

While `parameterPath` changes, a task has two: fleet/address.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi

from fleet import address
from fleet.address import Address
from fleet.aws import parameters, session
from fleet.aws.gateway import Presence
from fleet.config import default_path
from fleet.memory import PARAMETER
from fleet.resources.aws_types import SsmParameter
from fleet.resources.beside.thing import Stands
from fleet.resources.config import StackSettings
from fleet.resources.engine import listening, not_known, registered
from fleet.resources.last_run import LastRun
from fleet.seen import Unknown
from fleet.tags import TAGS
from fleet.tasks.model import CHAMPION, Task

FOREIGN = "parameter {name} exists and is not this stack's, by its tags; set another parameterPath or remove it"


@dataclass(frozen=True)
class Content:
    """What the parameters of one task are to hold in this run."""

    task: Task
    value: str
    parent: pulumi.Resource
    moves: bool  # something of the task does: a preview does not know the value
    is_certain: bool  # what serves is known

    @property
    def stays(self) -> bool:
        """True where it is not known what to write: what is written stays as it is."""
        return not self.is_certain and not self.moves


@dataclass(frozen=True)
class Parameter:
    """The parameter of one task; while its address changes, every one that it has."""

    all: "Parameters"
    content: Content
    kind = PARAMETER

    async def look_up(self) -> Presence:
        return await self.all.look_up(self.content)

    async def declare(self, presence: Presence) -> Stands:
        return await self.all.declare(self.content, presence)


class Parameters:
    """The parameters of one stack. Those that the state does not hold are looked up, all at once."""

    def __init__(self, settings: StackSettings, tasks: Collection[str], last: LastRun) -> None:
        self._settings = settings
        self._in_state = last.parameters
        self._before = {
            task: address.recorded(variants[CHAMPION]) for task, variants in last.written.items() if task in tasks
        }
        self._after = dict(self._before)
        default = default_path(settings.ownership.stack)
        self._wanted = address.wanted(settings.parameter_path, default, tasks, self._before)
        self._have_arrived, self._all_written = address.have_arrived(self._wanted, self._before), True
        self._until_the_end: list[Callable[[], Awaitable[Any]]] = []  # declare former parameters, unless all ends well
        if not settings.parameter_path and (sentence := address.scattered(self._before.values())):
            pulumi.log.info(sentence)
        known = {name for each in self._before.values() for name in each.names} | set(self._wanted.values())
        self._found = asyncio.ensure_future(
            asyncio.to_thread(session.ask, lambda: self._look_up(known - self._in_state.keys()))
        )

    def _look_up(self, names: Collection[str]) -> dict[str, dict[str, str] | Unknown | None]:
        """Name -> tags of those that exist, Unknown where they may not be read."""
        if not names:
            return {}
        client = session.ssm(self._settings.access)
        there = sorted(parameters.existing(client, names))
        with ThreadPoolExecutor(session.THREADS) as pool:
            tags = pool.map(lambda name: session.ask(lambda: parameters.tags(client, name)), there)
            return dict(zip(there, tags, strict=True))

    async def look_up(self, content: Content) -> Presence:
        """Of the one that the task is to have."""
        return await self._presence(self._wanted[content.task.name])

    async def declare(self, content: Content, presence: Presence) -> Stands:
        """Declare those of one task: the one that apps are to read, and what they may still read beside it.

        `presence` is that of the wanted one. Which address is recorded is known when all have ended: conclude().
        """
        task, before = content.task.name, self._before.get(content.task.name, Address())
        name, problem = await self._choose(content, before, presence)
        refused = ""
        if name:
            is_written, refused = await self._register(content, name, to_read=name)
            self._all_written = self._all_written and is_written
            self._after[task] = before.towards(name) if is_written else before
        beside = [partial(self._register, content, other, to_read=name) for other in before.names if other != name]
        if self._have_arrived:
            self._until_the_end += beside
        else:
            await asyncio.gather(*(register() for register in beside))
        return Stands(problem=problem, refused=(refused,) if refused else ())

    async def conclude(self, *, is_well: bool) -> Mapping[str, Address]:
        """The addresses of all tasks, by task, once it is known whether the run ends well.

        Where it does, and the last run left every task at its address, what is beside goes away, by being declared no
        more: of all tasks at once, because an app reads all of them beneath one path.
        """
        after = self._after
        if self._have_arrived and self._all_written and is_well:
            after = {task: each.alone() for task, each in after.items()}
        else:
            await asyncio.gather(*(register() for register in self._until_the_end))
        for sentence in address.moves(self._before, after):
            pulumi.log.warn(sentence)
        for sentence in address.remainders(self._before, after):
            pulumi.log.info(sentence)
        return after

    async def _choose(self, content: Content, before: Address, presence: Presence) -> tuple[str, str]:
        """The parameter that apps can be told to read, and what is in the way of the one wanted; "" for nothing."""
        wanted, problem = self._wanted[content.task.name], ""
        makes_none = content.stays and before.name and wanted not in before.names  # what is not known is not written
        for name in (before.name,) if makes_none else (wanted, before.name):
            at = presence if name == wanted else await self._presence(name)
            if name and at is not Presence.FOREIGN:
                return name, problem
            problem = problem or FOREIGN.format(name=name)
        return "", problem

    async def _presence(self, name: str) -> Presence:
        """One that could not be looked at is created, which AWS refuses where it exists."""
        if name in self._in_state:
            return Presence.RECORDED
        found = await self._found
        tags = found if isinstance(found, Unknown) else found.get(name)
        match tags:
            case Unknown():
                return Presence.UNKNOWN
            case None:
                return Presence.ABSENT
        return Presence.OURS if self._settings.ownership.covers(tags) else Presence.FOREIGN

    async def _register(self, content: Content, name: str, *, to_read: str) -> tuple[bool, str]:
        """Whether it is in the state then and as it should be, and what AWS said where it refused."""
        presence = await self._presence(name)
        if presence is Presence.FOREIGN:
            return False, ""
        held = self._in_state.get(name)
        logical_name = address.logical_name(content.task.name, name, to_read, self._in_state)
        parameter = SsmParameter(
            logical_name,
            {
                "name": name,
                "type": "String",
                "value": not_known() if content.moves and pulumi.runtime.is_dry_run() else content.value,
                "tags": self._settings.ownership.tags(content.task.name, CHAMPION, content.task.owner),
            },
            pulumi.ResourceOptions(
                parent=content.parent,
                aliases=[pulumi.Alias(name=held)] if held and held != logical_name else None,
                import_=name if presence is Presence.OURS else None,
                ignore_changes=["value", *TAGS] if content.stays else None,
                hooks=listening(),
            ),
        )
        done, refused = await registered(parameter)
        return done is not None, refused
