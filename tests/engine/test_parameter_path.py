"""Where apps read is theirs: it stays when the stack is renamed, and a changed path leaves the old one for a run."""

import json
from datetime import date

from tests.engine.conftest import PARAMETERS, TASKS

DENIED = {"action": "error", "code": "AccessDeniedException", "message": "no"}
NEW = "/fleets/prod"
GOES = (
    f"the parameters of 3 tasks go from {PARAMETERS} to {NEW}. This run writes both, and the next one that ends well "
    f"takes those beneath {PARAMETERS} away: let the apps that call read {NEW} before it"
)


def beneath(fleet, path):
    """What the apps that call read beneath a path, by task."""
    found = fleet.sandbox.parameters()
    return {name.removeprefix(f"{path}/"): json.loads(text) for name, text in found.items() if name.startswith(path)}


def called(fleet):
    """What the state calls its parameters."""
    kind = "aws:ssm/parameter:Parameter"
    return {resource["urn"].rpartition("::")[2] for resource in fleet.stack.state() if resource["type"] == kind}


def test_a_renamed_stack_leaves_its_parameters_where_apps_read_them(fleet):
    before = beneath(fleet, PARAMETERS)
    fleet.stack.rename("prod")
    fleet.declare(*TASKS, mood={"group": "spam"})

    run = fleet.up()

    assert run.ok, run.text
    assert set(fleet.sandbox.parameters()) == {f"{PARAMETERS}/{task}" for task in (*TASKS, "mood")}
    assert {task: beneath(fleet, PARAMETERS)[task] for task in TASKS} == before


def test_a_changed_path_is_announced_and_the_old_parameters_stay_and_stay_true_until_a_run_has_ended_well(fleet):
    old = beneath(fleet, PARAMETERS)
    fleet.stack.configure(parameterPath=NEW)

    assert GOES in fleet.preview().text
    fleet.kill_at("PutParameter", "before", Name=f"{NEW}/spam")
    assert beneath(fleet, PARAMETERS) == old

    moving = fleet.up()
    assert moving.ok, moving.text
    assert GOES in moving.text
    assert beneath(fleet, PARAMETERS) == beneath(fleet, NEW) == old

    fleet.sandbox.register("toxicity")
    fleet.sandbox.fault("ListModelPackages", **DENIED, match={"ModelPackageGroupName": "spam"})
    red = fleet.up()
    assert not red.ok
    assert GOES not in red.text
    assert beneath(fleet, PARAMETERS) == beneath(fleet, NEW)
    assert beneath(fleet, NEW) == {**old, "toxicity": fleet.parameter("toxicity")}
    assert fleet.parameter("toxicity")["version"] == 2
    fleet.sandbox.clear_faults()

    over = fleet.up()
    assert over.ok, over.text
    assert f"the parameters of 3 tasks beneath {PARAMETERS} are taken away; apps read {NEW}" in over.text
    assert beneath(fleet, PARAMETERS) == {}
    assert set(beneath(fleet, NEW)) == set(TASKS)

    assert called(fleet) == {f"{NEW}/{task}" for task in TASKS}
    for _ in range(2):
        assert fleet.up("--expect-no-changes").ok
        assert fleet.written() == []
        assert called(fleet) == set(TASKS)
    assert fleet.stack.destroy().ok
    assert fleet.sandbox.parameters() == {}


def test_a_path_that_is_changed_back_takes_nothing_away_that_apps_may_read(fleet):
    """One task could not be found out about, and a stranger's parameter is in the way of another."""
    before, old = fleet.stack.outputs(), beneath(fleet, PARAMETERS)
    fleet.stack.configure(parameterPath=NEW)
    fleet.sandbox.client("ssm").put_parameter(Name=f"{NEW}/spam", Value='"mine"', Type="String")
    fleet.sandbox.fault("ListModelPackages", **DENIED, match={"ModelPackageGroupName": "urgency"})
    assert not fleet.up().ok
    assert beneath(fleet, PARAMETERS) == old
    assert beneath(fleet, NEW) == {"toxicity": old["toxicity"], "spam": "mine"}

    fleet.sandbox.clear_faults()
    assert not fleet.up().ok
    assert beneath(fleet, PARAMETERS) == old
    assert beneath(fleet, NEW) == {**old, "spam": "mine"}

    fleet.stack.pulumi("config", "rm", "parameterPath", check=True)
    back = fleet.up()
    assert back.ok, back.text
    assert f"the parameters of 2 tasks go from {NEW} to {PARAMETERS}" in back.text
    assert fleet.written() == []

    assert fleet.up().ok
    assert beneath(fleet, PARAMETERS) == old
    assert beneath(fleet, NEW) == {"spam": "mine"}
    assert fleet.stack.outputs() == before


def test_whatever_leaves_while_the_path_changes_leaves_nothing_behind(fleet):
    fleet.stack.configure(parameterPath=NEW)
    fleet.remove("urgency")
    fleet.change("spam", retired={"successor": "toxicity", "since": date(2026, 1, 1)})

    run = fleet.up()
    assert run.ok, run.text
    assert beneath(fleet, PARAMETERS) == beneath(fleet, NEW)
    assert beneath(fleet, NEW)["spam"]["successor"] == "toxicity"
    assert set(beneath(fleet, NEW)) == {"toxicity", "spam"}

    assert fleet.stack.destroy().ok
    assert fleet.sandbox.parameters() == {}
