"""How AWS is spoken to, and how its errors read."""

import json
from typing import Any, get_args, get_overloads

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from fleet.access import Access, understand
from fleet.aws import session
from fleet.seen import Unknown

DENIED: Any = {
    "Error": {"Code": "AccessDeniedException", "Message": "not you"},
    "ResponseMetadata": {"RequestId": "r-1"},
}


def config() -> Any:
    return session.sagemaker(Access("eu-west-1")).meta.config


def missing(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeEndpoint")


def test_the_client_goes_where_the_environment_says(account: Any) -> None:
    assert session.sagemaker(Access("eu-west-1")).meta.endpoint_url == account.sandbox.url


def test_the_client_is_of_the_region_asked_for() -> None:
    assert session.sagemaker(Access("eu-central-1")).meta.region_name == "eu-central-1"


def test_a_call_is_tried_eight_times_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_MAX_ATTEMPTS", raising=False)
    assert config().retries == {"mode": "standard", "total_max_attempts": 8}
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    assert config().retries == {"mode": "standard", "total_max_attempts": 3}


def test_every_thread_has_a_connection() -> None:
    assert config().max_pool_connections == session.THREADS


def test_a_profile_that_does_not_exist_is_an_answer() -> None:
    answer = session.ask(lambda: session.sagemaker(Access("eu-west-1", profile="nobody")))
    assert answer == Unknown("ProfileNotFound: The config profile (nobody) could not be found")


def test_throttling_passes(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    account.sandbox.fault("ListEndpoints", action="error", code="ThrottlingException", times=1)
    client = session.sagemaker(Access("eu-west-1"))
    assert not isinstance(session.ask(client.list_endpoints), Unknown)
    assert account.operations() == ["ListEndpoints"] * 2


def test_a_burst_that_outlasts_all_attempts_of_a_call_passes(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    account.sandbox.fault("ListEndpoints", action="error", code="ThrottlingException", times=5)
    client = session.sagemaker(Access("eu-west-1"))
    assert not isinstance(session.ask(client.list_endpoints), Unknown)


def test_an_error_after_retries_reads_as_one_without(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    account.sandbox.fault("ListEndpoints", action="error", code="ThrottlingException", message="Rate exceeded")
    client = session.sagemaker(Access("eu-west-1"))
    assert session.ask(client.list_endpoints) == Unknown("ListEndpoints: ThrottlingException: Rate exceeded")


def test_what_a_call_returns_is_passed_on() -> None:
    assert session.ask(lambda: 7) == 7


def test_an_answer_that_makes_no_sense_is_no_answer() -> None:
    answer: dict[str, Any] = {}
    assert session.ask(lambda: answer["Endpoints"]) == Unknown("KeyError: 'Endpoints'")


def test_the_sentence_of_an_error_names_the_call_and_no_request() -> None:
    sentence = session.sentence(ClientError(DENIED, "ListModelPackages"))
    assert sentence == "ListModelPackages: AccessDeniedException: not you"


def test_the_sentence_of_an_unreachable_endpoint_names_it() -> None:
    error = EndpointConnectionError(endpoint_url="http://127.0.0.1:9/")
    sentence = 'EndpointConnectionError: Could not connect to the endpoint URL: "http://127.0.0.1:9/"'
    assert session.sentence(error) == sentence


@pytest.mark.parametrize(
    "error",
    [
        missing("ValidationException", 'Could not find endpoint "arn:aws:sagemaker:eu-west-1:1:endpoint/x".'),
        missing("ValidationException", "ModelPackageGroup arn:aws:sagemaker:… does not exist."),
        missing("ResourceNotFound", "Model package group not found"),
        missing("ResourceNotFoundException", "Resource Not Found"),
    ],
    ids=["endpoint", "group", "not found", "not found, as an exception"],
)
def test_what_is_not_there_is_told_by_its_words(error: ClientError) -> None:
    assert session.not_found(error)


@pytest.mark.parametrize(
    "error",
    [
        missing("ValidationException", "1 validation error detected"),
        missing("AccessDeniedException", "User: … is not authorized; the role does not exist"),
        missing("ThrottlingException", "Rate exceeded"),
    ],
    ids=["invalid", "denied", "throttled"],
)
def test_another_error_never_means_that_something_is_not_there(error: ClientError) -> None:
    assert not session.not_found(error)


def test_an_endpoint_of_every_service_that_is_called_can_be_configured() -> None:
    """Else the provider would go by `aws:endpoints`, and the program past it."""
    of_calls = {get_args(one.__annotations__["service"])[0] for one in get_overloads(session.client)}
    names = ["appautoscaling", "cloudtrail", "cloudwatch", "ecr", "eventbridge", "iam", "logs", "pricing", "s3"]
    names += ["sagemaker", "servicequotas", "ssm"]
    said = understand({"aws:endpoints": json.dumps([dict.fromkeys(names, "http://aws")])}, {})
    runtime = {"sagemaker-runtime"}  # the provider calls no model, and has no name for it
    assert of_calls - runtime == {service for service, _ in said.endpoints}
