"""Steps of the engine, awaited one by one: a failed one must not take with it what comes after."""

from typing import TypeVar

import pulumi
from pulumi.runtime.stack import ResourceRegistrationFailed

Registered = TypeVar("Registered", bound=pulumi.Resource)


async def registered(resource: Registered) -> Registered | None:
    """The resource once its step is done; None where the step failed (the engine has said why)."""
    try:
        await resource.urn.future()
    except ResourceRegistrationFailed:
        return None
    return resource
