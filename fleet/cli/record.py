"""What the last run of a stack left, for commands that look at AWS or change it: do they look where the fleet is?"""

from collections.abc import Iterator, Mapping
from typing import Any

from fleet import contract, guard
from fleet.aws import identity, session
from fleet.cli.command import CommandError
from fleet.cli.stack import StackConfig
from fleet.guard import Asked, Place, Written, place
from fleet.seen import Unknown


def read(config: StackConfig, outputs: Mapping[str, Any]) -> Written:
    """What the last run wrote into the stack's outputs, by task and variant.

    Raises CommandError where the fleet that it left lies in another Region or account than this command would ask.
    """
    try:
        written = contract.written(outputs)
        places = set(_places(outputs, written))
    except (AttributeError, KeyError, TypeError, ValueError):
        stack = config.ownership.stack
        raise CommandError(f"the outputs of stack {stack} are not those of a fleet; run `pulumi up` first") from None
    if places and (stop := guard.elsewhere(places, _asked(config))):
        raise CommandError(stop)
    return written


def _places(outputs: Mapping[str, Any], written: Written) -> Iterator[Place]:
    for task, variants in written.items():
        for name, run in variants.items():
            if run.arn:
                yield place(run.arn)
            elif package := outputs[task]["variants"][name].get("model_package_arn"):
                # Written by 0.3 or earlier. A package may lie in another account than its endpoint, in no other Region.
                yield Place(place(package).region, "")


def _asked(config: StackConfig) -> Asked:
    found = session.ask(lambda: identity.caller(config.access))
    account, arn = ("", "") if isinstance(found, Unknown) else (found.account, found.arn)
    return Asked(Place(config.access.region, account), config.access.region_from, arn)
