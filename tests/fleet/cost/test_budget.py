"""A run that raises what the task list costs above the budget stops; what was there before it never does."""

from collections.abc import Mapping

import pytest

from fleet.cost.bill import Key, Once, of_list
from fleet.cost.budget import Change, Past, change, stop
from fleet.cost.estimate import Billed, Tariff
from fleet.cost.month import Provisioned
from fleet.memory import Outcome
from tests.fleet.cost.fleets import IRELAND, dearer, tariff, tasks

CALLS = "traffic: {calls_per_month: 1000000, mean_ms: 100}"
SMALL = f"tasks: {{a: {{{CALLS}}}, b: {{{CALLS}}}}}"  # 8.06 USD: 4.03 each, and its six alarms are free
LARGE = f"tasks: {{a: {{{CALLS}, memory_mb: 4096}}, b: {{{CALLS}}}}}"  # 12.06
NOWHERE = Past({}, {}, {})


def billed(text: str) -> dict[Key, Billed]:
    return {key: its for key, (its, _) in of_list(tasks(text)).items()}


def written(*keys: Key, away: str = "") -> dict[str, dict[str, Outcome]]:
    """What a run leaves of these variants; the task `away` was taken down by the task list."""
    found: dict[str, dict[str, Outcome]] = {}
    for task, variant in keys:
        found.setdefault(task, {})[variant] = Outcome(task, by_decision=task == away)
    return found


def after(text: str, there: Mapping[Key, Billed | None] | None = None) -> Past:
    """What a run that had this task list leaves for the next one."""
    return Past(written(*billed(text)), billed(text), there if there is not None else dict.fromkeys(billed(text)))


def changed(text: str, past: Past, tariff_: Tariff | None = None, once: Once | None = None) -> Change:
    return change(of_list(tasks(text)), past, once or Once(), tariff_ or tariff())


def stopped(text: str, past: Past, budget: float | None = 10, tariff_: Tariff | None = None) -> str:
    return stop(changed(text, past, tariff_), budget)


# --- it stops -------------------------------------------------------------------------------------------------------


def test_a_run_that_goes_above_the_budget_names_the_tasks_and_how_to_raise_it() -> None:
    assert stopped(LARGE, after(SMALL)) == (
        "the fleet would cost 12.06 USD a month, 4.00 more than before, and monthlyBudgetUsd is 10.00: a +4.00. "
        "Nothing was changed. If that is meant, run `pulumi config set monthlyBudgetUsd 13`"
    )


def test_the_tasks_that_cost_more_are_named_with_the_most_first() -> None:
    text = f"tasks: {{a: {{{CALLS}}}, b: {{{CALLS}, memory_mb: 4096}}, c: {{{CALLS}, memory_mb: 6144}}}}"
    raises = changed(text, after(SMALL)).raises
    assert list(raises) == ["c", "b"]
    assert list(raises.values()) == pytest.approx([12.332, 4])


def test_the_first_run_of_a_fleet_is_a_raise_from_nothing() -> None:
    assert stopped(LARGE, NOWHERE).startswith("the fleet would cost 12.06 USD a month, 12.06 more than before")


def test_a_new_task_is_a_raise() -> None:
    assert "b +4.33" in stopped(SMALL, after(f"tasks: {{a: {{{CALLS}}}}}"), budget=5)


def test_a_new_challenger_is_a_raise() -> None:
    with_b = f"tasks: {{a: {{{CALLS}, provisioned_concurrency: 1, variants: {{b: {{weight: 0.1}}}}}}}}"
    assert "a +" in stopped(with_b, after(f"tasks: {{a: {{{CALLS}, provisioned_concurrency: 1}}}}"), budget=40)


def test_a_new_challenger_takes_its_calls_from_the_champion_and_adds_none() -> None:
    with_b = f"tasks: {{a: {{{CALLS}, variants: {{b: {{weight: 0.2, memory_mb: 4096}}}}}}}}"
    assert changed(with_b, after(f"tasks: {{a: {{{CALLS}}}}}")).usd == pytest.approx(0.80)  # its alarms are free
    assert changed(f"tasks: {{a: {{{CALLS}}}}}", after(with_b)).before.monthly_usd == pytest.approx(4.032)


def test_a_task_that_was_not_enabled_is_a_raise_when_it_is() -> None:
    past = Past(written(("a", "champion"), ("b", "champion"), away="a"), billed(f"tasks: {{b: {{{CALLS}}}}}"), {})
    assert "a +4.33" in stopped(SMALL, past, budget=5)


def test_more_provisioned_concurrency_is_a_raise() -> None:
    before, now = (f"tasks: {{a: {{{CALLS}, provisioned_concurrency: {slots}}}}}" for slots in (1, 3))
    assert stopped(now, after(before), budget=50)


# --- it goes on -----------------------------------------------------------------------------------------------------


def test_without_a_budget_nothing_stops() -> None:
    assert stopped(LARGE, NOWHERE, budget=None) == ""


