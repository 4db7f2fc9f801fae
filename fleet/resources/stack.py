"""What the stack's configuration says, read once and checked before anything else happens."""

import os
from dataclasses import dataclass
from pathlib import Path

import pulumi

from fleet import wire
from fleet.rollout import Outcome
from fleet.stack import CHECKS, TASKS, mistakes, parameter_path
from fleet.tags import Ownership


@dataclass(frozen=True)
class StackSettings:
    """Stack configuration, with its defaults."""

    ownership: Ownership
    region: str
    profile: str  # "" = the default credential chain
    role: str
    tasks: Path
    name_prefix: str
    max_teardown: int
    parameter_path: str


def read() -> StackSettings:
    """The configuration of the selected stack; raises pulumi.RunError naming the key and what to do."""
    own, aws = pulumi.Config(), pulumi.Config("aws")
    region = aws.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise pulumi.RunError("aws:region is not set; run `pulumi config set aws:region <region>`")
    said = {key: value for key in CHECKS if (value := own.get(key)) is not None}
    if found := mistakes(said):
        raise pulumi.RunError("\n".join(found))
    return StackSettings(
        ownership=Ownership(pulumi.get_project(), pulumi.get_stack()),
        region=region,
        profile=aws.get("profile") or "",
        role=said["executionRoleArn"],
        tasks=Path(own.get("tasks") or TASKS),
        name_prefix=said.get("namePrefix", ""),
        max_teardown=int(said.get("maxTeardown", 3)),
        parameter_path=parameter_path(said, pulumi.get_stack()),
    )


async def last_outcomes() -> dict[str, dict[str, Outcome]]:
    """What this stack's last run wrote, by task and variant; {} in the first run.

    A reference of the stack to itself works with --refresh and destroy too, and is no change.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    outputs = await pulumi.StackReference(name).outputs.future() or {}
    return {
        task: {name: wire.decode(Outcome, variant["run"]) for name, variant in output["variants"].items()}
        for task, output in outputs.items()
    }
