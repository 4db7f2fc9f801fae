"""`fleet status` as a command: what it prints where, and with which exit code."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fleet.cli import command, preview, watch
from fleet.cli.command import CommandError
from fleet.cli.commands import status
from fleet.cli.preview import Preview
from tests.fleet.cli.previews import OUTDATED, SERVES, alarm, output, read, said, variant

Fleet = Callable[..., int]


SLOW, ERRORS, CHALLENGERS, RUNS = ("p/prod/a/slow", "p/prod/a/server-errors", "p/prod/a-b/slow", "p/prod/runs")


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


# Alarms


@pytest.fixture
def firing(account: Any, prod: Path) -> Callable[..., None]:
    """Puts alarms that are in ALARM into CloudWatch."""
    cloudwatch = account.sandbox.client("cloudwatch")

    def put(*names: str) -> None:
        for name in names:
            cloudwatch.put_metric_alarm(
                AlarmName=name,
                Namespace="AWS/SageMaker",
                MetricName="Invocation5XXErrors",
                Statistic="Average",
                Period=300,
                EvaluationPeriods=1,
                Threshold=0.05,
                WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 60},  # so that it stays as the test puts it
                ComparisonOperator="GreaterThanOrEqualToThreshold",
            )
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="x")
        account.mark = account.sandbox.mark()

    return put


BOTH = output(variant(weight=0.9), b=variant(weight=0.1, endpoint="a-b"))
HELD = (alarm(SLOW, "a"), alarm(ERRORS, "a"), alarm(CHALLENGERS, "a", "b"), alarm(RUNS))
ASKED = ("--stack", "prod", "--alarms")


def test_alarms_are_named_beside_the_reason_of_the_variant_that_has_them(
    fleet: Fleet, firing: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    firing(SLOW, ERRORS, CHALLENGERS)

    assert fleet(read({"a": BOTH, "spam": SERVES}, *HELD), *ASKED) == 0

    reasons = [line.rstrip().split("  ")[-1] for line in capsys.readouterr().out.splitlines()[1:-1]]
    serves = "version 1 serves"
    assert reasons == [f"{serves}; in ALARM: server-errors, slow", f"{serves}; in ALARM: slow", serves]


def test_alarms_are_named_in_markdown_and_for_machines(
    fleet: Fleet, firing: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    firing(CHALLENGERS)

    fleet(read({"a": BOTH}, *HELD), *ASKED, "--markdown")
    fleet(read({"a": BOTH}, *HELD), *ASKED, "--json")

    markdown, _, found = capsys.readouterr().out.partition("{")
    assert markdown.rstrip().endswith("| version 1 serves; in ALARM: slow |")
    task = json.loads("{" + found)["tasks"]["a"]
    assert (task["alarms"], task["variants"]["champion"]["alarms"], task["variants"]["b"]["alarms"]) == (
        [],
        [],
        ["slow"],
    )


def test_without_the_option_cloudwatch_is_not_asked_and_nothing_is_said_of_alarms(
    fleet: Fleet, account: Any, firing: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    firing(SLOW)

    fleet(read({"a": BOTH}, *HELD), "--stack", "prod", "--json")

    assert "alarms" not in capsys.readouterr().out
    assert account.operations() == []


def test_with_the_option_it_is_one_call_more(fleet: Fleet, account: Any, firing: Callable[..., None]) -> None:
    names = [f"p/prod/t{number}/slow" for number in range(120)]
    firing(names[0])

    fleet(read({"a": BOTH}, *(alarm(name, "a") for name in names)), *ASKED)

    assert account.operations() == ["DescribeAlarms"]


def test_an_alarm_of_another_stack_is_not_this_ones(
    fleet: Fleet, firing: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    firing("p/prod/a-of-another/slow", "q/prod/a/slow")

    fleet(read({"a": BOTH}, *HELD), *ASKED)

    printed = capsys.readouterr()
    assert "ALARM" not in printed.out + printed.err


def test_an_alarm_that_belongs_to_no_task_is_a_warning(
    fleet: Fleet, firing: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    firing(RUNS)

    assert fleet(read({"a": BOTH}, *HELD), *ASKED) == 0

    assert capsys.readouterr().err == f"warning: in ALARM: {RUNS}\n"


def test_how_the_tasks_stand_is_told_where_cloudwatch_does_not_answer(
    fleet: Fleet, account: Any, firing: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    firing(SLOW)
    account.sandbox.fault("DescribeAlarms", service="cloudwatch", action="error", code="AccessDenied", message="no")

    assert fleet(read({"a": BOTH}, *HELD), *ASKED, "--json") == 0

    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["warnings"] == ["alarms: DescribeAlarms: AccessDenied: no"]
    assert "alarms" not in found["tasks"]["a"]


def test_a_watch_ends_with_the_alarms(
    fleet: Fleet, firing: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    firing(SLOW)
    monkeypatch.setattr(watch, "end_of_update", lambda name: lambda: True)

    assert fleet(read({"a": SERVES}, *HELD), *ASKED, "--watch") == 0

    assert "version 1 serves; in ALARM: slow" in capsys.readouterr().out


def test_a_stack_without_alarms_needs_no_call(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    fleet(read({"a": SERVES}), "--alarms", "--json")

    assert json.loads(capsys.readouterr().out)["tasks"]["a"]["alarms"] == []
