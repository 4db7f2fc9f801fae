"""`fleet alarms`, `fleet status --alarms` and `fleet orphans` over the alarms that a real run has made."""

import json
from typing import Any

from sandbox.lab.connection import wait_until
from tests.engine.conftest import TASKS, forget_everything


def command(fleet: Any, name: str, *flags: str) -> tuple[int, Any]:
    """Exit code, and the JSON on standard output."""
    done = fleet.stack.command(name, "--json", *flags)
    return done.returncode, json.loads(done.stdout)


def name(task: str, kind: str) -> str:
    return f"sagemaker-endpoint-manager/sandbox/{task}/{kind}"


def test_the_alarms_of_a_fleet_are_shown_as_they_are_in_cloudwatch_and_what_was_done_to_them_is_undone(fleet):
    cloudwatch = fleet.sandbox.client("cloudwatch")
    code, found = command(fleet, "alarms")
    kinds = ("saturated", "server-errors", "slow")
    of_all = [(name(task, kind), task, "champion", kind) for task in sorted(TASKS) for kind in kinds]
    assert (code, found["warnings"]) == (0, [])
    assert [(one["name"], one["task"], one["variant"], one["kind"]) for one in found["alarms"]] == of_all

    for minutes in range(15):
        fleet.sandbox.record_invocations("toxicity", 10, errors_5xx=10, ago_seconds=60 * minutes)
    fleet.sandbox.move_clock(60)
    code, found = command(fleet, "alarms")
    assert (code, found["alarms"][0]["name"]) == (2, name("toxicity", "server-errors"))
    assert "Threshold Crossed" in found["alarms"][0]["reason"]
    code, found = command(fleet, "status", "--alarms")
    named = {task: said["alarms"] for task, said in found["tasks"].items()}
    assert (code, named) == (0, {"spam": [], "toxicity": ["server-errors"], "urgency": []})

    cloudwatch.delete_alarms(AlarmNames=[name("spam", "slow")])
    (still,) = cloudwatch.describe_alarms(AlarmNames=[name("urgency", "slow")])["MetricAlarms"]
    turned_off = {key: value for key, value in still.items() if not key.startswith(("State", "AlarmArn", "AlarmConf"))}
    cloudwatch.put_metric_alarm(**{**turned_off, "ActionsEnabled": False})
    code, found = command(fleet, "alarms")
    assert (code, len(found["alarms"])) == (1, len(of_all) - 1)
    assert [warning.partition(",")[0] for warning in found["warnings"]] == [
        f"{name('spam', 'slow')}: deleted outside of Pulumi",
        f"{name('urgency', 'slow')}: its actions are off",
    ]

    assert fleet.up().ok
    code, found = command(fleet, "alarms")
    assert (code, len(found["alarms"]), found["warnings"]) == (2, len(of_all), [])


def test_alarms_that_a_lost_state_leaves_are_orphans_once_their_endpoint_is_gone(fleet):
    fleet.remove("spam")
    lost = forget_everything(fleet)
    code, found = command(lost, "orphans")
    stay = "alarms not in the state that stay: 9; the next `pulumi up` takes over those that are asked for"
    assert (code, [one["name"] for one in found["orphans"]]) == (0, ["spam"])
    assert stay in found["warnings"]

    lost.sandbox.client("sagemaker").delete_endpoint(EndpointName="spam")
    wait_until(lambda: "spam" not in lost.sandbox.endpoints(), 30, "the endpoint is gone")
    code, found = command(lost, "orphans", "--delete", "--yes")
    gone = [one["name"] for one in found["deleted"] if one["kind"] == "alarm"]
    assert (code, gone) == (0, [name("spam", kind) for kind in ("saturated", "server-errors", "slow")])

    run = lost.up()  # takes over the other six
    assert run.ok, run.text
    assert command(lost, "alarms")[0] == 0
