"""Decide, for one variant, which revision its endpoint should serve and which revisions stay declared.

Pure: the registry's answer, the live endpoint and two memories come in as values, a Plan goes out. Asking AWS is
fleet/aws/, declaring resources is fleet/resources/. What is not declared, the engine deletes: so the rules here are
what protects a fleet. docs/architecture.md tells them in words.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from fleet.memory import FAILED, Intent, Outcome, Sighting, Verdict
from fleet.revision import Limits, Revision, Settings, revise
from fleet.seen import Absent, Answer, Approved, Live, LiveEndpoint, NothingApproved, OnHold, Unknown


class Kind(StrEnum):
    RUN = "run"  # the endpoint is to serve the wanted revision
    FAILED_BEFORE = "hold"  # the wanted revision was tried and failed: stay on what serves
    ON_HOLD = "stay"  # a person said so: stay on what serves
    KEEP = "keep"  # endpoint or answer Unknown, answer Refused, or nothing approved: all stays as it is
    NOTHING = "nothing"  # no endpoint, and nothing to make one of
    REFUSE = "refuse"  # the endpoint's name is somebody else's


_MAKING = frozenset({Kind.RUN, Kind.FAILED_BEFORE, Kind.ON_HOLD})  # where an endpoint that is not there is made


@dataclass(frozen=True)
class Plan:
    """What to declare. Holds only what is stable while nothing changes: a status or a time would show as a change."""

    kind: Kind
    declared: tuple[Revision, ...] = ()
    wanted: Revision | None = None
    doubtful: tuple[str, ...] = ()  # names of declared revisions that a killed run may have deleted: to be looked up
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
        return _keep(Kind.KEEP, intent, intent.target, left)
    if isinstance(live, LiveEndpoint) and not live.ours:
        return _keep(Kind.REFUSE, intent, intent.target, left)
    there = live if isinstance(live, LiveEndpoint) and not _is_gone(live) else None
    match _settled(answer, there, intent, outcome):
        case OnHold():
            return _hold(there, intent, outcome, left)
        case Approved(version, package):
            wanted = _as_made(revise(settings, version, package), settings.scaling, there, intent)
            return _serve(wanted, there, intent, outcome) if there else _create(wanted, intent, outcome)
        case NothingApproved():
            return _keep(Kind.KEEP, intent, there.config, (), there.serving) if there else _nothing(intent, outcome)
    if isinstance(live, LiveEndpoint):
        return _keep(Kind.KEEP, intent, live.config, left, live.serving)
    # Not there, and what is approved could not be found out: perhaps this run looks in the wrong place. So everything
    # stays declared, the endpoint too: what the state holds of it is not to be deleted.
    return _keep(Kind.KEEP, intent, intent.target, left)


def _settled(answer: Answer, there: LiveEndpoint | None, intent: Intent, outcome: Outcome) -> Answer:
    """The answer, with what is known here: what serves stays, passed over or not; a pinned version may be at hand."""
    match answer:
        case Approved(passed_over=passed_over) | NothingApproved(passed_over=passed_over):
            serving = (intent.revision(there.config) or there.serving) if there else _last_served(intent, outcome)
            stays = next((version for version in passed_over if serving and version.number == serving.version), None)
            return Approved(stays.number, stays.package) if stays else answer
        case Unknown(pin=pin):
            kept = next((revision for revision in intent.declared if revision.version == pin), None)
            return Approved(pin, kept.package) if kept else answer
    return answer


def _as_made(wanted: Revision, scaling: Limits | None, there: LiveEndpoint | None, intent: Intent) -> Revision:
    """The wanted revision with the provisioned concurrency that its configuration is made with, or was made with.

    A new revision takes the endpoint's present value, within its limits, so that an update to it loses no capacity. A
    revision that exists keeps its value. Example: 1 configured, limits 1..5, the autoscaler is at 3: made with 3.
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


def _keep(
    kind: Kind, intent: Intent, target: str, left: tuple[Revision, ...], serving: Revision | None = None
) -> tuple[Plan, Intent]:
    """Declare what was declared, what serves, and what is left of before; remember nothing new about what was tried."""
    wanted = intent.revision(intent.wanted)
    doubtful = tuple(revision.name for revision in left)
    declared = _distinct(*intent.declared, intent.revision(target), serving, *left)
    intent = replace(intent, declared=declared, target=target or intent.target)
    return Plan(kind, intent.declared, wanted, doubtful, target, intent.turn, intent.generation), intent


def _hold(
    there: LiveEndpoint | None, intent: Intent, outcome: Outcome, left: tuple[Revision, ...]
) -> tuple[Plan, Intent]:
    """What serves stays; where that was deleted, make it again; where nothing ever served, make nothing."""
    intent = replace(intent, before=None)
    if there:
        serving, previous = there.config, intent.previous if there.config == intent.serving else intent.serving
        plan, intent = _keep(Kind.ON_HOLD, intent, there.config, left, there.serving)
        return plan, replace(intent, serving=serving, previous=previous)
    served = _last_served(intent, outcome)
    if served is None:
        return _nothing(intent, outcome)
    intent = replace(intent, serving=served.name, generation=intent.generation + 1)
    return _keep(Kind.ON_HOLD, intent, served.name, left)


def _last_served(intent: Intent, outcome: Outcome) -> Revision | None:
    """The revision that callers were answered by last, where one ever did."""
    last = outcome.serving or intent.serving  # the Outcome of an endpoint that is gone has "": then what served before
    return intent.revision(last) if last in outcome.served else None


