"""AWS's Price List as prices: what GetProducts is asked for a Region, and what its rows mean.

Pure: JSON texts come in, as GetProducts gives them in PriceList. Asking is an edge's. Where the attributes were seen:
the tests of infracost for serverless inference, the billing documentation of CloudWatch for its usage types (2026-11).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from fleet.cost.prices import (
    ALARM,
    ANYWHERE,
    COMPUTE,
    DASHBOARD,
    DATA_IN,
    DATA_OUT,
    INSTANCE,
    ITEMS,
    LOGS_IN,
    LOGS_KEPT,
    METRIC,
    READY,
    SLIP,
    WARM_COMPUTE,
    Price,
    plain,
)

REGIONS = ("us-east-1", "eu-central-1", "ap-south-1")  # where the API is (botocore's endpoints, 2026-11)
SAGEMAKER, CLOUDWATCH = "AmazonSageMaker", "AmazonCloudWatch"
SOURCE = "AWS Price List"
# What CloudWatch gives each account a month (CloudWatch pricing, 2026-11); its list has it under no Region.
FREE: Mapping[str, float] = {ALARM: 10, METRIC: 10, DASHBOARD: 3, LOGS_IN: 5}

Attributes = Mapping[str, str]


class NoPrices(ValueError):
    """What AWS gave cannot be read, or holds nothing of what is priced here."""


@dataclass(frozen=True)
class Query:
    """One question to GetProducts: a service, and what each product's attributes have to be."""

    service: str
    attributes: Attributes


def queries(region: str) -> tuple[Query, ...]:
    """What is asked for a Region. Every price is in one of the answers."""
    here = {"regionCode": region}
    return (
        Query(SAGEMAKER, {**here, "productFamily": "ML Serverless"}),
        Query(SAGEMAKER, {**here, "operation": "Invoke-Endpoint"}),
        Query(SAGEMAKER, {**here, "productFamily": "ML Instance", "component": "Hosting"}),
        Query(CLOUDWATCH, here),
        Query(CLOUDWATCH, {"usagetype": "DashboardsUsageHour"}),  # of no Region
    )


@dataclass(frozen=True)
class Rule:
    """By what a product is known to be one of our items."""

    item: str
    matches: Callable[[Attributes], bool]
    per_gb: bool = False  # its price is for an endpoint of so many GB, as the usage type says


def _usage(pattern: str) -> Callable[[Attributes], bool]:
    # A Region's usage types begin with its short name, and those of us-east-1 with USE1 or nothing: EU-CW:…, CW:….
    return lambda attributes: re.search(rf"(^|-){pattern}$", attributes.get("usagetype", "")) is not None


def _group(group: str, usage: str) -> Callable[[Attributes], bool]:
    return lambda attributes: attributes.get("group") == group and usage in attributes.get("usagetype", "")


RULES: tuple[Rule, ...] = (
    Rule(COMPUTE, _usage(r"ServerlessInf:Mem-[1-6]GB"), per_gb=True),
    Rule(READY, _group("ServerlessProvisionedConcurrency-Usage", "ProvisionedConcurrency:Usage-"), per_gb=True),
    Rule(WARM_COMPUTE, _group("ServerlessProvisionedConcurrency-Duration", "ProvisionedConcurrency:Mem-"), per_gb=True),
    Rule(DATA_IN, _group("Hosting:IN", "Data-Bytes-In")),
    Rule(DATA_OUT, _group("Hosting:OUT", "Data-Bytes-Out")),
    Rule(INSTANCE, lambda a: a.get("component") == "Hosting" and a.get("instanceName", "").startswith("ml.")),
    Rule(ALARM, _usage("CW:AlarmMonitorUsage")),
    Rule(METRIC, _usage("CW:MetricMonitorUsage")),
    Rule(DASHBOARD, _usage("DashboardsUsageHour")),
    Rule(LOGS_IN, _usage("DataProcessing-Bytes")),
    Rule(LOGS_KEPT, _usage("TimedStorage-ByteHrs")),
)


