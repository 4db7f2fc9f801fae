"""What the manager says of itself at the end of an `up`. Where AWS does not take it, that is a warning."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pulumi

from fleet.aws import registry, session, signals
from fleet.memory import Outcome, Verdict
from fleet.monitoring.signals import WentLive, of_run
from fleet.resources.monitoring.ground import Ground
from fleet.resources.task import TaskResult
from fleet.resources.variant import Result
from fleet.seen import Unknown


async def send(ground: Ground, results: Sequence[TaskResult], *, faults: int, began: datetime) -> None:
    """Tell how the tasks stand, and how the run went."""
    if pulumi.runtime.is_dry_run() or not ground.settings.alerts.own_metrics:
        return
    variants = [variant for result in results for variant in result.variants.values()]
    went_live = await asyncio.gather(*(_went_live(ground, *each) for each in _new(ground, results)))
    data = of_run(
        [result.champion.standing.status for result in results],
        held=sum(variant.is_held for variant in variants),
        faults=faults,
        took=datetime.now(UTC) - began,
        went_live=[each for each in went_live if each],
    )
    access = ground.settings.access
    refused = await asyncio.to_thread(
        session.ask, lambda: signals.put(session.hasty_cloudwatch(access), ground.stack, data)
    )
    if isinstance(refused, Unknown):
        pulumi.log.warn(f"the manager's own metrics were not written: {refused.error}")


def _new(ground: Ground, results: Sequence[TaskResult]) -> Iterator[tuple[Result, datetime]]:
    """Those that serve a newer version than any that served before, and since when.

    Neither other settings nor a way back: what was approved long ago is no news then.
    """
    for result in results:
        before = ground.last.of(result.name)
        for name, variant in result.variants.items():
            known, moves = before.get(name, Outcome()), variant.outcome.moves
            newest = max((move.version for move in known.moves), default=known.version)
            last = moves[-1] if moves else None
            if last and last.verdict is Verdict.SERVES and last.time and last.version > newest:
                yield variant, datetime.fromisoformat(last.time)


async def _went_live(ground: Ground, variant: Result, live: datetime) -> WentLive | None:
    serving = variant.standing.serving
    if serving is None:
        return None
    package = await ground.gateway.package(serving.package)
    return None if isinstance(package, Unknown) else WentLive(registry.approved_since(package), live)
