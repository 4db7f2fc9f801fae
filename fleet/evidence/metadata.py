"""The metadata of a model package (CustomerMetadataProperties): what is written of a registration, and read again.

Pure. What does not fit is left out and named, and never changed: a cut or mended value would be read as the one that
somebody registered. Limits: API reference, CreateModelPackage, 2026-11.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

MOST = 50  # entries of a package
OURS = 45  # of a registration, so that an approval's fit beside them, and a few of somebody else's
LONGEST_KEY, LONGEST_VALUE = 128, 256
_SIGNS = frozenset("_.:/=+-@")

METRIC, PARAMETER = "metric.", "param."
DECIDED_BY, DECIDED_AT = "fleet.decided_by", "fleet.decided_at"

# Of what a version is, by the field of Origin: the key that is written, and those that SageMaker's own synchronization
# with MLflow and AWS's samples write (sagemaker-mlflow 0.5 and amazon-sagemaker-examples, 2026-11).
KEYS = {
    "run": ("mlflow.run_id", "mlflow_run_id"),
    "model": ("mlflow.model_id", "mlflow_model_id"),
    "experiment": ("mlflow.experiment", "mlflow_experiment", "mlflow_experiment_name"),
    "tracking": ("mlflow.tracking_uri", "mlflow_tracking_uri"),
    "commit": ("git.commit", "git_commit"),
    "dataset": ("dataset.name", "dataset_name"),
    "digest": ("dataset.digest", "dataset_digest"),
}


@dataclass(frozen=True)
class Origin:
    """Where a version comes from; "" for what is not known."""

    run: str = ""  # id of the MLflow run
    model: str = ""  # id of the logged model, m-…
    experiment: str = ""
    tracking: str = ""  # URI of the MLflow server
    commit: str = ""  # of Git
    dataset: str = ""  # by which it was evaluated
    digest: str = ""  # of that
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entries:
    """What is written, and what had to be left out, each with the reason."""

    properties: Mapping[str, str]
    left_out: tuple[str, ...] = ()


def entries(origin: Origin, figures: Mapping[str, str], first: Iterable[str] = ()) -> Entries:
    """The entries of a registration: where it comes from, its figures, then as many parameters as there is room for.

    `first` are metrics that must not be left out for want of room: those of gates.
    """
    written: dict[str, str] = {}
    left_out: list[str] = []
    for key, value in _in_order(origin, figures, first):
        if complaint := complaint_of(key, value):
            left_out.append(f"{key}: {complaint}")
        elif len(written) == OURS:
            left_out.append(f"{key}: there is room for {OURS} entries")
        else:
            written[key] = value
    return Entries(written, tuple(left_out))


def _in_order(origin: Origin, figures: Mapping[str, str], first: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name, (key, *_) in KEYS.items():
        if value := getattr(origin, name):
            yield key, value
    before = [metric for metric in dict.fromkeys(first) if metric in figures]
    for metric in (*before, *sorted(figures.keys() - set(before))):
        yield f"{METRIC}{metric}", figures[metric]
    for parameter, value in sorted(origin.parameters.items()):
        yield f"{PARAMETER}{parameter}", value


def complaint_of(key: str, value: str) -> str:
    """Why SageMaker would not take an entry; "" where it does."""
    for what, text, longest in (("name", key, LONGEST_KEY), ("value", value, LONGEST_VALUE)):
        if not text:
            return f"its {what} is empty"
        if len(text) > longest:
            return f"its {what} has {len(text)} characters; SageMaker takes {longest}"
        if wrong := next((sign for sign in text if not _is_taken(sign)), ""):
            return f"its {what} has {_shown(wrong)}; SageMaker takes letters, digits, spaces and _ . : / = + - @"
    return ""


def _is_taken(sign: str) -> bool:
    # The pattern is [\p{L}\p{Z}\p{N}_.:/=+\-@]: letters, separators and numbers of every script.
    return sign in _SIGNS or unicodedata.category(sign)[0] in "LZN"


def _shown(sign: str) -> str:
    return sign if sign.isprintable() else f"U+{ord(sign):04X}"


def origin(properties: Mapping[str, str]) -> Origin:
    """Where a version comes from, by its metadata, whoever wrote that."""
    its = {name: next((properties[key] for key in keys if properties.get(key)), "") for name, keys in KEYS.items()}
    return Origin(**its, parameters=_under(PARAMETER, properties))


def figures(properties: Mapping[str, str]) -> dict[str, str]:
    """The figures of its evaluation that stand in its metadata, by metric."""
    return _under(METRIC, properties)


def _under(prefix: str, properties: Mapping[str, str]) -> dict[str, str]:
    return {key.removeprefix(prefix): value for key, value in properties.items() if key.startswith(prefix)}
