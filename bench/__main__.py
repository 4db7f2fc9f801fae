"""What a run costs: seconds, CPU, memory and AWS calls, and how they grow with the number of tasks. `make bench`.

Every run is made twice, one after the other: with a sandbox for AWS, and with the answers known and no AWS at all. The
second is what engine, SDK and program take anyway; so the ratio holds on a slow or busy machine too.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from statistics import linear_regression
from typing import Any

import yaml

from fleet.client import Fleet
from sandbox.aws.sagemaker.world import EXECUTION_ROLE
from sandbox.lab.folder import ROOT
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import CI_FLAGS, Run, Stack

SIZES = (22, 100)
LATENCY_MS = 50.0
SAMPLE_SECONDS = 0.2
LIMIT = (22, 6.0)  # a warm preview and a status of so many tasks take at most so many seconds
CALL_LIMIT = 50.0  # microseconds of an app's call that fleet.client may take itself
LIST_PAGE = 100  # endpoints a ListEndpoints page
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
STATUS = Step("fleet status", (sys.executable, "-m", "fleet", "status"), reads_only=True)
STEPS = (
    FIRST,
    PREVIEW,
    STATUS,
    Step("no-change up, as CI", _pulumi("up", *CI_FLAGS, UNCHANGED)),
    Step("no-change up, no refresh", _pulumi("up", *CI_FLAGS, "--refresh=false", UNCHANGED), reads_only=True),
)


@dataclass(frozen=True)
class Usage:
    """What one run took: the engine, the program and the plugins together."""

    seconds: float
    cpu_seconds: float
    largest_mb: float  # resident memory of the largest process, at its peak
    total_mb: float  # of all at once, at their peak; pages that they share count in each


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


# Runs


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
            stack.set_tasks(json.dumps(tasks))  # YAML too, and without the anchors that a dump makes of equal settings
            known = Known(stack, Path(folder) / "known")
            for step in STEPS:
                sandbox.settings(latency_ms=latency_ms)
                usage, calls = _last(step, size, stack, stack.env)
                say(f"{size} tasks: {step.what}: {usage.seconds:.1f} s; {_listed(calls)}")
                if step is FIRST:
                    known.learn()
                without, asked = _last(step, size, stack, known.env(step))
                if asked:
                    raise Wrong(f"{step.what} without AWS has asked AWS: {_listed(asked)}")
                say(f"{size} tasks: {step.what}, the answers known and no AWS: {without.seconds:.1f} s")
                yield Measured(size, step.what, usage, calls, without)


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


def measure(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> tuple[Run, Usage]:
    """Run a command to its end, and tell what it and all that it started took."""
    with tempfile.TemporaryFile("w+") as text:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=text, stderr=subprocess.STDOUT)
        peaks, ended = [0.0, 0.0], threading.Event()
        sampler = threading.Thread(target=_sample, args=(process.pid, peaks, ended))
        sampler.start()
        try:
            # Not getrusage: the listings of processes are children too
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
        finally:
            ended.set()
            sampler.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        text.seek(0)
        run = Run(process.returncode, text.read())
    largest, total = (round(peak, 1) for peak in peaks)
    return run, Usage(round(seconds, 3), round(used.ru_utime + used.ru_stime, 3), largest, total)


def _sample(pid: int, peaks: list[float], ended: threading.Event) -> None:
    while not ended.wait(SAMPLE_SECONDS):
        listing = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
        sizes = resident_mb(listing, pid)
        peaks[:] = max([peaks[0], *sizes]), max(peaks[1], sum(sizes))


def resident_mb(listing: str, pid: int) -> list[float]:
    """The resident memory of a process and of all below it, out of lines of pid, parent and KB."""
    rows = [tuple(map(int, line.split())) for line in listing.splitlines()]
    below = {pid}
    while more := {child for child, parent, _ in rows if parent in below} - below:
        below |= more
    return [kb / 1024 for process, _, kb in rows if process in below]


# The same with the answers known and no AWS

# Before the real ones on Python's path, in the program and in all plugins. A creation succeeds; all else is a table.
STAND_INS = {
    "botocore/__init__.py": "",
    "botocore/config.py": """
class Config:
    def __init__(self, **settings): pass
    def merge(self, other): return other
