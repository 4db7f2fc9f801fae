"""Runs the shell steps of the CI files, as they stand in the files, on a stack of the sandbox.

What is not shell is played: the repository is there, the CLI and the packages are installed, and the role is had. An
expression or a condition that is not known here is an error, so that no file says something that is never tried.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

import yaml

from sandbox.lab.folder import ROOT
from sandbox.lab.stack import Stack
from tests.unattended.forge import PROJECT, REPOSITORY, TOKEN, Forge

WORKFLOW = ROOT / ".github" / "workflows" / "fleet.yml"
GITLAB = ROOT / "ci" / "gitlab-ci.yml"
BUILDSPEC = ROOT / "ci" / "buildspec.yml"
UNLESS_CANCELLED = "${{ !cancelled() && steps.credentials.outcome == 'success' }}"
INSTALLS = re.compile(r"python3? -m venv|\.venv/bin/pip")
ROLE = "arn:aws:iam::123456789012:role/fleet-prod"


@dataclass
class Job:
    """One that has run."""

    folder: Path
    steps: dict[str, int] = field(default_factory=dict)  # the exit code of each that ran, by its name
    text: str = ""  # its log
    kept: set[str] = field(default_factory=set)  # files that were given to the forge

    @property
    def ok(self) -> bool:
        return not any(self.steps.values())

    def file(self, name: str) -> str:
        return (self.folder / name).read_text()


def github(name: str, stack: Stack, forge: Forge, **changes: str | None) -> Job:
    """A job of the workflow."""
    workflow = yaml.safe_load(WORKFLOW.read_text())
    known = _contexts(stack)
    where = {"GITHUB_API_URL": forge.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_STEP_SUMMARY": "summary.md"}
    env = {**stack.env, **where, **_resolved(workflow["env"], known)}
    job, is_well, has_role = Job(stack.folder), True, False
    for step in workflow["jobs"][name]["steps"]:
        assert step.get("if", UNLESS_CANCELLED) == UNLESS_CANCELLED
        if not (has_role if "if" in step else is_well):
            continue
        if "uses" in step:
            is_well &= _used(step, known, job)
            has_role |= step.get("id") == "credentials"
        elif step["name"] != "Install":
            code = _shell(step["run"], {**env, **_resolved(step.get("env", {}), known)}, job, changes)
            job.steps[step["name"]] = code
            is_well &= code == 0
    return job


def _contexts(stack: Stack) -> dict[str, str]:
    return {
        "vars.FLEET_STACK": stack.name,
        "vars.FLEET_STATE": stack.env["PULUMI_BACKEND_URL"],
        "vars.FLEET_DEPLOYER": f"{ROLE}-deployer",
        "vars.FLEET_PREVIEWER": f"{ROLE}-preview",
        "vars.FLEET_REGION": "eu-west-1",
        "vars.FLEET_ACCOUNT": "123456789012",
        "github.token": TOKEN,
        "github.run_id": "815",
        "github.event.pull_request.number": "7",
    }


def _resolved(said: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    """The values with their expressions filled in. Raises KeyError where one is not known."""
    return {
        key: re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: known[found[1]], str(value)) for key, value in said.items()
    }


def _used(step: Mapping[str, Any], known: Mapping[str, str], job: Job) -> bool:
    """Play an action; False where it would fail."""
    given = _resolved(step.get("with", {}), known)
    assert not [value for value in given.values() if "${{" in value]
    if "upload-artifact" not in step["uses"]:
        return True
    job.kept.add(given["path"])
    return (job.folder / given["path"]).exists()


def gitlab(name: str, stack: Stack, forge: Forge, **changes: str | None) -> Job:
    """A job of GitLab's file."""
    content = yaml.safe_load(GITLAB.read_text())
    common, own = content[".fleet"], content[name]
    given = {
        "FLEET_STACK": stack.name,
        "FLEET_STATE": stack.env["PULUMI_BACKEND_URL"],
        "FLEET_REGION": "eu-west-1",
        "FLEET_DEPLOYER": f"{ROLE}-deployer",
        "FLEET_PREVIEWER": f"{ROLE}-preview",
        "FLEET_COMMENT_TOKEN": TOKEN,
        "CI_PROJECT_DIR": str(stack.folder),
        "CI_PROJECT_ID": PROJECT,
        "CI_PIPELINE_ID": "815",
        "CI_PIPELINE_SOURCE": "schedule",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_API_V4_URL": forge.url,
        "AWS_ID_TOKEN": "signed-by-gitlab",
        **{key: value for key, value in changes.items() if value is not None},
    }
    said = {**common["variables"], **own["variables"]}
    env = {**stack.env, **given, **{key: Template(str(value)).substitute(given) for key, value in said.items()}}
    job = Job(stack.folder)
    before = [line for line in common["before_script"] if not INSTALLS.search(line)]
    job.steps[name] = _shell("\n".join([*before, *own["script"]]), env, job, {})
    _shell("\n".join(common["after_script"]), env, job, {})
    job.kept.update(path for path in own["artifacts"]["paths"] if (job.folder / path).exists())
    return job


def codebuild(stack: Stack, **changes: str | None) -> Job:
    """A build."""
    content = yaml.safe_load(BUILDSPEC.read_text())
    env = {**stack.env, **content["env"]["variables"], "FLEET_STACK": stack.name}
    job = Job(stack.folder)
    job.steps["build"] = _shell("\n".join(_commands(content, "build")), env, job, changes)
    assert not [line for line in _commands(content, "install") if not INSTALLS.search(line)]
    return job


def _commands(content: Mapping[str, Any], phase: str) -> Iterator[str]:
    commands: Sequence[str] = content["phases"][phase]["commands"]
    yield from commands


def _shell(script: str, env: Mapping[str, str], job: Job, changes: Mapping[str, str | None]) -> int:
    assert "${{" not in script, "an expression in a shell line runs whatever it is filled with"
    wanted = {key: value for key, value in {**env, **changes}.items() if value is not None}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(
        command, cwd=job.folder, env=wanted, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    job.text += done.stdout
    return done.returncode
