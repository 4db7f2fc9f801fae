"""CloudTrail of the sandbox: the log of calls, as LookupEvents tells it."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.aws import cloudtrail
from sandbox.aws.calls import Call
from sandbox.aws.cloudtrail import Trail
from sandbox.aws.world import REGION, AwsError

NOW = time.time()
JANE = "arn:aws:sts::123456789012:assumed-role/Approver/jane"
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/3"


def call(n: int, operation: str = "UpdateModelPackage", **more: Any) -> Call:
    known = {"params": {"ModelPackageArn": PACKAGE}, "started": NOW - 100 + n, "status": 200, "caller": JANE}
    return Call(n, "sagemaker", operation, **{"region": REGION, **known, **more})


def look_up(*calls: Call, **request: Any) -> dict[str, Any]:
    return cloudtrail.SERVICE.answer(Trail(calls, NOW), REGION, "LookupEvents", request)


def by_name(name: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}]}


def numbers(answer: dict[str, Any]) -> list[int]:
    return [int(event["EventId"].rpartition("-")[2]) for event in answer["Events"]]


def pages(*calls: Call) -> Iterator[list[int]]:
    answer = look_up(*calls)
    yield numbers(answer)
    while "NextToken" in answer:
        answer = look_up(*calls, NextToken=answer["NextToken"])
        yield numbers(answer)


def test_an_event_says_who_asked_for_what_and_when() -> None:
    (event,) = look_up(call(1, error="AccessDeniedException"))["Events"]
    said = json.loads(event["CloudTrailEvent"])
    assert (event["Username"], said["userIdentity"]["arn"]) == ("jane", JANE)
    assert (said["eventName"], said["errorCode"]) == ("UpdateModelPackage", "AccessDeniedException")
    assert said["requestParameters"] == {"modelPackageArn": PACKAGE}


def test_the_newest_event_comes_first_and_what_only_reads_is_none() -> None:
    assert numbers(look_up(call(1), call(2, "DescribeModelPackage"), call(3))) == [3, 1]


def test_events_are_looked_up_by_their_name_and_in_a_time() -> None:
    calls = (call(1), call(2, "CreateModelPackage"), call(3))
    assert numbers(look_up(*calls, **by_name("CreateModelPackage"))) == [2]
    assert numbers(look_up(*calls, StartTime=NOW - 98)) == [3, 2]


def test_an_event_of_another_region_is_in_that_one() -> None:
    assert numbers(look_up(call(1, region="eu-central-1"))) == []


def test_a_call_that_is_under_way_is_no_event_yet() -> None:
    assert numbers(look_up(call(1, status=0))) == []


def test_fifty_events_are_a_page() -> None:
    assert [len(page) for page in pages(*(call(n) for n in range(1, 61)))] == [50, 10]


def test_it_looks_nothing_up_by_anything_else() -> None:
    with pytest.raises(AwsError, match="EventName only"):
        look_up(LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": "jane"}])
