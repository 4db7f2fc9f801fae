"""Outputs of a dynamic resource that only the program reads: hidden from every diff, whichever release wrote them."""

from typing import Any

import pulumi

from fleet import wire


def resolvable(*keys: str) -> dict[str, None]:
    """The properties under which they may come back, as the SDK wants to be told of them: today's, and those of 0.3."""
    return dict.fromkeys(name for key in keys for name in (wire.hidden(key), key))


async def known(resource: pulumi.Resource, key: str) -> tuple[bool, Any]:
    """Whether the value of one is known, and it, None where there is none."""
    outputs: list[pulumi.Output[Any]] = [resource.__dict__[name] for name in resolvable(key)]
    values = [await output.future() for output in outputs if await output.is_known()]
    return bool(values), next((value for value in values if value is not None), None)
