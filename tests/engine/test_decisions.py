"""What people decided in the task list: pins, holds, soaks, tasks that are switched off or retired."""

from datetime import date

import pytest

BY = {"owner": "team-x", "until": date(2099, 1, 31)}
OVER = {"owner": "team-x", "until": date(2020, 1, 31)}
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "no"}


def two_versions(fleet):
    fleet.sandbox.register("toxicity")
    assert fleet.up().ok


def test_a_pin_moves_the_endpoint_to_that_version_and_keeps_it_there(fleet):
    two_versions(fleet)
    fleet.change("toxicity", pin={"version": 1, "reason": "fewer false alarms", **BY})

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 1
    said = "UP_TO_DATE 1: pinned to 1 by team-x until 2099-01-31: fewer false alarms; 2 is approved"
    assert fleet.status("toxicity") == said
    assert fleet.up("--expect-no-changes").ok


def test_a_pin_on_a_version_that_is_not_approved_stops_that_task_alone(fleet):
    fleet.sandbox.register("spam")
    fleet.sandbox.register("toxicity", approval="Rejected")
    fleet.change("toxicity", pin={"version": 2, "reason": "mine", **BY})
    refused = 'pin: version 2 of model package group "toxicity" is not approved'

    preview = fleet.preview()
    assert not preview.ok
    assert f"toxicity: {refused}" in preview.text
    assert "Traceback" not in preview.text

    run = fleet.up()
    assert not run.ok
    assert refused in run.text
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (1, 2)
    assert fleet.output("toxicity")["version"] == 1


def test_a_pin_on_a_kept_revision_needs_no_registry(fleet):
    two_versions(fleet)
    fleet.sandbox.fault("ListModelPackages", match={"ModelPackageGroupName": "toxicity"}, **DENIED)
    fleet.change("toxicity", pin={"version": 1, "reason": "2 is slow", **BY})

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 1
    assert fleet.output("toxicity")["status"] == "UP_TO_DATE"


def test_a_pin_on_an_unknown_revision_changes_nothing_while_the_registry_is_down(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.fault("ListModelPackages", match={"ModelPackageGroupName": "toxicity"}, **DENIED)
    fleet.change("toxicity", pin={"version": 2, "reason": "better", **BY})

    assert not fleet.up().ok
    assert fleet.made() == []
    assert fleet.output("toxicity")["status"] == "UNKNOWN"


@pytest.mark.parametrize("setting", ["pin", "hold"])
def test_one_that_has_ended_stays_in_force_and_is_a_warning_in_every_run(fleet, setting):
    fleet.sandbox.register("toxicity")
    version = {"version": 1} if setting == "pin" else {}
    fleet.change("toxicity", **{setting: {"reason": "trade fair", **version, **OVER}})
    warning = f"toxicity: the {setting} by team-x ended on 2020-01-31 and stays in force: renew or remove it"

    for run in (fleet.preview(), fleet.up()):
        assert run.ok, run.text
        assert warning in run.text
    assert fleet.serving("toxicity") == 1


def test_a_hold_keeps_what_serves_also_where_somebody_moved_it_by_hand(fleet):
    two_versions(fleet)
    old = next(name for name in fleet.sandbox.endpoint_configs() if name.startswith("toxicity-v1"))
    fleet.sandbox.client("sagemaker").update_endpoint(EndpointName="toxicity", EndpointConfigName=old)
    fleet.change("toxicity", hold={"reason": "2 answers nonsense", **BY})
    fleet.sandbox.register("spam")

    for _ in range(2):
        run = fleet.up()
        assert run.ok, run.text
        assert (fleet.serving("toxicity"), fleet.serving("spam")) == (1, 2)
    said = "UP_TO_DATE 1: held by team-x until 2099-01-31: 2 answers nonsense; 2 is approved"
    assert fleet.status("toxicity") == said

    fleet.change("toxicity", hold=None)
    assert fleet.up().ok
    assert fleet.serving("toxicity") == 2
    assert fleet.sandbox.harm() == []


def test_a_hold_on_a_task_that_was_never_deployed_deploys_nothing(empty):
    empty.sandbox.register("toxicity")
    empty.declare(toxicity={"hold": {"reason": "not yet", **BY}})

    assert empty.up().ok
    assert empty.sandbox.endpoints() == {}
    assert empty.status("toxicity").startswith("NOT_DEPLOYED 0: held by team-x until 2099-01-31: not yet")


def test_a_held_endpoint_that_was_deleted_outside_is_made_again_as_it_was(fleet):
    fleet.sandbox.register("toxicity")
    fleet.change("toxicity", hold={"reason": "trade fair", **BY})
    assert fleet.up().ok
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="toxicity")

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 1
    assert fleet.up("--expect-no-changes").ok


def test_a_version_that_is_too_young_waits_and_says_until_when(fleet):
    fleet.sandbox.register("toxicity")
    fleet.change("toxicity", soak_hours=24)

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 1
    assert "UP_TO_DATE 1: version 2 approved, eligible from 20" in fleet.status("toxicity")
    assert fleet.up("--expect-no-changes").ok


def test_a_task_that_is_switched_off_or_retired_is_torn_down_and_says_so(fleet):
    fleet.change("toxicity", enabled=False)
    fleet.change("spam", retired={"successor": "toxicity", "since": date(2020, 1, 31)})

    run = fleet.up()

    assert run.ok, run.text
    assert set(fleet.sandbox.endpoints()) == {"urgency"}
    assert fleet.status("toxicity") == "NOT_DEPLOYED 0: not enabled in the task list"
    assert fleet.status("spam") == "NOT_DEPLOYED 0: retired, use toxicity"
    assert fleet.output("spam")["successor"] == "toxicity"
    assert fleet.in_aws() == fleet.in_state()

    fleet.change("toxicity", enabled=True)
    assert fleet.up().ok
    assert fleet.serving("toxicity") == 1


def test_switching_many_off_counts_as_a_teardown(fleet):
    fleet.stack.configure(maxTeardown=1)
    fleet.change("toxicity", enabled=False)
    fleet.change("spam", enabled=False)

    assert not fleet.up().ok
    assert fleet.made() == []
