"""Service Quotas of the sandbox: what it lists is what SageMaker there refuses by."""

from typing import Any

import pytest

from sandbox.aws.quotas import SERVICE
from sandbox.aws.world import AwsError, Settings, World

CONCURRENCY = "L-96300102"


def ask(world: World, **request: Any) -> dict[str, Any]:
    return SERVICE.answer(world, "eu-west-1", "ListServiceQuotas", {"ServiceCode": "sagemaker", **request})


def test_the_applied_values_are_the_settings() -> None:
    world = World(settings=Settings(endpoint_limit=5, concurrency_limit=10, memory_limit=3072))
    listed = {row["QuotaName"]: row["Value"] for row in ask(world)["Quotas"]}
    assert {name: value for name, value in listed.items() if "serverless" in name} == {
        "Maximum number of serverless endpoints": 5,
        "Maximum total concurrency that can be allocated across all serverless endpoints": 10,
        "Memory size in MB per serverless endpoint": 3072,
    }


def test_one_quota_can_be_asked_for_by_its_code() -> None:
    (row,) = ask(World(), QuotaCode=CONCURRENCY)["Quotas"]
    assert row["QuotaCode"] == CONCURRENCY


def test_quotas_are_paged() -> None:
    world = World(settings=Settings(page_size=2))
    pages = [ask(world)]
    while token := pages[-1].get("NextToken"):
        pages.append(ask(world, NextToken=token))
    assert [len(page["Quotas"]) for page in pages] == [2, 2, 1]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"ServiceCode": "vpc"}, "NoSuchResourceException"),
        ({"NextToken": "abc="}, "InvalidPaginationTokenException"),
        ({"MaxResults": 101}, "ValidationException"),
    ],
)
def test_a_bad_request_is_refused(request_: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError) as error:
        ask(World(), **request_)
    assert error.value.code == code


def test_another_operation_is_not_played() -> None:
    with pytest.raises(AwsError, match="does not play GetServiceQuota of Service Quotas"):
        SERVICE.answer(World(), "eu-west-1", "GetServiceQuota", {})
