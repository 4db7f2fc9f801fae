"""A stack of the real program on the real engine in a sandbox: what the demo, the tests and the benchmark drive.

The CLI runs in the sandbox's folder, a project with copies of what it writes: no tracked file is ever changed.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fleet.status import Status
from sandbox.lab.folder import PROJECT
from sandbox.lab.handle import Sandbox

_SUMMARY = re.compile(r"no tasks|\d+ [A-Z_]+(, \d+ [A-Z_]+)*")
Environment = Mapping[str, str | None]  # variables other than the sandbox's; None: not set
CI_FLAGS = (
    *("--yes", "--skip-preview", "--refresh", "--continue-on-error", "--parallel", "64"),
    *("--diff", "--suppress-outputs"),
)


@dataclass(frozen=True)
class Run:
    """One run of the pulumi CLI that has ended."""

    code: int
    text: str  # standard output and error, as they came

    @property
    def ok(self) -> bool:
        return self.code == 0

    @property
    def standings(self) -> list[str]:
        """The program's line for each task that is not up to date, e.g. `spam: NOT_DEPLOYED: version 1 approved`."""
        return [line for line in self._said() if any(f": {status}: " in line for status in Status)]

    @property
    def summary(self) -> str:
        """The program's last line, e.g. `21 UP_TO_DATE, 1 OUT_OF_DATE`."""
        return next((line for line in reversed(self._said()) if _SUMMARY.fullmatch(line)), "")

    def _said(self) -> list[str]:
        """What was logged, in order: with --diff what stands at the margin, else what the CLI repeats in the end."""
        lines = self.text.splitlines()
        if "Diagnostics:" in lines:
            return [line.strip() for line in lines[lines.index("Diagnostics:") :]]
        return [line for line in lines if line == line.lstrip()]


