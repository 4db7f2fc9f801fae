"""From Pulumi's properties to the members of AWS's requests, and back, by the fields of a row."""

from collections.abc import Mapping
from typing import Any

from sandbox.plugin.catalogue.row import Field, Properties


def to_aws(fields: tuple[Field, ...], inputs: Mapping[str, object]) -> Properties:
    given = {field: inputs.get(field.wire, field.unset) for field in fields}
    sent = {field: convert(field, value, to_aws) for field, value in given.items() if value is not None}
    return {field.member: value for field, value in sent.items()}


def from_aws(fields: tuple[Field, ...], described: Mapping[str, object]) -> Properties:
    """The properties among `fields` that AWS gives; its null and empty answers are absent."""
    found = {field: described.get(field.described or field.member) for field in fields}
    return {
        field.wire: convert(field, value, from_aws) for field, value in found.items() if value not in (None, "", [], {})
    }


def convert(field: Field, value: object, into: Any) -> object:
    match value:
        case dict() if field.is_pairs:
            return [{"Name": name, "Value": text} for name, text in sorted(value.items())]
        case list() if field.is_pairs:
            return {pair["Name"]: pair["Value"] for pair in value}
        case dict() if field.within and into is to_aws:
            return gathered(field, value)
        case dict() if field.within:
            return into(field.fields, value | value[field.within])
        case dict() if field.fields:
            return into(field.fields, value)
        case list():
            return [convert(field, item, into) for item in value]
        case _:
            return value


def gathered(field: Field, value: Mapping[str, object]) -> Properties:
    """The members of a structure, some of them within one of its own."""
    inner, outer = (tuple(each for each in field.fields if each.is_within is side) for side in (True, False))
    return {field.within: to_aws(inner, value)} | to_aws(outer, value)
