"""Quotas and the execution role: read where they can be read, and never in the way."""

from dataclasses import replace
from typing import Any

import pytest

from fleet.access import Access
from fleet.aws import account as aws_account
from fleet.aws import session
from fleet.preflight import Limit, Quotas, Role, documented_quotas

ROLE = "arn:aws:iam::123456789012:role/sagemaker-execution"
DOCUMENTED = documented_quotas("eu-west-1")


@pytest.fixture(autouse=True)
def _in_the_account(account: Any) -> None:
    """The environment leads to the sandbox."""


def quotas() -> Quotas:
    return aws_account.quotas(Access("eu-west-1"))


def role(arn: str = ROLE) -> Role:
    return aws_account.role(arn, Access("eu-west-1"))


class Paged:
    """A client of Service Quotas that lists one page of these rows."""

    def __init__(self, *rows: Any) -> None:
        self.rows = rows

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Quotas": list(self.rows)}]


# Quotas


def test_the_applied_quotas_are_read_from_every_page(account: Any) -> None:
    account.sandbox.settings(endpoint_limit=5, concurrency_limit=10, memory_limit=3072, page_size=2)
    read = quotas()
    assert (read.endpoints.value, read.concurrency.value, read.memory_mb.value) == (5, 10, 3072)
    assert read.endpoints == Limit(5, 'Service Quotas, "Maximum number of serverless endpoints"', applied=True)
    assert read.note == ""
    assert account.operations() == ["ListServiceQuotas"] * 3


def test_reading_ends_when_all_are_found(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_account, "_QUOTAS", {"memory_mb": aws_account._QUOTAS["memory_mb"]})  # two come after it
    account.sandbox.settings(page_size=1)
    quotas()
    assert account.operations() == ["ListServiceQuotas"] * 3


@pytest.mark.parametrize("code", ["AccessDeniedException", "TooManyRequestsException", "NoSuchResourceException"])
def test_what_cannot_be_read_is_the_documented_default_and_says_why(account: Any, code: str) -> None:
    account.sandbox.fault("ListServiceQuotas", service="service-quotas", action="error", code=code, message="not you")
    assert quotas() == replace(DOCUMENTED, note=f"ListServiceQuotas: {code}: not you")


def test_a_service_that_does_not_answer_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    read = quotas()
    assert replace(read, note="") == DOCUMENTED
    assert read.note.startswith("EndpointConnectionError: Could not connect")


def test_what_was_read_before_an_error_counts(account: Any) -> None:
    account.sandbox.settings(page_size=3, memory_limit=3072)
    first = account.sandbox.client("service-quotas").list_service_quotas(ServiceCode="sagemaker")
    account.sandbox.fault(
        "ListServiceQuotas",
        service="service-quotas",
        action="error",
        code="TooManyRequestsException",
        match={"NextToken": first["NextToken"]},
    )
    read = quotas()
    assert read.memory_mb.applied
    assert not read.concurrency.applied
    assert "TooManyRequestsException" in read.note


def test_a_list_that_does_not_end_is_left(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_account, "LONGEST_LISTING", 0)
    account.sandbox.settings(page_size=1)
    assert quotas() == replace(DOCUMENTED, note="TimeoutError: ListServiceQuotas has not ended after 0 seconds")
    assert account.operations() == ["ListServiceQuotas"]


@pytest.mark.parametrize(
    "row",
    [
        {"QuotaName": "Maximum concurrency per serverless endpoint", "Value": 1.0},
        {"QuotaName": "ml.m5.large for endpoint usage", "Value": 1.0},
        {"QuotaCode": "L-96300102", "ErrorReason": {"ErrorCode": "DEPENDENCY_ACCESS_DENIED_ERROR"}},
        {"QuotaCode": "L-96300102", "Value": True},
        {"QuotaCode": "L-96300102", "Value": -1.0},
        {},
    ],
)
def test_a_row_that_says_nothing_of_it_is_passed_over(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "client", lambda *_: Paged(row))
    assert quotas() == DOCUMENTED


@pytest.mark.parametrize(
    "row",
    [
        {"QuotaCode": "L-96300102", "Value": 10.0},
        {
            "QuotaCode": "L-1",
            "QuotaName": "Maximum total concurrency that can be allocated across all serverless endpoints",
            "Value": 10,
        },
    ],
)
def test_the_concurrency_is_known_by_its_code_or_its_name(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "client", lambda *_: Paged(row))
    assert quotas().concurrency.value == 10


def test_an_answer_that_makes_no_sense_is_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "client", lambda *_: Paged("<html>"))
    assert replace(quotas(), note="") == DOCUMENTED


# The execution role


def trust(*services: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_a_role_that_sagemaker_may_assume_is_fine(account: Any) -> None:
    assert role() == Role()
    assert account.operations() == ["GetRole"]


def test_a_role_that_sagemaker_may_not_assume_is_a_problem_for_certain(account: Any) -> None:
    account.sandbox.settings(roles={"sagemaker-execution": trust("lambda.amazonaws.com")})
    assert role() == Role(
        f"execution role {ROLE} cannot be assumed by SageMaker: its trust policy does not allow sts:AssumeRole "
        "to sagemaker.amazonaws.com",
        certain=True,
    )


def test_a_role_that_is_not_there_is_a_problem_but_not_for_certain() -> None:
    arn = "arn:aws:iam::123456789012:role/missing"
    assert role(arn) == Role(f"execution role {arn} does not exist, says GetRole (NoSuchEntity)", certain=False)


def test_a_role_of_another_account_is_not_judged_by_one_of_the_same_name(account: Any) -> None:
    account.sandbox.settings(roles={"sagemaker-execution": trust("lambda.amazonaws.com")})
    assert role("arn:aws:iam::999999999999:role/sagemaker-execution") == Role()


def test_a_role_under_a_path_is_asked_for_by_its_name(account: Any) -> None:
    role("arn:aws:iam::123456789012:role/teams/ml/sagemaker-execution")
    (call,) = account.sandbox.calls(account.mark)
    assert call.params["RoleName"] == "sagemaker-execution"


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling", "404"])
def test_a_role_that_cannot_be_looked_at_is_a_doubt(account: Any, code: str) -> None:
    account.sandbox.fault("GetRole", service="iam", action="error", code=code, message="no", status=400)
    assert role() == Role(f"execution role {ROLE} could not be looked at: GetRole: {code}: no", certain=False)


def test_an_iam_that_does_not_answer_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    found = role()
    assert (found.certain, "could not be looked at: EndpointConnectionError" in found.problem) == (False, True)
