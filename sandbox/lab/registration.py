"""What people do in the Model Registry: versions are registered, approved, rejected, moved to a stage."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.lab.connection import Connection


class Registration(Connection):
    def seed(self, groups: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, list[int]]:
        """Registers many versions at once, and gives their numbers by group.

        Example: `{"toxicity": [{}, {"approval": "Rejected"}]}`, with the arguments of `register` for each version.
        """
        content = {"groups": {name: list(rows) for name, rows in groups.items()}}
        versions: dict[str, list[int]] = self._ask_here("POST", "seed", content)["versions"]
        return versions

    def register(
        self,
        group: str,
        *,
        approval: str = "Approved",
        status: str = "Completed",
        path: str | None = None,
        **content: Any,
    ) -> int:
        """A new version of the group, which is created when missing. Gives its number.

        `path` is the inference server's model; by default `<group>/<version>`. `content` is what the package holds
        other than that: how many `containers`, a `model_data_source` in place of ModelDataUrl, a `product_id`, the
        whole `inference_specification` ({}: none), and other `members` of CreateModelPackage.
        """
        return self.seed({group: [{"approval": approval, "status": status, "path": path, **content}]})[group][0]

    def approve(self, group: str, version: int) -> None:
        self._ask_here("POST", "package", {"group": group, "version": version, "approval": "Approved"})

    def reject(self, group: str, version: int) -> None:
        self._ask_here("POST", "package", {"group": group, "version": version, "approval": "Rejected"})

    def stage(self, group: str, version: int, stage: str, status: str = "Active") -> None:
        """Move a version to a stage of the model life cycle."""
        self._ask("POST", "package", {"group": group, "version": version, "stage": stage, "stage_status": status})
