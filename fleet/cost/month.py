"""A month as it really is, and for how many hours of it provisioned concurrency stands, schedule by schedule.

A schedule begins at a time of its own zone and holds until another one begins: so its hours follow from the month's
weekdays, and from whether the clocks change in it.
"""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from fleet.tasks import cron
from fleet.tasks.model import Schedule, Sizes

AVERAGE_HOURS = 730  # of a month, as AWS's own calculator counts
# How far back a schedule is looked for that may still hold when a month begins: one that comes once a year is found.
LONGEST_BACK = timedelta(days=366)
DAY = timedelta(days=1)
MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, YEARS = cron.FIELDS


@dataclass(frozen=True)
class Month:
    """A month of the calendar, UTC: AWS bills by these."""

    year: int
    number: int  # 1 to 12

    @classmethod
    def of(cls, day: date) -> "Month":
        """The one that a day is in."""
        return cls(day.year, day.month)

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """When the next one begins."""
        return self.start + timedelta(days=calendar.monthrange(self.year, self.number)[1])

    @property
    def hours(self) -> float:
        return (self.end - self.start) / timedelta(hours=1)

    def __str__(self) -> str:
        return f"{calendar.month_name[self.number]} {self.year}"


@dataclass(frozen=True)
class Provisioned:
    """Provisioned concurrency of one endpoint, as far as the task list decides it."""

    slots: int  # that stand whatever the traffic is: with an autoscaler its least
    most: int  # that an autoscaler may hold; the same without one
    schedules: tuple[Schedule, ...] = ()


@dataclass(frozen=True)
class Stretch:
    """So many slots from one time on, until before another."""

    start: datetime
    end: datetime
    slots: int

    @property
    def hours(self) -> float:
        return (self.end - self.start) / timedelta(hours=1)


def provisioned(sizes: Sizes) -> Provisioned | None:
    """What the task list says of a variant; None where nothing is kept warm."""
    if sizes.provisioned_concurrency is None:
        return None
    if sizes.scaling is None:
        return Provisioned(sizes.provisioned_concurrency, sizes.provisioned_concurrency)
    return Provisioned(sizes.scaling.min, sizes.scaling.max, sizes.scaling.schedules)


def slot_hours(its: Provisioned, month: Month) -> float:
    """The hours of a month, each as often as slots stand in it."""
    return sum(stretch.hours * stretch.slots for stretch in stretches(its.slots, its.schedules, month))


@cache
def stretches(slots: int, schedules: tuple[Schedule, ...], month: Month) -> tuple[Stretch, ...]:
    """How many slots stand in a month, from change to change: `slots` until a schedule ever begins."""
    changes = {month.start: _held_before(month.start, schedules, slots), **_changes(schedules, month.start, month.end)}
    starts = sorted(changes)
    found: list[Stretch] = []
    for start, end in zip(starts, [*starts[1:], month.end], strict=True):
        if found and found[-1].slots == changes[start]:
            found[-1] = Stretch(found[-1].start, end, found[-1].slots)
        else:
            found.append(Stretch(start, end, changes[start]))
    return tuple(found)


def _held_before(moment: datetime, schedules: Sequence[Schedule], otherwise: int) -> int:
    """What the last schedule said that began before a moment."""
    day = moment
    while schedules and day > moment - LONGEST_BACK:
        if changes := _changes(schedules, day - DAY, day):
            return changes[max(changes)]
        day -= DAY
    return otherwise


def _changes(schedules: Sequence[Schedule], start: datetime, end: datetime) -> dict[datetime, int]:
    """From when on how many slots stand, from `start` on and before `end`. Of two at once, the more."""
    found: dict[datetime, int] = {}
    for schedule in schedules:
        for moment in begins(schedule, start, end):
            found[moment] = max(found.get(moment, 0), schedule.min)
    return found


def begins(schedule: Schedule, start: datetime, end: datetime) -> Iterator[datetime]:
    """When a schedule begins, from `start` on and before `end`, in the order of time."""
    zone, fields = ZoneInfo(schedule.timezone), schedule.cron.split(" ")
    times = [
        time(hour, minute)
        for hour in sorted(_numbers(HOURS, fields[1]))
        for minute in sorted(_numbers(MINUTES, fields[0]))
    ]
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        if _is_on(day, fields):
            moments = (datetime.combine(day, at, zone).astimezone(UTC) for at in times)
            yield from (moment for moment in moments if start <= moment < end)
        day += DAY


def _is_on(day: date, fields: Sequence[str]) -> bool:
    _, _, days, months, weekdays, years = fields
    if day.year not in _numbers(YEARS, years) or day.month not in _numbers(MONTHS, months):
        return False
    return _is_day(day, days.upper()) if weekdays == "?" else _is_weekday(day, weekdays.upper())


def _is_day(day: date, text: str) -> bool:
    """Whether a day is one of `1-31`, `L` (the last), `L-2`, `15W` (the weekday nearest to the 15th) or `LW`."""
    last = calendar.monthrange(day.year, day.month)[1]
    if text == "LW":
        return day.day == _nearest_weekday(day, last)
    if text.startswith("L"):
        return day.day == last - int(text[2:] or 0)
    if text.endswith("W"):
        return day.day == _nearest_weekday(day, min(int(text[:-1]), last))
    return day.day in _numbers(DAYS, text)


def _nearest_weekday(day: date, number: int) -> int:
    """The weekday nearest to a day of the month, in the same month."""
    last = calendar.monthrange(day.year, day.month)[1]
    for near in (number, number - 1, number + 1, number - 2, number + 2):
        if 1 <= near <= last and day.replace(day=near).weekday() < calendar.SATURDAY:
            return near
    raise ValueError(f"{number} is no day of a month")


def _is_weekday(day: date, text: str) -> bool:
    """Whether a day is one of `1-7`, `6L` (the last Friday), `6#2` (the second); Sunday is 1."""
    number = day.isoweekday() % 7 + 1
    if text == "L":
        return number == cron.WEEKDAYS.index("SAT") + 1
    if text.endswith("L"):
        is_last = day.day + 7 > calendar.monthrange(day.year, day.month)[1]
        return is_last and number == WEEKDAYS.number(text[:-1])
    if "#" in text:
        name, _, which = text.partition("#")
        return number == WEEKDAYS.number(name) and (day.day - 1) // 7 + 1 == int(which)
    return number in _numbers(WEEKDAYS, text)


@cache
def _numbers(field: cron.Field, text: str) -> frozenset[int]:
    """What `*`, lists, ranges and steps of a field mean."""
    found: set[int] = set()
    for term in text.split(","):
        matched = cron.TERM.fullmatch(term)
        if matched is None:
            raise ValueError(f"{field.name}: {term}")
        first = field.least if matched["first"] is None else field.number(matched["first"])
        is_open = matched["first"] is None or (matched["step"] and not matched["last"])
        last = field.most if is_open else field.number(matched["last"] or matched["first"])
        if first is None or last is None:
            raise ValueError(f"{field.name}: {term}")
        found.update(range(first, last + 1, int(matched["step"] or 1)))
    return frozenset(found)
