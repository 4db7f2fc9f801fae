"""The endpoint of one variant: the one resource that moves, and what is done to it beside declaring it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi

from fleet.resources.aws_types import Endpoint
from fleet.resources.engine import registered
from fleet.resources.site import Site
from fleet.revision import ALL_TRAFFIC
from fleet.rollout import Kind, Plan, Pointer
from fleet.seen import Live, LiveEndpoint
from fleet.tags import TAGS


@dataclass(frozen=True)
class DeclaredEndpoint:
    """The endpoint, as far as it could be declared."""

    resource: Endpoint | None = None  # None where it is not declared, or its step failed
    said: str = ""  # what AWS said where it refused it

    async def reads_otherwise(self, target: str) -> bool:
        """True where the step was reported done, and what the provider then read is not what it was asked for."""
        return self.resource is not None and await pulumi.get(self.resource, "endpointConfigName").future() != target


async def declare(
    logical_name: str,
    name: str,
    plan: Plan,
    pointer: Pointer,
    site: Site,
    configs: Sequence[pulumi.Resource],
    *,
    is_read: bool,
) -> DeclaredEndpoint:
    """Declare it as the pointer says, after `configs`: so it is deleted before them.

    `is_read` says that AWS may have it although the state has not: a killed run may have made it. It is read then. One
    that cannot be looked at is read too: where there is none, that fails, and makes nothing.
    """
    foreign = plan.kind is Kind.REFUSE
    ignored = ["endpointConfigName"] if pointer.as_it_is or pointer.serves_it else []
    endpoint = Endpoint(
        logical_name,
        {"name": name, "endpointConfigName": pointer.target, "tags": site.tags()},
        pulumi.ResourceOptions.merge(
            site.options(name if is_read and not foreign else None, configs),
            pulumi.ResourceOptions(
                # Else the engine makes the new endpoint first and then deletes "the old one", of the same name.
                delete_before_replace=True,
                replacement_trigger=plan.generation,
                ignore_changes=[*ignored, *TAGS] if pointer.as_it_is else ignored,
                retain_on_delete=foreign or None,
            ),
        ),
    )
    return DeclaredEndpoint(*await registered(endpoint))


async def give_back(name: str, concurrency: int, live: LiveEndpoint, site: Site) -> tuple[Live, str]:
    """Send the endpoint the provisioned concurrency that an update has reset.

    Gives the endpoint as it is then, and what AWS said where it refused.
    """
    refused = await site.gateway.provision(name, ALL_TRAFFIC, concurrency)
    if refused:
        what = f"provisioned concurrency {concurrency} could not be given back"
        pulumi.log.warn(f"{site.title}: {what}: {refused.error}")
        return live, refused.error
    settled = await site.gateway.settled(name)
    return (replace(settled, serving=live.serving) if isinstance(settled, LiveEndpoint) else settled), ""
