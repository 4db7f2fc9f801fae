"""Versions as the registry has them, made in one call: `described(8, {"f1_macro": "0.92"})`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fleet.evidence import evaluation
from fleet.evidence.facts import Facts, facts

JANE = {"UserProfileName": "jane"}
ROLE = {"IamIdentity": {"Arn": "arn:aws:sts::123456789012:assumed-role/Trainer/ci", "PrincipalId": "AROA:ci"}}


def described(
    number: int,
    figures: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    **details: Any,
) -> dict[str, Any]:
    """An answer of DescribeModelPackage."""
    properties = {
        "mlflow.run_id": f"run{number}",
        "dataset.name": "holdout",
        "dataset.digest": "ab12",
        **{f"metric.{name}": value for name, value in (figures or {}).items()},
        **{f"param.{name}": value for name, value in (parameters or {}).items()},
    }
    container = {"Image": "image:1", "ModelDataUrl": f"s3://models/{number}.tar.gz"}
    return {
        "ModelPackageVersion": number,
        "ModelPackageArn": f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/{number}",
        "ModelPackageStatus": "Completed",
        "ModelApprovalStatus": "PendingManualApproval",
        "CreationTime": datetime(2027, 1, number, 9, tzinfo=UTC),
        "CreatedBy": ROLE,
        "CustomerMetadataProperties": properties,
        "InferenceSpecification": {"Containers": [container]},
        **details,
    }


def version(
    number: int,
    figures: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    *,
    archive_bytes: int | None = None,
    **details: Any,
) -> Facts:
    package = described(number, figures, parameters, **details)
    return facts(package, evaluation.begun(package), archive_bytes=archive_bytes)
