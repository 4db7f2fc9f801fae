"""Run the engine's preview and read its event stream, so that it is Pulumi's diff that speaks. Nothing is changed.

The stream holds whole states: it goes to a file that only this user can read, and that is gone once it is read. What
the outputs say about the tasks is fleet/cli/report.py's.
"""

import json
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fleet import contract
from fleet.cli import alarm
from fleet.cli.alarm import Alarm
from fleet.cli.stack import pulumi
from fleet.status import Status, total
from fleet.tags import VERSION
from fleet.tasks.model import CHAMPION

# Overrides what a person's PULUMI_OPTION_… variables may say: the first would make changes an error.
FLAGS = ("--expect-no-changes=false", "--json=false")
ENVIRONMENT = {
    "PULUMI_DEBUG_COMMANDS": "1",  # else there is no --event-log
    "PULUMI_SKIP_UPDATE_CHECK": "1",
}

_NOISE = (
    re.compile(r"using pulumi-\S+ from \$PATH"),
    re.compile(r"an unhandled error occurred: program exited with non-zero exit code"),  # the error before it says why
)
_COLOUR = re.compile(r"<\{%.*?%\}>")
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Target:
    """What an endpoint is declared with."""

    config: str  # EndpointConfigName
    version: int  # that it holds; 0 where it is not declared


@dataclass(frozen=True)
class Preview:
    """What one preview said."""

    outputs: Mapping[str, Any] = field(default_factory=dict)  # by task; {} where the run came to none
    targets: Mapping[str, Target] = field(default_factory=dict)  # by endpoint
    alarms: tuple[Alarm, ...] = ()  # that the state holds
    warnings: tuple[str, ...] = ()
    error: str = ""  # why it failed, "" where it did not


def run(stack: str | None) -> Preview:
    """Preview one stack, the selected one if none is named. Raises CommandError where there is no pulumi."""
    with TemporaryDirectory(prefix="fleet-") as folder:
        log = Path(folder) / "events"
        log.touch(mode=0o600)
        arguments = ["preview", *FLAGS, "--event-log", str(log), *(["--stack", stack] if stack else [])]
        done = pulumi(*arguments, env=ENVIRONMENT)
        return read(_events(log.read_text(encoding="utf-8")), "" if done.returncode == 0 else _complaint(done))


def _events(log: str) -> Iterator[Mapping[str, Any]]:
    for line in log.splitlines():
        try:
            yield json.loads(line)
        except ValueError:  # the engine was killed while it wrote
            return


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What the CLI says where it fails before, or without, an event."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    said = next((line for line in lines if line.startswith("error: ")), lines[-1] if lines else "")
    return said.removeprefix("error: ") or f"pulumi preview ended with exit code {done.returncode}"


def read(events: Iterable[Mapping[str, Any]], complaint: str = "") -> Preview:
    """What the events of a preview say; `complaint` is what the CLI said, where it failed."""
    said: dict[str, dict[str, None]] = {"error": {}, "warning": {}, "info": {}}  # as sets that keep their order
    outputs: Mapping[str, Any] = {}
    tasks, endpoints, versions = set[str](), dict[str, str](), dict[str, int]()
    alarms = dict[str, Alarm]()
    for event in events:
        match event:
            case {"diagnosticEvent": {"severity": str(severity), "message": str(message)}}:
                text = _plain(message)
                if severity in said and text and not any(noise.match(text) for noise in _NOISE):
                    said[severity][text] = None
            case {"resOutputsEvent": {"metadata": {"type": "pulumi:pulumi:Stack", "new": dict(stack)}}}:
                outputs = stack.get("outputs") or {}  # the last one counts: the first is what the state held
            case {"resourcePreEvent": {"metadata": {"type": alarm.TYPE, "old": dict(old)}}}:
                if one := alarm.known(old):
                    alarms[one.name] = one
            case {"resourcePreEvent": {"metadata": {"type": kind, "urn": str(urn), "new": {"inputs": dict(inputs)}}}}:
                match kind, inputs:
                    case "fleet:Task", _:
                        tasks.add(urn.rpartition("::")[2])
                    case "aws:sagemaker/endpoint:Endpoint", {"name": name, "endpointConfigName": config}:
                        endpoints[name] = config
                    case "aws:sagemaker/endpointConfiguration:EndpointConfiguration", {"name": name, "tags": tags}:
                        versions[name] = int(tags.get(VERSION, 0))
    error = "\n".join(said["error"]) or complaint
    return Preview(
        outputs=_of_this_run(outputs, tasks, said["info"]) if error else outputs,
        targets={name: Target(config, versions.get(config, 0)) for name, config in endpoints.items()},
        alarms=tuple(alarms.values()),
        warnings=tuple(said["warning"]),
        error=error,
    )


def _plain(message: str) -> str:
    """A message without colours, and without the way through the code that led to an error."""
    text = _COLOUR.sub("", message).strip()
    if _TRACEBACK in text:
        return f"the program failed: {text.splitlines()[-1].strip()}; run `pulumi preview` for the whole of it"
    return text


def _of_this_run(outputs: Mapping[str, Any], tasks: Collection[str], said: Collection[str]) -> Mapping[str, Any]:
    """The outputs of a run that failed, as far as they are its own; {} where it came to none.

    The engine keeps the last run's where a failed run has none of that name (pkg/resource/deploy/step_executor.go,
    3.259): yesterday's truth. The program's last line, a total over its tasks, tells that they are its own.
    """
    try:
        own = {name: output for name, output in outputs.items() if name in tasks or _is_by_decision(output)}
        return own if total(Status(output["status"]) for output in own.values()) in said else {}
    except (KeyError, TypeError, ValueError):
        return {}


def _is_by_decision(output: Mapping[str, Any]) -> bool:
    """True for a task that the list wants no endpoint of: it declares nothing."""
    outcome = contract.outcome(output["variants"][CHAMPION]["run"])
    return outcome.by_decision