def _nothing(intent: Intent, outcome: Outcome) -> tuple[Plan, Intent]:
    turn = intent.turn + 1 if intent.wanted else intent.turn
    declared = _unconfirmed(intent, outcome)
    plan = Plan(Kind.NOTHING, declared, turn=turn, generation=intent.generation)
    return plan, Intent(turn=turn, declared=declared, generation=intent.generation)


def _create(wanted: Revision, intent: Intent, outcome: Outcome) -> tuple[Plan, Intent]:
    # A creation that failed serves nobody and is tried in every run. Where the wanted revision has failed, callers
    # get back the revision that served last; where none did, a failed smoke test is not tried again. An endpoint that
    # was there before may still be in the state: the raised generation has the engine replace it.
    turn = _turn(wanted, intent)
    served = _last_served(intent, outcome)
    kind, target = Kind.RUN, wanted.name
    if intent.held and turn == intent.turn and served and served.name != wanted.name:
        kind, target = Kind.FAILED_BEFORE, served.name
    elif outcome.speaks_of(wanted.name, turn) and outcome.verdict is Verdict.SMOKE_TEST:
        kind, target = Kind.FAILED_BEFORE, ""
    generation = intent.generation + 1 if intent.target else intent.generation
    declared = _distinct(wanted, intent.revision(target), *_unconfirmed(intent, outcome))
    plan = Plan(kind, declared, wanted, target=target, turn=turn, generation=generation)
    return plan, Intent(
        wanted=wanted.name,
        turn=turn,
        declared=declared,
        target=target,
        serving=target or wanted.name,
        held=kind is Kind.FAILED_BEFORE,
        generation=generation,
    )


def _serve(wanted: Revision, live: LiveEndpoint, intent: Intent, outcome: Outcome) -> tuple[Plan, Intent]:
    turn = _turn(wanted, intent)
    kind, target, previous, before = Kind.RUN, wanted.name, "", None
    if live.config == wanted.name:
        previous = intent.serving if intent.serving not in ("", wanted.name) else intent.previous
    elif intent.held and turn == intent.turn:
        kind, target = Kind.FAILED_BEFORE, live.config
    else:
        before = Sighting(live.config, live.modified, live.provisioned)
        if outcome.speaks_of(wanted.name, turn) and outcome.verdict is Verdict.SERVES:
            turn += 1  # it served, and somebody moved the endpoint since: to move it back is a new try
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
        held=kind is Kind.FAILED_BEFORE,
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
        return outcome.verdict in FAILED
    return intent.before is not None and isinstance(live, LiveEndpoint) and _came_back(intent.before, live)


def _came_back(before: Sighting, live: LiveEndpoint) -> bool:
    return (
        live.status == "InService"
        and live.config == before.config
        and live.modified != before.modified
        and live.provisioned == before.provisioned
    )


def _turn(wanted: Revision, intent: Intent) -> int:
    return intent.turn if wanted.name == intent.wanted else intent.turn + 1


def _unconfirmed(intent: Intent, outcome: Outcome) -> tuple[Revision, ...]:
    """What an interrupted run may have left in AWS but not in the state: declared once more, so that none is lost."""
    return tuple(revision for revision in intent.declared if revision.name not in outcome.declared + outcome.missing)


def _left(intent: Intent, outcome: Outcome) -> tuple[Revision, ...]:
    """What the last run was to drop and, if it was killed, did not: a run that cannot find out must not drop it."""
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


@dataclass(frozen=True)
class Pointer:
    """How the endpoint is declared: the one thing that moves."""

    target: str  # its configuration; "" = not at all
    as_it_is: bool = False  # neither configuration nor tags are changed, even where the state has others
    serves_it: bool = False  # the endpoint serves the target already: no update, even where the state has another one


@dataclass(frozen=True)
class Steps:
    """What a plan asks for, given the endpoint as it is."""

    pointer: Pointer
    fallback: Pointer  # how the endpoint is declared instead where the wanted revision cannot be had
    makes: bool = False  # the endpoint is to be created, also in place of one that failed or is being deleted
    clears: bool = False  # an endpoint that failed or is being deleted has to be removed before
    moves: bool = False  # the endpoint is to serve something else than now, be it created or updated for that
    tests: bool = False  # the target has never answered callers: the task's smoke test, if it has one, comes first


def steps(plan: Plan, live: Live, record: Outcome | None = None) -> Steps:
    """What is to be done about the endpoint; `record` is what the last run wrote."""
    makes = plan.target != "" and plan.kind in _MAKING and (isinstance(live, Absent) or _is_gone(live))
    there = live if isinstance(live, LiveEndpoint) and not makes else None
    serves = isinstance(live, LiveEndpoint) and live.status == "InService" and live.config == plan.target
    moves = not serves if plan.kind is Kind.RUN else makes
    pointer = _pointer(plan, there, serves=serves and not makes)
    return Steps(
        pointer,
        fallback=Pointer(there.config if there else "", as_it_is=True) if plan.kind is Kind.RUN else pointer,
        makes=makes,
        clears=makes and isinstance(live, LiveEndpoint),
        moves=moves,
        tests=plan.kind is Kind.RUN and moves and not (record and plan.target in record.served),
    )


def _pointer(plan: Plan, there: LiveEndpoint | None, *, serves: bool) -> Pointer:
    match plan.kind:
        case Kind.KEEP | Kind.REFUSE:
            return Pointer(plan.target, as_it_is=True)
        case Kind.ON_HOLD:
            return Pointer(plan.target, serves_it=there is not None)
    return Pointer(plan.target, serves_it=serves)
