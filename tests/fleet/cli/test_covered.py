"""Whether a run has come since an approval."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.cli import covered, history
from fleet.cli.command import CommandError
from fleet.cli.covered import COVERED, NOT_COVERED
from fleet.cli.history import Run

APPROVED = datetime(2027, 1, 31, 10, tzinfo=UTC)


def run(after: int, *, kind: str = "update", result: str = "succeeded", is_over: bool = True) -> Run:
    """One that began so many seconds after the approval."""
    began = APPROVED + timedelta(seconds=after)
    return Run(kind, result, began, began + timedelta(minutes=3) if is_over else None, {})


@pytest.mark.parametrize(
    ("last", "is_covered"),
    [
        (run(after=1), True),
        (run(after=1, result="failed"), True),
        (run(after=-1), False),  # its question to the registry may have come before the approval
        (run(after=0), False),
        (run(after=1, kind="refresh"), False),
        (run(after=1, kind="destroy"), False),
        (run(after=1, result="in-progress", is_over=False), False),
    ],
)
def test_a_run_that_began_after_the_approval_has_seen_it(last: Run, is_covered: bool) -> None:
    assert covered.covers(last, APPROVED) == is_covered


def test_ci_is_told_by_the_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(history, "last", lambda stack: run(after=20))

    assert covered.main(["--stack", "prod", "--since", "2027-01-31T10:00:00Z"]) == COVERED
    assert capsys.readouterr().out == "nothing to do: the run of 2027-01-31 10:00:20 UTC began after 10:00:00\n"
    assert covered.main(["--stack", "prod", "--since", "2027-01-31T11:00:21+01:00"]) == NOT_COVERED


def test_a_history_that_cannot_be_read_covers_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreadable(stack: str) -> Run:
        raise CommandError("no run of prod is in its history")

    monkeypatch.setattr(history, "last", unreadable)

    assert covered.main(["--stack", "prod", "--since", "2027-01-31T10:00:00Z"]) == NOT_COVERED
    assert capsys.readouterr().err == "covered: no run of prod is in its history\n"
