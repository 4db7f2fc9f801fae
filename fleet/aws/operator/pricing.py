"""AWS's Price List, as GetProducts gives it: JSON texts, which fleet/cost/price_list.py reads.

The API is in three Regions, whatever Region the prices are of: the nearest is asked, and the next where it does not
answer.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from fleet.access import Access
from fleet.aws import session
from fleet.cost.price_list import REGIONS, Query, queries

if TYPE_CHECKING:
    from mypy_boto3_pricing import PricingClient

NEAR = {"eu": "eu-central-1", "me": "eu-central-1", "il": "eu-central-1", "af": "eu-central-1", "ap": "ap-south-1"}


def nearest(region: str) -> list[str]:
    """The Regions of the API, the nearest to this one first."""
    first = NEAR.get(region.partition("-")[0], REGIONS[0])
    return [first, *(one for one in REGIONS if one != first)]


def client(access: Access, region: str) -> "PricingClient":
    """A client of the API in one of its Regions, with few tries: there are two more."""
    soon = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=5, read_timeout=30)
    return session.client(replace(access, region=region), "pricing", soon)


def texts(access: Access) -> list[str]:
    """All products that prices are read from, of the access's Region.

    Raises what botocore raises, of the last Region of the API where none of them answers.
    """
    first, *others = nearest(access.region)
    for region in (first, *others):
        try:
            return [text for query in queries(access.region) for text in _products(client(access, region), query)]
        except ClientError as error:
            if region == others[-1] or error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                raise  # denied here is denied everywhere
        except (ConnectionError, HTTPClientError):
            if region == others[-1]:
                raise
    raise AssertionError("the last Region returns or raises")


def _products(pricing: "PricingClient", query: Query) -> Iterator[str]:
    pages = pricing.get_paginator("get_products").paginate(
        ServiceCode=query.service,
        Filters=[{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in query.attributes.items()],
        FormatVersion="aws_v1",
    )
    for page in pages:
        yield from page["PriceList"]
