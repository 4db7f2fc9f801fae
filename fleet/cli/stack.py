"""The stack that a command is about: its name and its configuration.

The engine is asked for both, because it alone knows all that counts: Pulumi.yaml, the stack's file wherever it lies,
secrets, environments. Where there is no engine, or it does not answer, the files are read as it reads them.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fleet import config as rules
from fleet.access import KNOWN, NAMESPACE, Access, AccessError, understand
from fleet.cli import project as files
from fleet.cli.command import CommandError
from fleet.cli.engine_yaml import as_text
from fleet.cli.project import Config, Project
from fleet.config import TASKS, Own
from fleet.tags import Ownership
from fleet.tasks.place import Place

_KEYS = frozenset({f"{NAMESPACE}accessKey", f"{NAMESPACE}secretKey"})  # one says nothing without the other
NO_ENGINE = "there is no pulumi on PATH; see https://www.pulumi.com/docs/install"


@dataclass(frozen=True)
class StackConfig:
    """What a stack's configuration says, with the program's defaults."""

    ownership: Ownership
    access: Access  # its region is "" where neither the stack nor the environment says it
    tasks: Path
    name_prefix: str
    own: Own = field(default_factory=dict, repr=False)  # all of the project's namespace, structures as JSON
    secrets: tuple[str, ...] = ()  # what was not read of it and of the settings of AWS: only the engine can
    file: Path = Path()  # the stack's own file; it need not be there
    missing: tuple[str, ...] = ()  # what the project's file asks of every stack, and this one does not say
    is_whole: bool = True  # False: environments may set more, and only the engine knows what
    oddities: Mapping[str, str] = field(default_factory=dict)  # see Configured; found in files alone

    @property
    def place(self) -> Place:
        return Place(self.access.region, self.own.get("part") or "")


def add_stack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", metavar="NAME", help="the stack; default: the selected one")


def has_engine() -> bool:
    return shutil.which("pulumi") is not None


def pulumi(
    *arguments: str, env: Mapping[str, str] | None = None, folder: Path = Path()
) -> subprocess.CompletedProcess[str]:
    """Run the CLI, without questions and colours. Raises CommandError where there is none."""
    if not has_engine():
        raise CommandError(NO_ENGINE)
    return subprocess.run(
        ["pulumi", *arguments, "--non-interactive", "--color", "never"],
        env={**os.environ, **(env or {})},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def answer(*arguments: str) -> str:
    """What the CLI prints. Raises CommandError with what it says where it fails."""
    return _printed(pulumi(*arguments), arguments[0])


def _printed(done: subprocess.CompletedProcess[str], command: str) -> str:
    if done.returncode:
        raise CommandError(f"pulumi {command}: {(done.stderr or done.stdout).strip().removeprefix('error: ')}")
    return done.stdout.strip()


def selected(given: str | None) -> str:
    """The name of the stack: the given one, or that which `pulumi stack select` chose."""
    return given or answer("stack", "--show-name")


def read(name: str, folder: Path = Path()) -> StackConfig:
    """The configuration of one stack, as the engine has it.

    Raises CommandError naming the file that cannot be read, or the setting that only the engine reads and did not tell.
    """
    project, why = files.load(folder), NO_ENGINE
    config: Config | None = None
    if has_engine():
        try:
            config, why = asked(name, project, folder)
        except CommandError as error:
            why = str(error)
    if config is None:
        config = _of_files(project, name, why)
    if hidden := rules.unseen(_ours(project, config)):
        raise CommandError("\n".join(f"stack {name}: {sentence}" for sentence in hidden))
    found = _settled(project, name, config)
    if found.secrets:
        raise CommandError(f"{found.secrets[0]}: only the engine can read it, and did not: {why}")
    return found


def read_files(name: str, folder: Path = Path()) -> StackConfig:
    """The same without the engine, even where there is one: `secrets` tells what was not read."""
    project = files.load(folder)
    said = files.configured(project, _short(name))
    told = {"missing": said.missing, "is_whole": not said.has_environments, "oddities": said.oddities}
    return _settled(project, name, said.config, **told)


def _of_files(project: Project, name: str, why: str) -> Config:
    """What the files say, in place of an engine that does not answer."""
    file = project.stack_file(_short(name))
    if not file.exists():  # it need not be there, but only the engine knows whether there is such a stack
        raise CommandError(f"{file}: is not there, and the engine cannot be asked: {why}")
    said = files.configured(project, _short(name))
    if said.has_environments:
        raise CommandError(f"{file}: imports environments, which only the engine reads: {why}")
    if has_engine():
        print(f"note: {why}; the configuration is that of {project.file} and {file}", file=sys.stderr)
    return said.config


def asked(name: str, project: Project, folder: Path) -> tuple[Config, str]:
    """What the engine has, and why secrets are missing from it."""

    def listed(*flags: str) -> dict[str, dict[str, Any]]:
        done = pulumi("config", "--json", "--open", *flags, "--stack", name, folder=folder)
        try:
            said: dict[str, dict[str, Any]] = json.loads(_printed(done, "config"))
        except ValueError:
            raise CommandError("pulumi config: its answer cannot be read") from None
        return said

    said, why = listed(), ""
    if any(said[key]["secret"] for key in said if key.partition(":")[0] in ("aws", project.name)):
        try:
            said = listed("--show-secrets")
        except CommandError as error:  # no passphrase, no key: only who needs a secret minds
            why = str(error)
    return {key: _value(**entry) for key, entry in said.items()}, why


def _value(value: str | None = None, objectValue: Any = None, **_: Any) -> Any:
    return objectValue if isinstance(objectValue, list | dict) else value


def _short(name: str) -> str:
    """The name without organization and project."""
    return name.rpartition("/")[2]


def _ours(project: Project, config: Config) -> Own:
    """The settings that the program goes by, as text: its own without the namespace, and those of AWS."""
    own = {key.removeprefix(f"{project.name}:"): value for key, value in config.items()}
    return {key: as_text(value) for key, value in own.items() if ":" not in key or key.startswith(NAMESPACE)}


def _settled(project: Project, name: str, config: Config, **more: Any) -> StackConfig:
    file = project.stack_file(_short(name))
    own = {
        key.partition(":")[2]: None if value is None else as_text(value)
        for key, value in config.items()
        if key.partition(":")[0] == project.name
    }
    needed = [
        *(f"{NAMESPACE}{name}" for name in KNOWN),
        *(f"{project.name}:{name}" for name in ("tasks", "namePrefix", "part", "registryRoleArn")),
    ]
    secrets = tuple(key for key in needed if config.get(key, "") is None)
    unread = {*secrets, *(_KEYS if _KEYS.intersection(secrets) else ())}
    try:
        access = understand({key: value for key, value in config.items() if key not in unread}, os.environ)
    except AccessError as error:
        raise CommandError("\n".join(f"{file}: {sentence}" for sentence in error.errors)) from None
    return StackConfig(
        ownership=Ownership(project.name, _short(name)),
        access=replace(access, registry_role=own.get("registryRoleArn") or ""),
        tasks=project.workdir / (own.get("tasks") or TASKS),
        name_prefix=own.get("namePrefix") or "",
        own=own,
        secrets=secrets,
        file=file,
        **more,
    )


def names(folder: Path = Path()) -> list[str]:
    """The stacks that have a file of their own. Raises CommandError where the project's file does not tell where."""
    has_project = any((folder / name).is_file() for name in files.NAMES)
    pattern = files.load(folder).stack_file("*") if has_project else folder / "Pulumi.*.yaml"
    begin, end = pattern.name.split("*")
    return sorted(path.name.removeprefix(begin).removesuffix(end) for path in pattern.parent.glob(pattern.name))
