"""Read the task list: one YAML file into tasks with everything settled, or every mistake at once, each with its line.

Whether the groups exist is asked elsewhere (providers/registry.py).
"""

from pathlib import Path
from typing import Any

import yaml
from yaml.error import MarkedYAMLError

from fleet.characters import escaped
from fleet.tasks import mistakes, place
from fleet.tasks.document import read, unseen_outside_comments
from fleet.tasks.model import Defaults, Sizes, Task
from fleet.tasks.place import EVERYWHERE, Place
from fleet.tasks.settings import Settings
from fleet.tasks.values import ANY_STAGE


class TaskListError(Exception):
    """The task list cannot be used. `errors` holds every reason, a line each, in the order of the file."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


def load(path: Path, *, name_prefix: str = "", at: Place = EVERYWHERE) -> tuple[Task, ...]:
    """The tasks of a file that are for a stack at this place, in its order, as endpoints under `name_prefix`.

    Raises TaskListError with every mistake: `tasks.yaml:41: toxicity.memory_mb: 2500 is not a serverless size; use …`.
    """
    try:
        tasks = parse(path.read_text(encoding="utf-8"), path, name_prefix=name_prefix)
    except OSError as error:
        raise TaskListError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise TaskListError([f"{path}: is not UTF-8 text: {error.reason} at byte {error.start}"]) from None
    if said := place.complaint(tasks, at):
        raise TaskListError([f"{path}: {said}"])
    return tuple(task for task in tasks if not place.elsewhere(task, at))


def parse(text: str, path: Path, *, name_prefix: str = "") -> tuple[Task, ...]:
    """All tasks of a file that holds `text`, wherever they are for; as load() in everything else."""
    try:
        document = read(text)
    except yaml.YAMLError as error:
        raise TaskListError(_not_yaml(text, path, error)) from None
    if not isinstance(document.root, dict):
        what = "is empty" if document.root is None else "is not a mapping"
        raise TaskListError([f"{path}: {what}; it needs `tasks:` with at least one task"])

    expanded = _expand(document.root)
    if found := mistakes.find(document, expanded, name_prefix):
        lines = (f"{path}:{line}: {text}" if line else f"{path}: {text}" for line, text in found)
        raise TaskListError([escaped(line) for line in lines])
    return tuple(
        Task.model_validate({"group": name, **settings, "name": name, "endpoint": name_prefix + name})
        for name, settings in expanded["tasks"].items()
    )


def _not_yaml(text: str, path: Path, error: yaml.YAMLError) -> list[str]:
    found = [f"{path}:{one.line}: {one.told()}; take it out" for one in unseen_outside_comments(text)]
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        context = f"{error.context}: " if error.context else ""
        found.append(f"{path}:{error.problem_mark.line + 1}: is not plain YAML: {context}{error.problem}")
    elif not found:  # else that is what the error is about
        found.append(f"{path}: is not plain YAML: {getattr(error, 'reason', error)}")
    return [escaped(line) for line in found]


def _expand(root: dict[str, Any]) -> dict[str, Any]:
    """The file with every task's share of `defaults` in it, and every variant's share of its task."""
    tasks = root.get("tasks")
    if not isinstance(tasks, dict):
        return root
    expanded = {name: _inherit(Defaults, root.get("defaults"), settings) for name, settings in tasks.items()}
    for name, settings in expanded.items():
        if isinstance(settings, dict) and isinstance(variants := settings.get("variants"), dict):
            inherited = {variant: _inherit(Sizes, settings, own) for variant, own in variants.items()}
            expanded[name] = {**settings, "variants": inherited}
    return {**root, "tasks": expanded}


def _inherit(shared: type[Settings], under: object, over: object) -> object:
    """Settings `over` others: those of the `shared` model are taken over, mappings key by key.

    A language model is not: under another name, it would be given the price of the one in `defaults`.
    """
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    merged = {key: value for key, value in under.items() if key in shared.model_fields} | over
    for key, value in over.items():
        if key in shared.model_fields and isinstance(value, dict) and isinstance(under.get(key), dict):
            # Limits of a gate are those of its metric, prices those of their model: they say nothing of another one.
            is_of_another = key == "language_model" or (key == "gate" and "metric" in value)
            merged[key] = value if is_of_another else under[key] | value
    # Thresholds without a test, limits without anything to scale: of no use to this task, so not its mistake.
    if "smoke_test" not in over:
        merged.pop("smoke_test", None)
    if "scaling" not in over and "provisioned_concurrency" not in merged:
        merged.pop("scaling", None)
    if "stage_status" not in over and merged.get("stage", ANY_STAGE) == ANY_STAGE:
        merged.pop("stage_status", None)
    return merged
