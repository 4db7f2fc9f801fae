"""What must never happen, over all histories: runs against a small model of the engine and of AWS.

The engine of the model deletes what a run does not declare, keeps inputs before it carries out steps, and may be killed
between any two of them. SageMaker of the model takes an update or rolls it back; an autoscaler moves the endpoint too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fleet import wire
from fleet.revision import Revision, Settings
from fleet.rollout import (
    Absent,
    Answer,
    Approved,
    Intent,
    Kind,
    Live,
    LiveEndpoint,
    NothingApproved,
    Outcome,
    Plan,
    Unknown,
    conclude,
    decide,
    is_to_be_made,
    is_to_move,
)

ENDPOINT = "toxicity"


class Killed(Exception):
    """The run ended here."""


@dataclass
class State:
    """What survives a run: the stack's state file."""

    intent: Intent | None = None
    outcome: Outcome | None = None
    names: frozenset[str] = frozenset()  # revisions that the state holds
    has_endpoint: bool = False


@dataclass
class Aws:
    approved: dict[int, bool] = field(default_factory=dict)
    revisions: dict[str, Revision] = field(default_factory=dict)  # models and configurations
    endpoint: LiveEndpoint | None = None
    clock: int = 0

    def tick(self) -> str:
        self.clock += 1
        return f"t{self.clock:06}"


