"""What is registered holds all the evidence that SageMaker takes, and what it does not take is left out and named."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from fleet.evidence import card, metadata, report
from fleet.evidence.metadata import Origin, entries, origin
from fleet.evidence.registering import Registration, complaints, is_of, request, text
from sandbox.aws.validation import check_request, service

RUN = "0f3c9d1e2b4a48d7a1c5e6f708192a3b"
FROM = Origin(
    run=RUN,
    model="m-3f2a",
    experiment="toxicity",
    tracking="http://mlflow.internal:5000",
    commit="1b99fbe3",
    dataset="holdout",
    digest="ab12",
    parameters={"lr": "0.1", "epochs": "3"},
)
REGISTRATION = Registration(
    group="toxicity",
    image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/text:1",
    archive="s3://models/toxicity/m-3f2a/model.tar.gz",
    origin=FROM,
    figures={"f1_macro": "0.92", "log_loss": "0.3"},
    report_uri="s3://models/toxicity/m-3f2a/evaluation.json",
    source_uri="models:/m-3f2a",
    description="trained on the new labels",
    creator="jane",
)
# The evaluation of a package's card, as the developer guide's schema has it
_METRIC = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "type", "value"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 255},
        "type": {"enum": ["number"]},
        "value": {"type": "number"},
    },
}
_NAME = {"type": "string", "minLength": 1, "maxLength": 63}
_DETAIL = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": _NAME,
        "datasets": {"type": "array", "maxItems": 10, "items": {"type": "string", "maxLength": 1024}},
        "metadata": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 1024}},
        "metric_groups": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "metric_data"],
                "properties": {"name": _NAME, "metric_data": {"type": "array", "items": _METRIC}},
            },
        },
    },
}
_PARAMETER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "value"],
    "properties": {of: {"type": "string", "minLength": 1, "maxLength": 255} for of in ("name", "value")},
}
SCHEMA = Draft7Validator(
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "model_overview": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"model_creator": {"type": "string", "maxLength": 1024}},
            },
            "training_details": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "training_job_details": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "user_provided_hyper_parameters": {"type": "array", "maxItems": 100, "items": _PARAMETER}
                        },
                    }
                },
            },
            "evaluation_details": {"type": "array", "items": _DETAIL},
        },
    }
)


def sent(registration: Registration) -> dict[str, Any]:
    """The request, once SageMaker's model of it has taken it."""
    arguments = dict(request(registration).arguments)
    check_request(service("sagemaker").operation_model("CreateModelPackage"), arguments)
    SCHEMA.validate(json.loads(arguments["ModelCard"]["ModelCardContent"]))
    return arguments


# Metadata


def test_a_registration_says_where_it_comes_from() -> None:
    assert sent(REGISTRATION)["CustomerMetadataProperties"] == {
        "mlflow.run_id": RUN,
        "mlflow.model_id": "m-3f2a",
        "mlflow.experiment": "toxicity",
        "mlflow.tracking_uri": "http://mlflow.internal:5000",
        "git.commit": "1b99fbe3",
        "dataset.name": "holdout",
        "dataset.digest": "ab12",
        "metric.f1_macro": "0.92",
        "metric.log_loss": "0.3",
        "param.epochs": "3",
        "param.lr": "0.1",
    }


def test_where_it_comes_from_is_read_again() -> None:
    assert origin(sent(REGISTRATION)["CustomerMetadataProperties"]) == FROM


def test_what_others_write_is_read_too() -> None:
    assert origin({"mlflow_run_id": "r", "mlflow_model_id": "m-1", "git_commit": "c"}) == Origin("r", "m-1", commit="c")


