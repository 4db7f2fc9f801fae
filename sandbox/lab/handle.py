"""`Sandbox`: a running sandbox in the hands of a test, the demo or the benchmark.

Speaks the control API and hands out boto3 clients; what it does through the control API is not in the log of calls.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import boto3
from botocore.config import Config

from sandbox.aws.calls import Call
from sandbox.aws.identity import SECRET, access_key
from sandbox.aws.world import FIRST_ACCOUNT, REGION
from sandbox.lab import processes
from sandbox.lab.folder import ROOT, STACK_CONFIG, TASKS, Running, environment
from sandbox.lab.processes import SandboxError

WAIT_SECONDS = 0.02


@dataclass
class Sandbox:
    folder: Path
    running: Running
    region: str = REGION  # in which it acts
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)

    # Coming and going

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        name: str = "default",
        tasks: Path = ROOT / "tasks.yaml",
        detached: bool = False,
        inference: bool = True,
        account: str = FIRST_ACCOUNT,
        **settings: Any,
    ) -> Self:
        """Starts one in `folder` (its own), which plays that account. Not detached, it ends with this process at the
        latest.

        Raises SandboxError where one runs already, or it does not start.
        """
        folder = folder.resolve()
        running = processes.launch(folder, name, tasks, detached=detached, inference=inference, account=account)
        sandbox = cls(folder, running)
        if settings:
            sandbox.settings(**settings)
        return sandbox

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The one that runs in `folder`. Raises SandboxError where none does."""
        folder = folder.resolve()
        running = Running.read(folder)
        if running is None or not processes.alive(running):
            raise SandboxError(f"no sandbox runs in {folder}; start one with `python -m sandbox start`")
        return cls(folder, running)

    def stop(self) -> None:
        """Stops both processes and removes the folder."""
        processes.halt(self.folder, self.running)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def account(self) -> str:
        return self.running.account

    @property
    def env(self) -> dict[str, str]:
        """The variables that a process needs to meet the sandbox, to be merged into its environment."""
        return environment(self.folder, self.url, self.account)

    @property
    def stack_config(self) -> Path:
        return self.folder / STACK_CONFIG

    @property
    def tasks(self) -> Path:
        return self.folder / TASKS

    def in_region(self, region: str) -> Self:
        """The same sandbox, seen in another region: what is registered, shown and done by hand is there."""
        return replace(self, region=region)

    def client(self, service: str, region: str = "") -> Any:
        """A boto3 client of the sandbox, without retries, made once."""
        region = region or self.region
        if (service, region) not in self._clients:
            session: Any = boto3.Session(access_key(self.account), SECRET, region_name=region)
            config = Config(retries={"total_max_attempts": 1}, proxies={})
            self._clients[service, region] = session.client(service, endpoint_url=self.url, config=config)
        return self._clients[service, region]

    def _ask(self, method: str, path: str, content: Any = None) -> Any:
        return processes.ask(self.url, method, path, content)

    def _ask_here(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """Of what is kept by region."""
        if method == "GET":
            return self._ask(method, f"{path}?{urlencode({'region': self.region, **(content or {})})}")
        return self._ask(method, path, {"region": self.region, **(content or {})})

    # Accounts and roles

    def neighbour(self, other: "Sandbox") -> None:
        """Each answers from now on what the other's credentials ask, by handing it over."""
        for one, its in ((self, other), (other, self)):
            one.settings(neighbours={**one.settings()["neighbours"], its.account: its.url})

    def role(self, name: str, *trusted: str, external_id: str = "") -> str:
        """A role that those accounts or ARNs may assume, with that external id where one is given. Gives its ARN."""
        condition = {"Condition": {"StringEquals": {"sts:ExternalId": external_id}}} if external_id else {}
        principals = {"AWS": list(trusted)}
        statement = {"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole", **condition}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.settings(roles={**self.settings()["roles"], name: policy})
        return f"arn:aws:iam::{self.account}:role/{name}"

    def expire_credentials(self) -> None:
        """The time of every role's session is over."""
        self._ask("POST", "expire")

    # The registry

    def seed(self, groups: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, list[int]]:
        """Registers many at once: group -> versions as `register` takes them, each part optional. Gives the numbers."""
        content = {"groups": {name: list(rows) for name, rows in groups.items()}}
        versions: dict[str, list[int]] = self._ask_here("POST", "seed", content)["versions"]
        return versions

    def register(
        self,
        group: str,
        *,
        approval: str = "Approved",
        status: str = "Completed",
        path: str | None = None,
        **content: Any,
    ) -> int:
        """A new version of the group, which is created when missing. Gives its number.

        `path` is the inference server's model; by default `<group>/<version>`. `content` is what the package holds
        other than that: how many `containers`, a `model_data_source` in place of ModelDataUrl, a `product_id`, the
        whole `inference_specification` ({}: none), and other `members` of CreateModelPackage.
        """
        return self.seed({group: [{"approval": approval, "status": status, "path": path, **content}]})[group][0]

    def approve(self, group: str, version: int) -> None:
        self._ask_here("POST", "package", {"group": group, "version": version, "approval": "Approved"})

    def reject(self, group: str, version: int) -> None:
        self._ask_here("POST", "package", {"group": group, "version": version, "approval": "Rejected"})

    def stage(self, group: str, version: int, stage: str, status: str = "Active") -> None:
        """Move a version to a stage of the model life cycle."""
        self._ask("POST", "package", {"group": group, "version": version, "stage": stage, "stage_status": status})

    # What was asked of AWS

    def calls(self, since: int = 0) -> list[Call]:
        """The AWS calls after the first `since`, oldest first."""
        return [Call(**call) for call in self._ask("GET", f"calls?since={since}")["calls"]]

    def mutations(self, since: int = 0) -> list[Call]:
        """The calls that would change AWS, whatever became of them: refused, failed and held ones too."""
        return [call for call in self.calls(since) if call.mutates]

    def mark(self) -> int:
        """Where the log ends now, for `since`."""
        return int(self._ask("GET", f"calls?since={2**31}")["next"])

    # Faults and circumstances

    def fault(self, operation: str, **rule: Any) -> str:
        """A fault rule, see docs/sandbox.md; gives its id."""
        return str(self._ask("POST", "faults", {"operation": operation, **rule})["id"])

    def wait_held(self, fault: str, timeout: float = 30, calls: int = 1) -> None:
        """Waits until the rule holds that many calls. Raises TimeoutError after `timeout` seconds."""
        wait_until(lambda: self._held(fault) >= calls, timeout, f"fault {fault} holds {calls} calls")

    def _held(self, fault: str) -> int:
        return sum(row["held"] for row in self._ask("GET", "faults")["faults"] if row["id"] == fault)

    def release(self, fault: str) -> None:
        """Lets go what the rule holds, and removes it."""
        self._ask("POST", f"faults/{fault}/release")

    def clear_faults(self) -> None:
        self._ask("DELETE", "faults")

    def ending(self, endpoint: str, operation: str, ending: str, reason: str = "", times: int = 1) -> None:
        """What becomes of the next creations or updates of the endpoint ("*": any); `times` 0: of all."""
        content = {"endpoint": endpoint, "operation": operation, "ending": ending, "reason": reason, "times": times}
        self._ask("POST", "endings", content)

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Changes settings, and gives all."""
        settings: dict[str, Any] = self._ask("POST", "settings", changes)
        return settings

    def provisioned(self, endpoint: str, value: int) -> None:
        """Another provisioned concurrency, as an autoscaler sets it."""
        self._ask_here("POST", "provisioned", {"endpoint": endpoint, "value": value})

    def record_invocations(
        self,
        endpoint: str,
        count: int,
        *,
        errors_4xx: int = 0,
        errors_5xx: int = 0,
        latency_ms: float | Sequence[float] = 10,
        overhead_ms: float = 5,
        cold_starts: int = 0,
        setup_ms: float = 2000,
        ago_seconds: float = 0,
    ) -> None:
        """Metrics of so many calls in CloudWatch, without any call. Of several latencies each call has the next one."""
        latencies = latency_ms if isinstance(latency_ms, int | float) else list(latency_ms)
        content = {"endpoint": endpoint, "count": count, "errors_4xx": errors_4xx, "errors_5xx": errors_5xx}
        times = {"latency_ms": latencies, "overhead_ms": overhead_ms, "setup_ms": setup_ms, "ago_seconds": ago_seconds}
        self._ask_here("POST", "invocations", {**content, **times, "cold_starts": cold_starts})

    def run_schedule(self, endpoint: str, name: str) -> None:
        """What a scheduled action does at its time: the target gets its limits, and the concurrency follows."""
        self._ask_here("POST", "schedule", {"endpoint": endpoint, "name": name})

    def set_status(self, endpoint: str, status: str) -> None:
        """Any EndpointStatus by hand, until another change."""
        self._ask_here("POST", "endpoint", {"endpoint": endpoint, "status": status})

    # How things are

    def serving(self, endpoint: str) -> str:
        """The configuration that serves, "" where nothing does."""
        return str(self._state()["serving"].get(endpoint, ""))

    def endpoints(self) -> dict[str, str]:
        """Name -> status."""
        endpoints: dict[str, str] = self._state()["endpoints"]
        return endpoints

    def models(self) -> set[str]:
        return set(self._state()["models"])

    def endpoint_configs(self) -> set[str]:
        return set(self._state()["endpoint_configs"])

    def live_provisioned(self, endpoint: str) -> int:
        """The provisioned concurrency of what serves; 0 where there is none."""
        return int(self._state()["provisioned"].get(endpoint, 0))

    def scaling(self, endpoint: str) -> dict[str, Any]:
        """`{min, max, policies: {name: …}, schedules: {name: …}}` of its target, as AWS shows them; {}: no target."""
        scaling: dict[str, Any] = self._ask_here("GET", "scaling", {"endpoint": endpoint})["scaling"]
        return scaling

    def parameters(self) -> dict[str, str]:
        """Name -> value of what is in Parameter Store."""
        parameters: dict[str, str] = self._state()["parameters"]
        return parameters

    def _state(self) -> Any:
        return self._ask_here("GET", "state")

    def harm(self) -> list[dict[str, Any]]:
        """Deletions of what an endpoint needed; a correct program leaves none."""
        harm: list[dict[str, Any]] = self._ask("GET", "harm")["harm"]
        return harm

    def invoke(self, endpoint: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """What the endpoint answers. Raises botocore's ClientError."""
        answer = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, ContentType="application/json", Body=json.dumps(payload)
        )
        content: dict[str, Any] = json.loads(answer["Body"].read())
        return content

    def snapshot(self, file: Path) -> None:
        """Writes the whole SageMaker world to `file`, as JSON."""
        self._ask("POST", "snapshot", {"file": str(file.resolve())})

    def restore(self, file: Path) -> None:
        self._ask("POST", "restore", {"file": str(file.resolve())})


def wait_until(true: Callable[[], bool], timeout: float, what: str) -> None:
    """Raises TimeoutError if it has not become so after `timeout` seconds."""
    until = time.monotonic() + timeout
    while not true():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {timeout} s: {what}")
        time.sleep(WAIT_SECONDS)
