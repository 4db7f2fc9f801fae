"""Tags of the sandbox's SageMaker."""

from dataclasses import replace
from typing import Any

import pytest

MODEL = "arn:aws:sagemaker:eu-west-1:123456789012:model/m1"


def rows(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def listed(aws: Any, arn: str = MODEL) -> dict[str, str]:
    return {row["Key"]: row["Value"] for row in aws("ListTags", ResourceArn=arn)["Tags"]}


def test_a_tag_added_again_is_overwritten(aws: Any) -> None:
    aws.model("m1", Tags=rows(a="1", b="1"))
    aws("AddTags", ResourceArn=MODEL, Tags=rows(b="2", c="2"))
    assert listed(aws) == {"a": "1", "b": "2", "c": "2"}


def test_deleted_tags_are_gone_and_unknown_ones_do_not_matter(aws: Any) -> None:
    aws.model("m1", Tags=rows(a="1", b="1"))
    aws("DeleteTags", ResourceArn=MODEL, TagKeys=["a", "z"])
    assert listed(aws) == {"b": "1"}


@pytest.mark.parametrize("kind", ["endpoint-config/c1", "endpoint/toxicity", "model-package-group/toxicity"])
def test_everything_with_an_arn_has_tags(aws: Any, kind: str) -> None:
    aws.endpoint()
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:{kind}"
    aws("AddTags", ResourceArn=arn, Tags=rows(a="1"))
    assert listed(aws, arn) == {"a": "1"}


@pytest.mark.parametrize("operation", [{"AddTags": {"Tags": []}}, {"ListTags": {}}, {"DeleteTags": {"TagKeys": ["a"]}}])
def test_tags_of_what_is_not_there_are_a_validation_exception(aws: Any, operation: dict[str, Any]) -> None:
    ((name, more),) = operation.items()
    error = aws.refused(name, ResourceArn=MODEL, **more)
    assert (error.code, error.message) == ("ValidationException", f'Could not find model "{MODEL}".')


def test_more_than_fifty_tags_are_refused_also_over_two_calls(aws: Any) -> None:
    aws.model("m1", Tags=rows(**{f"k{number}": "" for number in range(50)}))
    aws("AddTags", ResourceArn=MODEL, Tags=rows(k0="again"))
    assert "at most 50 tags" in aws.refused("AddTags", ResourceArn=MODEL, Tags=rows(more="")).message


@pytest.mark.parametrize("key", ["aws:name", "AWS:name"])
def test_a_tag_that_aws_keeps_for_itself_is_refused_and_nothing_is_created(aws: Any, key: str) -> None:
    container = {"Image": "image:1"}
    error = aws.refused("CreateModel", ModelName="m1", PrimaryContainer=container, Tags=rows(**{key: "v"}))
    assert "aws: prefixed" in error.message
    assert aws("ListModels")["Models"] == []


def test_the_same_key_twice_in_one_request_is_refused(aws: Any) -> None:
    aws.model("m1")
    assert "Duplicate tag keys" in aws.refused("AddTags", ResourceArn=MODEL, Tags=[*rows(a="1"), *rows(a="2")]).message


def test_the_tags_of_a_deleted_thing_do_not_come_back_with_its_name(aws: Any) -> None:
    aws.model("m1", Tags=rows(a="1"))
    aws("DeleteModel", ModelName="m1")
    assert MODEL not in aws.world.tags
    aws.model("m1")
    assert listed(aws) == {}


def test_an_account_may_let_nothing_be_made_without_certain_tags(aws: Any) -> None:
    aws.world.settings = replace(aws.world.settings, required_tags=("team",))
    container = {"Image": "image:1"}
    refused = aws.refused("CreateModel", ModelName="m", PrimaryContainer=container, Tags=[{"Key": "a", "Value": "b"}])
    assert (refused.code, "aws:RequestTag/team" in refused.message) == ("AccessDeniedException", True)
    aws("CreateModel", ModelName="m", PrimaryContainer=container, Tags=[{"Key": "team", "Value": "x"}])
