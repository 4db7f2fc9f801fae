"""What the fleet costs, by task and part, and whether serverless is still right for each task."""

from collections.abc import Iterable

from fleet.cli.cost import ABOVE_BUDGET, CostReport, TaskCost, VariantCost
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
from fleet.cli.page.content import Content, Missing
from fleet.cli.page.drawing import Drawing
from fleet.cli.page.standing import NONE, counted
from fleet.cost.advice import Verdict
from fleet.cost.bill import amount
from fleet.cost.estimate import PARTS
from fleet.cost.traffic import Origin
from fleet.tasks.model import title

SHOWN_TASKS, DRAWN_TASKS = 12, 12
ADVICE = {
    Verdict.KEEP: "keep it as it is",
    Verdict.ADD_PROVISIONED: "keep a slot warm",
    Verdict.DROP_PROVISIONED: "drop provisioned concurrency",
    Verdict.LESS_MEMORY: "give it less memory",
    Verdict.INSTANCE: "move it to an instance",
    Verdict.LANGUAGE_MODEL: "use a language model",
    Verdict.RETIRE: "retire it",
    Verdict.UNKNOWN: "not known",
}


def usd(value: float | None) -> str:
    return "not known" if value is None else amount(value)


def cost(content: Content) -> Section:
    return Section("cost", "What it costs", tuple(_cost(content)))


def _cost(content: Content) -> Iterable[Block]:
    found = content.cost
    if isinstance(found, Missing) or found.error:
        yield missing("What it costs", found.why if isinstance(found, Missing) else found.error)
        return
    yield Said(_total(found))
    if found.tasks:
        dearest = sorted(found.tasks.items(), key=lambda each: (-each[1].monthly_usd, each[0]))
        drawn = {name: task for name, task in dearest[:DRAWN_TASKS] if task.monthly_usd > 0}
        yield from (Beside(_bars(drawn, len(found.tasks)), (_shared(found),)),) if drawn else (_shared(found),)
        yield from folded_beyond(SHOWN_TASKS, _table(dict(dearest), found), "rows")
    if found.warnings:
        yield Said("What is missing from these figures, or doubtful:")
        yield Listed(tuple(found.warnings))
    yield Folded("What is assumed, because AWS does not document it", (Listed(tuple(found.notes)),))


def _total(found: CostReport) -> str:
    as_of = f"prices as of {found.prices_as_of}" if found.prices_as_of else "without a price"
    whole = f"{amount(found.monthly_usd)} USD a month in {found.region}, as far as it is known"
    return f"{whole}; by {found.days:g} days of calls, {as_of}.{_budget(found)}"


def _budget(found: CostReport) -> str:
    if found.budget_usd is None:
        return ""
    over = "above" if found.exit_code == ABOVE_BUDGET else "within"
    return f" That is {over} the budget of {amount(found.budget_usd)} USD."


def _shared(found: CostReport) -> Table:
    rows = tuple(cells(part, usd(value)) for part, value in found.shared.items())
    endpoints = cells("the endpoints of all tasks", amount(sum(task.monthly_usd for task in found.tasks.values())))
    caption = "Endpoints, and what the stack has once, less what CloudWatch gives for nothing"
    return Table(caption, heads("What", "#USD a month"), (endpoints, *rows), cells("all", amount(found.monthly_usd)))


def _bars(tasks: dict[str, TaskCost], of: int) -> Drawing:
    rows = {name: {part: _part(task, part) for part in PARTS} for name, task in tasks.items()}
    which = f"The {len(tasks)} dearest tasks of {of}" if len(tasks) < of else counted(len(tasks), "task")
    words = f"{which}, a bar each, from what they are paid for; the table has the figures."
    return drawing.stacked("cost-bars", "USD a month by task and part", words, rows, "USD a month")


def _part(task: TaskCost, part: str) -> float:
    return sum(variant.parts.get(part) or 0 for variant in task.variants.values())


def _table(tasks: dict[str, TaskCost], found: CostReport) -> Table:
    parts = tuple(f"#{part.capitalize()}" for part in PARTS)
    titles = heads("Task", "#Calls a month", "@From", "#Mean ms", *parts, "#USD a month", "#USD per 1,000", "#Trend")
    rows = tuple(
        _row(title(name, variant), its) for name, task in tasks.items() for variant, its in task.variants.items()
    )
    sums = (
        amount(sum(_part(task, part) for task in tasks.values())) if _is_known(found, part) else "not known"
        for part in PARTS
    )
    endpoints = amount(sum(task.monthly_usd for task in tasks.values()))
    foot = cells("all endpoints", "", "", "", *sums, endpoints, "", "")
    return Table("Cost in USD a month, by task and part", titles, rows, foot)


def _is_known(found: CostReport, part: str) -> bool:
    """Of one endpoint at least."""
    return any(
        variant.parts.get(part) is not None for task in found.tasks.values() for variant in task.variants.values()
    )


def _row(name: str, its: VariantCost) -> tuple[Cell, ...]:
    known = its.traffic is not Origin.UNKNOWN
    return cells(
        name,
        NONE if its.calls is None else f"{its.calls:,.0f}",
        Cell(str(its.traffic.value), Tone.PLAIN if known else Tone.NOTE),
        NONE if its.mean_ms is None else f"{its.mean_ms:,.0f}",
        *(usd(its.parts.get(part)) for part in PARTS),
        amount(its.monthly_usd),
        NONE if its.usd_per_1000_calls is None else f"{its.usd_per_1000_calls:,.4f}",
        NONE if its.trend is None else f"{its.trend:+.0%}",
    )


def cost_card(content: Content) -> Card:
    found = content.cost
    if isinstance(found, Missing) or found.error:
        return Card("USD a month", "not known", "see below", Tone.BAD)
    if found.budget_usd is None:
        return Card("USD a month", amount(found.monthly_usd), "as far as it is known; no budget is set")
    tone = Tone.BAD if found.exit_code == ABOVE_BUDGET else Tone.GOOD
    over = "above" if tone is Tone.BAD else "within"
    return Card("USD a month", amount(found.monthly_usd), f"{over} the budget of {amount(found.budget_usd)}", tone)


# Verdicts


def verdicts(content: Content) -> Section:
    return Section("verdicts", "Whether serverless is still right", tuple(_verdicts(content)))


def _verdicts(content: Content) -> Iterable[Block]:
    found = content.cost
    if isinstance(found, Missing) or found.error:
        yield missing("What each task costs", found.why if isinstance(found, Missing) else found.error)
        return
    kept = [name for name, task in found.tasks.items() if task.verdict is Verdict.KEEP]
    due = sorted(
        ((name, task) for name, task in found.tasks.items() if task.verdict is not Verdict.KEEP),
        key=lambda each: (each[1].verdict is Verdict.UNKNOWN, -each[1].saves_usd, each[0]),
    )
    yield Said(f"By cost alone. {counted(len(kept), 'task')} to keep, {len(due):,} to look at.")
    rows = tuple(
        cells(
            name,
            Cell(ADVICE[task.verdict], Tone.QUIET if task.verdict is Verdict.UNKNOWN else Tone.NOTE),
            amount(task.saves_usd) if task.saves_usd else NONE,
            task.why,
        )
        for name, task in due
    )
    if rows:
        titles = heads("Task", "What to do", "#Saves USD a month", "=By which figures")
        yield from folded_beyond(SHOWN_TASKS, Table("What could be done for the cost's sake", titles, rows), "tasks")
