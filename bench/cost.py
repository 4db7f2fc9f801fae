"""What `fleet cost` takes for a large fleet that is called every day: seconds, and calls of AWS.

No run makes this fleet: its endpoints are made by hand, and the engine is given a state with the outputs that a run
leaves. So what is measured costs a minute, and not a quarter of an hour.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.runs import Wrong, in_words, task_list
from bench.usage import Usage, measure
from fleet import wire
from fleet.memory import Outcome
from fleet.tasks.model import CHAMPION
from sandbox.aws.world import ACCOUNT, EXECUTION_ROLE, REGION
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Stack

TASKS = 200
DAYS = 60  # the span and the one before it
CALLS_A_DAY = 5
SECONDS_LIMIT, CALLS_LIMIT = 8.0, 10


@dataclass(frozen=True)
class Cost:
    """One `fleet cost`."""

    tasks: int
    usage: Usage
    calls: Mapping[str, int]  # of AWS, by operation

    def __str__(self) -> str:
        took = f"{self.usage.seconds:.2f} s ({self.usage.cpu_seconds:.2f} s of CPU)"
        return f"fleet cost of {self.tasks} tasks: {took}; {in_words(self.calls)}"


def missed(cost: Cost) -> list[str]:
    """What is not as promised, a sentence each."""
    calls = sum(cost.calls.values())
    late = [f"{cost}, and at most {SECONDS_LIMIT} s are promised"] if cost.usage.seconds > SECONDS_LIMIT else []
    return [*late, *([f"{cost}, and at most {CALLS_LIMIT} calls are promised"] if calls > CALLS_LIMIT else [])]


def measure_cost(latency_ms: float, size: int = TASKS) -> Cost:
    """Raises Wrong where the command does not tell the cost of every task by what was observed."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox.start(
            Path(folder) / "aws", inference=False, endpoint_limit=size, concurrency_limit=200 * size
        ) as sandbox,
    ):
        tasks, stack = task_list(size), Stack(sandbox)
        stack.set_tasks(json.dumps(tasks))
        _make(sandbox, [*tasks["tasks"]])
        _remember(stack, [*tasks["tasks"]])
        sandbox.settings(latency_ms=latency_ms)
        since = sandbox.mark()
        command = [sys.executable, "-m", "fleet", "cost", "--json", "--stack", stack.name]
        run, usage = measure(command, stack.folder, stack.env)
        calls = Counter(call.operation for call in sandbox.calls(since))
    if not run.ok or run.text.count('"traffic": "observed"') != size:
        raise Wrong(f"fleet cost of {size} tasks ended with {run.code}; so it began\n{run.text[:2000]}")
    return Cost(size, usage, dict(sorted(calls.items())))


def _make(sandbox: Sandbox, names: list[str]) -> None:
    """Endpoints of these names, all on one configuration, each called every day."""
    sandbox.seed({"bench": [{}]})
    client = sandbox.client("sagemaker")
    package = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/bench/1"
    role = f"arn:aws:iam::{ACCOUNT}:role/{EXECUTION_ROLE}"
    client.create_model(ModelName="bench", PrimaryContainer={"ModelPackageName": package}, ExecutionRoleArn=role)
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    variant = {"VariantName": "AllTraffic", "ModelName": "bench", "ServerlessConfig": serverless}
    client.create_endpoint_config(EndpointConfigName="bench", ProductionVariants=[variant])
    for name in names:
        client.create_endpoint(EndpointName=name, EndpointConfigName="bench")
        more = {"cold_starts": 1, "memory_percent": 40, "log_bytes": 10_000}
        sandbox.record_invocations(name, CALLS_A_DAY, latency_ms=[20, 40, 90], days=DAYS, **more)


def _remember(stack: Stack, names: list[str]) -> None:
    """Give the engine a state in which the stack has the outputs that a run leaves."""
    file, kind = stack.folder / "state.json", "pulumi:pulumi:Stack"
    stack.pulumi("stack", "export", "--file", str(file), check=True)
    exported: dict[str, Any] = json.loads(file.read_text())
    project = "sagemaker-endpoint-manager"
    urn = f"urn:pulumi:{stack.name}::{project}::{kind}::{project}-{stack.name}"
    outputs = dict(_outputs(names))
    exported["deployment"]["resources"] = [{"urn": urn, "custom": False, "type": kind, "outputs": outputs}]
    file.write_text(json.dumps(exported))
    stack.pulumi("stack", "import", "--file", str(file), check=True)


def _outputs(names: list[str]) -> Iterator[tuple[str, Any]]:
    for name in names:
        arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{name}"
        yield name, {"variants": {CHAMPION: {"run": wire.pack(Outcome(endpoint=name, arn=arn))}}}
