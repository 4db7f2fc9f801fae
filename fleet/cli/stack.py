"""The stack that a command is about: its name from the pulumi CLI, its configuration from Pulumi.<name>.yaml.

The engine is asked only for what it alone knows; configuration is read from the file, as the engine reads it.
"""

import argparse
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fleet.access import Access, AccessError, understand
from fleet.cli.command import CommandError
from fleet.stack import TASKS, Own
from fleet.tags import Ownership


@dataclass(frozen=True)
class StackConfig:
    """What Pulumi.yaml and Pulumi.<stack>.yaml say, with the program's defaults."""

    ownership: Ownership
    access: Access  # its region is "" where neither the stack nor the environment says it
    tasks: Path
    name_prefix: str
    own: Own = field(default_factory=dict)  # all of the project's namespace, as it was written


def add_stack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", metavar="NAME", help="the stack; default: the selected one")


def pulumi(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the CLI, without questions and colours. Raises CommandError where there is none."""
    try:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise CommandError("there is no pulumi on PATH; see https://www.pulumi.com/docs/install") from None


def answer(*arguments: str) -> str:
    """What the CLI prints. Raises CommandError with what it says where it fails."""
    done = pulumi(*arguments)
    if done.returncode:
        raise CommandError(f"pulumi {arguments[0]}: {(done.stderr or done.stdout).strip().removeprefix('error: ')}")
    return done.stdout.strip()


def selected(given: str | None) -> str:
    """The name of the stack: the given one, or that which `pulumi stack select` chose."""
    return given or answer("stack", "--show-name")


def read(name: str, folder: Path = Path()) -> StackConfig:
    """The configuration of one stack. Raises CommandError naming the file that cannot be read."""
    project = str(_mapping(folder / "Pulumi.yaml").get("name", ""))
    stack = name.rpartition("/")[2]
    file = folder / f"Pulumi.{stack}.yaml"
    config = _mapping(file).get("config") or {}
    if not isinstance(config, dict):
        raise CommandError(f"{file}: config is not a mapping")
    said = {key: value if isinstance(value, str) else None for key, value in config.items()}
    try:
        secret = {key for key, value in config.items() if isinstance(value, dict) and value.keys() == {"secure"}}
        access = understand({key: None if key in secret else value for key, value in config.items()}, os.environ)
    except AccessError as error:
        raise CommandError("\n".join(f"{file}: {sentence}" for sentence in error.errors)) from None
    # A key without a namespace is the project's
    own = {key.rpartition(":")[2]: said[key] for key in said if key.rpartition(":")[0] in (project, "")}
    return StackConfig(
        ownership=Ownership(project, stack),
        access=access,
        tasks=folder / (own.get("tasks") or TASKS),
        name_prefix=own.get("namePrefix") or "",
        own=own,
    )


def names(folder: Path = Path()) -> list[str]:
    """The stacks that have a configuration here; Pulumi.yaml is the project's."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in folder.glob("Pulumi.*.yaml"))


def _mapping(path: Path) -> dict[str, Any]:
    try:
        # Every value as text: so the engine passes it on, whether it was written 3 or "3"
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except OSError as error:
        raise CommandError(f"{path}: cannot be read: {error.strerror}; run this in the project's root") from None
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: is not UTF-8 text: {error.reason} at byte {error.start}") from None
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or error
        where = f"{path}:{mark.line + 1}" if mark else path
        raise CommandError(f"{where}: is not plain YAML: {problem}") from None
    if not isinstance(content, dict):
        raise CommandError(f"{path}: is not a mapping")
    return content
