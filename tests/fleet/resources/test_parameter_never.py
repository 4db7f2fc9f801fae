"""What must never happen to the parameters that apps read, over all histories of where they are to be.

The program's own declarations run against a small model of the engine and of Parameter Store. The engine of the model
deletes what a run does not declare, writes the record last, and may be killed between any two steps; Parameter Store
may refuse any of them.
"""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import pulumi
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from fleet import address, wire
from fleet.address import Address
from fleet.memory import Outcome
from fleet.resources.beside import parameter as parameter_module
from fleet.resources.beside.parameter import Content, Parameter, Parameters
from fleet.resources.beside.thing import stand
from fleet.resources.last_run import LastRun
from fleet.tags import Ownership
from fleet.tasks.model import Task

TASKS = ("mood", "spam", "topic")
PATHS = ("/a", "/b", "/c")
NAMES = [f"{path}/{task}" for path in PATHS for task in TASKS]


class Killed(Exception):
    """The run ended here."""


@dataclass
class World:
    """What survives a run: Parameter Store, the state file, and the record in it."""

    aws: dict[str, str] = field(default_factory=dict)  # value by full name
    theirs: set[str] = field(default_factory=set)
    state: dict[str, str] = field(default_factory=dict)  # full name by logical name
    record: dict[str, Outcome] = field(default_factory=dict)  # by task


