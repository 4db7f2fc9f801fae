"""The figures of a version are read wherever they stand, in one order, and what could not be read is said."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.evidence import card, metadata, report
from fleet.evidence.evaluation import Evaluation, Source, begun, card_content, completed, wanted, with_source
from fleet.gate import Said
from fleet.seen import Unknown

DENIED = Unknown("GetObject: AccessDenied: no")
URI = "s3://models/toxicity/8/evaluation.json"


def package(**details: Any) -> dict[str, Any]:
    return {"ModelPackageVersion": 8, "CreationTime": datetime(2027, 1, 30, 10, tzinfo=UTC), **details}


def with_report(**details: Any) -> dict[str, Any]:
    return package(ModelMetrics={"ModelQuality": {"Statistics": {"S3Uri": URI, "ContentType": "x"}}}, **details)


def a_card(*groups: tuple[str, dict[str, Any]]) -> str:
    """As SageMaker's synchronization with MLflow writes it: values are text, and said to be numbers."""
    return json.dumps(
        {
            "evaluation_details": [
                {
                    "name": name,
                    "metric_groups": [
                        {
                            "name": name,
                            "metric_data": [
                                {"name": metric, "type": "number", "value": value} for metric, value in metrics.items()
                            ],
                        }
                    ],
                }
                for name, metrics in groups
            ]
        }
    )


# Metadata


def test_figures_of_the_metadata_are_as_they_were_registered() -> None:
    properties = {"metric.f1_macro": "0.920", "metric.": "", "param.lr": "0.1", "accuracy": "0.94"}
    assert metadata.figures(properties) == {"f1_macro": "0.920", "": ""}


# Model cards


def test_figures_of_a_card_are_as_they_stand_in_it() -> None:
    assert card.figures(a_card(("holdout-ab12", {"f1_macro": "0.920", "loss": 1e-07, "n": 500}))) == {
        "f1_macro": "0.920",
        "loss": "1e-07",
        "n": "500",
    }


def test_a_figure_that_is_not_the_same_in_every_evaluation_is_under_the_name_of_its_own() -> None:
    content = a_card(("holdout", {"f1": 0.9, "n": 5}), ("train", {"f1": 0.99, "n": 5}))
    assert card.figures(content) == {"holdout/f1": "0.9", "train/f1": "0.99", "n": "5"}


def test_what_is_no_figure_is_passed_over() -> None:
    metrics = [
        {"name": "curve", "type": "linear_graph", "value": [[0, 1]]},
        {"name": "bars", "type": "bar_chart", "value": [1]},
        {"name": "confusion", "type": "matrix", "value": [[1]]},
        {"name": "rating", "type": "string", "value": "good"},
        {"name": "passed", "type": "boolean", "value": True},
        {"name": "untyped", "value": 0.5},
        {"name": "true", "type": "number", "value": True},
        "nonsense",
    ]
    content = {"evaluation_details": [{"name": "e", "metric_groups": [{"name": "g", "metric_data": metrics}]}, 7]}
    assert card.figures(json.dumps(content)) == {"untyped": "0.5"}


@pytest.mark.parametrize("content", ["", "{}", '{"evaluation_details": []}', '{"evaluation_details": null}'])
def test_a_card_without_an_evaluation_has_no_figures(content: str) -> None:
    assert card.figures(content) == {}


