"""Provisioned concurrency that moves by itself: never a change, never lost; its autoscaler comes and goes in order."""

SCALING = {"min": 1, "max": 5, "target_utilization": 0.7}
OFFICE = {"name": "office-hours", "cron": "0 7 ? * MON-FRI *", "timezone": "Europe/Berlin", "min": 2, "max": 5}


def scaled(fleet, **more):
    fleet.change("toxicity", provisioned_concurrency=2, max_concurrency=5, scaling={**SCALING, **more})
    run = fleet.up()
    assert run.ok, run.text
    return fleet


def calls(fleet):
    return [f"{call.operation}" for call in fleet.sandbox.mutations(fleet.seen) if call.service != "ssm"]


def test_an_autoscaler_is_made_after_its_endpoint_and_removed_before_it(fleet):
    scaled(fleet, schedules=[OFFICE])

    made = calls(fleet)
    assert made[:4] == ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint", "RegisterScalableTarget"]
    assert sorted(made[4:]) == ["PutScalingPolicy", "PutScheduledAction"]
    found = fleet.sandbox.scaling("toxicity")
    assert (found["min"], found["max"]) == (1, 5)
    assert fleet.up("--expect-no-changes").ok

    fleet.remove("toxicity")
    assert fleet.up().ok
    gone = calls(fleet)
    assert sorted(gone[:2]) == ["DeleteScalingPolicy", "DeleteScheduledAction"]
    assert gone[2:4] == ["DeregisterScalableTarget", "DeleteEndpoint"]
    assert fleet.sandbox.scaling("toxicity") == {}


def test_what_an_autoscaler_set_survives_an_update_and_is_no_change_before_or_after(fleet):
    scaled(fleet)
    fleet.sandbox.provisioned("toxicity", 4)
    assert fleet.preview("--expect-no-changes").ok
    fleet.sandbox.register("toxicity")

    run = fleet.up()

    assert run.ok, run.text
    assert (fleet.serving("toxicity"), fleet.sandbox.live_provisioned("toxicity")) == (2, 4)
    assert "UpdateEndpointWeightsAndCapacities" not in calls(fleet)  # there was no window
    fleet.sandbox.provisioned("toxicity", 3)
    assert fleet.preview("--expect-no-changes").ok
    assert fleet.up("--expect-no-changes").ok


def test_going_back_to_a_kept_revision_gives_the_live_value_back_and_reads_as_no_rollback(fleet):
    scaled(fleet)
    fleet.sandbox.register("toxicity")
    assert fleet.up().ok
    fleet.sandbox.provisioned("toxicity", 4)
    fleet.sandbox.reject("toxicity", 2)

    run = fleet.up()

    assert run.ok, run.text
    assert calls(fleet) == ["UpdateEndpoint", "UpdateEndpointWeightsAndCapacities"]
    assert (fleet.serving("toxicity"), fleet.sandbox.live_provisioned("toxicity")) == (1, 4)
    again = fleet.up("--expect-no-changes")
    assert again.ok, again.text
    assert fleet.status("toxicity") == "UP_TO_DATE 1: version 1 serves"


def test_limits_that_a_schedule_has_moved_are_no_change_and_edited_ones_are(fleet):
    scaled(fleet, schedules=[OFFICE])
    fleet.sandbox.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/toxicity/variant/AllTraffic",
        ScalableDimension="sagemaker:variant:DesiredProvisionedConcurrency",
        MinCapacity=2,
        MaxCapacity=5,
    )
    assert fleet.up().ok
    assert calls(fleet) == []

    fleet.change("toxicity", scaling={**SCALING, "max": 4, "schedules": [{**OFFICE, "max": 4}]})
    run = fleet.up()

    assert run.ok, run.text
    assert sorted(calls(fleet)) == ["PutScheduledAction", "RegisterScalableTarget"]
    assert fleet.sandbox.scaling("toxicity")["max"] == 4


def test_an_update_that_fails_leaves_the_autoscaler_as_it_is(fleet):
    scaled(fleet)
    fleet.sandbox.ending("toxicity", "update", "rollback", reason="exited")
    fleet.sandbox.register("toxicity")

    assert not fleet.up().ok

    assert "DeregisterScalableTarget" not in calls(fleet)
    assert fleet.sandbox.scaling("toxicity")["max"] == 5


def test_without_scaling_the_configured_value_comes_back(fleet):
    scaled(fleet)
    fleet.sandbox.provisioned("toxicity", 4)
    fleet.change("toxicity", scaling=None)

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.sandbox.scaling("toxicity") == {}
    assert fleet.sandbox.live_provisioned("toxicity") == 2
    assert fleet.up("--expect-no-changes").ok


def test_a_killed_run_leaves_an_autoscaler_that_the_next_one_takes_over(fleet):
    fleet.change("toxicity", provisioned_concurrency=2, max_concurrency=5, scaling=SCALING)
    fleet.kill_at("RegisterScalableTarget", "after")

    run = fleet.up()

    assert run.ok, run.text
    assert list(fleet.sandbox.scaling("toxicity")["policies"]) == ["toxicity"]
    assert fleet.up("--expect-no-changes").ok


def test_an_endpoint_of_somebody_else_is_not_scaled(fleet):
    client, serverless = fleet.sandbox.client("sagemaker"), {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    model, provisioned = fleet.sandbox.serving("spam"), {**serverless, "ProvisionedConcurrency": 2}
    variant = {"VariantName": "AllTraffic", "ModelName": model, "ServerlessConfig": provisioned}
    client.create_endpoint_config(EndpointConfigName="theirs", ProductionVariants=[variant])
    client.create_endpoint(EndpointName="mood", EndpointConfigName="theirs")
    mood = {"group": "spam", "provisioned_concurrency": 2, "scaling": SCALING}
    fleet.declare("toxicity", "spam", "urgency", mood=mood)

    run = fleet.up()

    assert not run.ok
    assert fleet.sandbox.scaling("mood") == {}


def test_an_update_that_fails_while_scaling_is_removed_is_not_sent_again(fleet):
    scaled(fleet)
    fleet.sandbox.provisioned("toxicity", 4)
    fleet.change("toxicity", scaling=None)
    fleet.sandbox.register("toxicity")
    fleet.sandbox.ending("toxicity", "update", "rollback", reason="exited")
    assert not fleet.up().ok

    assert fleet.up().ok

    assert "UpdateEndpoint" not in calls(fleet)
    assert fleet.sandbox.live_provisioned("toxicity") == 2
