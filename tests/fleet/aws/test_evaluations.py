"""The evaluation of a version is read of its package, its card and S3, and no more than is asked for."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fleet.aws import evaluations
from fleet.evidence import report
from fleet.evidence.evaluation import Source
from fleet.gate import Said

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1"
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "not you"}
REPORT = report.content({"auc": "0.97"})
CARD = {
    "evaluation_details": [
        {"name": "e", "metric_groups": [{"name": "g", "metric_data": [{"name": "f1", "type": "number", "value": 0.9}]}]}
    ]
}
ALL: dict[str, Any] = {
    "CustomerMetadataProperties": {"metric.loss": "0.30"},
    "ModelCard": {"ModelCardContent": json.dumps(CARD), "ModelCardStatus": "Draft"},
    "ModelMetrics": report.model_metrics("s3://models/toxicity/evaluation.json", REPORT),
}


class S3:
    """The only file that there is."""

    def __init__(self, body: bytes = REPORT) -> None:
        self.body = body
        self.asked: list[dict[str, str]] = []

    def get_object(self, **which: str) -> dict[str, Any]:
        self.asked.append(which)
        if not self.body:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "GetObject")
        return {"Body": io.BytesIO(self.body)}


def said(account: Any, metric: str, s3: S3 | None = None, **members: Any) -> Said:
    account.sandbox.register("toxicity", members=members or ALL)
    account.mark = account.sandbox.mark()
    return evaluations.said(account.its_client, lambda: s3 or S3(), ARN, metric)


def test_a_metric_of_the_metadata_costs_one_call(account: Any) -> None:
    s3 = S3()
    assert said(account, "loss", s3).figure == "0.30"
    assert (account.operations(), s3.asked) == (["DescribeModelPackage"], [])


def test_a_metric_of_the_card_costs_another(account: Any) -> None:
    s3 = S3()
    assert said(account, "f1", s3).figure == "0.9"
    assert (account.operations(), s3.asked) == (["DescribeModelPackage", "DescribeModelPackage"], [])


def test_a_metric_of_the_report_is_read_in_s3(account: Any) -> None:
    s3 = S3()
    assert said(account, "auc", s3).figure == "0.97"
    assert s3.asked == [{"Bucket": "models", "Key": "toxicity/evaluation.json"}]


def test_a_metric_that_is_nowhere_is_missing_and_since_when_it_is_approved_is_told(account: Any) -> None:
    found = said(account, "accuracy")
    assert (found.figure, found.unread) == ("", "")
    assert found.changed


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the report of its ModelMetrics: GetObject: AccessDenied: not you"),
        (b"{}", "the report of its ModelMetrics: s3://models/toxicity/evaluation.json is not the file that was reg"),
    ],
    ids=["denied", "changed"],
)
def test_a_report_that_cannot_be_read_is_said(account: Any, body: bytes, why: str) -> None:
    assert said(account, "auc", S3(body)).unread.startswith(why)


def test_an_encrypted_card_does_not_keep_the_metadata_back(account: Any) -> None:
    encrypted = {**ALL, "SecurityConfig": {"KmsKeyId": "alias/cards"}}
    found = said(account, "f1", **encrypted)
    assert "kms:Decrypt" in found.unread
    assert evaluations.said(account.its_client, S3, ARN, "loss").figure == "0.30"


def test_a_package_that_cannot_be_described_is_not_one_without_figures(account: Any) -> None:
    account.sandbox.register("toxicity", members=ALL)
    account.sandbox.fault("DescribeModelPackage", times=8, **DENIED)
    found = evaluations.said(account.its_client, S3, ARN, "loss")
    assert found.unread.startswith("DescribeModelPackage: AccessDeniedException: not you")


def test_without_metrics_everything_is_read(account: Any) -> None:
    account.sandbox.register("toxicity", members=ALL)
    package, judged = evaluations.read(account.its_client, S3, ARN)
    assert package["ModelPackageVersion"] == 1
    assert judged.figures == {"loss": "0.30", "f1": "0.9", "auc": "0.97"}
    assert judged.read == set(Source)
