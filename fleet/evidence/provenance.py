"""Where the version that a task moves to comes from, in one line: who approved it, why, and by which figures.

Pure. Nothing in it is relative to the time of the run: it stands in outputs, where it would be a change.
"""

from fleet import figure
from fleet.evidence.facts import Facts
from fleet.status import one_line

LONGEST_REASON = 200  # characters that are quoted


def told(before: Facts | None, after: Facts, metric: str = "") -> str:
    """`version 7 -> version 8, approved 2027-01-30T10:00Z by jane: "fewer false alarms"; f1_macro 0.912 -> 0.921; …`

    `before` is what serves, None where nothing does, `metric` the gate's. "" where nothing but the move is known.
    """
    move = f"{before.title} -> {after.title}" if before else after.title
    approved, more = _approved(after), [*filter(None, (_figure(before, after, metric), _run(after)))]
    return one_line("; ".join((f"{move}{approved}", *more))) if approved or more else ""


def _approved(facts: Facts) -> str:
    """Who approved it; where that was done in the console, only who changed it last is known, and said as that."""
    if facts.decided:
        said = f", approved {' by '.join(filter(None, (facts.decided_at, facts.decided_by)))}"
    else:
        said = f", {facts.by_whom}" if facts.by_whom else ""
    reason = facts.reason if len(facts.reason) <= LONGEST_REASON else f"{facts.reason[:LONGEST_REASON]}…"
    return f'{said}: "{reason}"' if reason else said


def _figure(before: Facts | None, after: Facts, metric: str) -> str:
    is_, was = after.figures.get(metric, ""), before.figures.get(metric, "") if before else ""
    if not is_:
        return ""
    one, other = figure.number(was), figure.number(is_)
    difference = f" ({figure.signed(other - one)})" if one is not None and other is not None else ""
    return f"{metric} {was} -> {is_}{difference}" if was else f"{metric} {is_}"


def _run(facts: Facts) -> str:
    return f"MLflow run {facts.origin.run}" if facts.origin.run else ""
