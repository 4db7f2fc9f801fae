"""A run killed at the worst moments, then run again: converges, leaves no orphan, and deletes nothing that served.

Where several tasks are killed at once, each waits at a call of its own when the run dies.
"""

from tests.engine.conftest import revision


def assert_converges(fleet, version):
    run = fleet.up()
    assert run.ok, run.text
    assert {task: fleet.serving(task) for task in fleet.tasks} == dict.fromkeys(fleet.tasks, version)
    assert fleet.in_aws() == fleet.in_state()  # no orphan
    assert fleet.sandbox.harm() == []


def test_killed_during_the_first_deployment_with_each_task_at_another_call(empty):
    tasks = ("toxicity", "spam", "urgency", "topic", "intent")
    for task in tasks:
        empty.sandbox.register(task)
    empty.declare(*tasks)
    empty.kill_while(
        empty.hold("CreateModel", "before", ModelName=revision("toxicity", 1)),
        empty.hold("CreateModel", "after", ModelName=revision("spam", 1)),
        empty.hold("CreateEndpointConfig", "after", EndpointConfigName=revision("urgency", 1)),
        empty.hold("CreateEndpoint", "before", EndpointName="topic"),
        empty.hold("CreateEndpoint", "after", EndpointName="intent"),
    )
    assert set(empty.sandbox.endpoints()) == {"intent"}

    assert_converges(empty, 1)
    assert empty.up("--expect-no-changes").ok


def test_killed_around_updates_what_was_not_sent_is_sent_and_what_came_back_is_held(fleet):
    for task in fleet.tasks:
        fleet.sandbox.register(task)
    fleet.sandbox.ending("spam", "update", "silent-rollback", "container exited")
    fleet.kill_while(
        fleet.hold("UpdateEndpoint", "before", EndpointName="toxicity"),
        fleet.hold("UpdateEndpoint", "after", EndpointName="spam"),
        fleet.hold("UpdateEndpoint", "after", EndpointName="urgency"),  # it is sent, and nobody sees its end
    )

    run = fleet.up()

    assert run.ok, run.text
    assert [call for call in fleet.made() if call.startswith("UpdateEndpoint ")] == ["UpdateEndpoint toxicity"]
    assert {task: fleet.serving(task) for task in fleet.tasks} == {"toxicity": 2, "spam": 1, "urgency": 2}
    assert fleet.status("spam") == "OUT_OF_DATE 1: version 2 rolled back: container exited; version 1 keeps serving"
    assert fleet.in_aws() == fleet.in_state()
    assert fleet.sandbox.harm() == []
    assert fleet.up("--expect-no-changes").ok


def test_killed_before_updates_and_then_another_version_is_wanted_of_one_task(fleet):
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="urgency")
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")
    fleet.kill_while(
        fleet.hold("CreateEndpointConfig", "after", EndpointConfigName=revision("toxicity", 2)),
        fleet.hold("CreateModel", "after", ModelName=revision("spam", 2)),
        fleet.hold("CreateEndpoint", "after", EndpointName="urgency"),  # was deleted outside, and is made again
    )
    fleet.sandbox.register("toxicity")

    run = fleet.up()
    assert run.ok, run.text
    assert {task: fleet.serving(task) for task in fleet.tasks} == {"toxicity": 3, "spam": 2, "urgency": 1}
    assert fleet.in_aws() == fleet.in_state()
    assert fleet.sandbox.harm() == []

    assert fleet.up().ok
    kept = {name.rpartition("-")[0] for name in fleet.sandbox.models()}
    assert kept == {"toxicity-v1", "toxicity-v3", "spam-v1", "spam-v2", "urgency-v1"}


def test_a_second_run_is_refused_while_one_is_under_way(fleet):
    fleet.sandbox.register("toxicity")
    fault = fleet.hold("UpdateEndpoint", "before")
    first = fleet.start_up()
    fleet.sandbox.wait_held(fault, timeout=60)

    second = fleet.stack.up()
    fleet.sandbox.release(fault)

    assert not second.ok
    assert "the stack is currently locked" in second.text
    assert first.end().ok
    assert fleet.serving("toxicity") == 2


