"""What things cost: rows of a price list, found by what is priced, by Region, and by which one of several.

Pure values. How a file of them is read and checked is fleet/cost/price_file.py, how AWS's own list is read
fleet/cost/price_list.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

ANYWHERE = "any"  # the Region of a price that is the same in all of them
OLD = 180  # days after which somebody is told
REFRESH = "run `fleet prices --refresh`"


@dataclass(frozen=True)
class Item:
    """One thing that is priced: for how much of it, and about how much that is."""

    unit: str
    about: float  # USD: a price that is a hundred times more, or less, is a slip
    of: str = ""  # what its rows are told apart by: an instance type, a model; "" where there is one a Region


SLIP = 100
COMPUTE, READY, WARM_COMPUTE = "serverless-compute", "provisioned-ready", "provisioned-compute"
DATA_IN, DATA_OUT = "data-in", "data-out"
INSTANCE = "instance"
ALARM, METRIC, DASHBOARD = "alarm-metric", "custom-metric", "dashboard"
LOGS_IN, LOGS_KEPT = "logs-in", "logs-kept"
TOKENS_IN, TOKENS_OUT = "tokens-in", "tokens-out"

ITEMS: Mapping[str, Item] = {
    COMPUTE: Item("GB-second", 0.00002),
    READY: Item("GB-second", 0.000005),  # provisioned concurrency that waits
    WARM_COMPUTE: Item("GB-second", 0.00001),  # and that answers
    DATA_IN: Item("GB", 0.016),
    DATA_OUT: Item("GB", 0.016),
    INSTANCE: Item("hour", 1.0, of="an instance type"),
    ALARM: Item("metric-month", 0.1),
    METRIC: Item("metric-month", 0.3),
    DASHBOARD: Item("dashboard-month", 3.0),
    LOGS_IN: Item("GB", 0.5),
    LOGS_KEPT: Item("GB-month", 0.03),
    TOKENS_IN: Item("million tokens", 1.0, of="a language model"),
    TOKENS_OUT: Item("million tokens", 1.0, of="a language model"),
}


@dataclass(frozen=True)
class Price:
    """One row."""

    item: str
    region: str  # ANYWHERE where it is the same in all
    usd: float  # for one of its unit
    as_of: date  # the day for which the source says it
    source: str
    of: str = ""  # which one of several: ml.m5.large
    free: float = 0  # so many units a month cost nothing, in the whole account
    memory_gb: float = 0  # of an instance; 0 = not known
    sku: str = ""
    effective: date | None = None  # since when AWS asks it

    @property
    def unit(self) -> str:
        return ITEMS[self.item].unit

    @property
    def key(self) -> tuple[str, str, str]:
        return self.item, self.region, self.of

    def __str__(self) -> str:
        """`serverless-compute 0.00002 USD a GB-second (us-east-1, 2026-09-01)`"""
        which = f" {self.of}" if self.of else ""
        return f"{self.item}{which} {plain(self.usd)} USD a {self.unit} ({self.region}, {self.as_of})"


@dataclass(frozen=True)
class Prices:
    """A price list; of two rows for the same thing the last one counts."""

    rows: tuple[Price, ...] = ()
    _found: Mapping[tuple[str, str, str], Price] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_found", {row.key: row for row in self.rows})

    def find(self, item: str, region: str, of: str = "") -> Price | None:
        """The price in a Region; None where it is not known. It is never taken from another Region."""
        return self._found.get((item, region, of)) or self._found.get((item, ANYWHERE, of))

    def instances(self, region: str) -> list[Price]:
        """The instances that are known there, the cheapest first."""
        known = (row for row in self._found.values() if row.item == INSTANCE and row.region == region)
        return sorted(known, key=lambda row: (row.usd, row.of))

    def language_models(self) -> list[str]:
        """The names of those whose two prices are known."""
        both = ({row.of for row in self._found.values() if row.item == item} for item in (TOKENS_IN, TOKENS_OUT))
        return sorted(set.intersection(*both))

    def over(self, others: "Prices") -> "Prices":
        """These, and of the others what these do not say."""
        return Prices(tuple(Prices((*others.rows, *self.rows))._found.values()))


def plain(usd: float) -> str:
    """An amount without an exponent and without digits that nobody gave: 0.0000117."""
    return f"{usd:.12f}".rstrip("0").rstrip(".")


def missing(items: Iterable[str], region: str) -> str:
    """What is said once of prices that are not known in a Region; "" where all are."""
    names = ", ".join(dict.fromkeys(items))
    return f"no price for {region}: {REFRESH} ({names})" if names else ""


def too_old(used: Iterable[Price], today: date) -> str:
    """What is said once of prices that are more than OLD days old; "" where none is."""
    old = sorted({row for row in used if (today - row.as_of).days > OLD}, key=lambda row: (row.as_of, row.key))
    if not old:
        return ""
    oldest, others = old[0], f", and {len(old) - 1} more" if len(old) > 1 else ""
    which = f"{oldest.item} {oldest.of}".strip()
    return f"the price of {which} in {oldest.region} is of {oldest.as_of}{others}: older than {OLD} days; {REFRESH}"
