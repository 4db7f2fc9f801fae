"""Requests against the service model: a test for each kind of limit, and one for the sandbox's own answers."""

from typing import Any

import pytest

from sandbox.aws import validation
from sandbox.aws.played import PLAYED
from sandbox.aws.sagemaker.operations import SERVICE
from sandbox.aws.world import REGION, AwsError, World


def refusal(operation: str, **request: Any) -> str:
    with pytest.raises(AwsError) as caught:
        validation.check_request(validation.service("sagemaker").operation_model(operation), request)
    assert (caught.value.code, caught.value.status) == ("ValidationException", 400)
    return caught.value.message


def accepted(operation: str, **request: Any) -> bool:
    validation.check_request(validation.service("sagemaker").operation_model(operation), request)
    return True


def config(**serverless: Any) -> dict[str, Any]:
    full = {"MemorySizeInMB": 2048, "MaxConcurrency": 5, **serverless}
    return {
        "EndpointConfigName": "c",
        "ProductionVariants": [{"VariantName": "v", "ModelName": "m", "ServerlessConfig": full}],
    }


def test_a_missing_member_is_refused() -> None:
    assert refusal("CreateEndpoint", EndpointName="a") == (
        "1 validation error detected: Value null at 'endpointConfigName' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_an_unknown_member_is_refused() -> None:
    assert "Value 'x' at 'endpointNmae' failed to satisfy constraint: Member is unknown" in refusal(
        "DescribeEndpoint", EndpointName="a", EndpointNmae="x"
    )


@pytest.mark.parametrize(
    ("operation", "request_", "at"),
    [
        ("ListModels", {"MaxResults": "10"}, "'10' at 'maxResults'"),
        ("ListModels", {"MaxResults": True}, "'True' at 'maxResults'"),
        ("ListModels", {"MaxResults": 1.5}, "'1.5' at 'maxResults'"),
        ("ListModels", {"CreationTimeAfter": "today"}, "'today' at 'creationTimeAfter'"),
        ("DescribeModel", {"ModelName": 1}, "'1' at 'modelName'"),
        ("DescribeModel", {"ModelName": None}, "null at 'modelName'"),
        ("CreateModel", {"ModelName": "m", "EnableNetworkIsolation": "yes"}, "'yes' at 'enableNetworkIsolation'"),
        ("CreateModel", {"ModelName": "m", "Tags": {}}, "'{}' at 'tags'"),
        ("CreateModel", {"ModelName": "m", "PrimaryContainer": []}, "'[]' at 'primaryContainer'"),
        ("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Environment": []}}, "'[]' at 'primaryContainer.env"),
    ],
)
def test_a_wrong_type_is_refused(operation: str, request_: dict[str, Any], at: str) -> None:
    message = refusal(operation, **request_)
    assert at in message
    assert "Member must be of type" in message


def test_a_value_outside_the_enum_is_refused() -> None:
    assert (
        "at 'sortOrder' failed to satisfy constraint: Member must satisfy enum value set: [Ascending, Des"
        in refusal("ListModels", SortOrder="Up")
    )


@pytest.mark.parametrize("name", ["a_b", "-a", "a-", "a b", "", "a\n"])
def test_a_value_that_does_not_match_the_whole_pattern_is_refused(name: str) -> None:
    assert "at 'endpointName' failed to satisfy constraint: Member must satisfy regular" in refusal(
        "DescribeEndpoint", EndpointName=name
    )


def test_too_long_a_text_is_refused() -> None:
    assert "Member must have length less than or equal to 63" in refusal("DescribeEndpoint", EndpointName="a" * 64)


def test_too_short_a_text_is_refused() -> None:
    assert (
        "at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1"
        in (refusal("CreateModel", ModelName="m", Tags=[{"Key": "", "Value": "v"}]))
    )


def test_too_long_a_list_is_refused() -> None:
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    assert "at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50" in refusal(
        "CreateModel", ModelName="m", Tags=tags
    )


def test_too_short_a_list_is_refused() -> None:
    assert "Member must have length greater than or equal to 1" in refusal(
        "CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[]
    )


def test_too_large_a_number_deep_inside_is_refused_with_its_path() -> None:
    assert refusal("CreateEndpointConfig", **config(MaxConcurrency=500)) == (
        "1 validation error detected: Value '500' at 'productionVariants.1.member.serverlessConfig.maxConcurrency' "
        "failed to satisfy constraint: Member must have value less than or equal to 200"
    )


def test_too_small_a_number_is_refused() -> None:
    assert "Member must have value greater than or equal to 1024" in refusal(
        "CreateEndpointConfig", **config(MemorySizeInMB=512)
    )


def test_too_large_a_map_is_refused() -> None:
    environment = {f"K{number}": "" for number in range(101)}
    assert "at 'primaryContainer.environment' failed to satisfy constraint: Member must have length less" in refusal(
        "CreateModel", ModelName="m", PrimaryContainer={"Environment": environment}
    )


@pytest.mark.parametrize("environment", [{"1K": "v"}, {"K": "v" * 1025}])
def test_a_wrong_key_or_value_of_a_map_is_refused(environment: dict[str, str]) -> None:
    assert "at 'primaryContainer.environment." in refusal(
        "CreateModel", ModelName="m", PrimaryContainer={"Environment": environment}
    )


def test_all_violations_are_named_at_once() -> None:
    message = refusal("CreateEndpoint", EndpointName="a_b")
    assert message.startswith("2 validation errors detected: ")


def test_letters_of_any_language_are_letters_to_a_pattern() -> None:
    assert accepted("CreateModel", ModelName="m", Tags=[{"Key": "größe", "Value": "大"}])
    assert "at 'tags.1.member.value'" in refusal("CreateModel", ModelName="m", Tags=[{"Key": "k", "Value": "a;b"}])


def test_an_answer_that_sagemaker_would_not_give_is_an_error_of_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SERVICE.operations, "ListModels", lambda *_: {"Models": [{"ModelName": "m"}]})
    with pytest.raises(AwsError, match="bug in the sandbox: its answer to ListModels") as caught:
        SERVICE.answer(World(), REGION, "ListModels", {})
    assert (caught.value.code, caught.value.status) == ("InternalFailure", 500)


@pytest.mark.parametrize(
    ("service", "operation"),
    [(name, operation) for name, row in PLAYED.items() for operation in row.service.operations],
)
def test_every_pattern_of_a_played_operation_compiles(service: str, operation: str) -> None:
    def walk(shape: Any, above: frozenset[str]) -> None:
        if shape.name in above:
            return
        if "pattern" in shape.metadata:
            validation._pattern(shape.metadata["pattern"])
        inner = {"structure": lambda: list(shape.members.values()), "list": lambda: [shape.member]}
        inner["map"] = lambda: [shape.key, shape.value]
        for part in inner.get(shape.type_name, list)():
            walk(part, above | {shape.name})

    walk(validation.service(service).operation_model(operation).input_shape, frozenset())
