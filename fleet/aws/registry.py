"""What the Model Registry says, group by group. The only code that reads it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from fleet.aws import packages, session
from fleet.seen import Answer, NothingApproved, Unknown, Version, approved

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import ModelPackageSummaryTypeDef

    from fleet.aws.reading import Reader


@dataclass(frozen=True)
class Wish:
    """What is looked for in a group: the newest version that is like this."""

    stage: str = ""  # "": any
    stage_status: str = ""  # "": any
    soak_hours: int = 0  # since its approval

    def covers(self, version: Version) -> bool:
        """Whether a version counts for it, however young it is."""
        return self.stage in ("", version.stage) and self.stage_status in ("", version.stage_status)

    def is_met(self, version: Version) -> bool:
        """By a version that has its date, where it is to have soaked."""
        if not self.covers(version) or not self.soak_hours:
            return self.covers(version)
        return datetime.fromisoformat(version.approved) + timedelta(hours=self.soak_hours) <= datetime.now(UTC)


def ask(
    client: "SageMakerClient",
    groups: Sequence[str],
    pins: Mapping[str, Sequence[int]] = MappingProxyType({}),
    soaks: Mapping[str, int] = MappingProxyType({}),
    series: Collection[str] = (),
    stages: Mapping[str, Sequence[Sequence[Any]]] = MappingProxyType({}),
    reader: "Reader | None" = None,
) -> dict[str, Answer]:
    """The latest approved version of every group, asked in parallel. An error of one group is that group's answer.

    `pins` names older versions to look for too; `soaks`, in hours, how long a version is to have been approved: then
    those that are too young are dated, and the newest one that is old enough is looked for. `series` names groups of
    which every approved version is told. `stages` names stages of the model life cycle, each as stage, status ("" for
    any) and hours to soak: of such a group the newest version in each of them is looked for as well. `reader` tells of
    each group who reads it, where that is not `client`.
    """

    def answer(group: str) -> Answer:
        staged = [Wish(*said) for said in stages.get(group, ())]
        wishes = [Wish(soak_hours=soaks.get(group, 0)), *staged]
        asks = reader(group) if reader else client
        return _ask_group(asks, group, wishes, pins.get(group, ()), to_the_end=group in series)

    client.can_paginate("list_model_packages")  # botocore reads its files now; else every thread does, all at once
    with ThreadPoolExecutor(session.THREADS) as pool:
        answers = pool.map(answer, groups)
        return dict(zip(groups, answers, strict=True))


def _ask_group(
    client: "SageMakerClient", group: str, wishes: Sequence[Wish], pins: Sequence[int], *, to_the_end: bool
) -> Answer:
    try:
        found = session.patiently(lambda: _look_for(client, group, wishes, pins, to_the_end=to_the_end))
        if not found:
            return _nothing_approved(client, group)
        return approved(found)
    except ClientError as error:
        if session.not_found(error):
            return Unknown(missing(client, group))
        return Unknown(f'model package group "{group}": {session.sentence(error)}')
    except Exception as error:  # an answer that makes no sense is no answer
        return Unknown(f'model package group "{group}": {session.sentence(error)}')


def _look_for(
    client: "SageMakerClient", group: str, wishes: Sequence[Wish], pins: Sequence[int], *, to_the_end: bool
) -> list[Version]:
    """The newest version, those pinned, and for each wish those that count until one meets it; newest first."""
    found: list[Version] = []
    unmet, by_stage = list(wishes), any(wish.stage for wish in wishes)
    for listed in _approved(client, group):
        version = listed if by_stage else replace(listed, stage="", stage_status="")
        counts = [wish for wish in unmet if wish.covers(version)]
        if any(wish.soak_hours for wish in counts):
            version = replace(version, approved=approved_since(packages.describe(client, version.package)).isoformat())
        if not found or to_the_end or counts or version.number in pins:
            found.append(version)
        unmet = [wish for wish in unmet if not wish.is_met(version)]
        if not unmet and not to_the_end and all(version.number <= pin for pin in pins):
            break
    return found


def _approved(client: "SageMakerClient", group: str) -> Iterator[Version]:
    # Descending (the default is Ascending), and on past an empty page: a filtered page can be empty and still carry a
    # token (AWS API reference, ListModelPackages, 2026-11). Versions rise with creation time within a group.
    pages = client.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        PaginationConfig={"PageSize": 100},
    )
    for page in pages:
        versions = [
            _version(package)
            for package in page["ModelPackageSummaryList"]
            if package.get("ModelApprovalStatus") == "Approved" and package["ModelPackageStatus"] == "Completed"
        ]
        yield from sorted(versions, key=lambda version: version.number, reverse=True)


def _version(package: "ModelPackageSummaryTypeDef") -> Version:
    cycle: Mapping[str, Any] = package.get("ModelLifeCycle") or {}
    stage, status = cycle.get("Stage", ""), cycle.get("StageStatus", "")
    return Version(int(package["ModelPackageVersion"]), package["ModelPackageArn"], "", stage, status)


def approved_since(package: Mapping[str, Any]) -> datetime:
    """Since when a model package is approved, in UTC: it has no time of that; its last change is that, or later."""
    since: datetime = package.get("LastModifiedTime") or package["CreationTime"]
    return since.astimezone(UTC)


def _nothing_approved(client: "SageMakerClient", group: str) -> NothingApproved:
    # A list of a group that does not exist may be empty instead of refused: a typo must not read as "nothing approved".
    client.describe_model_package_group(ModelPackageGroupName=group)
    return NothingApproved()


def missing(client: "SageMakerClient", group: str) -> str:
    """That there is no such group, with the name that was probably meant."""
    listed = session.ask(lambda: client.list_model_package_groups(MaxResults=100))
    names = (
        []
        if isinstance(listed, Unknown)
        else [g["ModelPackageGroupName"] for g in listed["ModelPackageGroupSummaryList"]]
    )
    close = get_close_matches(group, names, n=1)
    hint = f'; did you mean "{close[0]}"?' if close else ""
    return f'model package group "{group}" does not exist in {client.meta.region_name}{hint}'
