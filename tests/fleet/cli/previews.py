"""A preview's event stream as the engine writes it (recorded with 3.259), with only what is read of it."""

from collections.abc import Mapping
from typing import Any

from fleet import contract, wire
from fleet.cli import preview
from fleet.cli.preview import Preview
from fleet.memory import Outcome
from tests.fleet.cli import exports

STACK = "pulumi:pulumi:Stack"
URN = "urn:pulumi:prod::sagemaker-endpoint-manager"
MODIFIED = "2026-11-24T08:00:00+00:00"

Event = dict[str, Any]


def variant(
    status: str = "UP_TO_DATE",
    reason: str = "version 1 serves",
    *,
    version: int = 1,
    weight: float = 1,
    endpoint: str = "toxicity",
    **run: Any,
) -> dict[str, Any]:
    """A variant of a task's output; `run` are fields of its Outcome."""
    seen = (
        {"endpoint_status": "InService", "modified": MODIFIED, "serving": f"{endpoint}-v{version}"} if version else {}
    )
    return {
        "endpoint": endpoint,
        "model_package_arn": "",
        "status": status,
        "reason": reason,
        "version": version,
        "weight": weight,
        "run": wire.pack(wire.decode(Outcome, {"endpoint": endpoint, "approved_version": 1, **seen, **run})),
    }


def before_0_4(output: Mapping[str, Any]) -> dict[str, Any]:
    """A task's output as releases up to 0.3 wrote it."""
    variants = {
        name: {**one, "run": wire.encode(contract.outcome(one["run"]))} for name, one in output["variants"].items()
    }
    return {**output, "variants": variants}


def output(champion: Mapping[str, Any], successor: str = "", **others: Mapping[str, Any]) -> dict[str, Any]:
    """A task's stack output."""
    its = {key: champion[key] for key in ("endpoint", "version", "model_package_arn", "status", "reason")}
    ends = {"successor": successor} if successor else {}
    return {**its, "variants": {"champion": champion, **others}, **ends}


SERVES = output(variant())
OUTDATED = output(variant("OUT_OF_DATE", "new version 2 approved; version 1 keeps serving", approved_version=2))
RETIRED = output(variant("NOT_DEPLOYED", "retired, use spam", version=0, weight=0, by_decision=True), "spam")


def said(severity: str, message: str) -> Event:
    return {"diagnosticEvent": {"severity": severity, "message": f"{message}\n", "color": "never"}}


def resource(kind: str, name: str, /, **inputs: Any) -> Event:
    seen = {"op": "same", "urn": f"{URN}::{kind}::{name}", "type": kind, "new": {"inputs": inputs}}
    return {"resourcePreEvent": {"metadata": seen}}


def endpoint(name: str, config: str) -> Event:
    return resource("aws:sagemaker/endpoint:Endpoint", name, name=name, endpointConfigName=config)


def configuration(name: str, version: int) -> Event:
    kind = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    return resource(kind, name, name=name, tags={"fleet:version": str(version)})


def alarm(name: str, task: str = "", variant: str = "champion", *, op: str = "same") -> Event:
    """An alarm that the state holds."""
    held = exports.alarm(name, task, variant)
    return {"resourcePreEvent": {"metadata": {"op": op, "urn": held["urn"], "type": held["type"], "old": held}}}


def outputs(tasks: Mapping[str, Any]) -> Event:
    return {"resOutputsEvent": {"metadata": {"op": "same", "type": STACK, "new": {"outputs": dict(tasks)}}}}


def stream(tasks: Mapping[str, Any], *more: Event, before: Mapping[str, Any] | None = None) -> list[Event]:
    """A run over these tasks that came to its end; `before` is what the state held."""
    declared = [resource("fleet:Task", task) for task in tasks]
    return [outputs(before or {}), *declared, *more, outputs(tasks)]


def read(tasks: Mapping[str, Any], *more: Event) -> Preview:
    return preview.read(stream(tasks, *more))
