"""What one endpoint costs, part by part; what is not known is None and says why."""

import pytest

from fleet.cost.estimate import ALARMS, DATA, INFERENCE, LOGS, PARTS, PROVISIONED, Figure, billed, total
from fleet.cost.prices import COMPUTE, READY, WARM_COMPUTE
from fleet.cost.traffic import UNKNOWN
from tests.fleet.cost.fleets import IRELAND, STOCKHOLM, calls, costs, tariff, tasks, without

# What 1,000 calls cost to compute, in USD: by memory in GB and the model's own time in ms.
THOUSAND_CALLS = {
    (1, 50): 0.001,
    (1, 100): 0.002,
    (1, 300): 0.006,
    (1, 1000): 0.02,
    (2, 50): 0.002,
    (2, 100): 0.004,
    (2, 300): 0.012,
    (2, 1000): 0.04,
    (4, 50): 0.004,
    (4, 100): 0.008,
    (4, 300): 0.024,
    (4, 1000): 0.08,
    (6, 50): 0.006,
    (6, 100): 0.012,
    (6, 300): 0.036,
    (6, 1000): 0.12,
}


@pytest.mark.parametrize(("gb", "mean_ms"), THOUSAND_CALLS)
def test_a_thousand_calls_cost_what_is_known_of_them(gb: int, mean_ms: int) -> None:
    found = costs(gb * 1024, calls(1000, mean_ms)).parts[INFERENCE].usd
    assert found == pytest.approx(THOUSAND_CALLS[gb, mean_ms])


def test_a_slot_of_2_gb_that_is_kept_warm_costs_what_is_known_in_an_average_month() -> None:
    a_month_of_720_hours = costs(2048, slots=1).parts[PROVISIONED].usd
    assert a_month_of_720_hours
    assert round(a_month_of_720_hours / 720 * 730, 2) == 26.28


def test_each_part_is_there_in_its_order() -> None:
    assert tuple(costs().parts) == PARTS


def test_a_figure_says_how_it_comes_about_and_from_which_prices() -> None:
    figure = costs(2048, calls(1_000_000)).parts[INFERENCE]
    assert figure.how == "1,000,000 calls * 0.1 s * 2 GB * 0.00002 USD"
    assert [str(price) for price in figure.prices] == [
        "serverless-compute 0.00002 USD a GB-second (us-east-1, 2026-09-09)"
    ]


def test_calls_to_a_warm_endpoint_have_a_price_of_their_own() -> None:
    warm = costs(2048, calls(1_000_000), slots=1).parts[INFERENCE]
    assert warm.usd == pytest.approx(2.34)
    assert [price.item for price in warm.prices] == [WARM_COMPUTE]


def test_data_is_paid_in_both_directions() -> None:
    assert costs(1024, calls(1_000_000, request_kb=3, response_kb=1)).parts[DATA].usd == pytest.approx(0.064)


# --- what is not known ----------------------------------------------------------------------------------------------


def test_of_unknown_traffic_only_what_stands_is_summed() -> None:
    its = costs(2048, UNKNOWN, slots=1, alarm_metrics=3)
    assert its.unknown == [INFERENCE, DATA, LOGS]
    assert its.monthly_usd == pytest.approx(25.92 + 0.3)


def test_of_unknown_traffic_the_price_of_1000_calls_is_given() -> None:
    thousand = costs(2048, UNKNOWN).thousand
    assert thousand.usd == pytest.approx(0.004 + 0.000032)
    assert thousand.how.startswith("1,000 calls * 0.1 s * 2 GB")


def test_no_calls_cost_nothing_even_where_nobody_knows_the_price() -> None:
    its = costs(2048, calls(0, mean_ms=None), tariff(STOCKHOLM))
    assert (its.parts[INFERENCE], its.parts[DATA]) == (Figure(0.0, "no calls"), Figure(0.0, "no calls"))


def test_calls_that_take_nobody_knows_how_long_have_data_and_no_inference() -> None:
    its = costs(2048, calls(1_000_000, mean_ms=None))
    assert its.parts[INFERENCE].usd is None
    assert its.parts[DATA].usd == pytest.approx(0.032)


def test_a_region_without_prices_is_said_and_what_is_known_of_it_is_summed() -> None:
    its = costs(2048, calls(1000), tariff(IRELAND), slots=1, alarm_metrics=3)
    assert its.parts[INFERENCE].how == "no price for eu-west-1: run `fleet prices --refresh` (provisioned-compute)"
    assert its.unknown == [INFERENCE, DATA, PROVISIONED, LOGS]
    assert its.monthly_usd == pytest.approx(0.3)


@pytest.mark.parametrize(("item", "part"), [(COMPUTE, INFERENCE), ("data-out", DATA), ("alarm-metric", ALARMS)])
def test_one_price_that_is_missing_takes_one_part_and_leaves_the_others(item: str, part: str) -> None:
    its = costs(2048, calls(1000, log_gb=1), without(item), alarm_metrics=3)
    assert its.unknown == [part]
    assert its.parts[part].absent == (item,)


def test_what_stands_needs_no_price_of_what_is_not_there() -> None:
    assert costs(2048, calls(1000), without(READY, WARM_COMPUTE), log_retention_days=1).unknown == [LOGS]


# --- logs -----------------------------------------------------------------------------------------------------------


def test_logs_are_paid_when_they_come_in_and_while_they_are_kept() -> None:
    kept = costs(1024, calls(1, log_gb=2), log_retention_days=60).parts[LOGS]
    assert kept.usd == pytest.approx(2 * 0.5 + 2 * 2 * 0.03)  # 60 days hold the logs of two Novembers
    assert costs(1024, calls(1, log_gb=2)).parts[LOGS].usd == pytest.approx(1)


# --- what the task list says ----------------------------------------------------------------------------------------


def test_each_variant_is_billed_for_what_it_is_made_of() -> None:
    (task,) = tasks(
        "tasks: {a: {provisioned_concurrency: 2, log_retention_days: 7, variants: {b: {weight: 0.1, memory_mb: 4096}}}}"
    )
    champion, challenger = billed(task, "champion"), billed(task, "b")
    assert (champion.memory_mb, challenger.memory_mb) == (2048, 4096)
    assert champion.provisioned == challenger.provisioned
    assert (champion.alarm_metrics, champion.log_retention_days) == (3, 7)


@pytest.mark.parametrize(
    ("settings", "metrics"),
    [
        ("alarms: {level: none}", 0),
        ("", 3),
        ("alarms: {silent_hours: 24}", 4),
        ("alarms: {level: full}", 7),  # cold-starts watches two
        ("alarms: {level: full}, provisioned_concurrency: 1", 8),
    ],
)
def test_every_metric_that_an_alarm_watches_is_billed(settings: str, metrics: int) -> None:
    (task,) = tasks(f"tasks: {{a: {{{settings}}}}}")
    assert billed(task, "champion").alarm_metrics == metrics


def test_a_sum_is_the_same_in_any_order() -> None:
    figures = [Figure(usd, "") for usd in (0.1, 1e9, 0.2, -1e9, 0.3)] + [Figure(None, "")]
    assert total(figures) == total(reversed(figures)) == 0.6
