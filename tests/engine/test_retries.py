"""What the provider tries again by itself: a run gives up after minutes, and says why."""

from collections import Counter

from sandbox.aws.world import TRUST
from sandbox.lab.connection import wait_until

DOWN = {"action": "error", "status": 503, "code": "ServiceUnavailable", "message": "down"}


def test_a_refresh_gives_up_after_as_many_attempts_as_the_project_says_or_the_stack(fleet):
    def attempts():
        asked = (call.params["Name"] for call in fleet.sandbox.calls(fleet.seen) if call.operation == "GetParameter")
        return set(Counter(asked).values())

    outage = fleet.sandbox.fault("*", service="ssm", **DOWN)
    run = fleet.up()
    assert not run.ok
    assert "ServiceUnavailable: down" in run.text
    assert attempts() == {9}
    assert fleet.made() == []

    fleet.sandbox.release(outage)
    fleet.stack.pulumi("config", "set", "aws:maxRetries", "3", check=True)
    assert fleet.up().ok  # its refresh went by what the state had of the provider; from here on that is the stack's
    fleet.sandbox.fault("*", service="ssm", **DOWN)
    assert not fleet.up().ok
    assert attempts() == {3}


def test_an_endpoint_whose_role_cannot_be_assumed_says_so_and_is_made_as_soon_as_it_can(empty):
    """The provider deletes it and makes it again for four minutes, then nothing is left to be asked for the reason."""

    def trust(policy):
        empty.sandbox.settings(roles={"sagemaker-execution": policy})

    empty.sandbox.register("toxicity")
    empty.declare("toxicity")
    empty.sandbox.fault("GetRole", service="iam", action="error", code="AccessDenied", message="no")
    trust({"Statement": []})

    run = empty.up()

    assert not run.ok
    assert empty.operations().count("CreateEndpoint") > 2
    assert empty.sandbox.endpoints() == {}
    assert 'trust relationship policy allows the action "sts:AssumeRole"' in empty.status("toxicity")

    running = empty.start_up()
    wait_until(lambda: empty.operations().count("CreateEndpoint") > 1, 60, "it has failed once")
    trust(TRUST)
    assert running.end().ok
    assert empty.status("toxicity") == "UP_TO_DATE 1: version 1 serves"
