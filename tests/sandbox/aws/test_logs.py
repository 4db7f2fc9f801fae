"""Log groups of the sandbox: who makes them, and how long they keep."""

from typing import Any

import pytest

from sandbox.aws import logs
from sandbox.aws.sagemaker import runtime
from sandbox.aws.world import REGION, AwsError, World

GROUP = "/aws/sagemaker/Endpoints/toxicity"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def ask(world: World, operation: str, **request: Any) -> dict[str, Any]:
    return logs.SERVICE.answer(world, REGION, operation, request)


def refused(world: World, operation: str, **request: Any) -> str:
    with pytest.raises(AwsError) as caught:
        ask(world, operation, **request)
    return caught.value.code


def groups(world: World) -> dict[str, int]:
    """Name -> days; 0: for ever."""
    rows = ask(world, "DescribeLogGroups")["logGroups"]
    return {row["logGroupName"]: row.get("retentionInDays", 0) for row in rows}


def test_the_first_invocation_makes_the_group_of_an_endpoint(aws: Any) -> None:
    aws.endpoint()
    assert groups(aws.world) == {}
    runtime.target(aws.world, REGION, "toxicity")
    assert groups(aws.world) == {GROUP: 0}


def test_a_group_that_is_there_stays_as_it_is(aws: Any) -> None:
    aws.endpoint()
    ask(aws.world, "CreateLogGroup", logGroupName=GROUP)
    ask(aws.world, "PutRetentionPolicy", logGroupName=GROUP, retentionInDays=30)
    runtime.target(aws.world, REGION, "toxicity")
    assert groups(aws.world) == {GROUP: 30}


def test_the_group_outlives_its_endpoint(aws: Any) -> None:
    aws.endpoint()
    runtime.target(aws.world, REGION, "toxicity")
    aws("DeleteEndpoint", EndpointName="toxicity")
    aws.wait()
    assert groups(aws.world) == {GROUP: 0}


def test_what_aws_refuses_is_refused() -> None:
    world = World()
    ask(world, "CreateLogGroup", logGroupName=GROUP)
    assert refused(world, "CreateLogGroup", logGroupName=GROUP) == "ResourceAlreadyExistsException"
    assert refused(world, "PutRetentionPolicy", logGroupName=GROUP, retentionInDays=31) == "InvalidParameterException"
    assert refused(world, "DeleteLogGroup", logGroupName="x") == "ResourceNotFoundException"
    arn = f"arn:aws:logs:eu-west-1:123456789012:log-group:{GROUP}"
    assert refused(world, "ListTagsForResource", resourceArn=f"{arn}:*") == "ValidationException"


def test_a_retention_is_taken_back() -> None:
    world = World()
    ask(world, "CreateLogGroup", logGroupName=GROUP)
    ask(world, "PutRetentionPolicy", logGroupName=GROUP, retentionInDays=30)
    ask(world, "DeleteRetentionPolicy", logGroupName=GROUP)
    assert groups(world) == {GROUP: 0}


def test_a_group_has_a_key_until_it_is_taken_away() -> None:
    world = World()
    ask(world, "CreateLogGroup", logGroupName=GROUP)
    ask(world, "AssociateKmsKey", logGroupName=GROUP, kmsKeyId=KEY)
    assert ask(world, "DescribeLogGroups")["logGroups"][0]["kmsKeyId"] == KEY
    ask(world, "DisassociateKmsKey", logGroupName=GROUP)
    assert "kmsKeyId" not in ask(world, "DescribeLogGroups")["logGroups"][0]


def test_a_group_without_tags_has_none_to_list() -> None:
    world = World()
    ask(world, "CreateLogGroup", logGroupName=GROUP)
    arn = ask(world, "DescribeLogGroups")["logGroups"][0]["logGroupArn"]
    assert ask(world, "ListTagsForResource", resourceArn=arn) == {}


def test_groups_come_in_pages() -> None:
    world = World()
    for number in range(3):
        ask(world, "CreateLogGroup", logGroupName=f"group-{number}")
    first = ask(world, "DescribeLogGroups", limit=2)
    second = ask(world, "DescribeLogGroups", limit=2, nextToken=first["nextToken"])
    assert [len(page["logGroups"]) for page in (first, second)] == [2, 1]