""",
    "botocore/credentials.py": "AssumeRoleCredentialFetcher = DeferredRefreshableCredentials = None",
    "botocore/session.py": """
class Session:
    def __init__(self, profile=None): pass
""",
    "botocore/exceptions.py": """
class BotoCoreError(Exception): pass
class HTTPClientError(BotoCoreError): pass
class ReadTimeoutError(HTTPClientError): pass
class ClientError(Exception):
    def __init__(self, code, message, operation):
        self.response, self.operation_name = {"Error": {"Code": code, "Message": message}}, operation
""",
    "boto3.py": """
import json, os, sys
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from botocore.exceptions import ClientError

def timed(members):
    return {k: datetime.fromisoformat(v) if k.endswith("Time") else v for k, v in members.items()}

asks = "PROVIDER" if sys.argv[0].endswith("pulumi-resource-aws") else "PROGRAM"
with open(os.environ["ANSWERS_OF_" + asks]) as file:
    ANSWERS = json.load(file, object_hook=timed)

def named(asked):  # whatever a request may name the thing by, at any depth
    if isinstance(asked, (dict, list)):
        for part in asked.values() if isinstance(asked, dict) else asked:
            yield from named(part)
    else:
        yield asked

def answer(operation, PaginationConfig=None, **request):
    if operation.startswith(("create_", "put_")):
        return {}
    for name in (*named(request), ""):
        if name in ANSWERS[operation]:
            return ANSWERS[operation][name]
    raise ClientError("ValidationException", f"Could not find {request}", operation)

class Pages(list):
    def build_full_result(self): return self[0]

class Paginator:
    def __init__(self, operation): self.operation = operation
    def paginate(self, **request): return Pages([answer(self.operation, **request)])

class Client:
    meta = SimpleNamespace(config=SimpleNamespace(retries=None), events=SimpleNamespace(register=lambda *_: None))
    def can_paginate(self, operation): return operation.startswith("list_")
    def get_paginator(self, operation): return Paginator(operation)
    def __getattr__(self, operation): return partial(answer, operation)

class Session:
    def __init__(self, botocore_session=None, region_name=None): self.region_name = region_name
    def client(self, service, config, **connecting): return Client()

class session:
    Session = Session
""",
}


def write_stand_ins(folder: Path) -> None:
    for name, source in STAND_INS.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)


class Known:
    """A second state of the stack, and all that AWS would say to its runs: what it says after the real first one."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        write_stand_ins(folder / "python")
        (folder / "state").mkdir()
        stack.pulumi("stack", "init", stack.name, check=True, env=self._backend())

    def _backend(self) -> dict[str, str]:
        return {"PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}?metadata=skip"}

    def learn(self) -> None:
        """Ask the sandbox for everything, as it is now."""
        self.stack.sandbox.settings(latency_ms=0)
        sandbox = self.stack.sandbox
        answers = answers_of(sandbox.client("sagemaker"))
        quotas = sandbox.client("service-quotas").list_service_quotas(ServiceCode="sagemaker")
        role = sandbox.client("iam").get_role(RoleName=EXECUTION_ROLE)
        answers |= {"list_service_quotas": {"sagemaker": quotas}, "get_role": {EXECUTION_ROLE: role}}
        answers |= parameters_of(sandbox.client("ssm"))
        nothing: dict[str, Any] = {"list_endpoints": {"": {"Endpoints": []}}}
        nothing |= {"describe_model": {}, "describe_endpoint_config": {}}
        for name, content in (("deployed", answers), ("empty", answers | nothing)):
            write_answers(self.folder / name, content)

    def env(self, step: Step) -> dict[str, str]:
        """The environment of a run without AWS. Before the first, the program finds nothing deployed."""
        return {
            **self.stack.env,
            **self._backend(),
            "PYTHONPATH": str(self.folder / "python"),
            "ANSWERS_OF_PROGRAM": str(self.folder / ("empty" if step is FIRST else "deployed")),
            "ANSWERS_OF_PROVIDER": str(self.folder / "deployed"),
        }


def write_answers(file: Path, answers: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(answers, default=lambda time: time.isoformat()))


