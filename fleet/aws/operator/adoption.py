"""An endpoint of another maker, as it is before this stack takes it over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

from fleet.aws import endpoints, session

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True)
class Existing:
    """What decides whether an endpoint can be taken over."""

    arn: str
    status: str  # EndpointStatus
    config: str  # EndpointConfigName now serving
    variants: Mapping[str, bool]  # production and shadow variants by name: True for serverless ones
    tags: Mapping[str, str]
    created: str = field(default="", compare=False)  # CreationTime, ISO 8601, UTC


def look(client: "SageMakerClient", name: str) -> Existing | None:
    """The endpoint; None where there is none."""
    return session.if_there(lambda: _look(client, name), None)


def _look(client: "SageMakerClient", name: str) -> Existing:
    shown = client.describe_endpoint(EndpointName=name)
    tags = endpoints.tags_of(client, shown["EndpointArn"])
    config = shown.get("EndpointConfigName", "")
    # Both: what is shown of an endpoint is optional, and its configuration may be deleted while it serves
    live, held = _variants(shown), _variants(_configuration(client, config))
    variants = {name: live.get(name, False) or held.get(name, False) for name in (*live, *held)}
    created = shown["CreationTime"].astimezone(UTC).isoformat()
    return Existing(shown["EndpointArn"], shown["EndpointStatus"], config, variants, tags, created)


def _configuration(client: "SageMakerClient", name: str) -> Mapping[str, Any]:
    nothing: Mapping[str, Any] = {}
    return (
        session.if_there(lambda: client.describe_endpoint_config(EndpointConfigName=name), nothing) if name else nothing
    )


def _variants(shown: Mapping[str, Any]) -> dict[str, bool]:
    variants = (*shown.get("ProductionVariants", ()), *shown.get("ShadowProductionVariants", ()))
    return {
        variant["VariantName"]: bool(variant.get("CurrentServerlessConfig") or variant.get("ServerlessConfig"))
        for variant in variants
    }
