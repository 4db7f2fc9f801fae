"""`Sandbox`: a running sandbox in the hands of a test, the demo or the benchmark.

It starts, stops and hands out boto3 clients here. What else can be done with it is by topic in the classes that it is
made of; they speak the control API, so that nothing they do is in the log of calls.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from sandbox.aws.identity import SECRET, access_key
from sandbox.aws.world import FIRST_ACCOUNT
from sandbox.lab import processes
from sandbox.lab.circumstances import Circumstances
from sandbox.lab.findings import Findings
from sandbox.lab.folder import ROOT, STACK_CONFIG, TASKS, Running, environment
from sandbox.lab.processes import SandboxError
from sandbox.lab.registration import Registration

Document = Mapping[str, Any]  # a policy


class Sandbox(Registration, Circumstances, Findings):
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
        """Starts one in `folder` (its own), which plays that account.

        Not detached, it ends with this process at the latest. Raises SandboxError where one runs already, or it does
        not start.
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

    def client_as(self, variables: Mapping[str, str]) -> Callable[[str], Any]:
        """What gives clients with the credentials of these variables, as `credentials` has them."""
        keys = [variables[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")]
        session: Any = boto3.Session(keys[0], keys[1], keys[2], region_name=self.region)
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        return lambda service: session.client(service, endpoint_url=self.url, config=config)

    # Accounts and roles

    def neighbour(self, other: "Sandbox") -> None:
        """Each answers from now on what the other's credentials ask, by handing it over."""
        for one, its in ((self, other), (other, self)):
            one.settings(neighbours={**one.settings()["neighbours"], its.account: its.url})

    def role(self, name: str, *trusted: str, external_id: str = "", policies: Sequence[Document] = ()) -> str:
        """A role that those accounts or ARNs may assume, with that external id where one is given. Gives its ARN.

        Whoever assumes it is held to its policies, where it has any.
        """
        condition = {"Condition": {"StringEquals": {"sts:ExternalId": external_id}}} if external_id else {}
        principals = {"AWS": list(trusted)}
        statement = {"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole", **condition}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        known = self.settings()
        held = {"policies": {**known["policies"], name: list(policies)}} if policies else {}
        self.settings(roles={**known["roles"], name: policy}, **held)
        return f"arn:aws:iam::{self.account}:role/{name}"

    def credentials(self, role: str, session: str = "session") -> dict[str, str]:
        """The variables with which a process is a session of that role, given by its name."""
        arn = f"arn:aws:iam::{self.account}:role/{role}"
        given = self.client("sts").assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        }

    def expire_credentials(self) -> None:
        """The time of every role's session is over."""
        self._ask("POST", "expire")

    # What it has

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
