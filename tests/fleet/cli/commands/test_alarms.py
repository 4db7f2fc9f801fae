"""`fleet alarms`: which alarms are shown, in which order, and what the exit code says. The engine's part is given."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fleet import wire
from fleet.cli import state
from fleet.cli.command import CommandError, main
from fleet.cli.commands import alarms
from fleet.memory import Outcome
from tests.fleet.cli import exports

ROOT = Path(__file__).parents[4]
SLOW, ERRORS, CHALLENGERS, RUNS = (
    f"sagemaker-endpoint-manager/prod/{rest}"
    for rest in ("toxicity/slow", "toxicity/server-errors", "toxicity-b/slow", "runs")
)


class Command:
    """The command on a stack whose state has the alarms that the test arranges."""

    def __init__(self, account: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.sandbox, self.cloudwatch = account.sandbox, account.sandbox.client("cloudwatch")
        self._capsys = capsys
        self._held: list[dict[str, Any]] = []
        self.outputs: dict[str, Any] = {}
        self.state: str | CommandError = ""

    def hold(self, name: str, task: str = "", variant: str = "champion") -> None:
        """An alarm in the state alone."""
        self._held.append(exports.alarm(name, task, variant))

    def make(self, name: str, task: str = "", variant: str = "champion", **settings: Any) -> None:
        """The same, and in CloudWatch too."""
        self.hold(name, task, variant)
        self.put(name, **settings)

    def put(self, name: str, **settings: Any) -> None:
        """An alarm in CloudWatch alone."""
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Statistic="Average",
            Period=300,
            EvaluationPeriods=1,
            Threshold=0.05,
            WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 60},  # so that it stays as the test puts it
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            **settings,
        )

    def move(self, name: str, to: str, why: str = "as the test says") -> None:
        self.cloudwatch.set_alarm_state(AlarmName=name, StateValue=to, StateReason=why)

    def answer(self, *arguments: str) -> str:
        assert arguments == ("stack", "export", "--stack", "prod")
        if isinstance(self.state, CommandError):
            raise self.state
        return self.state or exports.text(*self._held, outputs=self.outputs)

    def run(self, *flags: str) -> int:
        code = main(["alarms", "--stack", "prod", *flags])
        self.out, self.errors = self._capsys.readouterr()
        return code

    def json(self) -> tuple[int, Any]:
        code = self.run("--json")
        found = json.loads(self.out)
        Draft202012Validator(alarms.json_schema()).validate(found)
        return code, found


@pytest.fixture
def command(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    command = Command(account, capsys)
    monkeypatch.setattr(state, "answer", command.answer)
    return command


def words(line: str) -> str:
    return " ".join(line.split())


# What is shown


def test_alarms_are_a_table_with_what_is_worst_first_and_a_total(command: Command) -> None:
    command.make(RUNS)
    command.make(SLOW, "toxicity")
    command.make(ERRORS, "toxicity")
    command.make(CHALLENGERS, "toxicity", "b")
    command.move(RUNS, "OK", "a run succeeded")
    command.move(ERRORS, "ALARM", "2 datapoints were\nabove 0.05")
    command.move(CHALLENGERS, "ALARM", "slow")
    assert command.run() == 2
    assert [words(line) for line in command.out.splitlines()] == [
        "TASK ALARM STATE FOR REASON",
        "toxicity/b slow ALARM 0 s slow",
        "toxicity server-errors ALARM 0 s 2 datapoints were above 0.05",
        "toxicity slow INSUFFICIENT_DATA 0 s Unchecked: Initial alarm creation",
        "- runs OK 0 s a run succeeded",
        "2 ALARM, 1 INSUFFICIENT_DATA, 1 OK",
    ]
    assert command.errors == ""


def test_the_object_has_what_the_table_shows(command: Command) -> None:
    command.make(CHALLENGERS, "toxicity", "b")
    command.make(RUNS)
    command.move(CHALLENGERS, "ALARM", "slow")
    command.move(RUNS, "OK", "well")
    code, found = command.json()
    since = [one.pop("since") for one in found["alarms"]]
    assert (code, found) == (
        2,
        {
            "schema": 1,
            "alarms": [
                {
                    "name": CHALLENGERS,
                    "task": "toxicity",
                    "variant": "b",
                    "kind": "slow",
                    "state": "ALARM",
                    "reason": "slow",
                },
                {"name": RUNS, "task": "", "variant": "", "kind": "runs", "state": "OK", "reason": "well"},
            ],
            "warnings": [],
        },
    )
    assert all(datetime.fromisoformat(one).utcoffset() == timedelta(0) for one in since)


def test_since_when_is_not_moved_by_a_new_reason(command: Command) -> None:
    command.make(SLOW, "toxicity")
    command.move(SLOW, "ALARM", "one")
    _, before = command.json()
    command.move(SLOW, "ALARM", "another")
    _, after = command.json()
    assert [one["alarms"][0]["reason"] for one in (before, after)] == ["one", "another"]
    assert after["alarms"][0]["since"] == before["alarms"][0]["since"]


def test_alarms_keep_the_names_that_the_state_has(command: Command) -> None:
    command.make("sagemaker-endpoint-manager/before-the-rename/toxicity/slow", "toxicity")
    command.put(SLOW)
    _, found = command.json()
    assert [one["name"] for one in found["alarms"]] == ["sagemaker-endpoint-manager/before-the-rename/toxicity/slow"]


def test_a_fleet_of_more_alarms_than_one_call_takes_is_shown_whole(command: Command) -> None:
    for number in range(101):
        command.make(f"sagemaker-endpoint-manager/prod/t{number}/slow", f"t{number}")
    mark = command.sandbox.mark()
    _, found = command.json()
    assert len(found["alarms"]) == 101
    assert [call.operation for call in command.sandbox.calls(mark)].count("DescribeAlarms") == 2


def test_looking_changes_nothing(command: Command) -> None:
    command.make(SLOW, "toxicity")
    mark = command.sandbox.mark()
    command.run()
    assert command.sandbox.mutations(mark) == []


@pytest.mark.parametrize("state", ["", exports.NEVER_DEPLOYED])
def test_a_stack_without_alarms_is_one_sentence_and_well(command: Command, state: str) -> None:
    command.state = state
    assert command.run() == 0
    assert command.out == (
        "the state of prod has no alarms: the task list asks for none, or `pulumi up` has not made them yet\n"
    )
    assert command.json() == (0, {"schema": 1, "alarms": [], "warnings": []})


# What the exit code says


@pytest.mark.parametrize(("state", "code"), [("OK", 0), ("INSUFFICIENT_DATA", 0), ("ALARM", 2)])
def test_the_exit_code_tells_whether_one_is_in_alarm(command: Command, state: str, code: int) -> None:
    command.make(SLOW, "toxicity")
    command.make(ERRORS, "toxicity")
    command.move(SLOW, "OK")
    command.move(ERRORS, state)
    assert command.json()[0] == code


def test_an_alarm_that_somebody_deleted_is_told_and_is_not_well(command: Command) -> None:
    command.make(ERRORS, "toxicity")
    command.move(ERRORS, "ALARM")
    command.hold(SLOW, "toxicity")
    assert command.run() == 1
    assert command.out.splitlines()[-1] == "1 ALARM, 1 deleted outside of Pulumi"
    told = f"{SLOW}: deleted outside of Pulumi, so nobody is told; `pulumi up --refresh` makes it again"
    assert command.errors == f"warning: {told}\n"
    code, found = command.json()
    assert (code, [one["name"] for one in found["alarms"]], found["warnings"]) == (1, [ERRORS], [told])


def test_an_alarm_that_tells_nobody_is_a_warning(command: Command) -> None:
    command.make(SLOW, "toxicity", ActionsEnabled=False)
    command.move(SLOW, "OK")
    code, found = command.json()
    assert code == 0
    assert found["warnings"] == [
        f"{SLOW}: its actions are off, so nobody is told; `pulumi up --refresh` turns them on again"
    ]


def test_an_error_of_cloudwatch_is_named(command: Command) -> None:
    command.make(SLOW, "toxicity")
    command.sandbox.fault("DescribeAlarms", service="cloudwatch", action="error", code="AccessDenied", message="no")
    assert command.run() == 1
    assert (command.out, command.errors) == ("", "fleet alarms: DescribeAlarms: AccessDenied: no\n")
    error = "DescribeAlarms: AccessDenied: no"
    assert command.json() == (1, {"schema": 1, "alarms": [], "warnings": [], "error": error})


def test_an_engine_that_does_not_answer_is_an_object_too(command: Command) -> None:
    command.state = CommandError("pulumi stack: no stack named 'prod' found")
    assert command.json()[1]["error"] == "pulumi stack: no stack named 'prod' found"


def test_another_region_than_the_fleets_is_not_taken_for_deleted_alarms(command: Command) -> None:
    command.hold(SLOW, "toxicity")
    command.outputs = served_in("us-east-1")
    assert command.run() == 1
    assert "this stack's endpoints are in us-east-1" in command.errors


def served_in(region: str) -> dict[str, Any]:
    arn = f"arn:aws:sagemaker:{region}:123456789012:endpoint/toxicity"
    run = wire.pack(Outcome(endpoint="toxicity", arn=arn))
    return {"toxicity": {"variants": {"champion": {"run": run}}}}


# The schema


def test_the_committed_schema_is_fresh() -> None:
    committed = (ROOT / "alarms.schema.json").read_text(encoding="utf-8")
    assert committed == json.dumps(alarms.json_schema(), indent=2, ensure_ascii=False) + "\n", "run `make schema`"


def test_the_exit_codes_are_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["alarms", "--help"])
    assert alarms.EXIT_CODES in " ".join(capsys.readouterr().out.split())
