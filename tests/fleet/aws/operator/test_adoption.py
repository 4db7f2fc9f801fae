"""An endpoint of another maker, as AWS shows it: what is shown of it is optional."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from fleet.aws.operator import adoption
from fleet.aws.operator.adoption import Existing

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/spam"
CONFIG = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/theirs"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SIZES = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
SERVERLESS = {"VariantName": "AllTraffic", "ModelName": "theirs", "ServerlessConfig": SIZES}
INSTANCES = {
    "VariantName": "AllTraffic",
    "ModelName": "theirs",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
GONE: dict[str, Any] = {
    "service_error_code": "ValidationException",
    "service_message": 'Could not find endpoint configuration "theirs".',
}


def looked_at(
    account: Any, variants: list[Any], config: list[Any] | None, shadows: list[Any] | None = None
) -> Existing:
    """What is seen of an endpoint with these variants, on a configuration with those; None: it was deleted."""
    endpoint: dict[str, Any] = {
        "EndpointName": "spam",
        "EndpointArn": ARN,
        "EndpointConfigName": "theirs",
        "EndpointStatus": "InService",
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
    }
    with Stubber(account.its_client) as stub:
        shown = {"ProductionVariants": variants} if variants else {}
        stub.add_response("describe_endpoint", {**endpoint, **shown})
        stub.add_response("list_tags", {"Tags": [{"Key": "team", "Value": "x"}]})
        if config is None:
            stub.add_client_error("describe_endpoint_config", **GONE)
        else:
            shadow = {"ShadowProductionVariants": shadows} if shadows else {}
            held = {"EndpointConfigName": "theirs", "EndpointConfigArn": CONFIG, "CreationTime": NOW}
            stub.add_response("describe_endpoint_config", {**held, "ProductionVariants": config, **shadow})
        found = adoption.look(account.its_client, "spam")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("variants", "config", "seen"),
    [
        ([{"VariantName": "AllTraffic", "CurrentServerlessConfig": SIZES}], [SERVERLESS], {"AllTraffic": True}),
        ([{"VariantName": "AllTraffic"}], [SERVERLESS], {"AllTraffic": True}),
        ([], [SERVERLESS], {"AllTraffic": True}),
        ([{"VariantName": "AllTraffic", "CurrentServerlessConfig": SIZES}], None, {"AllTraffic": True}),
        ([{"VariantName": "AllTraffic", "CurrentInstanceCount": 1}], [INSTANCES], {"AllTraffic": False}),
        ([{"VariantName": "AllTraffic", "CurrentInstanceCount": 1}], None, {"AllTraffic": False}),
        ([], [INSTANCES, {**INSTANCES, "VariantName": "b"}], {"AllTraffic": False, "b": False}),
        ([], None, {}),
    ],
)
def test_its_variants_are_seen_by_the_endpoint_or_by_its_configuration(
    account: Any, variants: list[Any], config: list[Any] | None, seen: dict[str, bool]
) -> None:
    assert looked_at(account, variants, config).variants == seen


def test_a_shadow_variant_is_a_variant(account: Any) -> None:
    shadow = {**INSTANCES, "VariantName": "shadow"}
    assert looked_at(account, [], [INSTANCES], [shadow]).variants == {"AllTraffic": False, "shadow": False}


def test_its_tags_its_status_and_its_configuration_are_seen(account: Any) -> None:
    found = looked_at(account, [], [SERVERLESS])
    assert found == Existing(ARN, "InService", "theirs", {"AllTraffic": True}, {"team": "x"})


def test_what_is_not_there_is_none(account: Any) -> None:
    assert adoption.look(account.its_client, "spam") is None


def test_a_configuration_that_may_not_be_read_is_an_error(account: Any) -> None:
    account.deploy("spam", "theirs")
    account.sandbox.fault("DescribeEndpointConfig", action="error", code="AccessDeniedException", message="no")
    with pytest.raises(ClientError, match="AccessDenied"):
        adoption.look(account.its_client, "spam")
