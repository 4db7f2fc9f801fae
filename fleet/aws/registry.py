"""What the Model Registry says, group by group. The only code that reads it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from fleet.aws import session
from fleet.rollout import Answer, Approved, NothingApproved, Unknown

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


def ask(client: "SageMakerClient", groups: Sequence[str]) -> dict[str, Answer]:
    """The latest approved version of every group, asked in parallel. An error of one group is that group's answer."""
    with ThreadPoolExecutor(session.THREADS) as pool:
        return dict(zip(groups, pool.map(lambda group: _ask_group(client, group), groups), strict=True))


def _ask_group(client: "SageMakerClient", group: str) -> Answer:
    try:
        return _latest_approved(client, group) or _nothing_approved(client, group)
    except ClientError as error:
        if session.not_found(error):
            return Unknown(_missing(client, group))
        return Unknown(f'model package group "{group}": {session.sentence(error)}')
    except Exception as error:  # an answer that makes no sense is no answer
        return Unknown(f'model package group "{group}": {session.sentence(error)}')


def _latest_approved(client: "SageMakerClient", group: str) -> Approved | None:
    # Descending (the default is Ascending), and on until a page has candidates: a filtered page can be empty and still
    # carry a token (AWS API reference, ListModelPackages, 2026-11). Versions rise with creation time within a group.
    pages = client.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        PaginationConfig={"PageSize": 100},
    )
    for page in pages:
        candidates = [
            Approved(int(package["ModelPackageVersion"]), package["ModelPackageArn"])
            for package in page["ModelPackageSummaryList"]
            if package.get("ModelApprovalStatus") == "Approved" and package["ModelPackageStatus"] == "Completed"
        ]
        if candidates:
            return max(candidates, key=lambda package: package.version)
    return None


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
