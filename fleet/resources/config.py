"""What the stack's configuration says, read once and checked before anything else happens."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pulumi

from fleet.access import KNOWN, Access, AccessError, understand
from fleet.config import CHECKS, TASKS, listed, mistakes, unseen
from fleet.tags import Ownership
from fleet.tasks.place import Place


@dataclass(frozen=True)
class Alerts:
    """Whom to tell of what, and what is shown."""

    topics: tuple[str, ...] = ()  # ARNs of topics that somebody else looks after
    emails: tuple[str, ...] = ()  # with any, the stack has a topic of its own
    runbook: str = ""  # where docs/alarms.md can be read
    expected_run_hours: int = 0  # a run has to succeed as often; 0 = nobody is told
    dashboard: bool = True
    own_metrics: bool = True


@dataclass(frozen=True)
class StackSettings:
    """Stack configuration, with its defaults."""

    ownership: Ownership
    access: Access
    role: str
    tasks: Path
    name_prefix: str
    max_teardown: int
    recreate_until: date | None  # until then, endpoints that were deleted outside are made again however many they are
    budget: float | None  # USD a month
    alerts: Alerts
    part: str  # of the fleet, where several stacks have one task list; "" = all of it
    parameter_path: str  # "" = where the parameters are by the last run's record, see fleet/address.py

    @property
    def place(self) -> Place:
        return Place(self.access.region, self.part)


def read() -> StackSettings:
    """The configuration of the selected stack; raises pulumi.RunError naming the key and what to do."""
    own, access = pulumi.Config(), _access()
    said = _named(pulumi.get_project()) | {key: value for key in CHECKS if (value := own.get(key)) is not None}
    if found := mistakes(said, access.region):
        raise pulumi.RunError("\n".join(found))
    return StackSettings(
        ownership=Ownership(pulumi.get_project(), pulumi.get_stack()),
        access=replace(access, registry_role=said.get("registryRoleArn", "")),
        role=said["executionRoleArn"],
        tasks=Path(own.get("tasks") or TASKS),
        name_prefix=said.get("namePrefix", ""),
        max_teardown=int(said.get("maxTeardown", 3)),
        recreate_until=date.fromisoformat(said["recreateUntil"]) if said.get("recreateUntil") else None,
        budget=float(said["monthlyBudgetUsd"]) if said.get("monthlyBudgetUsd") else None,
        alerts=_alerts(said),
        part=said.get("part", ""),
        parameter_path=said.get("parameterPath", ""),
    )


def _alerts(said: Mapping[str, str]) -> Alerts:
    return Alerts(
        topics=listed("alertTopicArns", said.get("alertTopicArns", "[]")),
        emails=listed("alertEmails", said.get("alertEmails", "[]")),
        runbook=said.get("runbookUrl", ""),
        expected_run_hours=int(said.get("expectedRunHours", 0)),
        dashboard=said.get("dashboard", "true") == "true",
        own_metrics=said.get("ownMetrics", "true") == "true",
    )


def _named(namespace: str) -> dict[str, str]:
    """Every setting of a namespace, whatever it is called: pulumi.Config finds only what one knows the name of."""
    given = pulumi.runtime.get_config_env()
    return {key.partition(":")[2]: value for key, value in given.items() if key.startswith(f"{namespace}:")}


def _access() -> Access:
    """How AWS is reached; raises pulumi.RunError naming each setting that cannot be followed."""
    config = pulumi.Config("aws")
    if hidden := unseen({f"aws:{name}": value for name, value in _named("aws").items()}):
        raise pulumi.RunError("\n".join(hidden))
    said = {f"aws:{name}": value for name in KNOWN if (value := config.get(name)) is not None}
    try:
        access = understand(said, os.environ)
    except AccessError as error:
        raise pulumi.RunError(str(error)) from None
    if not access.region:
        raise pulumi.RunError("aws:region is not set; run `pulumi config set aws:region <region>`")
    return access