class Stack:
    """One stack in a sandbox."""

    def __init__(self, sandbox: Sandbox, name: str = "sandbox", **config: Any) -> None:
        self.sandbox, self.name, self.folder = sandbox, name, sandbox.folder
        self.env = {**os.environ, **sandbox.env}
        self.deployer: Environment = {}  # the variables of whoever runs the CLI, where it is not the account's user
        self.operator: Environment = {}  # the same of the `fleet` commands
        self.config_file = self.folder / f"Pulumi.{name}.yaml"
        if not self.config_file.exists():
            shutil.copyfile(sandbox.stack_config, self.config_file)
            self.configure(tasks=str(self.folder / f"tasks.{name}.yaml"))
        self.task_list = Path(self._configured()["config"][f"{PROJECT}:tasks"])
        if not self.state_file.exists():
            self.configure(**config)
            self.pulumi("stack", "init", name, check=True)

    @property
    def state_file(self) -> Path:
        return self.folder / "pulumi" / "state" / ".pulumi" / "stacks" / PROJECT / f"{self.name}.json"

    def set_tasks(self, tasks: Mapping[str, Mapping[str, Any]] | str) -> None:
        """Write the task list, as a mapping or as text."""
        text = tasks if isinstance(tasks, str) else yaml.safe_dump({"tasks": dict(tasks)}, sort_keys=False)
        self.task_list.write_text(text)

    def configure(self, **config: Any) -> None:
        """Set keys of the project's namespace, keeping what the CLI wrote into the file; None takes one out."""
        self._set(PROJECT, config)

    def configure_aws(self, **config: Any) -> None:
        """The same of the provider's namespace, e.g. `assumeRoles=[{"roleArn": …}]`."""
        self._set("aws", config)

    def _set(self, namespace: str, config: Mapping[str, Any]) -> None:
        content = self._configured()
        wanted = content["config"] | {f"{namespace}:{key}": value for key, value in config.items()}
        content["config"] = {key: value for key, value in wanted.items() if value is not None}
        self.config_file.write_text(yaml.safe_dump(content))

    def _configured(self) -> dict[str, Any]:
        content: dict[str, Any] = yaml.safe_load(self.config_file.read_text())
        return content

    def rename(self, name: str) -> Run:
        """`pulumi stack rename`, which takes the configuration file along; the task list stays where it is."""
        run = self.pulumi("stack", "rename", name)
        if run.ok:
            self.name, self.config_file = name, self.folder / f"Pulumi.{name}.yaml"
        return run

    def preview(self, *flags: str, env: Environment | None = None) -> Run:
        return self.pulumi("preview", *flags, env=env)

    def up(self, *flags: str, env: Environment | None = None) -> Run:
        """As CI runs it; flags are added."""
        return self.pulumi("up", *CI_FLAGS, *flags, env=env)

    def start_up(self, *flags: str, env: Environment | None = None) -> "Running":
        """The same in the background."""
        return Running(
            subprocess.Popen(
                self._command("up", *CI_FLAGS, *flags),
                cwd=self.folder,
                env=self._environment(self.deployer, env),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )

    def refresh(self, *flags: str, env: Environment | None = None) -> Run:
        return self.pulumi("refresh", "--yes", "--skip-preview", *flags, env=env)

    def destroy(self, *flags: str, env: Environment | None = None) -> Run:
        return self.pulumi("destroy", "--yes", "--skip-preview", *flags, env=env)

    def outputs(self) -> dict[str, Any]:
        """The stack outputs of the last run."""
        of_the_stack = (resource for resource in self.state() if resource["type"] == "pulumi:pulumi:Stack")
        outputs: dict[str, Any] = next(of_the_stack, {}).get("outputs") or {}
        return outputs

    def state(self) -> list[dict[str, Any]]:
        """The resources in the state.

        Read from its file: the CLI shows the same, and takes half a second, which tests would spend a hundred times.
        """
        checkpoint = json.loads(self.state_file.read_text())["checkpoint"]
        resources: list[dict[str, Any]] = (checkpoint.get("latest") or {}).get("resources") or []
        return resources

    def pulumi(self, *arguments: str, check: bool = False, env: Environment | None = None) -> Run:
        """Any command of the CLI on this stack; with `check`, raises RuntimeError where it fails."""
        done = subprocess.run(
            self._command(*arguments),
            cwd=self.folder,
            env=self._environment(self.deployer, env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"pulumi {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}")
        return Run(done.returncode, done.stdout)

    def fleet(self, *arguments: str, env: Environment | None = None) -> Run:
        """A `fleet` command on this stack."""
        done = self.command(*arguments, env=env)
        return Run(done.returncode, done.stdout + done.stderr)

    def command(self, *arguments: str, env: Environment | None = None) -> "subprocess.CompletedProcess[str]":
        """The same, with what it prints and what it says beside that apart."""
        command = [sys.executable, "-m", "fleet", *arguments, "--stack", self.name]
        its = self._environment(self.operator, env)
        return subprocess.run(command, cwd=self.folder, env=its, capture_output=True, text=True, check=False)

    def _environment(self, whose: Environment, changes: Environment | None) -> dict[str, str]:
        wanted = {**self.env, **whose, **(changes or {})}
        return {name: value for name, value in wanted.items() if value is not None}

    def _command(self, *arguments: str) -> list[str]:
        stack = [] if arguments[:2] == ("stack", "init") else ["--stack", self.name]
        return ["pulumi", *arguments, *stack, "--non-interactive", "--color", "never"]


@dataclass(frozen=True)
class Running:
    """A run of the CLI under way."""

    process: subprocess.Popen[str]

    def ended(self, seconds: float) -> Run | None:
        """The run, where it has ended within so many seconds."""
        try:
            text, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
        return Run(self.process.returncode, text)

    def end(self) -> Run:
        """Wait for its end."""
        text, _ = self.process.communicate()
        return Run(self.process.returncode, text)

    def kill(self) -> None:
        """SIGKILL for the engine, the program and the plugins, as when the machine of a CI job is taken away.

        Returns when all are gone: a call that the sandbox holds for one of them has lost its client then.
        """
        pids = [self.process.pid, *_descendants(self.process.pid)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.communicate()
        while any(_runs(pid) for pid in pids):
            time.sleep(0.02)


def _runs(pid: int) -> bool:
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(shown.strip()) and not shown.startswith("Z")


def _descendants(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in listed.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found = children.get(pid, [])
    return found + [below for child in found for below in _descendants(child)]
