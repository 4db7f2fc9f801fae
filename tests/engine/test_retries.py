"""AWS does not answer: a run gives up after minutes, and says so."""

from collections import Counter

DOWN = {"action": "error", "status": 503, "code": "ServiceUnavailable", "message": "down"}


def test_a_refresh_gives_up_after_as_many_attempts_as_the_project_says_or_the_stack(fleet):
    def attempts():
        asked = (call.params["Name"] for call in fleet.sandbox.calls(fleet.seen) if call.operation == "GetParameter")
        return set(Counter(asked).values())

    outage = fleet.sandbox.fault("*", service="ssm", **DOWN)
    run = fleet.up()
    assert not run.ok
    assert "ServiceUnavailable: down" in run.text
    assert attempts() == {8}
    assert fleet.made() == []

    fleet.sandbox.release(outage)
    fleet.stack.pulumi("config", "set", "aws:maxRetries", "3", check=True)
    assert fleet.up().ok  # its refresh went by what the state had of the provider; from here on that is the stack's
    fleet.sandbox.fault("*", service="ssm", **DOWN)
    assert not fleet.up().ok
    assert attempts() == {3}
