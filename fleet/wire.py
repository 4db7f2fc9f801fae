"""The one place between frozen values and what crosses Pulumi's wire.

The wire is a protobuf Struct: every number comes back as a double, and None vanishes (and would read as unknown), so
whole doubles are made int again, and a field that has its default is left out: one that a later release adds is no
change. A union's member carries its name.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from fleet.seen import Absent, Approved, LiveEndpoint, NothingApproved, OnHold, Refused, Unknown

_MEMBERS: Mapping[str, type] = {
    "approved": Approved,
    "nothing-approved": NothingApproved,
    "unknown": Unknown,
    "refused": Refused,
    "stay": OnHold,
    "absent": Absent,
    "endpoint": LiveEndpoint,
}
_MEMBER_NAMES = {member: name for name, member in _MEMBERS.items()}
_PACKED = "json "  # in front of what is packed


def encode(value: Any) -> Any:
    """A frozen value as dicts, lists, strings, numbers and booleans."""
    if is_dataclass(value) and not isinstance(value, type):
        named = {"is": _MEMBER_NAMES[type(value)]} if type(value) in _MEMBER_NAMES else {}
        said = {f.name: getattr(value, f.name) for f in fields(value) if getattr(value, f.name) != _default(f)}
        return named | {name: encode(item) for name, item in said.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    return value


def decode(kind: Any, value: Any) -> Any:
    """The frozen value of `kind` (a dataclass, or a union of them) that `encode` was given.

    Fields that are missing take their defaults, and unknown ones are passed over: another release may have written
    them. Raises KeyError or TypeError where the value is not of that kind.
    """
    return _decode(kind, whole(value))


def pack(value: Any) -> str:
    """A frozen value as one line of text: for what only the program reads, where people look on.

    The word in front is for the engine, which shows text that is JSON line by line (pkg/backend/display/object_diff.go,
    decodeValue, 3.259).
    """
    return _PACKED + json.dumps(encode(value), sort_keys=True, separators=(",", ":"))


def unpacked(packed: Any) -> Mapping[str, Any]:
    """What `encode` gave, of what `pack` made of it; releases up to 0.3 did not pack.

    Raises TypeError or ValueError where it is neither.
    """
    value = json.loads(packed.removeprefix(_PACKED)) if isinstance(packed, str) else packed
    if not isinstance(value, Mapping):
        raise TypeError(f"{packed!r} is not what was packed")
    return value


def whole(value: Any) -> Any:
    """The same with whole doubles made int: 1.0 would become version `v1.0`, and change every hash."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [whole(item) for item in value]
    return value


def hidden(key: str) -> str:
    """The name of a property that only the program reads.

    The engine shows none that begins so (sdk/go/common/resource, IsInternalPropertyKey, 3.259), and keeps, sends and
    compares them as any other.
    """
    return f"__{key}"


def given(properties: Mapping[str, Any], key: str) -> Any:
    """What a hidden property holds, None where there is none; up to 0.3 none was hidden."""
    return properties.get(hidden(key), properties.get(key))


def same(olds: Mapping[str, Any], news: Mapping[str, Any], *keys: str) -> bool:
    """True where these hidden properties hold the same on both sides of the wire."""
    return all(whole(given(olds, key)) == whole(given(news, key)) for key in keys)


def _decode(kind: Any, value: Any) -> Any:
    if kind in (Any, object):
        return value
    if get_origin(kind) in (UnionType, Union):
        members = [member for member in get_args(kind) if member is not NoneType]
        return _decode(_MEMBERS[value["is"]] if len(members) > 1 else members[0], value)
    if get_origin(kind) is tuple:
        return tuple(_decode(get_args(kind)[0], item) for item in value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**{name: _decode(hint, value[name]) for name, hint in _hints(kind).items() if name in value})
    return value


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)