class Runs(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.aws, self.state, self.memory_mb = Aws(), State(), 1024
        self.older = State()
        self.failed: str | None = None  # revision that was sent, came back, and must not be sent again
        self.sent_since_wanted: set[str] = set()
        self.wanted = ""
        self.doubtful = False  # a run died, so that nobody saw what became of what it sent
        self.pulse = 100

    # What people and the world do between two runs

    def nothing_happens(self) -> None:
        pass

    def a_version_is_approved(self) -> None:
        self.aws.approved[len(self.aws.approved) + 1] = True

    def a_version_is_registered(self) -> None:
        self.aws.approved[len(self.aws.approved) + 1] = False

    def the_newest_is_judged_anew(self) -> None:
        if versions := sorted(self.aws.approved):
            self.aws.approved[versions[-1]] = not self.aws.approved[versions[-1]]

    def everything_is_rejected(self) -> None:
        self.aws.approved = dict.fromkeys(self.aws.approved, False)

    def a_setting_changes(self) -> None:
        self.memory_mb = 3072 - self.memory_mb

    def the_autoscaler_moves(self) -> None:
        if self.aws.endpoint:
            self.pulse += 1
            if self.doubtful:
                self.failed = None  # both move the time: one more try is the rule
            self.aws.endpoint = replace(self.aws.endpoint, provisioned=self.pulse, modified=self.aws.tick())

    def the_endpoint_is_deleted_outside(self) -> None:
        self.aws.endpoint = None

    def the_state_is_saved(self) -> None:
        self.older = replace(self.state)

    def the_state_is_lost(self) -> None:
        self.state = State()
        self.failed, self.doubtful = None, True

    def the_state_is_an_older_one(self) -> None:
        self.state = replace(self.older)
        self.failed, self.doubtful = None, True

    @rule(
        event=st.sampled_from(
            [nothing_happens] * 5
            + [a_version_is_approved] * 4
            + [the_newest_is_judged_anew, a_setting_changes, the_autoscaler_moves] * 2
            + [a_version_is_registered, everything_is_rejected, the_endpoint_is_deleted_outside]
            + [the_state_is_saved, the_state_is_lost, the_state_is_an_older_one]
        ),
        outage=st.sampled_from([""] * 8 + ["registry", "endpoints"]),
        ending=st.sampled_from(["done", "rollback", "rollback", "refused"]),
        killed_at=st.sampled_from([None] * 8 + ["decided", "made", "sending", "sent", "declared", "deleted"]),
    )
    def run(self, event: Callable[["Runs"], None], outage: str, ending: str, killed_at: str | None) -> None:
        event(self)
        # Refresh: the state forgets what is not there.
        self.state.names &= frozenset(self.aws.revisions)
        self.state.has_endpoint &= self.aws.endpoint is not None
        try:
            self._run(outage, ending, killed_at)
        except Killed:
            self.doubtful = True

    def _run(self, outage: str, ending: str, killed_at: str | None) -> None:
        def step(name: str) -> None:
            if name == killed_at:
                raise Killed

        answer: Answer = Unknown("down") if outage == "registry" else self.latest()
        before: Live = Unknown("down") if outage == "endpoints" else self.look()
        plan, intent = self.decide(answer, before)
        self.check(answer, before, plan)
        self.state.intent = intent
        step("decided")

        declared = []
        for revision in plan.declared:
            if revision.name not in self.aws.revisions and revision.name == plan.target and plan.kind is Kind.RUN:
                assert self.aws.approved[revision.version], "CreateModel of a version that is not approved"
                self.aws.revisions[revision.name] = revision
                step("made")  # in AWS, not in the state
            if revision.name in self.aws.revisions:
                self.state.names |= {revision.name}
            declared.append(revision.name)
        step("declared")

        updated = self.carry_out(plan, before, ending, step) if plan.target else False
        if not plan.target:
            self.state.has_endpoint = False

        for name in self.state.names - {revision.name for revision in plan.declared}:
            serving = self.aws.endpoint.config if self.aws.endpoint else ""
            assert name != serving, "what serves was deleted"
            del self.aws.revisions[name]
            self.state.names -= {name}
            step("deleted")

        after = self.look() if is_to_move(plan, before) else before
        record = replace(
            self.state.outcome or Outcome(),
            declared=tuple(name for name in declared if name in self.aws.revisions),
            missing=tuple(name for name in declared if name not in self.aws.revisions),
        )
        self.state.outcome = conclude(plan, record, before, after, updated=updated)
        self.doubtful &= isinstance(before, Unknown)
        if ending == "done" and not outage and plan.wanted and plan.kind is Kind.RUN:
            assert self.aws.endpoint and self.aws.endpoint.config == plan.wanted.name, "nothing came of it"
            assert plan.wanted.version == max(version for version, approved in self.aws.approved.items() if approved)

    def carry_out(self, plan: Plan, before: Live, ending: str, step) -> bool:
        endpoint = self.aws.endpoint
        if plan.kind is Kind.KEEP:
            return False
        step("sending")
        if endpoint is None or is_to_be_made(plan, before):
            if ending != "done":
                return False
            self.send(plan)  # what had come back too: an endpoint that is gone serves nobody
            self.failed = None
            self.aws.endpoint = LiveEndpoint("InService", plan.target, self.aws.tick())
            self.state.has_endpoint = True
            step("sent")
            return False
        self.state.has_endpoint = True
        if endpoint.config == plan.target or ending == "refused":
            return False
        assert plan.target != self.failed, "sent again what had come back"
        self.send(plan)
        if ending == "rollback":
            self.aws.endpoint = replace(endpoint, modified=self.aws.tick(), failure="exited")
            self.failed = plan.target
        else:
            self.aws.endpoint = replace(endpoint, config=plan.target, modified=self.aws.tick(), failure="")
        step("sent")
        return self.aws.endpoint.config != plan.target

    def send(self, plan: Plan) -> None:
        assert plan.wanted and plan.target == plan.wanted.name
        assert self.aws.approved[plan.wanted.version], "moved to a version that is not approved"
        self.sent_since_wanted.add(plan.target)

    # What the program sees

    def latest(self) -> Answer:
        versions = [version for version, approved in self.aws.approved.items() if approved]
        return Approved(max(versions), f"arn/{max(versions)}") if versions else NothingApproved()

    def look(self) -> Live:
        endpoint, outcome = self.aws.endpoint, self.state.outcome
        if endpoint is None:
            return Absent()
        if outcome and endpoint.config in outcome.declared:
            return endpoint
        return replace(endpoint, serving=self.aws.revisions[endpoint.config])

    def decide(self, answer: Answer, live: Live) -> tuple[Plan, Intent]:
        settings = Settings(ENDPOINT, "role", self.memory_mb, 5)
        intent, outcome = self.state.intent, self.state.outcome
        plan, written = decide(settings, answer, live, intent, outcome)
        doubled = decide(
            over_the_wire(Settings, settings),
            over_the_wire(Answer, answer),
            over_the_wire(Live, live),
            over_the_wire(Intent, intent) if intent else None,
            over_the_wire(Outcome, outcome) if outcome else None,
        )
        assert doubled == (plan, written), "numbers that came back as doubles changed the decision"
        return plan, written

    def check(self, answer: Answer, live: Live, plan: Plan) -> None:
        declared = {revision.name for revision in plan.declared}
        serving = self.aws.endpoint.config if self.aws.endpoint else ""
        if isinstance(answer, Unknown) or isinstance(live, Unknown):
            assert self.state.names <= declared, "an error declared less than there was"
            assert plan.target or not self.state.has_endpoint, "an error took the endpoint away"
            assert plan.kind is Kind.KEEP
        if serving and not isinstance(live, Unknown):
            assert serving in declared, "what serves is not declared"
        wanted = plan.wanted.name if plan.wanted and plan.kind in (Kind.RUN, Kind.HOLD) else ""
        if wanted and wanted != self.wanted:
            self.wanted, self.failed, self.sent_since_wanted = wanted, None, set()
        if plan.kind is Kind.HOLD and not self.doubtful:
            assert wanted in self.sent_since_wanted, "held what was never sent"

    @invariant()
    def what_serves_exists(self) -> None:
        if self.aws.endpoint:
            assert self.aws.endpoint.config in self.aws.revisions


def over_the_wire(kind, value):
    return wire.decode(kind, as_doubles(wire.encode(value)))


def as_doubles(value):
    match value:
        case bool():
            return value
        case int():
            return float(value)
        case dict():
            return {key: as_doubles(item) for key, item in value.items()}
        case list():
            return [as_doubles(item) for item in value]
    return value


TestRuns = Runs.TestCase
TestRuns.settings = hypothesis_settings(max_examples=500, stateful_step_count=30, deadline=None)