def test_room_is_left_for_an_approval() -> None:
    many = {f"metric-{number}": "1" for number in range(60)}
    written = entries(FROM, many, first=["metric-59"])
    assert len(written.properties) == metadata.OURS == 45
    assert "metric.metric-59" in written.properties
    assert len(written.left_out) == 7 + 60 + 2 - 45
    assert written.left_out[-1] == "param.lr: there is room for 45 entries"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("labels", "a, b", "its value has ,; SageMaker takes letters, digits, spaces and _ . : / = + - @"),
        ("prompt", "two\nlines", "its value has U+000A; SageMaker takes letters, digits, spaces and _ . : / = + - @"),
        ("seed", "", "its value is empty"),
        ("text", "a" * 257, "its value has 257 characters; SageMaker takes 256"),
        ("a" * 123, "1", "its name has 129 characters; SageMaker takes 128"),
        ("été", "\N{GREEK SMALL LETTER ALPHA}", ""),
        ("combining", "e\u0301", "its value has \u0301; SageMaker takes letters, digits, spaces and _ . : / = + - @"),
    ],
)
def test_what_sagemaker_does_not_take_is_left_out_and_never_changed(name: str, value: str, why: str) -> None:
    written = entries(Origin(parameters={name: value}), {})
    assert written.left_out == ((f"param.{name}: {why}",) if why else ())
    assert written.properties == ({} if why else {f"param.{name}": value})


def test_a_metric_that_is_nan_stands_in_the_metadata_and_in_no_json() -> None:
    arguments = sent(replace(REGISTRATION, figures={"f1_macro": "nan", "auc": "0.9"}))
    assert arguments["CustomerMetadataProperties"]["metric.f1_macro"] == "nan"
    assert card.figures(arguments["ModelCard"]["ModelCardContent"]) == {"auc": "0.9"}
    assert report.figures(report.content({"f1_macro": "nan", "auc": "0.9"})) == {"auc": "0.9"}


# Card and report


def test_the_card_and_the_report_have_the_figures() -> None:
    arguments = sent(REGISTRATION)
    assert card.figures(arguments["ModelCard"]["ModelCardContent"]) == {"f1_macro": "0.92", "log_loss": "0.3"}
    assert report.figures(report.content(REGISTRATION.figures)) == {"f1_macro": "0.92", "log_loss": "0.3"}


def test_the_report_is_written_as_sagemaker_writes_its_own() -> None:
    said = json.loads(report.content({"f1_macro": "0.92"}))
    assert said == {"multiclass_classification_metrics": {"f1_macro": {"value": 0.92, "standard_deviation": "NaN"}}}


