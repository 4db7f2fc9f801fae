"""`fleet status --all-stacks`: one stack after the other, the worst exit code of all, and no stack hides another."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import jsonschema
import pytest

from fleet.cli import command, preview
from fleet.cli.command import CommandError
from fleet.cli.preview import Preview
from tests.fleet.cli.previews import OUTDATED, SERVES, output, read, said, variant

SCHEMA = json.loads((Path(__file__).parents[4] / "status.schema.json").read_text(encoding="utf-8"))
GOOD, DUE = read({"a": SERVES}), read({"a": SERVES, "b": OUTDATED})
UNKNOWN = read({"a": output(variant("UNKNOWN", "registry: AccessDenied", version=0))})
NOT_THERE = CommandError("no stack named 'us' found")

Fleet = Callable[..., int]


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fleet:
    """Runs the command in a project with these stacks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: p\n")

    def run(stacks: Mapping[str, Preview | BaseException], *arguments: str) -> int:
        for name in stacks:
            (tmp_path / f"Pulumi.{name}.yaml").write_text("config: {}\n")

        def play(name: str | None) -> Preview:
            found = stacks[name or ""]
            if isinstance(found, BaseException):
                raise found
            return found

        monkeypatch.setattr(preview, "run", play)
        return command.main(["status", "--all-stacks", *arguments])

    return run


@pytest.mark.parametrize(
    ("stacks", "code"),
    [
        ({"eu": GOOD, "us": GOOD}, 0),
        ({"eu": GOOD, "us": DUE}, 2),
        ({"eu": DUE, "us": GOOD}, 2),
        ({"eu": DUE, "us": UNKNOWN}, 1),
        ({"eu": NOT_THERE, "us": DUE}, 1),
        ({"eu": DUE, "us": KeyboardInterrupt()}, 130),
    ],
)
def test_the_exit_code_is_the_worst_of_all(fleet: Fleet, stacks: Mapping[str, Preview], code: int) -> None:
    assert fleet(stacks) == code


def test_json_has_what_each_stack_alone_prints(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    assert fleet({"eu": DUE, "us": NOT_THERE}, "--json") == 1
    printed = json.loads(capsys.readouterr().out)

    assert (printed["schema"], list(printed["stacks"])) == (1, ["eu", "us"])
    for name in ("eu", "us"):
        jsonschema.validate(printed["stacks"][name], SCHEMA)
        command.main(["status", "--stack", name, "--json"])
        assert printed["stacks"][name] == json.loads(capsys.readouterr().out)


def test_every_stack_has_its_table_and_the_last_line_is_the_total_over_all(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet({"eu": DUE, "sa": NOT_THERE, "us": GOOD})
    lines = capsys.readouterr().out.splitlines()

    assert [line for line in lines if line.endswith(":")] == ["eu:", "sa:", "us:"]
    assert lines[-1] == "3 stacks: 2 UP_TO_DATE, 1 OUT_OF_DATE; could not find out: sa"


def test_markdown_has_a_section_for_each(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    fleet({"eu": DUE, "us": GOOD}, "--markdown")
    heads = [line for line in capsys.readouterr().out.splitlines() if line.startswith("#")]

    assert heads == [
        "## 2 stacks: 2 UP_TO_DATE, 1 OUT_OF_DATE",
        *("## eu", "### 1 UP_TO_DATE, 1 OUT_OF_DATE"),
        *("## us", "### 1 UP_TO_DATE"),
    ]


def test_warnings_and_errors_name_their_stack(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    fleet({"eu": read({"a": SERVES}, said("warning", "a: the hold ended")), "us": NOT_THERE})

    assert capsys.readouterr().err == "warning: eu: a: the hold ended\nfleet status: us: no stack named 'us' found\n"


@pytest.mark.parametrize("other", [["--stack", "eu"], ["--watch"]])
def test_one_stack_and_all_of_them_exclude_each_other(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], other: list[str]
) -> None:
    assert fleet({"eu": GOOD}, *other) == 1
    assert "--all-stacks goes with neither --stack nor --watch" in capsys.readouterr().err


def test_a_folder_without_stacks_is_an_error(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    assert fleet({}) == 1
    assert "run this in the project's root" in capsys.readouterr().err
