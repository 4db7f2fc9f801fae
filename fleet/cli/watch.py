"""Follow an update that runs elsewhere: from what one preview said is to move, to what came of it.

Looks with ListEndpoints, and with DescribeEndpoint once an endpoint has come to rest. The stack's history tells that
the update has ended, so that what it did not move is not waited for.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fleet import contract
from fleet.aws import endpoints, session
from fleet.cli.command import CommandError
from fleet.cli.preview import Preview, Target
from fleet.cli.report import Report, Row, task
from fleet.cli.stack import answer
from fleet.revision import candidate
from fleet.seen import IN_TRANSITION, LiveEndpoint, Unknown
from fleet.status import SERVES_NOBODY, Status, one_line

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

PAUSE_SECONDS = 2.0
NAMED = 5  # of those that are waited for, in the line above the others
IN_PROGRESS = "in-progress"  # how the Pulumi service lists an update that runs; other backends list those that ended


class Phase(StrEnum):
    """How far an endpoint is."""

    NOT_BEGUN = "not begun"
    TESTED = "smoke test"
    MOVES = "moves"
    ENDED = "ended"


@dataclass(frozen=True)
class Move:
    """One endpoint that is to be made, or to serve something else."""

    row: Row  # as the preview saw it; once ended, as it has become
    target: Target
    modified: str  # when it was last seen at rest; "" where there was none
    provisioned: int  # concurrency, seen then
    phase: Phase = Phase.NOT_BEGUN
    status: str = ""  # EndpointStatus, "" where there is none

    @property
    def words(self) -> str:
        """Where it is, for people."""
        if self.phase is Phase.ENDED:
            return one_line(self.row.standing.reason)
        serving = self.row.standing.serving_version
        way = f"version {serving} to {self.target.version}" if serving else f"version {self.target.version}"
        return f"{self.status if self.phase is Phase.MOVES else self.phase} ({way})"


Moves = tuple[Move, ...]


def to_do(preview: Preview, seen: Report) -> Moves:
    """The endpoints that an update would move: those declared with what they do not serve.

    What is held or has nothing approved is declared with what it serves, or not at all.
    """
    moves = []
    for row in seen.rows:
        standing, target = row.standing, preview.targets.get(row.standing.endpoint)
        outcome = contract.outcome(preview.outputs[row.task]["variants"][row.variant]["run"])
        there = target and (outcome.endpoint_status, outcome.serving) == ("InService", target.config)
        if target and not there and standing.status in (Status.OUT_OF_DATE, Status.NOT_DEPLOYED):
            phase = Phase.MOVES if outcome.endpoint_status in IN_TRANSITION else Phase.NOT_BEGUN
            moves.append(Move(row, target, outcome.modified, outcome.provisioned, phase, outcome.endpoint_status))
    return tuple(moves)


def look(client: "SageMakerClient", moves: Moves) -> Moves:
    """How far they are now. Raises CommandError where AWS does not tell."""
    rows = session.ask(lambda: endpoints.list_all(client))
    seen = rows if isinstance(rows, Unknown) else session.ask(lambda: tuple(_look(client, rows, one) for one in moves))
    if isinstance(seen, Unknown):
        raise CommandError(seen.error)
    return seen


def _look(client: "SageMakerClient", rows: Mapping[str, endpoints.Row], move: Move) -> Move:
    name = move.row.standing.endpoint
    row = rows.get(name)
    if move.phase is Phase.ENDED:
        return move
    if row and row.status in IN_TRANSITION:
        return replace(move, phase=Phase.MOVES, status=row.status)
    if row and (move.phase is Phase.MOVES or row.modified != move.modified):
        live = endpoints.describe(client, name)
        if isinstance(live, LiveEndpoint):
            return judge(move, live)
    phase = Phase.TESTED if candidate(move.target.config) in rows else Phase.NOT_BEGUN
    return replace(move, phase=phase, status=row.status if row else "")


def judge(move: Move, live: LiveEndpoint) -> Move:
    """What came of an endpoint that moved since it was last seen at rest."""
    version, because = move.target.version, f": {live.failure}" if live.failure else ""
    if live.in_transition:
        return replace(move, phase=Phase.MOVES, status=live.status)
    if live.status in SERVES_NOBODY:
        reason = f"version {version} not deployed: endpoint {live.status}{because}"
        return _end(move, live, Status.NOT_DEPLOYED, reason, 0)
    if live.config == move.target.config:
        return _end(move, live, Status.UP_TO_DATE, f"version {version} serves", version)
    if live.provisioned != move.provisioned:  # an autoscaler moved it; its update is still to come
        move = replace(move, modified=live.modified, provisioned=live.provisioned)
        return replace(move, phase=Phase.NOT_BEGUN, status=live.status)
    serving = move.row.standing.serving_version
    keeps = f"version {serving} keeps serving" if serving else "what serves was deployed outside of Pulumi"
    return _end(move, live, Status.OUT_OF_DATE, f"version {version} rolled back{because}; {keeps}", serving)


def _end(move: Move, live: LiveEndpoint, status: Status, reason: str, serving: int) -> Move:
    before = move.row.standing
    weight = before.weight or (1.0 if serving else 0.0)  # a new variant beside others has less: the next preview tells
    seen = {"endpoint_status": live.status, "modified": live.modified, "serving_version": serving, "weight": weight}
    standing = before.model_copy(update={"status": status, "reason": reason, **seen})
    return replace(move, row=move.row._replace(standing=standing), phase=Phase.ENDED, status=live.status)


def follow(
    moves: Moves,
    look: Callable[[Moves], Moves],
    update_has_ended: Callable[[], bool],
    *,
    seconds: float,
    pause: float,
) -> Iterator[Moves]:
    """The moves as they are, again and again, until all have ended, or the update has ended and no endpoint is moving.

    Raises TimeoutError after so many seconds.
    """
    until = time.monotonic() + seconds
    while moves:
        ended = update_has_ended()  # asked first: what it moved at its end is then seen
        moves = look(moves)
        yield moves
        phases = {move.phase for move in moves}
        if phases == {Phase.ENDED} or (ended and Phase.MOVES not in phases):
            return
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(pause)


def end_of_update(name: str) -> Callable[[], bool]:
    """Tells whether an update of the stack has ended since now; False where that cannot be told."""
    before = _last_update(name)

    def has_ended() -> bool:
        now = _last_update(name) if before else ""
        return now not in ("", before) and not now.endswith(IN_PROGRESS)

    return has_ended


def _last_update(name: str) -> str:
    """When the last one began, and how it ended; "" where that cannot be told."""
    try:
        listed = json.loads(answer("stack", "history", "--json", "--page-size", "1", "--stack", name))
        return next((f"{update['startTime']} {update['result']}" for update in listed), "none yet")
    except (CommandError, ValueError, KeyError):
        return ""


@dataclass(frozen=True)
class Watched:
    """What was seen in the end."""

    report: Report
    is_interrupted: bool = False


def watch(
    preview: Preview,
    seen: Report,
    client: "SageMakerClient",
    update_has_ended: Callable[[], bool],
    out: Console,
    *,
    minutes: float,
) -> Watched:
    """Follow what the preview says is to move, show how far it is, and give the report of what was seen last."""
    moves = to_do(preview, seen)
    error, warnings, is_interrupted = seen.error, list(seen.warnings), False
    try:
        with _telling(out) as tell:
            look_again = partial(look, client)
            for now in follow(moves, look_again, update_has_ended, seconds=minutes * 60, pause=PAUSE_SECONDS):
                moves = now
                tell(moves)
        warnings += [f"{one.row.name}: the update has ended without moving it" for one in _pending(moves)]
    except TimeoutError:
        warnings += [f"{one.row.name}: {one.words}; watched for {minutes:g} minutes" for one in _pending(moves)]
    except CommandError as lost:
        error = error or f"lost sight of the update: {lost}"
    except KeyboardInterrupt:
        is_interrupted = True
    return Watched(_merge(seen, moves).model_copy(update={"error": error, "warnings": warnings}), is_interrupted)


def _pending(moves: Moves) -> list[Move]:
    return [move for move in moves if move.phase is not Phase.ENDED]


def _merge(seen: Report, moves: Moves) -> Report:
    """The report with what has become of those that were to move."""
    now = {move.row[:2]: move.row.standing.model_copy(update={"endpoint_status": move.status}) for move in moves}
    tasks = {}
    for name, of in seen.tasks.items():
        variants = {one: now.get((name, one), standing) for one, standing in of.variants.items()}
        tasks[name] = task(variants, of.successor)
    return seen.model_copy(update={"tasks": tasks})


# Showing how far they are


@contextmanager
def _telling(out: Console) -> Iterator[Callable[[Moves], None]]:
    """On a terminal a view that changes in place, elsewhere a line for each change."""
    if out.is_terminal:
        began = time.monotonic()
        with Live(console=out, transient=True) as live:
            yield lambda moves: live.update(_view(moves, time.monotonic() - began))
        return
    told: dict[str, str] = {}

    def tell(moves: Moves) -> None:
        for move in moves:
            if told.get(move.row.name) != move.words:
                told[move.row.name] = move.words
                out.print(Text(f"{_count(moves)}; {move.row.name}: {move.words}"))

    yield tell


def _count(moves: Moves) -> str:
    return f"{len(moves) - len(_pending(moves))} of {len(moves)} done"


def _view(moves: Moves, seconds: float) -> RenderableType:
    waited = [move.row.name for move in _pending(moves)]
    more = f" and {len(waited) - NAMED} more" if len(waited) > NAMED else ""
    head = f"{_count(moves)} after {seconds // 60:.0f} min {seconds % 60:.0f} s"
    rows = Table.grid(padding=(0, 2, 0, 0))
    for move in moves:
        rows.add_row(Text(move.row.name), Text(move.words, style="dim" if move.phase is Phase.NOT_BEGUN else ""))
    return Group(Text(f"{head}; waiting for {', '.join(waited[:NAMED])}{more}" if waited else head, "bold"), rows)
