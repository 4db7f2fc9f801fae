"""Endpoints, configurations and models as AWS shows them, as values."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from fleet.aws import endpoints
from fleet.aws.endpoints import Row
from fleet.revision import Revision, Settings
from fleet.seen import Absent, LiveEndpoint

PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1"


def described(**changes: Any) -> dict[str, Any]:
    """DescribeEndpoint's answer."""
    now = datetime(2026, 11, 24, 10, tzinfo=UTC)
    return {
        "EndpointName": "spam",
        "EndpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/spam",
        "EndpointConfigName": "spam-v1",
        "EndpointStatus": "InService",
        "CreationTime": now,
        "LastModifiedTime": now,
        **changes,
    }


def configured(**variant: Any) -> dict[str, Any]:
    """DescribeEndpointConfig's answer."""
    return {
        "EndpointConfigName": "spam-v1",
        "EndpointConfigArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/spam-v1",
        "ProductionVariants": [{"VariantName": "AllTraffic", "ModelName": "spam-v1", **variant}],
        "CreationTime": datetime(2026, 11, 24, 10, tzinfo=UTC),
    }


# The list


def test_every_page_is_read(account: Any) -> None:
    for n in range(3):
        account.deploy(f"e{n}", f"c{n}")
    account.sandbox.settings(page_size=1)
    rows = endpoints.list_all(account.its_client)
    assert {name: row.status for name, row in rows.items()} == dict.fromkeys(["e0", "e1", "e2"], "InService")
    assert account.operations() == ["ListEndpoints"] * 3


def test_a_page_holds_a_hundred(account: Any) -> None:
    endpoints.list_all(account.its_client)
    assert account.sandbox.calls(account.mark)[0].params == {"MaxResults": 100}


