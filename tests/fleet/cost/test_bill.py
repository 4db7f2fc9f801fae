"""What a stack costs: the sum of its endpoints and of what it has once, less what is free, in one line of a preview."""

from datetime import date

import pytest

from fleet.cost.bill import Bill, Once, line, make, of_list, once
from fleet.cost.traffic import Traffic
from fleet.monitoring.dashboard import OF_A_TASK, OF_THE_FLEET
from fleet.monitoring.signals import METRICS
from tests.fleet.cost.fleets import IRELAND, NOVEMBER, TODAY, calls, dearer, tariff, tasks, without

QUIET = "traffic: {calls_per_month: 0, mean_ms: 100}"


def bill(text: str = f"tasks: {{a: {{{QUIET}}}}}", has: Once | None = None, region: str = "us-east-1") -> Bill:
    return make(of_list(tasks(text)), has or Once(), tariff(region))


def shared(part: str, has: Once) -> float | None:
    return bill(has=has).shared[part].usd


# --- what a stack has once ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pages", "usd"), [((), 0), ((50,), 0), ((51,), 3), ((51, 2500), 6), ((10, 10, 10, 10), 3), ((10, 200), 3)]
)
def test_three_dashboards_with_few_metrics_are_free(pages: tuple[int, ...], usd: float) -> None:
    assert shared("dashboard", Once(pages=pages)) == usd


@pytest.mark.parametrize(("metrics", "usd"), [(0, 0), (9, 0), (10, 0), (12, 0.6)])
def test_ten_metrics_of_its_own_are_free(metrics: int, usd: float) -> None:
    assert shared("metrics", Once(own_metrics=metrics)) == pytest.approx(usd)


def test_the_free_alarms_are_taken_off_once_whoever_has_them() -> None:
    three = bill(f"tasks: {{a: {{{QUIET}}}, b: {{{QUIET}}}, c: {{{QUIET}}}}}", Once(alarm_metrics=1))
    assert three.monthly_usd == pytest.approx(0)  # 9 metrics and 1
    four = bill(f"tasks: {{a: {{{QUIET}}}, b: {{{QUIET}}}, c: {{{QUIET}}}, d: {{{QUIET}}}}}", Once(alarm_metrics=1))
    assert four.monthly_usd == pytest.approx(0.3)


def test_five_gigabytes_of_logs_are_free() -> None:
    endpoints = {("a", "champion"): (next(iter(of_list(tasks("tasks: {a: {}}")).values()))[0], calls(1, log_gb=8))}
    made = make(endpoints, Once(), tariff())
    assert made.shared["logs"].usd == pytest.approx(-2.5)
    assert made.endpoints["a", "champion"].parts["logs"].usd == pytest.approx(4)


def test_what_a_stack_has_once_may_have_no_price() -> None:
    made = make(of_list(tasks(f"tasks: {{a: {{{QUIET}}}}}")), Once(9, 1, (900,)), without("dashboard", "custom-metric"))
    assert (made.shared["dashboard"].usd, made.shared["metrics"].usd) == (None, None)
    assert made.without_a_price == "no price for us-east-1: run `fleet prices --refresh` (dashboard, custom-metric)"


# --- the sum --------------------------------------------------------------------------------------------------------


def test_a_task_is_the_sum_of_its_variants() -> None:
    text = "tasks: {a: {provisioned_concurrency: 1, variants: {b: {weight: 0.5}}}, c: {}}"
    assert bill(text).of_task("a") == pytest.approx(2 * (25.92 + 0.3))


def test_tasks_of_unknown_traffic_are_named() -> None:
    assert bill(f"tasks: {{a: {{{QUIET}}}, b: {{}}, c: {{variants: {{d: {{weight: 0.5}}}}}}}}").of_unknown_traffic == [
        "b",
        "c",
    ]


