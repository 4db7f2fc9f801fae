"""`fleet compare TASK`: champion and challengers side by side, by what CloudWatch has of them. Changes nothing.

`python -m fleet.cli.commands.compare` prints the schema of its JSON.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fleet import comparison, contract
from fleet.aws.operator import metrics
from fleet.cli import aws, record, stack, table
from fleet.cli.command import CommandError
from fleet.comparison import MINIMUM, Arm, Judgement, Verdict, Window, percent
from fleet.tasks.model import CHAMPION

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

HOURS = 24.0
STYLES = {Verdict.BETTER: "green", Verdict.WORSE: "bold red"}


@dataclass(frozen=True)
class Report:
    """What `fleet compare --json` prints."""

    schema: Literal[1]  # the version of this shape
    task: str
    start: datetime
    end: datetime
    minimum: int  # calls a variant, below which there is no verdict
    variants: dict[str, Arm]  # those that serve; the champion first
    judgements: dict[str, Judgement]  # of each challenger that serves
    warnings: tuple[str, ...]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="the task whose variants are compared")
    period = parser.add_mutually_exclusive_group()
    period.add_argument(
        "--hours",
        type=_above_zero(float),
        metavar="N",
        help=f"so many hours back, at most to the last change of an endpoint; default: {HOURS:g}",
    )
    period.add_argument("--since", type=_time, metavar="ISO", help="from this time on, whatever served then")
    parser.add_argument(
        "--minimum",
        type=_above_zero(int),
        default=MINIMUM,
        metavar="N",
        help=f"calls that each variant needs for a verdict; default: {MINIMUM}",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    stack.add_stack(parser)


def _above_zero(kind: type[float]) -> Callable[[str], float]:
    def number(text: str) -> float:
        if (given := kind(text)) <= 0:
            raise argparse.ArgumentTypeError("must be above 0")
        return given

    return number


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no ISO 8601 time, e.g. 2027-01-31T10:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def run(options: argparse.Namespace) -> int:
    name = stack.selected(options.stack)
    config = stack.read(name)
    outputs = _outputs(name)
    arms, warnings = serving(_output(name, outputs, options.task), options.task)
    window, clipped = _window(arms, datetime.now(UTC), options.hours, options.since)
    if not config.access.region:
        raise CommandError("aws:region is not set; run `pulumi config set aws:region <region>`")
    record.read(config, outputs)  # refuses to look where the fleet is not
    cloudwatch = aws.ask(lambda: metrics.client(config.access))
    report = _measured(cloudwatch, options.task, arms, window, options.minimum)
    report = replace(report, warnings=(*clipped, *warnings))
    if options.json:
        print(_SHAPE.dump_json(report, indent=2, ensure_ascii=True).decode())
    else:
        show(report, table.console(sys.stdout))
    sys.stdout.flush()  # else what follows on standard error may come first
    for warning in report.warnings:
        print(f"note: {warning}", file=sys.stderr)
    return 0


def of(cloudwatch: "CloudWatchClient", task: str, output: Mapping[str, Any], hours: float, now: datetime) -> Report:
    """The variants of a task's output over so many hours back, at most to the last change of an endpoint.

    Raises CommandError where the champion serves nothing, or CloudWatch does not answer.
    """
    arms, warnings = serving(output, task)
    window, clipped = _window(arms, now, hours)
    return replace(_measured(cloudwatch, task, arms, window, MINIMUM), warnings=(*clipped, *warnings))


def _measured(
    cloudwatch: "CloudWatchClient", task: str, arms: Mapping[str, Arm], window: Window, minimum: int
) -> Report:
    read = aws.ask(lambda: metrics.read(cloudwatch, [arm.endpoint for arm in arms.values()], window))
    measured = {name: replace(arm, metrics=one) for (name, arm), one in zip(arms.items(), read, strict=True)}
    variants, judgements = comparison.compare(measured, minimum)
    return Report(1, task, window.start, window.end, minimum, variants, judgements, ())


def _outputs(name: str) -> Mapping[str, Any]:
    """What the last run said, by task."""
    try:
        outputs = json.loads(stack.answer("stack", "output", "--json", "--stack", name))
        return {key: value for key, value in outputs.items() if isinstance(value, dict) and "variants" in value}
    except (ValueError, AttributeError):
        raise CommandError(f"the outputs of stack {name} cannot be read") from None


def _output(name: str, tasks: Mapping[str, Any], task: str) -> Mapping[str, Any]:
    if task in tasks:
        found: Mapping[str, Any] = tasks[task]
        return found
    close = get_close_matches(task, tasks, n=1)
    advice = f"did you mean {close[0]}?" if close else "run `pulumi up` if it is new"
    raise CommandError(f"{task}: the last run of stack {name} knows no such task; {advice}")


def serving(output: Mapping[str, Any], task: str) -> tuple[dict[str, Arm], tuple[str, ...]]:
    """The variants of a task's output that serve, the champion first, and what is to be said of the others.

    Raises CommandError where the champion serves nothing.
    """
    try:
        variants = {CHAMPION: output["variants"][CHAMPION], **output["variants"]}
        arms = {name: _arm(variant) for name, variant in variants.items() if variant["version"]}
        idle = {name: variant["reason"] for name, variant in variants.items() if not variant["version"]}
    except (KeyError, TypeError, ValueError) as error:
        kind = type(error).__name__
        raise CommandError(
            f"{task}: its output cannot be read ({kind}): is this `fleet` of the program's release?"
        ) from None
    if CHAMPION in idle:
        raise CommandError(f"{task}: the champion serves nothing ({idle[CHAMPION]}); there is nothing to compare")
    alone = [f"{task} has no challenger: there is nothing to compare with"] if len(variants) == 1 else []
    return arms, (*alone, *(f"{name} serves nothing: {reason}" for name, reason in idle.items()))


def _arm(variant: Mapping[str, Any]) -> Arm:
    outcome = contract.outcome(variant["run"])
    return Arm(variant["endpoint"], int(variant["version"]), variant["weight"], outcome.modified)


def _window(
    arms: Mapping[str, Arm], now: datetime, hours: float | None = None, since: datetime | None = None
) -> tuple[Window, tuple[str, ...]]:
    """The time to look at, and why it is another one than was asked for, or what is wrong with it."""
    changed = {arm.endpoint: datetime.fromisoformat(arm.modified) for arm in arms.values() if arm.modified}
    youngest = max(changed, key=lambda endpoint: changed[endpoint], default="")
    start = since or now - timedelta(hours=hours or HOURS)
    said: tuple[str, ...] = ()
    if since and since > now:
        raise CommandError(f"--since: {shown(since)} is still to come")
    if youngest and start < changed[youngest]:
        when = f"{youngest} was last modified at {shown(changed[youngest])}"
        if since:
            said = (f"{when}: some of these calls were answered by what served before",)
        else:
            start, said = changed[youngest], (f"not all the {hours or HOURS:g} hours: {when}",)
    try:
        return comparison.window(start, now), said
    except ValueError as error:
        raise CommandError(str(error)) from None


def shown(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


# For people


def _count(number: int | None) -> str:
    return "no data" if number is None else f"{number:,}"


def _ms(number: float | None) -> str:
    return "no data" if number is None else f"{number:,.1f} ms" if number < 100 else f"{number:,.0f} ms"


def _errors(arm: Arm, number: int | None) -> str:
    rate = arm.metrics.rate(number)
    return _count(number) if rate is None else f"{_count(number)} ({percent(rate)})"


@dataclass(frozen=True)
class Line:
    head: str
    cell: Callable[[Arm], str]


LINES = (
    Line("ENDPOINT", lambda arm: arm.endpoint),
    Line("VERSION", lambda arm: str(arm.version)),
    Line("CALLS", lambda arm: _count(arm.metrics.calls)),
    Line("SHARE OF CALLS", lambda arm: percent(arm.share)),
    Line("WEIGHT", lambda arm: percent(arm.weight)),
    Line("4XX ERRORS", lambda arm: _errors(arm, arm.metrics.errors_4xx)),
    Line("5XX ERRORS", lambda arm: _errors(arm, arm.metrics.errors_5xx)),
    Line("MODEL P50", lambda arm: _ms(arm.metrics.latency_p50_ms)),
    Line("MODEL P95", lambda arm: _ms(arm.metrics.latency_p95_ms)),
    Line("MODEL P99", lambda arm: _ms(arm.metrics.latency_p99_ms)),
    Line("OVERHEAD AVG", lambda arm: _ms(arm.metrics.overhead_average_ms)),
    Line("OVERHEAD MAX", lambda arm: _ms(arm.metrics.overhead_max_ms)),
    Line("COLD STARTS", lambda arm: _count(arm.metrics.cold_starts)),
    Line("COLD START P95", lambda arm: _ms(arm.metrics.cold_start_p95_ms)),
)


def show(report: Report, out: Console) -> None:
    """Print the table, a column a variant, and a line for each judgement."""
    out.print(Text(f"{report.task}, {shown(report.start)} to {shown(report.end)}"))
    rows = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column("", style="bold", no_wrap=True)
    for name in report.variants:
        rows.add_column(Text(name), overflow="fold")
    for line in LINES:
        rows.add_row(line.head, *(Text(line.cell(arm)) for arm in report.variants.values()))
    out.print(rows)
    for name, one in report.judgements.items():
        out.print(Text.assemble(f"{name}: ", (one.verdict, STYLES.get(one.verdict, "yellow")), f": {one.reason}"))


_SHAPE = TypeAdapter(Report)

if __name__ == "__main__":
    print(json.dumps(_SHAPE.json_schema(mode="serialization"), indent=2))
