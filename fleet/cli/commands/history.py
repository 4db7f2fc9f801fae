"""`fleet history TASK`: what happened to its versions, by the registry, CloudTrail and the stack. Changes nothing."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.aws import session
from fleet.aws.operator import trail, versions
from fleet.cli import aws, serving, task_list
from fleet.cli.commands.versions import registered, specification
from fleet.cli.stack import StackConfig, add_stack, read, selected
from fleet.evidence import history
from fleet.evidence.history import KEPT_DAYS, LOOKED_UP, Record
from fleet.memory import MOVES, Outcome
from fleet.seen import Unknown
from fleet.tasks.model import title


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="the task")
    parser.add_argument(
        "--days", type=_days, default=KEPT_DAYS, metavar="N", help=f"how far back; default: {KEPT_DAYS}"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_stack(parser)


def _days(text: str) -> int:
    if (number := int(text)) <= 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return number


def run(options: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    since = now - timedelta(days=options.days)
    name = selected(options.stack)
    config = read(name)
    task = task_list.one(config, options.task)
    serves = serving.read(name, config, task.name)
    client, access = aws.reader(config, task.group)
    known = registered(client, task)
    looked = aws.ask(
        lambda: versions.look(client, access, known, specification=specification(task), metrics=[], sizes=[])
    )
    records, unread = _recorded(config, since, options.days)
    moves = {variant: outcome.moves for variant, outcome in serves.outcomes.items()}
    entries = history.history(task, looked.facts, moves, records, since=since, today=now.date())
    notes = [note for note in (serves.unknown, *unread, *_forgotten(task.name, serves.outcomes)) if note]
    print(_json(history.as_object(task.name, entries, notes)) if options.json else history.text(entries))
    sys.stdout.flush()  # else what follows on standard error may come first
    if not options.json:
        for note in notes:
            print(f"note: {note}", file=sys.stderr)
    return 0


def _recorded(config: StackConfig, since: datetime, days: int) -> tuple[Sequence[Record], Sequence[str]]:
    """What CloudTrail has of decisions, and what of it could not be read: who approved is then what the registry says
    last of each version.
    """
    found = session.ask(lambda: trail.events(trail.client(config.access), LOOKED_UP, since))
    if isinstance(found, Unknown):
        return [], [f"CloudTrail could not be read, so of each version only its last change is known: {found.error}"]
    events, left_out = found
    older = f"CloudTrail goes back {KEPT_DAYS} days; of what is older only the last change of each version is known"
    return history.read(events), [left_out, older if days > KEPT_DAYS else ""]


def _forgotten(task: str, outcomes: Mapping[str, Outcome]) -> list[str]:
    return [
        f"the stack remembers the last {MOVES} moves of {title(task, variant)}; there may have been more"
        for variant, outcome in outcomes.items()
        if len(outcome.moves) >= MOVES
    ]


def _json(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=2)
