"""How long the lines of one endpoint are kept: its log group, where the task list says `log_retention_days`.

SageMaker makes the group itself at the first line, so one that is there is taken over, whoever made it; and it stays,
with its lines and its retention, when the endpoint or the setting goes.
"""

from dataclasses import dataclass
from typing import Literal

import pulumi

from fleet.aws.gateway import Presence
from fleet.aws.logs import group_of
from fleet.memory import LOGS
from fleet.resources.aws_types import LogGroup
from fleet.resources.beside.thing import Stands
from fleet.resources.engine import registered
from fleet.resources.site import Site
from fleet.seen import Unknown
from fleet.tags import TAGS

# Of a group that was there, which is SageMaker's: a key that somebody has given it would be taken away.
LEFT_ALONE = (*TAGS, "kmsKeyId")

Looked = Literal[Presence.RECORDED] | int | Unknown | None


@dataclass(frozen=True)
class Logs:
    """The log group of one endpoint."""

    logical_name: str
    endpoint: str
    days: int
    recorded: str
    site: Site
    kind = LOGS

    @property
    def _group(self) -> str:
        return group_of(self.endpoint)

    async def look_up(self) -> Looked:
        """Days for which a group keeps its lines that the state does not have; None where there is none."""
        if self._group in self.site.gateway.in_state:
            return Presence.RECORDED
        return await self.site.gateway.log_retention(self._group)

    async def declare(self, presence: Looked) -> Stands:
        if isinstance(presence, Unknown):  # it may be there, and then AWS refuses to make it
            return self._not_written(presence.error)
        if presence is None or presence is Presence.RECORDED:
            return await self._declared(None)
        if presence == self.days:
            return await self._declared(self._group)
        # The engine takes over only what is as it is declared (pulumi 3.259, pkg/resource/deploy/step.go).
        if self.site.is_preview:
            return await self._declared(self._group, "retentionInDays")
        refused = await self.site.gateway.retain_logs(self._group, self.days)
        return self._not_written(refused.error) if refused else await self._declared(self._group)

    def _not_written(self, error: str) -> Stands:
        why = f"log group {self._group}: its retention was not set: {error}"
        if self.site.is_preview:
            pulumi.log.warn(f"{self.site.title}: {why}")
        return Stands(unknown=why, refused=(error,))

    async def _declared(self, import_: str | None, *ignored: str) -> Stands:
        group = LogGroup(
            self.logical_name,
            {"name": self._group, "retentionInDays": self.days},
            pulumi.ResourceOptions.merge(
                self.site.options(import_),
                pulumi.ResourceOptions(ignore_changes=[*LEFT_ALONE, *ignored], retain_on_delete=True),
            ),
        )
        done, why = await registered(group)
        return Stands(str(self.days) if done else self.recorded, refused=(why,) if why else ())
