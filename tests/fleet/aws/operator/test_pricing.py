"""The Price List, read from the sandbox: of every Region, from whichever of the three Regions of its API answers."""

from datetime import date
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from fleet.access import Access
from fleet.aws.operator import pricing
from fleet.cost.price_list import prices
from fleet.cost.prices import ITEMS, TOKENS_IN, TOKENS_OUT

TODAY = date(2026, 11, 28)
DOWN = {"service": "pricing", "action": "error", "code": "InternalErrorException", "status": 500, "message": "down"}


def asked(account: Any) -> list[str]:
    """The Regions of the API that were asked, each once."""
    return list(dict.fromkeys(call.region for call in account.sandbox.calls(account.mark)))


@pytest.mark.parametrize(
    ("region", "first"),
    [
        ("eu-west-1", "eu-central-1"),
        ("eu-north-1", "eu-central-1"),
        ("me-south-1", "eu-central-1"),
        ("ap-northeast-1", "ap-south-1"),
        ("us-west-2", "us-east-1"),
        ("ca-central-1", "us-east-1"),
    ],
)
def test_the_nearest_region_of_the_api_is_asked_first_and_the_others_after_it(region: str, first: str) -> None:
    found = pricing.nearest(region)
    assert (found[0], sorted(found)) == (first, ["ap-south-1", "eu-central-1", "us-east-1"])


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "eu-north-1"])
def test_every_price_of_a_region_is_found(account: Any, region: str) -> None:
    found, left_out = prices(pricing.texts(Access(region)), region, TODAY)
    assert left_out == ()
    assert {price.item for price in found} == ITEMS.keys() - {TOKENS_IN, TOKENS_OUT}


def test_pages_are_read_to_the_end(account: Any) -> None:
    whole = pricing.texts(Access("eu-west-1"))
    account.sandbox.settings(page_size=3)
    assert pricing.texts(Access("eu-west-1")) == whole


def test_where_one_region_does_not_answer_the_next_is_asked(account: Any) -> None:
    account.sandbox.fault("GetProducts", region="eu-central-1", **DOWN)
    assert pricing.texts(Access("eu-west-1"))
    assert asked(account) == ["eu-central-1", "us-east-1"]


def test_where_none_answers_the_last_error_is_raised(account: Any) -> None:
    account.sandbox.fault("GetProducts", **DOWN)
    with pytest.raises(ClientError, match="down"):
        pricing.texts(Access("eu-west-1"))
    assert asked(account) == ["eu-central-1", "us-east-1", "ap-south-1"]


def test_one_that_cannot_be_reached_at_all_is_passed_over(account: Any) -> None:
    account.sandbox.fault("GetProducts", service="pricing", region="eu-central-1", action="error", drop=True)
    assert pricing.texts(Access("eu-west-1"))


def test_none_that_can_be_reached_is_an_error(account: Any) -> None:
    account.sandbox.fault("GetProducts", service="pricing", action="error", drop=True)
    with pytest.raises(BotoCoreError):
        pricing.texts(Access("eu-west-1"))


def test_a_denial_ends_it_at_once(account: Any) -> None:
    rule = {"service": "pricing", "action": "error", "code": "AccessDeniedException", "message": "no"}
    account.sandbox.fault("GetProducts", **rule)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        pricing.texts(Access("eu-west-1"))
    assert asked(account) == ["eu-central-1"]
