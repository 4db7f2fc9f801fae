"""One time line of a task: what the registry and CloudTrail say of its versions, and what the stack remembers of moves.

Pure. CloudTrail is the only true record of approvals: the registry keeps the last change of a package and no other.
Where it does not let itself be asked, or no longer knows, what the registry says stands in its place, as what it is.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from fleet.choice import torn_down
from fleet.evidence import metadata
from fleet.evidence.facts import APPROVED, REJECTED, Facts
from fleet.evidence.forms import SCHEMA, columns
from fleet.evidence.side_by_side import NOTHING
from fleet.memory import Move, Verdict
from fleet.status import one_line
from fleet.tasks.model import CHAMPION, Task

KEPT_DAYS = 90  # that LookupEvents goes back (CloudTrail user guide, Event history, 2026-11)
CREATE, UPDATE = "CreateModelPackage", "UpdateModelPackage"
LOOKED_UP = (CREATE, UPDATE)  # LookupEvents takes one name a call
NOW = "now"

_DECISIONS = {APPROVED: "approved", REJECTED: "rejected", "PendingManualApproval": "approval taken back"}
_MOVES = {
    Verdict.SERVES: "deployed",
    Verdict.ROLLED_BACK: "rolled back",
    Verdict.SMOKE_TEST: "failed its smoke test",
    Verdict.NOT_SENT: "not deployed",
    Verdict.NOTHING_TRIED: "not deployed",
}


@dataclass(frozen=True)
class Entry:
    """One thing that happened; `time` is ISO 8601, UTC, and NOW for what is so as the task list stands."""

    time: str
    what: str
    version: int = 0  # 0 where it is about none
    who: str = ""
    said: str = ""
    variant: str = CHAMPION


@dataclass(frozen=True)
class Record:
    """What CloudTrail has of one call that concerned a version."""

    time: str
    call: str
    package: str  # model package ARN
    approval: str = ""  # ModelApprovalStatus that was asked for
    reason: str = ""
    who: str = ""


def read(events: Iterable[Mapping[str, Any]]) -> list[Record]:
    """What answers of LookupEvents, each newest first, say of versions, the oldest first.

    Calls that were refused changed nothing, and are passed over.
    """
    found = [record for event in events if (record := _read(event))]
    return sorted(reversed(found), key=lambda record: record.time)


def _read(event: Mapping[str, Any]) -> Record | None:
    try:
        said = json.loads(event["CloudTrailEvent"])
        asked, answered = said.get("requestParameters") or {}, said.get("responseElements") or {}
        package = str(asked.get("modelPackageArn") or answered.get("modelPackageArn") or "")
        identity = said.get("userIdentity") or {}
        if said.get("errorCode") or said["eventName"] not in LOOKED_UP or not package:
            return None
        return Record(
            _time(datetime.fromisoformat(said["eventTime"])),
            said["eventName"],
            package,
            str(asked.get("modelApprovalStatus", "")),
            str(asked.get("approvalDescription", "")),
            _who(asked, identity) or str(event.get("Username", "")),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # of another form than CloudTrail's own


def _who(asked: Mapping[str, Any], identity: Mapping[str, Any]) -> str:
    """Who decided, as `fleet approve` wrote it in that call; else the identity without its account."""
    written = (asked.get("customerMetadataProperties") or {}).get(metadata.DECIDED_BY, "")
    return str(written or str(identity.get("arn", "")).rpartition(":")[2])


def history(
    task: Task,
    versions: Sequence[Facts],
    moves: Mapping[str, Sequence[Move]],
    records: Sequence[Record],
    *,
    since: datetime,
    today: date,
) -> list[Entry]:
    """What happened since then, the oldest first; `moves` are what the stack remembers, by variant."""
    known = {facts.package: facts for facts in versions}
    entries = [
        *_registered(versions),
        *_decided(known, [record for record in records if record.package in known]),
        *_moved(moves),
    ]
    start = _time(since)
    recent = sorted((entry for entry in entries if entry.time >= start), key=lambda entry: (entry.time, entry.version))
    return [*recent, *_as_it_stands(task, today)]


def _registered(versions: Iterable[Facts]) -> Iterator[Entry]:
    for facts in versions:
        if facts.registered:
            said = f"MLflow run {facts.origin.run}" if facts.origin.run else ""
            yield Entry(facts.registered, "registered", facts.version, facts.registered_by, said)


def _decided(known: Mapping[str, Facts], records: Sequence[Record]) -> Iterator[Entry]:
    """By CloudTrail; and of a version on which that has nothing, by what the registry says last of it."""
    told = set()
    for record in records:
        what = _DECISIONS.get(record.approval, "")
        if what and not (record.call == CREATE and record.approval not in (APPROVED, REJECTED)):
            told.add(record.package)
            yield Entry(record.time, what, known[record.package].version, record.who, record.reason)
    for package, facts in known.items():
        if package in told or facts.approval not in (APPROVED, REJECTED):
            continue
        what = _DECISIONS[facts.approval]
        if facts.decided:
            yield Entry(
                _minute(facts.decided_at) or facts.modified, what, facts.version, facts.decided_by, facts.reason
            )
        else:
            by = f"last modified by {facts.modified_by}" if facts.modified_by else ""
            yield Entry(facts.modified or facts.registered, f"{what} by then", facts.version, by, facts.reason)


def _moved(moves: Mapping[str, Sequence[Move]]) -> Iterator[Entry]:
    for variant, its in moves.items():
        for move in its:
            if time := _minute(move.time):
                yield Entry(time, _MOVES[move.verdict], move.version, variant=variant)


def _as_it_stands(task: Task, today: date) -> Iterator[Entry]:
    """What the task list says: since when is in its own history, in Git."""
    if why := torn_down(task, today):
        yield Entry(NOW, "torn down", said=why)
    if task.hold:
        yield Entry(NOW, "held", who=task.hold.owner, said=f"until {task.hold.until}: {task.hold.reason}")
    if task.pin:
        yield Entry(NOW, "pinned", task.pin.version, task.pin.owner, f"until {task.pin.until}: {task.pin.reason}")
    for variant, its in task.variants.items():
        if its.pin:
            said = f"until {its.pin.until}: {its.pin.reason}"
            yield Entry(NOW, "pinned", its.pin.version, its.pin.owner, said, variant)


def _minute(time: str) -> str:
    """A time in the form of all entries; "" for what is none."""
    try:
        return _time(datetime.fromisoformat(time))
    except ValueError:
        return ""


def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def text(entries: Sequence[Entry]) -> str:
    """A line for each."""
    return "\n".join(columns([_cells(entry) for entry in entries])) if entries else "nothing is known to have happened"


def _cells(entry: Entry) -> tuple[str, ...]:
    version = f"version {entry.version}" if entry.version else NOTHING
    variant = "" if entry.variant == CHAMPION else f" ({entry.variant})"
    return entry.time, version, f"{entry.what}{variant}", one_line(entry.who) or NOTHING, one_line(entry.said)


def as_object(task: str, entries: Sequence[Entry], warnings: Sequence[str] = ()) -> dict[str, Any]:
    """What `--json` prints."""
    told = [
        {
            "time": None if entry.time == NOW else entry.time,
            "what": entry.what,
            "version": entry.version or None,
            "variant": entry.variant,
            "who": entry.who,
            "said": entry.said,
        }
        for entry in entries
    ]
    return {"schema": SCHEMA, "task": task, "entries": told, "warnings": list(warnings)}
