"""What AWS would refuse later, found before anything is sent: packages, quotas, the execution role.

Pure: answers of AWS come in, sentences go out, each with the limit and where it is written. Asking is fleet/aws/
(packages.py, account.py); what a finding stops is the caller's.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypedDict

# --- packages -------------------------------------------------------------------------------------------------------

_EXCLUSIONS = "Developer Guide, Serverless Inference, feature exclusions, 2026-11"
_CONTAINER = "API reference, ContainerDefinition, 2026-11"
_KEYS = "KMS developer guide, multi-Region keys, 2026-11"
_CREATE = "API reference, CreateModel, 2026-11"

LARGEST_IMAGE = 10_000_000_000  # bytes, compressed as ECR tells them (Developer Guide, Serverless Inference, 2026-11)

Package = Mapping[str, Any]  # as DescribeModelPackage gives it


class ImageId(TypedDict, total=False):
    """How DescribeImages is told which image of a repository is meant."""

    imageDigest: str
    imageTag: str


@dataclass(frozen=True)
class Image:
    """A container image in a private registry of Amazon ECR."""

    account: str  # of the registry
    region: str
    repository: str
    id: "ImageId"

    @staticmethod
    def parse(uri: str) -> "Image | None":
        """None for an image that is not in ECR."""
        found = _ECR.fullmatch(uri)
        if found is None:
            return None
        digest, tag = found["digest"], found["tag"] or "latest"
        id_: ImageId = {"imageDigest": digest} if digest else {"imageTag": tag}
        return Image(found["account"], found["region"], found["repository"], id_)


_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z0-9.-]+/"
    r"(?P<repository>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>.+))?"
)
_GPU = re.compile(r"(?<![a-z0-9])(gpu|cuda|cu1\d\d)(?![a-z0-9])", re.IGNORECASE)


def unsuitable(package: Package, region: str, *, specification: str | None = None, key: str | None = None) -> list[str]:
    """Why a serverless endpoint in `region` cannot run what this DescribeModelPackage answer says; empty if it can.

    With the additional inference `specification` of that name in place of the package's own, and under that KMS `key`.
    """
    found = [_foreign_key(key, region)] if key else []
    if specification and specification not in (additional := _additional(package)):
        found += [_not_in_it(specification, list(additional)), _elsewhere(package, region)]
    else:
        found += [reason(used(package, specification), region) for reason in _REASONS]
    return [reason for reason in found if reason]


def doubtful(package: Package, images: Mapping[str, int | str], *, specification: str | None = None) -> list[str]:
    """What may keep a serverless endpoint from running it, although nothing proves that it will; empty for nothing.

    `images` tells of those that ECR was asked for, by their URI: how many bytes, or why there is no such image.
    """
    return [doubt for uri in uris(package, specification) for doubt in _doubts(uri, images.get(uri, 0))]


def uris(package: Package, specification: str | None = None) -> list[str]:
    """The images that it would run, each once."""
    containers = _containers(used(package, specification))
    return list(dict.fromkeys(str(container["Image"]) for container in containers if container.get("Image")))


def archives(package: Package, specification: str | None = None) -> list[str]:
    """The URIs of the models that it would run."""
    return [url for container in _containers(used(package, specification)) if (url := container.get("ModelDataUrl"))]


def used(package: Package, specification: str | None) -> Package:
    """The package with the additional specification of that name, if any is asked for, in place of its own."""
    return {**package, "InferenceSpecification": _additional(package).get(specification)} if specification else package


def _additional(package: Package) -> dict[str, Any]:
    return {one["Name"]: one for one in package.get("AdditionalInferenceSpecifications") or ()}


def _foreign_key(key: str, region: str) -> str:
    its_region = key.split(":")[3]
    if its_region == region:
        return ""
    return f"kms_key is in {its_region}, the endpoint in {region}; give one of {region} ({_KEYS})"


def _not_in_it(specification: str, names: Sequence[str]) -> str:
    has = ", ".join(names) or "none"
    return (
        f'its package has no additional inference specification "{specification}" (it has {has}); '
        f"register it with one, or change inference_specification ({_CONTAINER}.InferenceSpecificationName)"
    )


def _doubts(uri: str, known: int | str) -> Iterator[str]:
    if Image.parse(uri) is None:
        yield (
            f"its image {uri} is not in Amazon ECR, and SageMaker takes such a one from a VPC only, which serverless "
            f"does not have; push it to ECR ({_EXCLUSIONS})"
        )
    if says := _GPU.search(uri):
        yield f'its image {uri} says "{says[0]}", and serverless has no GPU; register one for CPU ({_EXCLUSIONS})'
    if isinstance(known, str):
        yield f"its image {uri} is not there: {known}"
    elif known > LARGEST_IMAGE:
        size, most = known / 1e9, LARGEST_IMAGE // 10**9
        yield f"its image {uri} has {size:.1f} GB; serverless takes {most} GB (Developer Guide, 2026-11)"


def _containers(package: Package) -> Sequence[Mapping[str, Any]]:
    specification = package.get("InferenceSpecification") or {}
    return specification.get("Containers") or ()


def _elsewhere(package: Package, region: str) -> str:
    arn = str(package.get("ModelPackageArn", "")).split(":")
    its_region = arn[3] if len(arn) > 3 else region
    if its_region == region:
        return ""
    return f"its package is in {its_region}, the endpoint in {region}; register it in {region} ({_CONTAINER})"


def _without_containers(package: Package, _: str) -> str:
    if _containers(package):
        return ""
    if package.get("InferenceSpecification") is not None:
        return (
            "its package's inference specification has no container, so there is nothing to run; "
            f"register it with one ({_CREATE})"
        )
    if package.get("SourceAlgorithmSpecification"):
        return ""  # what it runs is the algorithm's to say
    if names := ", ".join(_additional(package)):
        return (
            f"its package has additional inference specifications alone ({names}); name one in "
            f"inference_specification, or register it with an InferenceSpecification ({_CREATE})"
        )
    return (
        "its package has no inference specification, so that nothing says which container is to run; "
        f"register it with one ({_CREATE})"
    )


def _pipeline(package: Package, _: str) -> str:
    count = len(_containers(package))
    if count <= 1:
        return ""
    return f"its package is an inference pipeline of {count} containers; serverless takes one ({_EXCLUSIONS})"


def _model_source(package: Package, _: str) -> str:
    for container in _containers(package):
        source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
        is_archive = source.get("CompressionType") != "None" and source.get("S3DataType") != "S3Prefix"
        # An archive may be told as a source too, beside its URL.
        if source and not (is_archive and container.get("ModelDataUrl")):
            what = "is named by ModelDataSource alone" if is_archive else "is not one compressed archive"
            return f"its model {what}; serverless takes a model.tar.gz in ModelDataUrl ({_CONTAINER}.ModelDataSource)"
    return ""


def _image_elsewhere(package: Package, region: str) -> str:
    for uri in uris(package):
        image = Image.parse(uri)
        if image and image.region != region:
            return (
                f"its image is in the registry of {image.region}, and SageMaker in {region} takes none from there "
                f'("Cross region ECR image pulls are not allowed"); push {image.repository} to ECR in {region} '
                f"({_CONTAINER})"
            )
    return ""


def _marketplace(package: Package, _: str) -> str:
    products = [str(container["ProductId"]) for container in _containers(package) if container.get("ProductId")]
    if not products:
        return ""
    return f"its package is the AWS Marketplace product {products[0]}; not possible on serverless ({_EXCLUSIONS})"


_REASONS: tuple[Callable[[Package, str], str], ...] = (
    _elsewhere,
    _without_containers,
    _pipeline,
    _model_source,
    _image_elsewhere,
    _marketplace,
)


# --- quotas ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    value: int
    source: str  # the document with its date, or the quota's name in Service Quotas
    applied: bool = False  # read from this account. A documented default is not: an increase may have been granted


@dataclass(frozen=True)
class Quotas:
    """What this account allows in one Region."""

    endpoints: Limit  # serverless endpoints
    concurrency: Limit  # the sum of MaxConcurrency over all serverless endpoints
    memory_mb: Limit  # of one serverless endpoint
    note: str = ""  # why documented defaults stand in for applied values, where something went wrong


@dataclass(frozen=True)
class Wanted:
    """One variant as it is to be after the run, on an endpoint of its own."""

    name: str  # as messages call it
    memory_mb: int
    max_concurrency: int
    adds: bool  # this run creates its endpoint, or gives it more memory or concurrency; never true of a rollback


@dataclass(frozen=True)
class Finding:
    task: str  # "": the whole stack
    text: str


@dataclass(frozen=True)
class Findings:
    stops: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


# Developer Guide, Serverless Inference, 2026-11: 1000 in these Regions, 500 in the others
_LARGE_REGIONS = frozenset(
    {
        "us-east-1",
        "us-east-2",
        "us-west-2",
        "eu-west-1",
        "eu-central-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-northeast-1",
    }
)


def documented_quotas(region: str) -> Quotas:
    """What AWS documents; an account may have less (a new one) or more (after an increase)."""
    guide = "Developer Guide, Serverless Inference, 2026-11"
    return Quotas(
        endpoints=Limit(50, guide),
        concurrency=Limit(1000 if region in _LARGE_REGIONS else 500, guide),
        memory_mb=Limit(6144, "API reference, ProductionVariantServerlessConfig, 2026-11"),
    )


def quota_findings(wanted: Sequence[Wanted], others: int, quotas: Quotas) -> Findings:
    """Everything of this run that the quotas do not allow.

    `wanted` is every variant that has an endpoint after the run; `others`, how many endpoints are listed in the Region
    besides. Nothing is found where the run adds nothing. Only what this stack itself wants stops, against an applied
    quota or the documented number of endpoints; the rest are warnings.
    """
    if not any(variant.adds for variant in wanted):
        return Findings()
    found = [finding for count in _COUNTS for finding in _over(count, wanted, others, quotas)]
    found += [(quotas.memory_mb.applied, _too_large(one, quotas)) for one in wanted if _is_too_large(one, quotas)]
    return Findings(
        stops=tuple(finding for stops, finding in found if stops),
        warnings=tuple(finding for stops, finding in found if not stops),
    )


@dataclass(frozen=True)
class _Count:
    """Something of which the account has only so much in a Region. Every serverless endpoint takes at least one."""

    what: str
    limit: Callable[[Quotas], Limit]
    takes: Callable[[Wanted], int]
    remedy: str
    firm: bool = False  # the same in every account as far as is known: stops by the documented default too


_COUNTS = (
    _Count("serverless endpoints", lambda quotas: quotas.endpoints, lambda _: 1, "take tasks out", firm=True),
    _Count(
        "concurrent calls (the sum of max_concurrency)",
        lambda quotas: quotas.concurrency,
        lambda variant: variant.max_concurrency,
        "lower max_concurrency",
    ),
)


def _over(count: _Count, wanted: Sequence[Wanted], others: int, quotas: Quotas) -> list[tuple[bool, Finding]]:
    limit = count.limit(quotas)
    own = sum(count.takes(variant) for variant in wanted)
    if own + others <= limit.value:
        return []
    adding = list(dict.fromkeys(variant.name for variant in wanted if variant.adds))
    alone = own > limit.value
    beside = "" if alone else f", and {others} more endpoints are listed in the Region, which may be serverless too"
    text = (
        f"this stack wants {own} {count.what}{beside}; the limit is {_told(limit, quotas)}; "
        f"{count.remedy} or ask for an increase (this run adds {_named(adding)})"
    )
    return [(alone and (limit.applied or count.firm), Finding("", text))]


def _named(tasks: Sequence[str], most: int = 5) -> str:
    more = [f"{len(tasks) - most} more"] if len(tasks) > most else []
    return ", ".join([*tasks[:most], *more])


def _is_too_large(variant: Wanted, quotas: Quotas) -> bool:
    return variant.adds and variant.memory_mb > quotas.memory_mb.value


def _too_large(variant: Wanted, quotas: Quotas) -> Finding:
    text = (
        f"memory_mb is {variant.memory_mb}, more than one serverless endpoint may have; "
        f"the limit is {_told(quotas.memory_mb, quotas)}; lower memory_mb or ask for an increase"
    )
    return Finding(variant.name, text)


def _told(limit: Limit, quotas: Quotas) -> str:
    if limit.applied:
        return f"{limit.value} ({limit.source}, of this account)"
    why = f": {quotas.note}" if quotas.note else ""
    return f"{limit.value} ({limit.source}; that of this account could not be read{why})"


# --- the execution role ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Role:
    """What is wrong with the execution role."""

    problem: str = ""  # one sentence; "": nothing, or it could not be read
    certain: bool = False  # the role was read. If not, it only was not found: perhaps we may not look, a warning


_SAGEMAKER = re.compile(r"sagemaker(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?")


def lets_sagemaker_in(trust_policy: Any) -> bool:
    """Whether a role's trust policy lets SageMaker assume it; True for a policy that cannot be understood.

    Conditions and Deny are not weighed: only what certainly cannot work may stop a run.
    """
    if not isinstance(trust_policy, Mapping) or not trust_policy.get("Statement"):
        return True
    return any(_allows(statement) for statement in _listed(trust_policy["Statement"]))


def _allows(statement: Any) -> bool:
    if not isinstance(statement, Mapping) or "NotPrincipal" in statement or "NotAction" in statement:
        return True
    return (
        statement.get("Effect") == "Allow"
        and any(_is_sagemaker(principal) for principal in _principals(statement.get("Principal")))
        and any(fnmatchcase("sts:assumerole", str(action).lower()) for action in _listed(statement.get("Action", ())))
    )


def _principals(principal: Any) -> list[str]:
    if not isinstance(principal, Mapping):
        return [str(one) for one in _listed(principal)]
    everybody = [one for one in _listed(principal.get("AWS", ())) if one == "*"]
    return [str(one) for one in (*_listed(principal.get("Service", ())), *everybody)]


def _is_sagemaker(principal: str) -> bool:
    return principal == "*" or _SAGEMAKER.fullmatch(principal.lower()) is not None


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
