"""Where the resources of one variant are declared: who asks AWS, whose they are, and what they are children of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi

from fleet.aws.gateway import Gateway
from fleet.resources.engine import listening
from fleet.resources.watch import Watch
from fleet.tags import Ownership
from fleet.tasks.model import title


@dataclass(frozen=True)
class Site:
    """What every step for one variant shares."""

    gateway: Gateway
    ownership: Ownership
    parent: pulumi.Resource  # the task's component
    task: str
    variant: str
    owner: str | None = None
    watch: Watch = field(default_factory=Watch)

    @property
    def is_preview(self) -> bool:
        return pulumi.runtime.is_dry_run()

    @property
    def title(self) -> str:
        """As messages call the variant."""
        return title(self.task, self.variant)

    def tags(self, version: int | None = None) -> dict[str, str]:
        return self.ownership.tags(self.task, self.variant, self.owner, version)

    def options(self, import_: str | None, depends_on: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        """Of a resource that is told of when AWS refuses it.

        `import_` is the id under which AWS has what the state may lack; it is ignored where the state has it.
        """
        return pulumi.ResourceOptions(
            parent=self.parent, import_=import_, depends_on=list(depends_on), hooks=listening()
        )
