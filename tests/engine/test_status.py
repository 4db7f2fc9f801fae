"""`fleet status` over real previews: what it says, with which exit code, and that it changes nothing."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from fleet.cli.report import json_schema

DENIED = {"action": "error", "status": 400, "code": "AccessDeniedException", "message": "no"}


def start(fleet: Any, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "fleet", "status", "--stack", fleet.stack.name, *flags],
        cwd=fleet.stack.folder,
        env={**fleet.stack.env, **fleet.stack.operator},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def status(fleet: Any, *flags: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    running = start(fleet, *flags)
    out, err = running.communicate()
    return running.returncode, out, err


def in_json(fleet: Any) -> tuple[int, Any]:
    code, out, _ = status(fleet, "--json")
    found = json.loads(out)
    Draft202012Validator(json_schema()).validate(found)
    return code, found


def state_files(fleet: Any) -> dict[Path, bytes]:
    state = fleet.sandbox.folder / "pulumi" / "state"
    return {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}


def test_an_outdated_task_is_exit_code_2_and_nothing_is_changed(fleet):
    fleet.sandbox.register("toxicity")
    state, mark = state_files(fleet), fleet.sandbox.mark()

    code, found = in_json(fleet)

    toxicity = found["tasks"]["toxicity"]
    assert (code, toxicity["status"]) == (2, "OUT_OF_DATE")
    assert (toxicity["approved_version"], toxicity["serving_version"]) == (2, 1)
    assert {task["status"] for name, task in found["tasks"].items() if name != "toxicity"} == {"UP_TO_DATE"}
    assert fleet.sandbox.mutations(mark) == []
    assert state_files(fleet) == state


def test_a_fleet_that_is_up_to_date_is_exit_code_0_and_a_table(fleet):
    code, out, err = status(fleet)

    assert err == ""
    assert code == 0
    assert [line.split()[:5] for line in out.splitlines()[1:-1]] == [
        [task, "UP_TO_DATE", "1", "1", "InService"] for task in ("spam", "toxicity", "urgency")
    ]
    assert out.splitlines()[-1] == "3 UP_TO_DATE"


def test_an_outage_of_the_registry_is_exit_code_1_with_what_serves(fleet):
    fleet.sandbox.fault("ListModelPackages", **DENIED)

    code, found = in_json(fleet)

    assert (code, found.get("error")) == (1, None)  # the preview itself ended well
    assert [(task["status"], task["serving_version"]) for task in found["tasks"].values()] == [("UNKNOWN", 1)] * 3
    assert "AccessDeniedException" in found["tasks"]["spam"]["reason"]
    assert [warning.partition(":")[0] for warning in sorted(found["warnings"])] == ["spam", "toxicity", "urgency"]


def test_a_broken_task_list_is_an_error_and_not_what_the_last_run_said(fleet):
    fleet.change("toxicity", memory_mb=7)

    code, found = in_json(fleet)

    assert (code, found["tasks"]) == (1, {})
    assert "toxicity.memory_mb: 7 is not a serverless size" in found["error"]


def test_a_refused_pin_is_an_error_beside_how_the_tasks_stand(fleet):
    fleet.change("toxicity", pin={"version": 9, "reason": "x", "owner": "y", "until": date(2099, 1, 31)})
    fleet.change("urgency", enabled=False)

    code, found = in_json(fleet)

    assert (code, sorted(found["tasks"])) == (1, ["spam", "toxicity", "urgency"])
    assert found["error"].startswith("toxicity: ")


def test_a_watch_follows_an_update_to_its_end_and_does_not_wait_for_what_it_did_not_move(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")
    fleet.sandbox.fault("UpdateEndpoint", match={"EndpointName": "spam"}, **DENIED)
    held = fleet.sandbox.fault("UpdateEndpoint", action="hold-before", match={"EndpointName": "toxicity"})
    running = fleet.start_up()
    fleet.sandbox.wait_held(held, timeout=60)

    watch = start(fleet, "--watch")
    assert watch.stdout
    first = sorted(watch.stdout.readline() for _ in range(2))
    fleet.sandbox.release(held)
    out, err = watch.communicate()
    running.end()

    assert first == [f"0 of 2 done; {task}: not begun (version 1 to 2)\n" for task in ("spam", "toxicity")]
    assert "1 of 2 done; toxicity: version 2 serves" in out
    assert out.splitlines()[-1] == "2 UP_TO_DATE, 1 OUT_OF_DATE"
    assert "warning: spam: the update has ended without moving it" in err
    assert watch.returncode == 2