def answers_of(client: Any) -> dict[str, dict[str, Any]]:
    """What a fleet's runs may ask: operation -> what is asked about -> answer."""
    operations = ("list_endpoints", "list_model_packages", "list_tags", "describe_model_package")
    answers: dict[str, dict[str, Any]] = {operation: {} for operation in operations}
    for kind in ("Endpoint", "EndpointConfig", "Model"):
        operation = {"EndpointConfig": "endpoint_config"}.get(kind, kind.lower())
        found = client.get_paginator(f"list_{operation}s").paginate().build_full_result()
        if kind == "Endpoint":
            answers["list_endpoints"][""] = found
        described = answers[f"describe_{operation}"] = {}
        for name, arn in ((row[f"{kind}Name"], row[f"{kind}Arn"]) for row in found[f"{kind}s"]):
            described[name] = getattr(client, f"describe_{operation}")(**{f"{kind}Name": name})
            answers["list_tags"][arn] = client.list_tags(ResourceArn=arn)
    groups = client.get_paginator("list_model_package_groups").paginate().build_full_result()
    for group in (row["ModelPackageGroupName"] for row in groups["ModelPackageGroupSummaryList"]):
        listed = answers["list_model_packages"][group] = client.list_model_packages(ModelPackageGroupName=group)
        for arn in (row["ModelPackageArn"] for row in listed["ModelPackageSummaryList"]):
            answers["describe_model_package"][arn] = client.describe_model_package(ModelPackageName=arn)
    return answers


def parameters_of(client: Any) -> dict[str, dict[str, Any]]:
    """The same of the parameters. Only a first run asks for many at once, and finds none."""
    answers: dict[str, dict[str, Any]] = {"get_parameters": {"": {"Parameters": []}}}
    found = client.get_paginator("describe_parameters").paginate().build_full_result()["Parameters"]
    answers["describe_parameters"] = {row["Name"]: {"Parameters": [row]} for row in found}
    answers["get_parameter"] = {name: client.get_parameter(Name=name) for name in answers["describe_parameters"]}
    answers["list_tags_for_resource"] = {
        name: client.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
        for name in answers["describe_parameters"]
    }
    return answers


# What an app's call costs


class NoAws:
    """boto3's part of a call in no time."""

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        return {"Body": BytesIO(b'{"label": "toxic", "score": 0.93}'), "ContentType": "application/json"}


def call_microseconds(calls: int = 1000, rounds: int = 5) -> float:
    """CPU time that fleet.client takes for a call with an A/B split: of the best round, for others' work only adds."""
    variants = {
        "champion": {"endpoint": "toxicity", "version": 7, "weight": 0.9},
        "challenger": {"endpoint": "toxicity-challenger", "version": 8, "weight": 0.1},
    }
    client: Any = NoAws()
    fleet = Fleet(lambda: {"toxicity": {"variants": variants}}, client)
    fleet.predict("toxicity", {})  # reads the contract
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        for n in range(calls):
            fleet.predict("toxicity", {"text": "You are the dumbest support team."}, key=f"user-{n}")
        seconds.append(time.process_time() - began)
    return min(seconds) / calls * 1e6


# What came out


@dataclass(frozen=True)
class Line:
    """Seconds that grow with the number of tasks."""

    base: float
    task: float

    def __str__(self) -> str:
        return f"{self.task * 1000:.0f} ms over {self.base:.1f} s"


@dataclass(frozen=True)
class Growth:
    """How one kind of run grows: straight lines through the sizes. What grows faster has a base below zero."""

    seconds: Line
    cpu_seconds: Line


def growth(measured: Sequence[Measured]) -> dict[str, Growth]:
    """By kind of run; none of one that was measured at one size only."""
    grown = {}
    for what in dict.fromkeys(row.what for row in measured):
        usages = {row.tasks: row.usage for row in measured if row.what == what}
        if len(usages) > 1:
            seconds = _line({tasks: usage.seconds for tasks, usage in usages.items()})
            grown[what] = Growth(seconds, _line({tasks: usage.cpu_seconds for tasks, usage in usages.items()}))
    return grown


def _line(seconds: Mapping[int, float]) -> Line:
    slope, intercept = linear_regression(list(seconds), list(seconds.values()))
    return Line(round(intercept, 2), round(slope, 4))


