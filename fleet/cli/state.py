"""What the engine alone knows of a stack: what its state holds, and whether a run is under way."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fleet.aws.operator.leftovers import Kind
from fleet.cli.alarm import TYPE, Alarm, known
from fleet.cli.command import CommandError
from fleet.cli.stack import answer, pulumi

_TYPES = {
    "aws:sagemaker/endpoint:Endpoint": Kind.ENDPOINT,
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": Kind.CONFIG,
    "aws:sagemaker/model:Model": Kind.MODEL,
    TYPE: Kind.ALARM,
}
_NOTHING_TO_DO = ("no resource named", "could not be found", "snapshot was nil")  # the last: a stack never deployed
_NOBODY = "urn:pulumi:none::none::none::none"


@dataclass(frozen=True)
class Left:
    """What the last run left: the alarms that the state holds, and the stack's outputs."""

    alarms: tuple[Alarm, ...]
    outputs: Mapping[str, Any]


def refuse_locked(stack: str) -> None:
    """Raise CommandError while a run holds the stack's lock, or where that cannot be found out.

    Asked in a way that works with every backend that has locks: the refresh of a resource that does not exist takes the
    lock, finds out in its preview that there is nothing to do, and ends. Nothing is written (measured: no state, no
    history, no backup). Pulumi Cloud has no such lock; `read` sees what is under way there.
    """
    flags = ("--yes", "--skip-preview=false", "--run-program=false")
    done = pulumi("refresh", "--target", _NOBODY, *flags, "--stack", stack)
    said = f"{done.stdout}\n{done.stderr}".strip()
    if "currently locked" in said:
        raise CommandError(f"a run of {stack} is under way, or was killed: {_error(said)}")
    if not any(words in said for words in _NOTHING_TO_DO):
        raise CommandError(f"could not find out whether a run of {stack} is under way: {_error(said)}")


def read(stack: str) -> frozenset[tuple[Kind, str]]:
    """The endpoints, endpoint configurations, models and alarms that the state holds, by name.

    Raises CommandError where the state cannot be read, or Pulumi Cloud says that a run is under way.
    """
    text = answer("stack", "--output", "json", "--stack", stack)
    try:
        shown: dict[str, Any] = json.loads(text)
        kinds = [(_TYPES.get(one["type"]), one.get("id", "")) for one in shown["resources"]]
    except (ValueError, KeyError, TypeError):
        raise CommandError(f"the state of {stack} could not be read: pulumi stack said {text[:200]!r}") from None
    if under_way := shown.get("currentOperation"):
        raise CommandError(f"a run of {stack} is under way: {under_way.get('kind')} by {under_way.get('author')}")
    return frozenset((kind, name) for kind, name in kinds if kind)


def outputs(stack: str) -> Any:
    """What the last run left for others to read, by task. Raises CommandError where it cannot be read."""
    text = answer("stack", "output", "--json", "--stack", stack)
    try:
        return json.loads(text)
    except ValueError:
        raise CommandError(f"the outputs of {stack} could not be read: pulumi stack said {text[:200]!r}") from None


def left(stack: str) -> Left:
    """The alarms and the outputs, as the state has them. Raises CommandError where it cannot be read.

    `pulumi stack export` shows whose an alarm is, and works without the passphrase or the key of the stack's secrets.
    """
    text = answer("stack", "export", "--stack", stack)
    try:
        deployment: dict[str, Any] = json.loads(text)["deployment"]
        resources = deployment.get("resources", [])  # none of a stack that was never deployed
        deployment["manifest"]  # of every deployment: what has none is something else
        alarms = {one.name: one for one in map(known, resources) if one}
        outputs = (one.get("outputs", {}) for one in resources if one["type"] == "pulumi:pulumi:Stack")
        return Left(tuple(alarms.values()), next(outputs, {}))
    except (AttributeError, ValueError, KeyError, TypeError):
        raise CommandError(f"the state of {stack} could not be read: pulumi stack said {text[:200]!r}") from None


def _error(said: str) -> str:
    return said.rpartition("error: ")[2]
