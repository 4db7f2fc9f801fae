"""The endpoints of one Region, read in threads and awaited by the program.

Reading starts when the object is made. Waiting holds no thread: one ListEndpoints poll serves every task that waits.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from fleet.access import Access
from fleet.aws import alarms, endpoints, evaluations, identity, logs, packages, reading, rules, scaling, session
from fleet.evidence.evaluation import Evaluation, Package
from fleet.evidence.facts import Facts, facts
from fleet.gate import Said
from fleet.memory import Outcome
from fleet.monitoring.alarms import fleet_of
from fleet.seen import IN_TRANSITION, Absent, Live, LiveEndpoint, Unknown, Version
from fleet.tags import Ownership

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

LONGEST_WAIT = 3600.0  # seconds; what the AWS provider waits for an endpoint too
FIRST_POLL, LAST_POLL = 0.5, 15.0  # seconds between two polls, growing

T = TypeVar("T")

Final = Callable[[endpoints.Row | None], bool]


@dataclass(frozen=True)
class _Wait:
    name: str
    is_final: Final
    end: asyncio.Future[Unknown | None]


class Presence(StrEnum):
    """Where a model or an endpoint configuration is, before it is declared."""

    RECORDED = "recorded"  # in the state, by the last run's record
    OURS = "ours"  # in AWS with this stack's tags; perhaps not in the state
    FOREIGN = "foreign"  # in AWS without them
    ABSENT = "absent"
    UNKNOWN = "unknown"  # could not find out


class Gateway:
    """One client, at most 16 threads; as many again where models are called."""

    def __init__(self, access: Access, ownership: Ownership) -> None:
        self.ownership = ownership
        self.in_state: frozenset[str] = frozenset()  # names of what the state holds, and so is ours
        self.turns = asyncio.Semaphore(session.THREADS)  # for those who `invoke`: none waits for a thread meanwhile
        self._access = access
        self._pool = ThreadPoolExecutor(session.THREADS)
        self._client: Future[SageMakerClient] = self._pool.submit(session.sagemaker, access)
        self._rows = self._pool.submit(lambda: session.ask(lambda: endpoints.list_all(self._client.result())))
        self._alarms: dict[str, asyncio.Future[dict[str, str] | Unknown]] = {}  # name -> ARN, by what names begin with
        self._packages: dict[str, asyncio.Future[dict[str, Any] | Unknown]] = {}  # by ARN
        self._waiting: set[_Wait] = set()
        self._pause = FIRST_POLL
        self._poller: asyncio.Task[None] | None = None

    def tagged(self, own: Mapping[str, str]) -> dict[str, str]:
        """The tags of what is made here, as the provider would tag it."""
        return self._access.tagged(own)

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
            return LiveEndpoint(row.status, record.serving, record.modified, record.provisioned, arn=row.arn)
        overdue = await self.final(name) if wait and row and row.status in IN_TRANSITION else None
        return overdue or await self._look(name, record)

    async def settled(self, name: str) -> Live:
        """The endpoint once its status is final; Unknown after an hour."""
        live = await self._describe(name)
        if isinstance(live, LiveEndpoint) and live.in_transition:
            return await self.final(name) or await self._describe(name)
        return live

    async def look_up(self, name: str) -> tuple[Presence, Presence]:
        """Whether the model and the endpoint configuration of a revision exist, and whose they are."""
        model, config = await asyncio.gather(
            self.ask(lambda client: endpoints.model_tags(client, name)),
            self.ask(lambda client: endpoints.endpoint_config_tags(client, name)),
        )
        return self._presence(name, model), self._presence(name, config)

    async def caller(self) -> identity.Caller | Unknown:
        """Whom AWS takes this run for."""
        return await _in_thread(self._pool, lambda: identity.caller(self._access))

    async def objection(self) -> str | Unknown:
        """Why the configuration does not let this account be touched, "" where it does."""
        return await _in_thread(self._pool, lambda: identity.objection(self._access))

    async def provision(self, name: str, variant: str, concurrency: int) -> Unknown | None:
        """Send another provisioned concurrency to an endpoint, on the configuration that it serves."""
        return await self.ask(lambda client: endpoints.provision(client, name, variant, concurrency))

    async def has_scalable_target(self, resource_id: str) -> bool | Unknown:
        """Whether an autoscaler moves the provisioned concurrency of an endpoint's variant."""
        client = self._autoscaling
        return await _in_thread(self._pool, lambda: scaling.exists(client.result(), resource_id))

    @cached_property
    def _autoscaling(self) -> "Future[ApplicationAutoScalingClient]":
        return self._pool.submit(session.autoscaling, self._access)

    async def alarm(self, name: str) -> Presence | Unknown:
        """Whether there is an alarm of this name, and whose it is.

        Where the state lacks one, all whose names begin like it are listed, once.
        """
        if name in self.in_state:
            return Presence.RECORDED
        fleet = fleet_of(name)
        if fleet not in self._alarms:
            listed = self.of_cloudwatch(lambda client: alarms.existing(client, f"{fleet}/"))
            self._alarms[fleet] = asyncio.ensure_future(listed)
        there = await self._alarms[fleet]
        if isinstance(there, Unknown) or name not in there:
            return there if isinstance(there, Unknown) else Presence.ABSENT
        tags = await self.of_cloudwatch(lambda client: alarms.tags(client, there[name]))
        return tags if isinstance(tags, Unknown) else self._presence(name, tags)

    async def dashboard(self, name: str) -> str | Unknown | None:
        """The body of a dashboard, in whatever Region it was made; None where there is none of this name."""
        return await self.of_cloudwatch(lambda client: alarms.dashboard(client, name))

    async def tags_of_rule(self, name: str) -> dict[str, str] | Unknown | None:
        """The tags of a rule of EventBridge; None where there is none of this name."""
        return await _in_thread(self._pool, lambda: rules.tags(session.events(self._access), name))

    async def of_cloudwatch(self, call: Callable[["CloudWatchClient"], T]) -> T | Unknown:
        """What a call to CloudWatch returns, from a thread; Unknown for any error."""
        client = self._cloudwatch
        return await _in_thread(self._pool, lambda: call(client.result()))

    @cached_property
    def _cloudwatch(self) -> "Future[CloudWatchClient]":
        return self._pool.submit(session.cloudwatch, self._access)

    async def judged(self, version: Version, metric: str) -> Said:
        """What the package of a version says of one metric of its evaluation."""
        found = await self._evaluated(version.package, [metric])
        if isinstance(found, Unknown):
            return Said(unread=found.error)
        package, evaluation = found
        return evaluation.said(metric, package)

    async def facts(self, version: Version, metric: str) -> Facts | Unknown:
        """What its package says of a version, with no figures but those of this metric, "" for none."""
        found = await self._evaluated(version.package, [metric] if metric else [])
        return (
            found
            if isinstance(found, Unknown)
            else facts({"ModelPackageVersion": version.number, **found[0]}, found[1])
        )

    async def _evaluated(self, arn: str, metrics: Sequence[str]) -> tuple[Package, Evaluation] | Unknown:
        package = await self.package(arn)
        if isinstance(package, Unknown):
            return package
        s3 = self._s3 if reading.of(self._access, arn) is self._access else self._their_s3
        evaluation = await self._read(arn, lambda reader: evaluations.of(reader, s3, arn, package, metrics))
        return evaluation if isinstance(evaluation, Unknown) else (package, evaluation)

    async def package(self, arn: str) -> Package | Unknown:
        """What DescribeModelPackage says, asked once in a run: a gate, the preflight and a move look at the same."""
        if arn not in self._packages:
            asked = self._read(arn, lambda reader: packages.describe(reader, arn))
            self._packages[arn] = asyncio.ensure_future(asked)
        return await self._packages[arn]

    async def unshared(self, arns: Sequence[str]) -> dict[str, str]:
        """Which of these packages a role reads, and this account may not see: a doubt each."""
        theirs = [arn for arn in arns if reading.of(self._access, arn) is not self._access]
        found = await self.ask(lambda client: packages.unshared(client, theirs)) if theirs else {}
        return {} if isinstance(found, Unknown) else found

    async def _read(self, arn: str, call: Callable[["SageMakerClient"], T]) -> T | Unknown:
        """What a call returns that reads a package, as whoever reads the registry of its account."""
        return await self.ask(lambda _: call(self._reader(arn)))

    @cached_property
    def _reader(self) -> reading.Reader:
        return reading.by(self._client.result(), self._access)

    @cached_property
    def _s3(self) -> Callable[[], Any]:
        return cache(lambda: session.s3(self._access))

    @cached_property
    def _their_s3(self) -> Callable[[], Any]:
        return cache(lambda: session.s3(self._access.as_reader()))

    async def log_retention(self, group: str) -> int | Unknown | None:
        """Days for which a log group keeps its lines, 0 for ever; None where there is no such group."""
        client = self._logs
        return await _in_thread(self._pool, lambda: logs.retention(client.result(), group))

    async def retain_logs(self, group: str, days: int) -> Unknown | None:
        """Have a log group that is there keep its lines for so many days."""
        client = self._logs
        return await _in_thread(self._pool, lambda: logs.retain(client.result(), group, days))

    @cached_property
    def _logs(self) -> "Future[CloudWatchLogsClient]":
        return self._pool.submit(session.logs, self._access)

    async def remove(self, name: str) -> Unknown | None:
        """Delete an endpoint, one whose creation failed or a candidate, and wait until its name is free."""
        refused = await self.ask(lambda client: endpoints.delete(client, name))
        return refused or await self.final(name, lambda row: row is None)

    async def _look(self, name: str, record: Outcome | None) -> Live:
        live = await self._describe(name, self.ownership)
        if isinstance(live, LiveEndpoint) and not live.ours and record and record.has_seen(name, live.created):
            live = replace(live, ours=True)  # whatever its tags say: a renamed stack, or somebody took them off
        if not isinstance(live, LiveEndpoint) or not live.ours or not live.config:
            return live
        if record and live.config in record.declared:
            return live
        ownership = None if live.config in self.in_state else self.ownership
        serving = await self.ask(lambda client: endpoints.read_revision(client, live.config, ownership))
        return serving if isinstance(serving, Unknown) else replace(live, serving=serving)

    async def _describe(self, name: str, ownership: Ownership | None = None) -> Live:
        return await self.ask(lambda client: endpoints.describe(client, name, ownership))

    def _presence(self, name: str, tags: Mapping[str, str] | Unknown | None) -> Presence:
        match tags:
            case Unknown():
                return Presence.UNKNOWN
            case None:
                return Presence.ABSENT
        return Presence.OURS if self.ownership.covers(tags) or name in self.in_state else Presence.FOREIGN

    async def ask(self, call: Callable[["SageMakerClient"], T]) -> T | Unknown:
        """What the call returns, from a thread; Unknown for any error."""
        return await _in_thread(self._pool, lambda: call(self._client.result()))

    async def invoke(self, call: Callable[["SageMakerRuntimeClient"], T]) -> T | Unknown:
        """The same of a call of a model, in threads of their own: it may take a minute, and polls must go on."""
        pool, runtime = self._models
        return await _in_thread(pool, lambda: call(runtime.result()))

    @cached_property
    def _models(self) -> tuple[ThreadPoolExecutor, "Future[SageMakerRuntimeClient]"]:
        pool = ThreadPoolExecutor(session.THREADS)
        return pool, pool.submit(session.runtime, self._access)

    async def final(
        self, name: str, is_final: Final = lambda row: row is None or row.status not in IN_TRANSITION
    ) -> Unknown | None:
        """Wait until the endpoint's row in the list is final; Unknown after an hour."""
        wait = _Wait(name, is_final, asyncio.get_running_loop().create_future())
        self._waiting.add(wait)
        self._pause = FIRST_POLL  # who has just come is looked at soon, however long others have waited
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        try:
            return await asyncio.wait_for(wait.end, LONGEST_WAIT)
        except TimeoutError:
            return Unknown(f"{name} is still in transition after {LONGEST_WAIT / 60:.0f} minutes")
        finally:
            self._waiting.discard(wait)

    async def _poll(self) -> None:
        slept = 0.0
        while self._waiting:
            await asyncio.sleep(FIRST_POLL)
            slept += FIRST_POLL
            if slept < self._pause:
                continue
            slept, self._pause = 0.0, min(self._pause * 1.5, LAST_POLL)
            waiting = list(self._waiting)  # without later ones: AWS's answer may be older than what they wait for
            rows = await self.ask(endpoints.list_all)
            for wait in waiting:
                if not isinstance(rows, Unknown) and not wait.is_final(rows.get(wait.name)):
                    continue
                self._waiting.discard(wait)
                if not wait.end.done():
                    wait.end.set_result(rows if isinstance(rows, Unknown) else None)


async def _in_thread(pool: ThreadPoolExecutor, call: Callable[[], T]) -> T | Unknown:
    return await asyncio.wrap_future(pool.submit(session.ask, call))
