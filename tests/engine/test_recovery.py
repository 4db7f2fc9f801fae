"""The recipes of docs/recovery.md that are about the state, as a person follows them.

Its emergency handles are in test_decisions.py, another attempt in test_rollbacks.py, lost states in test_lost_state.py.
"""

import json


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
    assert empty.in_aws() == empty.in_state()


def test_the_steps_of_the_programs_registrations_are_told_on_demand(fleet):
    step = "registering resource: ty=fleet:Task"

    assert step not in fleet.preview("--debug").text
    assert step in fleet.preview("--debug", env={"FLEET_DEBUG": "1"}).text
