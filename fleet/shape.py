"""The one shape of a revision in AWS: the requests of CreateModel and CreateEndpointConfig, and the way back.

Which setting is which member stands beside the setting (fleet/revision.py). What is declared, what a candidate is made
with and what AWS describes go through here, so that none of them can know a setting that another does not.
"""

from collections.abc import Mapping
from typing import Annotated, Any, get_origin, get_type_hints

from fleet.revision import ALL_TRAFFIC, Member, Revision, Settings, Structure

MEMBERS: Mapping[str, Member] = {
    setting: hint.__metadata__[0]
    for setting, hint in get_type_hints(Settings, include_extras=True).items()
    if get_origin(hint) is Annotated
}


_NOTHING: tuple[object, ...] = (None, "", {}, [])  # how an answer shows what is absent


def model(revision: Revision) -> dict[str, Any]:
    """CreateModel's request, but for the name and the tags."""
    container = {"ModelPackageName": revision.package, **_members(revision.settings, Structure.CONTAINER)}
    return {"PrimaryContainer": container, **_members(revision.settings, Structure.MODEL)}


def endpoint_config(revision: Revision) -> dict[str, Any]:
    """CreateEndpointConfig's request for the model of that name, but for the name and the tags."""
    variant = {
        "VariantName": ALL_TRAFFIC,
        "ModelName": revision.name,
        "ServerlessConfig": _members(revision.settings, Structure.SERVERLESS),
        **_members(revision.settings, Structure.VARIANT),
    }
    return {"ProductionVariants": [variant], **_members(revision.settings, Structure.CONFIG)}


def _members(settings: Settings, structure: Structure) -> dict[str, object]:
    said = {MEMBERS[setting]: value for setting, value in settings.present().items() if setting in MEMBERS}
    return {
        member.name: dict(value) if isinstance(value, Mapping) else value
        for member, value in said.items()
        if member.structure is structure
    }


def read(model: Mapping[str, Any], config: Mapping[str, Any], version: str = "") -> Revision:
    """The revision that DescribeModel and DescribeEndpointConfig show, but for the settings that AWS does not have.

    `version` is that of the tags; without it, the package's. Raises KeyError or TypeError where it is not serverless.
    """
    variant = config["ProductionVariants"][0]
    container = model.get("PrimaryContainer") or model["Containers"][0]
    described: Mapping[Structure, Mapping[str, Any]] = {
        Structure.MODEL: model,
        Structure.CONTAINER: container,
        Structure.CONFIG: config,
        Structure.VARIANT: variant,
        Structure.SERVERLESS: variant["ServerlessConfig"],
    }
    found = {setting: described[member.structure].get(member.name) for setting, member in MEMBERS.items()}
    said: dict[str, Any] = {setting: value for setting, value in found.items() if value not in _NOTHING}
    package = container["ModelPackageName"]
    number = int(version or package.rpartition("/")[2])
    return Revision(config["EndpointConfigName"], number, package, Settings(endpoint="", **said))
