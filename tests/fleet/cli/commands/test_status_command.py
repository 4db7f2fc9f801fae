"""`fleet status` as a command: what it prints where, and with which exit code."""

import json
from collections.abc import Callable

import pytest

from fleet.cli import command, preview
from fleet.cli.command import CommandError
from fleet.cli.commands import status
from fleet.cli.preview import Preview
from tests.fleet.cli.previews import OUTDATED, SERVES, read, said

Fleet = Callable[..., int]


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Runs `fleet status` over a preview, or the exception that it raises."""

    def run(found: Preview | BaseException, *arguments: str) -> int:
        def play(_: str | None) -> Preview:
            if isinstance(found, BaseException):
                raise found
            return found

        monkeypatch.setattr(preview, "run", play)
        return command.main(["status", *arguments])

    return run


@pytest.mark.parametrize(
    ("found", "code", "error"),
    [
        (read({"a": SERVES}), 0, None),
        (read({"a": OUTDATED}), 2, None),
        (preview.read([], "no stack named 'nope' found"), 1, "no stack named 'nope' found"),
        (CommandError("there is no pulumi on PATH"), 1, "there is no pulumi on PATH"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_json_is_printed_with_every_exit_code(
    fleet: Fleet, capsys: pytest.CaptureFixture[str], found: Preview, code: int, error: str | None
):
    assert fleet(found, "--json") == code

    printed = capsys.readouterr()
    assert json.loads(printed.out).get("error") == error
    assert printed.err == (f"fleet status: {error}\n" if error else "")


@pytest.mark.parametrize("form", [[], ["--json"], ["--markdown"]])
def test_warnings_go_to_standard_error(fleet: Fleet, capsys: pytest.CaptureFixture[str], form: list[str]):
    assert fleet(read({"a": SERVES}, said("warning", "a: the hold ended on 2026-01-31")), *form) == 0

    assert capsys.readouterr().err == "warning: a: the hold ended on 2026-01-31\n"


def test_a_table_ends_with_the_total(fleet: Fleet, capsys: pytest.CaptureFixture[str]):
    fleet(read({"a": SERVES, "b": OUTDATED}))

    assert capsys.readouterr().out.splitlines()[-1] == "1 UP_TO_DATE, 1 OUT_OF_DATE"


def test_markdown_is_printed_alone(fleet: Fleet, capsys: pytest.CaptureFixture[str]):
    fleet(read({"a": SERVES}), "--markdown")

    assert capsys.readouterr().out.startswith("### 1 UP_TO_DATE\n\n| Task |")


@pytest.mark.parametrize("arguments", [["--jsn"], ["--json", "--markdown"], ["--timeout", "0"], ["--timeout", "soon"]])
def test_a_wrong_option_is_not_told_as_out_of_date(fleet: Fleet, arguments: list[str]):
    with pytest.raises(SystemExit) as ended:
        fleet(read({}), *arguments)

    assert ended.value.code == 1


def test_the_selected_stack_is_taken_unless_one_is_named(monkeypatch: pytest.MonkeyPatch):
    asked: list[str | None] = []

    def run(name: str | None) -> Preview:
        asked.append(name)
        return read({})

    monkeypatch.setattr(preview, "run", run)

    command.main(["status"])
    command.main(["status", "--stack", "prod"])

    assert asked == [None, "prod"]


def test_the_exit_codes_are_in_its_help(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        command.main(["status", "--help"])

    assert status.EXIT_CODES in " ".join(capsys.readouterr().out.split())
