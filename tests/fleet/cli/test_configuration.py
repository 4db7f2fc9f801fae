"""Where a command's configuration comes from. That files are read as the engine reads them: tests/engine."""

import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fleet.cli import project, stack
from fleet.cli.command import CommandError

PROJECT = "sagemaker-endpoint-manager"
NONE = "no stack named 'prod' found"


class Folder:
    """A project's root, and an engine that answers for it."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self._monkeypatch = path, monkeypatch
        self.asked: list[tuple[str, ...]] = []

    def write(self, said: str = "", own: str | None = "", *, place: str = ".") -> None:
        """What Pulumi.yaml says besides the name, and the stack's file; None: there is none."""
        (self.path / "Pulumi.yaml").write_text(f"name: {PROJECT}\n{said}\n")
        (self.path / place).mkdir(exist_ok=True)
        file = self.path / place / "Pulumi.prod.yaml"
        file.unlink(missing_ok=True)
        if own is not None:
            file.write_text(own)

    def engine(self, shown: dict[str, Any] | str, secrets: dict[str, Any] | str | None = None) -> None:
        """It lists the configuration so, with secrets shown so; a text is an error."""

        def pulumi(*arguments: str, folder: Path = Path()) -> subprocess.CompletedProcess[str]:
            self.asked.append(arguments)
            said = secrets if "--show-secrets" in arguments else shown
            if isinstance(said, str):
                return subprocess.CompletedProcess(arguments, 255, "", f"error: {said}\n")
            return subprocess.CompletedProcess(arguments, 0, json.dumps(said), "")

        self._monkeypatch.setattr(stack, "has_engine", lambda: True)
        self._monkeypatch.setattr(stack, "pulumi", pulumi)

    def read(self) -> stack.StackConfig:
        return stack.read(f"acme/{PROJECT}/prod", self.path)

    def refused(self) -> str:
        with pytest.raises(CommandError) as raised:
            self.read()
        return str(raised.value).replace(f"{self.path}/", "")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    made = Folder(tmp_path, monkeypatch)
    made.write()
    return made


def own(**settings: Any) -> dict[str, Any]:
    return {f"{PROJECT}:{name}": {"value": value, "secret": False} for name, value in settings.items()}


def test_what_the_engine_says_goes_before_what_the_files_say(folder: Folder) -> None:
    folder.write("config: {namePrefix: of-the-project-}", "config: {namePrefix: of-the-file-}")
    folder.engine(own(namePrefix="of-the-engine-"))
    assert folder.read().name_prefix == "of-the-engine-"
    assert folder.asked == [("config", "--json", "--open", "--stack", f"acme/{PROJECT}/prod")]


