"""`fleet orphans` beside a real stack: what it lists, what it removes, and what it never touches."""

import json
from pathlib import Path
from typing import Any

from fleet.tags import Ownership

PROJECT = "sagemaker-endpoint-manager"


def orphans(fleet: Any, *flags: str) -> tuple[int, Any, str]:
    """Exit code, the JSON on standard output (None where there is none) and standard error."""
    done = fleet.stack.command("orphans", "--json", *flags)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def names(found: Any) -> list[str]:
    return [f"{one['kind']} {one['name']}" for one in found["orphans"]]


def leave_candidate(fleet: Any, stack: str = "sandbox") -> str:
    """What a killed smoke test leaves: an endpoint and a configuration of its own, on a model of the stack."""
    client, task = fleet.sandbox.client("sagemaker"), "toxicity"
    model = fleet.sandbox.serving(task)
    tags = [{"Key": k, "Value": v} for k, v in Ownership(PROJECT, stack).tags(task, "champion", None).items()]
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": model,
        "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
    }
    name = f"{model}-c" if stack == "sandbox" else f"{stack}-{model}"
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], Tags=tags)
    if stack == "sandbox":
        client.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=tags)
    return name


def state_files(fleet: Any) -> dict[Path, bytes]:
    state = fleet.sandbox.folder / "pulumi" / "state"
    return {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}


def test_orphans_are_listed_then_removed_and_nothing_else_is(fleet):
    fleet.sandbox.register("toxicity")
    assert fleet.up().ok  # version 1 is kept for the way back, and used by no endpoint
    before = fleet.in_aws()
    candidate, theirs = leave_candidate(fleet), leave_candidate(fleet, stack="staging")
    kept = state_files(fleet)

    code, found, _ = orphans(fleet)
    assert code == 0
    assert names(found) == [f"endpoint {candidate}", f"endpoint-config {candidate}"]
    assert found["other_stacks"] == {"staging": 1}
    assert state_files(fleet) == kept

    code, _, said = orphans(fleet, "--delete")
    assert code == 1
    assert "--yes" in said
    assert candidate in fleet.sandbox.endpoints()

    code, after, _ = orphans(fleet, "--delete", "--yes")
    assert code == 0
    assert names(after) == []
    assert fleet.in_aws() == before | {theirs}
    assert fleet.sandbox.harm() == []


def test_what_a_killed_run_left_and_no_run_asks_for_is_an_orphan(fleet):
    fleet.sandbox.register("toxicity")
    fleet.kill_at("CreateModel", "after")
    left = next(name for name in fleet.sandbox.models() if name.startswith("toxicity-v2"))
    fleet.sandbox.reject("toxicity", 2)

    code, found, _ = orphans(fleet, "--delete", "--yes")

    assert code == 0
    assert [one["name"] for one in found["deleted"]] == [left]
    run = fleet.up()
    assert run.ok, run.text
    assert fleet.in_aws() == fleet.in_state()


def test_a_run_under_way_refuses_to_list_and_to_delete(fleet):
    leave_candidate(fleet)
    fleet.sandbox.register("toxicity")
    fault = fleet.sandbox.fault("UpdateEndpoint", action="hold-before", times=1)
    run = fleet.start_up()
    fleet.sandbox.wait_held(fault, timeout=60)
    before = fleet.in_aws()

    for flags in ((), ("--delete", "--yes")):
        code, found, said = orphans(fleet, *flags)
        assert (code, found) == (1, None)
        assert "the stack is currently locked" in said
    assert fleet.in_aws() == before

    fleet.sandbox.release(fault)
    assert run.end().ok


def test_after_a_lost_state_what_serves_is_left_to_the_next_run(fleet):
    serving = fleet.in_aws()
    for resources in (fleet.sandbox.folder / "pulumi" / "state").rglob("*.json"):
        resources.unlink()
    fleet.stack.pulumi("stack", "init", "sandbox", check=True)

    code, found, said = orphans(fleet, "--delete", "--yes")

    assert code == 0
    assert names(found) == []
    assert "toxicity: not in the state; the next `pulumi up` takes it over" in said
    assert fleet.in_aws() == serving
