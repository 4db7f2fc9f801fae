"""Steps of the engine, awaited one by one: a failed one must not take with it what comes after.

Of a failed step the engine tells the program no more than that it failed. What AWS said comes by an error hook, which
the engine calls before it gives the step up. The hook only listens: it never asks for another try.
"""

from functools import cache
from typing import Any, Protocol, TypeVar

import pulumi
from pulumi.runtime.stack import ResourceRegistrationFailed

from fleet.refusal import mending, sentence

Registered = TypeVar("Registered", bound=pulumi.Resource)


class Done(Protocol):
    """Waits for the step of a resource, as `registered` does."""

    async def __call__(self, resource: Registered) -> tuple[Registered | None, str]: ...


_said: dict[tuple[str, str], str] = {}  # by type and logical name; one process is one run
_mended_by: dict[tuple[str, str], str] = {}  # a command, where the policy does not let the run do it


async def registered(resource: Registered) -> tuple[Registered | None, str]:
    """The resource once its step is done; None where the step failed, with what AWS said, "" where that is not known.

    It is known of what was declared with `listening`. A failed import, or a step that the engine itself gives up, is
    told in the log of the run alone.
    """
    try:
        await resource.urn.future()
    except ResourceRegistrationFailed:
        _tell_how_to_mend(resource)
        return None, _said.get((resource.pulumi_resource_type, resource.pulumi_resource_name), "")
    return resource, ""


def _tell_how_to_mend(resource: pulumi.Resource) -> None:
    if command := _mended_by.get((resource.pulumi_resource_type, resource.pulumi_resource_name)):
        lost = f"{resource.pulumi_resource_name}: its tags are gone, and this run may not give them"
        pulumi.log.warn(f"{lost}; an administrator does: {command}")


def not_known() -> "pulumi.Output[str]":
    """A text that a preview does not know yet."""

    async def is_known() -> bool:
        return False

    async def value() -> Any:
        return None

    async def resources() -> set[pulumi.Resource]:
        return set()

    return pulumi.Output(resources(), value(), is_known())


def listening() -> pulumi.ResourceHookBinding:
    """The option `hooks` of a resource of which it is to be known why a step failed.

    The state keeps the hook's name and no more. Destroy and refresh run no program, and do without it: the engine
    looks for the hook after a failure only, and then tells the failure itself.
    """
    return pulumi.ResourceHookBinding(on_error=[_hook()])


@cache
def _hook() -> pulumi.ErrorHook:
    return pulumi.ErrorHook("fleet:failure", _remember)


def _remember(failed: pulumi.ErrorHookArgs) -> bool:
    """Whether the engine is to try again: never."""
    if failed.errors:
        tags = (failed.new_inputs or {}).get("tags") or {} if failed.old_outputs else {}  # of what was there
        _mended_by[failed.type, failed.name] = mending(failed.errors[0], tags)
        _said[failed.type, failed.name] = sentence(failed.errors[0])  # the newest comes first
    return False
