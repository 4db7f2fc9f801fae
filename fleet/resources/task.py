"""One task of the fleet: what its variants are to go by, the component that holds them, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pulumi

from fleet import wire
from fleet.aws.region import Region
from fleet.choice import choose, successor_of, torn_down
from fleet.resources.stack import StackSettings
from fleet.resources.variant import Goal, Result, Variant, VariantRollout
from fleet.revision import Settings
from fleet.rollout import Answer, Approved, LiveEndpoint, Outcome, Refused, Unknown
from fleet.status import NOT_OURS, Standing, Status
from fleet.tasks import CHAMPION, Task


class TaskComponent(pulumi.ComponentResource):
    """The parent of everything that belongs to one task."""

    def __init__(self, name: str) -> None:
        super().__init__("fleet:Task", name)
        self.register_outputs({})


@dataclass(frozen=True)
class TaskResult:
    """What a run found and did for one task, by variant; the champion speaks for the task."""

    name: str
    component: TaskComponent | None
    variants: Mapping[str, Result]
    successor: str = ""  # of a retired task

    @property
    def champion(self) -> Result:
        return self.variants[CHAMPION]

    def output(self) -> dict[str, Any]:
        """The stack output of the task, as docs/architecture.md describes it."""
        variants = {name: _output(result) for name, result in self.variants.items()}
        champion = variants[CHAMPION]
        contract = {key: champion[key] for key in ("endpoint", "version", "model_package_arn", "status", "reason")}
        successor = {"successor": self.successor} if self.successor else {}
        return {**contract, "variants": variants, **successor}


def _output(result: Result) -> dict[str, Any]:
    serving = result.standing.serving
    return {
        "endpoint": result.endpoint,
        "version": serving.version if serving else 0,
        "model_package_arn": serving.package if serving else "",
        "status": result.standing.status.value,
        "reason": result.standing.reason,
        "weight": 1.0 if serving else 0.0,
        "run": wire.encode(result.outcome),
    }


async def aim(task: Task, answer: Answer, last: Mapping[str, Outcome], region: Region, settings: StackSettings) -> Goal:
    """What the task's champion is to go by. `last` is what the last run wrote, by variant."""
    # Not the run's own time: the registry has been asked since, and may have found a version just old enough.
    choice, record = choose(task, answer, datetime.now(UTC)), last.get(CHAMPION)
    endpoint, refusal = await _endpoint_name(task.endpoint, choice.answer, record, region)
    if refusal:
        choice = replace(choice, answer=Refused(refusal))
    sizes = Settings(
        endpoint=endpoint,
        role=settings.role,
        memory_mb=task.memory_mb,
        max_concurrency=task.max_concurrency,
        provisioned_concurrency=task.provisioned_concurrency,
        environment=task.environment,
        attempt=task.attempt,
    )
    return Goal(Variant(task.name, CHAMPION, task.owner, sizes, task.smoke_test), choice, record)


async def roll_out(goal: Goal, region: Region, settings: StackSettings) -> TaskResult:
    """Bring one task to where it should be."""
    component = TaskComponent(goal.variant.task)
    champion = await VariantRollout(goal, region, settings.ownership, component).run()
    return TaskResult(goal.variant.task, component, {CHAMPION: champion})


def take_down(task: Task, today: date) -> TaskResult:
    """A task that the list wants no endpoint of: what is not declared, the engine deletes."""
    standing = Standing(Status.NOT_DEPLOYED, torn_down(task, today))
    gone = Result(task.endpoint, standing, Outcome(endpoint=task.endpoint, by_decision=True))
    return TaskResult(task.name, None, {CHAMPION: gone}, successor_of(task, today))


async def _endpoint_name(wanted: str, answer: Answer, record: Outcome | None, region: Region) -> tuple[str, str]:
    """The name of the endpoint in this run, and what refuses the wanted one.

    Another namePrefix is another endpoint, and making it deletes the one that serves: that one keeps its name until it
    is known that the new one can be made.
    """
    serving = record.endpoint if record and record.endpoint in record.declared else wanted
    rows = await region.listed()
    if serving == wanted or (not isinstance(rows, Unknown) and serving not in rows):
        return wanted, ""
    there = await region.live(wanted, None, wait=False)
    if isinstance(there, LiveEndpoint) and not there.ours:
        return serving, f"{wanted}: {NOT_OURS}; {serving} keeps serving"
    return (wanted if isinstance(answer, Approved) and not isinstance(there, Unknown) else serving), ""
