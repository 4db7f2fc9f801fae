"""One variant over its runs, made in one call: `world(serving=7, approved_version=8)`."""

from dataclasses import dataclass, field, replace
from typing import Any

from fleet.memory import Intent, Outcome
from fleet.revision import Revision, Settings, revise
from fleet.rollout import Kind, Plan, decide, steps
from fleet.seen import Absent, Answer, Approved, Live, LiveEndpoint, NothingApproved, Unknown
from fleet.verdict import Attempt, conclude

ENDPOINT = "toxicity"
NO_PASS = "3 of 10 cases agree, 9 must"
DOWN = Unknown("ListModelPackages: AccessDeniedException: no")
FOREIGN = LiveEndpoint("InService", "theirs", "t0", ours=False)
TRANSITIONS = ("Creating", "Updating", "SystemUpdating", "RollingBack")


@dataclass
class World:
    """One variant between two runs: what the next one finds, and what the last one remembered."""

    settings: Settings
    answer: Answer
    live: Live = field(default_factory=Absent)
    intent: Intent | None = None
    outcome: Outcome | None = None
    clock: int = 0

    # What people and AWS do

    def approve(self, version: int) -> None:
        self.answer = approved(version)

    def change(self, **settings: Any) -> None:
        self.settings = replace(self.settings, **settings)

    def show(self, **changes: Any) -> None:
        """The endpoint otherwise, and modified."""
        assert isinstance(self.live, LiveEndpoint)
        self.live = replace(self.live, **{"modified": self.tick(), **changes})

    def scale(self, provisioned: int) -> None:
        """As an autoscaler does."""
        self.show(provisioned=provisioned)

    def lose_state(self) -> None:
        """The endpoint is looked up the hard way then, as fleet.aws.region does."""
        assert isinstance(self.live, LiveEndpoint)
        assert self.intent is not None
        self.live = replace(self.live, serving=self.intent.revision(self.live.config))
        self.intent = self.outcome = None

    def tick(self) -> str:
        self.clock += 1
        return f"t{self.clock}"

    # Runs

    def decide(self) -> Plan:
        """What a preview says."""
        return decide(self.settings, self.answer, self.live, self.intent, self.outcome)[0]

    def begin(self) -> Plan:
        """A run that is killed when its Intent has just been written."""
        plan, self.intent = decide(self.settings, self.answer, self.live, self.intent, self.outcome)
        return plan

    def run(self, ending: str = "serves", *, killed: bool = False) -> Plan:
        """A run, and what becomes of what it sends: `serves`, `rolls back`, or `is refused` before it is sent. With
        `fails the test`, what has never served does not pass its smoke test.

        `killed` ends it before it can write what came of it.
        """
        before, plan = self.live, self.begin()
        failed = NO_PASS if ending == "fails the test" and steps(plan, before, self.outcome).tests else ""
        if steps(plan, before).moves and ending != "is refused" and not failed:
            self._send(plan, ending)
        if not killed:
            declared = (*(revision.name for revision in plan.declared), ENDPOINT)
            came_back = ending == "rolls back"
            attempt = Attempt(before, self.live, declared=declared, updated=came_back, failed=failed)
            self.outcome = conclude(plan, self.outcome or Outcome(), attempt)
        return plan

    def _send(self, plan: Plan, ending: str) -> None:
        if isinstance(self.live, LiveEndpoint) and not steps(plan, self.live).makes:
            self.show(**{"failure": "exited"} if ending == "rolls back" else {"config": plan.target, "failure": ""})
        elif ending == "rolls back":
            self.live = LiveEndpoint("Failed", plan.target, self.tick(), failure="exited")
        else:
            self.live = LiveEndpoint("InService", plan.target, self.tick())


def world(*, serving: int = 0, approved_version: int = 0, **settings: Any) -> World:
    """`serving` was deployed by the last run, which found it the latest (0: nothing ever was); now another may be."""
    sizes: dict[str, Any] = {"memory_mb": 2048, "max_concurrency": 5, **settings}
    made = World(Settings(ENDPOINT, "role", **sizes), NothingApproved())
    if serving:
        made.approve(serving)
        made.run()
    if approved_version:
        made.approve(approved_version)
    return made


def approved(version: int) -> Approved:
    return Approved(version, f"package/{version}")


def revision(version: int, **settings: Any) -> Revision:
    """As `world` makes it."""
    return revise(replace(world().settings, **settings), version, f"package/{version}")


def name(version: int, **settings: Any) -> str:
    return revision(version, **settings).name


def versions(plan: Plan) -> set[int]:
    return {revision.version for revision in plan.declared}


def serves(plan: Plan) -> tuple[Kind, str]:
    """What it is to serve, and why in one word."""
    return plan.kind, plan.target


SEVEN = LiveEndpoint("InService", name(7), "t1")
EIGHT = LiveEndpoint("InService", name(8), "t2")
TO_EIGHT = world(serving=7, approved_version=8).decide()


def held() -> World:
    """8 was tried, and came back to 7."""
    fleet = world(serving=7, approved_version=8)
    fleet.run("rolls back")
    return fleet


def interrupted() -> World:
    """8 serves, 9 is wanted, and the run that was to drop 7 died."""
    fleet = world(serving=7, approved_version=8)
    fleet.run()
    fleet.run()
    fleet.approve(9)
    fleet.begin()
    return fleet
