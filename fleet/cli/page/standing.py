"""How the fleet stands, what its last run changed, what went live when, and its alarms."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from fleet.aws.operator.alarms import State
from fleet.cli import table
from fleet.cli.commands.alarms import AlarmStatus
from fleet.cli.history import Run
from fleet.cli.page import drawing
from fleet.cli.page.blocks import (
    Beside,
    Block,
    Card,
    Cell,
    Folded,
    Listed,
    Said,
    Section,
    Table,
    Tone,
    cells,
    folded_beyond,
    heads,
    missing,
)
from fleet.cli.page.content import Content, Missing, Moved
from fleet.cli.page.drawing import Drawing, Mark
from fleet.cli.report import Row
from fleet.memory import Move, Verdict
from fleet.status import Status, one_line

NONE = "-"
SHOWN_TASKS, SHOWN_MOVES, DRAWN_TASKS, SHOWN_ALARMS = 8, 10, 14, 25
TONES = {
    Status.UP_TO_DATE: Tone.GOOD,
    Status.OUT_OF_DATE: Tone.NOTE,
    Status.NOT_DEPLOYED: Tone.BAD,
    Status.UNKNOWN: Tone.BAD,
}
ENDED = {
    Verdict.SERVES: "went live",
    Verdict.ROLLED_BACK: "rolled back",
    Verdict.SMOKE_TEST: "failed its smoke test",
    Verdict.NOT_SENT: "not sent",
}
DONE = {"create": "created", "delete": "deleted", "read": "read", "replace": "replaced", "update": "updated"}
ALARM_TONES = {State.ALARM: Tone.BAD, State.INSUFFICIENT_DATA: Tone.NOTE, State.OK: Tone.GOOD}


def shown(time: datetime | str | None) -> str:
    """A time to the minute, UTC; "-" for none."""
    if not time:
        return NONE
    at = datetime.fromisoformat(time) if isinstance(time, str) else time
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 task`, `3 tasks`"""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


# How it stands


def standing(content: Content) -> Section:
    return Section("standing", "How the fleet stands", tuple(_standing(content)))


def _standing(content: Content) -> Iterable[Block]:
    found = content.standing
    if isinstance(found, Missing):
        yield missing("How the tasks stand", found.why)
        return
    if found.error:
        yield missing("All of how the tasks stand", one_line(found.error))
    yield Said(found.total)
    rows = table.by_attention(found)
    titles = heads("Task", "Status", "#Serves", "#Approved", "@Endpoint", "@Last changed", "=Why")
    if rows:
        first = max(SHOWN_TASKS, sum(_is_due(row) for row in rows))
        by_task = Table("Status by task, what needs attention first", titles, tuple(_row(row) for row in rows))
        yield from folded_beyond(first, by_task, "tasks and variants")
    if found.warnings:
        yield Listed(tuple(one_line(warning) for warning in found.warnings))


def _is_due(row: Row) -> bool:
    return row.standing.status is not Status.UP_TO_DATE and not row.is_by_decision


def _row(row: Row) -> tuple[Cell, ...]:
    its = row.standing
    tone = Tone.QUIET if row.is_by_decision else TONES[its.status]
    numbers = (str(version) if version else NONE for version in (its.serving_version, its.approved_version))
    said = (its.endpoint_status or NONE, shown(its.modified), one_line(its.reason))
    return cells(row.name, Cell(its.status, tone), *numbers, *said)


def standing_card(content: Content) -> Card:
    found = content.standing
    if isinstance(found, Missing):
        return Card("Tasks", "not known", "see below", Tone.BAD)
    tone = Tone.BAD if found.error else Tone.NOTE if any(map(_is_due, found.rows)) else Tone.GOOD
    return Card("Tasks", f"{len(found.tasks):,}", found.total, tone)


# The last run


def last_run(content: Content) -> Section:
    return Section("run", "What the last run changed", tuple(_run(content)))


def _run(content: Content) -> Iterable[Block]:
    if isinstance(content.run, Missing):
        yield missing("The last run", content.run.why)
        return
    run = content.run
    ended = f"ended {shown(run.ended)}" if run.ended else "has not ended"
    when = f"it began {shown(run.began)}, and {ended}"
    yield Said(f"The last {run.kind} {run.result}: {when}. Resources: {_changes(run)}.")
    if run.message:
        yield Said(f"It was made for: {one_line(run.message)}")
    if isinstance(content.moves, Missing):
        yield missing("Which versions it moved", content.moves.why)
        return
    its = [moved for moved in content.moves if _since(moved.move, run.began)]
    if its:
        yield _moves("Versions that the last run moved", its)
    else:
        yield Said("No version moved.")


