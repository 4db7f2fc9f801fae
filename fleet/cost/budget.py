"""What stops a run for what it costs: it raises what the task list costs a month above what the stack may.

Pure. Before and after have the same prices and the same traffic, and go by what task lists ask for, not by what serves:
so a new price, a new version, a rollback, a re-creation or a lost state is no raise.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from fleet.cost.bill import Bill, Key, Once, amount, cents, make
from fleet.cost.estimate import Billed, Tariff, estimate
from fleet.cost.traffic import UNKNOWN, Traffic
from fleet.memory import Outcome
from fleet.tasks.model import CHAMPION

SETTING = "monthlyBudgetUsd"
Asked = Mapping[Key, tuple[Billed, Traffic]]  # what a task list asks for, as fleet.cost.bill.of_list has it


@dataclass(frozen=True)
class Past:
    """What is known of the fleet as it was before this run."""

    # What the last run wrote, by task and variant.
    written: Mapping[str, Mapping[str, Outcome]]
    # What the last run asked for, as far as the state still tells it.
    settled: Mapping[Key, Billed]
    # Our endpoints that AWS has now; and what they are, where that was looked up because the state does not name what
    # they serve (an older state, say). None where it was not: then it is as the last run asked for it.
    there: Mapping[Key, Billed | None]


@dataclass(frozen=True)
class Change:
    """What a run makes of the bill."""

    before: Bill
    after: Bill

    @property
    def usd(self) -> float:
        return self.after.monthly_usd - self.before.monthly_usd

    @property
    def raises(self) -> dict[str, float]:
        """The tasks that cost more than before, and how much, the most first."""
        more = {task: self.after.of_task(task) - self.before.of_task(task) for task in self.after.tasks}
        found = {task: usd for task, usd in more.items() if cents(usd) > 0}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def change(asked: Asked, past: Past, once: Once, tariff: Tariff) -> Change:
    """The bill of a task list, and that of what was before it, by the same prices and the same traffic.

    What a stack has once counts on both sides, where there was a fleet: no dashboard stops a run.
    """
    before = _before(asked, past, tariff)
    return Change(make(before, once if before else Once(), tariff), make(asked, once, tariff))


def stop(its: Change, budget: float | None) -> str:
    """Why the run stops; "" where it goes on."""
    after = cents(its.after.monthly_usd)
    if budget is None or after <= cents(budget) or after <= cents(its.before.monthly_usd) or not its.raises:
        return ""
    who = ", ".join(f"{task} +{amount(usd)}" for task, usd in its.raises.items())
    return (
        f"the fleet would cost {amount(its.after.monthly_usd)} USD a month, {amount(its.usd)} more than before, and "
        f"{SETTING} is {amount(budget)}: {who}. Nothing was changed. If that is meant, run "
        f"`pulumi config set {SETTING} {-(-after // 100)}`"
    )


def _before(asked: Asked, past: Past, tariff: Tariff) -> dict[Key, tuple[Billed, Traffic]]:
    """What was asked for before this run. What nobody knows is taken to be as it is asked for now: no raise."""
    if not any(past.written.values()) and past.there:  # a fleet without a memory: its state was lost
        return dict(asked)
    found: dict[Key, tuple[Billed, Traffic]] = {}
    for key in dict.fromkeys((*asked, *past.settled, *past.there)):
        now, traffic = asked.get(key, (None, UNKNOWN))
        known = [each for each in (past.settled.get(key), past.there.get(key)) if each is not None]
        # What is gone from the task list, and nobody knows what it was, makes the run no dearer: it is left out.
        its = max(known, key=lambda each: estimate(each, traffic, tariff).monthly_usd) if known else now
        if its is not None and _was(key, past):
            found[key] = (its, traffic)
    return {key: (its, _with_calls_of_new(key, traffic, asked, found)) for key, (its, traffic) in found.items()}


def _with_calls_of_new(key: Key, traffic: Traffic, asked: Asked, before: Collection[Key]) -> Traffic:
    """A champion's traffic with the calls that its new challengers take from it: it has answered these until now."""
    task, variant = key
    if variant != CHAMPION or not traffic.is_known:
        return traffic
    new = (theirs.calls for (name, other), (_, theirs) in asked.items() if name == task and (name, other) not in before)
    return replace(traffic, calls=traffic.calls + math.fsum(new))


def _was(key: Key, past: Past) -> bool:
    """Whether a variant was in the task list before, whatever has become of its endpoint since."""
    task, _ = key
    if task in past.written:
        return key in _listed(past) or key in past.there
    return any(other == task for other, _ in past.there)  # an older state, say: all of it counts


def _listed(past: Past) -> Collection[Key]:
    """What the last run wrote of; a task that it took down by the task list is not there, nor any variant of it."""
    return {
        (task, variant)
        for task, variants in past.written.items()
        if not (CHAMPION in variants and variants[CHAMPION].by_decision)
        for variant in variants
    }