def test_without_an_engine_the_files_are_read_in_silence(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.write("config: {namePrefix: prod-, aws:region: {value: eu-west-1}}", "config: {tasks: few.yaml}")
    read = folder.read()
    assert (read.name_prefix, read.access.region, read.tasks) == ("prod-", "eu-west-1", folder.path / "few.yaml")
    assert capsys.readouterr().err == ""


def test_an_engine_that_does_not_answer_is_told_of_and_the_files_are_read(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write("config: {namePrefix: prod-}")
    folder.engine(NONE)
    assert folder.read().name_prefix == "prod-"
    assert capsys.readouterr().err.startswith(f"note: pulumi config: {NONE}; the configuration is that of ")


def test_a_stack_without_a_file_is_nothing_that_files_can_tell_of(folder: Folder) -> None:
    folder.write("config: {namePrefix: prod-}", None)
    assert folder.refused() == f"Pulumi.prod.yaml: is not there, and the engine cannot be asked: {stack.NO_ENGINE}"
    folder.engine(own(namePrefix="prod-"))
    assert folder.read().name_prefix == "prod-"


def test_environments_are_for_the_engine_alone(folder: Folder) -> None:
    folder.write(own="environment: [fleet/prod]\nconfig: {namePrefix: prod-}")
    folder.engine(NONE)
    sentence = "Pulumi.prod.yaml: imports environments, which only the engine reads: pulumi config: "
    assert folder.refused() == sentence + NONE


SECRET = {f"{PROJECT}:namePrefix": {"secret": True}}


def test_a_secret_is_asked_for_by_itself(folder: Folder) -> None:
    folder.engine(SECRET, own(namePrefix="prod-"))
    assert folder.read().name_prefix == "prod-"
    assert [("--show-secrets" in arguments) for arguments in folder.asked] == [False, True]


def test_a_secret_name_prefix_that_cannot_be_read_is_never_taken_for_none(folder: Folder) -> None:
    folder.engine(SECRET, "incorrect passphrase")
    sentence = "namePrefix: only the engine can read it, and did not: pulumi config: incorrect passphrase"
    assert folder.refused() == f"{PROJECT}:{sentence}"


def test_a_secret_that_no_command_needs_stops_none(folder: Folder) -> None:
    folder.engine({f"{PROJECT}:apiKey": {"secret": True}, **own(namePrefix="prod-")}, "incorrect passphrase")
    assert folder.read().name_prefix == "prod-"


def test_static_keys_that_are_secret_reach_aws(folder: Folder) -> None:
    keys = {"aws:accessKey": {"value": "AKIA", "secret": False}, "aws:secretKey": {"secret": True}}
    folder.engine(keys, keys | {"aws:secretKey": {"value": "hush", "secret": True}})
    read = folder.read()
    assert (read.access.access_key, read.access.secret_key) == ("AKIA", "hush")
    assert "hush" not in repr(read)


def test_a_structure_is_one_whoever_tells_it(folder: Folder) -> None:
    roles = [{"roleArn": "arn:aws:iam::222222222222:role/deployer"}]
    folder.write(own=f"config: {{aws:assumeRoles: {json.dumps(roles)}}}")
    read = folder.read().access.roles
    folder.engine({"aws:assumeRoles": {"value": json.dumps(roles), "objectValue": roles, "secret": False}})
    assert folder.read().access.roles == read
    assert [role.arn for role in read] == [roles[0]["roleArn"]]


def test_a_relative_task_list_lies_where_the_program_runs(folder: Folder) -> None:
    (folder.path / "program").mkdir()
    folder.write("main: program")
    assert folder.read().tasks == folder.path / "program" / "tasks.yaml"


@pytest.mark.parametrize("said", ["stackConfigDir: stacks", "config: stacks", "stackConfigDir: /stacks/"])
def test_the_stacks_are_those_of_the_folder_that_the_project_names(folder: Folder, said: str) -> None:
    folder.write(said, "config: {namePrefix: prod-}", place="stacks")
    assert stack.names(folder.path) == ["prod"]
    assert folder.read().name_prefix == "prod-"


def test_a_project_may_be_written_in_json_and_its_stacks_are_too(folder: Folder) -> None:
    (folder.path / "Pulumi.json").write_text(json.dumps({"name": PROJECT, "config": {"namePrefix": "prod-"}}))
    (folder.path / "Pulumi.dev.json").write_text("{}")
    assert stack.names(folder.path) == ["dev"]
    assert stack.read("dev", folder.path).name_prefix == "prod-"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("config: {a: {default: 1, value: 2}}", "Pulumi.yaml: config: a: has both default and value; keep one"),
        ("config: {aws:region: {secret: true}}", "Pulumi.yaml: config: aws:region: has no value"),
        (
            "config: {aws:defaultTags: {tags: {a: b}}}",
            "Pulumi.yaml: config: aws:defaultTags: tags is unknown here; a mapping is written under value",
        ),
        ("config: {a:b:c:d: e}", "Pulumi.yaml: config: a:b:c:d is not a key; write namespace:name"),
        ("config: [a]", "Pulumi.yaml: config is not a mapping"),
        (
            "config: stacks\nstackConfigDir: stacks",
            "Pulumi.yaml: config and stackConfigDir both name a folder; keep stackConfigDir",
        ),
        ("stackConfigDir: [stacks]", "Pulumi.yaml: stackConfigDir is not the name of a folder"),
        ("config: {a: 1, a: 2}", "Pulumi.yaml:2: is not plain YAML: a is given twice"),
        ("config: {a: .inf}", "Pulumi.yaml:2: is not plain YAML: .inf is no text to the engine; put it in quotes"),
    ],
)
def test_a_project_that_the_engine_would_refuse_is_refused_by_name(folder: Folder, said: str, sentence: str) -> None:
    folder.write(said)
    assert folder.refused() == sentence


@pytest.mark.parametrize(
    "text",
    ["[" * 3000, "{a: " * 3000, "\n".join(f"{' ' * depth}a:" for depth in range(200))],
    ids=["lists", "mappings", "lines"],
)
def test_what_is_nested_without_end_is_a_sentence(folder: Folder, text: str) -> None:
    folder.write(own=text)
    assert folder.refused().endswith("is not plain YAML: is nested deeper than 100 levels")


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]",
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 8)}]\n" for old, new in pairwise("abcdefghi")),
    ],
    ids=["a loop", "repetitions"],
)
def test_aliases_that_explode_are_a_sentence(folder: Folder, text: str) -> None:
    folder.write(own=text)
    assert folder.refused().endswith("aliases repeat too much, or one contains itself")


@pytest.mark.parametrize("asked", [False, True], ids=["the files", "the engine"])
def test_a_setting_that_only_looks_like_one_stops_a_command_whoever_tells_it(folder: Folder, asked: bool) -> None:
    folder.write(own='config: {"namePrefix\\u200b": prod-, aws:region: "eu-west-1\\u00a0", other:thing: "a\\u00a0b"}')
    if asked:
        folder.engine(
            own(**{"namePrefix\u200b": "prod-"}) | {"aws:region": {"value": "eu-west-1\u00a0", "secret": False}}
        )
    assert folder.refused().splitlines() == [
        f"stack acme/{PROJECT}/prod: {sentence} cannot be seen; take it out"
        for sentence in (
            r"namePrefix\u200b: the name: U+200B (ZERO WIDTH SPACE) in column 11",
            "aws:region: the value: U+00A0 (NO-BREAK SPACE) in column 10",
        )
    ]


def test_a_place_within_a_setting_is_put_there_by_the_engine(folder: Folder) -> None:
    folder.write("config: {'aws:defaultTags.tags': {value: {a: b}}, 'tasks[0]': few.yaml}")
    said = project.configured(project.load(folder.path), "prod")
    assert said.config == {"aws:defaultTags": None, f"{PROJECT}:tasks": None}
