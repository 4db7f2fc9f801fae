"""What must never happen, whatever changes around a fleet: that a run takes more than `maxTeardown` serving endpoints.

Runs against a small model of the engine and of AWS in two Regions of two accounts. As the real ones do, the provider
deletes where the state has a resource, with the credentials of the day, and a refresh drops what these do not show. For
whatever reason, program and provider may even ask as two. Between runs Region, credentials, prefix, task list and
registry change, lists fail, people delete endpoints, and a stack of the same name has the same ones elsewhere.
"""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from fleet import guard
from fleet.guard import Asked, Place
from fleet.memory import Intent, Outcome
from fleet.resources.last_run import LastRun
from fleet.resources.teardown import Leave
from fleet.revision import Settings
from fleet.rollout import Kind, Plan, decide, steps
from fleet.seen import Absent, Answer, Approved, Live, LiveEndpoint, NothingApproved, Unknown
from fleet.verdict import sighted

TASKS = ("emotion", "intent", "spam", "topic", "urgency")
MOST = 2
FEW = st.sets(st.sampled_from(TASKS), max_size=3)  # more than may go at once, and seldom so many that every run stops
REGIONS, ACCOUNTS = ("eu-west-1", "us-east-1"), ("111111111111", "222222222222")
ANSWERS: tuple[Answer, ...] = (Approved(1, "package/1"), Approved(2, "package/2"), NothingApproved(), Unknown("down"))
Held = tuple[str, Place]  # of an endpoint: its name, and where it lies
Declared = tuple[str, str, bool]  # its name, its configuration, and whether it is made anew


