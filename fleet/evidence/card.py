"""The model card of a model package: what is written of a registration, and the figures that are read of any card.

Pure. The schema is the simplified one of a package (Developer Guide, View and update the details of a model version,
2026-11), not the one of a card that stands alone. SageMaker's synchronization with MLflow writes the evaluation of a
version nowhere else.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fleet import figure
from fleet.evidence.metadata import Origin

LONGEST = 100_000  # characters of the whole (API reference, ModelPackageModelCard, 2026-11)
LONGEST_NAME = 63  # of an evaluation and of a group of metrics
LONGEST_ENTRY = 255  # of a metric's name, a parameter's name and its value
MOST_PARAMETERS = 100
DRAFT = "Draft"  # the status of a card that nobody has looked at yet

_NOT_A_FIGURE = frozenset({"linear_graph", "bar_chart", "matrix", "string", "boolean"})


def figures(content: str) -> dict[str, str]:
    """The figures in the evaluation details of a card, by metric. Raises ValueError where the content is no card.

    Where several evaluations have a metric with different figures, none of them is *the* figure: each is under the name
    of its group then, `holdout/f1_macro`.
    """
    card = figure.read_json(content or "{}")
    if not isinstance(card, dict):
        raise ValueError("it is no JSON object")
    return named(_groups(card))


def _groups(card: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for detail in _objects(card.get("evaluation_details")):
        for group in _objects(detail.get("metric_groups")):
            found = {
                str(metric.get("name")): figure.registered(metric.get("value"))
                for metric in _objects(group.get("metric_data"))
                if metric.get("type", "number") not in _NOT_A_FIGURE
            }
            yield str(group.get("name") or detail.get("name")), {name: value for name, value in found.items() if value}


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; nothing where it is no list. Cards are other people's, and not always to the schema."""
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def named(groups: Iterable[tuple[str, Mapping[str, str]]]) -> dict[str, str]:
    """The figures of several groups, by metric; those that differ from group to group by group and metric."""
    known = list(groups)
    said: dict[str, set[str]] = {}
    for _, its in known:
        for metric, value in its.items():
            said.setdefault(metric, set()).add(value)
    return {
        metric if len(said[metric]) == 1 else f"{group}/{metric}": value
        for group, its in known
        for metric, value in its.items()
    }


def content(origin: Origin, figures: Mapping[str, str], creator: str = "") -> str:
    """The content of the card of a registration, in one line.

    A figure that is no number is left out, for JSON has no NaN; so is what is too long for the schema. Where the whole
    would be too long, the last parameters are left out, then the last metrics.
    """
    parameters = [
        {"name": name, "value": value}
        for name, value in sorted(origin.parameters.items())
        if 0 < len(name) <= LONGEST_ENTRY and 0 < len(value) <= LONGEST_ENTRY
    ][:MOST_PARAMETERS]
    metrics = [
        {"name": name, "type": "number", "value": float(value)}
        for name, value in sorted(figures.items())
        if 0 < len(name) <= LONGEST_ENTRY and figure.number(value) is not None
    ]
    return _fitting(origin, creator, metrics, parameters)


def _fitting(origin: Origin, creator: str, metrics: list[dict[str, Any]], parameters: list[dict[str, Any]]) -> str:
    while len(text := _written(origin, creator, metrics, parameters)) > LONGEST:
        (parameters or metrics).pop()
    return text


def _written(
    origin: Origin, creator: str, metrics: Sequence[Mapping[str, Any]], parameters: Sequence[Mapping[str, Any]]
) -> str:
    card: dict[str, Any] = {}
    if creator:
        card["model_overview"] = {"model_creator": creator[:1024]}
    if parameters:
        card["training_details"] = {"training_job_details": {"user_provided_hyper_parameters": parameters}}
    if metrics:
        name = (origin.dataset or "evaluation")[:LONGEST_NAME]
        its = {"mlflow.run_id": origin.run, "dataset.digest": origin.digest, "git.commit": origin.commit}
        card["evaluation_details"] = [
            {
                "name": name,
                **({"datasets": [origin.dataset[:1024]]} if origin.dataset else {}),
                "metadata": {key: value[:1024] for key, value in its.items() if value},
                "metric_groups": [{"name": name, "metric_data": metrics}],
            }
        ]
    return json.dumps(card, separators=(",", ":"))  # ASCII: one line, whatever a name holds
