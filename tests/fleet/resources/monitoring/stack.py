"""A stack with nothing in AWS but what a test says, and what is declared for it as a whole."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from fleet import contract
from fleet.access import Access
from fleet.aws.gateway import Gateway
from fleet.memory import ALARMS, Move, Outcome
from fleet.resources.config import Alerts, StackSettings
from fleet.resources.last_run import LastRun
from fleet.resources.monitoring.ground import Ground
from fleet.resources.task import TaskComponent, TaskResult
from fleet.resources.variant import Result
from fleet.seen import Unknown
from fleet.status import Standing, Status
from fleet.tags import Ownership
from fleet.tasks.model import CHAMPION
from tests.fleet.resources.declaring import Declarations, World, declaring

TOPIC = "arn:aws:sns:eu-west-1:123456789012:oncall"
ENDPOINTS = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint"
ROLE = "arn:aws:iam::123456789012:role/execution"


@dataclass
class Account(World):
    """What AWS answers of dashboards and rules."""

    has: str | Unknown | None = None  # the body of the dashboard
    rule: dict[str, str] | Unknown | None = None

    async def dashboard(self, name: str) -> str | Unknown | None:
        self.asked.append(name)
        return self.has

    async def tags_of_rule(self, name: str) -> dict[str, str] | Unknown | None:
        self.asked.append(name)
        return self.rule


def settings(**alerts: Any) -> StackSettings:
    return StackSettings(
        ownership=Ownership("fleet", "prod"),
        access=Access(region="eu-west-1"),
        role=ROLE,
        tasks=Path("tasks.yaml"),
        name_prefix="",
        max_teardown=3,
        recreate_until=None,
        budget=None,
        alerts=Alerts(**alerts),
        part="",
        parameter_path="",
    )


def on_ground(
    declare: Callable[[Ground], Awaitable[Any]],
    *,
    account: Account | None = None,
    state: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    preview: bool = False,
    **alerts: Any,
) -> Declarations:
    """What `declare` registers; `alerts` are settings of the stack, `state` is what the last run left."""
    world = account or Account()

    async def at(_: Any) -> Any:
        return await declare(Ground(settings(**alerts), LastRun({}, state or {}), cast(Gateway, world)))

    return declaring(world, at, preview=preview)


def served(
    name: str,
    *moves: Move,
    alarms: str = "server-errors slow saturated",
    status: Status = Status.UP_TO_DATE,
    **known: Any,
) -> TaskResult:
    """A task whose champion is deployed."""
    outcome = Outcome(name, arn=f"{ENDPOINTS}/{name}", moves=moves, beside={ALARMS: alarms} if alarms else {})
    champion = Result(
        CHAMPION, name, Standing(status, "", known.pop("serving", None)), outcome, takes_calls=True, is_declared=True
    )
    return TaskResult(name, cast(TaskComponent, None), {CHAMPION: champion}, cast(contract.Contract, None), **known)
