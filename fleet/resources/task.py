"""One task of the fleet: what its variants are to go by, the component that holds them, and what came of them."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pulumi

from fleet import contract, wire
from fleet.address import Address, record
from fleet.aws.gateway import Gateway
from fleet.choice import SAME_VERSION, Champion, Choice, Handed, choose, choose_beside, successor_of, torn_down
from fleet.contract import Contract
from fleet.memory import Outcome
from fleet.resources.beside.parameter import Content, Parameters, Written
from fleet.resources.config import StackSettings
from fleet.resources.teardown import NO_MORE, Leave
from fleet.resources.variant import Decision, Goal, Result, Variant, VariantRollout
from fleet.revision import Limits, Settings
from fleet.seen import Answer, Approved, LiveEndpoint, Refused, Stay, Unknown
from fleet.split import weights
from fleet.status import NOT_OURS, Standing, Status, told
from fleet.tasks.model import CHAMPION, Sizes, Task


class TaskComponent(pulumi.ComponentResource):
    """The parent of everything that belongs to one task."""

    def __init__(self, name: str) -> None:
        super().__init__("fleet:Task", name)
        self.register_outputs({})


@dataclass(frozen=True)
class Aim:
    """What the variants of one task are to go by, as far as that is known before anything is declared."""

    task: Task
    registry: Answer  # what it says of the task's group
    last: Mapping[str, Outcome]  # what the last run wrote, by variant
    goals: Mapping[str, Goal]  # by variant, the champion first


@dataclass(frozen=True)
class TaskResult:
    """What a run found and did for one task, by variant; the champion speaks for the task."""

    name: str
    component: TaskComponent
    variants: Mapping[str, Result]
    contract: Contract

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


async def aim(
    task: Task, registry: Answer, last: Mapping[str, Outcome], gateway: Gateway, settings: StackSettings
) -> Aim:
    """What the task's variants are to go by."""
    # Not the run's own time: the registry has been asked since, and may have found a version just old enough.
    now = datetime.now(UTC)
    goals = {CHAMPION: await _goal(task, CHAMPION, choose(task, registry, now), last.get(CHAMPION), gateway, settings)}
    foreseen = _foreseen(goals[CHAMPION].choice.answer)
    for name in task.variants:
        record = last.get(name)
        serving = record.version if record else 0
        choice = choose_beside(task, name, registry, foreseen, now, serving=serving)
        goals[name] = await _goal(task, name, choice, record, gateway, settings)
    return Aim(task, registry, last, goals)


def _foreseen(champion: Answer) -> Handed:
    """What the champion will hand over, if all goes well; what is refused for a challenger may hang on it."""
    match champion:
        case Approved(version):
            return Champion(version)
        case Refused(reason):
            return Refused(f"champion: {reason}")
        case Unknown():
            return champion
    return Champion(0)


async def _goal(
    task: Task, name: str, choice: Choice, record: Outcome | None, gateway: Gateway, settings: StackSettings
) -> Goal:
    endpoint, refusal = await _endpoint_name(task.endpoint_of(name), choice.answer, record, gateway)
    if refusal:
        choice = replace(choice, answer=Refused(refusal))
    sizes = task.sizes_of(name)
    its = settings_of(sizes, endpoint=endpoint, role=settings.role, attempt=task.attempt)
    return Goal(Variant(task.name, name, task.owner, its, task.smoke_test, sizes.scaling), choice, record)


def settings_of(sizes: Sizes, *, endpoint: str, role: str, attempt: int) -> Settings:
    """The settings that revisions are made of: every size is one, under its own name."""
    own: dict[str, Any] = {name: getattr(sizes, name) for name in Sizes.model_fields if name != "scaling"}
    limits = Limits(sizes.scaling.min, sizes.scaling.max) if sizes.scaling else None
    return Settings(endpoint=endpoint, role=role, attempt=attempt, scaling=limits, **own)


async def roll_out(
    aim: Aim, gateway: Gateway, parameters: Parameters, settings: StackSettings, leave: Leave
) -> TaskResult:
    """Bring one task to where it should be: the champion, and its challengers as soon as that one is decided."""
    component = TaskComponent(aim.task.name)
    rollout = VariantRollout(aim.goals[CHAMPION], gateway, settings.ownership, component)
    decision = await rollout.decide()
    champion = asyncio.ensure_future(rollout.carry_out(decision))
    challengers = [goal for name, goal in aim.goals.items() if name != CHAMPION]
    beside = (
        _roll_out_beside(goal, aim, decision, champion, gateway, settings, component, leave) for goal in challengers
    )
    results = await asyncio.gather(champion, *beside)
    is_certain = not isinstance(aim.registry, Unknown)
    return await _concluded(aim.task, component, results, aim.last, parameters, is_certain=is_certain)


