"""What leaves the task list goes away, alone and in order; a mistake that would take much away is refused."""

import pytest

from sandbox.handle import wait_until
from tests.engine.conftest import Fleet


def test_a_removed_task_is_torn_down_alone_and_its_endpoint_first(fleet):
    revision = fleet.sandbox.serving("toxicity")
    fleet.remove("toxicity")

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.made() == ["DeleteEndpoint toxicity", f"DeleteEndpointConfig {revision}", f"DeleteModel {revision}"]
    assert set(fleet.sandbox.endpoints()) == {"spam", "urgency"}
    assert "toxicity" not in fleet.stack.outputs()
    assert fleet.sandbox.harm() == []


def test_many_removed_tasks_are_refused_until_the_limit_is_raised(fleet):
    fleet.stack.configure(maxTeardown=1)
    fleet.remove("toxicity", "spam")

    refused = fleet.up()
    assert not refused.ok
    assert fleet.made() == []
    assert "2 deployed tasks would be torn down in this run, and maxTeardown is 1: spam, toxicity" in refused.text
    assert "Traceback" not in refused.text

    fleet.stack.configure(maxTeardown=2)
    assert fleet.up().ok
    assert set(fleet.sandbox.endpoints()) == {"urgency"}


def test_a_changed_prefix_counts_as_a_teardown(fleet):
    fleet.stack.configure(namePrefix="prod-", maxTeardown=2)

    assert not fleet.up().ok
    assert fleet.made() == []


def test_destroy_leaves_nothing(fleet):
    run = fleet.stack.destroy()

    assert run.ok, run.text
    assert fleet.in_aws() == set()
    assert fleet.sandbox.harm() == []


def test_two_stacks_with_different_prefixes_do_not_touch_each_other(fleet):
    other = Fleet(fleet.sandbox, "other", namePrefix="other-")
    other.declare("toxicity", "spam")
    assert other.up().ok
    assert set(other.made()) and all("other-" in call for call in other.made())

    other.stack.destroy()
    assert set(fleet.sandbox.endpoints()) == {"toxicity", "spam", "urgency"}
    assert fleet.up("--expect-no-changes").ok


def test_a_changed_prefix_deletes_nothing_while_the_registry_is_down(fleet):
    fleet.stack.configure(namePrefix="prod-")
    outage = fleet.sandbox.fault("ListModelPackages", action="error", code="AccessDeniedException", message="no")

    run = fleet.up()
    assert not run.ok
    assert run.summary == "3 UNKNOWN"
    assert fleet.made() == []

    fleet.sandbox.release(outage)
    assert fleet.up().ok
    assert set(fleet.sandbox.endpoints()) == {"prod-toxicity", "prod-spam", "prod-urgency"}
    assert fleet.sandbox.harm() == []


def test_a_changed_prefix_that_leads_to_a_strangers_endpoint_keeps_ours(fleet):
    client = fleet.sandbox.client("sagemaker")
    client.create_endpoint(EndpointName="p-toxicity", EndpointConfigName=fleet.sandbox.serving("spam"))
    fleet.stack.configure(namePrefix="p-")

    run = fleet.up()

    assert not run.ok
    assert "toxicity: p-toxicity: an endpoint of this name exists and is not this stack's" in run.text
    assert set(fleet.sandbox.endpoints()) == {"toxicity", "p-toxicity", "p-spam", "p-urgency"}


def role_not_assumable(fleet):
    nobody = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}],
    }
    fleet.sandbox.settings(roles={"sagemaker-execution": nobody})


def smoke_test_fails(fleet):
    for task in fleet.tasks:
        fleet.change(task, smoke_test={"cases": [{"payload": {"text": "hello"}, "expect": "no such label"}]})


def models_refused(fleet):
    fleet.sandbox.fault("CreateModel", action="error", code="AccessDeniedException", message="no")


@pytest.mark.parametrize("obstacle", [role_not_assumable, smoke_test_fails, models_refused])
def test_a_changed_prefix_deletes_nothing_while_the_new_endpoints_cannot_be_made(fleet, obstacle):
    obstacle(fleet)
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
