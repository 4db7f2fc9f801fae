"""Two versions side by side, and how that is printed."""

import json
from dataclasses import replace
from typing import Any

import pytest

from fleet.evidence import forms
from fleet.evidence.evaluation import Evaluation, Source
from fleet.evidence.side_by_side import Row, compare
from tests.fleet.evidence.versions import version

SEVEN = version(
    7,
    {"f1_macro": "0.912", "log_loss": "0.30"},
    {"lr": "0.1", "epochs": "3"},
    archive_bytes=10_000_000,
    ModelApprovalStatus="Approved",
    ApprovalDescription="first\none",
)
EIGHT = version(8, {"f1_macro": "0.921", "log_loss": "0.35"}, {"lr": "0.2", "epochs": "3"}, archive_bytes=12_500_000)


@pytest.mark.parametrize(
    ("metric", "before", "after", "difference", "verdict"),
    [
        ("f1_macro", "0.912", "0.921", "+0.009", "better"),
        ("f1_macro", "0.92", "0.91", "-0.01", "worse"),
        ("f1_macro", "0.92", "0.920", "0", "same"),
        ("log_loss", "0.30", "0.35", "+0.05", "worse"),
        ("val/rmse", "1e-3", "2e-4", "-0.0008", "better"),
        ("neg_log_loss", "-0.3", "-0.2", "+0.1", "better"),
        ("error_score", "1", "2", "+1", ""),
        ("coverage", "0.5", "0.6", "+0.1", ""),
        ("f1_macro", "0.92", "", "", ""),
        ("f1_macro", "", "0.92", "", ""),
        ("f1_macro", "0.92", "NaN", "", ""),
    ],
)
def test_a_difference_says_which_is_better_where_that_is_known(
    metric: str, before: str, after: str, difference: str, verdict: str
) -> None:
    one = version(7, {metric: before} if before else {"other": "1"})
    other = version(8, {metric: after} if after else {"other": "1"})
    row = next(row for row in compare(one, other).figures if row.name == metric)
    assert row == Row(metric, before, after, difference, verdict)


def test_lower_is_better_where_somebody_says_so() -> None:
    one, other = version(7, {"cost": "2", "f1": "0.9"}), version(8, {"cost": "1", "f1": "0.8"})
    rows = {row.name: row.verdict for row in compare(one, other, ["cost"]).figures}
    assert rows == {"cost": "better", "f1": "worse"}


def test_only_parameters_that_differ_are_shown() -> None:
    assert compare(SEVEN, EIGHT).parameters == (Row("lr", "0.1", "0.2"),)


def rest(**changes: Any) -> dict[str, tuple[str, str]]:
    return {row.name: (row.before, row.after) for row in compare(SEVEN, replace(EIGHT, **changes)).rest}


def test_what_matters_is_shown_of_both_and_the_rest_where_it_differs() -> None:
    assert rest() == {
        "approval": ("Approved", "PendingManualApproval"),
        "reason": ("first one", ""),
        "registered": (
            "2027-01-07T09:00Z by assumed-role/Trainer/ci",
            "2027-01-08T09:00Z by assumed-role/Trainer/ci",
        ),
        "dataset": ("holdout ab12", "holdout ab12"),
        "MLflow run": ("run7", "run8"),
        "model": ("s3://models/7.tar.gz", "s3://models/8.tar.gz"),
        "model size": ("10.0 MB", "12.5 MB"),
    }
    changed = rest(image="image:2", environment={"A": "b"})
    assert (changed["image"], changed["environment A"]) == (("image:1", "image:2"), ("", "b"))


def test_how_much_a_model_has_grown_is_said() -> None:
    size = next(row for row in compare(SEVEN, EIGHT).rest if row.name == "model size")
    assert size.difference == "+2.5 MB"


def test_figures_by_different_data_are_doubtful() -> None:
    other = replace(EIGHT, origin=replace(EIGHT.origin, digest="cd34"))
    assert compare(SEVEN, other).notes == (
        "the two were evaluated on different data: their figures may not be comparable",
    )
    assert compare(SEVEN, EIGHT).notes == ()


