"""The Price List of the sandbox: rows in AWS's shape, all filters of GetProducts, in pages."""

import json
from typing import Any

import pytest

from sandbox.aws import pricing
from sandbox.aws.world import AwsError, Settings, World

WORLD = World()


def get(service: str = pricing.SAGEMAKER, world: World = WORLD, region: str = "us-east-1", **more: Any) -> Any:
    return pricing.SERVICE.answer(world, region, "GetProducts", {"ServiceCode": service, **more})


def usages(*filters: tuple[str, str, str], service: str = pricing.SAGEMAKER) -> list[str]:
    """The usage types that these filters let through."""
    said = [{"Type": kind, "Field": name, "Value": value} for kind, name, value in filters]
    rows = map(json.loads, get(service, Filters=said)["PriceList"])
    return [row["product"]["attributes"]["usagetype"] for row in rows]


IRELAND = ("TERM_MATCH", "regionCode", "eu-west-1")


def test_a_row_has_the_members_that_aws_gives() -> None:
    said = [{"Type": "EQUALS", "Field": "usagetype", "Value": "EU-ServerlessInf:Mem-2GB"}]
    (row,) = map(json.loads, get(Filters=said)["PriceList"])
    sku = row["product"]["sku"]
    term = row["terms"]["OnDemand"][f"{sku}.JRTCKXETXF"]
    free, paid = term["priceDimensions"].values()
    assert row["product"]["productFamily"] == "ML Serverless"
    assert row["product"]["attributes"]["regionCode"] == "eu-west-1"
    assert (term["sku"], term["offerTermCode"], term["effectiveDate"]) == (sku, "JRTCKXETXF", "2026-11-01T00:00:00Z")
    assert (free["beginRange"], free["endRange"], free["pricePerUnit"]) == ("0", "150000", {"USD": "0.0000000000"})
    assert (paid["beginRange"], paid["endRange"], paid["pricePerUnit"]) == ("150000", "Inf", {"USD": "0.0000440000"})
    assert {free["rateCode"], paid["rateCode"]} == term["priceDimensions"].keys()


def test_every_filter_must_let_a_row_through() -> None:
    assert usages(IRELAND, ("TERM_MATCH", "component", "Hosting"), ("EQUALS", "memory", "8 GiB")) == [
        "EU-Host:ml.m5.large"
    ]


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("TERM_MATCH", "EU-CW:AlarmMonitorUsage", ["EU-CW:AlarmMonitorUsage"]),
        ("EQUALS", "AlarmMonitorUsage", []),
        ("CONTAINS", "AlarmMonitorUsage", ["EU-CW:AlarmMonitorUsage", "EU-CW:HighResAlarmMonitorUsage"]),
        (
            "ANY_OF",
            "EU-CW:AlarmMonitorUsage,EU-CW:MetricMonitorUsage",
            ["EU-CW:AlarmMonitorUsage", "EU-CW:MetricMonitorUsage"],
        ),
        (
            "NONE_OF",
            "EU-CW:AlarmMonitorUsage,EU-DataProcessing-Bytes,EU-TimedStorage-ByteHrs",
            ["EU-CW:HighResAlarmMonitorUsage", "EU-CW:MetricMonitorUsage"],
        ),
    ],
)
def test_each_type_of_filter_is_honoured(kind: str, value: str, found: list[str]) -> None:
    assert usages(IRELAND, (kind, "usagetype", value), service=pricing.CLOUDWATCH) == found


def test_what_is_of_no_region_is_found_by_its_usage_type() -> None:
    row = ("TERM_MATCH", "usagetype", "DashboardsUsageHour")
    assert usages(row, service=pricing.CLOUDWATCH) == ["DashboardsUsageHour"]
    assert usages(IRELAND, row, service=pricing.CLOUDWATCH) == []


def test_a_long_list_comes_in_pages() -> None:
    first = get()
    rest = get(NextToken=first["NextToken"])
    assert (len(first["PriceList"]), first["PriceList"][0] == rest["PriceList"][0]) == (100, False)
    assert len(get(MaxResults=7)["PriceList"]) == 7
    assert len(get(world=World(settings=Settings(page_size=3)))["PriceList"]) == 3


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"NextToken": "x"}, "InvalidNextTokenException"),
        ({"FormatVersion": "aws_v2"}, "InvalidParameterException"),
        ({"Filters": [{"Type": "EQUALS", "Field": "a", "Value": "b"}] * 51}, "ValidationException"),
        ({"Filters": [{"Type": "LIKE", "Field": "a", "Value": "b"}]}, "ValidationException"),
        ({"region": "eu-west-1"}, "UnsupportedOperation"),
    ],
)
def test_what_cannot_be_asked_is_refused(more: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError) as refused:
        get(**more)
    assert refused.value.code == code


def test_another_operation_is_not_played() -> None:
    with pytest.raises(AwsError, match="does not play DescribeServices of the Price List"):
        pricing.SERVICE.answer(WORLD, "us-east-1", "DescribeServices", {})
