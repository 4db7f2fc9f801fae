"""What Application Auto Scaling takes as a schedule: at(…), rate(…) and cron(…) with its six fields.

The ranges are those of its user guide, "Schedule recurring scaling actions using cron expressions" (2026-11).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


class BadSchedule(Exception):
    """The text says what is wrong with it."""


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()  # names of low, low + 1, …
    special: str = "(?!)"  # pattern of what else may be the whole field; this one fits nothing

    def number(self, text: str) -> int:
        if text.upper() in self.words:
            return self.low + self.words.index(text.upper())
        if not re.fullmatch(r"\d{1,4}", text) or not self.low <= int(text) <= self.high:
            raise BadSchedule(f"{text!r} is not one of {self.low}-{self.high} ({self.name})")
        return int(text)

    def check(self, text: str) -> None:
        if re.fullmatch(self.special, text, re.IGNORECASE):
            return
        for item in text.split(","):
            span, slash, step = item.partition("/")
            if slash and (not re.fullmatch(r"\d{1,4}", step) or not 1 <= int(step) <= self.high):
                raise BadSchedule(f"{step!r} is not a step of {self.name}")
            first, dash, last = span.partition("-")
            if span == "*":
                continue
            if self.number(first) > self.number(last if dash else first) and not self.words:
                raise BadSchedule(f"{span!r} ends before it begins ({self.name})")


DAY_OF_MONTH, DAY_OF_WEEK = 2, 4
FIELDS = (
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of month", 1, 31, special=r"\?|L|LW|([1-9]|[12]\d|3[01])W"),
    _Field("month", 1, 12, MONTHS),
    _Field("day of week", 1, 7, DAYS, special=rf"\?|L|([1-7]|{'|'.join(DAYS)})(L|#[1-5])"),
    _Field("year", 1970, 2199),
)


def check(schedule: str, timezone: str) -> None:
    """Raises BadSchedule."""
    kind = re.fullmatch(r"(at|rate|cron)\((.*)\)", schedule)
    if not kind:
        raise BadSchedule(f"{schedule!r} is none of at(…), rate(…), cron(…)")
    _KINDS[kind[1]](kind[2])
    try:
        ZoneInfo(timezone)
    except (KeyError, OSError, ValueError):
        raise BadSchedule(f"{timezone!r} is not an IANA time zone") from None


def _check_at(text: str) -> None:
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        raise BadSchedule(f"{text!r} is not yyyy-mm-ddThh:mm:ss") from None


def _check_rate(text: str) -> None:
    if not re.fullmatch(r"[1-9]\d* (minute|hour|day)s?", text):
        raise BadSchedule(f"{text!r} is not a positive number of minutes, hours or days")


def _check_cron(text: str) -> None:
    fields = text.split()
    if len(fields) != len(FIELDS):
        raise BadSchedule(f"a cron expression has {len(FIELDS)} fields, not {len(fields)}")
    for field, given in zip(FIELDS, fields, strict=True):
        field.check(given)
    if (fields[DAY_OF_MONTH] == "?") == (fields[DAY_OF_WEEK] == "?"):
        raise BadSchedule("exactly one of day of month and day of week must be ?")


_KINDS = {"at": _check_at, "rate": _check_rate, "cron": _check_cron}
