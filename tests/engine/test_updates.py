"""Approvals, rejections and settings move one task, and only that one."""

from tests.engine.conftest import forget_everything


def test_a_run_without_changes_asks_once_a_group_and_lists_endpoints_once(fleet):
    """Also where versions are registered that may not run."""
    fleet.sandbox.register("toxicity", approval="PendingManualApproval")
    fleet.sandbox.register("spam", approval="Rejected")
    fleet.sandbox.register("urgency", status="Failed")

    preview = fleet.preview("--expect-no-changes")

    assert preview.ok, preview.text
    assert sorted(fleet.asked()) == ["ListEndpoints"] + ["ListModelPackages"] * 3


def test_a_newly_approved_version_moves_one_endpoint_and_touches_nothing_else(fleet):
    fleet.sandbox.register("toxicity")

    preview = fleet.preview()
    assert "toxicity: OUT_OF_DATE: new version 2 approved" in preview.text
    assert preview.summary == "2 UP_TO_DATE, 1 OUT_OF_DATE"

    run = fleet.up()
    assert run.ok, run.text
    wanted = fleet.sandbox.serving("toxicity")
    assert fleet.made() == [f"CreateModel {wanted}", f"CreateEndpointConfig {wanted}", "UpdateEndpoint toxicity"]
    assert fleet.written() == ["PutParameter toxicity"]
    last = [call.operation for call in fleet.sandbox.mutations(fleet.seen)][-3:]
    assert last == ["PutParameter", "PutDashboard", "PutMetricData"]  # once it has looked at the endpoint
    assert fleet.serving("toxicity") == 2
    assert fleet.status("toxicity") == "UP_TO_DATE 2: version 2 serves"
    assert fleet.parameter("toxicity")["version"] == 2
    assert fleet.up("--expect-no-changes").ok


def test_a_rejected_version_makes_room_for_the_one_before_and_what_is_older_than_that_goes_away(fleet):
    fleet.sandbox.settings(endpoint_limit=1, concurrency_limit=1)  # a quota stops no update and no rollback
    for task in ("toxicity", "spam"):
        fleet.sandbox.register(task)
    assert fleet.up().ok
    assert "ListServiceQuotas" not in fleet.operations()
    fleet.sandbox.reject("toxicity", 2)
    fleet.sandbox.register("spam")

    run = fleet.up()

    assert run.ok, run.text
    assert [call for call in fleet.made() if "toxicity" in call] == ["UpdateEndpoint toxicity"]  # all else was kept
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (1, 3)
    kept = {name.rpartition("-")[0] for name in fleet.sandbox.models()}
    assert kept == {"toxicity-v1", "toxicity-v2", "spam-v2", "spam-v3", "urgency-v1"}
    assert fleet.sandbox.harm() == []


def test_the_highest_of_many_versions_is_chosen_from_many_pages(fleet):
    for _ in range(11):
        fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")
    fleet.sandbox.settings(empty_first_page=["spam"], page_size=1)

    assert fleet.up().ok
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (12, 2)


def test_a_changed_setting_moves_its_endpoint_in_place_and_an_owner_moves_nothing(fleet):
    """And a group that another task has too may be named by its ARN."""
    fleet.change("toxicity", memory_mb=3072, max_concurrency=7)
    fleet.change("spam", owner="team-x")
    fleet.change("urgency", group="arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/spam")

    run = fleet.up()

    assert run.ok, run.text
    made = [call.split() for call in fleet.made()]
    assert {operation for operation, name in made if name.startswith("spam")} == {"AddTags"}
    for task in ("toxicity", "urgency"):
        calls = [operation for operation, name in made if name.startswith(task)]
        assert calls == ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint"]
    config = fleet.sandbox.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=fleet.sandbox.serving("toxicity")
    )
    assert config["ProductionVariants"][0]["ServerlessConfig"] == {"MemorySizeInMB": 3072, "MaxConcurrency": 7}
    assert fleet.output("urgency")["model_package_arn"].endswith("/spam/1")


def test_a_key_and_another_specification_are_another_revision_that_a_lost_state_finds_again(fleet):
    """Of a package whose own specification serverless could not run."""
    client = fleet.sandbox.client("sagemaker")
    version = fleet.sandbox.register("toxicity", containers=2)
    package = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/{version}"
    small = {"Name": "small", "Containers": [{"Image": "text:small", "ModelDataUrl": "s3://models/small.tar.gz"}]}
    client.update_model_package(ModelPackageArn=package, AdditionalInferenceSpecificationsToAdd=[small])
    key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    fleet.change("toxicity", inference_specification="small", kms_key=key)

    run = fleet.up()

    assert run.ok, run.text
    name = fleet.sandbox.serving("toxicity")
    assert fleet.made() == [f"CreateModel {name}", f"CreateEndpointConfig {name}", "UpdateEndpoint toxicity"]
    assert client.describe_model(ModelName=name)["PrimaryContainer"]["InferenceSpecificationName"] == "small"
    assert client.describe_endpoint_config(EndpointConfigName=name)["KmsKeyId"] == key

    fleet = forget_everything(fleet)
    again = fleet.up()
    assert again.ok, again.text
    assert fleet.made() == []
    assert fleet.up("--expect-no-changes").ok


def test_another_role_is_another_revision(fleet):
    fleet.stack.configure(executionRoleArn="arn:aws:iam::123456789012:role/another")

    assert fleet.up().ok
    assert [call for call in fleet.made() if call.startswith("CreateEndpoint ")] == []
    model = fleet.sandbox.client("sagemaker").describe_model(ModelName=fleet.sandbox.serving("spam"))
    assert model["ExecutionRoleArn"] == "arn:aws:iam::123456789012:role/another"


def test_what_is_approved_after_a_preview_is_what_an_up_deploys_and_what_a_saved_plan_refuses(fleet):
    plan = str(fleet.stack.folder / "plan.json")
    assert fleet.preview("--save-plan", plan).ok
    assert fleet.up("--plan", plan).ok  # the registry says the same
    fleet.sandbox.register("toxicity")

    refused = fleet.up("--plan", plan)
    assert not refused.ok
    assert "violates plan" in refused.text
    assert fleet.made() == []
    assert fleet.serving("toxicity") == 1

    assert "new version 2 approved" in fleet.preview().text
    fleet.sandbox.register("toxicity")
    assert fleet.up().ok
    assert fleet.serving("toxicity") == 3
