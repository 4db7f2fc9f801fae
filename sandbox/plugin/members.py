"""From Pulumi's properties to the members of AWS's requests, and back, by the fields of a row."""

from collections.abc import Mapping
from typing import Any

from sandbox.plugin.catalogue.row import Field, Properties


def to_aws(fields: tuple[Field, ...], inputs: Mapping[str, object]) -> Properties:
    given = {field: inputs.get(field.wire, field.unset) for field in fields}
    return {field.member: convert(field, value, to_aws) for field, value in given.items() if value is not None}


def from_aws(fields: tuple[Field, ...], described: Mapping[str, object]) -> Properties:
    """The properties among `fields` that AWS gives; its null and empty answers are absent."""
    found = {field: described.get(field.described or field.member) for field in fields}
    return {
        field.wire: convert(field, value, from_aws) for field, value in found.items() if value not in (None, "", [], {})
    }


def convert(field: Field, value: object, into: Any) -> object:
    match value:
        case dict() if field.fields:
            return into(field.fields, value)
        case list():
            return [convert(field, item, into) for item in value]
        case _:
            return value
