"""What a run comes upon for one task, before anything is declared: its variants, each with what it is to serve.

A preflight asks what its variants would have made of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from fleet.aws.gateway import Gateway
from fleet.choice import Choice, Handed, choose, choose_challengers, foreseen
from fleet.cost import past
from fleet.cost.estimate import billed
from fleet.gate import Said, kept
from fleet.memory import Outcome
from fleet.monitoring.alarms import Watched, watched
from fleet.resources.config import StackSettings
from fleet.revision import Limits, Revision, Settings, revise
from fleet.seen import Answer, Approved, LiveEndpoint, Refused, Unknown
from fleet.status import NOT_OURS
from fleet.tasks.model import CHAMPION, Scaling, Sizes, SmokeTest, Task, title
from fleet.tasks.settings import Gate


@dataclass(frozen=True)
class Variant:
    """One version of a task's model on an endpoint of its own, as a run comes upon it."""

    task: str
    name: str
    owner: str | None
    settings: Settings
    choice: Choice
    record: Outcome | None = None  # what the last run wrote
    smoke_test: SmokeTest | None = None
    scaling: Scaling | None = None
    watched: Watched | None = None  # what its alarms follow from
    refusal: str = ""  # what was found in the way before anything was declared
    log_retention_days: int | None = None
    cost: str = ""  # what of it costs money, as the next run is to know it
    gate: Gate | None = None

    @property
    def logical_name(self) -> str:
        return self.task if self.name == CHAMPION else f"{self.task}-{self.name}"

    @property
    def title(self) -> str:
        """As messages call it."""
        return title(self.task, self.name)

    @property
    def answer(self) -> Answer:
        """What it goes by."""
        return Refused(self.refusal) if self.refusal else self.choice.answer

    @property
    def endpoint(self) -> str:
        return self.settings.endpoint

    @property
    def replaced(self) -> str:
        """The endpoint that serves under a former name, "" where there is none: making this one deletes it."""
        return (
            self.record.endpoint if self.record and self.is_deployed and self.record.endpoint != self.endpoint else ""
        )

    @property
    def is_deployed(self) -> bool:
        """By the last run's record."""
        return self.record is not None and self.record.endpoint in self.record.declared

    @property
    def recorded(self) -> frozenset[str]:
        """Names of what the last run left in the state."""
        return frozenset(self.record.declared if self.record else ())

    def recorded_of(self, kind: str) -> str:
        """What the last run wrote of one thing beside the endpoint, "" for nothing."""
        return self.record.beside.get(kind, "") if self.record else ""

    @property
    def new_revision(self) -> Revision | None:
        """The revision that this run is to make, as far as the registry and the last run's record tell."""
        answer, record = self.answer, self.record or Outcome()
        if not isinstance(answer, Approved) or self.choice.away:
            return None
        passed_over = (revise(self.settings, version.number, version.package).name for version in answer.passed_over)
        wanted = revise(self.settings, answer.version, answer.package)
        return None if wanted.name in record.declared or record.serving in passed_over else wanted

    def going_by(self, choice: Choice) -> "Variant":
        return replace(self, choice=choice)._where_it_serves()

    def refused(self, why: str) -> "Variant":
        return replace(self, refusal=why)._where_it_serves()

    def _where_it_serves(self) -> "Variant":
        """What serves under a former name stays there where nothing is to be made."""
        endpoint = self.endpoint if isinstance(self.answer, Approved) else self.replaced or self.endpoint
        return replace(self, settings=replace(self.settings, endpoint=endpoint))


@dataclass(frozen=True)
class Situation:
    """What a run comes upon, for one task, before anything is declared."""

    task: Task
    registry: Answer  # what it says of the task's group
    now: datetime  # by which versions have soaked, and pins and holds have ended
    last: Mapping[str, Outcome]  # what the last run wrote, by variant
    variants: Mapping[str, Variant]  # the champion first; challengers by what it will hand over, if all goes well

    said: Mapping[int, Said] = field(default_factory=dict)  # by packages, of the gate's metric

    async def challengers(self, champion: Handed, gateway: Gateway) -> dict[str, Choice]:
        """What each challenger is to serve, given what the champion hands over."""
        choices, _ = await _challengers(self.task, self.registry, champion, self.now, self.last, self.said, gateway)
        return choices


