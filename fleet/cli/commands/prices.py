"""`fleet prices`: the prices that the estimate goes by. With --refresh, those of the AWS Price List are written.

What it writes is prices.yaml beside the task list, and nothing else.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fleet.aws.operator import pricing
from fleet.cli import aws, file, stack, table
from fleet.cli.command import CommandError
from fleet.cli.stack import StackConfig
from fleet.cost import price_file, price_list
from fleet.cost.price_file import NAME
from fleet.cost.prices import ANYWHERE, ITEMS, Price, Prices, missing, plain, too_old

NEEDS = "it takes credentials with pricing:GetProducts (docs/policies/operator.json)"
HEADS = ("ITEM", "USD", "FOR A", "FREE", "AS OF", "FROM", "SOURCE")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--refresh", action="store_true", help=f"read the AWS Price List, and write {NAME} beside the task list"
    )
    stack.add_stack(parser)


def run(options: argparse.Namespace) -> int:
    config = stack.read(stack.selected(options.stack))
    if not config.access.region:
        raise CommandError("aws:region is not set; run `pulumi config set aws:region <region>`")
    today = datetime.now(UTC).date()
    if options.refresh:
        _refresh(config, today)
    else:
        _show(config, today)
    return 0


# What is in force


def _show(config: StackConfig, today: date) -> None:
    region, folder = config.access.region, config.tasks.parent
    loaded = price_file.lying(folder)
    rows = in_force(loaded.prices, region)
    _print(rows, price_file.own(folder).prices, table.console(sys.stdout))
    sys.stdout.flush()  # else what follows on standard error may come first
    one_a_region = (item for item, what in ITEMS.items() if not what.of)
    unknown = [item for item in one_a_region if loaded.prices.find(item, region) is None]
    for warning in (*loaded.mistakes, missing(unknown, region), too_old(rows, today)):
        if warning:
            print(f"warning: {warning}", file=sys.stderr)


def in_force(prices: Prices, region: str) -> list[Price]:
    """Those that a figure of this Region may rest on, in the order of the items."""
    found = (row for row in prices.over(Prices()).rows if row.region in (region, ANYWHERE))
    return sorted(found, key=lambda row: ([*ITEMS].index(row.item), row.of))


def _print(rows: Iterable[Price], own: Prices, out: Console) -> None:
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in HEADS:
        shown.add_column(head, justify="right" if head in ("USD", "FREE") else "left", overflow="fold")
    for row in rows:
        its = NAME if own.find(row.item, row.region, row.of) == row else "shipped"
        free = f"{row.free:g}" if row.free else table.NOTHING
        cells = (f"{row.item} {row.of}".strip(), plain(row.usd), row.unit, free, str(row.as_of), its, row.source)
        shown.add_row(*(Text(cell) for cell in cells))
    out.print(shown)


# The refresh


def _refresh(config: StackConfig, today: date) -> None:
    region, path = config.access.region, config.tasks.parent / NAME
    own = price_file.own(path.parent)
    if own.mistakes:
        raise CommandError("\n".join((*own.mistakes, f"{path}: a refresh would lose these rows; mend them first")))
    try:
        texts = aws.ask(lambda: pricing.texts(config.access))
    except CommandError as error:
        raise CommandError(f"the AWS Price List cannot be read: {error}; {NEEDS}") from None
    try:
        read, left_out = price_list.prices(texts, region, today)
    except price_list.NoPrices as error:
        raise CommandError(f"{error}; {path} stays as it is") from None
    kept = by_hand(own.prices, read)
    after = Prices((*own.prices.rows, *read, *kept)).over(Prices())
    print(difference(own.prices.rows, after.rows) or "no price has changed")
    file.replace(path.resolve(), price_file.text_of(after.rows))
    print(f"{path}: {len(read) - len(kept)} prices of {region}, as of {today}")
    sys.stdout.flush()  # else what follows on standard error may come first
    for row in kept:
        print(f"note: kept, because it is not of the {price_list.SOURCE}: {row}: {row.source}", file=sys.stderr)
    for sentence in left_out:
        print(f"warning: {sentence}", file=sys.stderr)


def by_hand(own: Prices, read: Sequence[Price]) -> list[Price]:
    """The rows that somebody wrote, e.g. of a contract, and that a refresh would overwrite."""
    refreshed = {row.key for row in read}
    return [row for row in own.rows if row.key in refreshed and row.source != price_list.SOURCE]


def difference(before: Iterable[Price], after: Iterable[Price]) -> str:
    """What a refresh changes; a row of which only the day is another one is no change."""
    rows = [*after]
    now = {row.key: row for row in rows}
    same_day = [replace(row, as_of=now[row.key].as_of) if row.key in now else row for row in before]
    return price_file.difference(price_file.text_of(same_day), price_file.text_of(rows))
