"""Parameters that a run has not declared before: which there are, and whose."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from fleet.access import Access
from fleet.aws import parameters, session

PATH = "/sagemaker-endpoint-manager/prod"


@pytest.fixture
def ssm(account: Any) -> Any:
    """The program's client."""
    return session.ssm(Access("eu-west-1"))


def put(ssm: Any, *tasks: str, **tags: str) -> None:
    for task in tasks:
        listed = [{"Key": f"fleet:{key}", "Value": value} for key, value in tags.items()]
        ssm.put_parameter(Name=f"{PATH}/{task}", Value="{}", Type="String", Tags=listed)


def test_only_parameters_that_are_there_exist(ssm: Any) -> None:
    put(ssm, "toxicity", "spam")
    assert parameters.existing(ssm, [f"{PATH}/toxicity", f"{PATH}/urgency"]) == {f"{PATH}/toxicity"}


def test_names_are_asked_ten_a_call(ssm: Any, account: Any) -> None:
    names = [f"{PATH}/task-{number}" for number in range(20)]
    put(ssm, "task-0", "task-9", "task-19")
    account.mark = account.sandbox.mark()

    assert parameters.existing(ssm, names) == {f"{PATH}/task-{number}" for number in (0, 9, 19)}
    assert account.operations() == ["GetParameters"] * 2


def test_without_names_nothing_is_asked(ssm: Any, account: Any) -> None:
    assert parameters.existing(ssm, []) == set()
    assert account.operations() == []


def test_the_tags_of_a_parameter_say_whose_it_is(ssm: Any, account: Any) -> None:
    put(ssm, "toxicity", project="sagemaker-endpoint-manager", stack="prod")
    put(ssm, "spam")

    assert account.ownership.covers(parameters.tags(ssm, f"{PATH}/toxicity") or {})
    assert parameters.tags(ssm, f"{PATH}/spam") == {}


def test_a_parameter_that_is_not_there_has_no_tags(ssm: Any) -> None:
    assert parameters.tags(ssm, f"{PATH}/toxicity") is None


def test_tags_that_cannot_be_read_are_no_answer(ssm: Any, account: Any) -> None:
    account.sandbox.fault("ListTagsForResource", service="ssm", action="error", code="AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        parameters.tags(ssm, f"{PATH}/toxicity")
