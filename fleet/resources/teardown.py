"""No mass teardown: what would take many endpoints away at once stops the run before anything changes."""

import asyncio
from collections.abc import Container, Iterable, Mapping

import pulumi

from fleet.aws.region import Region
from fleet.rollout import IN_TRANSITION, Outcome, Unknown
from fleet.tasks import CHAMPION


def refuse_mass(
    wanted: Iterable[str],
    deployed: Mapping[str, Mapping[str, Outcome]],
    listed: Iterable[str] | Unknown,
    most: int,
) -> None:
    """Raise pulumi.RunError where more than `most` tasks would lose their endpoint in this run.

    A bad merge and a changed namePrefix look like that; challengers come and go. `wanted` names the endpoints of this
    run, `deployed` is what the last run wrote, by task and variant, `listed` the endpoints there are; where those could
    not be listed, every one of the last run counts.
    """
    staying = set(wanted)
    there = None if isinstance(listed, Unknown) else set(listed)
    champions = {task: variants[CHAMPION] for task, variants in deployed.items()}
    going = [
        task
        for task, champion in champions.items()
        if champion.endpoint in champion.declared
        and champion.endpoint not in staying
        and (there is None or champion.endpoint in there)
    ]
    if len(going) > most:
        raise pulumi.RunError(
            f"{len(going)} deployed task{'s' * (len(going) > 1)} would be torn down in this run, and maxTeardown is "
            f"{most}: {', '.join(sorted(going))}. Nothing was changed. If that is meant, run "
            f"`pulumi config set maxTeardown {len(going)}`"
        )


async def wait_for(wanted: Container[str], deployed: Mapping[str, Mapping[str, Outcome]], region: Region) -> None:
    """Wait, in an `up`, for endpoints in transition that go away at its end: SageMaker does not delete them before."""
    rows = await region.listed()
    if pulumi.runtime.is_dry_run() or isinstance(rows, Unknown):
        return
    names = {outcome.endpoint for variants in deployed.values() for outcome in variants.values()}
    going = (name for name in names if name not in wanted and name in rows and rows[name].status in IN_TRANSITION)
    await asyncio.gather(*(region.final(name) for name in going))