@pytest.mark.parametrize("budget", [12.06, 12.064, 13, 1000])
def test_up_to_the_budget_to_the_cent_a_run_goes_on(budget: float) -> None:
    assert stopped(LARGE, after(SMALL), budget) == ""


def test_the_amount_that_it_advises_is_enough() -> None:
    assert stopped(LARGE, after(SMALL), 13) == ""


def test_above_the_budget_as_before_a_run_goes_on() -> None:
    assert stopped(LARGE, after(LARGE)) == ""


def test_a_run_that_makes_the_fleet_cheaper_goes_on_above_the_budget() -> None:
    assert stopped(SMALL, after(LARGE), budget=5) == ""


def test_what_becomes_cheaper_pays_for_what_becomes_dearer() -> None:
    before = f"tasks: {{a: {{{CALLS}, memory_mb: 4096}}, b: {{{CALLS}}}}}"
    now = f"tasks: {{a: {{{CALLS}}}, b: {{{CALLS}, memory_mb: 4096}}}}"
    assert stopped(now, after(before)) == ""


def test_prices_that_rise_stop_no_run() -> None:
    assert stopped(SMALL, after(SMALL), tariff_=dearer(50)) == ""


def test_where_prices_are_not_known_what_is_known_is_compared() -> None:
    assert stopped(LARGE, after(SMALL), budget=0.01, tariff_=tariff(IRELAND)) == ""


def test_a_task_of_which_nothing_was_ever_deployed_was_asked_for_all_the_same() -> None:
    past = Past(written(("a", "champion"), ("b", "champion")), {}, {})
    assert stopped(SMALL, past, budget=5) == ""


def test_a_challenger_that_comes_back_from_the_champions_version_is_no_raise() -> None:
    text = f"tasks: {{a: {{{CALLS}, provisioned_concurrency: 1, variants: {{b: {{weight: 0.1}}}}}}}}"
    past = Past(
        {"a": {"champion": Outcome("a"), "b": Outcome("a-b", by_decision=True)}},
        {("a", "champion"): billed(text)["a", "champion"]},
        {("a", "champion"): None},
    )
    assert stopped(text, past, budget=5) == ""


def test_a_fleet_in_aws_of_which_nothing_is_remembered_is_no_raise() -> None:
    assert stopped(LARGE, Past({}, {}, {("b", "champion"): None}), budget=5) == ""


def test_a_task_that_an_older_state_does_not_know_and_aws_has_is_no_raise() -> None:
    past = Past(written(("a", "champion")), billed(f"tasks: {{a: {{{CALLS}}}}}"), dict.fromkeys(billed(SMALL)))
    assert stopped(SMALL, past, budget=5) == ""


def test_a_challenger_that_an_older_state_does_not_know_and_aws_has_is_no_raise() -> None:
    text = f"tasks: {{a: {{{CALLS}, provisioned_concurrency: 1, variants: {{b: {{weight: 0.1}}}}}}}}"
    settled = {("a", "champion"): billed(text)["a", "champion"]}
    assert stopped(text, Past(written(("a", "champion")), settled, dict.fromkeys(billed(text))), budget=5) == ""
    assert stopped(text, Past(written(("a", "champion")), settled, {("a", "champion"): None}), budget=5)


def test_what_aws_has_counts_where_an_older_state_knows_less() -> None:
    assert stopped(LARGE, after(SMALL, there={("a", "champion"): Billed(4096)}), budget=5) == ""
    assert stopped(LARGE, after(SMALL, there={("a", "champion"): Billed(1024)}), budget=10)


def test_what_a_stack_has_once_counts_on_both_sides() -> None:
    its = changed(SMALL, after(SMALL), once=Once(own_metrics=99, alarm_metrics=1, pages=(900, 900)))
    assert its.usd == pytest.approx(0)
    assert its.before.shared["dashboard"] == its.after.shared["dashboard"]


def test_a_fleet_that_is_new_comes_with_its_dashboard() -> None:
    its = changed(SMALL, Past({}, {}, {}), once=Once(pages=(900,)))
    assert its.before.monthly_usd == 0
    assert its.usd == pytest.approx(its.after.monthly_usd)


def test_what_leaves_the_task_list_is_saved_as_far_as_it_is_known() -> None:
    warm = f"tasks: {{a: {{{CALLS}}}, b: {{provisioned_concurrency: 1}}}}"
    assert changed(f"tasks: {{a: {{{CALLS}}}}}", after(warm)).usd == pytest.approx(-25.92)
    assert changed(f"tasks: {{a: {{{CALLS}}}}}", Past(written(*billed(warm)), {}, {})).usd == pytest.approx(0)


def test_the_slots_of_an_autoscaler_are_its_least_on_both_sides() -> None:
    scaled = f"tasks: {{a: {{{CALLS}, provisioned_concurrency: 2, scaling: {{min: 1, max: 5}}}}}}"
    assert billed(scaled)["a", "champion"].provisioned == Provisioned(1, 5)
    assert stopped(scaled, after(scaled.replace("max: 5", "max: 3")), budget=5) == ""
