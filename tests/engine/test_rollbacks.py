"""SageMaker takes an update and comes back, refuses it, or never makes the endpoint."""

import pytest

DENIED = {"action": "error", "code": "AccessDeniedException", "message": "not authorized"}


@pytest.mark.parametrize(
    ("ending", "reason"),
    [("silent-rollback", "container exited"), ("silent-rollback", ""), ("rollback", "container exited")],
)
def test_a_rollback_is_red_once_harms_nothing_and_is_not_tried_again(fleet, ending, reason):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")
    fleet.sandbox.ending("toxicity", "update", ending, reason)

    run = fleet.up()

    assert not run.ok
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (1, 2)
    because = f": {reason}" if reason else ""
    assert fleet.status("toxicity") == f"OUT_OF_DATE 1: version 2 rolled back{because}; version 1 keeps serving"
    assert fleet.output("spam")["version"] == 2

    for held in (fleet.up(), fleet.up("--expect-no-changes")):
        assert held.ok, held.text
        assert fleet.made() == []
        assert held.summary == "2 UP_TO_DATE, 1 OUT_OF_DATE"

    fleet.sandbox.register("toxicity")
    assert fleet.up().ok
    assert fleet.serving("toxicity") == 3
    assert fleet.sandbox.harm() == []


def test_an_update_that_was_refused_is_sent_again_by_the_next_run(fleet):
    fleet.sandbox.register("toxicity")
    fault = fleet.sandbox.fault("UpdateEndpoint", **DENIED)
    assert not fleet.up().ok
    assert fleet.status("toxicity") == "OUT_OF_DATE 1: version 2 not sent; version 1 keeps serving"
    fleet.sandbox.release(fault)

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 2


@pytest.mark.parametrize("operation", ["CreateModel", "CreateEndpointConfig"])
def test_a_revision_that_cannot_be_made_leaves_the_endpoint_alone(fleet, operation):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")
    fault = fleet.sandbox.fault(operation, **DENIED, times=1)  # whichever comes first
    run = fleet.up()
    fleet.sandbox.release(fault)

    assert not run.ok
    assert sorted([fleet.serving("toxicity"), fleet.serving("spam")]) == [1, 2]
    assert set(fleet.sandbox.endpoints()) == {"toxicity", "spam", "urgency"}
    assert fleet.sandbox.harm() == []
    assert fleet.up().ok
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (2, 2)


def test_a_tag_that_cannot_be_written_takes_nothing_away(fleet):
    fleet.change("toxicity", owner="team-x")
    fleet.sandbox.fault("AddTags", **DENIED)

    assert not fleet.up().ok
    assert fleet.serving("toxicity") == 1
    assert fleet.sandbox.harm() == []


def test_a_failed_creation_holds_up_nobody_and_is_repaired_by_the_next_run(empty):
    for task in ("toxicity", "spam"):
        empty.sandbox.register(task)
    empty.declare("toxicity", "spam")
    empty.sandbox.ending("toxicity", "create", "failed", "no memory")

    run = empty.up()
    assert not run.ok
    assert empty.serving("spam") == 1
    assert empty.status("toxicity") == "NOT_DEPLOYED 0: version 1 not deployed: creation failed: no memory"

    again = empty.up()
    assert again.ok, again.text
    assert empty.serving("toxicity") == 1
    assert empty.up("--expect-no-changes").ok


def test_an_endpoint_deleted_outside_is_made_again(fleet):
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="toxicity")

    assert "toxicity: NOT_DEPLOYED: deleted outside; version 1 approved" in fleet.preview().text
    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 1
    assert fleet.up("--expect-no-changes").ok


def test_an_endpoint_moved_outside_is_brought_back(fleet):
    fleet.sandbox.register("toxicity")
    assert fleet.up().ok
    old = next(n for n in fleet.sandbox.endpoint_configs() if n.startswith("toxicity-v1"))
    fleet.sandbox.client("sagemaker").update_endpoint(EndpointName="toxicity", EndpointConfigName=old)

    assert "toxicity: OUT_OF_DATE: " in fleet.preview().text
    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 2


def test_an_update_refused_while_an_autoscaler_moves_is_no_rollback(fleet):
    fleet.change("toxicity", provisioned_concurrency=2)
    assert fleet.up().ok
    fleet.sandbox.register("toxicity")
    held = fleet.sandbox.fault("CreateModel", action="hold-before", times=1)
    running = fleet.start_up()
    fleet.sandbox.wait_held(held, timeout=60)
    fleet.sandbox.provisioned("toxicity", 4)
    refused = fleet.sandbox.fault("UpdateEndpoint", **DENIED)
    fleet.sandbox.release(held)
    assert not running.end().ok
    fleet.sandbox.release(refused)

    assert fleet.up().ok
    assert fleet.serving("toxicity") == 2


def test_two_outages_after_a_revision_that_could_not_be_made_make_nothing(fleet):
    fleet.sandbox.register("toxicity")
    fault = fleet.sandbox.fault("CreateModel", **DENIED)
    assert not fleet.up().ok
    fleet.sandbox.release(fault)
    for operation in ("ListModelPackages", "ListEndpoints", "ListModelPackages"):
        outage = fleet.sandbox.fault(operation, **DENIED)
        assert not fleet.up().ok
        assert fleet.made() == []
        assert fleet.output("toxicity")["version"] == 1
        fleet.sandbox.release(outage)

    assert fleet.up().ok
    assert fleet.serving("toxicity") == 2


def test_an_update_that_was_refused_is_not_sent_while_endpoints_cannot_be_listed(fleet):
    fleet.sandbox.register("toxicity")
    fault = fleet.sandbox.fault("UpdateEndpoint", **DENIED)
    assert not fleet.up().ok
    fleet.sandbox.release(fault)
    fleet.sandbox.fault("ListEndpoints", **DENIED)

    assert not fleet.up().ok
    assert fleet.made() == []


def test_an_endpoint_deleted_outside_while_a_newer_version_is_held_is_made_again_as_it_was(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.ending("toxicity", "update", "silent-rollback")
    assert not fleet.up().ok
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="toxicity")

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 1
    assert fleet.status("toxicity") == "OUT_OF_DATE 1: version 2 rolled back; version 1 keeps serving"
    assert fleet.up("--expect-no-changes").ok


def test_an_endpoint_deleted_outside_is_made_again_by_a_plain_up(fleet):
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="toxicity")

    run = fleet.plain_up()  # no refresh: the state still has it, so that only a replacement makes it again

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 1