def test_the_report_is_named_with_its_digest() -> None:
    content = report.content(REGISTRATION.figures)
    statistics = sent(REGISTRATION)["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics == report.model_metrics(REGISTRATION.report_uri, content)["ModelQuality"]["Statistics"]
    assert report.uri(sent(REGISTRATION)) == REGISTRATION.report_uri
    assert statistics["ContentDigest"].startswith("sha256:")


def test_a_card_that_would_be_too_long_loses_parameters_then_metrics() -> None:
    parameters = {f"p{number:03}": "x" * 255 for number in range(150)}
    figures = {f"m{number:04}{'-' * 200}": "0.5" for number in range(450)}
    content = card.content(replace(FROM, parameters=parameters), figures)
    assert len(content) <= card.LONGEST
    assert "training_details" not in json.loads(content)
    assert 350 < len(card.figures(content)) < 450


def test_a_card_is_one_line_whatever_it_holds() -> None:
    content = card.content(replace(FROM, dataset="two\nlines\u2028three"), {"f1": "0.9"}, creator="a\nb")
    assert content.isascii()
    assert content.splitlines() == [content]


# The rest of the request


def test_a_version_waits_for_a_person() -> None:
    arguments = sent(REGISTRATION)
    assert arguments["ModelApprovalStatus"] == "PendingManualApproval"
    assert arguments["SourceUri"] == "models:/m-3f2a"
    assert arguments["MetadataProperties"] == {"CommitId": "1b99fbe3", "GeneratedBy": f"MLflow run {RUN}"}


def test_a_version_may_have_no_evidence_at_all() -> None:
    bare = replace(REGISTRATION, origin=Origin(), figures={}, report_uri="", source_uri="", description="", creator="")
    arguments = sent(bare)
    assert not {"CustomerMetadataProperties", "ModelMetrics", "MetadataProperties", "SourceUri"} & arguments.keys()


def test_the_same_model_in_the_same_container_is_one_version() -> None:
    later = replace(REGISTRATION, figures={"f1_macro": "0.1"}, description="again", origin=replace(FROM, commit="x"))
    assert later.token == REGISTRATION.token
    assert len(REGISTRATION.token) == 32


@pytest.mark.parametrize(
    "other",
    [
        {"group": "spam"},
        {"image": "another"},
        {"archive": "s3://other"},
        {"origin": replace(FROM, model="m-2")},
        {"environment": {"A": "b"}},
    ],
    ids=["group", "image", "archive", "model", "environment"],
)
def test_another_group_model_or_container_is_another_version(other: dict[str, Any]) -> None:
    assert replace(REGISTRATION, **other).token != REGISTRATION.token


@pytest.mark.parametrize(
    ("properties", "same"),
    [
        ({"mlflow.model_id": "m-3f2a", "mlflow.run_id": "another"}, True),
        ({"mlflow.model_id": "m-4", "mlflow.run_id": RUN}, False),
        ({"mlflow.run_id": RUN}, False),
        ({}, False),
    ],
    ids=["the model", "another model of the run", "a run of which no model is known", "nothing"],
)
def test_a_version_of_the_same_model_is_found_again(properties: dict[str, str], same: bool) -> None:
    assert is_of({"CustomerMetadataProperties": properties}, FROM) is same


def test_a_run_without_a_logged_model_is_found_by_its_run() -> None:
    its = Origin(run=RUN)
    assert is_of({"CustomerMetadataProperties": {"mlflow.run_id": RUN}}, its)
    assert not is_of({}, its)
    assert not is_of({}, Origin())


def test_what_a_package_cannot_hold_is_said_before_anything_is_sent() -> None:
    many = {f"V{number}": "x" for number in range(17)}
    (variables, uri) = complaints(replace(REGISTRATION, environment=many, archive=f"s3://b/{'a' * 1024}"))
    assert variables.startswith("the container has 17 variables; a package takes 16")
    assert uri == "the URI of the archive has 1031 characters; SageMaker takes 1024"
    assert complaints(REGISTRATION) == []


def test_a_description_is_one_line_of_what_sagemaker_takes() -> None:
    assert text("two\n lines\x00\u200b") == "two lines"
    assert len(text("a" * 2000)) == 1024


WORDS = st.text(max_size=40) | st.sampled_from(["", "a" * 300, "0.92", "nan", "é", "😀", "a\nb"])
ORIGINS = st.builds(
    Origin, WORDS, WORDS, WORDS, WORDS, WORDS, WORDS, WORDS, parameters=st.dictionaries(WORDS, WORDS, max_size=60)
)


@given(of=ORIGINS, figures=st.dictionaries(WORDS, WORDS, max_size=60), said=WORDS)
@hypothesis_settings(max_examples=150, deadline=None)
def test_whatever_a_run_holds_sagemaker_takes_the_request_and_nothing_is_lost_silently(
    of: Origin, figures: dict[str, str], said: str
) -> None:
    made = replace(REGISTRATION, origin=of, figures=figures, description=said, creator=said)
    properties = sent(made).get("CustomerMetadataProperties", {})
    left_out = request(made).left_out
    assert len(properties) <= metadata.OURS
    given_ = sum(bool(getattr(of, name)) for name in metadata.KEYS) + len(figures) + len(of.parameters)
    assert len(properties) + len(left_out) == given_
    assert all(metadata.figures(properties)[metric] == figures[metric] for metric in metadata.figures(properties))
