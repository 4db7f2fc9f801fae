"""Between protobuf Structs and plain values: secrets, unknowns, doubles.

Numbers cross as doubles and come out as int where they are whole. An unknown value stays the marker string it is, so it
differs from every known one. Secrets are unwrapped, and wrapped again by the name of their top-level property.
"""

from collections.abc import Collection, Mapping
from typing import cast

from google.protobuf import struct_pb2

from sandbox.plugin.catalogue.row import Properties

SIGNATURE = "4dabf18193072939515e22adb298388d"  # the key that marks a special object; the two values below say which
SECRET = "1b47061264138c4ac30d75fd1eb44270"


def decode(struct: struct_pb2.Struct) -> Properties:
    return {name: plain(value) for name, value in struct.fields.items()}


def plain(value: struct_pb2.Value) -> object:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "number_value":
            return int(value.number_value) if value.number_value.is_integer() else value.number_value
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [plain(item) for item in value.list_value.values]
        case "struct_value" if is_secret(value):
            return plain(value.struct_value.fields["value"])
        case "struct_value":
            return decode(value.struct_value)
        case _:
            return None


def is_secret(value: struct_pb2.Value) -> bool:
    return SIGNATURE in value.struct_value.fields and value.struct_value.fields[SIGNATURE].string_value == SECRET


def secrets(*structs: struct_pb2.Struct) -> set[str]:
    """Names of the top-level properties that hold a secret, at whatever depth."""
    return {name for struct in structs for name, value in struct.fields.items() if holds_secret(value)}


def holds_secret(value: struct_pb2.Value) -> bool:
    match value.WhichOneof("kind"):
        case "struct_value":
            return is_secret(value) or any(map(holds_secret, value.struct_value.fields.values()))
        case "list_value":
            return any(map(holds_secret, value.list_value.values))
        case _:
            return False


def encode(properties: Mapping[str, object], secret: Collection[str] = ()) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(
        {
            name: {SIGNATURE: SECRET, "value": value} if name in secret else value
            for name, value in properties.items()
            if value is not None
        }
    )
    return cast(struct_pb2.Struct, struct)
