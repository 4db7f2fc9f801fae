"""A run killed at the worst moments, then run again: converges, leaves no orphan, and deletes nothing that served."""

import pytest


def assert_converges(fleet, version):
    run = fleet.up()
    assert run.ok, run.text
    assert {task: fleet.serving(task) for task in fleet.tasks} == dict.fromkeys(fleet.tasks, version)
    assert fleet.in_aws() == fleet.in_state()  # no orphan
    assert fleet.sandbox.harm() == []


@pytest.mark.parametrize(
    ("operation", "moment"),
    [
        ("CreateModel", "before"),
        ("CreateModel", "after"),
        ("CreateEndpointConfig", "after"),
        ("CreateEndpoint", "before"),
        ("CreateEndpoint", "after"),
    ],
)
def test_killed_during_the_first_deployment(empty, operation, moment):
    empty.sandbox.register("toxicity")
    empty.declare("toxicity")
    empty.kill_at(operation, moment)

    assert_converges(empty, 1)
    if operation == "CreateEndpoint":
        assert empty.up("--expect-no-changes").ok


@pytest.mark.parametrize(
    ("operation", "moment"),
    [
        ("CreateModel", "before"),
        ("CreateModel", "after"),
        ("CreateEndpointConfig", "after"),
        ("UpdateEndpoint", "before"),
        ("UpdateEndpoint", "after"),
    ],
)
def test_killed_during_an_update(fleet, operation, moment):
    for task in fleet.tasks:
        fleet.sandbox.register(task)
    fleet.kill_at(operation, moment)

    assert_converges(fleet, 2)


def test_killed_while_the_endpoint_is_creating(empty):
    empty.sandbox.register("toxicity")
    empty.declare("toxicity")
    empty.sandbox.settings(create_seconds=6)
    empty.kill_at("DescribeEndpoint", "after", EndpointName="toxicity")
    assert empty.sandbox.endpoints() == {"toxicity": "Creating"}

    assert_converges(empty, 1)