def test_a_row_says_when_the_endpoint_was_modified_as_its_description_does(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    row = endpoints.list_all(account.its_client)["spam"]
    live = endpoints.describe(account.its_client, "spam")
    assert isinstance(live, LiveEndpoint)
    assert row == Row("spam", "InService", live.modified, live.arn, live.created)


# One endpoint


def test_an_endpoint_is_described(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    live = endpoints.describe(account.its_client, "spam")
    assert isinstance(live, LiveEndpoint)
    assert live == LiveEndpoint("InService", "spam-v1", live.modified)
    assert account.operations() == ["DescribeEndpoint"]


def test_a_time_reads_the_same_in_every_time_zone(account: Any) -> None:
    local = datetime.fromisoformat("2026-11-24T12:00:00+02:00")
    with Stubber(account.its_client) as stub:
        stub.add_response("describe_endpoint", described(LastModifiedTime=local))
        live = endpoints.describe(account.its_client, "spam")
    assert live == LiveEndpoint("InService", "spam-v1", "2026-11-24T10:00:00+00:00")


def test_what_the_autoscaler_set_is_the_provisioned_concurrency(account: Any) -> None:
    account.deploy("spam", "spam-v1", ProvisionedConcurrency=1)
    account.sandbox.provisioned("spam", 4)
    live = endpoints.describe(account.its_client, "spam")
    assert isinstance(live, LiveEndpoint)
    assert live.provisioned == 4


def test_a_failed_creation_is_described_with_its_reason(account: Any) -> None:
    account.sandbox.ending("spam", "create", "failed", reason="exited")
    account.deploy("spam", "spam-v1")
    live = endpoints.describe(account.its_client, "spam")
    assert isinstance(live, LiveEndpoint)
    assert (live.status, live.failure) == ("Failed", "exited")


def test_an_endpoint_that_is_not_there_is_absent(account: Any) -> None:
    assert endpoints.describe(account.its_client, "spam") == Absent()


def test_an_endpoint_that_cannot_be_read_is_not_absent(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    account.sandbox.fault("DescribeEndpoint", action="error", code="AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        endpoints.describe(account.its_client, "spam")


@pytest.mark.parametrize(("stack", "ours"), [("prod", True), ("test", False)])
def test_an_endpoint_is_ours_by_the_tags_of_its_stack(account: Any, stack: str, ours: bool) -> None:
    account.deploy("spam", "spam-v1", stack=stack)
    live = endpoints.describe(account.its_client, "spam", account.ownership)
    assert isinstance(live, LiveEndpoint)
    assert live.ours is ours


def test_an_endpoint_without_tags_is_not_ours(account: Any) -> None:
    account.configure("spam-v1")
    account.client.create_endpoint(EndpointName="spam", EndpointConfigName="spam-v1")
    live = endpoints.describe(account.its_client, "spam", account.ownership)
    assert isinstance(live, LiveEndpoint)
    assert not live.ours


def test_an_endpoint_whose_tags_cannot_be_read_is_nobodys(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    account.sandbox.fault("ListTags", action="error", code="AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        endpoints.describe(account.its_client, "spam", account.ownership)


def test_tags_are_read_to_the_end(account: Any) -> None:
    project, stack = (
        {"Tags": [{"Key": f"fleet:{key}", "Value": getattr(account.ownership, key)}]} for key in ("project", "stack")
    )
    with Stubber(account.its_client) as stub:
        stub.add_response("describe_endpoint", described())
        stub.add_response("list_tags", {**project, "NextToken": "more"})
        stub.add_response("list_tags", stack)
        live = endpoints.describe(account.its_client, "spam", account.ownership)
    assert isinstance(live, LiveEndpoint)
    assert live.ours


# What it runs on


def on_instances(account: Any) -> None:
    """An endpoint of ours as somebody else may have made it."""
    account.configure("theirs")
    instances = {"VariantName": "AllTraffic", "ModelName": "theirs", "InstanceType": "ml.m5.large"}
    account.client.create_endpoint_config(
        EndpointConfigName="instances", ProductionVariants=[{**instances, "InitialInstanceCount": 1}]
    )
    tags = account.ownership.tags("spam", "champion", None)
    account.client.create_endpoint(
        EndpointName="spam",
        EndpointConfigName="instances",
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    account.mark = account.sandbox.mark()


def runs_on_instances(account: Any) -> bool:
    live = endpoints.describe(account.its_client, "spam", account.ownership)
    assert isinstance(live, LiveEndpoint)
    return live.instance_based


def test_an_endpoint_on_instances_is_told_by_its_configuration(account: Any) -> None:
    on_instances(account)
    assert runs_on_instances(account)


def test_a_serverless_endpoint_is_not_on_instances_and_costs_no_call_more(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    assert not runs_on_instances(account)
    assert account.operations() == ["DescribeEndpoint", "ListTags"]


def test_a_serverless_endpoint_that_shows_a_count_of_instances_is_still_one(account: Any) -> None:
    variant = {"VariantName": "AllTraffic", "CurrentInstanceCount": 1}
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    with Stubber(account.its_client) as stub:
        stub.add_response("describe_endpoint", described(ProductionVariants=[variant]))
        stub.add_response("list_tags", {"Tags": []})
        stub.add_response("describe_endpoint_config", configured(ServerlessConfig=serverless))
        assert not runs_on_instances(account)


def test_what_an_endpoint_runs_on_is_asked_where_it_matters(account: Any) -> None:
    on_instances(account)
    live = endpoints.describe(account.its_client, "spam")
    assert isinstance(live, LiveEndpoint)
    assert not live.instance_based
    assert account.operations() == ["DescribeEndpoint"]


def test_an_endpoint_on_instances_whose_configuration_cannot_be_read_raises(account: Any) -> None:
    on_instances(account)
    account.sandbox.fault("DescribeEndpointConfig", action="error", code="AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        runs_on_instances(account)


def test_an_endpoint_on_instances_whose_configuration_was_deleted_is_not_absent(account: Any) -> None:
    on_instances(account)
    account.client.delete_endpoint_config(EndpointConfigName="instances")
    assert endpoints.describe(account.its_client, "spam", account.ownership) != Absent()


# What a configuration holds


@pytest.mark.parametrize(("sizes", "provisioned"), [({}, None), ({"ProvisionedConcurrency": 2}, 2)])
def test_a_configuration_is_read_as_the_revision_it_was_made_from(
    account: Any, sizes: dict[str, int], provisioned: int | None
) -> None:
    account.configure("toxicity-v1-3fa9c1", **sizes)
    settings = Settings(
        endpoint="",
        role="arn:aws:iam::123456789012:role/execution",
        memory_mb=2048,
        max_concurrency=5,
        provisioned_concurrency=provisioned,
        environment={"LANG": "de"},
    )
    revision = endpoints.read_revision(account.its_client, "toxicity-v1-3fa9c1", account.ownership)
    assert revision == Revision("toxicity-v1-3fa9c1", 1, PACKAGE, settings)


def test_a_configuration_without_an_environment_is_read_too(account: Any) -> None:
    account.configure("toxicity-v1-3fa9c1", environment={})
    revision = endpoints.read_revision(account.its_client, "toxicity-v1-3fa9c1", account.ownership)
    assert revision is not None
    assert revision.settings.environment == {}


def test_a_configuration_of_another_stack_is_not_read(account: Any) -> None:
    account.configure("toxicity-v1-3fa9c1", stack="test")
    assert endpoints.read_revision(account.its_client, "toxicity-v1-3fa9c1", account.ownership) is None
    assert "DescribeModel" not in account.operations()


def test_a_configuration_that_is_gone_holds_nothing(account: Any) -> None:
    assert endpoints.read_revision(account.its_client, "toxicity-v1-3fa9c1", account.ownership) is None


def test_a_configuration_whose_model_is_gone_holds_nothing(account: Any) -> None:
    account.configure("toxicity-v1-3fa9c1")
    account.client.delete_model(ModelName="toxicity-v1-3fa9c1")
    assert endpoints.read_revision(account.its_client, "toxicity-v1-3fa9c1", account.ownership) is None


def test_a_configuration_that_cannot_be_read_raises(account: Any) -> None:
    account.configure("toxicity-v1-3fa9c1")
    account.sandbox.fault("DescribeModel", action="error", code="AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        endpoints.read_revision(account.its_client, "toxicity-v1-3fa9c1", account.ownership)


# Whose a model and a configuration are


@pytest.mark.parametrize("tags_of", [endpoints.model_tags, endpoints.endpoint_config_tags])
def test_what_carries_our_tags_is_ours(account: Any, tags_of: Any) -> None:
    account.configure("toxicity-v1-3fa9c1")
    tags = tags_of(account.its_client, "toxicity-v1-3fa9c1")
    assert tags == account.ownership.tags("toxicity", "champion", None, version=1)
    assert account.ownership.covers(tags)


@pytest.mark.parametrize("tags_of", [endpoints.model_tags, endpoints.endpoint_config_tags])
def test_what_is_not_there_has_no_tags(account: Any, tags_of: Any) -> None:
    assert tags_of(account.its_client, "toxicity-v1-3fa9c1") is None


@pytest.mark.parametrize(
    ("tags_of", "operation"),
    [(endpoints.model_tags, "DescribeModel"), (endpoints.endpoint_config_tags, "DescribeEndpointConfig")],
)
def test_what_cannot_be_read_is_not_taken_for_absent(account: Any, tags_of: Any, operation: str) -> None:
    account.sandbox.fault(operation, action="error", code="AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDenied"):
        tags_of(account.its_client, "toxicity-v1-3fa9c1")


@pytest.mark.parametrize("missing", ["project", "stack"])
def test_project_and_stack_must_both_be_ours(account: Any, missing: str) -> None:
    tags = replace(account.ownership, **{missing: "other"}).tags("spam", "champion", "team-x", 1)
    assert not account.ownership.covers(tags)


def test_tags_name_the_owner_and_the_version_where_there_is_one(account: Any) -> None:
    everything = account.ownership.tags("spam", "champion", "team-x", 1)
    assert everything == {
        "fleet:project": "sagemaker-endpoint-manager",
        "fleet:stack": "prod",
        "fleet:task": "spam",
        "fleet:variant": "champion",
        "fleet:owner": "team-x",
        "fleet:version": "1",
    }
    assert set(everything) - set(account.ownership.tags("spam", "champion", None)) == {"fleet:owner", "fleet:version"}


# Deleting


def test_a_deleted_endpoint_is_gone(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    endpoints.delete(account.its_client, "spam")
    assert account.sandbox.endpoints() == {}


def test_deleting_what_is_gone_already_is_fine(account: Any) -> None:
    endpoints.delete(account.its_client, "spam")
    assert account.operations() == ["DeleteEndpoint"]


def test_a_refused_deletion_raises(account: Any) -> None:
    account.deploy("spam", "spam-v1")
    account.sandbox.set_status("spam", "Updating")
    with pytest.raises(ClientError, match="in-progress"):
        endpoints.delete(account.its_client, "spam")
