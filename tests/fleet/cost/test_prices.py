"""Prices are found by what is priced and where, and never taken from another Region."""

from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

from fleet.cost.price_file import NAME, shipped, text_of
from fleet.cost.prices import (
    ALARM,
    COMPUTE,
    DASHBOARD,
    INSTANCE,
    LOGS_IN,
    OLD,
    READY,
    TOKENS_IN,
    Price,
    Prices,
    missing,
    plain,
    too_old,
)
from tests.fleet.cost.fleets import IRELAND, STOCKHOLM, TODAY, VIRGINIA


def price(usd: float = 0.00002, region: str = VIRGINIA, **more: Any) -> Price:
    return replace(Price(COMPUTE, region, usd, TODAY, "somebody"), **more)


def test_a_price_of_one_region_is_no_price_of_another() -> None:
    assert Prices((price(),)).find(COMPUTE, IRELAND) is None


def test_a_price_that_is_the_same_everywhere_is_found_in_any_region() -> None:
    assert shipped().find(DASHBOARD, STOCKHOLM) == shipped().find(DASHBOARD, VIRGINIA)


def test_a_regions_own_price_goes_before_the_one_of_everywhere() -> None:
    everywhere, here = price(region="any"), price(usd=0.00003, region=IRELAND)
    assert Prices((here, everywhere)).find(COMPUTE, IRELAND) == here


def test_an_override_wins_row_by_row_and_leaves_the_others() -> None:
    ours = Prices((price(usd=0.00003),)).over(shipped())
    found = ours.find(COMPUTE, VIRGINIA), ours.find(READY, VIRGINIA)
    assert [each and each.usd for each in found] == [0.00003, 0.000005]
    assert len(ours.rows) == len(shipped().rows)


def test_instances_come_cheapest_first_and_only_those_of_the_region() -> None:
    names = [each.of for each in shipped().instances(VIRGINIA)]
    assert names[:3] == ["ml.t2.medium", "ml.c5.large", "ml.c6i.large"]
    assert shipped().instances(STOCKHOLM) == []


def test_a_language_model_with_one_price_alone_is_not_known() -> None:
    reads = Price(TOKENS_IN, "any", 1, TODAY, "somebody", of="half")
    assert "half" not in Prices((reads, *shipped().rows)).language_models()
    assert "Nova Micro" in shipped().language_models()


def test_what_has_no_price_is_said_once_with_the_region_and_what_to_do() -> None:
    assert missing([COMPUTE, READY, COMPUTE], STOCKHOLM) == (
        "no price for eu-north-1: run `fleet prices --refresh` (serverless-compute, provisioned-ready)"
    )
    assert missing([], STOCKHOLM) == ""


def test_prices_are_too_old_after_180_days() -> None:
    assert too_old([price(as_of=TODAY - timedelta(days=OLD))], TODAY) == ""
    old = [price(as_of=TODAY - timedelta(days=OLD + 1)), price(usd=0.1, as_of=TODAY - timedelta(days=OLD + 9))]
    assert too_old(old, TODAY) == (
        "the price of serverless-compute in us-east-1 is of 2026-05-23, and 1 more: older than 180 days; run `fleet "
        "prices --refresh`"
    )


@pytest.mark.parametrize(
    ("usd", "said"), [(0.0000117, "0.0000117"), (3.0, "3"), (0.10, "0.1"), (1e-11, "0.00000000001")]
)
def test_an_amount_is_written_without_an_exponent(usd: float, said: str) -> None:
    assert plain(usd) == said


# --- what is shipped ------------------------------------------------------------------------------------------------


def test_the_shipped_prices_are_written_as_a_refresh_would_write_them() -> None:
    assert files("fleet.cost").joinpath(NAME).read_text(encoding="utf-8") == text_of(shipped().rows)


def test_each_shipped_price_says_from_where_and_of_which_day_it_is() -> None:
    assert len(shipped().rows) > 30
    assert [row for row in shipped().rows if not row.source or row.as_of > TODAY] == []


def test_what_is_not_known_of_a_region_is_not_shipped_as_a_guess() -> None:
    assert shipped().find(COMPUTE, IRELAND) is None
    logs = shipped().find(LOGS_IN, IRELAND)
    assert logs and (logs.usd, logs.sku, str(logs.effective)) == (0.57, "KJBTQPDHW2H92B8Y", "2026-03-01")


@pytest.mark.parametrize(
    ("instance", "month"),
    [
        ("ml.t2.medium", 40.88),
        ("ml.c5.large", 74.46),
        ("ml.c6i.large", 74.46),
        ("ml.m5.large", 83.95),
        ("ml.m5.xlarge", 167.90),
        ("ml.g4dn.xlarge", 537.28),
        ("ml.inf2.xlarge", 553.34),
    ],
)
def test_a_shipped_instance_comes_to_its_known_price_a_month(instance: str, month: float) -> None:
    found = shipped().find(INSTANCE, VIRGINIA, instance)
    assert found and round(found.usd * 730, 2) == month


def test_ten_metrics_of_alarms_are_free() -> None:
    found = shipped().find(ALARM, VIRGINIA)
    assert found and (found.usd, found.free) == (0.1, 10)
