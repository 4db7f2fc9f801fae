"""The report as people see it: on a terminal, in a pipe, in the summary of a CI job."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from fleet.cli import report, table
from tests.fleet.cli.previews import OUTDATED, RETIRED, SERVES, output, read, said, variant

UNKNOWN = output(variant("UNKNOWN", "registry: down", approved_version=0))
NOTHING = output(variant("NOT_DEPLOYED", "nothing approved", version=0, approved_version=0))
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(tasks: dict[str, Any], stream: io.StringIO | None = None, *, width: int | None = None) -> str:
    stream = stream or io.StringIO()
    out = table.console(stream)
    if width:
        out = Console(file=stream, width=width, highlight=False)
    table.show(report.read(read(tasks)), out)
    return stream.getvalue()


def names(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines()[1:-1]]


def test_what_needs_attention_comes_first_and_what_was_decided_last():
    both = output(variant(), challenger=variant("OUT_OF_DATE", "x"))
    tasks = {"retired": RETIRED, "a": SERVES, "b": both, "old": OUTDATED, "down": UNKNOWN, "none": NOTHING}

    assert names(shown(tasks)) == ["down", "none", "b/challenger", "old", "a", "b", "retired"]


def test_a_row_tells_status_versions_endpoint_age_and_reason():
    [head, row, total] = shown({"toxicity": OUTDATED}).splitlines()

    assert head.split() == ["TASK", "STATUS", "SERVES", "APPROVED", "ENDPOINT", "AGE", "REASON"]
    assert row.split()[:5] == ["toxicity", "OUT_OF_DATE", "1", "2", "InService"]
    assert row.rstrip().endswith("  new version 2 approved; version 1 keeps serving")
    assert total == "1 OUT_OF_DATE"


def test_what_is_not_there_is_a_dash():
    assert shown({"spam": NOTHING}).splitlines()[1].split()[:6] == ["spam", "NOT_DEPLOYED", "-", "-", "-", "-"]


def test_in_a_pipe_a_reason_of_any_length_is_one_line_with_its_end():
    reason = "because " * 300 + "of this"

    text = shown({"spam": output(variant("OUT_OF_DATE", reason))})

    assert len(text.splitlines()) == 3
    assert reason in text


def test_on_a_narrow_terminal_the_whole_reason_stands_under_the_name():
    reason = "version 8 rolled back: CannotStartContainerError; version 7 keeps serving"

    lines = shown({"spam": output(variant("OUT_OF_DATE", reason))}, width=80).splitlines()

    assert max(map(len, lines)) <= 80
    assert " ".join(line.strip() for line in lines[2:-1]) == reason


@pytest.mark.parametrize("width", [100, 80, 60, 40])
def test_no_terminal_is_too_narrow_for_the_names(width: int):
    text = shown({"sentiment-polarity": SERVES}, width=width)

    assert "sentiment-polarity" in text


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" not in shown({"spam": OUTDATED})
    assert "\x1b[33m" in shown({"spam": OUTDATED}, Terminal())

    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[33m" not in shown({"spam": OUTDATED}, Terminal())


def test_what_another_wrote_into_a_reason_is_neither_markup_nor_control():
    text = shown({"spam": output(variant("OUT_OF_DATE", "failed:\n[red]x[/red]\x1b[2J :smile:"))})

    assert "failed: [red]x[/red] [2J :smile:" in text


def test_a_run_that_came_to_nothing_has_no_table():
    stream = io.StringIO()

    table.show(report.failed("no stack"), table.console(stream))

    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (timedelta(days=3, hours=23), "3 d"),
        (timedelta(hours=5, minutes=59), "5 h"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(seconds=40), "40 s"),
        (timedelta(seconds=-9), "0 s"),  # its clock is not ours
    ],
)
def test_an_age_is_told_in_the_largest_unit_that_fits(passed: timedelta, told: str):
    assert table.age((NOW - passed).isoformat(), NOW) == told


# Markdown


def test_the_markdown_has_the_total_as_headline_and_a_row_each():
    lines = table.markdown(report.read(read({"spam": SERVES, "toxicity": OUTDATED}))).splitlines()

    assert lines[0] == "### 1 UP_TO_DATE, 1 OUT_OF_DATE"
    assert lines[2:4] == [
        "| Task | Status | Serves | Approved | Endpoint | Age | Reason |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    assert [line.split(" | ")[:2] for line in lines[4:]] == [["| toxicity", "OUT_OF_DATE"], ["| spam", "UP_TO_DATE"]]


def test_a_cell_of_the_markdown_stays_one_cell():
    reason = "a|b\nc <details> *d* [e](f) & `g`"

    row = table.markdown(report.read(read({"spam": output(variant("OUT_OF_DATE", reason))}))).splitlines()[-1]

    assert row.endswith(r" | a\|b c &lt;details> \*d\* \[e\](f) &amp; \`g\` |")


def test_the_markdown_tells_warnings_and_errors():
    failed = read({"spam": SERVES}, said("info", "1 UP_TO_DATE"), said("warning", "spam: w"), said("error", "spam: e"))

    lines = table.markdown(report.read(failed)).splitlines()

    assert lines[:5] == ["### 1 UP_TO_DATE", "", "- **error**: spam: e", "- **warning**: spam: w", ""]


def test_the_markdown_of_a_run_that_came_to_nothing_says_so():
    assert table.markdown(report.failed("no stack")) == "### Could not find out\n\n- **error**: no stack"
