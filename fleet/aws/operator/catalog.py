"""The Model Registry for people: which groups there are, what versions say of themselves, whether tasks can have them.

For `fleet init` and `fleet validate --registry`. Which version a run deploys is asked in registry.py.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from fleet import choice
from fleet.access import Access
from fleet.aws import evaluations, packages, reading, registry, session
from fleet.aws.packages import Inspected, Use
from fleet.gate import Said
from fleet.preflight import Package
from fleet.seen import Answer, Approved, NothingApproved, Refused, Unknown, Version
from fleet.tasks.model import CHAMPION, Task, title

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True)
class Entry:
    """The newest version of a group that is Approved and Completed."""

    version: int
    package: Package
    refused: tuple[str, ...] = ()  # why a serverless endpoint cannot run it
    doubts: tuple[str, ...] = ()  # why it may not


@dataclass(frozen=True)
class Finding:
    text: str
    is_mistake: bool = True  # else only worth knowing


def groups(client: "SageMakerClient") -> list[str]:
    """The names of every model package group of the Region, 100 a call, sorted."""
    pages = client.get_paginator("list_model_package_groups").paginate(PaginationConfig={"PageSize": 100})
    return sorted(group["ModelPackageGroupName"] for page in pages for group in page["ModelPackageGroupSummaryList"])


def newest(
    client: "SageMakerClient", access: Access, groups: Sequence[str]
) -> tuple[dict[str, Entry | NothingApproved | Unknown], str]:
    """What every group would deploy, asked in parallel, and what of it could not be looked at.

    An error of one group is that group's answer.
    """
    answers = registry.ask(client, groups, reader=reading.by(client, access))
    uses = {group: Use(one.package) for group, one in answers.items() if isinstance(one, Approved)}
    looked = packages.inspect(client, access, uses.values())

    def entry(group: str, answer: Answer) -> Entry | NothingApproved | Unknown:
        match answer:
            case Approved(version):
                inspected = looked.of[uses[group]]
                if isinstance(inspected, Unknown):
                    return Unknown(f'model package group "{group}": {inspected.error}')
                return Entry(version, inspected.package, inspected.refused, inspected.doubts)
            case Unknown():
                return answer
        return NothingApproved()

    return {group: entry(group, answer) for group, answer in answers.items()}, looked.note


def check(client: "SageMakerClient", access: Access, tasks: Sequence[Task], now: datetime) -> list[Finding]:
    """What is to be said of the versions that tasks would get at `now`, first what keeps them from being deployed."""
    tasks = [task for task in tasks if not choice.torn_down(task, now.date())]
    asked = choice.questions(tasks)
    reader = reading.by(client, access)
    answers = registry.ask(client, asked.groups, asked.pins, asked.soaks, asked.series, asked.stages, reader)
    chosen = [(task, _choices(reader(task.group), access, task, answers[task.group], now)) for task in tasks]
    uses = [_use(task, name, its) for task, choices in chosen for name, its in choices.items()]
    looked = packages.inspect(client, access, (use for use in uses if use))

    def of(task: Task, choices: Mapping[str, choice.Choice]) -> Iterator[Finding]:
        said: set[Finding] = set()  # what is so of the champion too is not said again
        for variant, its in choices.items():
            use = _use(task, variant, its)
            told = _findings(task, answers[task.group], its, looked.of[use] if use else None)
            found = [one for one in told if one not in said]
            said.update(found)
            yield from (replace(one, text=f"{title(task.name, variant)}: {one.text}") for one in found)

    notes = [Finding(looked.note, is_mistake=False)] if looked.note else []
    return [*(finding for task, choices in chosen for finding in of(task, choices)), *notes]


def champion(
    client: "SageMakerClient", access: Access, task: Task, answer: Answer, now: datetime
) -> tuple[choice.Choice, Mapping[int, Said]]:
    """What a task is to serve where nothing serves yet, and what packages said of its gate's metric."""
    return choice.settle(lambda said: choice.choose(task, answer, now, 0, said), asking(client, access, task), {})


def asking(client: "SageMakerClient", access: Access, task: Task) -> Callable[[Version], Said]:
    """What a package says of the metric of a task's gate, as fleet.choice.settle() asks it."""
    metric = task.gate.metric if task.gate else ""
    return lambda version: evaluations.said(
        client, lambda: session.s3(reading.of(access, version.package)), version.package, metric
    )


def _choices(
    client: "SageMakerClient", access: Access, task: Task, answer: Answer, now: datetime
) -> dict[str, choice.Choice]:
    """What every variant is to go by where the champion gets what it is to have."""
    its, said = champion(client, access, task, answer, now)
    pinned = task.pin.version if task.pin else 0
    handed = choice.Champion(its.answer.version if isinstance(its.answer, Approved) else pinned)
    choices = {CHAMPION: its}
    for name in task.variants:
        of_it = partial(_of_challenger, name, task, answer, handed, now)
        choices[name], said = choice.settle(of_it, asking(client, access, task), said)
    return choices


def _of_challenger(
    name: str, task: Task, answer: Answer, handed: choice.Champion, now: datetime, said: Mapping[int, Said]
) -> choice.Choice:
    return choice.choose_challengers(task, answer, handed, now, {}, said)[name]


def _use(task: Task, variant: str, its: choice.Choice) -> Use | None:
    """How the variant would use its version; None where it gets none."""
    sizes = task.sizes_of(variant)
    match its.answer:
        case Approved(package=package):
            return Use(package, sizes.inference_specification, sizes.kms_key)
    return None


def _findings(task: Task, answer: Answer, its: choice.Choice, looked: Inspected | Unknown | None) -> Iterator[Finding]:
    match its.answer, answer:
        case (Unknown(error), _) | (_, Unknown(error)):  # also of a task on hold
            yield Finding(error)
        case Refused(reason), _:
            yield Finding(reason)
        case Approved(), _ if its.away:
            yield Finding(f"not deployed: {its.away}", is_mistake=False)
        case Approved(version), _:
            if its.gated:
                yield Finding(its.decided, is_mistake=False)
            yield from (replace(one, text=f"version {version}: {one.text}") for one in _judged(looked))
        case NothingApproved(), NothingApproved():
            text = f'nothing approved in model package group "{task.group}"; there is no endpoint until a version is'
            yield Finding(text, is_mistake=False)
        case NothingApproved(), _:
            yield Finding(its.decided, is_mistake=False)
    if its.warning:
        yield Finding(its.warning, is_mistake=False)


def _judged(looked: Inspected | Unknown | None) -> Iterator[Finding]:
    match looked:
        case Unknown(error):
            yield Finding(packages.NOT_LOOKED_AT.format(error=error))
        case Inspected(refused=refused, doubts=doubts):
            yield from (Finding(reason) for reason in refused)
            yield from (Finding(doubt, is_mistake=False) for doubt in doubts)