async def situation(
    task: Task, registry: Answer, last: Mapping[str, Outcome], gateway: Gateway, settings: StackSettings
) -> Situation:
    """What a run comes upon for one task. A preflight asks what its variants would have made of it."""
    # Not the run's own time: the registry has been asked since, and may have found a version just old enough.
    now = datetime.now(UTC)
    serves = await _serves(task, last.get(CHAMPION), gateway)
    choice, said = await _settled(
        lambda said: choose(task, registry, now, serves, said), task.gate, _kept(task.gate, last), gateway
    )
    champion = await _variant(task, CHAMPION, choice, last.get(CHAMPION), gateway, settings)
    beside, said = await _challengers(task, registry, foreseen(champion.answer), now, last, said, gateway)
    challengers = {
        name: await _variant(task, name, choice, last.get(name), gateway, settings) for name, choice in beside.items()
    }
    return Situation(task, registry, now, last, {CHAMPION: champion, **challengers}, said)


async def _serves(task: Task, record: Outcome | None, gateway: Gateway) -> int:
    """The version that serves, or served last; where the state was lost, the endpoint is asked, for a gate compares."""
    if not task.gate or (record and record.last_version):
        return record.last_version if record else 0
    match await gateway.live(task.endpoint, record, wait=False):
        case LiveEndpoint(ours=True, serving=Revision(version=version)):
            return version
    return 0


async def _settled(
    chosen: Callable[[Mapping[int, Said]], Choice], gate: Gate | None, said: Mapping[int, Said], gateway: Gateway
) -> tuple[Choice, Mapping[int, Said]]:
    """The choice, once every package that its gate asks has answered, and what they said by then."""
    choice = chosen(said)
    while choice.ask and gate:
        said = {**said, choice.ask.number: await gateway.judged(choice.ask, gate.metric)}
        choice = chosen(said)
    return choice, said


async def _challengers(
    task: Task,
    registry: Answer,
    champion: Handed,
    now: datetime,
    last: Mapping[str, Outcome],
    said: Mapping[int, Said],
    gateway: Gateway,
) -> tuple[dict[str, Choice], Mapping[int, Said]]:
    """The same of all challengers: they are chosen together, and their gate is one."""
    serving = {name: outcome.last_version if task.gate else outcome.version for name, outcome in last.items()}
    choices = choose_challengers(task, registry, champion, now, serving, said)
    while task.gate and (asked := next((choice.ask for choice in choices.values() if choice.ask), None)):
        said = {**said, asked.number: await gateway.judged(asked, task.gate.metric)}
        choices = choose_challengers(task, registry, champion, now, serving, said)
    return choices, said


def _kept(gate: Gate | None, last: Mapping[str, Outcome]) -> Mapping[int, Said]:
    """What earlier runs were told of versions that passed."""
    if not gate:
        return {}
    figures = [record.figures_of(gate.metric) for record in last.values()]
    return kept({number: figure for its in figures for number, figure in its.items()})


async def _variant(
    task: Task, name: str, choice: Choice, record: Outcome | None, gateway: Gateway, settings: StackSettings
) -> Variant:
    endpoint, refusal = await _endpoint_name(task.endpoint_of(name), choice.answer, record, gateway)
    sizes = task.sizes_of(name)
    its = settings_of(sizes, endpoint=endpoint, role=settings.role, attempt=task.attempt)
    return Variant(
        task.name,
        name,
        task.owner,
        its,
        choice,
        record,
        smoke_test=task.smoke_test,
        scaling=sizes.scaling,
        watched=watched(task, name),
        refusal=refusal,
        log_retention_days=task.log_retention_days,
        cost=past.record(billed(task, name)),
        gate=task.gate,
    )


def settings_of(sizes: Sizes, *, endpoint: str, role: str, attempt: int) -> Settings:
    """The settings that revisions are made of: every size is one, under its own name."""
    own: dict[str, Any] = {name: getattr(sizes, name) for name in Sizes.model_fields if name != "scaling"}
    limits = Limits(sizes.scaling.min, sizes.scaling.max) if sizes.scaling else None
    return Settings(endpoint=endpoint, role=role, attempt=attempt, scaling=limits, **own)


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