def prices(texts: Iterable[str], region: str, today: date) -> tuple[tuple[Price, ...], tuple[str, ...]]:
    """The prices of a Region, and a sentence for each row that is left out.

    `today` is when it was asked. Raises NoPrices where nothing of what is priced here is in the rows.
    """
    found: dict[tuple[str, str, str], list[Price]] = {}
    left_out: list[str] = []
    for text in texts:
        for one in _read(text, region, today):
            if isinstance(one, str):
                left_out.append(one)
            else:
                found.setdefault(one.key, []).append(one)
    if not any(key[0] == COMPUTE for key in found):
        raise NoPrices(f"the Price List has no serverless inference in {region}; is that its name?")
    return tuple(_one_of(rows, left_out) for rows in found.values()), tuple(dict.fromkeys(left_out))


def _one_of(rows: Sequence[Price], left_out: list[str]) -> Price:
    """One price for what several rows ask: the six sizes of memory ask the same a GB, or else the dearest counts."""
    dearest = max(rows, key=lambda row: row.usd)
    if any(abs(row.usd - dearest.usd) > dearest.usd * 1e-6 for row in rows):
        cheapest = min(row.usd for row in rows)
        between = f"{plain(cheapest)} to {plain(dearest.usd)} USD a {dearest.unit}"
        left_out.append(f"{dearest.item} {dearest.of}".strip() + f" in {dearest.region}: {between}; the dearest counts")
    return dearest


def _read(text: str, region: str, today: date) -> Iterator[Price | str]:
    """The price of one row, or why it is left out; nothing where it is none of ours."""
    try:
        row = json.loads(text)
        product = row["product"]
        attributes: dict[str, str] = {**product["attributes"], "productFamily": product.get("productFamily", "")}
        sku = product["sku"]
    except (ValueError, KeyError, TypeError):
        yield "a row of the Price List is not what its documentation says; it is left out"
        return
    where = attributes.get("regionCode") or ANYWHERE
    rule = next((rule for rule in RULES if rule.matches(attributes)), None)
    if rule is None or where not in (region, ANYWHERE):
        return
    called = f"{attributes.get('usagetype', rule.item)} ({sku})"
    try:
        effective, usd = _on_demand(row["terms"]["OnDemand"])
        usd /= _gigabytes(attributes) if rule.per_gb else 1
    except (KeyError, TypeError, ValueError, AttributeError):
        yield f"{called}: has no on-demand price in USD; it is left out"
        return
    about = ITEMS[rule.item].about
    if not about / SLIP <= usd <= about * SLIP:
        yield f"{called}: {plain(usd)} USD a {ITEMS[rule.item].unit} is absurd; it is left out"
        return
    price = Price(rule.item, where, usd, today, SOURCE, sku=sku, effective=effective, free=FREE.get(rule.item, 0))
    yield replace(price, **_of_an_instance(attributes)) if rule.item == INSTANCE else price


def _on_demand(terms: Mapping[str, Any]) -> tuple[date, float]:
    """Since when, and the price of the first units that are not free."""
    (term,) = terms.values()
    tiers = sorted(term["priceDimensions"].values(), key=lambda tier: float(tier.get("beginRange", 0)))
    paid = [usd for tier in tiers if (usd := float(tier["pricePerUnit"]["USD"])) > 0]
    if not paid:
        raise ValueError("free")
    return datetime.fromisoformat(term["effectiveDate"]).date(), paid[0]


def _gigabytes(attributes: Attributes) -> int:
    return int(attributes["usagetype"].rpartition("-")[2].removesuffix("GB"))


def _of_an_instance(attributes: Attributes) -> dict[str, Any]:
    """Some rows are called ml.m5.large-Hosting, and the memory is written as 8 GiB."""
    memory = re.match(r"([0-9.]+) Gi?B", attributes.get("memory", ""))
    return {
        "of": attributes["instanceName"].removesuffix("-Hosting"),
        "memory_gb": float(memory[1]) if memory else 0,
    }
