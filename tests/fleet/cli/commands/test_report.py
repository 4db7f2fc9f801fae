"""`fleet report`: the page is written of what could be read, says what could not, and changes nothing."""

import builtins
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleet.cli import history, preview, state
from fleet.cli.command import CommandError, main
from fleet.cli.commands import report
from fleet.memory import Move, Verdict
from tests.fleet.cli import exports, previews

RUN = {
    "kind": "update",
    "result": "succeeded",
    "startTime": "2026-11-28T06:00:00.000Z",
    "endTime": "2026-11-28T06:10:00.000Z",
    "resourceChanges": {"create": 2, "same": 9},
    "message": "give spam more memory",
}
WENT_LIVE = Move(2, "toxicity-v2", "2026-11-28T06:05:00+00:00", Verdict.SERVES)


class Command:
    """The command on a stack of two tasks, one in an A/B test. The engine's part is given."""

    def __init__(self, account: Any, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.sandbox, self.folder, self._capsys = account.sandbox, folder, capsys
        self.page = folder / "report.html"
        self.history: Any = [RUN]
        self.export: str | CommandError = exports.text(outputs=self.tasks())
        self.preview = previews.read(self.tasks())
        (folder / "tasks.yaml").write_text("tasks: {toxicity: {variants: {challenger: {weight: 0.1}}}, spam: {}}\n")
        account.configure("one")
        for name in ("toxicity", "toxicity-challenger", "spam"):
            account.client.create_endpoint(EndpointName=name, EndpointConfigName="one")

    def tasks(self) -> dict[str, Any]:
        def variant(endpoint: str, **more: Any) -> dict[str, Any]:
            arn = f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/{endpoint}"
            return previews.variant(endpoint=endpoint, arn=arn, modified="2026-01-31T00:00:00+00:00", **more)

        moves = [{**vars(WENT_LIVE), "verdict": "serves"}]
        champion = variant("toxicity", weight=0.9, moves=moves)
        challenger = variant("toxicity-challenger", version=3, weight=0.1)
        return {"toxicity": previews.output(champion, challenger=challenger), "spam": previews.output(variant("spam"))}

    def answer(self, *words: str) -> str:
        if words[:2] == ("stack", "history"):
            return json.dumps(self.history)
        if isinstance(self.export, CommandError):
            raise self.export
        return self.export if words[:2] == ("stack", "export") else json.dumps(self.tasks())

    def run(self, *flags: str) -> int:
        code = main(["report", "--html", str(self.page), "--stack", "prod", *flags])
        self.out, self.errors = self._capsys.readouterr()
        return code

    def text(self) -> str:
        return self.page.read_text()


@pytest.fixture
def command(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    command = Command(account, prod, capsys)
    for module in (state, history):
        monkeypatch.setattr(module, "answer", command.answer)
    monkeypatch.setattr(preview, "run", lambda _: command.preview)
    return command


def test_one_page_has_what_the_other_commands_find_out(command: Command) -> None:
    command.sandbox.record_invocations("toxicity", 900, errors_5xx=9, latency_ms=40)
    command.sandbox.record_invocations("toxicity-challenger", 300, errors_5xx=27, latency_ms=250, cold_starts=2)
    mark = command.sandbox.mark()
    assert command.run() == 0
    assert command.out.startswith(f"{command.page} is written (")
    assert command.errors == ""
    text = command.text()
    assert "sagemaker-endpoint-manager/prod" in text
    assert "2 created, 9 as they were" in text
    assert "give spam more memory" in text
    assert "toxicity/challenger: worse: 9.00% of its calls fail" in text
    assert "1,200" in text
    assert "no price for eu-west-1" in text
    assert "The stack has no alarms." in text
    assert "could not be read" not in text
    assert command.sandbox.mutations(mark) == []


def test_what_went_live_is_told_with_its_time_and_belongs_to_the_run_that_moved_it(command: Command) -> None:
    command.run()
    last_run = command.text().partition('id="run"')[2].partition("</section>")[0]
    assert "went live" in last_run
    assert "2026-11-28 06:05" in last_run


def test_the_metrics_of_a_fleet_are_one_call_and_an_ab_test_is_another(command: Command) -> None:
    mark = command.sandbox.mark()
    command.run()
    assert [call.operation for call in command.sandbox.calls(mark)].count("GetMetricData") == 2


def test_cloudwatch_denied_is_said_in_the_page_and_the_rest_is_there(command: Command) -> None:
    command.sandbox.fault("GetMetricData", service="cloudwatch", action="error", code="AccessDenied", message="no")
    assert command.run() == 0
    text = command.text()
    assert "The metrics of 3 endpoints (toxicity, toxicity/challenger, spam) could not be read" in text
    assert "An A/B test could not be read: GetMetricData: AccessDenied: no" in text
    assert "version 1 serves" in text
    assert "warning: not in the page: GetMetricData: AccessDenied: no" in command.errors


def test_a_state_that_cannot_be_read_is_said_in_the_page(command: Command) -> None:
    command.export = CommandError("pulumi stack: the backend is away")
    assert command.run() == 0
    assert command.text().count("could not be read: pulumi stack: the backend is away") >= 4
    assert "version 1 serves" in command.text()
    assert command.errors == "warning: not in the page: pulumi stack: the backend is away\n"


def test_a_preview_that_failed_is_said_in_the_page(command: Command) -> None:
    command.preview = preview.Preview(error="tasks.yaml:3: spam: no such setting")
    assert command.run() == 0
    assert "How the tasks stand could not be read: tasks.yaml:3: spam: no such setting" in command.text()
    assert "went live" in command.text()


@pytest.mark.parametrize(
    ("history", "why"), [([], "no run of prod is in its history"), ([{"kind": "update"}], "could not be read")]
)
def test_a_history_without_a_run_is_said_in_the_page(command: Command, history: Any, why: str) -> None:
    command.history = history
    assert command.run() == 0
    assert f"The last run could not be read: {'' if history else why}" in command.text()


def test_another_region_than_the_fleets_is_not_taken_for_a_fleet_that_nobody_calls(command: Command) -> None:
    file = command.folder / "Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("eu-west-1", "us-east-1"))
    assert command.run() == 0
    assert "this stack&#39;s endpoints are in eu-west-1" in command.text()
    assert "Nobody called" not in command.text()


def test_a_page_that_cannot_be_written_is_an_error(command: Command) -> None:
    command.page = command.folder / "nowhere" / "report.html"
    assert command.run() == 1
    assert command.errors.endswith("nowhere/report.html: No such file or directory\n")


def test_without_what_it_is_drawn_with_the_message_names_it_and_the_extra(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("html", "drawing"):
        monkeypatch.delitem(sys.modules, f"fleet.cli.page.{name}", raising=False)
        monkeypatch.delattr(f"fleet.cli.page.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    monkeypatch.setattr(preview, "run", lambda _: pytest.fail("it looked before it said so"))
    assert command.run() == 1
    assert command.errors == (
        "fleet report: the page is drawn with vl_convert, an extra: run "
        "`pip install 'sagemaker-endpoint-manager[report]'`\n"
    )
    assert not command.page.exists()


def test_a_module_that_is_missing_for_another_reason_is_no_matter_of_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(name: str, *_: Any, **__: Any) -> Any:
        raise ModuleNotFoundError(name="json")

    with monkeypatch.context() as patched, pytest.raises(ModuleNotFoundError):
        patched.setattr(builtins, "__import__", fails)
        report.drawer()


def test_moves_without_a_time_come_last() -> None:
    def task(time: str) -> dict[str, Any]:
        return previews.output(previews.variant(moves=[{**vars(WENT_LIVE), "time": time, "verdict": "serves"}]))

    found = report.moves({"a": task(""), "b": task("2026-11-28T06:05:00+00:00"), "c": task("2026-11-27T06:05:00Z")})
    assert [moved.whose for moved in found] == ["b", "c", "a"]


def test_outputs_of_something_else_are_no_fleet() -> None:
    with pytest.raises(CommandError, match="not those of a fleet"):
        report.moves({"a": {"variants": {"champion": {"run": "?"}}}})


def test_the_exit_codes_are_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["report", "--help"])
    assert report.EXIT_CODES in " ".join(capsys.readouterr().out.split())


def test_the_last_run_is_that_of_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "answer", lambda *_: json.dumps([{**RUN, "endTime": None, "resourceChanges": None}]))
    began = datetime(2026, 11, 28, 6, tzinfo=UTC)
    assert history.last("prod") == history.Run("update", "succeeded", began, None, {}, "give spam more memory")
