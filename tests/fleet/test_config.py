"""What a stack's configuration may say of the place of its parameters: the program and `fleet validate` share it."""

import pytest

from fleet import config
from fleet.revision import MAX_ENDPOINT_NAME

ROLE = "arn:aws:iam::123456789012:role/sagemaker-execution"
LONGEST_ARN = "arn:aws-us-gov:ssm:ap-southeast-1:111122223333:parameter"  # in front of a name; longer than any there is


def mistakes(path: str) -> list[str]:
    return config.mistakes({"executionRoleArn": ROLE, "parameterPath": path})


def test_parameters_are_at_first_beneath_the_project_and_the_stack() -> None:
    assert config.default_path("prod") == "/sagemaker-endpoint-manager/prod"


def test_the_default_path_is_possible_for_any_stack() -> None:
    assert mistakes(config.default_path("dev_1.x-Y")) == []


@pytest.mark.parametrize("path", ["/a", "/Teams/text_1.x/prod-eu", "/my/aws/ssm", "/x" * 14, f"/{'x' * 899}"])
def test_a_path_of_letters_digits_and_three_signs_is_possible(path: str) -> None:
    assert mistakes(path) == []


@pytest.mark.parametrize("path", ["", "/", "fleets", "/fleets/", "//fleets", "/a b", "/grün", "/fleets\n", "/a:1"])
def test_another_path_is_refused_with_one_that_is_possible(path: str) -> None:
    (mistake,) = mistakes(path)
    assert mistake == (
        f"parameterPath: {path!r} is not possible; write it like /fleets/prod: letters, digits and _ . - between "
        "slashes, one in front and none at the end"
    )


@pytest.mark.parametrize("path", ["/aws/fleets", "/AWS", "/ssm-fleets", "/Ssm/prod"])
def test_a_path_that_aws_keeps_for_itself_is_refused(path: str) -> None:
    assert mistakes(path) == [f"parameterPath: {path!r} begins with aws or ssm, which AWS keeps for itself"]


@pytest.mark.parametrize("path", ["/x" * 15, f"/{'x' * 900}"], ids=["levels", "characters"])
def test_a_path_that_leaves_no_room_for_a_tasks_name_is_refused(path: str) -> None:
    (mistake,) = mistakes(path)
    assert mistake.endswith("is too long; use at most 14 levels and 900 characters")


def test_the_longest_path_and_the_longest_task_fit_into_a_name() -> None:
    assert len(LONGEST_ARN) + config.LONGEST_PATH + len("/") + MAX_ENDPOINT_NAME <= 1011


# --- what nobody sees -----------------------------------------------------------------------------------------------


def test_a_setting_whose_name_or_value_has_a_character_that_nobody_sees_is_told_and_not_repeated() -> None:
    own = {"executionRoleArn": ROLE, "namePrefix\u200b": "prod-", "parameterPath": "/fleets\u00a0", "key": "hush\ufeff"}
    assert config.mistakes(own) == [
        r"namePrefix\u200b: the name: U+200B (ZERO WIDTH SPACE) in column 11 cannot be seen; take it out",
        "parameterPath: the value: U+00A0 (NO-BREAK SPACE) in column 8 cannot be seen; take it out",
        "key: the value: U+FEFF (ZERO WIDTH NO-BREAK SPACE) in column 5 cannot be seen; take it out",
    ]


def test_what_cannot_be_read_says_nothing() -> None:
    assert config.mistakes({"executionRoleArn": None, "namePrefix": None}) == []


# --- the budget -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["1", "250", "99.5", "99.50", "0.01", "999999999"])
def test_a_budget_is_an_amount_in_usd(amount: str) -> None:
    assert config.mistakes({"executionRoleArn": ROLE, "monthlyBudgetUsd": amount}) == []


@pytest.mark.parametrize(
    "amount", ["", "0", "0.00", "-5", "$250", "250 USD", "1,000", "1e3", "nan", "inf", "1.005", "²"]
)
def test_a_budget_that_is_no_amount_is_refused_with_one_that_is(amount: str) -> None:
    assert config.mistakes({"executionRoleArn": ROLE, "monthlyBudgetUsd": amount}) == [
        f"monthlyBudgetUsd: {amount!r} is not an amount; write USD a month, like 250 or 99.50, without a sign"
    ]


# --- the bucket of models -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ml-artifacts", "a.b-1", "123"])
def test_a_bucket_is_named_by_its_name(name: str) -> None:
    assert config.mistakes({"executionRoleArn": ROLE, "artifactBucket": name}) == []


@pytest.mark.parametrize("name", ["", "ab", "s3://models", "models/v1", "ML", "a..b", "-a-b-", "a" * 64])
def test_what_is_no_bucket_is_refused(name: str) -> None:
    [said] = config.mistakes({"executionRoleArn": ROLE, "artifactBucket": name})
    assert said.startswith(f"artifactBucket: {name!r} is not the name of an S3 bucket; write the name alone")


@pytest.mark.parametrize("key", ["executionRoleArn", "registryRoleArn"])
def test_what_is_no_role_is_refused_by_its_setting(key: str) -> None:
    assert config.CHECKS[key]("registry-reader") == f"{key}: 'registry-reader' is not the ARN of an IAM role"