def test_killed_after_the_endpoint_is_made_and_then_nothing_can_be_found_out(empty):
    empty.sandbox.register("toxicity")
    empty.declare("toxicity")
    empty.kill_at("CreateEndpoint", "after")

    for operation, said in (("ListEndpoints", "endpoint"), ("ListModelPackages", "registry")):
        outage = empty.sandbox.fault(operation, action="error", code="AccessDeniedException", message="no")
        stopped = empty.up()
        assert not stopped.ok
        assert empty.made() == []
        assert f"UNKNOWN: {said}: " in stopped.text
        assert f"{operation}: AccessDeniedException: no" in stopped.text
        assert "Traceback" not in stopped.text
        assert empty.sandbox.endpoints() == {"toxicity": "InService"}
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


def test_a_plain_up_after_a_rollback_sends_nothing_to_what_serves_already(fleet):
    for task, ending in (("toxicity", "rollback"), ("spam", "silent-rollback")):
        fleet.sandbox.register(task)
        fleet.sandbox.ending(task, "update", ending)
    assert not fleet.up().ok

    run = fleet.plain_up()

    assert run.ok, run.text
    assert fleet.made() == []
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (1, 1)


def test_a_plain_up_after_a_kill_sends_nothing_to_what_serves_already(fleet):
    fleet.sandbox.register("toxicity")
    fleet.kill_at("UpdateEndpoint", "after")

    run = fleet.plain_up()

    assert run.ok, run.text
    assert "UpdateEndpoint toxicity" not in fleet.made()
    assert fleet.serving("toxicity") == 2


def test_killed_around_updates_while_an_autoscaler_moves_each_is_sent_at_most_once_more(fleet):
    for task in fleet.tasks:
        fleet.change(task, provisioned_concurrency=2)
    assert fleet.up().ok
    for task in fleet.tasks:
        fleet.sandbox.register(task)
    for task in ("toxicity", "spam"):
        fleet.sandbox.ending(task, "update", "silent-rollback", "container exited", times=0)
    fleet.kill_while(
        fleet.hold("UpdateEndpoint", "before", EndpointName="toxicity"),
        fleet.hold("UpdateEndpoint", "after", EndpointName="spam"),
        fleet.hold("UpdateEndpoint", "before", EndpointName="urgency"),
    )
    for task in fleet.tasks:
        fleet.sandbox.provisioned(task, 4)

    assert not fleet.up().ok
    sent = [f"UpdateEndpoint {task}" for task in sorted(fleet.tasks)]
    assert sorted(call for call in fleet.made() if call.startswith("UpdateEndpoint ")) == sent

    assert fleet.up().ok
    assert fleet.made() == []
    assert {task: fleet.serving(task) for task in fleet.tasks} == {"toxicity": 1, "spam": 1, "urgency": 2}
    for task in ("toxicity", "spam"):
        assert fleet.output(task)["reason"].startswith("version 2 rolled back: container exited")


def test_killed_while_several_are_created_and_then_a_newer_version_is_approved(empty):
    tasks = ("toxicity", "spam", "urgency")
    for task in tasks:
        empty.sandbox.register(task)
    empty.declare(*tasks)
    empty.sandbox.settings(create_seconds=8)
    empty.kill_while(*(empty.hold("CreateEndpoint", "after", EndpointName=task) for task in ("toxicity", "spam")))
    assert "Creating" in empty.sandbox.endpoints().values()
    for task in tasks:
        empty.sandbox.register(task)

    run = empty.up()

    assert run.ok, run.text
    assert {task: empty.serving(task) for task in tasks} == dict.fromkeys(tasks, 2)
    assert set(empty.sandbox.endpoints()) == set(tasks)
    assert empty.in_aws() == empty.in_state()
