"""Two stacks, one task list: in two Regions by `regions` and `part`, and one command that says how both stand."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.engine.conftest import Fleet


def serving(fleet: Fleet, region: str) -> set[str]:
    """The endpoints that there are in a Region."""
    return {one["EndpointName"] for one in fleet.sandbox.client("sagemaker", region).list_endpoints()["Endpoints"]}


def standing(fleet: Fleet) -> tuple[int, dict[str, Any]]:
    """The exit code of `fleet status --all-stacks --json`, and what it prints of each stack."""
    command = [sys.executable, "-m", "fleet", "status", "--all-stacks", "--json"]
    done = subprocess.run(
        command, cwd=fleet.stack.folder, env=fleet.stack.env, capture_output=True, text=True, check=False
    )
    return done.returncode, json.loads(done.stdout)["stacks"]


@pytest.fixture
def both(fleet: Fleet) -> tuple[Fleet, Fleet]:
    """The fleet in eu-west-1, which is part a, and a stack in us-east-1 for part b with the same list."""
    second = Fleet(fleet.sandbox, "us")  # the same list, so the same names: they are in another Region
    second.stack.configure_aws(region="us-east-1")
    second.stack.configure(part="b", tasks=str(fleet.stack.task_list), parameterPath="/fleets/us")
    fleet.stack.configure(part="a")
    return fleet, second


def test_a_task_is_where_the_list_says_and_moves_when_it_says_otherwise(both):
    first, second = both
    for group in ("toxicity", "urgency"):
        first.sandbox.in_region("us-east-1").register(group)
    first.declare("toxicity", spam={"part": "a"}, urgency={"part": "b"})

    assert second.up().summary == "2 UP_TO_DATE"
    run = first.up()
    assert run.ok, run.text
    assert run.summary == "2 UP_TO_DATE"
    assert serving(first, "eu-west-1") == {"toxicity", "spam"}
    assert serving(first, "us-east-1") == {"toxicity", "urgency"}
    assert first.up("--expect-no-changes").ok

    code, stacks = standing(first)
    assert code == 0
    assert {name: list(one["tasks"]) for name, one in stacks.items()} == {
        "sandbox": ["spam", "toxicity"],
        "us": ["toxicity", "urgency"],
    }

    first.change("toxicity", regions=["us-east-1"])  # leaves one Region, and nothing of the other moves
    assert first.up().ok
    assert second.up("--expect-no-changes").ok
    assert serving(first, "eu-west-1") == {"spam"}
    assert serving(first, "us-east-1") == {"toxicity", "urgency"}


def test_a_slip_in_the_part_of_a_stack_takes_nothing_away(fleet):
    fleet.declare("toxicity", spam={"part": "main"}, urgency={"part": "main"})
    fleet.stack.configure(part="mian")

    run = fleet.up()

    assert not run.ok
    assert "part: no task is of part mian; did you mean main?" in run.text
    assert fleet.made() == []
    assert serving(fleet, "eu-west-1") == {"toxicity", "spam", "urgency"}
