"""`fleet compare`: what is asked, printed and refused. What the engine would answer is given."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet import wire
from fleet.cli import stack
from fleet.cli.command import main
from fleet.memory import Outcome

CHALLENGER = "toxicity-challenger"


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).isoformat()


def variant(endpoint: str, version: int, weight: float, modified: str = "", reason: str = "") -> dict[str, Any]:
    run = wire.pack(Outcome(modified=modified))
    return {"endpoint": endpoint, "version": version, "weight": weight, "reason": reason, "run": run}


class Command:
    """The command on a stack of two tasks: toxicity in an A/B test, spam with a champion alone."""

    def __init__(self, account: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.sandbox, self._capsys = account.sandbox, capsys
        self.variants: dict[str, Mapping[str, Any]] = {
            "challenger": variant(CHALLENGER, 8, 0.1, ago(days=3)),
            "champion": variant("toxicity", 7, 0.9, ago(days=5)),
        }

    def outputs(self, *_: str) -> str:
        spam = {"champion": variant("spam", 1, 1)}
        return json.dumps({"toxicity": {"variants": self.variants}, "spam": {"variants": spam}, "other": "text"})

    def run(self, *flags: str) -> int:
        code = main(["compare", *flags, "--stack", "prod"])
        self.out, self.errors = self._capsys.readouterr()
        return code

    def json(self, *flags: str) -> Any:
        assert self.run("toxicity", "--json", *flags) == 0
        return json.loads(self.out)


@pytest.fixture
def command(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    command = Command(account, capsys)
    monkeypatch.setattr(stack, "answer", command.outputs)
    return command


def words(line: str) -> str:
    return " ".join(line.split())


def test_variants_stand_side_by_side_with_a_verdict(command: Command) -> None:
    command.sandbox.record_invocations("toxicity", 900, errors_5xx=9, latency_ms=40)
    command.sandbox.record_invocations(CHALLENGER, 300, errors_4xx=3, errors_5xx=27, latency_ms=250, cold_starts=2)
    assert command.run("toxicity") == 0
    assert [words(line) for line in command.out.splitlines()[1:]] == [
        "champion challenger",
        "ENDPOINT toxicity toxicity-challenger",
        "VERSION 7 8",
        "CALLS 900 300",
        "SHARE OF CALLS 75.00% 25.00%",
        "WEIGHT 90.00% 10.00%",
        "4XX ERRORS 0 (0.00%) 3 (1.00%)",
        "5XX ERRORS 9 (1.00%) 27 (9.00%)",
        "MODEL P50 40.0 ms 250 ms",
        "MODEL P95 40.0 ms 250 ms",
        "MODEL P99 40.0 ms 250 ms",
        "OVERHEAD AVG 5.0 ms 18.3 ms",
        "OVERHEAD MAX 5.0 ms 2,005 ms",
        "COLD STARTS no data 2",
        "COLD START P95 no data 2,000 ms",
        "challenger: worse: 10.00% of its calls fail, 1.00% of the champion's; difference +9.00 points, "
        "95% interval +5.96 to +12.95",
    ]
    assert command.errors == ""


def test_the_object_has_what_the_table_shows(command: Command) -> None:
    command.sandbox.record_invocations("toxicity", 900, errors_5xx=90)
    command.sandbox.record_invocations(CHALLENGER, 300)
    report = command.json()
    assert (report["schema"], report["task"], report["minimum"], report["warnings"]) == (1, "toxicity", 200, [])
    champion = report["variants"]["champion"]
    assert (champion["metrics"]["calls"], champion["error_rate"], champion["share"]) == (900, 0.1, 0.75)
    assert champion["metrics"]["cold_starts"] is None
    judgement = report["judgements"]["challenger"]
    assert judgement["verdict"] == "better"
    assert judgement["difference"]["low"] < judgement["difference"]["value"] < judgement["difference"]["high"] < 0


def test_fewer_calls_can_be_made_enough(command: Command) -> None:
    for endpoint, errors in (("toxicity", 1), (CHALLENGER, 30)):
        command.sandbox.record_invocations(endpoint, 50, errors_5xx=errors)
    assert command.json()["judgements"]["challenger"]["verdict"] == "not enough calls"
    assert command.json("--minimum", "50")["judgements"]["challenger"]["verdict"] == "worse"


def test_only_what_all_serve_now_is_compared(command: Command) -> None:
    command.sandbox.record_invocations("toxicity", 500, ago_seconds=4 * 3600)
    command.sandbox.record_invocations("toxicity", 300)
    command.variants["challenger"] = variant(CHALLENGER, 8, 0.1, modified := ago(hours=2))
    report = command.json()
    command.variants["challenger"] = {**command.variants["challenger"], "run": {"modified": modified}}
    assert command.json()["start"] == report["start"]  # as releases up to 0.3 wrote it
    assert report["start"][:16] == modified[:16]
    assert report["variants"]["champion"]["metrics"]["calls"] == 300
    assert report["warnings"][0].startswith(f"not all the 24 hours: {CHALLENGER} was last modified at {modified[:10]}")


def test_more_can_be_asked_for_and_is_told_to_be_of_what_served_before(command: Command) -> None:
    command.sandbox.record_invocations("toxicity", 500, ago_seconds=4 * 3600)
    command.variants["challenger"] = variant(CHALLENGER, 8, 0.1, ago(hours=2))
    report = command.json("--since", ago(hours=5))
    assert report["variants"]["champion"]["metrics"]["calls"] == 500
    assert "answered by what served before" in report["warnings"][0]


def test_so_many_hours_can_be_asked_for(command: Command) -> None:
    command.sandbox.record_invocations("toxicity", 500, ago_seconds=40 * 3600)
    assert command.json()["variants"]["champion"]["metrics"]["calls"] is None
    assert command.json("--hours", "48")["variants"]["champion"]["metrics"]["calls"] == 500


def test_a_task_without_challenger_is_shown_alone(command: Command) -> None:
    assert command.run("spam") == 0
    assert words(command.out.splitlines()[4]) == "CALLS no data"
    assert command.errors == "note: spam has no challenger: there is nothing to compare with\n"


def test_a_challenger_that_does_not_serve_is_left_out_and_told(command: Command) -> None:
    command.variants["challenger"] = variant(CHALLENGER, 0, 0, reason="same version as the champion")
    assert command.json()["variants"].keys() == {"champion"}
    assert command.errors == "note: challenger serves nothing: same version as the champion\n"


def test_comparing_changes_nothing(command: Command) -> None:
    mark = command.sandbox.mark()
    command.run("toxicity")
    assert command.sandbox.mutations(mark) == []


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["toxicty"], "toxicty: the last run of stack prod knows no such task; did you mean toxicity?"),
        (["urgency"], "urgency: the last run of stack prod knows no such task; run `pulumi up` if it is new"),
        (["toxicity", "--since", "2020-01-01"], "CloudWatch keeps metrics for 455 days; take a later start"),
        (["toxicity", "--since", "2999-01-01"], "--since: 2999-01-01 00:00 UTC is still to come"),
    ],
)
def test_what_cannot_be_compared_is_an_error(command: Command, flags: list[str], why: str) -> None:
    assert command.run(*flags) == 1
    assert command.errors == f"fleet compare: {why}\n"


@pytest.mark.parametrize("flags", [["--since", "soon"], ["--hours", "0"], ["--minimum", "x"]])
def test_what_makes_no_sense_is_refused(command: Command, flags: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.run("toxicity", *flags)
    assert ended.value.code == 1


def test_a_champion_that_serves_nothing_is_an_error(command: Command) -> None:
    command.variants["champion"] = variant("toxicity", 0, 0, reason="nothing approved")
    assert command.run("toxicity") == 1
    assert "the champion serves nothing (nothing approved)" in command.errors


def test_an_error_of_cloudwatch_is_named(command: Command) -> None:
    command.sandbox.fault("GetMetricData", service="cloudwatch", action="error", code="AccessDenied", message="no")
    assert command.run("toxicity") == 1
    assert command.errors == "fleet compare: GetMetricData: AccessDenied: no\n"
