"""What GetProducts answers is read as prices; a row that cannot be read is said, and leaves the others."""

import json
from datetime import date
from typing import Any

import pytest

from fleet.cost.price_file import parse, text_of
from fleet.cost.price_list import CLOUDWATCH, SAGEMAKER, NoPrices, prices, queries
from fleet.cost.prices import (
    ALARM,
    COMPUTE,
    DASHBOARD,
    DATA_IN,
    DATA_OUT,
    INSTANCE,
    LOGS_IN,
    LOGS_KEPT,
    METRIC,
    READY,
    WARM_COMPUTE,
    Price,
    Prices,
)
from tests.fleet.cost.fleets import IRELAND, TODAY, VIRGINIA


def product(usagetype: str, *usd: str, region: str = IRELAND, currency: str = "USD", **more: Any) -> str:
    """A row as GetProducts has it; several prices are tiers, each from 1,000 units more on."""
    family = more.pop("family", "")
    attributes = {"usagetype": usagetype, "regionCode": region, **more}
    tiers = {
        f"rate{number}": {"beginRange": str(1000 * number), "unit": "x", "pricePerUnit": {currency: price}}
        for number, price in enumerate(usd)
    }
    term = {"effectiveDate": "2026-09-01T00:00:00Z", "priceDimensions": tiers}
    sku = f"SKU{usagetype}"
    terms = {"OnDemand": {f"{sku}.JRTCKXETXF": term}, "Reserved": {}}
    return json.dumps({"product": {"sku": sku, "productFamily": family, "attributes": attributes}, "terms": terms})


USAGE, DURATION = "ServerlessProvisionedConcurrency-Usage", "ServerlessProvisionedConcurrency-Duration"
ROWS = [
    *(product(f"EU-ServerlessInf:Mem-{gb}GB", str(0.000022 * gb), family="ML Serverless") for gb in range(1, 7)),
    product("EU-ProvisionedConcurrency:Usage-2GB", "0.000011", group=USAGE),
    product("EU-ProvisionedConcurrency:Mem-2GB", "0.0000258", group=DURATION),
    product("EU-Data-Bytes-In-Hosting", "0.016", group="Hosting:IN", operation="Invoke-Endpoint"),
    product("EU-Data-Bytes-Out-Hosting", "0.017", group="Hosting:OUT", operation="Invoke-Endpoint"),
    product("EU-Host:ml.m5.large", "0.128", component="Hosting", instanceName="ml.m5.large-Hosting", memory="8 GiB"),
    product("EU-Train:ml.m5.large", "0.140", component="Training", instanceName="ml.m5.large"),
    product("EU-CW:AlarmMonitorUsage", "0.10"),
    product("EU-CW:HighResAlarmMonitorUsage", "0.30"),
    product("EU-CW:MetricMonitorUsage", "0.30", "0.10", "0.05"),
    product("DashboardsUsageHour", "3.00", region=""),
    product("DashboardsUsageHour-Basic", "3.50", region=""),
    product("EU-DataProcessing-Bytes", "0.57"),
    product("EU-TimedStorage-ByteHrs", "0.03"),
]


def read(*rows: str) -> tuple[dict[str, Price], tuple[str, ...]]:
    found, left_out = prices(rows, IRELAND, TODAY)
    return {price.item: price for price in found}, left_out


def test_every_price_of_a_region_is_read() -> None:
    found, left_out = read(*ROWS)
    assert left_out == ()
    assert {item: round(price.usd, 10) for item, price in found.items()} == {
        COMPUTE: 0.000022,
        READY: 0.0000055,
        WARM_COMPUTE: 0.0000129,
        DATA_IN: 0.016,
        DATA_OUT: 0.017,
        INSTANCE: 0.128,
        ALARM: 0.1,
        METRIC: 0.3,
        DASHBOARD: 3.0,
        LOGS_IN: 0.57,
        LOGS_KEPT: 0.03,
    }


def test_a_price_says_its_sku_since_when_it_is_asked_and_when_it_was_read() -> None:
    found, _ = read(*ROWS)
    data = found[DATA_IN]
    assert (data.sku, data.effective, data.as_of) == ("SKUEU-Data-Bytes-In-Hosting", date(2026, 9, 1), TODAY)
    assert (data.source, data.region) == ("AWS Price List", IRELAND)


