"""How long the lines of one endpoint are kept: its log group, where the task list says `log_retention_days`.

SageMaker makes the group itself at the first line, so one that is there is taken over, whoever made it; and it stays,
with its lines and its retention, when the endpoint or the setting goes.
"""

from dataclasses import dataclass

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

LEFT_ALONE = (*TAGS, "kmsKeyId")  # of a group that is there: it is SageMaker's, and its key is whoever's set it


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

    async def look_up(self) -> Presence:
        """One that could not be looked at is created, which AWS refuses where it exists."""
        if self._group in self.site.gateway.in_state:
            return Presence.RECORDED
        match await self.site.gateway.log_retention(self._group):
            case Unknown():
                return Presence.UNKNOWN
            case None:
                return Presence.ABSENT
        return Presence.OURS  # without a look at its tags: SageMaker gives it none

    async def declare(self, presence: Presence) -> Stands:
        is_taken_over, ignored = presence is Presence.OURS, list(LEFT_ALONE)
        if is_taken_over and self.site.is_preview:
            ignored.append("retentionInDays")
        elif is_taken_over:
            # The engine imports only what is as it is declared (pulumi 3.259, pkg/resource/deploy/step.go), so the
            # retention is set first.
            refused = await self.site.gateway.retain_logs(self._group, self.days)
            if isinstance(refused, Unknown):
                return Stands(problem=f"log group {self._group}: {refused.error}", refused=(refused.error,))
        group = LogGroup(
            self.logical_name,
            {"name": self._group, "retentionInDays": self.days},
            pulumi.ResourceOptions.merge(
                self.site.options(self._group if is_taken_over else None),
                pulumi.ResourceOptions(ignore_changes=ignored, retain_on_delete=True),
            ),
        )
        done, why = await registered(group)
        return Stands(str(self.days) if done else self.recorded, refused=(why,) if why else ())
