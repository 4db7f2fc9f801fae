"""What differs between a resource's state and the inputs a program wants, and whether that needs a new resource.

Like the bridge, the state is compared and not the old inputs: an endpoint that was silently rolled back reads as the
old configuration, so the same inputs are a change again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from sandbox.plugin.catalogue.row import Field

REGION = Field("region", computed=True, replaces=True)  # of every type
TAGS, TAGS_ALL = Field("tags"), Field("tagsAll")


@dataclass(frozen=True)
class Change:
    path: str  # Pulumi's property path, e.g. productionVariants[0].modelName
    kind: Literal["ADD", "DELETE", "UPDATE"]
    replaces: bool


def top(path: str) -> str:
    """The top-level property that a path leads into."""
    return path.partition(".")[0].partition("[")[0]


def changes(fields: tuple[Field, ...], state: Mapping[str, object], wanted: Mapping[str, object]) -> list[Change]:
    """Every leaf among the region, `fields` and the tags that differs, in the order of the table."""
    return [
        change
        for field in (REGION, *fields, TAGS, TAGS_ALL)
        for change in compare(field, state.get(field.wire), wanted.get(field.wire), field.wire, field.replaces)
    ]


def compare(field: Field, old: object, new: object, path: str, replaces: bool) -> Iterator[Change]:
    match old, new:
        case dict(), dict():
            children = {child.wire: child for child in field.fields}
            for name in sorted(old.keys() | new.keys()):
                child = children.get(name, Field(name))
                yield from compare(child, old.get(name), new.get(name), path + step(name), replaces or child.replaces)
        case list(), list():
            for index, (before, after) in enumerate(zip_longest(old, new)):
                yield from compare(field, before, after, f"{path}[{index}]", replaces)
        case _ if (nothing(field, old) and nothing(field, new)) or old == new:
            pass
        case _ if (field.computed and blank(new)) or field.same(old, new):
            pass
        case _:
            kind: Literal["ADD", "DELETE", "UPDATE"] = "ADD" if blank(old) else "DELETE" if blank(new) else "UPDATE"
            yield Change(path, kind, replaces or any(forces_new(field, value) for value in (old, new)))


def step(name: str) -> str:
    return f".{name}" if name.isidentifier() else f'["{name}"]'


def nothing(field: Field, value: object) -> bool:
    return blank(value) or value == field.unset


def blank(value: object) -> bool:
    """Terraform does not tell an empty value from an absent one."""
    return value is None or value in ("", [], {})


def forces_new(field: Field, value: object) -> bool:
    """A structure that comes or goes as a whole replaces where something within it does."""
    match value:
        case dict():
            present = [child for child in field.fields if child.wire in value]
            return any(child.replaces or forces_new(child, value[child.wire]) for child in present)
        case list():
            return any(forces_new(field, item) for item in value)
        case _:
            return False
