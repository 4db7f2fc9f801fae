"""The request by which a model becomes a version of a group, with all the evidence that a package can hold.

Pure. What is asked of MLflow and put into S3 is elsewhere; that nothing half registered stays is the caller's, who
sends one CreateModelPackage, last. Limits: API reference, CreateModelPackage, 2026-11.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from fleet.evidence import card, metadata, report
from fleet.evidence.metadata import Origin

PENDING = "PendingManualApproval"
LONGEST_TEXT = 1024  # of descriptions, URIs and metadata properties
MOST_VARIABLES = 16  # of a package's container; a Model takes 100
_IN_A_TEXT = "LMZSNP"  # categories of the characters that a description may have: all but control characters


@dataclass(frozen=True)
class Registration:
    """What is to be registered, and by what it was judged."""

    group: str
    image: str
    archive: str  # s3://…/model.tar.gz
    origin: Origin
    figures: Mapping[str, str]
    report_uri: str = ""  # where the report of its evaluation was put; "" where there are no figures
    source_uri: str = ""  # of the model in MLflow, models:/m-…
    repository: str = ""
    description: str = ""
    creator: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @property
    def container(self) -> dict[str, Any]:
        environment = {"Environment": dict(sorted(self.environment.items()))} if self.environment else {}
        return {"Image": self.image, "ModelDataUrl": self.archive, **environment}

    @property
    def token(self) -> str:
        """The ClientToken: the same model under the same group in the same container is one version.

        32 of the 36 characters that it may have. How long AWS remembers it is not documented, so the group's versions
        are looked through first all the same.
        """
        said = json.dumps([self.group, self.origin.model or self.origin.run, self.container], sort_keys=True)
        return sha256(said.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Request:
    """What CreateModelPackage is sent, and what of the evidence had to be left out, each with the reason."""

    arguments: Mapping[str, Any]
    left_out: tuple[str, ...] = ()


def request(registration: Registration, gated: Iterable[str] = ()) -> Request:
    """The request; `gated` are metrics that gates go by, and that must not be left out for want of room."""
    its = registration
    written = metadata.entries(its.origin, its.figures, gated)
    properties = {"CommitId": its.origin.commit, "Repository": its.repository, "GeneratedBy": _generated_by(its.origin)}
    known = {name: value for name, value in properties.items() if value.splitlines() == [value[:LONGEST_TEXT]]}
    content = report.content(its.figures)
    arguments: dict[str, Any] = {
        "ModelPackageGroupName": its.group,
        "ModelApprovalStatus": PENDING,
        "ClientToken": its.token,
        "InferenceSpecification": {
            "Containers": [its.container],
            "SupportedContentTypes": [its.content_type],
            "SupportedResponseMIMETypes": [its.content_type],
        },
        "ModelCard": {
            "ModelCardContent": card.content(its.origin, its.figures, its.creator),
            "ModelCardStatus": card.DRAFT,
        },
    }
    optional: dict[str, Any] = {
        "ModelPackageDescription": text(its.description),
        "SourceUri": its.source_uri,
        "MetadataProperties": known,
        "CustomerMetadataProperties": dict(written.properties),
        "ModelMetrics": report.model_metrics(its.report_uri, content) if its.report_uri else {},
    }
    return Request({**arguments, **{name: value for name, value in optional.items() if value}}, written.left_out)


def complaints(registration: Registration) -> list[str]:
    """Why SageMaker would refuse the request, a sentence each; empty where it takes it."""
    found = []
    if len(registration.environment) > MOST_VARIABLES:
        has = f"the container has {len(registration.environment)} variables"
        found.append(f"{has}; a package takes {MOST_VARIABLES}, so put the others into the task list's environment")
    for what, value in (("archive", registration.archive), ("source", registration.source_uri)):
        if len(value) > LONGEST_TEXT:
            found.append(f"the URI of the {what} has {len(value)} characters; SageMaker takes {LONGEST_TEXT}")
    return found


def is_of(package: Mapping[str, Any], origin: Origin) -> bool:
    """Whether a version of the group was made of the same model: by its id, and where there is none by its run.

    A run can have several models, so a run alone says nothing where the model's id is known.
    """
    its = metadata.origin(package.get("CustomerMetadataProperties") or {})
    if origin.model or its.model:
        return origin.model == its.model
    return bool(origin.run) and origin.run == its.run


def text(said: str) -> str:
    """A description as SageMaker takes it: one line, no control characters, at most 1024 characters."""
    line = " ".join(said.split())
    taken = "".join(sign for sign in line if unicodedata.category(sign)[0] in _IN_A_TEXT)
    return taken if len(taken) <= LONGEST_TEXT else f"{taken[: LONGEST_TEXT - 1]}…"


def _generated_by(origin: Origin) -> str:
    return f"MLflow run {origin.run}" if origin.run else ""
