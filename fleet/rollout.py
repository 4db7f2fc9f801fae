"""Decide, for one variant, which revision its endpoint should serve and which revisions stay declared.

Pure: the registry's answer, the live endpoint and two memories come in as values, a Plan goes out. Asking AWS is
fleet/aws/, declaring resources is fleet/resources/. What is not declared, the engine deletes: so the rules here are
what protects a fleet. docs/architecture.md tells them in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from fleet.revision import Limits, Revision, Settings, revise

IN_TRANSITION = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


# What the world says


@dataclass(frozen=True)
class Version:
    """A version of a model package group that is Approved and Completed."""

    number: int
    package: str  # model package ARN
    approved: str = ""  # since when, ISO 8601; asked for only where a task lets versions soak
    stage: str = ""  # of the model life cycle, as its status; told only where a task goes by stages
    stage_status: str = ""


@dataclass(frozen=True)
class Approved:
    """The version to serve: from the registry the highest one, from fleet/choice.py what people made of it."""

    version: int
    package: str  # model package ARN
    approved: str = ""  # as Version has it
    older: tuple[Version, ...] = ()  # those that a pin, a soak or a stage asks for, newest first
    soaking: tuple[Version, ...] = ()  # newer, and too young to be moved to
    stage: str = ""  # as Version has it, and its status
    stage_status: str = ""

    @property
    def versions(self) -> tuple[Version, ...]:
        """All that are told of, newest first."""
        return (Version(self.version, self.package, self.approved, self.stage, self.stage_status), *self.older)


def approved(versions: Sequence[Version]) -> Approved:
    """The first of them, with the others as older ones; `versions` gives all of them back."""
    newest, *older = versions
    its = newest.approved, tuple(older), (), newest.stage, newest.stage_status
    return Approved(newest.number, newest.package, *its)


@dataclass(frozen=True)
class NothingApproved:
    """The group exists and holds no version that may be deployed."""

    soaking: tuple[Version, ...] = ()


@dataclass(frozen=True)
class Unknown:
    """Could not find out. Never to be read as "nothing"."""

    error: str
    pin: int = 0  # the pinned version; where a revision of it is declared, the registry is not needed


@dataclass(frozen=True)
class Refused:
    """What is wanted cannot be had, and a person has to mend it: nothing of the task changes."""

    reason: str


@dataclass(frozen=True)
class Stay:
    """A person said so: what serves stays, wherever it came from."""


@dataclass(frozen=True)
class Absent:
    """There is no endpoint of that name."""


@dataclass(frozen=True)
class LiveEndpoint:
    """An endpoint as DescribeEndpoint gives it."""

    status: str
    config: str  # EndpointConfigName now serving
    modified: str  # LastModifiedTime, ISO 8601; only ever compared
    provisioned: int = 0  # current provisioned concurrency; an autoscaler moves it, and `modified` with it
    failure: str = ""  # FailureReason: the text, never the proof
    ours: bool = True  # carries this stack's tags
    serving: Revision | None = None  # what `config` holds, where the last run's record does not name it and it is ours
    instance_based: bool = False  # runs on instances; SageMaker never makes it serverless again
    arn: str = field(default="", compare=False)
    created: str = field(default="", compare=False)  # CreationTime, ISO 8601, UTC

    @property
    def in_transition(self) -> bool:
        return self.status in IN_TRANSITION


Answer = Approved | NothingApproved | Unknown | Refused | Stay
Live = LiveEndpoint | Absent | Unknown


# The two memories


@dataclass(frozen=True)
class Sighting:
    """The endpoint as it was when an update was about to be sent."""

    config: str
    modified: str
    provisioned: int = 0


@dataclass(frozen=True)
class Intent:
    """Written before anything is sent (a write-ahead log): what was wanted, declared and seen."""

    wanted: str = ""  # name of the revision wanted
    turn: int = 0  # how often the wanted revision has changed; tells a failure of this wish from one of an earlier wish
    declared: tuple[Revision, ...] = ()
    dropped: tuple[Revision, ...] = ()  # declared before and no more: gone, unless the run that dropped them died
    target: str = ""  # configuration the endpoint was declared with; "" where no endpoint was
    serving: str = ""  # configuration that served, or was to be the first to
    previous: str = ""  # revision that served before `wanted` did
    before: Sighting | None = None  # only where an update was to be sent
    held: bool = False  # the wanted revision was tried and failed; until another is wanted
    generation: int = 0  # raised when an endpoint that was there has to be made again

    def revision(self, name: str) -> Revision | None:
        known = (*self.declared, *self.dropped)
        return next((revision for revision in known if revision.name == name), None)


class Verdict(StrEnum):
    """What came of trying a revision."""

    NOTHING_TRIED = ""
    SERVES = "serves"
    ROLLED_BACK = "rolled back"
    NOT_SENT = "not sent"  # never reached SageMaker, or a creation failed: tried again in the next run
    SMOKE_TEST = "smoke test"


_FAILED = frozenset({Verdict.ROLLED_BACK, Verdict.SMOKE_TEST})


@dataclass(frozen=True)
class Outcome:
    """Written after everything: what was tried, what came of it, and what was seen last. `run` in the stack output."""

    endpoint: str = ""
    declared: tuple[str, ...] = ()  # names of what is in the state, the endpoint among them
    missing: tuple[str, ...] = ()  # names of revisions that AWS does not have, or not the whole of: not in the state
    tried: str = ""  # name of the revision last tried, or last found serving while wanted
    turn: int = 0  # Intent.turn when it was tried
    verdict: Verdict = Verdict.NOTHING_TRIED
    failure: str = ""
    serving: str = ""  # EndpointConfigName at `modified`
    modified: str = ""
    provisioned: int = 0
    endpoint_status: str = ""
    approved_version: int = 0  # the newest one, whatever people decided
    version: int = 0  # of what serves, as are the next two
    memory_mb: int = 0
    max_concurrency: int = 0
    served: tuple[str, ...] = ()  # names of those of `declared` that have served: they need no smoke test any more
    by_decision: bool = False  # not deployed because the task list says so
    scaling: str = ""  # limits that its scalable target was declared with, "" where it has none
    parameter: str = ""  # full name of the one that apps are to read; of the champion only, as is the next one
    parameters: tuple[str, ...] = ()  # while that changes: of every one there is (fleet/address.py)
    refused: tuple[str, ...] = ()  # what AWS said to what it refused in the last run, of the revision tried or not
    arn: str = ""  # of the endpoint, as it was seen last: tells Region and account

    def speaks_of(self, revision: str, turn: int) -> bool:
        return self.tried == revision and self.turn == turn

    def has_seen(self, name: str, created: str) -> bool:
        """True where the last run saw this very endpoint as its own: it has not been made anew since.

        `created` is its CreationTime, as `modified` is written.
        """
        return self.endpoint == name and created != "" and created <= self.modified


# The decision


class Kind(StrEnum):
    RUN = "run"  # the endpoint is to serve the wanted revision
    HOLD = "hold"  # the wanted revision was tried and failed: stay on what serves
    STAY = "stay"  # a person said so: stay on what serves
    KEEP = "keep"  # could not find out, refused, or nothing approved any more: everything stays as it is
    NOTHING = "nothing"  # no endpoint, and nothing to make one of
    REFUSE = "refuse"  # the endpoint's name is somebody else's


@dataclass(frozen=True)
class Plan:
    """What to declare. Holds only what is stable while nothing changes: a status or a time would show as a change."""

    kind: Kind
    declared: tuple[Revision, ...] = ()
    wanted: Revision | None = None
    doubtful: tuple[str, ...] = ()  # names of those that an interrupted run may have removed, whatever the record says
    target: str = ""  # configuration to declare the endpoint with; "" = declare no endpoint
    turn: int = 0
    generation: int = 0

    def revision(self, name: str) -> Revision | None:
        return next((revision for revision in self.declared if revision.name == name), None)


def decide(
    settings: Settings, answer: Answer, live: Live, intent: Intent | None, outcome: Outcome | None
) -> tuple[Plan, Intent]:
    """What one variant should do now, and the memory of having decided it."""
    intent, outcome = intent or Intent(), outcome or Outcome()
    intent = replace(intent, held=_failed(intent, live, outcome))
    plan, written = _plan(settings, answer, live, intent, outcome)
    still_there = _distinct(*intent.declared, *_left(intent, outcome))
    return plan, replace(written, dropped=_without(still_there, written.declared))


def _plan(settings: Settings, answer: Answer, live: Live, intent: Intent, outcome: Outcome) -> tuple[Plan, Intent]:
    left = _left(intent, outcome)
    if isinstance(live, Unknown):
        return _stay(Kind.KEEP, intent, intent.target, left)
    if isinstance(live, LiveEndpoint) and not live.ours:
        return _stay(Kind.REFUSE, intent, intent.target, left)
    there = live if isinstance(live, LiveEndpoint) and not _is_gone(live) else None
    match _settled(answer, there, intent, outcome):
        case Stay():
            return _stand_still(there, intent, outcome, left)
        case Approved(version, package):
            wanted = _as_made(revise(settings, version, package), settings.scaling, there, intent)
            return _serve(wanted, there, intent, outcome) if there else _create(wanted, intent, outcome)
        case NothingApproved():
            return _stay(Kind.KEEP, intent, there.config, (), there.serving) if there else _nothing(intent, outcome)
    if isinstance(live, LiveEndpoint):
        return _stay(Kind.KEEP, intent, live.config, left, live.serving)
    # Not there, and what is approved could not be found out: perhaps this run looks in the wrong place. So everything
    # stays declared, the endpoint too: what the state holds of it is not to be deleted.
    return _stay(Kind.KEEP, intent, intent.target, left)


def _settled(answer: Answer, there: LiveEndpoint | None, intent: Intent, outcome: Outcome) -> Answer:
    """The answer, given what is known here: what serves need not soak, and the package of a kept version."""
    match answer:
        case Approved(soaking=soaking) | NothingApproved(soaking=soaking):
            serving = (intent.revision(there.config) or there.serving) if there else _last_served(intent, outcome)
            young = next((version for version in soaking if serving and version.number == serving.version), None)
            return Approved(young.number, young.package) if young else answer
        case Unknown(pin=pin):
            kept = next((revision for revision in intent.declared if revision.version == pin), None)
            return Approved(pin, kept.package) if kept else answer
    return answer


def _as_made(wanted: Revision, scaling: Limits | None, there: LiveEndpoint | None, intent: Intent) -> Revision:
    """The revision with the provisioned concurrency that it is made with, or was.

    A new one takes over what an autoscaler made of it, so that an update leaves no window; then it stays as it is.
    """
    serving = there.serving if there and there.serving and there.serving.name == wanted.name else None
    if made := intent.revision(wanted.name) or serving:
        provisioned = made.settings.provisioned_concurrency
    elif scaling and there and there.provisioned:
        provisioned = scaling.clamp(there.provisioned)
    else:
        return wanted
    return replace(wanted, settings=replace(wanted.settings, provisioned_concurrency=provisioned))


def _is_gone(live: Live) -> bool:
    """True for an endpoint that never came to serve, or is going away: only a new one can take its name."""
    return isinstance(live, LiveEndpoint) and live.status in ("Failed", "Deleting")


def _stay(
    kind: Kind, intent: Intent, target: str, left: tuple[Revision, ...], serving: Revision | None = None
) -> tuple[Plan, Intent]:
    """Declare what was declared, what serves, and what is left of before; remember nothing new about what was tried."""
    wanted = intent.revision(intent.wanted)
    doubtful = tuple(revision.name for revision in left)
    declared = _distinct(*intent.declared, intent.revision(target), serving, *left)
    intent = replace(intent, declared=declared, target=target or intent.target)
    return Plan(kind, intent.declared, wanted, doubtful, target, intent.turn, intent.generation), intent


def _stand_still(
    there: LiveEndpoint | None, intent: Intent, outcome: Outcome, left: tuple[Revision, ...]
) -> tuple[Plan, Intent]:
    """Stay on what serves; where that was deleted, make it again; where nothing ever served, make nothing."""
    intent = replace(intent, before=None)
    if there:
        serving, previous = there.config, intent.previous if there.config == intent.serving else intent.serving
        plan, intent = _stay(Kind.STAY, intent, there.config, left, there.serving)
        return plan, replace(intent, serving=serving, previous=previous)
    served = _last_served(intent, outcome)
    if served is None:
        return _nothing(intent, outcome)
    intent = replace(intent, serving=served.name, generation=intent.generation + 1)
    return _stay(Kind.STAY, intent, served.name, left)


def _last_served(intent: Intent, outcome: Outcome) -> Revision | None:
    """The revision that callers were answered by last, where one ever did."""
    last = outcome.serving or intent.serving  # as it was seen; what it was seen on before, once it is seen to be gone
    return intent.revision(last) if last in outcome.served else None


def _nothing(intent: Intent, outcome: Outcome) -> tuple[Plan, Intent]:
    turn = intent.turn + (intent.wanted != "")
    declared = _unconfirmed(intent, outcome)
    plan = Plan(Kind.NOTHING, declared, turn=turn, generation=intent.generation)
    return plan, Intent(turn=turn, declared=declared, generation=intent.generation)


def _create(wanted: Revision, intent: Intent, outcome: Outcome) -> tuple[Plan, Intent]:
    # A creation that failed serves nobody and is tried in every run. Where the wanted revision is held, callers get
    # back what they had; what failed its smoke test is not tried again. An endpoint that was there before may still be
    # in the state, so that only a replacement makes it again.
    turn = _turn(wanted, intent)
    served = _last_served(intent, outcome)
    kind, target = Kind.RUN, wanted.name
    if intent.held and turn == intent.turn and served and served.name != wanted.name:
        kind, target = Kind.HOLD, served.name
    elif outcome.speaks_of(wanted.name, turn) and outcome.verdict is Verdict.SMOKE_TEST:
        kind, target = Kind.HOLD, ""
    generation = intent.generation + (intent.target != "")
    declared = _distinct(wanted, intent.revision(target), *_unconfirmed(intent, outcome))
    plan = Plan(kind, declared, wanted, target=target, turn=turn, generation=generation)
    return plan, Intent(
        wanted=wanted.name,
        turn=turn,
        declared=declared,
        target=target,
        serving=target or wanted.name,
        held=kind is Kind.HOLD,
        generation=generation,
    )


def _serve(wanted: Revision, live: LiveEndpoint, intent: Intent, outcome: Outcome) -> tuple[Plan, Intent]:
    turn = _turn(wanted, intent)
    kind, target, previous, before = Kind.RUN, wanted.name, "", None
    if live.config == wanted.name:
        previous = intent.serving if intent.serving not in ("", wanted.name) else intent.previous
    elif intent.held and turn == intent.turn:
        kind, target = Kind.HOLD, live.config
    else:
        before = Sighting(live.config, live.modified, live.provisioned)
        turn += outcome.speaks_of(wanted.name, turn) and outcome.verdict is Verdict.SERVES  # moved by hand: a new wish
    declared = _distinct(
        wanted,
        intent.revision(live.config) or live.serving,
        intent.revision(previous),
        *(intent.declared if live.in_transition else _unconfirmed(intent, outcome)),
    )
    plan = Plan(kind, declared, wanted, target=target, turn=turn, generation=intent.generation)
    return plan, Intent(
        wanted=wanted.name,
        turn=turn,
        declared=declared,
        target=target,
        serving=live.config,
        previous=previous,
        before=before,
        held=kind is Kind.HOLD,
        generation=intent.generation,
    )


def _failed(intent: Intent, live: Live, outcome: Outcome) -> bool:
    """True where the revision that was wanted last was tried, and failed.

    Where the last run died before it could write its Outcome, or wrote that nothing was sent, the endpoint itself
    tells: still on what served before, but modified since, by an update that came back and by no autoscaler.
    """
    if intent.held:
        return True
    if outcome.speaks_of(intent.wanted, intent.turn) and outcome.verdict is not Verdict.NOT_SENT:
        return outcome.verdict in _FAILED
    return intent.before is not None and isinstance(live, LiveEndpoint) and _came_back(intent.before, live)


def _came_back(before: Sighting, live: LiveEndpoint) -> bool:
    return (
        live.status == "InService"
        and live.config == before.config
        and live.modified != before.modified
        and live.provisioned == before.provisioned
    )


def _turn(wanted: Revision, intent: Intent) -> int:
    return intent.turn + (wanted.name != intent.wanted)


def _unconfirmed(intent: Intent, outcome: Outcome) -> tuple[Revision, ...]:
    """What an interrupted run may have left in AWS but not in the state: declared once more, so that none is lost."""
    return tuple(revision for revision in intent.declared if revision.name not in outcome.declared + outcome.missing)


def _left(intent: Intent, outcome: Outcome) -> tuple[Revision, ...]:
    """What the last run meant to drop and, having died, may not have dropped: an error must not declare less."""
    return tuple(revision for revision in intent.dropped if revision.name in outcome.declared + outcome.missing)


def _without(revisions: tuple[Revision, ...], others: tuple[Revision, ...]) -> tuple[Revision, ...]:
    names = {revision.name for revision in others}
    return tuple(revision for revision in revisions if revision.name not in names)


def _distinct(*revisions: Revision | None) -> tuple[Revision, ...]:
    named: dict[str, Revision] = {}
    for revision in revisions:
        if revision is not None:
            named.setdefault(revision.name, revision)
    return tuple(named.values())


# How to declare the endpoint


@dataclass(frozen=True)
class Declaration:
    """How the endpoint is declared."""

    target: str  # its configuration; "" = not at all
    as_it_is: bool = False  # nothing of it is changed, whatever the state says
    serves_it: bool = False  # the target serves already: nothing to send, whatever the state says


def declare(plan: Plan, live: Live, *, obstacle: bool) -> Declaration:
    """How to declare the endpoint; with an obstacle, the wanted revision cannot be had, and what serves stays."""
    there = live if isinstance(live, LiveEndpoint) and not is_to_be_made(plan, live) else None
    match plan.kind:
        case Kind.KEEP | Kind.REFUSE:
            return Declaration(plan.target, as_it_is=True)
        case Kind.STAY:
            return Declaration(plan.target, serves_it=there is not None)
        case Kind.RUN if obstacle:
            return Declaration(there.config if there else "", as_it_is=True)
    serves = there is not None and there.status == "InService" and there.config == plan.target
    return Declaration(plan.target, serves_it=serves)


# What came of it


def is_to_move(plan: Plan, live: Live) -> bool:
    """True where the endpoint is to serve something that it does not serve yet."""
    if plan.kind is not Kind.RUN:
        return is_to_be_made(plan, live)
    return not (isinstance(live, LiveEndpoint) and live.status == "InService" and live.config == plan.target)


def is_to_be_made(plan: Plan, live: Live) -> bool:
    """True where the endpoint is to be created, over what is left of a failed one if need be."""
    makes = plan.kind in (Kind.RUN, Kind.HOLD, Kind.STAY) and plan.target != ""
    return makes and (isinstance(live, Absent) or _is_gone(live))


def has_failed(plan: Plan, outcome: Outcome) -> bool:
    """True where the wanted revision was tried last, and something else serves, or nothing."""
    tried = plan.wanted is not None and outcome.speaks_of(plan.wanted.name, plan.turn)
    return plan.kind is Kind.HOLD or (tried and outcome.verdict in (*_FAILED, Verdict.NOT_SENT))


def capacity_to_restore(settings: Settings, record: Outcome, before: Live, after: Live) -> int:
    """The provisioned concurrency that the endpoint is to have and has not; 0 where there is nothing to do.

    An update resets it to what the configuration was made with: an autoscaler's value comes back within the run. One
    without an autoscaler, or whose autoscaler was taken away, gets the configured value.
    """
    if not isinstance(after, LiveEndpoint) or not after.provisioned or after.status != "InService" or not after.ours:
        return 0
    wanted, moved = 0, not isinstance(before, LiveEndpoint) or before.config != after.config
    if not settings.scaling and (moved or record.scaling):
        wanted = settings.provisioned_concurrency or 0
    elif settings.scaling and isinstance(before, LiveEndpoint) and before.provisioned and moved:
        wanted = settings.scaling.clamp(before.provisioned)
    return wanted if wanted != after.provisioned else 0


def is_to_be_tested(plan: Plan, live: Live, record: Outcome | None) -> bool:
    """True where the endpoint is to move to a revision that callers have never been answered by."""
    return plan.kind is Kind.RUN and is_to_move(plan, live) and not (record and plan.target in record.served)


def conclude(
    plan: Plan,
    record: Outcome,
    before: Live,
    after: Live,
    *,
    updated: bool = False,
    obstacle: str = "",
    failed: str = "",
) -> Outcome:
    """The memory of what this run tried and what came of it.

    `updated` says that the engine reports an update done; `obstacle`, why nothing could be sent; `failed`, why the
    smoke test did not pass.
    """
    outcome = _served(plan, sighted(record, after), after)
    match plan:
        case Plan(kind=Kind.RUN, wanted=Revision(name=wanted)) if failed:
            return replace(outcome, tried=wanted, turn=plan.turn, verdict=Verdict.SMOKE_TEST, failure=failed)
        case Plan(kind=Kind.RUN, wanted=Revision(name=wanted)):
            verdict, failure = judge(plan, before, after, updated=updated)
            failure = failure or (obstacle if verdict is Verdict.NOT_SENT else "")
            return replace(outcome, tried=wanted, turn=plan.turn, verdict=verdict, failure=failure)
        case Plan(kind=Kind.HOLD, wanted=Revision(name=wanted)) if not (
            outcome.speaks_of(wanted, plan.turn) and outcome.verdict in _FAILED
        ):
            # The run that tried it died before it could write: this one has seen what came of it.
            failure = after.failure if isinstance(after, LiveEndpoint) else ""
            return replace(outcome, tried=wanted, turn=plan.turn, verdict=Verdict.ROLLED_BACK, failure=failure)
    return outcome


def _served(plan: Plan, outcome: Outcome, after: Live) -> Outcome:
    """The record with what serves now, and which of the declared revisions have served."""
    serving = plan.revision(after.config) if isinstance(after, LiveEndpoint) and after.status == "InService" else None
    names = {*outcome.served, serving.name if serving else ""} & set(outcome.declared)
    outcome = replace(outcome, served=tuple(sorted(names)))
    if serving is None:
        return outcome
    sizes = serving.settings
    return replace(outcome, version=serving.version, memory_mb=sizes.memory_mb, max_concurrency=sizes.max_concurrency)


def judge(plan: Plan, before: Live, after: Live, *, updated: bool) -> tuple[Verdict, str]:
    """What came of trying `plan.wanted`, from the endpoint before and after, with the failure in words.

    A silent rollback is exactly this: the engine reports an update done, and the old configuration serves.
    """
    match before, after:
        case _, LiveEndpoint(status="InService", config=config) if config == plan.target:
            return Verdict.SERVES, ""
        case _, LiveEndpoint(status="Failed", failure=failure):
            return Verdict.NOT_SENT, f"creation failed: {failure}" if failure else "creation failed"
        case LiveEndpoint(config=old, modified=then), LiveEndpoint(config=now) if old == now:
            # An autoscaler moves the time as well, and provisioned concurrency with it.
            back = updated or (after.modified != then and after.provisioned == before.provisioned)
            return (Verdict.ROLLED_BACK, after.failure) if back else (Verdict.NOT_SENT, "")
        case _, Unknown(error):
            return Verdict.NOT_SENT, error
    return Verdict.NOT_SENT, ""


def sighted(record: Outcome, live: Live) -> Outcome:
    """The record with what was seen of the endpoint last; as it was, where it could not be seen."""
    match live:
        case LiveEndpoint():
            return replace(
                record,
                serving=live.config,
                # Whose it is and on what it runs is not in the record: such a one is looked at anew in every run.
                modified=live.modified if live.ours and not live.instance_based else "",
                provisioned=live.provisioned,
                endpoint_status=live.status,
                arn=live.arn if live.ours else "",
            )
        case Absent():
            return replace(record, serving="", modified="", provisioned=0, endpoint_status="", arn="")
    return record