class Fleets(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.aws: dict[Place, dict[str, str]] = {Place(r, a): {} for r in REGIONS for a in ACCOUNTS}
        self.state: dict[str, Held] = {}  # by logical name
        self.intents: dict[str, Intent] = {}
        self.written: dict[str, dict[str, Outcome]] = {}
        self.revisions: set[str] = set()  # that the state holds
        self.region, self.account, self.prefix = REGIONS[0], ACCOUNTS[0], ""
        self.account_of_provider = ACCOUNTS[0]
        self.promoted = set[str]()  # tasks whose challenger is on the champion's version
        self.tasks, self.challengers = set(TASKS), set(TASKS[:3])
        self.answers: dict[str, Answer] = dict.fromkeys(TASKS, ANSWERS[0])
        self.lists = True
        self.run(refresh=False)

    @property
    def here(self) -> Place:
        return Place(self.region, self.account)

    # What changes between two runs

    @rule(
        region=st.sampled_from(REGIONS),
        account=st.sampled_from(ACCOUNTS),
        of_provider=st.sampled_from(ACCOUNTS),
        theirs=st.booleans(),
    )
    def the_run_looks_elsewhere(self, region: str, account: str, of_provider: str, theirs: bool) -> None:
        self.region, self.account, self.account_of_provider = region, account, of_provider
        if theirs:
            names = [self.endpoint_of(task, variant) for task in TASKS for variant in self.variants_of(task)]
            self.aws[self.here] |= dict.fromkeys(names, "theirs")

    @rule(tasks=st.sets(st.sampled_from(TASKS)))
    def challengers_are_promoted(self, tasks: set[str]) -> None:
        self.promoted = tasks

    @rule()
    def the_prefix_changes(self) -> None:
        self.prefix = "" if self.prefix else "prod-"

    @rule(without=FEW, without_challenger=FEW)
    def the_list_changes(self, without: set[str], without_challenger: set[str]) -> None:
        self.tasks, self.challengers = set(TASKS) - without, set(TASKS) - without_challenger

    @rule(tasks=st.sets(st.sampled_from(TASKS)), answer=st.sampled_from(ANSWERS))
    def the_registry_says(self, tasks: set[str], answer: Answer) -> None:
        self.answers |= dict.fromkeys(tasks, answer)

    @rule(lists=st.booleans())
    def endpoints_can_be_listed(self, lists: bool) -> None:
        self.lists = lists

    @rule(names=FEW)
    def somebody_deletes(self, names: set[str]) -> None:
        for endpoints in self.aws.values():
            for name in names:
                endpoints.pop(name, None)

    # A run

    @rule(refresh=st.booleans())
    def run(self, refresh: bool) -> None:
        served, gone = guard.served(self.written), set[str]()
        memory = self.memory()
        if refresh:
            self.state = {key: (name, at) for key, (name, at) in self.state.items() if name in self.seen(at)}
        try:
            if leave := self.guarded(memory):
                gone = self.bring_about(memory, leave)
        finally:
            assert len(gone & served.keys()) <= MOST

    def seen(self, at: Place) -> dict[str, str]:
        """What the provider sees of a resource's Region with its credentials."""
        return self.aws[Place(at.region, self.account_of_provider)]

    def memory(self) -> LastRun:
        endpoints = {name: {"arn": arn(name, at)} for name, at in self.state.values()}
        revisions: dict[str, dict[str, str]] = {name: {} for name in self.revisions}
        kinds = ("model:Model", "endpointConfiguration:EndpointConfiguration")
        state = {"aws:sagemaker/endpoint:Endpoint": endpoints} | {f"aws:sagemaker/{kind}": revisions for kind in kinds}
        return LastRun(dict(self.written), state)

    def listed(self) -> guard.Listed | Unknown:
        return {name: arn(name, self.here) for name in self.aws[self.here]} if self.lists else Unknown("down")

    def guarded(self, memory: LastRun) -> Leave | None:
        """As fleet/resources/teardown.py has it; None where the run stops."""
        listed = self.listed()
        account = "" if isinstance(listed, Unknown) or not listed else self.account  # STS does not answer
        asked = Asked(Place(self.region, account), "aws:region")
        staying = {self.endpoint_of(task, variant) for task in self.tasks for variant in self.variants_of(task)}
        leaving = guard.going(memory.written, staying, listed)
        stops = (
            guard.elsewhere(memory.places, asked),
            guard.vanished(memory.written, listed, asked, MOST),
            guard.too_many(leaving, MOST),
        )
        return None if any(stops) else Leave(MOST - len(leaving))

    def variants_of(self, task: str) -> Sequence[str]:
        return ("champion", "challenger") if task in self.challengers else ("champion",)

    def endpoint_of(self, task: str, variant: str) -> str:
        return self.prefix + task + ("" if variant == "champion" else "-challenger")

    def bring_about(self, memory: LastRun, leave: Leave) -> set[str]:
        """Decide and declare each variant; gives the endpoints that were there, and went."""
        declared, before = dict[str, Declared](), dict(self.state)
        written: dict[str, dict[str, Outcome]] = {}
        self.revisions = set()
        for task in sorted(self.tasks):
            for variant in self.variants_of(task):
                record = memory.of(task).get(variant)
                if variant == "challenger" and self.leaves(task, record, leave):
                    written[task][variant] = Outcome(self.endpoint_of(task, variant))
                    continue
                written.setdefault(task, {})[variant] = self.roll_out(task, variant, record, declared)
        self.written, self.state = written, {}
        gone = set[str]()
        for logical, (name, at) in before.items():
            # The Region is an input of every resource: another one replaces it, as do another name and the trigger.
            if declared.get(logical, ("", "", False))[::2] == (name, False) and at.region == self.region:
                self.state[logical] = (name, at)
            elif self.seen(at).pop(name, None):
                gone.add(name)
        for logical, (name, config, _) in declared.items():
            if logical not in self.state or name in self.aws[self.here]:
                self.state[logical] = (name, self.here)
                self.aws[self.here][name] = config
        return gone

    def leaves(self, task: str, record: Outcome | None, leave: Leave) -> bool:
        """A challenger on the champion's version goes, unless as many have gone as may."""
        deployed = record is not None and record.endpoint in record.declared
        return task in self.promoted and (not deployed or leave.take())

    def roll_out(self, task: str, variant: str, record: Outcome | None, declared: dict[str, Declared]) -> Outcome:
        logical, answer, listed = f"{task}-{variant}", self.answers[task], self.listed()
        wanted = self.endpoint_of(task, variant)
        serving = record.endpoint if record and record.endpoint in record.declared else wanted
        name = wanted if isinstance(answer, Approved) and not isinstance(listed, Unknown) else serving
        live = self.live(name)
        settings = Settings(name, "role", memory_mb=2048, max_concurrency=5)
        plan, self.intents[logical] = decide(settings, answer, live, self.intents.get(logical), record)
        target = self.target(plan, live, name, record)
        if target:
            declared[logical] = (name, target, steps(plan, live).makes)
        self.revisions |= {revision.name for revision in plan.declared}
        names = tuple(revision.name for revision in plan.declared) + ((name,) if logical in declared else ())
        outcome = replace(record or Outcome(), endpoint=name, declared=names)
        after = LiveEndpoint("InService", target, "t", arn=arn(name, self.here)) if logical in declared else live
        return sighted(outcome, after)

    def live(self, name: str) -> Live:
        if not self.lists:
            return Unknown("down")
        config = self.aws[self.here].get(name)
        return LiveEndpoint("InService", config, "t", arn=arn(name, self.here)) if config else Absent()

    def target(self, plan: Plan, live: Live, name: str, record: Outcome | None) -> str:
        known = record is not None and name in record.declared
        if plan.kind is Kind.KEEP and isinstance(live, Absent) and not known:
            return ""
        return steps(plan, live).pointer.target


def arn(name: str, at: Place) -> str:
    return f"arn:aws:sagemaker:{at.region}:{at.account}:endpoint/{name}"


def test_no_run_takes_more_serving_endpoints_away_than_may_go() -> None:
    run_state_machine_as_test(
        Fleets, settings=hypothesis_settings(max_examples=200, stateful_step_count=10, deadline=None)
    )
