"""The recipes of docs/recovery.md, as a person follows them."""

import json
from datetime import date

BY = {"owner": "on-call", "until": date(2099, 1, 31)}
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "no"}


def pending(fleet):
    exported = json.loads(fleet.stack.pulumi("stack", "export", check=True).text)
    return exported["deployment"].get("pending_operations") or []


def test_a_lock_that_a_killed_run_left_is_cancelled(fleet):
    fleet.sandbox.register("toxicity")
    fault = fleet.sandbox.fault("UpdateEndpoint", action="hold-before", times=1)
    running = fleet.start_up()
    fleet.sandbox.wait_held(fault, timeout=60)
    running.kill()
    fleet.sandbox.clear_faults()

    locked = fleet.up()
    assert not locked.ok
    assert "the stack is currently locked by 1 lock(s)" in locked.text
    assert fleet.made() == []

    assert fleet.stack.pulumi("cancel", "--yes").ok
    assert fleet.up().ok
    assert fleet.serving("toxicity") == 2


def test_a_pending_operation_is_settled_by_the_next_run_and_forgotten_on_demand(empty):
    empty.sandbox.register("toxicity")
    empty.declare("toxicity")
    empty.kill_at("CreateEndpoint", "after")
    assert len(pending(empty)) == 1

    run = empty.up()
    assert run.ok, run.text
    assert empty.serving("toxicity") == 1

    assert empty.stack.pulumi("refresh", "--yes", "--clear-pending-creates").ok
    assert pending(empty) == []
    assert empty.up("--expect-no-changes").ok


def test_an_endpoint_moved_by_hand_stays_there_under_a_hold(fleet):
    fleet.sandbox.register("toxicity")
    assert fleet.up().ok
    kept = next(name for name in fleet.sandbox.endpoint_configs() if name.startswith("toxicity-v1"))
    fleet.change("toxicity", hold={"reason": "2 answers nonsense", **BY})
    fleet.sandbox.fault("ListModelPackages", **DENIED)
    fleet.sandbox.client("sagemaker").update_endpoint(EndpointName="toxicity", EndpointConfigName=kept)

    fleet.up()  # red: the registry does not answer for the others

    assert fleet.serving("toxicity") == 1
    assert fleet.output("toxicity")["status"] == "UP_TO_DATE"


def test_a_version_that_is_held_after_a_failure_is_tried_again_with_another_attempt(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.ending("toxicity", "update", "silent-rollback", "the bucket was not readable")
    assert not fleet.up().ok
    fleet.change("toxicity", attempt=2)

    assert fleet.up().ok
    assert fleet.serving("toxicity") == 2
