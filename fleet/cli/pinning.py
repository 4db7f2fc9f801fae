"""Pin one task in the text of a task list, with every other byte as it is.

Only PyYAML's marks are used, to find the place: whatever writes YAML anew tidies up what people wrote.
"""

import sys
from collections.abc import Mapping
from datetime import date
from typing import Any

import yaml

from fleet.cli.writing import dump

Value = int | str | date


def pinned(text: str, task: str, pin: Mapping[str, Value]) -> str:
    """A task list that can be used, with a task's pin put in or replaced; `pin` is its settings by name.

    A new pin stands right beneath the task's name. Of an old one only the values that differ are replaced.
    """
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    key, settings = _item(_item(root, "tasks")[1], task)
    if any(name.value == "pin" for name, _ in settings.value):
        return _replaced(text, _item(settings, "pin")[1], pin)
    line = f"pin: {{{', '.join(f'{name}: {_written(value)}' for name, value in pin.items())}}}"
    first = settings.value[0][0].start_mark
    if settings.flow_style:
        return f"{text[: first.index]}{line}, {text[first.index :]}"
    beneath = text.find("\n", key.end_mark.index) + 1
    end = "\r\n" if text[:beneath].endswith("\r\n") else "\n"
    return f"{text[:beneath]}{' ' * first.column}{line}{end}{text[beneath:]}"


def _item(mapping: yaml.MappingNode, name: str) -> tuple[yaml.ScalarNode, yaml.MappingNode]:
    return next((key, value) for key, value in mapping.value if key.value == name)


def _replaced(text: str, old: yaml.MappingNode, pin: Mapping[str, Value]) -> str:
    for key, node in reversed(old.value):  # from the end, so that the marks before stay right
        value = pin[key.value]
        if node.value != str(value):
            start, end = node.start_mark.index, node.end_mark.index
            end = start + len(text[start:end].rstrip())  # a literal block ends beneath its last line
            text = text[:start] + _written(value) + text[end:]
    return text


def _written(value: Value) -> str:
    """A value as YAML writes it inside {…}, where more needs quotes than elsewhere; on one line."""
    return dump([value], default_flow_style=True, width=sys.maxsize, allow_unicode=True)[1:-2]
