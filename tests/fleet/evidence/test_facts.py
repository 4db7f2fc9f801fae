"""What the registry says of one version, as far as it says it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fleet.evidence.evaluation import Evaluation
from fleet.evidence.facts import Facts, facts, who
from fleet.evidence.metadata import Origin
from tests.fleet.evidence.versions import JANE, ROLE, described, version

LATER = datetime(2027, 1, 30, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("context", "name"),
    [
        (JANE, "jane"),
        (ROLE, "assumed-role/Trainer/ci"),
        ({**ROLE, **JANE}, "jane"),
        ({"IamIdentity": {"Arn": "arn:aws:iam::123456789012:user/jane"}}, "user/jane"),
        ({}, ""),
        (None, ""),
    ],
)
def test_who_is_named_as_far_as_it_is_known(context: Any, name: str) -> None:
    assert who(context) == name


def test_who_decided_is_known_where_fleet_approve_wrote_it() -> None:
    one = version(8, LastModifiedBy=JANE, LastModifiedTime=LATER)
    assert one.by_whom == "last modified by jane at 2027-01-30T10:30Z"
    properties = {"fleet.decided_by": "anna", "fleet.decided_at": "2027-01-30T10:00:00Z"}
    decided = version(8, LastModifiedBy=JANE, CustomerMetadataProperties=properties)
    assert decided.by_whom == "anna at 2027-01-30T10:00:00Z"
    assert version(8).by_whom == ""


@pytest.mark.parametrize(
    ("modified", "decided_at", "says"),
    [
        (LATER, "2027-01-30T10:29:58Z", "anna at 2027-01-30T10:29:58Z"),
        (LATER, "2027-01-30T10:35:00Z", "anna at 2027-01-30T10:35:00Z"),
        (LATER, "2027-01-29T10:00:00Z", "last modified by jane at 2027-01-30T10:30Z"),
        (LATER, "yesterday", "last modified by jane at 2027-01-30T10:30Z"),
        (LATER, "", "anna"),
    ],
    ids=["in one call", "clocks differ", "in the console since", "not a time", "no time"],
)
def test_an_approval_in_the_console_is_not_taken_for_an_earlier_one(
    modified: datetime, decided_at: str, says: str
) -> None:
    properties = {"fleet.decided_by": "anna", "fleet.decided_at": decided_at}
    one = version(8, LastModifiedBy=JANE, LastModifiedTime=modified, CustomerMetadataProperties=properties)
    assert one.by_whom == says


def test_what_a_group_of_sagemakers_synchronization_says_is_understood() -> None:
    """Its metadata may be empty, and the model a prefix in S3."""
    source = {"S3DataSource": {"S3Uri": "s3://mlflow/artifacts/m-3f2a/", "S3DataType": "S3Prefix"}}
    package = {
        "ModelPackageVersion": 3,
        "SourceUri": "models:/m-3f2a",
        "MetadataProperties": {"CommitId": "1b99"},
        "InferenceSpecification": {"Containers": [{"Image": "image:1", "ModelDataSource": source}]},
        "ModelLifeCycle": {"Stage": "Production", "StageStatus": "Active"},
    }
    one = facts(package, Evaluation())
    assert one.origin == Origin(model="m-3f2a", commit="1b99")
    assert (one.archive, one.stage) == ("s3://mlflow/artifacts/m-3f2a/", "Production Active")


def test_a_version_of_a_registry_that_says_nothing_has_no_facts() -> None:
    assert facts({}, Evaluation()) == Facts(0, "", status="")


def test_a_source_that_is_no_logged_model_is_no_model() -> None:
    assert facts({"SourceUri": "models:/toxicity/7"}, Evaluation()).origin.model == ""


def test_the_container_of_the_specification_that_a_task_names_is_shown() -> None:
    small = {"Name": "small", "Containers": [{"Image": "small:1", "Environment": {"A": "b"}}]}
    package = described(8, AdditionalInferenceSpecifications=[small])
    one = facts(package, Evaluation(), specification="small")
    assert (one.image, one.environment) == ("small:1", {"A": "b"})
