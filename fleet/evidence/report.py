"""The statistics of a package's ModelMetrics: a JSON file in S3, as SageMaker's model quality reports are written.

Pure. Model Monitor and many pipelines write
`{"multiclass_classification_metrics": {"accuracy": {"value": 0.91, "standard_deviation": "NaN"}, …}}`; some write bare
numbers, or another name in front of `_metrics`. All of it is read.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from fleet import figure
from fleet.evidence.card import named
from fleet.seen import Unknown

BINARY, MULTICLASS = "binary_classification_metrics", "multiclass_classification_metrics"
CONTENT_TYPE = "application/json"
MOST_BYTES = 5_000_000  # that are read of a report: a few dozen figures, and curves beside them


def figures(text: str | bytes) -> dict[str, str]:
    """The figures of a report, by metric. Raises ValueError where it is none.

    Curves and the confusion matrix have no one value, and are passed over. What several groups say differently is under
    the group's name, as in a card.
    """
    report = figure.read_json(text)
    if not isinstance(report, dict):
        raise ValueError("it is no JSON object")
    return named(_groups(report))


def _groups(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for group, metrics in report.items():
        if isinstance(metrics, dict) and (group == "metrics" or group.endswith("_metrics")):
            found = {name: figure.registered(_value(metric)) for name, metric in metrics.items()}
            yield group, {name: value for name, value in found.items() if value}


def _value(metric: object) -> object:
    return metric.get("value") if isinstance(metric, dict) else metric


def content(figures: Mapping[str, str], kind: str = MULTICLASS) -> bytes:
    """The report of a registration. A figure that is no number is left out, for JSON has no NaN.

    How far a figure would vary nobody knows after one evaluation: "NaN", in quotes, as SageMaker's own reports have it.
    """
    numbers = {name: float(value) for name, value in sorted(figures.items()) if figure.number(value) is not None}
    report = {kind: {name: {"value": value, "standard_deviation": "NaN"} for name, value in numbers.items()}}
    return json.dumps(report, indent=2).encode()


def model_metrics(uri: str, content: bytes) -> dict[str, Any]:
    """What CreateModelPackage takes as ModelMetrics for a report that lies under `uri`."""
    digest = f"sha256:{sha256(content).hexdigest()}"
    return {"ModelQuality": {"Statistics": {"ContentType": CONTENT_TYPE, "S3Uri": uri, "ContentDigest": digest}}}


def uri(package: Mapping[str, Any]) -> str:
    """Where the report of a package lies, "" where it has none."""
    return str(_statistics(package).get("S3Uri", ""))


def place(uri: str) -> tuple[str, str] | None:
    """Bucket and key of an s3:// URI; None for another address, at which nothing is read."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return (bucket, key) if uri.startswith("s3://") and bucket and key else None


def verified(package: Mapping[str, Any], content: bytes) -> bytes | Unknown:
    """The content, unless it is not the one that was registered: ModelMetrics never changes, a file in S3 may."""
    digest = str(_statistics(package).get("ContentDigest", "")).lower()
    if digest and digest != f"sha256:{sha256(content).hexdigest()}":
        return Unknown(f"{uri(package)} is not the file that was registered: its digest is another one")
    if len(content) > MOST_BYTES:
        return Unknown(f"{uri(package)} has more than {MOST_BYTES:,} bytes")
    return content


def _statistics(package: Mapping[str, Any]) -> Mapping[str, Any]:
    return ((package.get("ModelMetrics") or {}).get("ModelQuality") or {}).get("Statistics") or {}
