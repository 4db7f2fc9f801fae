"""`fleet report` over a fleet that a real run has made."""

from pathlib import Path
from typing import Any


def report(fleet: Any, page: Path) -> tuple[int, str, str]:
    """The exit code, the page, and what was said of what is missing."""
    done = fleet.stack.command("report", "--html", str(page))
    return done.returncode, page.read_text() if page.exists() else done.stderr, done.stderr


def section(page: str, anchor: str) -> str:
    return page.partition(f'id="{anchor}"')[2].partition("</section>")[0]


def test_a_page_tells_what_the_last_run_changed_and_says_what_could_not_be_read(fleet, tmp_path):
    fleet.sandbox.register("toxicity")
    assert fleet.up().ok
    fleet.sandbox.record_invocations("toxicity", 1000, latency_ms=40, cold_starts=3)
    mark = fleet.sandbox.mark()

    code, page, missing = report(fleet, tmp_path / "report.html")
    assert (code, missing) == (0, "")
    assert "3 UP_TO_DATE" in section(page, "standing")
    assert "update succeeded" in section(page, "run")
    assert "toxicity" in section(page, "run")
    assert "went live" in section(page, "run")
    assert "spam" not in section(page, "run")
    assert "1,000" in section(page, "calls")
    assert "9 " in section(page, "alarms")
    assert fleet.sandbox.mutations(mark) == []

    for operation in ("GetMetricData", "DescribeAlarms"):
        fleet.sandbox.fault(operation, service="cloudwatch", action="error", code="AccessDenied", message="no")
    code, page, missing = report(fleet, tmp_path / "again.html")
    assert code == 0
    assert "The metrics of 3 endpoints (spam, toxicity, urgency) could not be read" in section(page, "calls")
    assert "The alarms could not be read: DescribeAlarms: AccessDenied: no" in section(page, "alarms")
    assert "3 UP_TO_DATE" in section(page, "standing")
    assert "DescribeAlarms: AccessDenied: no" in missing