def test_killed_before_the_outputs_are_written(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.settings(update_seconds=2)
    fleet.kill_at("DescribeEndpoint", "before", EndpointName="toxicity")  # the update is sent, nobody sees its end

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 2
    assert fleet.in_aws() == fleet.in_state()
    assert fleet.up("--expect-no-changes").ok


def test_killed_after_an_update_that_then_rolls_back_is_held(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.ending("toxicity", "update", "silent-rollback", "container exited")
    fleet.kill_at("UpdateEndpoint", "after")

    run = fleet.up()

    assert run.ok, run.text
    assert "UpdateEndpoint toxicity" not in fleet.made()
    assert fleet.status("toxicity") == "OUT_OF_DATE 1: version 2 rolled back: container exited; version 1 keeps serving"


def test_killed_and_then_another_version_is_wanted(fleet):
    fleet.sandbox.register("toxicity")
    fleet.kill_at("CreateEndpointConfig", "after")
    fleet.sandbox.register("toxicity")

    run = fleet.up()
    assert run.ok, run.text
    assert fleet.serving("toxicity") == 3
    assert fleet.in_aws() == fleet.in_state()

    assert fleet.up().ok
    assert {name.split("-")[1] for name in fleet.sandbox.models() if name.startswith("toxicity-")} == {"v1", "v3"}


def test_a_second_run_is_refused_while_one_is_under_way(fleet):
    fleet.sandbox.register("toxicity")
    fault = fleet.sandbox.fault("UpdateEndpoint", action="hold-before", times=1)
    first = fleet.start_up()
    fleet.sandbox.wait_held(fault, timeout=60)

    second = fleet.stack.up()
    fleet.sandbox.release(fault)

    assert not second.ok
    assert "the stack is currently locked" in second.text
    assert first.end().ok
    assert fleet.serving("toxicity") == 2


def test_killed_after_the_endpoint_is_made_and_then_the_registry_is_down(empty):
    empty.sandbox.register("toxicity")
    empty.declare("toxicity")
    empty.kill_at("CreateEndpoint", "after")
    outage = empty.sandbox.fault("ListModelPackages", action="error", code="AccessDeniedException", message="no")

    assert not empty.up().ok
    assert empty.made() == []
    assert empty.sandbox.endpoints() == {"toxicity": "InService"}

    empty.sandbox.release(outage)
    assert_converges(empty, 1)


def test_killed_after_the_endpoint_is_made_and_then_endpoints_cannot_be_listed(empty):
    empty.sandbox.register("toxicity")
    empty.declare("toxicity")
    empty.kill_at("CreateEndpoint", "after")
    outage = empty.sandbox.fault("ListEndpoints", action="error", code="AccessDeniedException", message="no")

    stopped = empty.up()
    assert not stopped.ok
    assert empty.made() == []
    assert "UNKNOWN: endpoint: ListEndpoints: AccessDeniedException: no" in stopped.text
    assert "Traceback" not in stopped.text

    empty.sandbox.release(outage)
    assert_converges(empty, 1)


def test_moved_back_by_hand_after_a_kill_to_what_the_killed_run_meant_to_drop(fleet):
    fleet.sandbox.register("toxicity")
    assert fleet.up().ok
    fleet.sandbox.register("toxicity")
    fleet.kill_at("CreateModel", "before")
    old = next(name for name in fleet.sandbox.endpoint_configs() if name.startswith("toxicity-v1"))
    fleet.sandbox.client("sagemaker").update_endpoint(EndpointName="toxicity", EndpointConfigName=old)
    fleet.sandbox.ending("toxicity", "update", "silent-rollback")

    assert not fleet.up().ok
    assert fleet.sandbox.serving("toxicity") == old
    assert old in fleet.sandbox.endpoint_configs()
    assert fleet.sandbox.harm() == []


@pytest.mark.parametrize("ending", ["done", "rollback", "silent-rollback"])
def test_a_plain_up_after_it_sends_nothing_to_what_serves_already(fleet, ending):
    fleet.sandbox.register("toxicity")
    if ending == "done":
        fleet.kill_at("UpdateEndpoint", "after")
    else:
        fleet.sandbox.ending("toxicity", "update", ending)
        assert not fleet.up().ok

    run = fleet.plain_up()

    assert run.ok, run.text
    assert "UpdateEndpoint toxicity" not in fleet.made()
    assert fleet.serving("toxicity") == (2 if ending == "done" else 1)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_around_an_update_while_an_autoscaler_moves_sends_it_at_most_once_more(fleet, moment):
    fleet.change("toxicity", provisioned_concurrency=2)
    assert fleet.up().ok
    fleet.sandbox.register("toxicity")
    fleet.sandbox.ending("toxicity", "update", "silent-rollback", "container exited", times=0)
    fleet.kill_at("UpdateEndpoint", moment)
    fleet.sandbox.provisioned("toxicity", 4)

    sent = 0
    for _ in range(3):
        fleet.up()
        sent += fleet.made().count("UpdateEndpoint toxicity")
    assert sent == 1
    assert fleet.serving("toxicity") == 1
    assert fleet.output("toxicity")["reason"].startswith("version 2 rolled back: container exited")


def test_killed_before_an_update_while_an_autoscaler_moves_the_next_run_sends_it(fleet):
    fleet.change("toxicity", provisioned_concurrency=2)
    assert fleet.up().ok
    fleet.sandbox.register("toxicity")
    fleet.kill_at("UpdateEndpoint", "before")
    fleet.sandbox.provisioned("toxicity", 4)

    assert fleet.up().ok
    assert fleet.serving("toxicity") == 2


def test_killed_while_several_are_created_and_then_a_newer_version_is_approved(empty):
    tasks = ("toxicity", "spam", "urgency")
    for task in tasks:
        empty.sandbox.register(task)
    empty.declare(*tasks)
    empty.sandbox.settings(create_seconds=3)
    fault = empty.sandbox.fault("CreateEndpoint", action="hold-after")
    running = empty.start_up()
    empty.sandbox.wait_held(fault, timeout=60, calls=2)
    running.kill()
    empty.sandbox.clear_faults()
    empty.stack.pulumi("cancel", "--yes", check=True)
    for task in tasks:
        empty.sandbox.register(task)

    run = empty.up()

    assert run.ok, run.text
    assert {task: empty.serving(task) for task in tasks} == dict.fromkeys(tasks, 2)
    assert set(empty.sandbox.endpoints()) == set(tasks)
    assert empty.in_aws() == empty.in_state()


def test_killed_while_an_endpoint_that_was_deleted_outside_is_made_again(fleet):
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="toxicity")
    fleet.kill_at("CreateEndpoint", "after")

    assert_converges(fleet, 1)
    assert fleet.up("--expect-no-changes").ok
