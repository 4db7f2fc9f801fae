"""The alarms of one endpoint, a resource each. Which they are, and what they say, is fleet/monitoring/alarms.py's."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import pulumi

from fleet.aws.gateway import Presence
from fleet.memory import ALARMS
from fleet.monitoring.alarms import Specification, inputs
from fleet.resources.aws_types import MetricAlarm
from fleet.resources.beside.thing import Stands, all_of
from fleet.resources.engine import registered
from fleet.resources.site import Site
from fleet.resources.watch import Watch
from fleet.seen import Unknown
from fleet.tags import TAGS

FOREIGN = "alarm {name} exists and is not this stack's, by its tags; delete it, or give this stack another name"
# What an import leaves as it is, because it may be of another release or task list: the engine takes over only what is
# exactly as declared. The next run changes it.
AS_IT_IS = (
    "alarmActions",
    "alarmDescription",
    "comparisonOperator",
    "datapointsToAlarm",
    "dimensions",
    "evaluateLowSampleCountPercentiles",
    "evaluationPeriods",
    "extendedStatistic",
    "metricName",
    "metricQueries",
    "namespace",
    "okActions",
    "period",
    "statistic",
    "threshold",
    "treatMissingData",
    "warmUpConfiguration",
    *TAGS,
)

Looked = Mapping[str, Presence | Unknown]


@dataclass(frozen=True)
class EndpointAlarms:
    """The alarms of one endpoint. What the next run is told of them are the kinds that are in the state."""

    wanted: Sequence[Specification]
    site: Site
    depends_on: pulumi.Resource | None  # the endpoint, so that they go before it
    foreign: bool  # the endpoint has become somebody else's: it gets no new alarm, and none of this is deleted
    kind = ALARMS

    async def look_up(self) -> Looked:
        """By the names of the alarms: a killed run may have made them, or the state was lost."""
        found = await asyncio.gather(*(self.site.gateway.alarm(one.name) for one in self.wanted))
        return {one.name: presence for one, presence in zip(self.wanted, found, strict=True)}

    async def declare(self, presence: Looked) -> Stands:
        wanted = [one for one in self.wanted if not self.foreign or presence[one.name] is Presence.RECORDED]
        return all_of(await asyncio.gather(*(self._declare(one, presence[one.name]) for one in wanted)))

    async def _declare(self, one: Specification, presence: Presence | Unknown) -> Stands:
        options = self.site.options(None, [self.depends_on] if self.depends_on else [])
        keeping = pulumi.ResourceOptions(retain_on_delete=self.foreign or None)
        opts = pulumi.ResourceOptions.merge(options, keeping)
        return await declare(one, presence, self.site.tags(), opts, self.site.watch)


async def declare(
    one: Specification,
    presence: Presence | Unknown,
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
    watch: Watch,
) -> Stands:
    """Declare one alarm, and wait for its step.

    CloudWatch makes and changes an alarm by the same call: one that could not be looked at is not declared, for it may
    be somebody else's.
    """
    if isinstance(presence, Unknown):
        watch.warn(f"alarms that the state does not hold are not written: {presence.error}")
        return Stands(unknown=f"alarm {one.name} was not written: {presence.error}")
    if presence is Presence.FOREIGN:
        return Stands(problem=FOREIGN.format(name=one.name))
    if presence is Presence.OURS:
        imported = pulumi.ResourceOptions(import_=one.name, ignore_changes=list(AS_IT_IS))
        opts = pulumi.ResourceOptions.merge(opts, imported)
    async with nullcontext() if pulumi.runtime.is_dry_run() else watch.turns:
        said = {**inputs(one, watch.topics), "tags": dict(tags)}
        alarm, refused = await registered(MetricAlarm(one.logical_name, said, opts))
    in_state = alarm is not None or presence is Presence.RECORDED
    return Stands(
        one.kind if in_state else "", refused=() if alarm else (refused or f"alarm {one.name} was not written",)
    )