class Engine:
    """One run of the model's engine, that carries out what the program registers."""

    def __init__(self, world: World, refuses: str, steps: int) -> None:
        self.world, self.refuses, self.steps = world, refuses, steps
        self.declared: set[str] = set()
        self.is_red = False

    def step(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise Killed

    async def registered(self, resource: SimpleNamespace) -> tuple[SimpleNamespace | None, str]:
        self.step()
        world, logical_name, name = self.world, resource.logical_name, resource.name
        assert logical_name not in self.declared, "declared twice"
        assert not (name in world.theirs and resource.opts.import_), "somebody else's parameter was taken over"
        self.declared.add(logical_name)
        for alias in resource.opts.aliases or ():
            assert alias.name not in self.declared, "declared under both names"
            if logical_name not in world.state and alias.name in world.state:
                world.state[logical_name] = world.state.pop(alias.name)
        assert world.state.get(logical_name, name) == name, "a parameter was replaced by another"
        is_known, is_there = logical_name in world.state, name in world.aws
        assert is_known or name not in world.state.values(), "two names in the state for one parameter"
        if self.refuses == name or (is_there and not is_known and not resource.opts.import_):
            self.is_red = True
            return None, "AccessDeniedException: no"
        if not is_there or not resource.opts.ignore_changes:
            world.aws[name] = resource.value
            self.step()  # in Parameter Store, not in the state
        world.state[logical_name] = name
        return resource, ""

    def delete_what_is_not_declared(self) -> None:
        for logical_name, name in list(self.world.state.items()):
            if logical_name in self.declared:
                continue
            self.step()
            if name == self.refuses:
                self.is_red = True
                continue
            del self.world.aws[name]
            self.step()  # not in Parameter Store, still in the state
            del self.world.state[logical_name]


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world, self.stack, self.runs = World(), "prod", 0
        self.nobodys: set[str] = set()
        self.last_wish: tuple[Any, Any] | None = None
        self.well_ended = 0  # how many runs, one after the other, with that wish

    @rule(
        path=st.sampled_from(["", "", "", *PATHS]),
        tasks=st.sampled_from([TASKS] * 6 + [TASKS[:2], TASKS[1:]]),
        unknown=st.sampled_from(["", "", "", "", *TASKS]),
        moves=st.booleans(),
        refuses=st.sampled_from([""] * 8 + NAMES),
        theirs=st.sampled_from([""] * 8 + NAMES),
        renamed=st.sampled_from([False] * 5 + [True]),
        killed_after=st.sampled_from([99] * 20 + list(range(20))),
    )
    def run(self, path, tasks, unknown, moves, refuses, theirs, renamed, killed_after) -> None:
        world = self.world
        world.state = {logical: name for logical, name in world.state.items() if name in world.aws}  # refresh
        if theirs and theirs not in world.aws:
            world.aws[theirs] = "mine"
            world.theirs.add(theirs)
        if renamed:
            self.stack += "-2"
        self.runs += 1
        told = {task: address.recorded(outcome) for task, outcome in world.record.items() if task in tasks}
        there_before = set(world.aws)
        engine, goes_well, ends_well = Engine(world, refuses, killed_after), True, False
        try:
            record = self.program(engine, path, tasks, unknown, moves)
            goes_well = not engine.is_red
            engine.delete_what_is_not_declared()
            ends_well = not engine.is_red
            world.record = record if ends_well else world.record | record  # as the engine does with outputs
            if unknown in told and told[unknown].name and set(told[unknown].names) <= there_before and not moves:
                assert address.recorded(record[unknown]).name in there_before, "made without knowing what to write"
        except Killed:
            # Made and in no state: the next run takes them over if it wishes for them, else nobody knows of them.
            self.nobodys |= set(world.aws) - set(world.state.values()) - world.theirs
        self.check(told, there_before, goes_well)
        self.well_ended = self.well_ended + 1 if ends_well and (path, tasks) == self.last_wish else int(ends_well)
        self.last_wish = (path, tasks)
        if self.well_ended >= 3:
            self.check_settled(path, tasks)

    def program(self, engine: Engine, path, tasks, unknown, moves) -> dict[str, Outcome]:
        def parameter(logical_name, inputs, opts):
            return SimpleNamespace(logical_name=logical_name, opts=opts, **inputs)

        def look_up(_, names):
            ours = Ownership("fleet", self.stack).tags("", "", None)
            return {name: {} if name in self.world.theirs else ours for name in names if name in self.world.aws}

        async def main():
            settings: Any = SimpleNamespace(ownership=Ownership("fleet", self.stack), parameter_path=path)
            last = {task: {"champion": over_the_wire(outcome)} for task, outcome in self.world.record.items()}
            held = {name: logical_name for logical_name, name in self.world.state.items()}
            made = Parameters(settings, tasks, LastRun(last, {}, held))
            problems = [(await stand(Parameter(made, self.content(task, unknown, moves)))).problem for task in tasks]
            engine.is_red |= unknown in tasks or any(problems)  # a Fault
            ended = await made.conclude(is_well=unknown not in tasks and not any(problems))
            self.check_true(ended, unknown, engine.refuses)
            return {task: address.record(ended.get(task, Address()), Outcome()) for task in tasks}

        with (
            mock.patch.object(parameter_module, "SsmParameter", parameter),
            mock.patch.object(parameter_module, "registered", engine.registered),
            mock.patch.object(parameter_module, "listening", lambda: None),
            mock.patch.object(Parameters, "_look_up", look_up),
            mock.patch.object(pulumi, "log", mock.Mock()),
        ):
            return asyncio.run(main())

    def content(self, task, unknown, moves) -> Content:
        its = Task(name=task, endpoint=task, group=task)
        return Content(its, f"{task} in run {self.runs}", cast(Any, None), moves=moves, is_certain=task != unknown)

    def check_true(self, ended, unknown, refuses) -> None:
        for task, there in ended.items():
            for name in there.names:
                if task != unknown and name != refuses and name not in self.world.theirs:
                    assert self.world.aws[name] == f"{task} in run {self.runs}", "a parameter is not true"

    def check(self, told, there_before, goes_well: bool) -> None:
        world = self.world
        for there in told.values():
            for name in there.names:
                if name in there_before and (name == there.name or not goes_well):
                    assert name in world.aws, "what apps were to read, or may still, is gone"
        for name in world.theirs:
            assert world.aws[name] == "mine", "somebody else's parameter was touched"

    def check_settled(self, path, tasks) -> None:
        """Three runs after each other ended well, with the same wish: what they wished for is there, and no more."""
        held = set(self.world.state.values())
        ours = set(self.world.aws) - self.world.theirs - (self.nobodys - held)
        assert sorted(name.rpartition("/")[2] for name in ours) == sorted(tasks), "something was left behind"
        if path:
            assert ours == {f"{path}/{task}" for task in tasks}
        assert held == ours
        assert sorted(self.world.state) == sorted(tasks), "the state does not call them by their tasks"


def over_the_wire(outcome: Outcome) -> Outcome:
    decoded: Outcome = wire.decode(Outcome, wire.encode(outcome))
    return decoded


TestHistories = Histories.TestCase
TestHistories.settings = hypothesis_settings(max_examples=200, stateful_step_count=15, deadline=None)
