"""The state file is gone, old, or never knew: tags say what is ours, and a stranger's endpoint is left alone."""

import json

from sandbox.lab.connection import wait_until
from tests.engine.conftest import Fleet, forget_everything, revision

STRANGER = [{"Key": "team", "Value": "somebody-else"}]


def test_a_lost_state_is_made_again_from_what_the_tags_say(fleet):
    fleet.sandbox.register("toxicity")
    fleet = forget_everything(fleet)

    run = fleet.up()

    assert run.ok, run.text
    wanted = revision("toxicity", 2)
    assert fleet.made() == [f"CreateModel {wanted}", f"CreateEndpointConfig {wanted}", "UpdateEndpoint toxicity"]
    assert fleet.serving("toxicity") == 2
    assert fleet.in_state() == fleet.in_aws()
    assert run.summary == "3 UP_TO_DATE"
    assert fleet.sandbox.harm() == []
    assert fleet.up("--expect-no-changes").ok


def test_an_autoscaler_is_taken_over_with_its_default_tags_after_a_lost_state_and_after_a_kill(fleet):
    """AWS refuses to register a scalable target again with tags, and the provider's default tags go with every one."""
    fleet.stack.configure_aws(defaultTags={"tags": {"team": "x"}})
    scaling = {"min": 1, "max": 5, "schedules": [{"name": "night", "cron": "0 1 * * ? *", "min": 1, "max": 2}]}
    for task in fleet.tasks:
        fleet.change(task, provisioned_concurrency=2, max_concurrency=5, scaling=scaling)
    held = [
        fleet.hold("RegisterScalableTarget", "after", ResourceId="endpoint/toxicity/variant/AllTraffic"),
        fleet.sandbox.fault(  # in the state, and in no record
            "PutScalingPolicy",
            service="application-autoscaling",
            action="hold-before",
            match={"PolicyName": "spam"},
            times=1,
        ),
    ]
    fleet.kill_while(*held)
    run = fleet.up()
    assert run.ok, run.text
    assert "DeregisterScalableTarget" not in fleet.operations()
    assert fleet.up("--expect-no-changes").ok

    fleet = forget_everything(fleet)

    run = fleet.up()

    assert run.ok, run.text
    assert {call.split()[0] for call in fleet.made()} == {"PutScalingPolicy", "PutScheduledAction"}
    assert fleet.up("--expect-no-changes").ok
    client = fleet.sandbox.client("application-autoscaling")
    for target in client.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]:
        tags = client.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"])["Tags"]
        assert (tags["team"], tags["fleet:stack"]) == ("x", "sandbox")


def test_a_lost_state_during_an_outage_touches_nothing(fleet):
    fleet.sandbox.fault("ListModelPackages", action="error", code="AccessDeniedException", message="no")
    fleet = forget_everything(fleet)

    assert not fleet.up().ok
    assert fleet.made() == []


def test_a_state_from_before_the_last_update_catches_up(fleet):
    before = fleet.sandbox.folder / "before.json"
    fleet.stack.pulumi("stack", "export", "--file", str(before), check=True)
    fleet.sandbox.register("toxicity")
    assert fleet.up().ok
    fleet.stack.pulumi("stack", "import", "--file", str(before), check=True)

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.made() == []
    assert fleet.serving("toxicity") == 2
    assert fleet.in_state() == fleet.in_aws()


def test_no_secret_is_in_the_state(fleet):
    state = fleet.stack.state()

    assert "AWS_SECRET" not in json.dumps(state)
    encrypted = {resource["type"] for resource in state if "ciphertext" in json.dumps(resource)}
    # The provider takes every parameter's value for a secret, and we a dashboard's body: a diff would show it whole.
    assert encrypted == {"aws:ssm/parameter:Parameter", "aws:cloudwatch/dashboard:Dashboard"}


def test_a_model_of_another_stack_under_the_wanted_name_is_refused_in_preview(fleet):
    model = fleet.sandbox.serving("toxicity")
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="toxicity")
    other = Fleet(fleet.sandbox, "other")
    other.declare("toxicity")

    preview = other.preview()

    assert not preview.ok
    assert f"toxicity: a model or endpoint configuration {model} exists and is not this stack's" in preview.text


def test_a_strangers_endpoint_in_the_place_of_ours_is_left_alone_in_every_run(fleet):
    client = fleet.sandbox.client("sagemaker")
    client.delete_endpoint(EndpointName="toxicity")
    wait_until(lambda: "toxicity" not in fleet.sandbox.endpoints(), 5, "it is gone")
    client.create_endpoint(EndpointName="toxicity", EndpointConfigName=fleet.sandbox.serving("spam"), Tags=STRANGER)
    wait_until(lambda: fleet.sandbox.endpoints()["toxicity"] == "InService", 5, "theirs serves")
    fleet.sandbox.register("toxicity")

    for _ in range(2):
        assert not fleet.up().ok
        assert fleet.made() == []
