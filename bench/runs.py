"""The runs that are measured, at every size: first with a sandbox for AWS, then with the answers known and no AWS.

What one of them took is told by usage.py; how it runs without AWS is in without_aws.py.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import yaml

from bench.usage import Usage, measure
from bench.without_aws import Known
from sandbox.lab.folder import ROOT
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import CI_FLAGS, Stack

SHOWN_LINES = 40  # of a run that went wrong


@dataclass(frozen=True)
class Step:
    """One kind of run; where it is made several times, the last counts."""

    what: str
    command: tuple[str, ...]
    times: int = 1
    reads_only: bool = False  # asks AWS for nothing but the registry's answers and the list of endpoints


def _pulumi(*arguments: str) -> tuple[str, ...]:
    return ("pulumi", *arguments, "--non-interactive", "--color", "never")


UNCHANGED = "--expect-no-changes"
FIRST = Step("first up", _pulumi("up", *CI_FLAGS))
PREVIEW = Step("warm preview", _pulumi("preview", UNCHANGED), times=2, reads_only=True)
UNWATCHED = Step("warm preview, no monitoring", _pulumi("preview", UNCHANGED), times=2, reads_only=True)
GATED = Step("warm preview, gated", _pulumi("preview", UNCHANGED), times=2, reads_only=True)
GATE = {"metric": "f1_macro", "min": 0.8, "max_drop": 0.01}
STATUS = Step("fleet status", (sys.executable, "-m", "fleet", "status"), reads_only=True)
STEPS = (
    FIRST,
    PREVIEW,
    STATUS,
    Step("no-change up, as CI", _pulumi("up", *CI_FLAGS, UNCHANGED)),
    Step("no-change up, no refresh", _pulumi("up", *CI_FLAGS, "--refresh=false", UNCHANGED), reads_only=True),
)


@dataclass(frozen=True)
class Measured:
    """One kind of run at one size."""

    tasks: int
    what: str
    usage: Usage
    calls: Mapping[str, int]  # of AWS, by operation
    without_aws: Usage

    @property
    def ratio(self) -> float:
        return self.usage.seconds / self.without_aws.seconds


class Wrong(Exception):
    """A run did not do what it was measured for."""


def task_list(size: int) -> dict[str, Any]:
    """A task list of that many tasks: those of tasks.yaml, over and over, with their settings."""
    listed = yaml.safe_load((ROOT / "tasks.yaml").read_text())
    tasks = {}
    for n, (name, settings) in enumerate(islice(cycle(listed["tasks"].items()), size)):
        turn = n // len(listed["tasks"])
        own = {key: value for key, value in (settings or {}).items() if key != "group"}
        tasks[f"{name}-{turn + 1}" if turn else name] = own
    return {"defaults": listed["defaults"], "tasks": tasks}


def measure_all(sizes: Sequence[int], latency_ms: float) -> Iterator[Measured]:
    """Every step at every size, each size in a sandbox of its own. Raises Wrong where a run goes otherwise."""
    for size in sizes:
        say(f"{size} tasks: starting a sandbox of its own")
        with (
            tempfile.TemporaryDirectory() as folder,
            Sandbox.start(
                Path(folder) / "aws",
                name="bench",
                inference=False,
                endpoint_limit=size,
                concurrency_limit=200 * size,  # room for the most that a task may want
            ) as sandbox,
        ):
            tasks = task_list(size)
            sandbox.seed({name: [{}] for name in tasks["tasks"]})
            stack = Stack(sandbox)
            stack.set_tasks(json.dumps(tasks))  # JSON is YAML, and has no anchors for equal settings
            known = Known(stack, Path(folder) / "known")
            for step in STEPS:
                sandbox.settings(latency_ms=latency_ms)
                usage, calls = _last(step, size, stack, stack.env)
                say(f"{size} tasks: {step.what}: {usage.seconds:.1f} s; {in_words(calls)}")
                if step is FIRST:
                    known.learn()
                without, asked = _last(step, size, stack, known.env(deployed=step is not FIRST))
                if asked:
                    raise Wrong(f"{step.what} without AWS has asked AWS: {in_words(asked)}")
                say(f"{size} tasks: {step.what}, the answers known and no AWS: {without.seconds:.1f} s")
                yield Measured(size, step.what, usage, calls, without)
            gated = {**tasks, "defaults": {**tasks["defaults"], "gate": GATE}}
            yield _otherwise(GATED, size, stack, known, gated, latency_ms)
            stack.configure(dashboard=False)
            unwatched = {**tasks, "defaults": {**tasks["defaults"], "alarms": {"level": "none"}}}
            yield _otherwise(UNWATCHED, size, stack, known, unwatched, latency_ms)


def _otherwise(
    step: Step, size: int, stack: Stack, known: Known, tasks: Mapping[str, Any], latency_ms: float
) -> Measured:
    """A preview of the same fleet under another task list: what gates cost one, or alarms and the dashboard."""
    stack.sandbox.settings(latency_ms=0)
    stack.set_tasks(json.dumps(tasks))
    envs = (stack.env, known.env(deployed=True))
    for env in envs:
        _run(FIRST, size, stack, env)
    stack.sandbox.settings(latency_ms=latency_ms)
    (usage, calls), (without, _) = (_last(step, size, stack, env) for env in envs)
    say(f"{size} tasks: {step.what}: {usage.seconds:.1f} s; without AWS {without.seconds:.1f} s")
    return Measured(size, step.what, usage, calls, without)


def _last(step: Step, size: int, stack: Stack, env: Mapping[str, str]) -> tuple[Usage, dict[str, int]]:
    """Make the run as often as the step says; what the last one took, and its AWS calls by operation."""
    for _ in range(step.times - 1):
        _run(step, size, stack, env)
    since = stack.sandbox.mark()
    usage = _run(step, size, stack, env)
    return usage, dict(sorted(Counter(call.operation for call in stack.sandbox.calls(since)).items()))


def _run(step: Step, size: int, stack: Stack, env: Mapping[str, str]) -> Usage:
    """Raises Wrong unless every task is up to date afterwards."""
    run, usage = measure([*step.command, "--stack", stack.name], stack.folder, env)
    lines = run.text.splitlines()
    total = lines[-1] if step is STATUS and lines else run.summary
    if not run.ok or total != f"{size} UP_TO_DATE":
        began = "\n".join(lines[:SHOWN_LINES])
        raise Wrong(f"{began}\n\n{step.what} of {size} tasks ended with {run.code} and {total!r}; so it began")
    return usage


def in_words(calls: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {operation}" for operation, count in calls.items()) or "no AWS calls"


def say(line: str) -> None:
    print(line, flush=True)
