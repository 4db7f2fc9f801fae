"""One task of the fleet: what a run comes upon, the component that holds its variants, and what came of them."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pulumi

from fleet import contract, wire
from fleet.address import Address, record
from fleet.aws.gateway import Gateway
from fleet.choice import (
    SAME_VERSION,
    Champion,
    Choice,
    successor_of,
    torn_down,
)
from fleet.contract import Contract
from fleet.memory import Outcome
from fleet.resources.beside.parameter import Content, Parameter, Parameters
from fleet.resources.beside.thing import Stands, stand
from fleet.resources.config import StackSettings
from fleet.resources.site import Site
from fleet.resources.situation import Situation, Variant
from fleet.resources.teardown import NO_MORE, Leave
from fleet.resources.variant import Decision, Result, carry_out, decide
from fleet.resources.watch import Watch
from fleet.seen import LiveEndpoint, OnHold, Refused, Unknown
from fleet.split import weights
from fleet.status import Standing, Status, told
from fleet.tasks.model import CHAMPION, Task


class TaskComponent(pulumi.ComponentResource):
    """The parent of everything that belongs to one task."""

    def __init__(self, name: str) -> None:
        super().__init__("fleet:Task", name)
        self.register_outputs({})


@dataclass(frozen=True)
class Run:
    """What all tasks of one run share."""

    gateway: Gateway
    settings: StackSettings
    parameters: Parameters
    leave: Leave  # what may still go
    watch: Watch = field(default_factory=Watch)


@dataclass(frozen=True)
class TaskResult:
    """What a run found and did for one task, by variant; the champion speaks for the task."""

    name: str
    component: TaskComponent
    variants: Mapping[str, Result]
    contract: Contract
    moves: bool = False  # something of it does, or would in an `up`

    @property
    def champion(self) -> Result:
        return self.variants[CHAMPION]

    @property
    def endpoints(self) -> list[str]:
        """Those that stay; any other goes away at the end of the run."""
        return [result.endpoint for result in self.variants.values() if result.is_declared]

    def at(self, address: Address) -> "TaskResult":
        """The same, with this address in its record."""
        champion = replace(self.champion, outcome=record(address, self.champion.outcome))
        return replace(self, variants={**self.variants, CHAMPION: champion})

    def output(self) -> dict[str, Any]:
        """The stack output of the task."""
        runs = {name: wire.pack(result.outcome) for name, result in self.variants.items()}
        return contract.output(self.contract, runs)


async def roll_out(found: Situation, run: Run) -> TaskResult:
    """Bring one task to where it should be: the champion, and its challengers as soon as that one is decided."""
    component = TaskComponent(found.task.name)
    champion = found.variants[CHAMPION]
    site = _site(champion, run, component)
    decision = await decide(champion, site)
    carried_out = asyncio.ensure_future(carry_out(champion, decision, site))
    choices = await found.challengers(decision.handed, run.gateway)
    beside = (
        _roll_out_beside(found, found.variants[name], choice, decision, carried_out, run, component)
        for name, choice in choices.items()
    )
    results = await asyncio.gather(carried_out, *beside)
    is_certain = not isinstance(found.registry, Unknown)
    return await _concluded(found.task, component, results, found.last, run, is_certain=is_certain)


def _site(variant: Variant, run: Run, component: TaskComponent) -> Site:
    return Site(run.gateway, run.settings.ownership, component, variant.task, variant.name, variant.owner, run.watch)


async def _roll_out_beside(
    found: Situation,
    challenger: Variant,
    choice: Choice,
    decision: Decision,
    champion: Awaitable[Result],
    run: Run,
    component: TaskComponent,
) -> Result:
    """Bring one challenger to where it should be, or away."""
    site = _site(challenger, run, component)
    if choice.away == SAME_VERSION and challenger.is_deployed and decision.steps.moves and not site.is_preview:
        # A promotion: the challenger goes only when the champion serves the version, for its update may be rolled back.
        its = (await champion).standing.serving
        handed = Champion(its.version) if its else decision.handed
        choice = (await found.challengers(handed, run.gateway))[challenger.name]
    if choice.away and challenger.is_deployed and not run.leave.take():
        choice = replace(choice, answer=OnHold(), away="", decided=f"goes in a later run, {choice.away}: {NO_MORE}")
    if choice.away:
        return await _taken_away(challenger, choice, site)
    challenger = challenger.going_by(choice)
    return await carry_out(challenger, await decide(challenger, site), site)


async def _taken_away(challenger: Variant, choice: Choice, site: Site) -> Result:
    """A challenger that is not to be there. A killed run may have made its endpoint, in the state or not."""
    endpoint, gateway = challenger.endpoint, site.gateway
    if not challenger.is_deployed and not site.is_preview:
        live = await gateway.live(endpoint, None, wait=True)
        if isinstance(live, LiveEndpoint) and live.ours and (refused := await gateway.remove(endpoint)):
            what = f"endpoint {endpoint}, which a killed run made, could not be removed"
            pulumi.log.warn(f"{challenger.title}: {what}: {refused.error}")
    refusal = choice.away if isinstance(choice.answer, Refused) else ""
    outcome = Outcome(endpoint, approved_version=choice.newest, by_decision=choice.away == SAME_VERSION)
    gone = _not_deployed(challenger.name, outcome, choice.away)
    return replace(gone, fault=refusal, refusal=refusal, warning=choice.warning)


async def take_down(task: Task, today: date, last: Mapping[str, Outcome], run: Run) -> TaskResult:
    """A task that the list wants no endpoint of: what is not declared, the engine deletes."""
    component = TaskComponent(task.name)
    outcome = Outcome(endpoint=task.endpoint, by_decision=True)
    gone = _not_deployed(CHAMPION, outcome, torn_down(task, today))
    return await _concluded(task, component, [gone], last, run, successor_of(task, today))


def _not_deployed(variant: str, outcome: Outcome, reason: str) -> Result:
    return Result(variant, outcome.endpoint, Standing(Status.NOT_DEPLOYED, reason), outcome, takes_calls=False)


async def _concluded(
    task: Task,
    component: TaskComponent,
    results: Sequence[Result],
    last: Mapping[str, Outcome],
    run: Run,
    successor: str = "",
    *,
    is_certain: bool = True,
) -> TaskResult:
    """What came of it, written where the apps read it."""
    variants = {result.variant: result for result in results}
    shares = {name: variant.weight for name, variant in task.variants.items() if name in variants}
    serving = [name for name, result in variants.items() if result.takes_calls]
    same_version = [name for name in shares if variants[name].outcome.by_decision]
    split = weights(shares, CHAMPION, serving, same_version)
    deployed = {name for name, record in last.items() if record.endpoint in record.declared}
    declared = {result.variant for result in results if result.is_declared}
    moves = any(result.has_moved for result in results) or not deployed <= declared
    is_certain = is_certain and all(result.standing.status is not Status.UNKNOWN for result in results)
    value = contract.text(_contract(variants, split, successor))
    content = Content(task, value, component, moves=moves, is_certain=is_certain)
    stands = await stand(Parameter(run.parameters, content))
    variants[CHAMPION] = _with_parameter(variants[CHAMPION], stands)
    return TaskResult(task.name, component, variants, _contract(variants, split, successor), moves)


def _with_parameter(champion: Result, parameter: Stands) -> Result:
    """The champion's result with what came of the task's parameter, which cannot say so itself."""
    return replace(
        champion,
        standing=told(champion.standing, parameter.refused),
        outcome=replace(champion.outcome, refused=(*champion.outcome.refused, *parameter.refused)),
        fault=champion.fault or parameter.problem,
        refusal=champion.refusal or parameter.problem,
    )


async def settle(results: Sequence[TaskResult], parameters: Parameters) -> list[TaskResult]:
    """The results of all tasks, with the addresses of their parameters."""
    is_well = not any(variant.fault for result in results for variant in result.variants.values())
    addresses = await parameters.conclude(is_well=is_well)
    return [result.at(addresses.get(result.name, Address())) for result in results]


def _contract(variants: Mapping[str, Result], split: Mapping[str, float], successor: str) -> Contract:
    return contract.contract({name: _told(result, split[name]) for name, result in variants.items()}, successor)


def _told(result: Result, weight: float) -> contract.Variant:
    serving = result.standing.serving
    return contract.Variant(
        endpoint=result.endpoint,
        version=serving.version if serving else 0,
        model_package_arn=serving.package if serving else "",
        status=result.standing.status,
        reason=result.standing.reason,
        weight=weight,
    )
