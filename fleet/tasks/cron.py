"""What Application Auto Scaling takes inside cron(…), so that a run is not refused half-way.

Whether the expression has six fields is the task list's to see; here is what may stand in each.
"""

import re
from typing import NamedTuple


class Field(NamedTuple):
    name: str
    least: int
    most: int
    takes: str  # for people
    names: tuple[str, ...] = ()  # in place of numbers, from `least` on
    alone: str = ""  # a pattern of what stands for itself, outside lists

    def number(self, word: str) -> int | None:
        """What a word stands for; None where this field has no such value."""
        if word.upper() in self.names:
            return self.names.index(word.upper()) + self.least
        return int(word) if word.isascii() and word.isdigit() and self.least <= int(word) <= self.most else None


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
WEEKDAY = "|".join(("[1-7]", *WEEKDAYS))

# Cron expressions reference, Amazon EventBridge User Guide, to which that of Application Auto Scaling points (2026-11).
FIELDS = (
    Field("minutes", 0, 59, "0-59"),
    Field("hours", 0, 23, "0-23"),
    Field("day of the month", 1, 31, "1-31, ?, L or W", alone=r"\?|L|LW|L-([1-9]|[12]\d|30)|([1-9]|[12]\d|3[01])W"),
    Field("month", 1, 12, "1-12 or JAN-DEC", MONTHS),
    Field("day of the week", 1, 7, "1-7 or SUN-SAT, ?, L or #", WEEKDAYS, rf"\?|L|({WEEKDAY})L|({WEEKDAY})#[1-5]"),
    Field("year", 1970, 2199, "1970-2199"),
)
TERM = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]+))?")


def complaint(expression: str) -> str:
    """What is wrong with six fields, a space between; "" where nothing is."""
    fields = expression.split(" ")
    for field, text in zip(FIELDS, fields, strict=True):
        if re.fullmatch(field.alone, text, re.IGNORECASE):
            continue
        for term in text.split(","):
            if said := _complaint(field, term):
                return f'{field.name}: "{term}" {said}'
    if (fields[2] == "?") == (fields[4] == "?"):
        return "day of the month, day of the week: exactly one of them must be ?"
    return ""


def _complaint(field: Field, term: str) -> str:
    found = TERM.fullmatch(term)
    words = [word for word in (found["first"], found["last"]) if word] if found else []
    numbers = [number for word in words if (number := field.number(word)) is not None]
    step = int(found["step"] or 1) if found else 0
    if not found or len(numbers) < len(words) or not 1 <= step <= field.most:
        return f"is not possible; use {field.takes}, or * and lists, ranges and steps"
    if numbers != sorted(numbers):
        return "ends before it begins; write a list of two ranges"
    return ""