def test_an_instance_has_its_own_name_and_its_memory() -> None:
    found, _ = read(*ROWS)
    assert (found[INSTANCE].of, found[INSTANCE].memory_gb) == ("ml.m5.large", 8)


def test_a_dashboard_costs_the_same_in_every_region() -> None:
    found, _ = read(*ROWS)
    assert (found[DASHBOARD].region, found[DASHBOARD].free) == ("any", 3)


def test_the_usage_types_of_virginia_begin_with_its_short_name_or_with_none() -> None:
    rows = [
        product("USE1-ServerlessInf:Mem-1GB", "0.00002", region=VIRGINIA),
        product("CW:AlarmMonitorUsage", "0.1", region=VIRGINIA),
    ]
    found, _ = prices(rows, VIRGINIA, TODAY)
    assert [price.item for price in found] == [COMPUTE, ALARM]


def test_a_row_of_another_region_is_no_price_of_this_one() -> None:
    found, _ = read(*ROWS, product("USE1-ServerlessInf:Mem-1GB", "0.001", region=VIRGINIA))
    assert round(found[COMPUTE].usd, 10) == 0.000022


def test_of_a_price_with_a_free_tier_the_first_that_is_paid_counts() -> None:
    found, _ = read(product("EU-ServerlessInf:Mem-1GB", "0.0000000000", "0.000022", "0.00001"))
    assert found[COMPUTE].usd == 0.000022


def test_sizes_that_do_not_ask_the_same_a_gigabyte_are_said_and_the_dearest_counts() -> None:
    found, left_out = read(
        product("EU-ServerlessInf:Mem-1GB", "0.00002"), product("EU-ServerlessInf:Mem-2GB", "0.00005")
    )
    assert found[COMPUTE].usd == 0.000025
    assert left_out == ("serverless-compute in eu-west-1: 0.00002 to 0.000025 USD a GB-second; the dearest counts",)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{", "a row of the Price List is not what its documentation says; it is left out"),
        ("[]", "a row of the Price List is not what its documentation says; it is left out"),
        ("null", "a row of the Price List is not what its documentation says; it is left out"),
        (
            product("EU-CW:AlarmMonitorUsage", "0.1", currency="CNY"),
            "EU-CW:AlarmMonitorUsage (SKUEU-CW:AlarmMonitorUsage): has no on-demand price in USD; it is left out",
        ),
        (
            product("EU-CW:AlarmMonitorUsage", "0"),
            "EU-CW:AlarmMonitorUsage (SKUEU-CW:AlarmMonitorUsage): has no on-demand price in USD; it is left out",
        ),
        (
            product("EU-CW:AlarmMonitorUsage", "a lot"),
            "EU-CW:AlarmMonitorUsage (SKUEU-CW:AlarmMonitorUsage): has no on-demand price in USD; it is left out",
        ),
        (
            product("EU-CW:AlarmMonitorUsage", "1000"),
            "EU-CW:AlarmMonitorUsage (SKUEU-CW:AlarmMonitorUsage): 1000 USD a metric-month is absurd; it is left out",
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_said_and_leaves_the_others(row: str, says: str) -> None:
    found, left_out = read(ROWS[0], row)
    assert left_out == (says,)
    assert list(found) == [COMPUTE]


@pytest.mark.parametrize("rows", [[], ROWS[6:], [product("USE1-ServerlessInf:Mem-1GB", "0.00002", region=VIRGINIA)]])
def test_a_region_without_serverless_inference_is_refused(rows: list[str]) -> None:
    with pytest.raises(NoPrices, match="no serverless inference in eu-west-1"):
        read(*rows)


def test_what_is_read_can_be_written_beside_the_task_list_and_read_again() -> None:
    found, _ = prices(ROWS, IRELAND, TODAY)
    loaded = parse(text_of(found))
    assert loaded.mistakes == ()
    assert {row.key for row in loaded.prices.rows} == {row.key for row in Prices(found).rows}


def test_a_region_is_asked_for_by_few_questions() -> None:
    asked = queries(IRELAND)
    assert {query.service for query in asked} == {SAGEMAKER, CLOUDWATCH}
    assert len(asked) <= 5
    assert [query.attributes.get("regionCode") for query in asked].count(IRELAND) == len(asked) - 1
