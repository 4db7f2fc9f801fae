"""A new revision answers its smoke test on a candidate before callers see it."""

import pytest

FRIENDLY, RUDE = "you are lovely", "you are a stupid idiot"
PASSES = {"cases": [{"payload": {"text": RUDE}, "expect": "toxic"}]}
FAILS = {"cases": [{"payload": {"text": FRIENDLY}, "expect": "no such label"}]}
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "not authorized"}


def candidates(fleet):
    return [name for name in fleet.in_aws() if name.endswith("-c")]


def test_a_version_that_passes_serves_and_leaves_no_candidate(fleet):
    fleet.change("toxicity", smoke_test=PASSES)
    assert fleet.up("--expect-no-changes").ok  # what serves is not tested
    fleet.sandbox.register("toxicity")

    assert fleet.preview().ok
    assert "InvokeEndpoint" not in fleet.operations()
    run = fleet.up()

    assert run.ok, run.text
    assert "InvokeEndpoint" in fleet.operations()
    assert fleet.serving("toxicity") == 2
    assert candidates(fleet) == []
    fleet.sandbox.reject("toxicity", 2)
    assert fleet.up().ok
    assert fleet.made() == ["UpdateEndpoint toxicity"]  # version 1 has served: it needs no test


def wrong_label(fleet):
    fleet.change("toxicity", smoke_test=FAILS)


def container_error(fleet):
    fleet.change("toxicity", smoke_test={"cases": [{"payload": "", "expect": "toxic"}]})


def too_slow(fleet):
    fleet.change("toxicity", smoke_test={**PASSES, "max_latency_ms": 100})
    fleet.sandbox.fault("InvokeEndpoint", action="delay", seconds=0.3)


def does_not_start(fleet):
    fleet.change("toxicity", smoke_test=PASSES)
    fleet.sandbox.ending("*", "create", "failed", "container exited")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (wrong_label, "0 of 1 cases agree"),
        (container_error, "the container answered 400"),
        (too_slow, "max_latency_ms is 100"),
        (does_not_start, "does not start: container exited"),
    ],
)
def test_a_version_that_fails_its_smoke_test_is_never_seen_by_callers(fleet, fault, reason):
    fault(fleet)
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")

    run = fleet.up()

    assert not run.ok
    assert "UpdateEndpoint toxicity" not in fleet.made()
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (1, 2)
    assert fleet.output("toxicity")["status"] == "OUT_OF_DATE"
    assert fleet.output("toxicity")["reason"].startswith("version 2 smoke test: ")
    assert reason in fleet.output("toxicity")["reason"]
    assert candidates(fleet) == []
    assert fleet.sandbox.harm() == []


def test_it_is_held_until_a_newer_version_passes(fleet):
    fleet.change("toxicity", smoke_test=FAILS)
    fleet.sandbox.register("toxicity")
    assert not fleet.up().ok

    held = fleet.up()
    assert held.ok, held.text
    assert fleet.made() == []

    fleet.change("toxicity", smoke_test=PASSES)
    fleet.sandbox.register("toxicity")
    run = fleet.up()
    assert run.ok, run.text
    assert fleet.serving("toxicity") == 3


def test_the_very_first_version_is_tested_too(empty):
    empty.sandbox.register("toxicity")
    empty.declare(toxicity={"smoke_test": FAILS})

    assert not empty.up().ok
    assert empty.sandbox.endpoints() == {}
    assert empty.status("toxicity").startswith("NOT_DEPLOYED 0: version 1 smoke test: 0 of 1 cases agree")

    held = empty.up()
    assert held.ok, held.text
    assert empty.made() == []

    empty.change("toxicity", smoke_test=PASSES)
    empty.sandbox.register("toxicity")
    assert empty.up().ok
    assert empty.serving("toxicity") == 2


@pytest.mark.parametrize("operation", ["CreateEndpoint", "InvokeEndpoint"])
def test_a_smoke_test_that_cannot_be_run_is_no_verdict(fleet, operation):
    service = "sagemaker-runtime" if operation == "InvokeEndpoint" else "sagemaker"
    fleet.change("toxicity", smoke_test=PASSES)
    fleet.sandbox.register("toxicity")
    fault = fleet.sandbox.fault(operation, service=service, **DENIED)

    run = fleet.up()
    assert not run.ok
    assert f"smoke test could not be run: {operation}: AccessDeniedException" in run.text
    assert fleet.output("toxicity")["reason"].startswith("version 2 not sent: smoke test could not be run")
    assert fleet.serving("toxicity") == 1

    fleet.sandbox.release(fault)
    assert fleet.up().ok
    assert fleet.serving("toxicity") == 2


@pytest.mark.parametrize(("moment", "next_test"), [("before", PASSES), ("after", None)], ids=["before", "after"])
def test_what_a_killed_run_left_of_a_candidate_is_removed_by_the_next(fleet, moment, next_test):
    fleet.change("toxicity", smoke_test=PASSES)
    fleet.sandbox.register("toxicity")
    fault = fleet.sandbox.fault("CreateEndpoint", action=f"hold-{moment}")
    running = fleet.start_up()
    fleet.sandbox.wait_held(fault, timeout=60)
    running.kill()
    fleet.sandbox.clear_faults()
    fleet.stack.pulumi("cancel", "--yes", check=True)
    assert candidates(fleet) != []
    fleet.sandbox.register("toxicity")  # the killed run's revision is not even wanted any more
    fleet.change("toxicity", smoke_test=next_test)

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 3
    assert candidates(fleet) == []
