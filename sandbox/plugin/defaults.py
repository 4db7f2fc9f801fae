"""What the bridge fills in where a program says nothing, and what it leaves out of the inputs that it reads."""

from typing import Any

from sandbox.plugin.catalogue.row import Field, Properties
from sandbox.plugin.difference import nothing


def with_defaults(fields: tuple[Field, ...], properties: Properties) -> Properties:
    filled = {field.wire: field.default for field in fields if field.default is not None} | properties
    return filled | {field.wire: within(field, filled[field.wire]) for field in fields if field.wire in filled}


def without_defaults(fields: tuple[Field, ...], found: Properties) -> Properties:
    """The inputs that an import reads: all but defaults and what is empty."""
    known = {field.wire: field for field in fields} | {name: Field(name) for name in ("region", "tags", "tagsAll")}
    inputs = {name: given_within(known[name].fields, value) for name, value in found.items()}
    return {
        name: value
        for name, value in inputs.items()
        if not nothing(known[name], value) and value != known[name].default
    }


def given_within(fields: tuple[Field, ...], value: Any) -> Any:
    match value:
        case dict() if fields:
            return without_defaults(fields, value)
        case list():
            return [given_within(fields, item) for item in value]
        case _:
            return value


def refreshed(old: Any, found: Any) -> Any:
    """The inputs that a refresh reads: the present values of what the program gave, at every depth, and no more.

    So a tag that somebody else has put on a resource is in its outputs and not in its inputs.
    """
    match old, found:
        case dict(), dict():
            return {name: refreshed(value, found[name]) for name, value in old.items() if name in found}
        case list(), list():
            return [refreshed(*pair) for pair in zip(old, found, strict=False)]
        case _:
            return found


def within(field: Field, value: Any) -> Any:
    match value:
        case dict() if field.fields:
            return with_defaults(field.fields, value)
        case list():
            return [within(field, item) for item in value]
        case _:
            return value
