"""The Model Registry of the sandbox, stricter than moto's where SageMaker is."""

from typing import Any

import pytest

GROUP_ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/toxicity"
FOREIGN = (
    "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/toxicity",
    "arn:aws:sagemaker:eu-west-1:999999999999:model-package-group/toxicity",
)


def versions(answer: dict[str, Any]) -> list[int]:
    return [row["ModelPackageVersion"] for row in answer["ModelPackageSummaryList"]]


# Groups


@pytest.mark.parametrize("name", ["toxicity", "TOXICITY"])
def test_a_second_group_of_that_name_is_refused(aws: Any, name: str) -> None:
    aws("CreateModelPackageGroup", ModelPackageGroupName="toxicity")
    error = aws.refused("CreateModelPackageGroup", ModelPackageGroupName=name)
    assert error.message == f"Model Package Group already exists: {GROUP_ARN}"


def test_a_bad_group_name_is_refused(aws: Any) -> None:
    assert "modelPackageGroupName" in aws.refused("CreateModelPackageGroup", ModelPackageGroupName="a_b").message


@pytest.mark.parametrize("operation", ["DescribeModelPackageGroup", "ListModelPackages", "DeleteModelPackageGroup"])
def test_a_missing_group_is_a_validation_exception(aws: Any, operation: str) -> None:
    error = aws.refused(operation, ModelPackageGroupName="toxicity")
    assert error.code == "ValidationException"
    assert error.message == f"ModelPackageGroup {GROUP_ARN} does not exist."


@pytest.mark.parametrize("operation", ["DescribeModelPackageGroup", "ListModelPackages"])
@pytest.mark.parametrize("arn", FOREIGN)
def test_the_group_of_another_account_or_region_does_not_exist(aws: Any, operation: str, arn: str) -> None:
    aws.package("toxicity")
    assert aws.refused(operation, ModelPackageGroupName=arn).message == f"ModelPackageGroup {arn} does not exist."


def test_a_group_of_one_region_is_not_in_another(aws: Any) -> None:
    aws.package("toxicity")
    assert aws("ListModelPackageGroups", "us-east-1")["ModelPackageGroupSummaryList"] == []
    assert aws.refused("ListModelPackages", "us-east-1", ModelPackageGroupName=GROUP_ARN)


def test_a_group_with_packages_is_not_deleted(aws: Any) -> None:
    arn = aws.package("toxicity")
    assert aws.refused("DeleteModelPackageGroup", ModelPackageGroupName="toxicity").code == "ConflictException"
    aws("DeleteModelPackage", ModelPackageName=arn)
    aws("DeleteModelPackageGroup", ModelPackageGroupName="toxicity")
    assert aws("ListModelPackageGroups")["ModelPackageGroupSummaryList"] == []


