"""What the sandbox takes as a schedule of Application Auto Scaling."""

import pytest

from sandbox.aws import schedule


@pytest.mark.parametrize(
    "good",
    [
        "cron(0 7 ? * MON-FRI *)",
        "cron(*/5 8-18 1,15 JAN-MAR ? 2026-2030)",
        "cron(0 0 L * ? *)",
        "cron(0 0 15W * ? *)",
        "cron(0 0 ? * 6#3 *)",
        "cron(0 0 ? * friL *)",
        "cron(0 0 ? * FRI-MON *)",
        "rate(1 hour)",
        "rate(10 minutes)",
        "at(2026-12-24T18:00:00)",
    ],
)
def test_a_good_schedule_is_taken(good: str) -> None:
    schedule.check(good, "Europe/Berlin")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("0 7 ? * MON-FRI *", "none of at"),
        ("cron(0 7 ? * MON-FRI)", "6 fields, not 5"),
        ("cron(60 7 ? * MON *)", r"'60' is not one of 0-59 \(minutes\)"),
        ("cron(0 24 ? * MON *)", "hours"),
        ("cron(0 7 0 * ? *)", "day of month"),
        ("cron(0 7 ? 13 MON *)", "month"),
        ("cron(0 7 ? * 8 *)", "day of week"),
        ("cron(0 7 ? * MON-FRIDAY *)", "'FRIDAY'"),
        ("cron(0 7 ? * MON 1969)", "year"),
        ("cron(0 18-8 ? * MON *)", "ends before it begins"),
        ("cron(0/0 7 ? * MON *)", "step of minutes"),
        ("cron(0 7 * * * *)", r"exactly one of .* must be \?"),
        ("cron(0 7 ? * ? *)", r"exactly one of .* must be \?"),
        ("cron(? 7 ? * MON *)", "minutes"),
        ("cron(0 7 1,? * ? *)", "day of month"),
        ("rate(0 hours)", "positive number"),
        ("rate(1 week)", "minutes, hours or days"),
        ("at(2026-13-01T00:00:00)", "yyyy-mm-dd"),
    ],
)
def test_a_bad_schedule_is_refused(bad: str, says: str) -> None:
    with pytest.raises(schedule.BadSchedule, match=says):
        schedule.check(bad, "UTC")


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "", "../etc/passwd"])
def test_a_time_zone_must_exist(timezone: str) -> None:
    with pytest.raises(schedule.BadSchedule, match="not an IANA time zone"):
        schedule.check("rate(1 hour)", timezone)
