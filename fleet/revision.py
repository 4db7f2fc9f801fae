"""A Revision: everything that decides what a variant serves, under a name made from its content.

One Model and one EndpointConfiguration carry that name; neither is ever replaced, only the endpoint moves. What
should run is decided in fleet/rollout.py.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

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


@dataclass(frozen=True)
class Settings:
    """What the task list and the stack say about one variant.

    Sizes in MB and in concurrent calls; `provisioned_concurrency` is None where nothing is kept warm.
    """

    endpoint: str
    role: str  # ARN that SageMaker assumes to run the container
    memory_mb: int
    max_concurrency: int
    provisioned_concurrency: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 1
    scaling: Limits | None = None  # of the variant, in none of its revisions: other limits make no new one

    def __post_init__(self) -> None:
        object.__setattr__(self, "environment", MappingProxyType(dict(self.environment)))


@dataclass(frozen=True)
class Revision:
    """One version of a model with the settings it runs under."""

    name: str
    version: int
    package: str  # model package ARN
    settings: Settings


def revise(settings: Settings, version: int, package: str) -> Revision:
    """The revision that these settings and this package make; the same content gives the same name for ever.

    It is named after the provisioned concurrency that is configured, whatever an autoscaler has made of that. The hash
    covers only settings that are present, so that a setting which a later release adds, and a task leaves out, renames
    nothing (else every release would move the whole fleet).
    """
    content: dict[str, object] = {
        "package": package,
        "version": version,
        "role": settings.role,
        "attempt": settings.attempt,
        "memory_mb": settings.memory_mb,
        "max_concurrency": settings.max_concurrency,
    }
    if settings.provisioned_concurrency is not None:
        content["provisioned_concurrency"] = settings.provisioned_concurrency
    if settings.environment:
        content["environment"] = dict(settings.environment)
    fixed_form = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
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
