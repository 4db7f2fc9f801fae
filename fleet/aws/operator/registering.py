"""A new version of a model package group: its files put into S3, its package made.

What a trainer may do, and no more.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from fleet.aws import packages, registry, session
from fleet.evidence import registering
from fleet.evidence.metadata import Origin
from fleet.evidence.report import CONTENT_TYPE

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


_AT_ONCE = 16  # packages that are looked at together, newest first


class NotThere(Exception):
    """What a registration needs does not exist: one sentence."""


def group_arn(client: "SageMakerClient", group: str) -> str:
    """The ARN of a group. Raises NotThere where there is none of that name."""
    try:
        return str(client.describe_model_package_group(ModelPackageGroupName=group)["ModelPackageGroupArn"])
    except ClientError as error:
        if session.not_found(error):
            raise NotThere(registry.missing(client, group)) from None
        raise


def of_the_same_model(
    client: "SageMakerClient", group: str, origin: Origin, since: datetime | None
) -> Mapping[str, Any] | None:
    """The newest version of the group that was made of this model, as DescribeModelPackage tells it.

    Only versions from `since` on are looked at, when the model was logged: an older one cannot be of it.
    """
    arns = [arn for _, arn in sorted(_listed(client, group, since), reverse=True)]
    with ThreadPoolExecutor(session.THREADS) as pool:
        for first in range(0, len(arns), _AT_ONCE):
            some = arns[first : first + _AT_ONCE]
            for arn, package in zip(some, pool.map(lambda arn: packages.describe(client, arn), some), strict=True):
                if registering.is_of(package, origin):
                    return {**package, "ModelPackageArn": arn}
    return None


def _listed(client: "SageMakerClient", group: str, since: datetime | None) -> list[tuple[int, str]]:
    wanted: dict[str, Any] = {"CreationTimeAfter": since} if since else {}
    pages = client.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, PaginationConfig={"PageSize": 100}, **wanted
    )
    found = [package for page in pages for package in page["ModelPackageSummaryList"]]
    return [(int(package["ModelPackageVersion"]), package["ModelPackageArn"]) for package in found]


def bucket_region(s3: Any, bucket: str) -> str:
    """The Region of a bucket, "" where that may not be asked. Raises NotThere where there is no such bucket."""
    try:
        return str(s3.head_bucket(Bucket=bucket).get("BucketRegion", ""))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            raise NotThere(f"there is no bucket {bucket}") from None
        return ""


def put_report(s3: Any, bucket: str, key: str, content: bytes) -> None:
    """A report of an evaluation. Raises botocore's ClientError."""
    s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=CONTENT_TYPE)


def upload(s3: Any, file: Path, bucket: str, key: str, more: Callable[[int], None]) -> None:
    """A file of any size, in parts where it is large; `more` is told how many bytes have gone since the last time.

    What cannot be ended is aborted, so that nothing of it stays. Raises boto3's S3UploadFailedError and botocore's
    errors.
    """
    from boto3.s3.transfer import S3Transfer  # noqa: PLC0415  # boto3 is loaded by what uploads alone

    S3Transfer(s3).upload_file(str(file), bucket, key, callback=more)


def create(client: "SageMakerClient", arguments: Mapping[str, Any]) -> str:
    """The ARN of the package. Safe to be sent twice: it has a ClientToken. Raises botocore's ClientError."""
    return str(client.create_model_package(**arguments)["ModelPackageArn"])
