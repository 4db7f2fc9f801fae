"""Provisioned concurrency that moves by itself: never a change, never lost; its autoscaler comes and goes in order."""

SCALING = {"min": 1, "max": 5, "target_utilization": 0.7}
OFFICE = {"name": "office-hours", "cron": "0 7 ? * MON-FRI *", "timezone": "Europe/Berlin", "min": 2, "max": 5}


def scaled(fleet, **more):
    """Every task; `more` is toxicity's own."""
    for task in fleet.tasks:
        scaling = {**SCALING, **more} if task == "toxicity" else SCALING
        fleet.change(task, provisioned_concurrency=2, max_concurrency=5, scaling=scaling)
    run = fleet.up()
    assert run.ok, run.text


def calls(fleet, task):
    """The operations of the last run on one task."""
    return [call.split()[0] for call in fleet.made() if call.split()[-1].startswith(task)]


def cooldowns(fleet, task):
    """Seconds, after scaling in and after scaling out."""
    policy = fleet.sandbox.scaling(task)["policies"][task]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    return tracking.get("ScaleInCooldown"), tracking.get("ScaleOutCooldown")


def test_an_autoscaler_follows_its_endpoint_and_the_task_list_and_leaves_before_its_endpoint(fleet):
    """Toxicity's moves and goes with its task; spam's goes alone; urgency's goes while an update fails."""
    scaled(fleet, schedules=[OFFICE])
    made = calls(fleet, "toxicity")
    assert made[:4] == ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint", "RegisterScalableTarget"]
    assert sorted(made[4:]) == ["PutScalingPolicy", "PutScheduledAction"]
    found = fleet.sandbox.scaling("toxicity")
    assert (found["min"], found["max"]) == (1, 5)
    assert cooldowns(fleet, "toxicity") == (300, 300)

    fleet.sandbox.client("application-autoscaling").register_scalable_target(  # as its schedule does
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/toxicity/variant/AllTraffic",
        ScalableDimension="sagemaker:variant:DesiredProvisionedConcurrency",
        MinCapacity=2,
        MaxCapacity=5,
    )
    assert fleet.up().ok
    assert fleet.made() == []

    less = {**SCALING, "max": 4, "scale_in_cooldown_seconds": 60, "schedules": [{**OFFICE, "max": 4}]}
    fleet.change("toxicity", scaling=less)
    for task in ("spam", "urgency"):
        fleet.sandbox.provisioned(task, 4)
        fleet.change(task, scaling=None)
    fleet.sandbox.register("urgency")
    fleet.sandbox.ending("urgency", "update", "rollback", reason="exited")
    assert not fleet.up().ok
    assert sorted(calls(fleet, "toxicity")) == ["PutScalingPolicy", "PutScheduledAction", "RegisterScalableTarget"]
    assert fleet.sandbox.scaling("toxicity")["max"] == 4
    assert cooldowns(fleet, "toxicity") == (60, 300)
    assert fleet.sandbox.scaling("spam") == {}
    assert fleet.sandbox.live_provisioned("spam") == 2  # as configured

    fleet.remove("toxicity")
    run = fleet.up()
    assert run.ok, run.text
    gone = calls(fleet, "toxicity")
    assert sorted(gone[:2]) == ["DeleteScalingPolicy", "DeleteScheduledAction"]
    assert gone[2:4] == ["DeregisterScalableTarget", "DeleteEndpoint"]
    assert fleet.sandbox.scaling("toxicity") == {}
    assert calls(fleet, "spam") == []
    assert "UpdateEndpoint" not in calls(fleet, "urgency")
    assert fleet.sandbox.live_provisioned("urgency") == 2


def test_what_an_autoscaler_set_survives_updates_and_ways_back_and_is_never_a_change(fleet):
    scaled(fleet)
    fleet.sandbox.provisioned("toxicity", 4)
    assert fleet.preview("--expect-no-changes").ok
    for task in fleet.tasks:
        fleet.sandbox.register(task)
    fleet.sandbox.ending("urgency", "update", "rollback", reason="exited")

    assert not fleet.up().ok

    assert (fleet.serving("toxicity"), fleet.sandbox.live_provisioned("toxicity")) == (2, 4)
    assert "UpdateEndpointWeightsAndCapacities" not in calls(fleet, "toxicity")  # there was no window
    assert "DeregisterScalableTarget" not in calls(fleet, "urgency")  # a failed update leaves it
    assert fleet.sandbox.scaling("urgency")["max"] == 5

    fleet.sandbox.provisioned("spam", 4)
    fleet.sandbox.reject("spam", 2)

    run = fleet.up()

    assert run.ok, run.text
    assert calls(fleet, "spam") == ["UpdateEndpoint", "UpdateEndpointWeightsAndCapacities"]
    assert calls(fleet, "toxicity") == []
    assert (fleet.serving("spam"), fleet.sandbox.live_provisioned("spam")) == (1, 4)
    fleet.sandbox.provisioned("toxicity", 3)
    for again in (fleet.preview("--expect-no-changes"), fleet.up("--expect-no-changes")):
        assert again.ok, again.text
    assert fleet.status("spam") == "UP_TO_DATE 1: version 1 serves"  # what was given back reads as no rollback
    assert fleet.sandbox.live_provisioned("toxicity") == 3


def test_a_killed_run_leaves_an_autoscaler_that_the_next_one_takes_over(fleet):
    fleet.change("toxicity", provisioned_concurrency=2, max_concurrency=5, scaling=SCALING)
    fleet.kill_at("RegisterScalableTarget", "after")

    run = fleet.up()

    assert run.ok, run.text
    assert list(fleet.sandbox.scaling("toxicity")["policies"]) == ["toxicity"]


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
