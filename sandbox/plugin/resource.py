"""A resource between the engine and AWS: which one is meant, and its outputs as the bridge completes them."""

import re
from typing import TYPE_CHECKING

from sandbox.plugin.catalogue.row import Properties, ResourceType
from sandbox.plugin.defaults import with_defaults

if TYPE_CHECKING:
    from sandbox.plugin.cloud import Cloud

ELSEWHERE = re.compile(
    r"(.+)@([a-z]{2}(?:-[a-z]+)+-\d{1,2})"
)  # the id of an import that says a region: toxicity@eu-west-1


def key_of(cloud: "Cloud", row: ResourceType, id_: str, state: Properties) -> Properties:
    """What the calls need to know; only an import has no state, and an id that tells it all."""
    if state.keys() >= set(row.key):
        return {name: state[name] for name in row.key} | {"region": state.get("region") or cloud.region}
    elsewhere = ELSEWHERE.fullmatch(id_)
    id_, region = elsewhere.groups() if elsewhere else (id_, cloud.region)
    return row.imported(id_) | {"region": region}


def outputs(cloud: "Cloud", row: ResourceType, key: Properties, inputs: Properties) -> Properties | None:
    """What AWS has, completed as the bridge does: with defaults, and with the tags that are the resource's own."""
    found = cloud.read(row, key)
    if not found:
        return None
    found |= {field.wire: inputs[field.wire] for field in row.fields if field.unread and field.wire in inputs}
    given = [name for name in row.one_of if name in inputs] or row.one_of[:1]
    found = {name: value for name, value in found.items() if name in given or name not in row.one_of}
    if row.tagging:
        found["tags"] = cloud.tags.own_of(found["tagsAll"], inputs.get("tags") or {})
    return with_defaults(row.fields, found)