def test_groups_are_listed_in_the_order_of_their_creation(aws: Any) -> None:
    for name in ("b", "a"):
        aws.wait(1)
        aws("CreateModelPackageGroup", ModelPackageGroupName=name)
    listed = aws("ListModelPackageGroups")["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in listed] == ["b", "a"]


# Packages


def test_versions_count_from_one_and_are_never_given_out_again(aws: Any) -> None:
    aws.package("toxicity")
    aws("DeleteModelPackage", ModelPackageName=aws.package("toxicity"))
    assert aws.package("toxicity").endswith(":model-package/toxicity/3")


def test_a_group_is_named_by_its_arn_as_well(aws: Any) -> None:
    aws.package("toxicity")
    aws("CreateModelPackage", ModelPackageGroupName=GROUP_ARN)
    assert versions(aws("ListModelPackages", ModelPackageGroupName=GROUP_ARN)) == [1, 2]
    assert aws("DescribeModelPackageGroup", ModelPackageGroupName=GROUP_ARN)["ModelPackageGroupName"] == "toxicity"


def test_a_new_version_waits_for_approval(aws: Any) -> None:
    arn = aws.package("toxicity", approval=None)
    shown = aws("DescribeModelPackage", ModelPackageName=arn)
    assert shown["ModelApprovalStatus"] == "PendingManualApproval"
    assert shown["ModelPackageStatus"] == "Completed"


def test_the_arn_has_the_group_in_lower_case_and_the_answer_as_it_was_written(aws: Any) -> None:
    arn = aws.package("ToxiCity")
    assert arn == "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1"
    assert aws("DescribeModelPackage", ModelPackageName=arn)["ModelPackageGroupName"] == "ToxiCity"


def test_everything_given_with_a_package_is_shown_again(aws: Any) -> None:
    given = {
        "ModelLifeCycle": {"Stage": "staging", "StageStatus": "pending"},
        "SourceUri": "models:/toxicity/1",
        "SkipModelValidation": "All",
        "ModelPackageRegistrationType": "Registered",
        "CustomerMetadataProperties": {"run": "1"},
    }
    shown = aws("DescribeModelPackage", ModelPackageName=aws.package(**given))
    assert {key: shown[key] for key in given} == given


def test_tags_are_not_allowed_with_a_group(aws: Any) -> None:
    aws("CreateModelPackageGroup", ModelPackageGroupName="toxicity")
    tags = [{"Key": "k", "Value": "v"}]
    assert (
        "Tags are not allowed" in aws.refused("CreateModelPackage", ModelPackageGroupName="toxicity", Tags=tags).message
    )


@pytest.mark.parametrize("names", [{}, {"ModelPackageName": "a", "ModelPackageGroupName": "toxicity"}])
def test_a_package_has_a_group_or_a_name_of_its_own(aws: Any, names: dict[str, str]) -> None:
    aws.package("toxicity")
    assert "Exactly one of" in aws.refused("CreateModelPackage", **names).message


CARD = {"ModelCardContent": '{"model_overview": {}}', "ModelCardStatus": "Draft"}


def test_metadata_only_leaves_out_what_is_in_the_model_card(aws: Any) -> None:
    arn = aws.package(ModelCard=CARD)
    assert aws("DescribeModelPackage", ModelPackageName=arn)["ModelCard"] == CARD
    shown = aws("DescribeModelPackage", ModelPackageName=arn, IncludedData="MetadataOnly")
    assert shown["ModelCard"] == {**CARD, "ModelCardContent": "{}"}


def test_an_encrypted_model_card_is_for_nobody_and_its_package_for_who_asks_for_metadata_only(aws: Any) -> None:
    arn = aws.package(ModelCard=CARD, SecurityConfig={"KmsKeyId": "alias/cards"})
    refused = aws.refused("DescribeModelPackage", ModelPackageName=arn)
    assert (refused.code, "kms:Decrypt" in refused.message) == ("AccessDeniedException", True)
    assert aws("DescribeModelPackage", ModelPackageName=arn, IncludedData="MetadataOnly")["ModelPackageVersion"] == 1


def test_a_missing_package_is_a_validation_exception(aws: Any) -> None:
    aws.package("toxicity")
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/2"
    assert aws.refused("DescribeModelPackage", ModelPackageName=arn).message == f"ModelPackage {arn} does not exist."


# Batch


def test_a_batch_gives_what_there_is_and_an_error_for_each_of_the_others(aws: Any) -> None:
    arn = aws.package("toxicity")
    missing = arn[:-1] + "9"
    answer = aws("BatchDescribeModelPackage", ModelPackageArnList=[arn, missing])
    assert set(answer["ModelPackageSummaries"]) == {arn}
    assert answer["ModelPackageSummaries"][arn]["InferenceSpecification"]["Containers"]
    assert answer["BatchDescribeModelPackageErrorMap"][missing]["ErrorResponse"].endswith("does not exist.")


# Lists


def test_packages_are_listed_oldest_first_by_default_and_newest_first_if_asked(aws: Any) -> None:
    for _ in range(3):
        aws.package("toxicity")  # in the same millisecond: the version decides
    assert versions(aws("ListModelPackages", ModelPackageGroupName="toxicity")) == [1, 2, 3]
    assert versions(aws("ListModelPackages", ModelPackageGroupName="toxicity", SortOrder="Descending")) == [3, 2, 1]


def test_version_10_comes_after_version_9(aws: Any) -> None:
    for _ in range(12):
        aws.package("toxicity")
    listed = aws("ListModelPackages", ModelPackageGroupName="toxicity", SortOrder="Descending", MaxResults=4)
    assert versions(listed) == [12, 11, 10, 9]


def test_only_packages_with_that_approval_are_listed(aws: Any) -> None:
    for approval in ("Approved", "Rejected", None, "Approved"):
        aws.package("toxicity", approval=approval)
    assert versions(aws("ListModelPackages", ModelPackageGroupName="toxicity", ModelApprovalStatus="Approved")) == [
        1,
        4,
    ]


def test_pages_follow_each_other_without_a_gap_though_something_is_deleted_in_between(aws: Any) -> None:
    arns = [aws.package("toxicity") for _ in range(5)]
    first = aws("ListModelPackages", ModelPackageGroupName="toxicity", MaxResults=2)
    aws("DeleteModelPackage", ModelPackageName=arns[0])
    token = first["NextToken"]
    second = aws("ListModelPackages", ModelPackageGroupName="toxicity", MaxResults=2, NextToken=token)
    third = aws("ListModelPackages", ModelPackageGroupName="toxicity", NextToken=second["NextToken"])
    assert [versions(page) for page in (first, second, third)] == [[1, 2], [3, 4], [5]]
    assert "NextToken" not in third


def test_a_page_that_ends_with_the_last_row_has_no_token(aws: Any) -> None:
    for _ in range(2):
        aws.package("toxicity")
    assert "NextToken" not in aws("ListModelPackages", ModelPackageGroupName="toxicity", MaxResults=2)


def test_a_page_has_ten_rows_unless_asked_otherwise(aws: Any) -> None:
    for _ in range(12):
        aws.package("toxicity")
    assert len(versions(aws("ListModelPackages", ModelPackageGroupName="toxicity"))) == 10


def test_a_token_that_was_never_given_is_refused(aws: Any) -> None:
    aws.package("toxicity")
    assert "NextToken" in aws.refused("ListModelPackages", ModelPackageGroupName="toxicity", NextToken="abcd").message


def test_unversioned_is_the_default_without_a_group(aws: Any) -> None:
    aws.package("toxicity")
    aws("CreateModelPackage", ModelPackageName="alone")
    names = [row.get("ModelPackageName") for row in aws("ListModelPackages")["ModelPackageSummaryList"]]
    assert names == ["alone"]
    assert len(aws("ListModelPackages", ModelPackageType="Both")["ModelPackageSummaryList"]) == 2
    assert versions(aws("ListModelPackages", ModelPackageType="Versioned")) == [1]


# Updates


def test_an_update_keeps_what_it_does_not_send(aws: Any) -> None:
    arn = aws.package("toxicity", approval=None, CustomerMetadataProperties={"run": "1"})
    aws("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="good")
    aws("UpdateModelPackage", ModelPackageArn=arn, CustomerMetadataProperties={"commit": "abc"})
    shown = aws("DescribeModelPackage", ModelPackageName=arn)
    assert shown["ModelApprovalStatus"] == "Approved"
    assert shown["ApprovalDescription"] == "good"
    assert shown["CustomerMetadataProperties"] == {"run": "1", "commit": "abc"}


def test_metadata_is_removed_by_name_also_where_there_is_none(aws: Any) -> None:
    arn = aws.package("toxicity", CustomerMetadataProperties={"run": "1"})
    for _ in range(2):
        aws("UpdateModelPackage", ModelPackageArn=arn, CustomerMetadataPropertiesToRemove=["run"])
    assert "CustomerMetadataProperties" not in aws("DescribeModelPackage", ModelPackageName=arn)


def test_an_update_takes_life_cycle_source_and_containers(aws: Any) -> None:
    arn = aws.package("toxicity")
    given = {
        "ModelLifeCycle": {"Stage": "production", "StageStatus": "active"},
        "SourceUri": "models:/toxicity/2",
        "InferenceSpecification": {"Containers": [{"Image": "image:2"}]},
    }
    aws("UpdateModelPackage", ModelPackageArn=arn, **given)
    shown = aws("DescribeModelPackage", ModelPackageName=arn)
    assert {key: shown[key] for key in given} == given


def test_an_update_merges_the_life_cycle_and_lists_show_it(aws: Any) -> None:
    arn = aws.package(ModelLifeCycle={"Stage": "Staging", "StageStatus": "Active", "StageDescription": "tried"})
    aws("UpdateModelPackage", ModelPackageArn=arn, ModelLifeCycle={"Stage": "Production", "StageStatus": "Pending"})
    merged = {"Stage": "Production", "StageStatus": "Pending", "StageDescription": "tried"}
    (listed,) = aws("ListModelPackages", ModelPackageGroupName="toxicity")["ModelPackageSummaryList"]
    assert listed["ModelLifeCycle"] == merged
    assert aws("DescribeModelPackage", ModelPackageName=arn)["ModelLifeCycle"] == merged


def test_an_update_moves_the_time_of_the_last_change(aws: Any) -> None:
    arn = aws.package("toxicity")
    assert "LastModifiedTime" not in aws("DescribeModelPackage", ModelPackageName=arn)
    times = []
    for approval in ("Rejected", "Approved"):
        aws("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus=approval)
        times.append(aws("DescribeModelPackage", ModelPackageName=arn)["LastModifiedTime"])
    assert times[0] < times[1]


def test_what_is_not_played_is_refused_in_clear_words(aws: Any) -> None:
    error = aws.refused("Search")
    assert (error.code, error.message) == ("UnsupportedOperation", "the sandbox does not play Search")


# The token of a client that asks twice


def test_the_same_request_with_the_same_token_is_one_package(aws: Any) -> None:
    aws("CreateModelPackageGroup", ModelPackageGroupName="toxicity")
    request = {"ModelPackageGroupName": "toxicity", "ClientToken": "a", "ModelPackageDescription": "one"}
    first = aws("CreateModelPackage", **request)

    assert aws("CreateModelPackage", **request) == first
    assert aws("CreateModelPackage", **{**request, "ClientToken": "b"}) != first


def test_a_token_that_was_used_for_another_request_is_refused(aws: Any) -> None:
    aws("CreateModelPackageGroup", ModelPackageGroupName="toxicity")
    request = {"ModelPackageGroupName": "toxicity", "ClientToken": "a", "ModelPackageDescription": "one"}
    aws("CreateModelPackage", **request)

    error = aws.refused("CreateModelPackage", **{**request, "ModelPackageDescription": "other"})
    assert error.code == "ConflictException"
