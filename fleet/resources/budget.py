"""What a run makes the fleet cost: said in one line, and a run that raises it too far stops before anything changes.

The figures, the sentence and the rule are fleet/cost/'s. AWS is asked only where the run would stop otherwise: by then
what the state remembers may be older than what serves.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pulumi

from fleet.aws.gateway import Gateway
from fleet.cost import bill, past, price_file
from fleet.cost.bill import Key
from fleet.cost.budget import Asked, Past, change, stop
from fleet.cost.estimate import Billed, Tariff
from fleet.cost.month import Month
from fleet.memory import Outcome
from fleet.resources.config import StackSettings
from fleet.resources.last_run import LastRun
from fleet.seen import LiveEndpoint, Unknown
from fleet.tasks.model import Task


@dataclass(frozen=True)
class _Fleet:
    """What the task list asks for, and what is remembered of it."""

    asked: Asked
    endpoints: Mapping[Key, str]  # their names
    last: LastRun
    gateway: Gateway

    async def past(self, looked_up: Mapping[str, Billed] | None = None) -> Past:
        rows = await self.gateway.listed()
        # A fleet that cannot be listed is taken to be there: else a lost state would look like a new fleet.
        listed = list(self.endpoints.values()) if isinstance(rows, Unknown) else rows.keys()
        state = past.settled(self.last.resources)
        return past.of(self.asked, self.endpoints, self.last.written, state, listed, looked_up)

    async def look_up(self) -> dict[str, Billed]:
        """What AWS has of each endpoint that serves what the state does not name; alarms as they are asked for."""
        keys = list(self.endpoints)
        lives = await asyncio.gather(
            *(self.gateway.live(self.endpoints[key], self._record(key), wait=False) for key in keys)
        )
        return {
            self.endpoints[key]: past.of_settings(live.serving.settings, self.asked[key][0].alarm_metrics)
            for key, live in zip(keys, lives, strict=True)
            if isinstance(live, LiveEndpoint) and live.serving
        }

    def _record(self, key: Key) -> Outcome | None:
        task, variant = key
        return self.last.of(task).get(variant)


async def guarded(
    tasks: Sequence[Task], last: LastRun, gateway: Gateway, settings: StackSettings, today: date
) -> Tariff:
    """The prices that hold for this run, once its cost has been said; `tasks` are those that stay.

    Raises pulumi.RunError where the run raises the cost above the budget.
    """
    loaded = price_file.lying(settings.tasks.parent)
    for mistake in loaded.mistakes:
        pulumi.log.warn(mistake)
    tariff = Tariff(loaded.prices, settings.access.region, Month.of(today))
    asked = bill.of_list(tasks)
    names = {task.name: task for task in tasks}
    fleet = _Fleet(asked, {(task, its): names[task].endpoint_of(its) for task, its in asked}, last, gateway)
    alerts = settings.alerts
    once = bill.once(
        asked,
        dashboard=alerts.dashboard,
        own_metrics=alerts.own_metrics,
        watches_runs=alerts.expected_run_hours > 0,
    )
    planned = change(asked, await fleet.past(), once, tariff)
    if stop(planned, settings.budget):
        planned = change(asked, await fleet.past(await fleet.look_up()), once, tariff)
    if stops := stop(planned, settings.budget):
        raise pulumi.RunError(stops)
    pulumi.log.info(bill.line(planned.after, planned.before.monthly_usd, settings.budget))
    if old := planned.after.too_old(today):
        pulumi.log.info(f"cost: {old}")
    return tariff