def _changes(run: Run) -> str:
    done = [f"{count:,} {DONE.get(what, what)}" for what, count in sorted(run.changes.items()) if what != "same"]
    return ", ".join([*(done or ["none changed"]), f"{run.changes.get('same', 0):,} as they were"])


def _since(move: Move, began: datetime) -> bool:
    """The engine's times are whole seconds."""
    return bool(move.time) and datetime.fromisoformat(move.time) >= began.replace(microsecond=0)


# Versions


def versions(content: Content) -> Section:
    return Section("versions", "Versions, and what went live when", tuple(_versions(content)))


def _versions(content: Content) -> Iterable[Block]:
    if isinstance(content.moves, Missing):
        yield missing("What went live when", content.moves.why)
        return
    if not content.moves:
        yield Said("Nothing has moved since the stack keeps its moves.")
        return
    moves = _moves("The last five moves of each task and variant, the newest first", content.moves)
    yield Beside(_timeline(content.moves), folded_beyond(SHOWN_MOVES, moves, "moves"))


def _timeline(moves: Sequence[Moved]) -> Drawing:
    names = list(dict.fromkeys(moved.whose for moved in moves if moved.move.time))[:DRAWN_TASKS]
    marks = [
        Mark(
            moved.whose,
            datetime.fromisoformat(moved.move.time),
            f"v{moved.move.version}",
            ENDED.get(moved.move.verdict, "not sent"),
        )
        for moved in moves
        if moved.whose in names and moved.move.time
    ]
    which = f"the {len(names)} that moved last" if len(names) == DRAWN_TASKS else counted(len(names), "task")
    words = f"A row for each task ({which}), a mark for each move; the table has them all."
    return drawing.timeline("moves", "When versions moved", words, marks, tuple(ENDED.values()))


def _moves(caption: str, moves: Sequence[Moved]) -> Table:
    tones = {Verdict.SERVES: Tone.GOOD, Verdict.NOTHING_TRIED: Tone.PLAIN}
    rows = tuple(
        cells(
            moved.whose,
            str(moved.move.version),
            Cell(ENDED.get(moved.move.verdict, NONE), tones.get(moved.move.verdict, Tone.BAD)),
            shown(moved.move.time),
        )
        for moved in moves
    )
    return Table(caption, heads("Task", "#Version", "What came of it", "@When"), rows)


# Alarms


def alarms(content: Content) -> Section:
    return Section("alarms", "Alarms", tuple(_alarms(content)))


def _alarms(content: Content) -> Iterable[Block]:
    found = content.alarms
    if isinstance(found, Missing):
        yield missing("The alarms", found.why)
        return
    yield Said(found.total or "The stack has no alarms.")
    due = [one for one in found.alarms if one.state is not State.OK]
    if due:
        yield from folded_beyond(SHOWN_ALARMS, _alarm_table("Alarms that are not OK", due), "alarms")
    if found.warnings:
        yield Listed(tuple(found.warnings))
    if well := [one for one in found.alarms if one.state is State.OK]:
        by_task: dict[str, list[str]] = {}
        for one in well:
            by_task.setdefault(one.alarm.whose or "the stack", []).append(one.kind)
        lines = tuple(f"{whose}: {', '.join(kinds)}" for whose, kinds in sorted(by_task.items()))
        yield Folded(f"{counted(len(well), 'alarm')} OK", (Listed(lines),))


def _alarm_table(caption: str, those: Sequence[AlarmStatus]) -> Table:
    rows = tuple(
        cells(one.alarm.whose or NONE, one.kind, Cell(one.state, ALARM_TONES[one.state]), shown(one.since), one.reason)
        for one in those
    )
    return Table(caption, heads("Task", "Alarm", "State", "@Since", "=Why"), rows)


def alarm_card(content: Content) -> Card:
    found = content.alarms
    if isinstance(found, Missing):
        return Card("Alarms", "not known", "see below", Tone.BAD)
    firing = sum(one.state is State.ALARM for one in found.alarms)
    tone = Tone.BAD if firing or found.gone else Tone.GOOD if found.alarms else Tone.QUIET
    return Card("In ALARM", f"{firing:,}", found.total or "no alarms", tone)
