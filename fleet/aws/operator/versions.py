"""The versions of a group for people who decide on them: all of them, with what their packages, S3 and ECR say.

Which version a run deploys is asked in fleet/aws/registry.py. Changes nothing.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from fleet import preflight
from fleet.access import Access
from fleet.aws import evaluations, images, registry, session
from fleet.evidence import report
from fleet.evidence.evaluation import Evaluation, Package
from fleet.evidence.facts import Facts, facts
from fleet.seen import Unknown, Version

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True)
class Looked:
    """Versions as they are now, in the order in which they were asked for."""

    facts: tuple[Facts, ...]
    packages: Mapping[int, Package]  # by version: what DescribeModelPackage said
    notes: tuple[str, ...] = ()  # which sizes could not be read


def listed(client: "SageMakerClient", group: str) -> list[Version] | Unknown:
    """Every version of a group, whatever its approval, newest first; Unknown where there is no such group.

    Raises botocore's ClientError.
    """
    try:
        found = sorted(_listed(client, group), key=lambda version: version.number, reverse=True)
        if not found:  # the list of a group that does not exist may be empty instead of refused
            client.describe_model_package_group(ModelPackageGroupName=group)
    except ClientError as error:
        if session.not_found(error):
            return Unknown(registry.missing(client, group))
        raise
    return found


def _listed(client: "SageMakerClient", group: str) -> Iterator[Version]:
    pages = client.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group,
        SortBy="CreationTime",
        SortOrder="Descending",
        PaginationConfig={"PageSize": 100},
    )
    for page in pages:
        for package in page["ModelPackageSummaryList"]:
            yield Version(int(package["ModelPackageVersion"]), package["ModelPackageArn"])


def look(
    client: "SageMakerClient",
    access: Access,
    versions: Sequence[Version],
    *,
    specification: str | None = None,
    metrics: Collection[str] | None = None,
    sizes: Collection[str] = ("model", "image"),
) -> Looked:
    """What is known of some versions, asked in parallel. Raises botocore's ClientError.

    `specification` names the additional one that the task uses, `metrics` those whose figures are looked for (None:
    all that there are), `sizes` what is asked of S3 and ECR.
    """
    s3 = cache(lambda: session.s3(access))

    def described(version: Version) -> tuple[Package, Evaluation]:
        package, judged = evaluations.read(client, s3, version.package, metrics)
        return {"ModelPackageVersion": version.number, "ModelPackageArn": version.package, **package}, judged

    client.can_paginate("list_model_packages")  # botocore reads its files now; else every thread does, all at once
    read = _in_threads(lambda version: session.patiently(lambda: described(version)), versions)
    bare = [facts(package, judged, specification=specification) for package, judged in read]
    archives, no_archives = _archives(s3, bare) if "model" in sizes else ({}, "")
    found, no_images = _images(access, bare) if "image" in sizes else ({}, "")
    whole = (
        facts(
            package,
            judged,
            specification=specification,
            archive_bytes=archives.get(one.archive),
            image_bytes=found.get(one.image),
        )
        for (package, judged), one in zip(read, bare, strict=True)
    )
    packages = {version.number: package for version, (package, _) in zip(versions, read, strict=True)}
    notes = (("models", no_archives), ("images", no_images))
    said = tuple(f"the sizes of {what} could not all be looked at: {why}" for what, why in notes if why)
    return Looked(tuple(whole), packages, said)


def _archives(s3: Callable[[], Any], versions: Sequence[Facts]) -> tuple[dict[str, int], str]:
    """How many bytes each archive has, by its URI, and why some are not known."""
    places = {one.archive: place for one in versions if (place := _archive(one.archive))}

    def size(place: tuple[str, str]) -> int | Unknown:
        bucket, key = place
        return session.ask(lambda: int(s3().head_object(Bucket=bucket, Key=key)["ContentLength"]))

    sizes = dict(zip(places, _in_threads(size, list(places.values())), strict=True))
    unknown = [size.error for size in sizes.values() if isinstance(size, Unknown)]
    return {uri: size for uri, size in sizes.items() if not isinstance(size, Unknown)}, next(iter(unknown), "")


def _archive(uri: str) -> tuple[str, str] | None:
    """Where an archive lies; a prefix, as of a model that is not packed, has no size of its own."""
    return None if uri.endswith("/") else report.place(uri)


def _images(access: Access, versions: Sequence[Facts]) -> tuple[dict[str, int], str]:
    """How many bytes each image has that lies in the account of its package: AWS's own let nobody look at them."""
    own = {one.image for one in versions if _account(one.image) == one.package.split(":")[4]}
    found, why = images.look_up(access, sorted(own)) if own else ({}, "")
    return {uri: size for uri, size in found.items() if isinstance(size, int)}, why


def _account(uri: str) -> str:
    image = preflight.Image.parse(uri)
    return image.account if image else ""


def _in_threads(call: Callable[[Any], Any], given: Sequence[Any]) -> list[Any]:
    with ThreadPoolExecutor(session.THREADS) as pool:
        return list(pool.map(call, given))
