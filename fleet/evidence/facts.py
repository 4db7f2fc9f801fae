"""What the registry says of one version, as people compare and decide by it.

Pure. The registry alone: it answers where MLflow does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.evidence import metadata
from fleet.evidence.evaluation import Evaluation, Package
from fleet.evidence.metadata import Origin
from fleet.preflight import used

APPROVED, REJECTED = "Approved", "Rejected"  # of ModelApprovalStatus
COMPLETED = "Completed"  # of ModelPackageStatus
CLOCKS = timedelta(minutes=5)


@dataclass(frozen=True)
class Facts:
    """One version; "" and None for what is not known."""

    version: int
    package: str  # model package ARN
    status: str = COMPLETED
    approval: str = ""
    reason: str = ""  # ApprovalDescription
    registered: str = ""  # when, ISO 8601, UTC
    registered_by: str = ""
    modified: str = ""
    modified_by: str = ""  # the last who changed anything of it: not always who approved it
    decided_by: str = ""  # as `fleet approve` and `fleet reject` wrote it
    decided_at: str = ""
    stage: str = ""
    origin: Origin = field(default_factory=Origin)
    evaluation: Evaluation = field(default_factory=Evaluation)
    image: str = ""
    archive: str = ""  # where its model lies in S3
    environment: Mapping[str, str] = field(default_factory=dict)
    archive_bytes: int | None = None
    image_bytes: int | None = None

    @property
    def figures(self) -> Mapping[str, str]:
        return self.evaluation.figures

    @property
    def title(self) -> str:
        return f"version {self.version}"

    @property
    def decided(self) -> str:
        """Who decided on it and when, as `fleet approve` wrote it; "" where that did not, or somebody was there since.

        A later approval in the console leaves what was written before: it is not of that one then.
        """
        if not self.decided_by or _is_later(self.modified, self.decided_at):
            return ""
        return " at ".join(filter(None, (self.decided_by, self.decided_at)))

    @property
    def by_whom(self) -> str:
        """Who decided on it and when; where that is not known who changed it last, said as that."""
        changed = self.modified_by and f"last modified by {self.modified_by}"
        return self.decided or (" at ".join(filter(None, (changed, self.modified))) if changed else "")


def _is_later(modified: str, decided: str) -> bool:
    """By more than the clocks of two machines differ."""
    if not modified or not decided:
        return False
    try:
        return datetime.fromisoformat(modified) - datetime.fromisoformat(decided) > CLOCKS
    except (ValueError, TypeError):  # the metadata is not ours alone
        return True


def facts(
    package: Package,
    evaluation: Evaluation,
    *,
    specification: str | None = None,
    archive_bytes: int | None = None,
    image_bytes: int | None = None,
) -> Facts:
    """What an answer of DescribeModelPackage says; sizes are asked of S3 and ECR, where those let it."""
    properties = package.get("CustomerMetadataProperties") or {}
    containers = (used(package, specification).get("InferenceSpecification") or {}).get("Containers") or [{}]
    container: Mapping[str, Any] = containers[0]
    cycle = package.get("ModelLifeCycle") or {}
    return Facts(
        version=int(package.get("ModelPackageVersion") or 0),
        package=str(package.get("ModelPackageArn", "")),
        status=str(package.get("ModelPackageStatus", "")),
        approval=str(package.get("ModelApprovalStatus", "")),
        reason=" ".join(str(package.get("ApprovalDescription", "")).split()),
        registered=_time(package.get("CreationTime")),
        registered_by=who(package.get("CreatedBy")),
        modified=_time(package.get("LastModifiedTime")),
        modified_by=who(package.get("LastModifiedBy")),
        decided_by=properties.get(metadata.DECIDED_BY, ""),
        decided_at=properties.get(metadata.DECIDED_AT, ""),
        stage=" ".join(filter(None, (cycle.get("Stage"), cycle.get("StageStatus")))),
        origin=_origin(package, properties),
        evaluation=evaluation,
        image=str(container.get("Image", "")),
        archive=str(container.get("ModelDataUrl") or _prefix(container)),
        environment=dict(container.get("Environment") or {}),
        archive_bytes=archive_bytes,
        image_bytes=image_bytes,
    )


def who(context: Mapping[str, Any] | None) -> str:
    """Whom a UserContext names: the user profile, else the identity without its account; "" for nobody.

    Example: `assumed-role/Trainer/jane` of arn:aws:sts::123456789012:assumed-role/Trainer/jane
    """
    known = context or {}
    arn = str((known.get("IamIdentity") or {}).get("Arn", ""))
    return str(known.get("UserProfileName") or arn.rpartition(":")[2])


def _origin(package: Package, properties: Mapping[str, str]) -> Origin:
    """By its metadata, else by what else a registration leaves: SourceUri, MetadataProperties."""
    found = metadata.origin(properties)
    source, made = str(package.get("SourceUri", "")), package.get("MetadataProperties") or {}
    logged = source.removeprefix("models:/")
    model = found.model or (logged if logged.startswith("m-") else "")
    return replace(found, model=model, commit=found.commit or str(made.get("CommitId", "")))


def _prefix(container: Mapping[str, Any]) -> str:
    return str(((container.get("ModelDataSource") or {}).get("S3DataSource") or {}).get("S3Uri", ""))


def _time(value: object) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if isinstance(value, datetime) else ""
