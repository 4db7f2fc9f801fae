"""An endpoint that is on its way when the run starts is waited for, that task alone. The world moves during a run."""

from sandbox.lab.connection import wait_until

EXPIRED = {"action": "error", "code": "ExpiredTokenException", "message": "The security token is expired"}


def test_an_endpoint_that_is_on_its_way_is_waited_for(fleet):
    for task in fleet.tasks:
        fleet.sandbox.register(task)
    fleet.declare("toxicity", "spam", "urgency", mood={"group": "spam"})
    fleet.sandbox.settings(delete_seconds=20)
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="urgency")
    fleet.sandbox.set_status("toxicity", "Updating")
    fleet.sandbox.set_status("spam", "RollingBack")
    running = fleet.start_up()
    wait_until(lambda: fleet.operations().count("ListEndpoints") > 1, 60, "the run polls")
    wait_until(lambda: fleet.serving("mood") == 2, 60, "the other task goes on")
    for task in ("toxicity", "spam"):
        fleet.sandbox.set_status(task, "InService")

    run = running.end()

    assert run.ok, run.text
    assert "ValidationException" not in run.text
    assert {task: fleet.serving(task) for task in fleet.tasks} == dict.fromkeys(fleet.tasks, 2)


def test_credentials_that_expire_in_mid_run_are_red_and_the_next_run_converges(fleet):
    for task in fleet.tasks:
        fleet.sandbox.register(task)
    held = fleet.sandbox.fault("CreateEndpointConfig", action="hold-before", times=1)
    running = fleet.start_up()
    fleet.sandbox.wait_held(held, timeout=60)
    expired = fleet.sandbox.fault("*", **EXPIRED)
    fleet.sandbox.release(held)

    run = running.end()

    assert not run.ok
    assert "ExpiredTokenException" in run.text
    assert "Traceback" not in run.text
    assert {task: fleet.output(task)["version"] for task in fleet.tasks} == dict.fromkeys(fleet.tasks, 1)
    fleet.sandbox.release(expired)
    assert fleet.up().ok
    assert {task: fleet.serving(task) for task in fleet.tasks} == dict.fromkeys(fleet.tasks, 2)
    assert fleet.sandbox.harm() == []
