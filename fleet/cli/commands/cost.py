"""`fleet cost`: what every task costs a month, by what CloudWatch has observed, and a verdict. Changes nothing.

`python -m fleet.cli.cost` prints the schema of its JSON.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from pydantic import ValidationError
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from fleet.cli import cost, stack, table
from fleet.cli.command import CommandError
from fleet.cli.cost import CostReport, TaskCost, VariantCost
from fleet.cli.observation import observe
from fleet.comparison import percent
from fleet.cost.advice import Verdict
from fleet.cost.bill import amount, cents
from fleet.cost.estimate import PARTS
from fleet.cost.traffic import Origin
from fleet.cost.usage import MOST_DAYS
from fleet.tasks.model import CHAMPION, title
from fleet.tasks.settings import LanguageModel

DAYS = 30
EXIT_CODES = "exit code: 0 within monthlyBudgetUsd, or none is set; 2 above it; 1 could not find out, or an error"
STYLES = {Verdict.KEEP: "green", Verdict.UNKNOWN: "dim"}
TO_ACT_ON = "yellow"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXIT_CODES
    parser.add_argument(
        "--days", type=days, default=DAYS, metavar="N", help=f"so many days back, and as many before; default: {DAYS}"
    )
    parser.add_argument("--json", action="store_true", help="for machines, see cost.schema.json; with every exit code")
    model = parser.add_argument_group("a language model to compare every task with, in place of the task list's")
    model.add_argument("--language-model", metavar="NAME", help="one of the price list, or any with --token-prices")
    model.add_argument(
        "--tokens", type=int, nargs=2, metavar=("IN", "OUT"), help="tokens that a call reads and writes; default: 150 5"
    )
    model.add_argument(
        "--token-prices", type=float, nargs=2, metavar=("IN", "OUT"), help="USD for a million tokens read, and written"
    )
    stack.add_stack(parser)


def days(text: str) -> int:
    """A number of days that CloudWatch can be asked of, as argparse reads it."""
    if not 1 <= (number := int(text)) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"must be 1 to {MOST_DAYS}: CloudWatch keeps no more for two spans")
    return number


def run(options: argparse.Namespace) -> int:
    try:
        model = language_model(options)
        name = stack.selected(options.stack)
        found = cost.report(observe(name, options.days, datetime.now(UTC), language_model=model).question)
    except CommandError as error:
        if not options.json:
            raise
        found = cost.failed(str(error), options.days)
    if options.json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        show(found, table.console(sys.stdout))
    sys.stdout.flush()  # else what follows on standard error may come first
    for warning in found.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if found.error:
        print(f"fleet cost: {found.error}", file=sys.stderr)
    return found.exit_code


def language_model(options: argparse.Namespace) -> LanguageModel | None:
    """That of the options; None without. Raises CommandError where they do not go together, or say nothing possible."""
    if options.language_model is None:
        if options.tokens or options.token_prices:
            raise CommandError("--tokens and --token-prices say something of a --language-model NAME")
        return None
    said: dict[str, object] = {"name": options.language_model}
    if options.tokens:
        said |= zip(("input_tokens", "output_tokens"), options.tokens, strict=True)
    if options.token_prices:
        said |= zip(("usd_per_million_input", "usd_per_million_output"), options.token_prices, strict=True)
    try:
        return LanguageModel.model_validate(said)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise CommandError(f"--language-model: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None


# For people


@dataclass(frozen=True)
class Column:
    head: str
    cell: Callable[[VariantCost], str]


def _usd(amount_: float | None) -> str:
    return table.NOTHING if amount_ is None else amount(amount_)


def _trend(trend: float | None) -> str:
    return table.NOTHING if trend is None else f"{trend:+.0%}"


def _calls(variant: VariantCost) -> str:
    return table.NOTHING if variant.calls is None else f"{variant.calls:,.0f}"


BEFORE = (
    Column("TRAFFIC", lambda variant: variant.traffic),
    Column("CALLS", _calls),
    Column("TREND", lambda variant: _trend(variant.trend)),
    Column("MEAN MS", lambda variant: table.NOTHING if variant.mean_ms is None else f"{variant.mean_ms:,.0f}"),
    Column(
        "COLD", lambda variant: table.NOTHING if variant.cold_start_share is None else percent(variant.cold_start_share)
    ),
)
AFTER = (
    Column("USD/MONTH", lambda variant: _usd(variant.monthly_usd)),
    Column(
        "PER 1,000",
        lambda variant: table.NOTHING if variant.usd_per_1000_calls is None else f"{variant.usd_per_1000_calls:.4f}",
    ),
)


def _part(part: str) -> Column:
    return Column(part.upper(), lambda variant: _usd(variant.parts[part]))


COLUMNS = (*BEFORE, *(_part(part) for part in PARTS), *AFTER)
LEAN = (*BEFORE[1:], *AFTER)  # where the terminal has no room for more; --json has all of it


def show(found: CostReport, out: Console) -> None:
    """Print the table, the totals, what to do about it, and what is assumed."""
    if found.tasks:
        whole, room = _table(found, COLUMNS), out.options.update(max_width=table.PIPE_WIDTH)
        fits = Measurement.get(out, room, whole).maximum <= out.width
        out.print(whole if fits else _table(found, LEAN))
    for line in _lines(found):
        out.print(Text(line))


def _table(found: CostReport, columns: tuple[Column, ...]) -> Table:
    """A row a task and variant, what costs most first."""
    table_ = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table_.add_column("TASK", overflow="fold")
    for column in columns:
        table_.add_column(column.head, justify="left" if column.head == "TRAFFIC" else "right", no_wrap=True)
    table_.add_column("VERDICT", no_wrap=True)
    for name, task in sorted(found.tasks.items(), key=lambda row: (-row[1].monthly_usd, row[0])):
        for variant, its in task.variants.items():
            said = Text(task.verdict, STYLES.get(task.verdict, TO_ACT_ON)) if variant in _first_of(task) else Text("")
            style = "" if its.traffic is Origin.OBSERVED else "dim"
            table_.add_row(Text(title(name, variant)), *(Text(column.cell(its), style) for column in columns), said)
    return table_


def _first_of(task: TaskCost) -> tuple[str]:
    """The variant beside which the verdict on the task stands."""
    return (CHAMPION if CHAMPION in task.variants else next(iter(task.variants)),)


def _lines(found: CostReport) -> Iterator[str]:
    yield _total(found)
    yield f"shared: {', '.join(f'{part} {_usd(usd)}' for part, usd in found.shared.items())}"
    yield from _verdicts(found.tasks)
    if found.tasks:
        yield f"\nassumed: {'; '.join(found.notes)}"


def _total(found: CostReport) -> str:
    if not found.tasks:
        return "no endpoint is there: `pulumi preview` says what the task list would cost"
    usd, budget = found.monthly_usd, found.budget_usd
    said = [f"{amount(usd)} USD a month in {found.region}, by the last {found.days:g} days"]
    if budget is not None:
        over = "above" if cents(usd) > cents(budget) else "within"
        said.append(f"{over} monthlyBudgetUsd ({amount(budget)})")
    if found.prices_as_of:
        said.append(f"the oldest price is of {found.prices_as_of}")
    return "; ".join(said)


def _verdicts(tasks: Mapping[str, TaskCost]) -> Iterator[str]:
    """What there is to do, what saves most first; what is to be said of several tasks is said once."""
    to_say = [(name, task) for name, task in tasks.items() if task.verdict is not Verdict.KEEP]
    if not to_say:
        return
    yield ""
    to_say.sort(key=lambda row: (-row[1].saves_usd, row[1].verdict, row[1].why, row[0]))
    for (verdict, why, saves), rows in groupby(to_say, key=lambda row: (row[1].verdict, row[1].why, row[1].saves_usd)):
        yield f"{', '.join(name for name, _ in rows)}: {verdict}{_saves(saves)}: {why}"


def _saves(usd: float) -> str:
    if cents(usd) == 0:
        return ""
    return f" (saves {amount(usd)} USD a month)" if usd > 0 else f" (costs {amount(-usd)} USD a month)"
