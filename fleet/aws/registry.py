"""What the Model Registry says, group by group. The only code that reads it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from fleet.aws import packages, session
from fleet.rollout import Answer, Approved, NothingApproved, Unknown, Version

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


def ask(
    client: "SageMakerClient",
    groups: Sequence[str],
    pins: Mapping[str, Sequence[int]] = MappingProxyType({}),
    soaks: Mapping[str, int] = MappingProxyType({}),
    series: Collection[str] = (),
) -> dict[str, Answer]:
    """The latest approved version of every group, asked in parallel. An error of one group is that group's answer.

    `pins` names older versions to look for too; `soaks`, in hours, how long a version is to have been approved: then
    those that are too young are dated, and the newest one that is old enough is looked for. `series` names groups of
    which every approved version is told.
    """

    def answer(group: str) -> Answer:
        return _ask_group(client, group, pins.get(group, ()), soaks.get(group, 0), to_the_end=group in series)

    client.can_paginate("list_model_packages")  # botocore reads its files now; else every thread does, all at once
    with ThreadPoolExecutor(session.THREADS) as pool:
        answers = pool.map(answer, groups)
        return dict(zip(groups, answers, strict=True))


def _ask_group(
    client: "SageMakerClient", group: str, pins: Sequence[int], soak_hours: int, *, to_the_end: bool
) -> Answer:
    soak = timedelta(hours=soak_hours)
    try:
        found = session.patiently(lambda: _look_for(client, group, pins, soak, to_the_end=to_the_end))
        if not found:
            return _nothing_approved(client, group)
        newest, *older = found
        return Approved(newest.number, newest.package, newest.approved, tuple(older))
    except ClientError as error:
        if session.not_found(error):
            return Unknown(_missing(client, group))
        return Unknown(f'model package group "{group}": {session.sentence(error)}')
    except Exception as error:  # an answer that makes no sense is no answer
        return Unknown(f'model package group "{group}": {session.sentence(error)}')


def _look_for(
    client: "SageMakerClient", group: str, pins: Sequence[int], soak: timedelta, *, to_the_end: bool
) -> list[Version]:
    """The newest version, those pinned, and while none has soaked long enough, all in between; newest first."""
    found: list[Version] = []
    soaked = not soak
    for version in _approved(client, group):
        if not soaked:
            since = _approved_since(client, version)
            found.append(replace(version, approved=since.isoformat()))
            soaked = since + soak <= datetime.now(UTC)
        elif not found or to_the_end or version.number in pins:
            found.append(version)
        if soaked and not to_the_end and all(version.number <= pin for pin in pins):
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
            Version(int(package["ModelPackageVersion"]), package["ModelPackageArn"])
            for package in page["ModelPackageSummaryList"]
            if package.get("ModelApprovalStatus") == "Approved" and package["ModelPackageStatus"] == "Completed"
        ]
        yield from sorted(versions, key=lambda version: version.number, reverse=True)


def _approved_since(client: "SageMakerClient", version: Version) -> datetime:
    # A package has no time of its approval; its last change is that, or later.
    package = packages.describe(client, version.package)
    since: datetime = package.get("LastModifiedTime") or package["CreationTime"]
    return since.astimezone(UTC)


def _nothing_approved(client: "SageMakerClient", group: str) -> NothingApproved:
    # A list of a group that does not exist may be empty instead of refused: a typo must not read as "nothing approved".
    client.describe_model_package_group(ModelPackageGroupName=group)
    return NothingApproved()


def _missing(client: "SageMakerClient", group: str) -> str:
    listed = session.ask(lambda: client.list_model_package_groups(MaxResults=100))
    names = (
        []
        if isinstance(listed, Unknown)
        else [g["ModelPackageGroupName"] for g in listed["ModelPackageGroupSummaryList"]]
    )
    close = get_close_matches(group, names, n=1)
    hint = f'; did you mean "{close[0]}"?' if close else ""
    return f'model package group "{group}" does not exist in {client.meta.region_name}{hint}'
