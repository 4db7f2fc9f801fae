"""What Pulumi's own files say of a stack's configuration: the project's file, and the stack's where that says it lies.

Read as the engine reads them (sdk/go/common/workspace and pkg/workspace of pulumi 3.259.0), for where it cannot be
asked. Two things are the engine's alone: secrets, and what environments (Pulumi ESC) bring.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fleet.characters import escaped
from fleet.cli import engine_yaml
from fleet.cli.command import CommandError
from fleet.cli.engine_yaml import Oddity

Config = Mapping[str, Any]  # by "namespace:name": text, a list or a mapping; None for what only the engine reads

NAMES = ("Pulumi.json", "Pulumi.yaml", "Pulumi.yml")  # the first that is there; the stack's file has the same ending
_ATTRIBUTES = frozenset({"type", "description", "items", "default", "value", "secret"})


@dataclass(frozen=True)
class Project:
    """The project's file."""

    file: Path
    name: str
    workdir: Path  # where the program runs: relative paths in the configuration begin here
    stacks: Path  # the folder of the stacks' files
    declared: Mapping[str, Any]  # its `config`, as it was written
    oddities: tuple[Oddity, ...]  # of the whole file

    def stack_file(self, stack: str) -> Path:
        return self.stacks / f"Pulumi.{stack}{self.file.suffix}"


@dataclass(frozen=True)
class Configured:
    """What the files say of one stack."""

    config: Config
    missing: tuple[str, ...]  # of the project's namespace: what every stack has to say, and this one does not
    has_environments: bool  # they may set what the stack's file does not
    oddities: Mapping[str, str]  # settings that are read as something else than they look like, and how; with the place


def load(folder: Path) -> Project:
    """The project of a folder. Raises CommandError naming the file and what is wrong with it."""
    file = next((folder / name for name in NAMES if (folder / name).is_file()), folder / "Pulumi.yaml")
    content, oddities = _mapping(file)
    name, declared, place = content.get("name"), content.get("config"), content.get("stackConfigDir")
    if not isinstance(name, str) or not name:
        raise CommandError(f"{file}: has no name")
    if isinstance(declared, str):  # how the folder of the stacks' files was named before there was a setting for it
        if place is not None:
            raise CommandError(f"{file}: config and stackConfigDir both name a folder; keep stackConfigDir")
        declared, place = None, declared
    if not isinstance(place, str | None):
        raise CommandError(f"{file}: stackConfigDir is not the name of a folder")
    stacks = folder / (place or "").lstrip("/")  # within the project, also with a slash in front
    return Project(file, name, _workdir(folder, content.get("main")), stacks, _config(file, declared), tuple(oddities))


def _workdir(folder: Path, main: object) -> Path:
    place = folder / str(main) if main else folder
    return place if place.is_dir() else place.parent


def _config(file: Path, said: Any) -> dict[str, Any]:
    if not isinstance(said, dict | None):
        raise CommandError(f"{file}: config is not a mapping")
    return said or {}


def configured(project: Project, stack: str) -> Configured:
    """The configuration of one stack. Raises CommandError naming the file that cannot be read."""
    file = project.stack_file(stack)
    # The file need not be there, where all is said in the project's
    content, oddities = _mapping(file) if file.exists() or not project.declared else ({}, [])
    own: dict[str, Any] = {}
    for key, said in _config(file, content.get("config")).items():
        full = ":".join(_parts(file, project.name, key))
        if full in own:
            raise CommandError(f"{file}: config: {key} is given twice, once without its namespace")
        own[full] = None if _is_secret(said) else _given(said)
    declared = [_declared(project, *item) for item in project.declared.items()]
    partly = {key: None for key, values in declared if values == (None,)}
    return Configured(
        config={key: value for key, values in declared for value in values} | own | partly,
        missing=tuple(key.rpartition(":")[2] for key, values in declared if not values and key not in own),
        has_environments=bool(content.get("environment")),
        oddities=dict([*_odd(project, project.file, project.oddities), *_odd(project, file, oddities)]),
    )


def _odd(project: Project, file: Path, oddities: Sequence[Oddity]) -> Iterator[tuple[str, str]]:
    """Those of the settings that the program and the aws provider go by."""
    for one in oddities:
        match one.path:
            case ("config", key, *_) if (parts := _parts(file, project.name, key))[0] in (project.name, "aws"):
                yield ":".join(parts), escaped(f"{file}:{one.line}: {'.'.join(one.path[1:])}: {one.text}")


def _declared(project: Project, key: str, said: Any) -> tuple[str, tuple[Any, ...]]:
    """The full name of a key of the project, and its value for every stack; none where each has to have its own."""
    where = f"{project.file}: config: {key}"
    namespace, name = _parts(project.file, project.name, key)
    root = re.sub(r'[.\["].*', "", name)
    if root != name:
        return f"{namespace}:{root}", (None,)  # a place within a setting: only the engine puts it there
    full, attributes = f"{namespace}:{name}", said if isinstance(said, dict) else {"value": said}
    if unknown := attributes.keys() - _ATTRIBUTES:
        raise CommandError(f"{where}: {min(unknown)} is unknown here; a mapping is written under value")
    values = tuple(_given(attributes[name]) for name in ("default", "value") if attributes.get(name) is not None)
    if len(values) > 1:
        raise CommandError(f"{where}: has both default and value; keep one")
    if not values and namespace != project.name:
        raise CommandError(f"{where}: has no value")
    return full, values


def _parts(file: Path, project: str, key: str) -> tuple[str, str]:
    """Namespace and name of a key, in any way that it may be written."""
    match key.split(":"):
        case [name]:
            return project, name
        case [namespace, name] | [namespace, "config", name]:
            return namespace, name
    raise CommandError(f"{file}: config: {key} is not a key; write namespace:name")


def _given(said: Any) -> Any:
    return said if isinstance(said, list | dict) else engine_yaml.as_text(said)


def _is_secret(said: Any) -> bool:
    """Whether it is a secret, or holds one: then only the engine reads any of it."""
    match said:
        case {"secure": str(), **rest} if not rest:
            return True
        case dict():
            return any(map(_is_secret, said.values()))
        case list():
            return any(map(_is_secret, said))
    return False


def _mapping(file: Path) -> tuple[dict[str, Any], list[Oddity]]:
    try:
        content, oddities = engine_yaml.load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror}; run this in the project's root") from None
    except UnicodeDecodeError as error:
        raise CommandError(f"{file}: is not UTF-8 text: {error.reason} at byte {error.start}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", error)
        where = f"{file}:{mark.line + 1}" if mark else file
        raise CommandError(f"{where}: is not plain YAML: {problem}") from None
    if not isinstance(content, dict | None):
        raise CommandError(f"{file}: is not a mapping")
    return content or {}, oddities
