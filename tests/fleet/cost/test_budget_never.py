"""What must never happen, whatever comes between two runs: that a run stops although nobody asks for more.

A small model of the engine and of AWS: each run that goes on leaves what the real one leaves. Between runs prices rise,
versions come and go, updates are rolled back, alarms are refused, endpoints and alarms are deleted and refreshed away,
the prefix changes, the state is lost or an older one comes back, and tasks are taken out. None of that may stop a run;
only a task list that asks for more may.
"""

from dataclasses import replace

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fleet.cost import past
from fleet.cost.bill import Key, Once, cents
from fleet.cost.budget import Change, change, stop
from fleet.cost.estimate import Billed, Tariff
from fleet.cost.month import Month, Provisioned
from fleet.cost.price_file import shipped
from fleet.cost.prices import Prices
from fleet.cost.traffic import UNKNOWN, Origin, Traffic
from fleet.memory import ALARMS, COST, Outcome
from fleet.tasks.model import CHAMPION

TASKS, VARIANTS = ("spam", "topic"), (CHAMPION, "challenger")
KEYS: list[Key] = [(task, variant) for task in TASKS for variant in VARIANTS]
SLOTS = st.sampled_from((None, Provisioned(1, 1), Provisioned(2, 5)))
BASIC = "server-errors slow saturated"
BILLED = st.builds(Billed, st.sampled_from((1024, 2048, 4096)), SLOTS, alarm_metrics=st.sampled_from((0, 3)))
TRAFFIC = st.one_of(
    st.just(UNKNOWN),
    st.builds(Traffic, st.just(Origin.EXPECTED), st.integers(0, 5_000_000), st.sampled_from((50.0, 300.0))),
)
Fleet = dict[Key, tuple[Billed, Traffic]]
FLEET = st.dictionaries(st.sampled_from(KEYS), st.tuples(BILLED, TRAFFIC), min_size=1).filter(
    lambda fleet: all((task, CHAMPION) in fleet for task, _ in fleet)
)
Written = dict[str, dict[str, Outcome]]
# What a run writes, and what the state tells of it by endpoint.
Memory = tuple[Written, dict[str, Billed]]


