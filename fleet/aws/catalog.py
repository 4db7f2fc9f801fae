"""The Model Registry for people: which groups there are, what versions say of themselves, whether tasks can have them.

For `fleet init` and `fleet validate --registry`. Which version a run deploys is asked in registry.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fleet import choice, preflight
from fleet.aws import packages, registry, session
from fleet.rollout import Answer, Approved, NothingApproved, Refused, Unknown
from fleet.tasks import CHAMPION, Task

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

Package = Mapping[str, Any]  # as DescribeModelPackage gives it


@dataclass(frozen=True)
class Entry:
    """The newest version of a group that is Approved and Completed."""

    version: int
    package: Package


@dataclass(frozen=True)
class Finding:
    text: str
    is_mistake: bool = True  # else only worth knowing


def groups(client: "SageMakerClient") -> list[str]:
    """The names of every model package group of the Region, 100 a call, sorted."""
    pages = client.get_paginator("list_model_package_groups").paginate(PaginationConfig={"PageSize": 100})
    return sorted(group["ModelPackageGroupName"] for page in pages for group in page["ModelPackageGroupSummaryList"])


def newest(client: "SageMakerClient", groups: Sequence[str]) -> dict[str, Entry | NothingApproved | Unknown]:
    """What every group would deploy, asked in parallel. An error of one group is that group's answer."""
    answers = registry.ask(client, groups)
    described = describe(client, (answer.package for answer in answers.values() if isinstance(answer, Approved)))

    def entry(group: str, answer: Answer) -> Entry | NothingApproved | Unknown:
        match answer:
            case Approved(version, arn):
                package = described[arn]
                if isinstance(package, Unknown):
                    return Unknown(f'model package group "{group}": {package.error}')
                return Entry(version, package)
            case Unknown():
                return answer
        return NothingApproved()

    return {group: entry(group, answer) for group, answer in answers.items()}


def describe(client: "SageMakerClient", arns: Iterable[str]) -> dict[str, Package | Unknown]:
    """Versions by their ARN, asked in parallel. An error of one is that version's answer."""

    def one(arn: str) -> Package | Unknown:
        return session.ask(lambda: packages.describe(client, arn))

    unique = sorted(set(arns))
    with ThreadPoolExecutor(session.THREADS) as pool:
        return dict(zip(unique, pool.map(one, unique), strict=True))


def check(client: "SageMakerClient", tasks: Sequence[Task], now: datetime) -> list[Finding]:
    """What is to be said of the versions that tasks would get at `now`, first what keeps them from being deployed."""
    tasks = [task for task in tasks if not choice.torn_down(task, now.date())]
    asked = choice.questions(tasks)
    answers = registry.ask(client, asked.groups, asked.pins, asked.soaks, asked.series)
    chosen = [(task, _choices(task, answers[task.group], now)) for task in tasks]
    every = (its.answer for _, choices in chosen for its in choices.values())
    described = describe(client, (answer.package for answer in every if isinstance(answer, Approved)))
    region = client.meta.region_name

    def of(task: Task, choices: Mapping[str, choice.Choice]) -> Iterator[Finding]:
        said: set[Finding] = set()  # what is so of the champion too is not said again
        for variant, its in choices.items():
            told = _findings(task, variant, answers[task.group], its, described, region)
            found = [one for one in told if one not in said]
            said.update(found)
            name = task.name if variant == CHAMPION else f"{task.name}/{variant}"
            yield from (replace(one, text=f"{name}: {one.text}") for one in found)

    return [finding for task, choices in chosen for finding in of(task, choices)]


def _choices(task: Task, answer: Answer, now: datetime) -> dict[str, choice.Choice]:
    """What every variant is to go by where the champion gets what it is to have."""
    champion = choice.choose(task, answer, now)
    pinned = task.pin.version if task.pin else 0
    version = champion.answer.version if isinstance(champion.answer, Approved) else pinned
    beside = {name: choice.choose_beside(task, name, answer, choice.Champion(version), now) for name in task.variants}
    return {CHAMPION: champion, **beside}


def _findings(
    task: Task,
    variant: str,
    answer: Answer,
    its: choice.Choice,
    described: Mapping[str, Package | Unknown],
    region: str,
) -> Iterator[Finding]:
    match its.answer, answer:
        case (Unknown(error), _) | (_, Unknown(error)):  # also of a task on hold
            yield Finding(error)
        case Refused(reason), _:
            yield Finding(reason)
        case Approved(), _ if its.away:
            yield Finding(f"not deployed: {its.away}", is_mistake=False)
        case Approved(version, arn), _:
            package = described[arn]
            reasons = [package.error] if isinstance(package, Unknown) else _unsuitable(package, region, task, variant)
            yield from (Finding(f"version {version}: {reason}") for reason in reasons)
        case NothingApproved(), NothingApproved():
            text = f'nothing approved in model package group "{task.group}"; there is no endpoint until a version is'
            yield Finding(text, is_mistake=False)
        case NothingApproved(), _:
            yield Finding(its.decided, is_mistake=False)
    if its.warning:
        yield Finding(its.warning, is_mistake=False)


def _unsuitable(package: Package, region: str, task: Task, variant: str) -> list[str]:
    sizes = task.sizes_of(variant)
    return preflight.unsuitable(package, region, specification=sizes.inference_specification, key=sizes.kms_key)
