"""What must never happen, over all histories: runs against a small model of the engine and of AWS.

The engine of the model deletes what a run does not declare, keeps inputs before it carries out steps, and may be killed
between any two of them. SageMaker of the model takes an update or rolls it back; an autoscaler and people move the
endpoint too. People pin and hold, and what has never served may fail its smoke test.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fleet import wire
from fleet.choice import choose
from fleet.memory import Intent, Outcome
from fleet.revision import Revision, Settings
from fleet.rollout import Kind, Plan, Pointer, decide, steps
from fleet.seen import Absent, Answer, Approved, Live, LiveEndpoint, NothingApproved, OnHold, Refused, Unknown, Version
from fleet.tasks.model import Hold, Pin, Task
from fleet.verdict import Attempt, conclude

ENDPOINT = "toxicity"
TASK = Task(name=ENDPOINT, endpoint=ENDPOINT, group=ENDPOINT)
HOLD = Hold(reason="why", owner="team-x", until=date(2027, 1, 31))
NOW = datetime(2027, 1, 31, tzinfo=UTC)


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
    served: set[str] = field(default_factory=set)  # configurations that ever did
    clock: int = 0

    def serve(self, config: str) -> None:
        endpoint = self.endpoint or LiveEndpoint("InService", config, "")
        self.endpoint = replace(endpoint, config=config, modified=self.tick(), failure="")
        self.served.add(config)

    def tick(self) -> str:
        self.clock += 1
        return f"t{self.clock:06}"


class Runs(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.aws, self.state, self.memory_mb = Aws({1: True}), State(), 1024
        self.older = State()
        self.failed: str | None = None  # revision that was sent, came back, and must not be sent again
        self.not_passed: str | None = None  # revision that failed its smoke test, and must never be sent
        self.tried_since_wanted: set[str] = set()
        self.wanted = ""
        self.kept: set[int] = set()  # versions that the last run declared
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
        if self.doubtful:
            self.failed = None  # what would tell is gone with it: one more try is the rule

    def the_endpoint_is_moved_by_hand(self) -> None:
        if self.aws.endpoint and (others := sorted(self.aws.revisions.keys() - {self.aws.endpoint.config})):
            self.aws.serve(others[0])
            self.failed, self.not_passed, self.doubtful = None, None, True

    def the_state_is_saved(self) -> None:
        self.older = replace(self.state)

    def the_state_is_lost(self) -> None:
        self.state = State()
        self.failed, self.not_passed, self.doubtful = None, None, True

    def the_state_is_an_older_one(self) -> None:
        self.state = replace(self.older)
        self.failed, self.not_passed, self.doubtful = None, None, True

    @rule(
        event=st.sampled_from(
            [nothing_happens] * 6
            + [a_version_is_approved] * 4
            + [the_newest_is_judged_anew, a_setting_changes, the_autoscaler_moves, the_endpoint_is_deleted_outside] * 2
            + [a_version_is_registered, everything_is_rejected, the_endpoint_is_moved_by_hand]
            + [the_state_is_saved, the_state_is_lost, the_state_is_an_older_one]
        ),
        decided=st.sampled_from([""] * 8 + ["hold", "hold", "pin"]),
        outage=st.sampled_from([""] * 8 + ["registry", "endpoints"]),
        test=st.sampled_from(["passes"] * 8 + ["fails", "cannot be run"]),
        ending=st.sampled_from(["done"] * 3 + ["rollback"] * 3 + ["refused"]),
        killed_at=st.sampled_from(
            [None] * 8 + ["decided", "made", "tested", "sending", "declared", "deleted"] + ["sent"] * 2
        ),
    )
    def run(
        self, event: Callable[["Runs"], None], decided: str, outage: str, test: str, ending: str, killed_at: str | None
    ) -> None:
        event(self)
        # Refresh: the state forgets what is not there.
        self.state.names &= frozenset(self.aws.revisions)
        self.state.has_endpoint &= self.aws.endpoint is not None
        registry: Answer = Unknown("down") if outage == "registry" else self.latest()
        answer = choose(self.task(decided), registry, NOW).answer
        before: Live = Unknown("down") if outage == "endpoints" else self.look()
        try:
            self._run(answer, before, test, ending, killed_at)
        except Killed:
            self.doubtful = True

    def _run(self, answer: Answer, before: Live, test: str, ending: str, killed_at: str | None) -> None:
        def step(name: str) -> None:
            if name == killed_at:
                raise Killed

        plan, intent = self.decide(answer, before)
        self.check(answer, before, plan)
        self.state.intent = intent
        step("decided")

        declared = []
        for revision in plan.declared:
            if revision.name not in self.aws.revisions and revision.name == plan.target and plan.kind is Kind.RUN:
                assert self.may_run(revision, answer), "CreateModel of a version that is not approved"
                self.aws.revisions[revision.name] = revision
                step("made")  # in AWS, not in the state
            if revision.name in self.aws.revisions:
                self.state.names |= {revision.name}
            declared.append(revision.name)
        step("declared")

        tested = steps(plan, before, self.state.outcome).tests
        failed = "3 of 10 agree" if tested and test == "fails" else ""
        obstacle = "denied" if tested and test == "cannot be run" else ""
        step("tested")

        was = self.aws.endpoint
        found = steps(plan, before)
        updated = self.carry_out(plan, found.fallback if failed or obstacle else found.pointer, answer, ending, step)
        if failed or obstacle or (isinstance(answer, OnHold) and was):
            assert self.aws.endpoint == was, "moved under a hold, or to what had not passed"

        for name in self.state.names - {revision.name for revision in plan.declared}:
            serving = self.aws.endpoint.config if self.aws.endpoint else ""
            assert name != serving, "what serves was deleted"
            del self.aws.revisions[name]
            self.state.names -= {name}
            step("deleted")

        if plan.kind in (Kind.FAILED_BEFORE, Kind.ON_HOLD) and plan.target in self.aws.revisions and ending == "done":
            assert self.aws.endpoint, "what had served was not made again"

        after = self.look() if steps(plan, before).moves else before
        attempt = Attempt(
            before,
            after,
            declared=tuple(name for name in declared if name in self.aws.revisions),
            missing=tuple(name for name in declared if name not in self.aws.revisions),
            updated=updated,
            obstacle=obstacle,
            failed=failed,
        )
        self.state.outcome = conclude(plan, self.state.outcome or Outcome(), attempt)
        if failed:
            self.not_passed = plan.target
            self.tried_since_wanted.add(plan.target)
        if plan.kind not in (Kind.KEEP, Kind.ON_HOLD):  # those decide nothing of what was sent
            self.doubtful &= isinstance(before, Unknown)
        if isinstance(answer, Approved) and plan.kind is Kind.RUN and ending == "done" and not failed and not obstacle:
            assert self.aws.endpoint and plan.wanted, "nothing came of it"
            assert self.aws.endpoint.config == plan.wanted.name, "nothing came of it"
            assert plan.wanted.version == answer.version

    def carry_out(self, plan: Plan, pointer: Pointer, answer: Answer, ending: str, step) -> bool:
        """The endpoint's step. True where it is reported done, and the provider then reads something else."""
        endpoint = self.aws.endpoint
        if not pointer.target:
            assert not (endpoint and self.state.has_endpoint), "the endpoint was deleted"
            return False
        if pointer.as_it_is or pointer.serves_it:
            self.state.has_endpoint = endpoint is not None
            return False
        step("sending")
        if endpoint is None:
            if ending != "done" or pointer.target not in self.aws.revisions:
                return False
            self.send(plan, answer)
            if plan.kind is Kind.RUN:
                self.failed = None  # what had come back is tried too: an endpoint that is gone serves nobody
            self.aws.serve(pointer.target)
            self.state.has_endpoint = True
            step("sent")
            return False
        self.state.has_endpoint = True
        if endpoint.config == pointer.target or ending == "refused":
            return False
        assert pointer.target != self.failed, "sent again what had come back"
        self.send(plan, answer)
        if ending == "rollback":
            self.aws.endpoint = replace(endpoint, modified=self.aws.tick(), failure="exited")
            self.failed = pointer.target
        else:
            self.aws.serve(pointer.target)
        step("sent")
        assert self.aws.endpoint
        return self.aws.endpoint.config != pointer.target

    def send(self, plan: Plan, answer: Answer) -> None:
        if plan.kind in (Kind.FAILED_BEFORE, Kind.ON_HOLD):
            assert plan.target in self.aws.served, "what had never served was made again"
            return
        assert plan.wanted and plan.target == plan.wanted.name
        assert plan.target != self.not_passed, "sent what had not passed its smoke test"
        assert self.may_run(plan.wanted, answer), "moved to a version that is not approved"
        self.tried_since_wanted.add(plan.target)

    def may_run(self, revision: Revision, answer: Answer) -> bool:
        """Approved; or pinned while nobody can be asked, and kept: it was approved when it was last declared."""
        if isinstance(answer, Unknown):
            return answer.pin == revision.version and revision.version in self.kept
        return self.aws.approved[revision.version]

    # What the program sees

    def latest(self) -> Answer:
        numbers = sorted((number for number, approved in self.aws.approved.items() if approved), reverse=True)
        if not numbers:
            return NothingApproved()
        newest, *older = (Version(number, f"arn/{number}") for number in numbers)
        return Approved(newest.number, newest.package, older=tuple(older))

    def task(self, decided: str) -> Task:
        """Held, or pinned to the version before the newest, approved or not."""
        number = max(1, len(self.aws.approved) - 1)
        pin = Pin(version=number, reason="why", owner="team-x", until=HOLD.until)
        settings: dict[str, dict[str, Any]] = {"hold": {"hold": HOLD}, "pin": {"pin": pin}}
        return TASK.model_copy(update=settings.get(decided, {}))

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
        self.kept = {revision.version for revision in self.state.intent.declared} if self.state.intent else set()
        no_registry = isinstance(answer, Refused) or (isinstance(answer, Unknown) and answer.pin not in self.kept)
        if no_registry or isinstance(live, Unknown):
            assert self.state.names <= declared, "an error declared less than there was"
            assert plan.target or not self.state.has_endpoint, "an error took the endpoint away"
            assert plan.kind is Kind.KEEP
        elif isinstance(answer, OnHold) and serving:
            assert self.state.names <= declared, "a hold declared less than there was"
            assert (plan.kind, plan.target) == (Kind.ON_HOLD, serving), "a hold did not stay on what serves"
        if serving and not isinstance(live, Unknown):
            assert serving in declared, "what serves is not declared"
        wanted = plan.wanted.name if plan.wanted and plan.kind in (Kind.RUN, Kind.FAILED_BEFORE) else ""
        if (wanted and wanted != self.wanted) or plan.kind is Kind.NOTHING:
            self.wanted, self.failed, self.not_passed, self.tried_since_wanted = wanted, None, None, set()
        if plan.kind is Kind.FAILED_BEFORE:
            assert self.doubtful or wanted in self.tried_since_wanted, "held what was never tried"
            self.tried_since_wanted.add(wanted)

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
