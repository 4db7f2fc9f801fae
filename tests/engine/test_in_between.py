"""An endpoint that is on its way when the run starts is waited for, that task alone. The world moves during a run."""

import pytest

from sandbox.handle import wait_until

EXPIRED = {"action": "error", "code": "ExpiredTokenException", "message": "The security token is expired"}


@pytest.mark.parametrize("status", ["Updating", "RollingBack"])
def test_an_endpoint_that_is_being_updated_is_waited_for(fleet, status):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")
    fleet.sandbox.set_status("toxicity", status)
    running = fleet.start_up()
    wait_until(lambda: fleet.operations().count("ListEndpoints") > 1, 60, "the run polls")
    wait_until(lambda: fleet.serving("spam") == 2, 60, "the other task goes on")
    fleet.sandbox.set_status("toxicity", "InService")

    run = running.end()

    assert run.ok, run.text
    assert "ValidationException" not in run.text
    assert fleet.serving("toxicity") == 2


def test_an_endpoint_that_is_being_deleted_is_waited_for_and_made_again(fleet):
    fleet.sandbox.settings(delete_seconds=3)
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="toxicity")
    assert fleet.sandbox.endpoints()["toxicity"] == "Deleting"

    run = fleet.up()

    assert run.ok, run.text
    assert "ValidationException" not in run.text
    assert fleet.serving("toxicity") == 1


def test_what_is_approved_after_a_preview_is_what_an_up_deploys(fleet):
    fleet.sandbox.register("toxicity")
    assert "new version 2 approved" in fleet.preview().text
    fleet.sandbox.register("toxicity")

    assert fleet.up().ok
    assert fleet.serving("toxicity") == 3


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