def test_prices_that_are_missing_are_named_once_for_all_tasks() -> None:
    assert bill("tasks: {a: {}, b: {}}", region=IRELAND).without_a_price == (
        "no price for eu-west-1: run `fleet prices --refresh` (serverless-compute, data-in, data-out)"
    )


def test_its_prices_are_of_the_day_of_the_oldest_that_a_figure_rests_on() -> None:
    assert bill("tasks: {a: {traffic: {calls_per_month: 5, mean_ms: 5}}}").as_of == date(2026, 5, 1)
    assert bill(region=IRELAND).as_of == date(2026, 11, 27)
    assert make({}, Once(), tariff()).as_of is None


def test_only_prices_that_a_figure_rests_on_are_said_to_be_too_old() -> None:
    assert bill(region=IRELAND).too_old(TODAY) == ""
    assert bill("tasks: {a: {traffic: {calls_per_month: 5, mean_ms: 5}}}").too_old(TODAY) == (
        "the price of data-in in us-east-1 is of 2026-05-01, and 1 more: older than 180 days; run `fleet prices "
        "--refresh`"
    )


def test_a_task_list_asks_for_every_variant_whatever_is_approved() -> None:
    asked = of_list(tasks("tasks: {a: {variants: {b: {weight: 0.5}}}, c: {}}"))
    assert list(asked) == [("a", "champion"), ("a", "b"), ("c", "champion")]
    assert all(isinstance(traffic, Traffic) for _, traffic in asked.values())


# --- the line of a preview ------------------------------------------------------------------------------------------

WARM = f"tasks: {{a: {{{QUIET}, provisioned_concurrency: 1}}}}"


def test_a_preview_says_what_the_fleet_costs_and_what_the_run_adds() -> None:
    assert line(bill(WARM), 0, None) == "cost: 25.92 USD a month, +25.92 by this run"


def test_what_a_run_saves_has_its_sign() -> None:
    assert line(bill(WARM), 77.76, None) == "cost: 25.92 USD a month, -51.84 by this run"


@pytest.mark.parametrize("before", [25.92, 25.9199999, 25.924])
def test_less_than_a_cent_is_no_difference(before: float) -> None:
    assert line(bill(WARM), before, None) == "cost: 25.92 USD a month, unchanged by this run"


def test_the_line_says_how_that_stands_to_the_budget() -> None:
    assert line(bill(WARM), 25.92, 25.92).endswith("; within monthlyBudgetUsd (25.92)")
    assert line(bill(WARM), 25.92, 20).endswith("; above monthlyBudgetUsd (20.00)")


def test_the_line_says_what_is_not_known() -> None:
    assert line(bill("tasks: {a: {}}", region=IRELAND), 0, None) == (
        "cost: at least 0.00 USD a month, unchanged by this run; the calls of 1 task are not counted: no `traffic` in "
        "the task list; no price for eu-west-1: run `fleet prices --refresh` (serverless-compute, data-in, data-out)"
    )
    assert "the calls of 2 tasks are not counted" in line(bill("tasks: {a: {}, b: {}}"), 0, None)


def test_prices_that_rise_make_the_bill_rise() -> None:
    assert make(of_list(tasks(WARM)), Once(), dearer(2)).monthly_usd == pytest.approx(2 * bill(WARM).monthly_usd)


def test_the_month_of_a_bill_is_that_of_its_tariff() -> None:
    assert bill().tariff.month == NOVEMBER


def test_what_a_stack_has_once_follows_from_its_endpoints_and_its_configuration() -> None:
    keys = [(f"t{number}", name) for number in range(5) for name in ("champion", "blue")]
    all_of_it = once(keys, dashboard=True, own_metrics=True, watches_runs=True)
    assert all_of_it == Once(len(METRICS), 1, (10 * (len(OF_THE_FLEET) + len(OF_A_TASK)),))
    assert once(keys, dashboard=False, own_metrics=False, watches_runs=False) == Once()
    assert once([], dashboard=True, own_metrics=False, watches_runs=False) == Once()
