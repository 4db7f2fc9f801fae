"""The query protocol of STS, IAM and SNS: members from a form, answers as XML, both by botocore's service model."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from sandbox.aws.world import Answer


def members(operation: OperationModel, form: Mapping[str, str]) -> Answer:
    """The request that the form holds: `Tags.member.1.Key=team` is `{"Tags": [{"Key": "team"}]}`."""
    given: Answer = _value(operation.input_shape, {path: text for path, text in form.items() if path != "Version"})
    return given


def _value(shape: Shape | None, parts: Mapping[str, str]) -> Any:
    """What the texts say by their paths within the shape; "" is the path of the shape itself."""
    match shape:
        case StructureShape():
            below = _grouped(parts)
            return {name: _value(shape.members.get(name), rest) for name, rest in below.items()}
        case ListShape():
            rows = _grouped(_grouped(parts)["member"])
            return [_value(shape.member, rows[number]) for number in sorted(rows, key=int)]
        case MapShape():
            entries = _grouped(_grouped(parts)["entry"])
            return {entry["key"]: _value(shape.value, {"": entry["value"]}) for entry in entries.values()}
    text = parts.get("", "")
    if shape is not None and shape.type_name == "boolean" and text in ("true", "false"):
        return text == "true"
    is_number = shape is not None and shape.type_name in ("integer", "long") and text.lstrip("-").isdigit()
    return int(text) if is_number else text


def _grouped(parts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    grouped: dict[str, dict[str, str]] = {}
    for path, text in parts.items():
        name, _, rest = path.partition(".")
        grouped.setdefault(name, {})[rest] = text
    return grouped


def as_xml(operation: OperationModel, given: Answer) -> str:
    space, name = operation.service_model.metadata["xmlNamespace"], operation.name
    return (
        f'<{name}Response xmlns="{space}"><{name}Result>{_xml(operation.output_shape, given)}</{name}Result>'
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{name}Response>"
    )


def _xml(shape: Shape | None, value: Any) -> str:
    if isinstance(shape, StructureShape):
        return "".join(f"<{name}>{_xml(shape.members[name], item)}</{name}>" for name, item in value.items())
    if isinstance(shape, ListShape):
        return "".join(f"<member>{_xml(shape.member, item)}</member>" for item in value)
    if isinstance(shape, MapShape):
        entries = ((_xml(shape.key, key), _xml(shape.value, item)) for key, item in value.items())
        return "".join(f"<entry><key>{key}</key><value>{item}</value></entry>" for key, item in entries)
    if shape is None:
        return ""  # an operation that answers nothing
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return escape(str(value))
