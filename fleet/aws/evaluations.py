"""How versions were judged, read of their packages, of their model cards and of S3, and no more than is asked for."""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from fleet.aws import packages, session
from fleet.evidence import evaluation, report
from fleet.evidence.evaluation import Evaluation, Source
from fleet.gate import Said
from fleet.seen import Unknown

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

S3 = Callable[[], Any]  # its client, made only where a report is read


def said(client: "SageMakerClient", s3: S3, arn: str, metric: str) -> Said:
    """What a package says of one metric, as a gate takes it. An error is an answer too, and never "it has none"."""
    found = session.ask(lambda: read(client, s3, arn, [metric]))
    if isinstance(found, Unknown):
        return Said(unread=found.error)
    package, judged = found
    return judged.said(metric, package)


def read(
    client: "SageMakerClient", s3: S3, arn: str, metrics: Collection[str] | None = None
) -> tuple[Mapping[str, Any], Evaluation]:
    """A package and its evaluation: as far as `metrics` ask for it, else all of it. Raises botocore's ClientError.

    Only of the package itself, however: a source that cannot be read is said in the evaluation.
    """
    package = packages.describe(client, arn)
    return package, of(client, s3, arn, package, metrics)


def of(
    client: "SageMakerClient",
    s3: S3,
    arn: str,
    package: Mapping[str, Any],
    metrics: Collection[str] | None = None,
) -> Evaluation:
    """The evaluation of a package that was asked already. Raises nothing."""
    ask = {Source.CARD: lambda: _card(client, arn), Source.REPORT: lambda: _report(s3, package)}
    return evaluation.completed(package, lambda source: session.ask(ask[source]), metrics)


def _card(client: "SageMakerClient", arn: str) -> str:
    """Asked for apart: where the card is encrypted, an answer that holds it needs kms:Decrypt."""
    return evaluation.card_content(client.describe_model_package(ModelPackageName=arn, IncludedData="AllData"))


def _report(s3: S3, package: Mapping[str, Any]) -> bytes | Unknown:
    where = report.place(report.uri(package))
    if where is None:
        return Unknown(f"{report.uri(package)} is not in S3")
    bucket, key = where
    body: bytes = s3().get_object(Bucket=bucket, Key=key)["Body"].read(report.MOST_BYTES + 1)
    return report.verified(package, body)
