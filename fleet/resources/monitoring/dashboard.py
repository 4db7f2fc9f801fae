"""The dashboard of a stack, written at the end of a run: which versions went live is known only then.

What is on it is fleet/monitoring/dashboard.py's.
"""

import asyncio
from collections.abc import Collection, Iterator, Sequence

import pulumi

from fleet.memory import ALARMS
from fleet.monitoring import alarms, names
from fleet.monitoring.dashboard import Page, Row, Served, is_of, pages
from fleet.resources.aws_types import Dashboard
from fleet.resources.beside.thing import Stands, all_of
from fleet.resources.engine import not_known, registered
from fleet.resources.monitoring.ground import Ground
from fleet.resources.task import TaskResult
from fleet.resources.watch import Watch
from fleet.seen import Unknown
from fleet.tasks.model import title

FOREIGN = (
    "dashboard {name} exists and is not this stack's, by its heading and by the state: delete it, or set "
    "`dashboard: false`"
)


async def declare(ground: Ground, watch: Watch, results: Sequence[TaskResult]) -> Stands:
    """Declare its pages; none where it is not wanted, or there is no endpoint to show."""
    rows = [row for result in results if (row := _row(result)).served]
    if not ground.settings.alerts.dashboard or not rows:
        return Stands()
    own, held = ground.settings.ownership, ground.last.names(Dashboard.TYPE)
    # A renamed stack keeps its dashboard; the name of its first page is the shortest.
    region = ground.settings.access.region
    name = min(held, key=len, default=names.dashboard(own.project, own.stack, region))
    shown = pages(name, rows, stack=ground.stack, region=region, alarms=list(_alarms(watch, results)))
    moving = {result.name for result in results if result.moves}
    return all_of(
        await asyncio.gather(*(_page(ground, held, page, number, moving) for number, page in enumerate(shown, 1)))
    )


def _row(result: TaskResult) -> Row:
    declared = ((name, variant) for name, variant in result.variants.items() if variant.is_declared)
    return Row(
        result.name,
        tuple(Served(title(result.name, name), each.endpoint, each.outcome.moves) for name, each in declared),
    )


def _alarms(watch: Watch, results: Sequence[TaskResult]) -> Iterator[str]:
    """The ARNs of all alarms that there are now, of endpoints that there are."""
    for result in results:
        for variant in result.variants.values():
            for kind in variant.outcome.beside.get(ALARMS, "").split() if variant.outcome.arn else ():
                yield alarms.arn(f"{watch.fleet}/{variant.endpoint}/{kind}", variant.outcome.arn)


async def _page(ground: Ground, held: Collection[str], page: Page, number: int, moving: Collection[str]) -> Stands:
    if page.name not in held:
        body = await ground.gateway.dashboard(page.name)
        if isinstance(body, Unknown):
            return Stands(unknown=f"dashboard {page.name} was not written: {body.error}")
        if body is not None and not is_of(ground.stack, body):
            return Stands(problem=FOREIGN.format(name=page.name))
    is_known = not pulumi.runtime.is_dry_run() or not page.tasks & set(moving)
    said = {"dashboardName": page.name, "dashboardBody": page.body if is_known else not_known()}
    made, refused = await registered(Dashboard(f"page-{number}", said, ground.options()))
    return Stands(refused=() if made else (refused or f"dashboard {page.name} was not written",))
