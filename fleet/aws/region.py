"""The endpoints of one Region, read in threads and awaited by the program.

Reading starts when the object is made. Waiting holds no thread: one ListEndpoints poll serves every task that waits.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from fleet.aws import endpoints, session
from fleet.rollout import IN_TRANSITION, Absent, Live, LiveEndpoint, Outcome, Unknown
from fleet.tags import Ownership

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

LONGEST_WAIT = 3600.0  # seconds; what the AWS provider waits for an endpoint too
FIRST_POLL, LAST_POLL = 0.5, 15.0  # seconds between two polls, growing

T = TypeVar("T")

Final = Callable[[endpoints.Row | None], bool]


@dataclass(frozen=True)
class _Wait:
    is_final: Final
    end: asyncio.Future[Unknown | None]


class Presence(StrEnum):
    """Where a model or an endpoint configuration is, before it is declared."""

    RECORDED = "recorded"  # in the state, by the last run's record
    OURS = "ours"  # in AWS with this stack's tags; perhaps not in the state
    FOREIGN = "foreign"  # in AWS without them
    ABSENT = "absent"
    UNKNOWN = "unknown"  # could not find out


class Region:
    """One client, at most 16 threads."""

    def __init__(self, region: str, profile: str, ownership: Ownership) -> None:
        self._ownership = ownership
        self._pool = ThreadPoolExecutor(session.THREADS)
        self._client: Future[SageMakerClient] = self._pool.submit(session.sagemaker, region, profile)
        self._rows = self._pool.submit(lambda: session.ask(lambda: endpoints.list_all(self._client.result())))
        self._waiting: dict[str, _Wait] = {}
        self._poller: asyncio.Task[None] | None = None

    async def listed(self) -> Mapping[str, endpoints.Row] | Unknown:
        """Every endpoint of the Region by name, as they were when the run started."""
        return await asyncio.wrap_future(self._rows)

    async def live(self, name: str, record: Outcome | None, *, wait: bool) -> Live:
        """One endpoint as it is now, from the list alone where the last run's record still holds.

        With `wait`, an endpoint in transition is waited for first; Unknown where it is not final after an hour.
        """
        rows = await self.listed()
        if isinstance(rows, Unknown):
            return rows
        row, known = rows.get(name), record is not None and name in record.declared
        if row is None and not known:
            return Absent()
        if row and record and known and row.status == "InService" and row.modified == record.modified:
            return LiveEndpoint(row.status, record.serving, record.modified, record.provisioned)
        overdue = await self._final(name) if wait and row and row.status in IN_TRANSITION else None
        return overdue or await self._look(name, record)

    async def settled(self, name: str) -> Live:
        """The endpoint once its status is final; Unknown after an hour."""
        live = await self._describe(name)
        if isinstance(live, LiveEndpoint) and live.in_transition:
            return await self._final(name) or await self._describe(name)
        return live

    async def look_up(self, name: str) -> tuple[Presence, Presence]:
        """Whether the model and the endpoint configuration of a revision exist, and whose they are."""
        model, config = await asyncio.gather(
            self._ask(lambda client: endpoints.model_tags(client, name)),
            self._ask(lambda client: endpoints.endpoint_config_tags(client, name)),
        )
        return self._presence(model), self._presence(config)

    async def clear_failed(self, name: str) -> Unknown | None:
        """Delete an endpoint whose creation failed, and wait until its name is free."""
        refused = await self._ask(lambda client: endpoints.delete(client, name))
        return refused or await self._final(name, lambda row: row is None)

    async def _look(self, name: str, record: Outcome | None) -> Live:
        live = await self._describe(name, self._ownership)
        if not isinstance(live, LiveEndpoint) or not live.ours or not live.config:
            return live
        if record and live.config in record.declared:
            return live
        serving = await self._ask(lambda client: endpoints.read_revision(client, live.config, self._ownership))
        return serving if isinstance(serving, Unknown) else replace(live, serving=serving)

    async def _describe(self, name: str, ownership: Ownership | None = None) -> Live:
        return await self._ask(lambda client: endpoints.describe(client, name, ownership))

    def _presence(self, tags: Mapping[str, str] | Unknown | None) -> Presence:
        match tags:
            case Unknown():
                return Presence.UNKNOWN
            case None:
                return Presence.ABSENT
        return Presence.OURS if self._ownership.covers(tags) else Presence.FOREIGN

    async def _ask(self, call: Callable[["SageMakerClient"], T]) -> T | Unknown:
        def ask() -> T | Unknown:
            return session.ask(lambda: call(self._client.result()))

        return await asyncio.wrap_future(self._pool.submit(ask))

    async def _final(
        self, name: str, is_final: Final = lambda row: row is None or row.status not in IN_TRANSITION
    ) -> Unknown | None:
        wait = self._waiting.setdefault(name, _Wait(is_final, asyncio.get_running_loop().create_future()))
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        try:
            return await asyncio.wait_for(asyncio.shield(wait.end), LONGEST_WAIT)
        except TimeoutError:
            self._waiting.pop(name, None)
            return Unknown(f"{name} is still in transition after {LONGEST_WAIT / 60:.0f} minutes")

    async def _poll(self) -> None:
        pause = FIRST_POLL
        while self._waiting:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LAST_POLL)
            rows = await self._ask(endpoints.list_all)
            for name, wait in list(self._waiting.items()):
                if isinstance(rows, Unknown):
                    self._waiting.pop(name).end.set_result(rows)
                elif wait.is_final(rows.get(name)):
                    self._waiting.pop(name).end.set_result(None)
