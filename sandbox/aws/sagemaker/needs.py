"""What endpoints cannot do without: to delete it does harm, though SageMaker lets it happen."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.aws.world import Endpoint, World, arn_of


@dataclass(frozen=True)
class Need:
    endpoint: str
    why: str  # "serves" or "goes to"
    config: str
    model: str  # "" where that configuration is not there any more


def needs(world: World, region: str) -> Iterator[Need]:
    for endpoint in endpoints_of(world, region):
        if endpoint.status in ("Deleting", "Failed"):
            continue
        if endpoint.serving:
            yield Need(endpoint.name, "serves", endpoint.serving.config, endpoint.serving.model)
        if endpoint.change and endpoint.change.config:
            target = world.configs.get(arn_of(region, "endpoint-config", endpoint.change.config))
            yield Need(endpoint.name, "goes to", endpoint.change.config, target.model if target else "")


def endpoints_of(world: World, region: str) -> list[Endpoint]:
    here = arn_of(region, "endpoint", "")
    return [endpoint for arn, endpoint in world.endpoints.items() if arn.startswith(here)]
