"""What everything that a stack has once stands on, and the component that holds it."""

from dataclasses import dataclass, field

import pulumi

from fleet.aws.gateway import Gateway
from fleet.resources.config import StackSettings
from fleet.resources.engine import listening
from fleet.resources.last_run import LastRun


class Monitoring(pulumi.ComponentResource):
    """The parent of what watches over a stack as a whole."""

    def __init__(self) -> None:
        super().__init__("fleet:Monitoring", "monitoring")
        self.register_outputs({})


@dataclass(frozen=True)
class Ground:
    """One stack: what it is to have, what it had, and who asks AWS."""

    settings: StackSettings
    last: LastRun
    gateway: Gateway
    parent: Monitoring = field(default_factory=Monitoring)

    @property
    def stack(self) -> str:
        """As the manager's own metrics name it."""
        return f"{self.settings.ownership.project}/{self.settings.ownership.stack}"

    @property
    def tags(self) -> dict[str, str]:
        return self.settings.ownership.of_the_stack()

    def options(self, after: pulumi.Resource | None = None) -> pulumi.ResourceOptions:
        """Of a resource that is told of when AWS refuses it."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=[after] if after else [], hooks=listening())
