"""Endpoints, endpoint configurations and models as they are in AWS: list, describe, look up, clear what failed.

Plain calls that block; fleet/aws/gateway.py runs them in threads for the program.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from fleet import shape
from fleet.aws import session
from fleet.revision import Revision
from fleet.seen import Absent, LiveEndpoint
from fleet.tags import VERSION, Ownership

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient


@dataclass(frozen=True)
class Row:
    """An endpoint as ListEndpoints gives it."""

    name: str
    status: str
    modified: str  # ISO 8601, UTC
    arn: str = ""
    created: str = ""  # as modified


def list_all(client: "SageMakerClient") -> dict[str, Row]:
    """Every endpoint of the Region, 100 a call."""
    pages = client.get_paginator("list_endpoints").paginate(PaginationConfig={"PageSize": 100})
    rows = (row for page in pages for row in page["Endpoints"])
    return {
        row["EndpointName"]: Row(
            row["EndpointName"],
            row["EndpointStatus"],
            _iso(row["LastModifiedTime"]),
            row.get("EndpointArn", ""),
            _iso(row["CreationTime"]),
        )
        for row in rows
    }


def describe(client: "SageMakerClient", name: str, ownership: Ownership | None = None) -> LiveEndpoint | Absent:
    """One endpoint; with `ownership`, whether it is ours too (one ListTags call more)."""
    return session.if_there(lambda: _describe(client, name, ownership), Absent())


def _describe(client: "SageMakerClient", name: str, ownership: Ownership | None) -> LiveEndpoint:
    answer = client.describe_endpoint(EndpointName=name)
    tags = tags_of(client, answer["EndpointArn"]) if ownership else None
    instance_based = ownership is not None and _runs_on_instances(client, answer)
    return LiveEndpoint(
        status=answer["EndpointStatus"],
        config=answer.get("EndpointConfigName", ""),
        modified=_iso(answer["LastModifiedTime"]),
        provisioned=_provisioned(answer.get("ProductionVariants", ())),
        failure=answer.get("FailureReason", ""),
        arn=answer["EndpointArn"],
        created=_iso(answer["CreationTime"]),
        ours=ownership is None or tags is None or ownership.covers(tags),
        instance_based=instance_based,
    )


def read_revision(client: "SageMakerClient", config: str, ownership: Ownership | None) -> Revision | None:
    """What an endpoint configuration holds, as the revision it was made from.

    None where there is none, or where it is not ours; with no `ownership`, it is known to be.
    """

    def read() -> Revision | None:
        answer = client.describe_endpoint_config(EndpointConfigName=config)
        tags = tags_of(client, answer["EndpointConfigArn"])
        if ownership and not ownership.covers(tags):
            return None
        model = client.describe_model(ModelName=answer["ProductionVariants"][0]["ModelName"])
        return shape.read(model, answer, tags.get(VERSION, ""))

    return session.if_there(read, None)


def model_tags(client: "SageMakerClient", name: str) -> dict[str, str] | None:
    """The tags of a model; None where there is none of that name."""
    return session.if_there(lambda: tags_of(client, client.describe_model(ModelName=name)["ModelArn"]), None)


def endpoint_config_tags(client: "SageMakerClient", name: str) -> dict[str, str] | None:
    """The tags of an endpoint configuration; None where there is none of that name."""
    described = partial(client.describe_endpoint_config, EndpointConfigName=name)
    return session.if_there(lambda: tags_of(client, described()["EndpointConfigArn"]), None)


def provision(client: "SageMakerClient", name: str, variant: str, concurrency: int) -> None:
    """Send another provisioned concurrency, on the configuration that serves."""
    client.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[
            {"VariantName": variant, "ServerlessUpdateConfig": {"ProvisionedConcurrency": concurrency}}
        ],
    )


def delete(client: "SageMakerClient", name: str) -> None:
    """Send DeleteEndpoint; one that is gone already is fine."""
    session.if_there(lambda: client.delete_endpoint(EndpointName=name), None)


def tags_of(client: "SageMakerClient", arn: str) -> dict[str, str]:
    """All tags of one resource of SageMaker."""
    pages = client.get_paginator("list_tags").paginate(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def _runs_on_instances(client: "SageMakerClient", endpoint: Mapping[str, Any]) -> bool:
    variants = endpoint.get("ProductionVariants", ())
    if not any(
        variant.get("CurrentInstanceCount") and not variant.get("CurrentServerlessConfig") for variant in variants
    ):
        return False
    described = partial(client.describe_endpoint_config, EndpointConfigName=endpoint["EndpointConfigName"])
    config = session.if_there(described, None)
    if config is None:
        return True  # by what the endpoint itself says
    return any(variant.get("InstanceType") for variant in config["ProductionVariants"])


def _provisioned(variants: Iterable[Mapping[str, Any]]) -> int:
    return next((v.get("CurrentServerlessConfig", {}).get("ProvisionedConcurrency", 0) for v in variants), 0)


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()
