"""A Revision: everything that decides what a variant serves, under a name made from its content.

One Model and one EndpointConfiguration carry that name; neither is ever replaced, only the endpoint moves. What
should run is decided in fleet/rollout.py; the requests that make the two, and the way back, are fleet/shape.py.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from enum import Enum
from types import MappingProxyType
from typing import Annotated

MAX_ENDPOINT_NAME = 48  # leaves room for "-v<version>-<hash6>" and a candidate's "-c" in SageMaker's 63 characters

ALL_TRAFFIC = "AllTraffic"  # the one production variant of every configuration: autoscaling and metrics hang on it

_REVISION_NAME = re.compile(r"-v[1-9][0-9]*-[0-9a-f]{6}(-c)?$")
_CANDIDATE = "-c"


@dataclass(frozen=True)
class Limits:
    """Between which an autoscaler moves provisioned concurrency."""

    least: int
    most: int

    def clamp(self, provisioned: int) -> int:
        return min(max(provisioned, self.least), self.most)


class Structure(Enum):
    """What a Model and an EndpointConfiguration are made of, by the names in AWS's API reference."""

    MODEL = "CreateModel"
    CONTAINER = "ContainerDefinition"
    CONFIG = "CreateEndpointConfig"
    VARIANT = "ProductionVariant"
    SERVERLESS = "ProductionVariantServerlessConfig"


@dataclass(frozen=True)
class Member:
    """Where a setting lies in AWS."""

    structure: Structure
    name: str


@dataclass(frozen=True)
class Settings:
    """What the task list and the stack say about one variant.

    A setting is one line: its name is hashed, and where it says which member of AWS it is, it is made and read by that.
    Sizes in MB and in concurrent calls; `provisioned_concurrency` is None where nothing is kept warm.

    `inference_specification` is the name of an additional one of the package (API reference, ContainerDefinition,
    2026-11; serverless does not exclude it). `kms_key` is the ARN of the key under which SageMaker keeps its copy of
    the container image (developer guide, serverless endpoints, Create an endpoint configuration, 2026-11).
    """

    endpoint: str
    role: Annotated[str, Member(Structure.MODEL, "ExecutionRoleArn")]  # that SageMaker assumes to run the container
    memory_mb: Annotated[int, Member(Structure.SERVERLESS, "MemorySizeInMB")]
    max_concurrency: Annotated[int, Member(Structure.SERVERLESS, "MaxConcurrency")]
    provisioned_concurrency: Annotated[int | None, Member(Structure.SERVERLESS, "ProvisionedConcurrency")] = None
    environment: Annotated[Mapping[str, str], Member(Structure.CONTAINER, "Environment")] = field(default_factory=dict)
    inference_specification: Annotated[str | None, Member(Structure.CONTAINER, "InferenceSpecificationName")] = None
    kms_key: Annotated[str | None, Member(Structure.CONFIG, "KmsKeyId")] = None
    attempt: int = 1
    scaling: Limits | None = None  # of the variant, in none of its revisions: other limits make no new one

    def __post_init__(self) -> None:
        object.__setattr__(self, "environment", MappingProxyType(dict(self.environment)))

    def present(self) -> dict[str, object]:
        """The settings that are not as by default, by name."""
        return {name: value for name, value in vars(self).items() if value != _DEFAULTS[name]}


_DEFAULTS = {f.name: f.default if f.default_factory is MISSING else f.default_factory() for f in fields(Settings)}


@dataclass(frozen=True)
class Revision:
    """One version of a model with the settings it runs under."""

    name: str
    version: int
    package: str  # model package ARN
    settings: Settings


_NOT_HASHED = ("endpoint", "scaling")  # the name begins with `endpoint`; no revision has `scaling`


def revise(settings: Settings, version: int, package: str) -> Revision:
    """The revision that these settings and this package make; the same content gives the same name for ever.

    It is named after the provisioned concurrency that is configured, whatever an autoscaler has made of that. The hash
    covers only settings that are present, so that a setting which a later release adds, and a task leaves out, renames
    nothing (else every release would move the whole fleet). `attempt` is older than this rule: it is always hashed.
    """
    present = {name: value for name, value in settings.present().items() if name not in _NOT_HASHED}
    content = {"package": package, "version": version, "attempt": settings.attempt, **present}
    fixed_form = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=dict)
    digest = hashlib.sha256(fixed_form.encode()).hexdigest()[:6]
    return Revision(f"{settings.endpoint}-v{version}-{digest}", version, package, replace(settings, scaling=None))


def reads_as_revision(name: str) -> bool:
    """True for names that a revision or a candidate of some endpoint could have; no endpoint may be called so."""
    return _REVISION_NAME.search(name) is not None


def candidate(revision: str) -> str:
    """The name of the temporary endpoint, and of its configuration, on which a revision is tried out."""
    return revision + _CANDIDATE


def reads_as_candidate(name: str) -> bool:
    return name.endswith(_CANDIDATE) and reads_as_revision(name)