class Budgets(RuleBasedStateMachine):
    @initialize(fleet=FLEET, budget=st.integers(1, 20), writes=st.booleans())
    def begin(self, fleet: Fleet, budget: int, writes: bool) -> None:
        self.asked, self.budget = fleet, float(budget)
        self.writes = writes  # a release that writes for the next run what it asked for
        self.memory: Memory = ({}, {})
        self.older: list[Memory] = []
        self.aws: dict[str, Billed] = {}  # the endpoints that are there, with their alarms
        self.prefix = ""
        self.tariff = Tariff(shipped(), "us-east-1", Month(2026, 11))
        self.on_champions_version = set[str]()
        self.nothing_approved = set[str]()
        self.rolls_back = set[Key]()
        self.refuses_alarms = False
        self.accept()  # somebody lets the first run go on

    def endpoint(self, key: Key) -> str:
        task, variant = key
        return self.prefix + (task if variant == CHAMPION else f"{task}-{variant}")

    # A run

    def planned(self) -> Change:
        written, state = self.memory
        endpoints = {key: self.endpoint(key) for key in self.asked}
        strange = {name: its for name, its in self.aws.items() if state.get(name) != its}
        return change(
            self.asked,
            past.of(self.asked, endpoints, written, state, self.aws.keys(), strange),
            Once(9, 1, (900,)),
            self.tariff,
        )

    def accept(self) -> None:
        """A run that goes on, and leaves what it leaves."""
        self.older.append(self.memory)
        written: Written = {}
        state: dict[str, Billed] = {}
        for key, (its, _) in self.asked.items():
            task, variant = key
            name = self.endpoint(key)
            leaves = variant != CHAMPION and task in self.on_champions_version
            written.setdefault(task, {})[variant] = self.outcome(name, its, leaves=leaves)
            if leaves:
                self.aws.pop(name, None)
                continue
            state[name] = replace(its, alarm_metrics=0) if self.refuses_alarms else its
            if task not in self.nothing_approved and key not in self.rolls_back:
                self.aws[name] = state[name]
        self.aws = {name: its for name, its in self.aws.items() if name in {self.endpoint(key) for key in self.asked}}
        self.memory = written, state

    def outcome(self, name: str, its: Billed, *, leaves: bool) -> Outcome:
        beside = {COST: past.record(its)} if self.writes else {}
        if self.refuses_alarms:
            return Outcome(name, by_decision=leaves, beside=beside, refused=("PutMetricAlarm: AccessDenied",))
        return Outcome(name, by_decision=leaves, beside=beside | ({ALARMS: BASIC} if its.alarm_metrics else {}))

    # What comes between two runs, and asks for nothing

    @rule(factor=st.sampled_from((0.01, 0.5, 2, 100)))
    def prices_change(self, factor: float) -> None:
        prices = Prices(tuple(replace(row, usd=row.usd * factor) for row in self.tariff.prices.rows))
        self.tariff = replace(self.tariff, prices=prices)

    @rule(number=st.integers(1, 12))
    def another_month(self, number: int) -> None:
        self.tariff = replace(self.tariff, month=Month(2027, number))

    @rule(traffic=TRAFFIC, key=st.sampled_from(KEYS))
    def the_traffic_changes(self, traffic: Traffic, key: Key) -> None:
        if key in self.asked:
            self.asked = self.asked | {key: (self.asked[key][0], traffic)}

    @rule(tasks=st.sets(st.sampled_from(TASKS)))
    def versions_come_and_challengers_with_them(self, tasks: set[str]) -> None:
        self.on_champions_version = tasks

    @rule(tasks=st.sets(st.sampled_from(TASKS)))
    def versions_are_rejected(self, tasks: set[str]) -> None:
        self.nothing_approved = tasks

    @rule(keys=st.sets(st.sampled_from(KEYS)))
    def updates_are_rolled_back(self, keys: set[Key]) -> None:
        self.rolls_back = keys

    @rule(refuses=st.booleans())
    def alarms_are_refused(self, refuses: bool) -> None:
        self.refuses_alarms = refuses

    @rule(keys=st.sets(st.sampled_from(KEYS)), refreshed=st.booleans())
    def endpoints_and_alarms_are_deleted(self, keys: set[Key], refreshed: bool) -> None:
        names = {self.endpoint(key) for key in keys}
        self.aws = {name: its for name, its in self.aws.items() if name not in names}
        written, state = self.memory
        gone = {name: replace(its, alarm_metrics=0) for name, its in state.items() if refreshed and name in names}
        self.memory = written, state | gone

    @rule()
    def the_prefix_changes(self) -> None:
        self.prefix = "" if self.prefix else "prod-"

    @rule()
    def a_release_comes_that_writes_what_it_asked_for(self) -> None:
        self.writes = True

    # Without any of it, nothing tells this from a first run.
    @precondition(lambda self: any(self.endpoint(key) in self.aws for key in self.asked))
    @rule()
    def the_state_is_lost_and_a_run_finds_it(self) -> None:
        self.memory = ({}, {})
        self.a_run()

    # What left no trace in AWS, an update that was rolled back, say, nobody can remember then.
    @precondition(lambda self: all(self.aws.get(self.endpoint(key)) == its for key, (its, _) in self.asked.items()))
    @rule(data=st.data())
    def an_older_state_comes_back_and_a_run_finds_it(self, data: st.DataObject) -> None:
        self.memory = data.draw(st.sampled_from(self.older))
        self.a_run()

    @rule(keys=st.sets(st.sampled_from(KEYS)))
    def tasks_leave_the_list(self, keys: set[Key]) -> None:
        gone = {task for task, variant in keys if variant == CHAMPION}
        left = {key: its for key, its in self.asked.items() if key not in keys and key[0] not in gone}
        self.asked = left or self.asked

    @rule()
    def a_run(self) -> None:
        self.no_run_stops_that_asks_for_nothing_more()
        self.accept()

    @rule(fleet=FLEET)
    def the_list_asks_for_other_things(self, fleet: Fleet) -> None:
        """It may stop. Then somebody raises the budget, and it goes on: what it asked for is asked for from then on."""
        self.asked = fleet
        planned = self.planned()
        if said := stop(planned, self.budget):
            assert cents(planned.usd) > 0
            assert all(task in said for task in planned.raises)
            raised = float(said.rpartition(" ")[2].rstrip("`"))
            assert stop(planned, raised) == ""
        self.accept()

    @invariant()
    def no_run_stops_that_asks_for_nothing_more(self) -> None:
        assert stop(self.planned(), self.budget) == ""


def test_only_a_task_list_that_asks_for_more_stops_a_run() -> None:
    run_state_machine_as_test(
        Budgets, settings=hypothesis_settings(max_examples=200, stateful_step_count=12, deadline=None)
    )
