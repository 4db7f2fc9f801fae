"""Whose a resource is: the tags that every Model, EndpointConfiguration and Endpoint carries from its first deployment.

The prefix keeps them apart from a company's own tags. What carries this project's and this stack's is this stack's, in
the state or not; what does not is somebody else's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

VERSION = "fleet:version"
# What the provider calls the tags of a resource: its own, and all, with the provider's default tags under its own. To
# leave tags alone is to ignore changes of both: with the first alone, what others have put on a resource is taken away.
TAGS = ("tags", "tagsAll")


@dataclass(frozen=True)
class Ownership:
    """The stack that owns what it deploys."""

    project: str
    stack: str

    def tags(self, task: str, variant: str, owner: str | None, version: int | None = None) -> dict[str, str]:
        """The tags of one resource. An endpoint has no version: it would lie after a rollback."""
        optional = {"fleet:owner": owner, VERSION: None if version is None else str(version)}
        its = {"fleet:task": task, "fleet:variant": variant}
        return {**self.of_the_stack(), **its} | {key: value for key, value in optional.items() if value is not None}

    def of_the_stack(self) -> dict[str, str]:
        """The tags of what a stack has once."""
        return {"fleet:project": self.project, "fleet:stack": self.stack}

    def covers(self, tags: Mapping[str, str]) -> bool:
        """True where these tags say that the resource is this stack's."""
        return (tags.get("fleet:project"), tags.get("fleet:stack")) == (self.project, self.stack)
