"""`fleet report`: one page of all that the other commands find out, for people. Changes nothing but its file."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from fleet import contract
from fleet.aws.operator.usage import FOR_REPORT
from fleet.cli import aws, cost, history, preview, record, report, stack, state
from fleet.cli.command import CommandError
from fleet.cli.commands import alarms, compare
from fleet.cli.commands.cost import DAYS, days
from fleet.cli.observation import observe
from fleet.cli.page.content import Content, Missing, Moved
from fleet.cli.report import Report
from fleet.cli.stack import StackConfig
from fleet.cli.state import Left
from fleet.tasks.model import CHAMPION, title

EXTRA = "sagemaker-endpoint-manager[report]"
DRAWN_WITH = frozenset({"jinja2", "markupsafe", "vl_convert"})  # that the extra brings
EXIT_CODES = "exit code: 0 the page is written, and says what could not be read; 1 there is no page"

T = TypeVar("T")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXIT_CODES
    parser.add_argument("--html", type=Path, required=True, metavar="FILE", help="where the page is written")
    parser.add_argument(
        "--days", type=days, default=DAYS, metavar="N", help=f"so many days of calls and costs; default: {DAYS}"
    )
    stack.add_stack(parser)


def run(options: argparse.Namespace) -> int:
    page = drawer()  # first: what is missing here is said before minutes of looking
    name = stack.selected(options.stack)
    found = gather(name, stack.read(name), options.days, datetime.now(UTC))
    text = page(found)
    try:
        options.html.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{options.html}: {error.strerror}") from None
    print(f"{options.html} is written ({len(text.encode()) / 1000:,.0f} kB)")
    sys.stdout.flush()  # else what follows on standard error may come first
    for why in dict.fromkeys(_missing(found)):
        print(f"warning: not in the page: {why}", file=sys.stderr)
    return 0


def drawer() -> Callable[[Content], str]:
    """What makes the page. Raises CommandError where what it is drawn with is not installed."""
    try:
        from fleet.cli.page import html  # noqa: PLC0415  # an extra: no other command needs what it imports
    except ModuleNotFoundError as error:
        if error.name not in DRAWN_WITH:
            raise
        raise CommandError(f"the page is drawn with {error.name}, an extra: run `pip install '{EXTRA}'`") from None
    return html.page


def gather(name: str, config: StackConfig, of_days: int, now: datetime) -> Content:
    """All that the page tells; what cannot be read takes nothing else away."""
    left = _or_missing(lambda: state.left(name))
    seen = _or_missing(lambda: observe(name, of_days, now, FOR_REPORT))
    return Content(
        stack=f"{config.ownership.project}/{config.ownership.stack}",
        region=config.access.region,
        made=now,
        days=of_days,
        standing=_or_missing(lambda: _standing(name)),
        run=_or_missing(lambda: history.last(name)),
        moves=left if isinstance(left, Missing) else _or_missing(lambda: moves(left.outputs)),
        cost=seen if isinstance(seen, Missing) else cost.report(seen.question),
        usage=seen if isinstance(seen, Missing) else {title(*key): usage for key, usage in seen.usages.items()},
        tests=left if isinstance(left, Missing) else _or_missing(lambda: tuple(_tests(config, left, of_days, now))),
        alarms=left if isinstance(left, Missing) else _or_missing(lambda: alarms.found(config, left)),
    )


def _or_missing(read: Callable[[], T]) -> T | Missing:
    try:
        return read()
    except CommandError as error:
        return Missing(str(error))


def _standing(name: str) -> Report:
    found = report.read(preview.run(name))
    if found.error and not found.tasks:
        raise CommandError(found.error)
    return found


def moves(outputs: Mapping[str, Any]) -> tuple[Moved, ...]:
    """The moves that the last run left in the stack's outputs, the newest first; those without a time last."""
    try:
        written = contract.written(outputs)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise CommandError("the stack's outputs are not those of a fleet; run `pulumi up` first") from None
    found = [
        Moved(title(task, variant), move)
        for task, variants in written.items()
        for variant, run in variants.items()
        for move in run.moves
    ]
    return tuple(sorted(found, key=lambda moved: (_time(moved), moved.whose), reverse=True))


def _time(moved: Moved) -> datetime:
    time = moved.move.time
    return datetime.fromisoformat(time) if time else datetime.min.replace(tzinfo=UTC)


def _tests(config: StackConfig, left: Left, of_days: int, now: datetime) -> Iterator[compare.Report | Missing]:
    """Champion and challengers of each task in which both serve, as `fleet compare` has them."""
    tested = {task: output for task, output in left.outputs.items() if _is_tested(output)}
    if not tested:
        return
    cloudwatch = aws.cloudwatch(config)
    record.read(config, left.outputs)  # refuses to look where the fleet is not
    for task, output in sorted(tested.items()):
        yield _or_missing(partial(compare.of, cloudwatch, task, output, of_days * 24, now))


def _is_tested(output: Any) -> bool:
    variants = output.get("variants", {}) if isinstance(output, Mapping) else {}
    return len([name for name, its in variants.items() if its.get("version")]) > 1 and CHAMPION in variants


def _missing(found: Content) -> Iterator[str]:
    parts: Iterable[Any] = (found.standing, found.run, found.moves, found.cost, found.usage, found.tests, found.alarms)
    for part in parts:
        if isinstance(part, Missing):
            yield part.why
    if isinstance(found.tests, tuple):
        yield from (one.why for one in found.tests if isinstance(one, Missing))
