"""Faults on demand: rules that let matching AWS calls fail, wait or be held until told.

Only the rules and the waiting; the server asks them around each call.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

Action = Literal["error", "hold-before", "hold-after", "delay"]
ACTIONS = ("error", "hold-before", "hold-after", "delay")
LOOK_SECONDS = 0.05  # how often a held call looks whether its client is still there

_default_services = {
    "InvokeEndpoint": "sagemaker-runtime",
    **dict.fromkeys(("PutParameter", "GetParameters", "GetParametersByPath", "DeleteParameter"), "ssm"),
    **dict.fromkeys(("RegisterScalableTarget", "DeregisterScalableTarget"), "application-autoscaling"),
}


class BadRule(Exception):
    """A rule that cannot be one; the text says why."""


class ClientGone(Exception):
    """Nobody is there to be answered; the text says why."""


@dataclass(frozen=True)
class Rule:
    operation: str  # "*": every operation of the service
    action: Action
    service: str = "sagemaker"  # boto3's name
    region: str = ""  # "": any
    match: Mapping[str, Any] = field(default_factory=dict)  # request members and their values; all must be equal
    status: int = 400  # of error: HTTP status
    code: str = "ThrottlingException"  # of error
    message: str = "Rate exceeded"  # of error
    drop: bool = False  # of error: close the connection instead of answering
    seconds: float = 0  # of delay
    times: int = 0  # the first so many matching calls; 0: until removed


def rule(given: Mapping[str, Any]) -> Rule:
    """The rule that a control request describes. Raises BadRule."""
    if unknown := set(given) - set(Rule.__dataclass_fields__):
        allowed = ", ".join(Rule.__dataclass_fields__)
        raise BadRule(f"a fault rule has no {', '.join(sorted(unknown))}; it has {allowed}")
    if given.get("action") not in ACTIONS or not given.get("operation"):
        raise BadRule(f"a fault rule needs an operation and an action, one of {', '.join(ACTIONS)}")
    service = _default_services.get(given["operation"], "sagemaker")
    return Rule(**{"service": service, **given})


@dataclass
class _Entry:
    id: str
    rule: Rule
    hits: int = 0
    held: int = 0
    removed: bool = False


class Faults:
    """The rules in force. Safe to use from many threads."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)

    def add(self, new: Rule) -> str:
        with self._changed:
            entry = _Entry(f"f{next(self._numbers)}", new)
            self._entries[entry.id] = entry
            return entry.id

    def remove(self, *ids: str) -> int:
        """Removes the rules (all, without ids), lets go what they hold; how many there were."""
        with self._changed:
            entries = [self._entries.pop(id_) for id_ in ids or tuple(self._entries) if id_ in self._entries]
            for entry in entries:
                entry.removed = True
            self._changed.notify_all()
            return len(entries)

    def shown(self) -> list[dict[str, Any]]:
        with self._changed:
            return [
                {"id": entry.id, **vars(entry.rule), "hits": entry.hits, "held": entry.held}
                for entry in self._entries.values()
            ]

    def hit(self, service: str, region: str, operation: str, params: Mapping[str, Any]) -> list[_Entry]:
        """The rules that this call meets, counted as met."""
        with self._changed:
            met = [entry for entry in self._entries.values() if _meets(entry, service, region, operation, params)]
            for entry in met:
                entry.hits += 1
            return met

    def hold(self, entry: _Entry, client_gone: Callable[[], bool]) -> None:
        """Waits until the rule is released or removed. Raises ClientGone."""
        with self._changed, self._counted(entry):
            while not entry.removed:
                self._changed.wait(LOOK_SECONDS)
                if client_gone():
                    break
            if client_gone():  # also when it was released: a dead client's call must not take effect
                raise ClientGone("client gone")

    @contextmanager
    def _counted(self, entry: _Entry) -> Iterator[None]:
        entry.held += 1
        try:
            yield
        finally:
            entry.held -= 1


def _meets(entry: _Entry, service: str, region: str, operation: str, params: Mapping[str, Any]) -> bool:
    wanted = entry.rule
    return (
        wanted.service in ("*", service)
        and wanted.region in ("", region)
        and wanted.operation in ("*", operation)
        and not (wanted.times and entry.hits >= wanted.times)
        and all(params.get(member) == value for member, value in wanted.match.items())
    )