def test_what_is_missing_and_what_could_not_be_read_are_told_apart() -> None:
    unread = replace(EIGHT, evaluation=Evaluation(unread={Source.REPORT: "GetObject: AccessDenied"}))
    assert compare(version(7), unread).notes == (
        "version 7 was registered without figures",
        "version 8: the report of its ModelMetrics could not be read: GetObject: AccessDenied",
    )


# In print


def test_as_text() -> None:
    notes = compare(SEVEN, replace(EIGHT, origin=replace(EIGHT.origin, digest="cd34")))
    said = forms.text(notes, "toxicity").splitlines()
    assert said[0] == "toxicity: version 7 and version 8"
    assert said[2:5] == [
        "metric    version 7  version 8  difference",
        "f1_macro  0.912      0.921      +0.009 better",
        "log_loss  0.30       0.35       +0.05 worse",
    ]
    assert said[6:8] == ["parameter  version 7  version 8  difference", "lr         0.1        0.2"]
    assert said[-1] == "note: the two were evaluated on different data: their figures may not be comparable"


def test_what_is_long_stands_one_under_the_other() -> None:
    uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/text:"
    both = compare(replace(SEVEN, image=f"{uri}1"), replace(EIGHT, image=f"{uri}2"))
    assert f"\nimage\n  version 7  {uri}1\n  version 8  {uri}2" in forms.text(both, "toxicity")


def test_that_no_parameter_differs_is_said_where_there_are_any() -> None:
    same = replace(EIGHT, origin=replace(EIGHT.origin, parameters=SEVEN.origin.parameters))
    assert forms.NO_DIFFERENCE in forms.text(compare(SEVEN, same), "toxicity")
    assert forms.NO_DIFFERENCE not in forms.text(compare(version(7), version(8)), "toxicity")


def test_as_markdown() -> None:
    evil = replace(EIGHT, origin=replace(EIGHT.origin, parameters={"lr": "<b>|`0.2`"}))
    said = forms.as_markdown(compare(SEVEN, evil), "toxicity").splitlines()
    assert said[:5] == [
        "### toxicity: version 7 and version 8",
        "",
        "| metric | version 7 | version 8 | difference |",
        "| --- | --- | --- | --- |",
        "| f1_macro | 0.912 | 0.921 | +0.009 better |",
    ]
    assert "| lr | 0.1 | &lt;b>\\|\\`0.2\\` |  |" in said


def test_as_an_object() -> None:
    said = json.loads(json.dumps(forms.as_object(compare(SEVEN, EIGHT), "toxicity")))
    assert (said["schema"], said["task"], said["warnings"]) == (1, "toxicity", [])
    assert said["figures"][0] == {
        "name": "f1_macro",
        "before": "0.912",
        "after": "0.921",
        "difference": "+0.009",
        "verdict": "better",
    }
    assert said["parameters"] == [{"name": "lr", "before": "0.1", "after": "0.2"}]
    assert [one["version"] for one in said["versions"]] == [7, 8]
    assert said["versions"][1]["figures"] == {"f1_macro": "0.921", "log_loss": "0.35"}


def test_a_version_that_says_nothing_is_compared_too() -> None:
    both = compare(version(7, CustomerMetadataProperties={}), EIGHT)
    assert both.figures[0] == Row("f1_macro", "", "0.921")
    assert "f1_macro  -          0.921" in forms.text(both, "toxicity")


def test_what_others_wrote_stays_in_its_line() -> None:
    evil = replace(EIGHT, reason="a\nb\x1b[31m", origin=replace(EIGHT.origin, parameters={"p\nq": "x\ny"}))
    both = compare(SEVEN, evil)
    for said in (forms.text(both, "t"), forms.as_markdown(both, "t")):
        assert "\x1b" not in said
        assert any("a b" in line for line in said.splitlines())
        assert any("p q" in line and "x y" in line for line in said.splitlines())
