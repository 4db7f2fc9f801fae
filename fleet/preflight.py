"""What AWS would refuse later, found before anything is sent: packages, quotas, the execution role.

Pure: answers of AWS come in, sentences go out, each with the limit and where it is written. Asking is fleet/aws/
(packages.py, account.py); what a finding stops is the caller's.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

# --- packages -------------------------------------------------------------------------------------------------------

_EXCLUSIONS = "Developer Guide, Serverless Inference, feature exclusions, 2026-11"
_CONTAINER = "API reference, ContainerDefinition, 2026-11"
_KEYS = "KMS developer guide, multi-Region keys, 2026-11"


def unsuitable(
    package: Mapping[str, Any], region: str, *, specification: str | None = None, key: str | None = None
) -> list[str]:
    """Why a serverless endpoint in `region` cannot run what this DescribeModelPackage answer says; empty if it can.

    With the additional inference `specification` of that name in place of the package's own, and under that KMS `key`.
    """
    found = [_foreign_key(key, region)] if key else []
    if specification:
        additional = {one["Name"]: one for one in package.get("AdditionalInferenceSpecifications") or ()}
        if specification not in additional:
            return [reason for reason in (*found, _not_in_it(specification, list(additional))) if reason]
        package = {**package, "InferenceSpecification": additional[specification]}
    found += [reason(package, region) for reason in _REASONS]
    return [reason for reason in found if reason]


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


def _containers(package: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    specification = package.get("InferenceSpecification") or {}
    return specification.get("Containers") or ()


def _elsewhere(package: Mapping[str, Any], region: str) -> str:
    arn = str(package.get("ModelPackageArn", "")).split(":")
    its_region = arn[3] if len(arn) > 3 else region
    if its_region == region:
        return ""
    return f"its package is in {its_region}, the endpoint in {region}; register it in {region} ({_CONTAINER})"


def _without_containers(package: Mapping[str, Any], _: str) -> str:
    if _containers(package) or package.get("InferenceSpecification") is None:
        return ""  # the specification is optional in the answer
    return (
        "its package's inference specification has no container, so there is nothing to run; "
        "register it with one (API reference, CreateModel, 2026-11)"
    )


def _pipeline(package: Mapping[str, Any], _: str) -> str:
    count = len(_containers(package))
    if count <= 1:
        return ""
    return f"its package is an inference pipeline of {count} containers; serverless takes one ({_EXCLUSIONS})"


def _model_source(package: Mapping[str, Any], _: str) -> str:
    for container in _containers(package):
        source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
        if source.get("CompressionType") == "None" or source.get("S3DataType") == "S3Prefix":
            return (
                "its model is not one compressed archive; serverless takes a model.tar.gz in ModelDataUrl "
                f"({_CONTAINER}.ModelDataSource)"
            )
    return ""


def _marketplace(package: Mapping[str, Any], _: str) -> str:
    products = [str(container["ProductId"]) for container in _containers(package) if container.get("ProductId")]
    if not products:
        return ""
    return f"its package is the AWS Marketplace product {products[0]}; not possible on serverless ({_EXCLUSIONS})"


_REASONS: tuple[Callable[[Mapping[str, Any], str], str], ...] = (
    _elsewhere,
    _without_containers,
    _pipeline,
    _model_source,
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
