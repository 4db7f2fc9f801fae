"""What AWS would refuse later is found in preview, and stops no more than it concerns."""

import pytest

NOBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}


def instance_based(fleet, name):
    """An endpoint on instances, made by plain boto3 with a model of the fleet."""
    client = fleet.sandbox.client("sagemaker")
    variant = {"VariantName": "AllTraffic", "ModelName": fleet.sandbox.serving("spam"), "InitialInstanceCount": 1}
    client.create_endpoint_config(
        EndpointConfigName="on-instances", ProductionVariants=[{**variant, "InstanceType": "ml.m5.large"}]
    )
    client.update_endpoint(EndpointName=name, EndpointConfigName="on-instances")


@pytest.mark.parametrize(
    ("package", "why"),
    [
        ({"containers": 2}, "its package is an inference pipeline of 2 containers"),
        ({"product_id": "prod-abc123"}, "its package is the AWS Marketplace product prod-abc123"),
    ],
)
def test_a_package_that_serverless_cannot_run_stops_its_task_alone(fleet, package, why):
    fleet.sandbox.register("toxicity", **package)
    fleet.sandbox.register("spam")

    preview = fleet.preview()
    assert not preview.ok
    assert f"toxicity: version 2: {why}" in preview.text
    assert "Traceback" not in preview.text

    run = fleet.up()
    assert not run.ok
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (1, 2)
    assert not [call for call in fleet.made() if "toxicity" in call]
    assert why in fleet.output("toxicity")["reason"]


def test_more_than_the_account_allows_stops_the_run_before_anything_changes(fleet):
    fleet.sandbox.settings(endpoint_limit=3)
    fleet.sandbox.register("topic")
    fleet.sandbox.register("spam")
    fleet.declare(*fleet.tasks, "topic")

    for run in (fleet.preview(), fleet.up()):
        assert not run.ok
        assert "this stack wants 4 serverless endpoints; the limit is 3" in run.text
        assert fleet.made() == []
    assert fleet.output("spam")["version"] == 1


def test_a_quota_never_stops_an_update_or_a_rollback(fleet):
    fleet.sandbox.settings(endpoint_limit=1, concurrency_limit=1)
    fleet.sandbox.register("toxicity")

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 2
    assert "ListServiceQuotas" not in fleet.operations()


def test_quotas_that_may_not_be_read_stop_nothing(fleet):
    fleet.sandbox.fault("*", service="service-quotas", action="error", code="AccessDeniedException", message="no")
    fleet.sandbox.register("topic")
    fleet.declare(*fleet.tasks, "topic")

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("topic") == 1


def test_a_role_that_sagemaker_cannot_assume_is_refused_where_a_revision_is_to_be_made(fleet):
    fleet.sandbox.settings(roles={"sagemaker-execution": NOBODY})
    assert fleet.up("--expect-no-changes").ok
    fleet.sandbox.register("toxicity")

    preview = fleet.preview()

    assert not preview.ok
    assert "toxicity: execution role" in preview.text
    assert "cannot be assumed by SageMaker" in preview.text


def test_an_endpoint_that_was_moved_to_instances_is_refused_because_aws_does_not_convert_it_back(fleet):
    instance_based(fleet, "toxicity")

    preview = fleet.preview()
    assert not preview.ok
    assert "toxicity: its endpoint runs on instances" in preview.text

    for _ in range(2):
        run = fleet.up()
        assert not run.ok
        assert fleet.made() == []
    assert fleet.sandbox.serving("toxicity") == "on-instances"


def test_all_findings_are_told_at_once(fleet):
    fleet.sandbox.register("toxicity", containers=2)
    fleet.sandbox.register("spam", product_id="prod-abc123")
    fleet.change("urgency", max_concurrency=100)
    fleet.sandbox.settings(concurrency_limit=20)

    preview = fleet.preview()

    assert not preview.ok
    for finding in ("toxicity: version 2: ", "spam: version 2: ", "wants 110 concurrent calls", "the limit is 20"):
        assert finding in preview.text
