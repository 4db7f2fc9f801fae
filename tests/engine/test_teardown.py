"""What leaves the task list goes away, alone and in order; a mistake that would take much away is refused."""

from sandbox.lab.connection import wait_until
from tests.engine.conftest import Fleet, revision

DENIED = {"action": "error", "code": "AccessDeniedException", "message": "no"}


def test_a_removed_task_is_torn_down_alone_and_its_endpoint_first(fleet):
    revision = fleet.sandbox.serving("toxicity")
    fleet.remove("toxicity")

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.made() == ["DeleteEndpoint toxicity", f"DeleteEndpointConfig {revision}", f"DeleteModel {revision}"]
    assert set(fleet.sandbox.endpoints()) == {"spam", "urgency"}
    assert "toxicity" not in fleet.stack.outputs()
    assert fleet.sandbox.harm() == []


def test_many_tasks_that_go_are_refused_until_the_limit_is_raised(fleet):
    """One is removed, one switched off: both count."""
    fleet.stack.configure(maxTeardown=1)
    fleet.remove("toxicity")
    fleet.change("spam", enabled=False)

    refused = fleet.up()
    assert not refused.ok
    assert fleet.made() == []
    assert "2 deployed tasks would be torn down in this run, and maxTeardown is 1: spam, toxicity" in refused.text
    assert "Traceback" not in refused.text

    fleet.stack.configure(maxTeardown=2)
    assert fleet.up().ok
    assert set(fleet.sandbox.endpoints()) == {"urgency"}


def test_two_stacks_with_different_prefixes_do_not_touch_each_other(fleet):
    ours = fleet.in_aws()
    other = Fleet(fleet.sandbox, "other", namePrefix="other-")
    other.declare("toxicity", "spam")
    assert other.up().ok
    assert {"other-toxicity", "other-spam"} <= fleet.in_aws()

    assert other.stack.destroy().ok
    assert fleet.in_aws() == ours  # nothing of the other is left
    assert all("other-" in call for call in other.made())
    assert fleet.sandbox.harm() == []


def test_a_changed_prefix_deletes_nothing_while_the_registry_is_down_or_a_stranger_is_there(fleet):
    fleet.stack.configure(namePrefix="prod-")
    outage = fleet.sandbox.fault("ListModelPackages", **DENIED)

    run = fleet.up()
    assert not run.ok
    assert run.summary == "3 UNKNOWN"
    assert fleet.made() == []

    fleet.sandbox.release(outage)
    client = fleet.sandbox.client("sagemaker")
    client.create_endpoint(EndpointName="prod-toxicity", EndpointConfigName=fleet.sandbox.serving("toxicity"))
    renamed = "the endpoint's name changes from spam to prod-spam (namePrefix), with a gap between; version 1 approved"
    assert f"spam: NOT_DEPLOYED: {renamed}" in fleet.preview().standings
    run = fleet.up()
    assert not run.ok
    assert "toxicity: prod-toxicity: an endpoint of this name exists and is not this stack's" in run.text
    assert set(fleet.sandbox.endpoints()) == {"toxicity", "prod-toxicity", "prod-spam", "prod-urgency"}
    assert fleet.sandbox.harm() == []


def test_a_changed_prefix_deletes_nothing_while_the_new_endpoints_cannot_be_made(fleet):
    """A model is refused, a smoke test fails, serverless cannot run a package."""
    fleet.sandbox.fault("CreateModel", match={"ModelName": revision("prod-toxicity", 1, group="toxicity")}, **DENIED)
    fleet.change("spam", smoke_test={"cases": [{"payload": {"text": "hello"}, "expect": "no such label"}]})
    fleet.sandbox.register("urgency", containers=2)
    fleet.stack.configure(namePrefix="prod-")

    for _ in range(2):
        assert not fleet.up().ok
        assert {task: fleet.serving(task) for task in fleet.tasks} == dict.fromkeys(fleet.tasks, 1)
    assert fleet.sandbox.harm() == []


def test_an_endpoint_that_is_on_its_way_is_waited_for_before_it_is_torn_down(fleet):
    fleet.sandbox.set_status("toxicity", "Updating")
    fleet.change("toxicity", enabled=False)
    running = fleet.start_up()
    wait_until(lambda: fleet.operations().count("ListEndpoints") > 1, 60, "the run polls")
    fleet.sandbox.set_status("toxicity", "InService")

    run = running.end()

    assert run.ok, run.text
    assert set(fleet.sandbox.endpoints()) == {"spam", "urgency"}
