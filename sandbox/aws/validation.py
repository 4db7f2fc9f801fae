"""Check requests, and the sandbox's own answers, against botocore's service model, generically.

botocore's client checks neither patterns nor enums, so a program that sends what AWS refuses would pass without this.
What depends on other resources is not here but with the operation.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from sandbox.aws.world import AwsError


@lru_cache
def service(name: str) -> ServiceModel:
    """botocore's model of the service, read once."""
    return ServiceModel(Loader().load_service_model(name, "service-2"))


def check_request(operation: OperationModel, request: Mapping[str, Any]) -> None:
    """Raises AwsError (ValidationException, of a query service ValidationError) that names every violation, worded as
    AWS words it."""
    found = list(_violations(operation.input_shape, request, "")) if operation.input_shape else []
    if found:
        errors = "error" if len(found) == 1 else "errors"
        code = "ValidationError" if operation.service_model.metadata["protocol"] == "query" else "ValidationException"
        raise AwsError(f"{len(found)} validation {errors} detected: {'; '.join(found)}", code)


def check_answer(operation: OperationModel, answer: Mapping[str, Any]) -> None:
    """Raises AwsError (InternalFailure, 500): the sandbox was about to say what SageMaker never says."""
    found = list(_violations(operation.output_shape, answer, "")) if operation.output_shape else []
    if found:
        raise AwsError(
            f"bug in the sandbox: its answer to {operation.name} is not in the service model: {'; '.join(found)}",
            code="InternalFailure",
            status=500,
        )


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    fits, name = _TYPES[shape.type_name]
    if not fits(value):
        yield _failed(value, path, f"Member must be of type {name}")
        return
    yield from _limits(shape, value, path)
    match shape:
        case StructureShape():
            yield from _members(shape, value, path)
        case ListShape():
            for number, item in enumerate(value, start=1):
                yield from _violations(shape.member, item, f"{path}.{number}.member")
        case MapShape():
            for key, item in value.items():
                yield from _violations(shape.key, key, f"{path}.{key}.key")
                yield from _violations(shape.value, item, f"{path}.{key}.member")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "structure": (lambda value: isinstance(value, Mapping), "structure"),
    "map": (lambda value: isinstance(value, Mapping), "map"),
    "list": (lambda value: isinstance(value, list), "list"),
    "string": (lambda value: isinstance(value, str), "string"),
    "boolean": (lambda value: isinstance(value, bool), "boolean"),
    "integer": (_integer, "integer"),
    "long": (_integer, "long"),
    "float": (_number, "float"),
    "double": (_number, "double"),
    "timestamp": (_number, "timestamp (epoch seconds)"),
    "blob": (lambda value: isinstance(value, str | bytes), "blob"),
}


def _members(shape: StructureShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield _failed(None, _join(path, name), "Member must not be null")
    for name, item in value.items():
        if name not in shape.members:
            allowed = ", ".join(shape.members)
            yield _failed(item, _join(path, name), f"Member is unknown; {shape.name} has [{allowed}]")
        else:
            yield from _violations(shape.members[name], item, _join(path, name))


def _join(path: str, member: str) -> str:
    # AWS starts members in lower case in these messages
    member = member[:1].lower() + member[1:]
    return f"{path}.{member}" if path else member


def _limits(shape: Shape, value: Any, path: str) -> Iterator[str]:
    limits = shape.metadata
    sized = isinstance(value, str | bytes | list | Mapping)
    what, size = ("length", len(value)) if sized else ("value", value)
    if "min" in limits and size < limits["min"]:
        yield _failed(value, path, f"Member must have {what} greater than or equal to {limits['min']}")
    if "max" in limits and size > limits["max"]:
        yield _failed(value, path, f"Member must have {what} less than or equal to {limits['max']}")
    if "enum" in limits and value not in limits["enum"]:
        yield _failed(value, path, f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]")
    if "pattern" in limits and not _pattern(limits["pattern"]).fullmatch(value):
        yield _failed(value, path, f"Member must satisfy regular expression pattern: {limits['pattern']}")


def _failed(value: Any, path: str, constraint: str) -> str:
    quoted = "null" if value is None else f"'{value}'"
    return f"Value {quoted} at '{path}' failed to satisfy constraint: {constraint}"


@lru_cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # Java's classes, which `re` does not know: \p{ASCII} by itself, \p{L} and the like inside [...]
    pattern = pattern.replace(r"\p{ASCII}", r"[\x00-\x7F]").replace(r"\p{Print}", r"[\x20-\x7E]")
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")  # as two UTF-16 halves
    pattern = re.sub(r"\$\{\d+,\d+\}", "", pattern)  # in metadata keys and values: a length, which min and max say too
    return re.compile(re.sub(r"\\p\{(\w)\}", lambda found: _category(found[1]), pattern))


@lru_cache
def _category(letter: str) -> str:
    r"""The characters of a Unicode category as ranges for a [...] of `re`."""
    ranges: list[list[int]] = []
    # Above are unassigned and private characters and a few variation selectors
    for point in range(0x32400):
        if unicodedata.category(chr(point))[0] == letter:
            if ranges and ranges[-1][1] == point - 1:
                ranges[-1][1] = point
            else:
                ranges.append([point, point])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)