@pytest.mark.parametrize("content", ["[]", "7", "not json", "[" * 100_000], ids=["list", "number", "words", "deep"])
def test_what_is_no_card_is_said(content: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        card.figures(content)


# Reports


@pytest.mark.parametrize("kind", ["multiclass_classification_metrics", "binary_classification_metrics", "metrics"])
def test_figures_of_a_report_are_read_with_their_deviation_or_bare(kind: str) -> None:
    said = f'{{"{kind}": {{"accuracy": {{"value": 0.910, "standard_deviation": "NaN"}}, "weighted_f1": 0.9}}}}'
    assert report.figures(said) == {"accuracy": "0.910", "weighted_f1": "0.9"}


def test_curves_and_what_stands_beside_the_metrics_are_passed_over() -> None:
    said = {
        "version": 0.0,
        "dataset": {"item_count": 500},
        "multiclass_classification_metrics": {
            "confusion_matrix": {"a": {"a": 1, "b": 2}},
            "accuracy": {"value": 0.9},
            "receiver_operating_characteristic_curve": {"false_positive_rates": [0, 1]},
            "done": True,
        },
    }
    assert report.figures(json.dumps(said)) == {"accuracy": "0.9"}


def test_nan_in_a_report_stays_nan() -> None:
    assert report.figures('{"regression_metrics": {"r2": {"value": NaN}}}') == {"r2": "NaN"}


# In their order


def test_the_metadata_counts_before_the_card_and_the_card_before_the_report() -> None:
    said = begun(with_report(CustomerMetadataProperties={"metric.a": "1"}, ModelCard={}))
    said = with_source(said, Source.CARD, a_card(("g", {"a": 2, "b": 2})))
    said = with_source(said, Source.REPORT, b'{"x_metrics": {"a": 3, "b": 3, "c": 3}}')
    assert said.figures == {"a": "1", "b": "2", "c": "3"}


HAS_ALL = with_report(
    CustomerMetadataProperties={"metric.f1": "0.9"}, ModelCard={"ModelCardContent": "{}", "ModelCardStatus": "Draft"}
)


def test_no_more_is_read_than_is_needed() -> None:
    said = begun(HAS_ALL)
    assert wanted(HAS_ALL, said, ["f1"]) is None
    assert wanted(HAS_ALL, said, ["loss"]) is Source.CARD
    said = with_source(said, Source.CARD, a_card(("g", {"loss": 0.1})))
    assert wanted(HAS_ALL, said, ["loss"]) is None
    assert wanted(HAS_ALL, said, ["auc"]) is Source.REPORT
    assert wanted(HAS_ALL, with_source(said, Source.REPORT, "{}"), ["auc"]) is None


def test_without_metrics_all_that_there_is_is_read() -> None:
    assert wanted(HAS_ALL, begun(HAS_ALL)) is Source.CARD
    assert wanted(with_report(), begun(with_report())) is Source.REPORT
    assert wanted(package(), begun(package())) is None


@pytest.mark.parametrize(
    ("source", "content", "why"),
    [
        (
            Source.CARD,
            Unknown("DescribeModelPackage: AccessDeniedException: kms:Decrypt"),
            "AccessDeniedException: kms",
        ),
        (Source.CARD, "[]", "its model card: it is no JSON object"),
        (Source.CARD, "nonsense", "its model card: Expecting value"),
        (Source.REPORT, DENIED, "the report of its ModelMetrics: GetObject: AccessDenied: no"),
        (Source.REPORT, b"\xff\xfe\x00", "the report of its ModelMetrics: 'utf-"),
    ],
)
def test_what_could_not_be_read_is_never_nothing(source: Source, content: Any, why: str) -> None:
    said = with_source(begun(HAS_ALL), source, content)
    assert said.figures == {"f1": "0.9"}
    missing = said.said("auc", HAS_ALL)
    assert missing.figure == ""
    assert why in missing.unread
    assert wanted(HAS_ALL, said, ["auc"]) is not source, "asked for ever"


def test_what_a_gate_is_told() -> None:
    assert begun(HAS_ALL).said("f1", HAS_ALL) == Said("0.9", changed="2027-01-30T10:00:00+00:00")
    later = package(LastModifiedTime=datetime(2027, 1, 31, 10, tzinfo=UTC))
    assert begun(later).said("f1", later) == Said("", changed="2027-01-31T10:00:00+00:00")


def test_a_gate_is_told_of_a_metric_that_several_evaluations_have() -> None:
    said = with_source(Evaluation(), Source.CARD, a_card(("holdout", {"f1": 0.9}), ("train", {"f1": 0.99})))
    assert said.said("f1", package()).near == ("holdout/f1", "train/f1")
    assert said.said("holdout/f1", package()).figure == "0.9"


def test_sources_are_asked_one_after_the_other_as_far_as_they_are_needed() -> None:
    asked: list[Source] = []

    def ask(source: Source) -> str | Unknown:
        asked.append(source)
        return a_card(("g", {"loss": 0.1})) if source is Source.CARD else DENIED

    assert completed(HAS_ALL, ask, ["f1"]).figures == {"f1": "0.9"}
    assert completed(HAS_ALL, ask, ["loss"]).figures == {"f1": "0.9", "loss": "0.1"}
    assert asked == [Source.CARD]
    assert completed(HAS_ALL, ask).unread == {Source.REPORT: DENIED.error}


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("s3://bucket/a/b.json", ("bucket", "a/b.json")),
        ("s3://bucket/", None),
        ("s3:///b.json", None),
        ("https://bucket.s3.amazonaws.com/b.json", None),
        ("", None),
    ],
)
def test_a_report_is_read_from_s3_alone(uri: str, place: tuple[str, str] | None) -> None:
    assert report.place(uri) == place


def test_a_report_that_is_not_the_one_that_was_registered_does_not_count() -> None:
    content = report.content({"f1": "0.92"})
    registered = {"ModelMetrics": report.model_metrics(URI, content)}
    assert report.verified(registered, content) == content
    assert report.verified(registered, content + b" ") == Unknown(
        f"{URI} is not the file that was registered: its digest is another one"
    )
    assert report.verified(with_report(), b"anything") == b"anything"
    huge = b" " * (report.MOST_BYTES + 1)
    assert report.verified(with_report(), huge) == Unknown(f"{URI} has more than 5,000,000 bytes")


def test_the_content_of_a_card_in_an_answer() -> None:
    assert card_content(package(ModelCard={"ModelCardContent": '{"a": 1}'})) == '{"a": 1}'
    assert card_content(package()) == "{}"


@given(
    st.binary(max_size=60)
    | st.text(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["evaluation_details", "metric_groups", "metric_data", "name", "value", "type", "x_metrics"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ).map(json.dumps)
)
def test_nothing_that_stands_in_a_card_or_a_report_breaks_the_reading(content: Any) -> None:
    for source in (Source.CARD, Source.REPORT):
        said = with_source(Evaluation(), source, content)
        assert all(isinstance(value, str) and value for value in said.figures.values())
        assert source in said.read
