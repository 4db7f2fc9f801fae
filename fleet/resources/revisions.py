"""A revision as it is declared: a Model and an EndpointConfiguration of its name, where there is reason to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from fleet import shape
from fleet.aws.gateway import Presence
from fleet.resources.aws_types import EndpointConfiguration, Model
from fleet.resources.engine import registered
from fleet.resources.site import Site
from fleet.revision import Revision

NAMES = {"KmsKeyId": "kmsKeyArn", "MemorySizeInMB": "memorySizeInMb"}  # the provider's, where they are not AWS's
MAPS = frozenset({"Environment"})  # members whose keys are not AWS's
TAKEN = (
    "a model or endpoint configuration {name} exists and is not this stack's, by its tags; remove it, or raise the "
    "task's attempt, which gives another name"
)
NOT_MADE = "model and endpoint configuration {name} could not be made; the log of the run says why"


@dataclass(frozen=True)
class Declared:
    """One revision, as far as it could be declared."""

    name: str
    config: EndpointConfiguration | None = None
    in_state: bool = False
    missing: bool = False  # AWS does not have it, or not the whole of it
    obstacle: str = ""  # why the endpoint cannot go to it
    refused: tuple[str, ...] = ()  # what AWS said


async def declare(revision: Revision, site: Site, *, is_target: bool, is_recorded: bool) -> Declared:
    """Declare it: what the endpoint goes to (`is_target`) is made, any other only kept, where AWS has it.

    What the last run's record does not name (`is_recorded`) is looked up: a killed run may have made or deleted it.
    """
    name = revision.name
    at_model, at_config = (Presence.RECORDED,) * 2 if is_recorded else await site.gateway.look_up(name)
    if Presence.FOREIGN in (at_model, at_config):
        return Declared(name, missing=True, obstacle=TAKEN.format(name=name) if is_target else "")
    # UNKNOWN: a revision that is only kept is imported; where AWS lacks it, the import fails, and makes nothing.
    to_be_read = {Presence.OURS} if is_target else {Presence.OURS, Presence.UNKNOWN}
    model, config, said, tags = None, None, [""], site.tags(revision.version)
    if is_target or at_model is not Presence.ABSENT:
        opts = site.options(name if at_model in to_be_read else None)
        model, why = await registered(declare_model(revision, tags, opts))
        said.append(why)
    if (is_target and model) or at_config is not Presence.ABSENT:
        opts = site.options(name if at_config in to_be_read else None, [model] if model else [])
        config, why = await registered(declare_endpoint_configuration(revision, tags, opts))
        said.append(why)
    return Declared(
        name,
        config,
        in_state=bool(model and config),
        missing=Presence.ABSENT in (at_model, at_config) and not is_target,
        obstacle=(said[-1] or NOT_MADE.format(name=name)) if is_target and not config else "",
        refused=tuple(filter(None, said)),
    )


def declare_model(revision: Revision, tags: Mapping[str, str], opts: pulumi.ResourceOptions) -> Model:
    inputs = {"name": revision.name, "tags": tags, **_inputs(shape.model(revision))}
    return Model(revision.name, inputs, opts)


def declare_endpoint_configuration(
    revision: Revision, tags: Mapping[str, str], opts: pulumi.ResourceOptions
) -> EndpointConfiguration:
    inputs = {"name": revision.name, "tags": tags, **_inputs(shape.endpoint_config(revision))}
    return EndpointConfiguration(revision.name, inputs, opts)


def _inputs(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request of AWS as Pulumi's inputs: the same, but that names begin small."""
    return {
        NAMES.get(member, member[0].lower() + member[1:]): value if member in MAPS else _input(value)
        for member, value in request.items()
    }


def _input(value: Any) -> Any:
    if isinstance(value, list):
        return [_input(item) for item in value]
    return _inputs(value) if isinstance(value, dict) else value