async def _roll_out_beside(
    goal: Goal,
    aim: Aim,
    decision: Decision,
    champion: Awaitable[Result],
    gateway: Gateway,
    settings: StackSettings,
    component: TaskComponent,
    leave: Leave,
) -> Result:
    """Bring one challenger to where it should be, or away, given what the champion is to serve."""
    serving = goal.record.version if goal.record else 0
    choose_by = partial(choose_beside, aim.task, goal.variant.name, aim.registry, serving=serving)
    choice = choose_by(decision.handed, datetime.now(UTC))
    if choice.away == SAME_VERSION and goal.is_deployed and decision.moves and not pulumi.runtime.is_dry_run():
        # Not before the champion serves it: a promotion may be rolled back.
        its = (await champion).standing.serving
        choice = choose_by(Champion(its.version) if its else decision.handed, datetime.now(UTC))
    if choice.away and goal.is_deployed and not leave.take():
        choice = replace(choice, answer=Stay(), away="", decided=f"goes in a later run, {choice.away}: {NO_MORE}")
    if choice.away:
        return await _taken_away(goal, choice, gateway)
    if isinstance(goal.choice.answer, Refused):
        choice = replace(choice, answer=goal.choice.answer)
    rollout = VariantRollout(goal.going_by(choice), gateway, settings.ownership, component)
    return await rollout.carry_out(await rollout.decide())


async def _taken_away(goal: Goal, choice: Choice, gateway: Gateway) -> Result:
    """A challenger that is not to be there. A killed run may have made its endpoint, in the state or not."""
    if not goal.is_deployed and not pulumi.runtime.is_dry_run():
        live = await gateway.live(goal.endpoint, None, wait=True)
        if isinstance(live, LiveEndpoint) and live.ours and (refused := await gateway.remove(goal.endpoint)):
            what = f"endpoint {goal.endpoint}, which a killed run made, could not be removed"
            pulumi.log.warn(f"{goal.variant.title}: {what}: {refused.error}")
    refusal = choice.away if isinstance(choice.answer, Refused) else ""
    outcome = Outcome(goal.endpoint, approved_version=choice.newest, by_decision=choice.away == SAME_VERSION)
    gone = _not_deployed(goal.variant.name, outcome, choice.away)
    return replace(gone, fault=refusal, refusal=refusal, warning=choice.warning)


async def take_down(task: Task, today: date, last: Mapping[str, Outcome], parameters: Parameters) -> TaskResult:
    """A task that the list wants no endpoint of: what is not declared, the engine deletes."""
    component = TaskComponent(task.name)
    outcome = Outcome(endpoint=task.endpoint, by_decision=True)
    gone = _not_deployed(CHAMPION, outcome, torn_down(task, today))
    return await _concluded(task, component, [gone], last, parameters, successor_of(task, today))


def _not_deployed(variant: str, outcome: Outcome, reason: str) -> Result:
    return Result(variant, outcome.endpoint, Standing(Status.NOT_DEPLOYED, reason), outcome, takes_calls=False)


async def _concluded(
    task: Task,
    component: TaskComponent,
    results: Sequence[Result],
    last: Mapping[str, Outcome],
    parameters: Parameters,
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
    written = await parameters.declare(Content(task, value, component, moves=moves, is_certain=is_certain))
    variants[CHAMPION] = _with_parameter(variants[CHAMPION], written)
    return TaskResult(task.name, component, variants, _contract(variants, split, successor))


def _with_parameter(champion: Result, written: Written) -> Result:
    """The champion's result with what came of the task's parameter, which cannot say so itself."""
    refused = (written.refused,) if written.refused else ()
    return replace(
        champion,
        standing=told(champion.standing, refused),
        outcome=replace(champion.outcome, refused=(*champion.outcome.refused, *refused)),
        fault=champion.fault or written.problem,
        refusal=champion.refusal or written.problem,
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


async def _endpoint_name(wanted: str, answer: Answer, record: Outcome | None, gateway: Gateway) -> tuple[str, str]:
    """The name of the endpoint in this run, and what refuses the wanted one.

    Another namePrefix is another endpoint, and making it deletes the one that serves: that one keeps its name until it
    is known that the new one can be made.
    """
    serving = record.endpoint if record and record.endpoint in record.declared else wanted
    rows = await gateway.listed()
    if serving == wanted or (not isinstance(rows, Unknown) and serving not in rows):
        return wanted, ""
    there = await gateway.live(wanted, None, wait=False)
    if isinstance(there, LiveEndpoint) and not there.ours:
        return serving, f"{wanted}: {NOT_OURS}; {serving} keeps serving"
    return (wanted if isinstance(answer, Approved) and not isinstance(there, Unknown) else serving), ""