def missed(measured: Sequence[Measured]) -> list[str]:
    """What is not as promised, a sentence each."""
    sentences = []
    for row in measured:
        expected = {"ListEndpoints": ceil(row.tasks / LIST_PAGE), "ListModelPackages": row.tasks}
        calls = {operation: count for operation, count in row.calls.items() if operation != "GetUser"}  # the provider's
        if row.what in {step.what for step in STEPS if step.reads_only} and calls != expected:
            sentences.append(f"{row.tasks} tasks, {row.what}: {_listed(row.calls)}, instead of {_listed(expected)}")
        size, limit = LIMIT
        if row.tasks == size and row.what in (PREVIEW.what, STATUS.what) and row.usage.seconds > limit:
            took = f"{row.usage.seconds:.2f} s ({row.usage.cpu_seconds:.2f} s of CPU)"
            sentences.append(f"{size} tasks, {row.what}: {took}, and at most {limit} s are promised")
    return sentences


def _listed(calls: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {operation}" for operation, count in calls.items()) or "no AWS calls"


HEAD = ("tasks", "what", "seconds", "CPU s", "peak MB", "all MB", "AWS calls", "no AWS: s", "CPU s", "ratio")
GROWTH_HEAD = ("s a task", "CPU s a task")


def table(measured: Sequence[Measured]) -> str:
    """Aligned plain text; how it grows stands at the largest size."""
    grown, largest = growth(measured), max(row.tasks for row in measured)
    rows = [HEAD + GROWTH_HEAD]
    for row in measured:
        used, bare = row.usage, row.without_aws
        lines = grown.get(row.what) if row.tasks == largest else None
        rows.append(
            (
                str(row.tasks),
                row.what,
                f"{used.seconds:.2f}",
                f"{used.cpu_seconds:.2f}",
                f"{used.largest_mb:.0f}",
                f"{used.total_mb:.0f}",
                str(sum(row.calls.values())),
                f"{bare.seconds:.2f}",
                f"{bare.cpu_seconds:.2f}",
                f"{row.ratio:.2f}",
                *((str(lines.seconds), str(lines.cpu_seconds)) if lines else ("", "")),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    words = (HEAD.index("what"), *range(len(HEAD), len(rows[0])))
    formats = [f"{{:{'<' if n in words else '>'}{width}}}" for n, width in enumerate(widths)]
    return "\n".join("  ".join(formats).format(*row).rstrip() for row in rows)


def as_json(measured: Sequence[Measured], latency_ms: float, loads: Sequence[float]) -> str:
    """All that was measured; times in seconds, memory in MB."""
    content = {
        "latency_ms": latency_ms,
        "cpus": os.cpu_count(),
        "load_averages": loads,  # of the last minute, before and after: others' work is in the seconds
        "runs": [asdict(row) | {"ratio": round(row.ratio, 3)} for row in measured],
        "growth": {what: asdict(line) for what, line in growth(measured).items()},
        "missed": missed(measured),
    }
    return json.dumps(content, indent=1) + "\n"


def say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure runs of the real program.")
    parser.add_argument("--tasks", type=int, nargs="+", default=SIZES, help="fleet sizes; default 22 100")
    parser.add_argument("--latency", type=float, default=LATENCY_MS, help="milliseconds an AWS call; default 50")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="file to write; default bench.json")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    say(f"load average {before:.1f} on {os.cpu_count()} CPUs: what others do makes seconds longer, CPU seconds hardly")
    try:
        measured = list(measure_all(arguments.tasks, arguments.latency))
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 1
    arguments.json.write_text(as_json(measured, arguments.latency, [before, os.getloadavg()[0]]))
    say(f"\n{table(measured)}\n\nall of it, calls by operation too: {arguments.json}")
    taken, broken = call_microseconds(), missed(measured)
    say(f"a call by fleet.client: {taken:.0f} µs of CPU, boto3 excluded")
    if taken > CALL_LIMIT:
        broken.append(f"a call by fleet.client: {taken:.0f} µs of CPU, and at most {CALL_LIMIT:.0f} are promised")
    for sentence in broken:
        print(f"not as promised: {sentence}", file=sys.stderr)
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
