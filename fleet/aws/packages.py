"""Versions of model package groups in full, and whether a serverless endpoint here can run them.

Which versions are wanted is registry.py's. The one way to look at a package before it is deployed: `fleet init`,
`fleet validate --registry`, previews and runs go through `inspect`.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from fleet import elsewhere, preflight
from fleet.access import Access
from fleet.aws import images, reading, session
from fleet.aws.reading import Reader
from fleet.preflight import Package
from fleet.seen import Unknown

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

NOT_LOOKED_AT = "its package could not be looked at, so that what AWS may refuse of it is not known: {error}"


class Use(NamedTuple):
    """A version as a task would deploy it."""

    package: str  # model package ARN
    specification: str | None = None  # the additional one, in place of the package's own
    key: str | None = None  # KMS key


@dataclass(frozen=True)
class Inspected:
    """One version, and what is to be said of it."""

    package: Package
    refused: tuple[str, ...] = ()  # why AWS will not run it, a sentence each
    doubts: tuple[str, ...] = ()  # why it may not


@dataclass(frozen=True)
class Inspection:
    """Several versions; Unknown for those that could not be looked at."""

    of: Mapping[Use, Inspected | Unknown]
    note: str = ""  # what of their images could not be looked at


def describe(client: "SageMakerClient", arn: str) -> dict[str, Any]:
    """What DescribeModelPackage says: containers, metadata, stage, LastModifiedTime. Raises botocore's ClientError.

    But for what is in the model card, of which nothing is used here: where that is encrypted, all of it would need
    kms:Decrypt on its key, and the whole answer would be refused (API reference, DescribeModelPackage, 2026-11).
    """
    return dict(client.describe_model_package(ModelPackageName=arn, IncludedData="MetadataOnly"))


def inspect(client: "SageMakerClient", access: Access, uses: Iterable[Use]) -> Inspection:
    """Look at versions, and at their images where ECR lets itself be asked, in parallel."""
    wanted, reader = set(uses), reading.by(client, access)
    described = _described(reader, [use.package for use in wanted])
    known = [arn for arn, package in described.items() if not isinstance(package, Unknown)]
    return judge(access, wanted, described, unshared(client, [arn for arn in known if reader(arn) is not client]))


def judge(
    access: Access,
    uses: Iterable[Use],
    described: Mapping[str, Package | Unknown],
    unseen: Mapping[str, str] = MappingProxyType({}),
) -> Inspection:
    """The same of packages that were asked already, by their ARN. `unseen`: what unshared() said of them."""
    wanted = sorted(set(uses), key=str)
    found, note = images.look_up(access, (uri for use in wanted for uri in _own_images(use, described[use.package])))

    def judged(use: Use) -> Inspected | Unknown:
        package = described[use.package]
        if isinstance(package, Unknown):
            return package
        identified = {"ModelPackageArn": use.package, **package}
        refused = preflight.unsuitable(identified, access.region, specification=use.specification, key=use.key)
        doubts = preflight.doubtful(package, found, specification=use.specification)
        if use.package in unseen:
            doubts = [unseen[use.package], *doubts]
        return Inspected(package, tuple(refused), tuple(doubts))

    note = f"the sizes of images could not be looked at: {elsewhere.unlooked(note)}" if note else ""
    return Inspection({use: judged(use) for use in wanted}, note)


def _described(reader: Reader, arns: Iterable[str]) -> dict[str, Package | Unknown]:
    def asked(arn: str) -> Package | Unknown:
        return session.ask(lambda: describe(reader(arn), arn))

    unique = sorted(set(arns))
    with ThreadPoolExecutor(session.THREADS) as pool:
        return dict(zip(unique, pool.map(asked, unique), strict=True))


def unshared(client: "SageMakerClient", arns: Iterable[str]) -> dict[str, str]:
    """Which packages this account may not see, though a role of the registry's account reads them: a doubt each.

    What lets an account make a model of another one's package lets it see the package too, as a rule.
    """
    asked = _described(lambda _: client, arns)
    refused = {arn: answer.error for arn, answer in asked.items() if isinstance(answer, Unknown)}
    return {arn: elsewhere.unshared(arn, error) for arn, error in refused.items() if "AccessDenied" in error}


def _own_images(use: Use, package: Package | Unknown) -> list[str]:
    """The images in the registry of the package's own account: AWS's own let nobody look at them."""
    if isinstance(package, Unknown):
        return []
    parsed = ((uri, preflight.Image.parse(uri)) for uri in preflight.uris(package, use.specification))
    return [uri for uri, image in parsed if image and image.account == use.package.split(":")[4]]
