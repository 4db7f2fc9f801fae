"""What a run says in the end: each thing once, in one line, and what needs attention first."""

from collections.abc import Callable
from typing import Any, cast

import pulumi
import pytest

from fleet import contract
from fleet.memory import Outcome
from fleet.resources import report
from fleet.resources.beside.thing import Stands
from fleet.resources.task import TaskComponent, TaskResult
from fleet.resources.variant import Result
from fleet.status import Standing, Status

Line = tuple[str, str]  # severity and text
Say = Callable[..., list[Line]]
WELL = Stands()


def variant(name: str, status: Status, reason: str, *, by_decision: bool = False, **ends: Any) -> Result:
    outcome = Outcome(by_decision=by_decision)
    return Result(name, name, Standing(status, reason), outcome, takes_calls=False, **ends)


def task(name: str, status: Status = Status.UP_TO_DATE, reason: str = "version 1 serves", **ends: Any) -> TaskResult:
    """A task with a champion alone."""
    return of(name, variant("champion", status, reason, **ends))


def of(name: str, *variants: Result) -> TaskResult:
    by_name = {one.variant: one for one in variants}
    return TaskResult(name, cast(TaskComponent, None), by_name, cast(contract.Contract, None))


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch) -> Say:
    return _saying(monkeypatch, dry=False)


@pytest.fixture
def preview(monkeypatch: pytest.MonkeyPatch) -> Say:
    return _saying(monkeypatch, dry=True)


def _saying(monkeypatch: pytest.MonkeyPatch, *, dry: bool) -> Say:
    said: list[Line] = []
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: dry)
    for severity in ("info", "warn", "error"):
        monkeypatch.setattr(pulumi.log, severity, lambda text, severity=severity: said.append((severity, text)))
    monkeypatch.setattr(report, "Fault", lambda name, text, opts: said.append((name, text)))

    def say(*results: TaskResult, watched: Stands = WELL) -> list[Line]:
        said.clear()
        try:
            report.say(results, watched, cast(pulumi.Resource, None))
        except pulumi.RunError as error:
            said.append(("error", str(error)))
        return said

    return say


def test_a_fleet_without_news_is_one_line(up: Say) -> None:
    assert up(task("spam"), task("toxicity")) == [("info", "2 UP_TO_DATE")]


def test_a_task_that_is_about_to_be_made_or_moved_is_information(preview: Say) -> None:
    new, moves = "version 1 approved", "new version 2 approved; version 1 keeps serving"
    assert preview(
        task("spam", Status.NOT_DEPLOYED, new, fault=new), task("topic", Status.OUT_OF_DATE, moves, fault=moves)
    ) == [
        ("info", f"spam: NOT_DEPLOYED: {new}"),
        ("info", f"topic: OUT_OF_DATE: {moves}"),
        ("info", "1 OUT_OF_DATE, 1 NOT_DEPLOYED"),
    ]


def test_what_ended_badly_is_how_the_task_stands_and_the_fault_that_makes_the_run_red(up: Say) -> None:
    why = "version 2 rolled back: out of memory; version 1 keeps serving"
    assert up(task("spam", Status.OUT_OF_DATE, why, fault=why), task("topic")) == [
        ("info", f"spam: OUT_OF_DATE: {why}"),
        ("info", "1 UP_TO_DATE, 1 OUT_OF_DATE"),
        ("spam-fault", f"spam: {why}"),
    ]


def test_what_a_person_has_to_mend_ends_a_preview_with_every_such_sentence(preview: Say) -> None:
    pin, taken = "pin: version 9 is not approved", "somebody else's"
    lines = preview(
        task("spam", Status.OUT_OF_DATE, f"{pin}; version 1 keeps serving", fault=pin, refusal=pin),
        of(
            "topic",
            variant("champion", Status.UP_TO_DATE, "version 1 serves"),
            variant("challenger", Status.NOT_DEPLOYED, taken, fault=taken, refusal=taken),
        ),
    )
    assert [severity for severity, _ in lines] == ["info", "info", "info", "error"]
    assert lines[-1] == ("error", f"topic/challenger: {taken}\nspam: {pin}")


def test_a_decision_whose_last_day_is_over_is_a_warning_before_anything_else(up: Say) -> None:
    over = "the pin by team-x ended on 2020-01-31 and stays in force: renew or remove it"
    assert up(task("spam", Status.NOT_DEPLOYED, "nothing approved"), task("topic", warning=over))[0] == (
        "warn",
        f"topic: {over}",
    )


def test_what_needs_attention_comes_first_and_what_people_decided_last(up: Say) -> None:
    lines = up(
        task("a", Status.NOT_DEPLOYED, "retired, use b", by_decision=True),
        task("b", Status.OUT_OF_DATE, "updating"),
        task("c", Status.NOT_DEPLOYED, "nothing approved"),
        task("d", Status.UNKNOWN, "registry: down"),
    )
    assert [text.partition(":")[0] for _, text in lines[:-1]] == ["d", "c", "b", "a"]


def test_a_reason_of_many_lines_is_told_in_one(up: Say) -> None:
    assert up(task("spam", Status.NOT_DEPLOYED, "endpoint Failed: exited\n  with 1\n"))[0] == (
        "info",
        "spam: NOT_DEPLOYED: endpoint Failed: exited with 1",
    )


def test_what_is_in_the_way_of_what_a_stack_has_once_ends_a_preview(preview: Say) -> None:
    why = "dashboard fleet exists"
    assert preview(task("spam"), watched=Stands(problem=why))[-1] == ("error", why)


def test_what_could_not_be_found_out_of_it_makes_an_up_red_and_ends_no_preview(up: Say) -> None:
    why = "dashboard fleet was not written: GetDashboard: AccessDenied"
    assert up(task("spam"), watched=Stands(unknown=why))[-1] == ("monitoring-fault", f"monitoring: {why}")


def test_a_preview_warns_of_it(preview: Say) -> None:
    why = "dashboard fleet was not written: GetDashboard: AccessDenied"
    assert preview(task("spam"), watched=Stands(unknown=why))[0] == ("warn", f"monitoring: {why}")


def test_what_is_in_the_way_of_it_makes_an_up_red(up: Say) -> None:
    why = "dashboard fleet exists"
    assert up(task("spam"), watched=Stands(problem=why))[-1] == ("monitoring-fault", f"monitoring: {why}")


@pytest.mark.parametrize("stands", [Stands(problem="no"), Stands(unknown="no"), Stands(refused=("no", "no"))])
def test_what_watches_over_the_stack_counts_as_one_fault(stands: Stands) -> None:
    assert (report.faults([task("spam")], stands), report.faults([task("spam")], WELL)) == (1, 0)


def test_what_aws_refused_a_variant_counts_as_a_fault() -> None:
    its = Result("champion", "spam", Standing(Status.UP_TO_DATE, ""), Outcome(refused=("no",)), takes_calls=True)
    assert report.faults([of("spam", its)], WELL) == 1
