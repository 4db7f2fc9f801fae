"""The evaluation of a version, wherever it stands: its metadata, then its model card, then the report of ModelMetrics.

Pure, and no more is asked of AWS than is needed: `wanted` names the source to read next. The first that has a metric
counts: the metadata is what `fleet register` wrote and a person can mend, a card is what SageMaker's synchronization
with MLflow writes, and a report can never be changed.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from fleet.evidence import card, metadata, report
from fleet.gate import Said
from fleet.seen import Unknown

Package = Mapping[str, Any]  # as DescribeModelPackage gives it


class Source(Enum):
    """Where a package has figures, in the order in which they count."""

    METADATA = "its metadata"
    CARD = "its model card"  # DescribeModelPackage with IncludedData=AllData; an encrypted one needs kms:Decrypt
    REPORT = "the report of its ModelMetrics"  # a file in S3


@dataclass(frozen=True)
class Evaluation:
    """The figures of a version, by metric, as far as they were read."""

    figures: Mapping[str, str] = field(default_factory=dict)
    read: frozenset[Source] = frozenset()
    unread: Mapping[Source, str] = field(default_factory=dict)  # why a source could not be read

    def said(self, metric: str, package: Package) -> Said:
        """What the package says of one metric, as a gate takes it."""
        why = "; ".join(f"{source.value}: {error}" for source, error in self.unread.items())
        near = tuple(sorted(name for name in self.figures if name.endswith(f"/{metric}")))
        return Said(self.figures.get(metric, ""), near, why, changed=changed(package))


def begun(package: Package) -> Evaluation:
    """What the answer of DescribeModelPackage itself says, with no card in it."""
    return Evaluation(metadata.figures(_properties(package)), frozenset({Source.METADATA}))


def wanted(package: Package, so_far: Evaluation, metrics: Collection[str] | None = None) -> Source | None:
    """The source to read next, None where there is none, or all `metrics` are known; without those, all is read."""
    if metrics is not None and set(metrics) <= so_far.figures.keys():
        return None
    has = {Source.CARD: bool(package.get("ModelCard")), Source.REPORT: bool(report.uri(package))}
    return next((source for source, there in has.items() if there and source not in so_far.read), None)


def with_source(so_far: Evaluation, source: Source, content: str | bytes | Unknown) -> Evaluation:
    """The evaluation with one source more, or with the reason why that could not be read."""
    read = so_far.read | {source}
    try:
        if isinstance(content, Unknown):
            raise ValueError(content.error)
        found = card.figures(_text(content)) if source is Source.CARD else report.figures(content)
    except ValueError as error:
        return replace(so_far, read=read, unread={**so_far.unread, source: _in_one_line(str(error))})
    return replace(so_far, read=read, figures={**found, **so_far.figures})


def completed(
    package: Package, ask: Callable[[Source], str | bytes | Unknown], metrics: Collection[str] | None = None
) -> Evaluation:
    """The evaluation, with as many sources asked as are needed for the `metrics`; without those, with all."""
    so_far = begun(package)
    while source := wanted(package, so_far, metrics):
        so_far = with_source(so_far, source, ask(source))
    return so_far


def card_content(package: Package) -> str:
    """The content of the card in an answer of DescribeModelPackage with all data."""
    return str((package.get("ModelCard") or {}).get("ModelCardContent") or "{}")


def changed(package: Package) -> str:
    """LastModifiedTime, ISO 8601; of what was never modified, CreationTime."""
    time = package.get("LastModifiedTime") or package.get("CreationTime")
    return time.isoformat() if time else ""


def _properties(package: Package) -> Mapping[str, str]:
    return package.get("CustomerMetadataProperties") or {}


def _text(content: str | bytes) -> str:
    return content if isinstance(content, str) else content.decode("utf-8")


def _in_one_line(error: str) -> str:
    return " ".join(error.split())
