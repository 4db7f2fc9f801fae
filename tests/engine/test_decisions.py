"""What people decided in the task list: pins, holds, soaks, tasks that are switched off or retired."""

from datetime import date

BY = {"owner": "team-x", "until": date(2099, 1, 31)}
OVER = {"owner": "team-x", "until": date(2020, 1, 31)}
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "no"}


def deny(fleet, group):
    return fleet.sandbox.fault("ListModelPackages", match={"ModelPackageGroupName": group}, **DENIED)


def move_by_hand(fleet, task):
    """Back to version 1, which is kept."""
    kept = next(name for name in fleet.sandbox.endpoint_configs() if name.startswith(f"{task}-v1"))
    fleet.sandbox.client("sagemaker").update_endpoint(EndpointName=task, EndpointConfigName=kept)


def test_a_pin_moves_the_endpoint_and_needs_the_registry_only_for_what_is_not_kept(fleet):
    for task in ("toxicity", "spam"):
        fleet.sandbox.register(task)
    assert fleet.up().ok
    fleet.sandbox.register("urgency")
    fleet.change("toxicity", pin={"version": 1, "reason": "fewer false alarms", **BY})
    fleet.change("spam", pin={"version": 1, "reason": "2 is slow", **BY})
    fleet.change("urgency", pin={"version": 2, "reason": "better", **BY})
    deny(fleet, "spam")
    outage = deny(fleet, "urgency")

    run = fleet.up()

    assert not run.ok
    assert run.summary == "2 UP_TO_DATE, 1 UNKNOWN"
    assert sorted(fleet.made()) == ["UpdateEndpoint spam", "UpdateEndpoint toxicity"]
    assert {task: fleet.serving(task) for task in fleet.tasks} == dict.fromkeys(fleet.tasks, 1)
    said = "UP_TO_DATE 1: pinned to version 1 by team-x until 2099-01-31: fewer false alarms; version 2 is approved"
    assert fleet.status("toxicity") == said
    assert fleet.status("spam").startswith("UP_TO_DATE 1: pinned to version 1")

    fleet.sandbox.release(outage)
    assert fleet.up().ok
    assert {task: fleet.serving(task) for task in fleet.tasks} == {"toxicity": 1, "spam": 1, "urgency": 2}


def test_each_decision_stays_in_force_and_one_that_has_ended_is_a_warning_in_every_run(fleet):
    for task in fleet.tasks:
        fleet.sandbox.register(task)
    fleet.change("toxicity", pin={"version": 1, "reason": "trade fair", **OVER})
    fleet.change("spam", hold={"reason": "trade fair", **OVER})
    fleet.change("urgency", soak_hours=24)

    for run in (fleet.up(), fleet.preview("--expect-no-changes")):
        assert run.ok, run.text
        for task, decision in (("toxicity", "pin"), ("spam", "hold")):
            ended = f"{task}: the {decision} by team-x ended on 2020-01-31 and stays in force: renew or remove it"
            assert ended in run.text
    assert {task: fleet.serving(task) for task in fleet.tasks} == dict.fromkeys(fleet.tasks, 1)
    assert "UP_TO_DATE 1: version 2 approved, eligible from 20" in fleet.status("urgency")


def test_a_hold_keeps_what_serves_also_where_somebody_moved_it_by_hand_or_deleted_it(fleet):
    fleet.sandbox.register("mood")
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")
    held = {"hold": {"reason": "2 answers nonsense", **BY}}
    fleet.declare("toxicity", "urgency", spam=held, mood=held)
    assert fleet.up().ok
    assert "mood" not in fleet.sandbox.endpoints()
    assert fleet.status("mood").startswith("NOT_DEPLOYED 0: held by team-x until 2099-01-31: 2 answers nonsense")
    move_by_hand(fleet, "toxicity")
    fleet.change("toxicity", **held)
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="spam")
    fleet.sandbox.register("urgency")

    deny(fleet, "toxicity")
    for _ in ("the registry is down", "the registry answers"):
        run = fleet.up()
        assert run.ok, run.text
        assert {task: fleet.serving(task) for task in fleet.tasks} == {
            "toxicity": 1,
            "urgency": 2,
            "spam": 1,
            "mood": 0,
        }
        assert fleet.output("toxicity")["status"] == "UP_TO_DATE"
        fleet.sandbox.clear_faults()
    said = "UP_TO_DATE 1: held by team-x until 2099-01-31: 2 answers nonsense; version 2 is approved"
    assert fleet.status("toxicity") == said

    fleet.change("toxicity", hold=None)
    assert fleet.up().ok
    assert fleet.serving("toxicity") == 2
    assert fleet.sandbox.harm() == []


def test_a_task_that_is_switched_off_or_retired_is_torn_down_and_says_so(fleet):
    fleet.change("toxicity", enabled=False)
    fleet.change("spam", retired={"successor": "toxicity", "since": date(2020, 1, 31)})

    run = fleet.up()

    assert run.ok, run.text
    assert set(fleet.sandbox.endpoints()) == {"urgency"}
    assert fleet.status("toxicity") == "NOT_DEPLOYED 0: not enabled in the task list"
    assert fleet.status("spam") == "NOT_DEPLOYED 0: retired, use toxicity"
    for said in (fleet.output("spam"), fleet.parameter("spam")):
        assert (said["status"], said["version"], said["successor"]) == ("NOT_DEPLOYED", 0, "toxicity")
        assert said["variants"]["champion"]["weight"] == 0
    assert fleet.in_aws() == fleet.in_state()

    fleet.change("toxicity", enabled=True)
    assert fleet.up().ok
    assert fleet.serving("toxicity") == 1
    assert "PutParameter spam" not in fleet.written()


def test_only_versions_in_the_stage_of_a_task_count_and_a_pin_needs_none(fleet):
    """Version 2 is approved everywhere: of toxicity it is in the stage, of spam beside it, of urgency it is pinned."""
    for task in fleet.tasks:
        fleet.sandbox.register(task)
        fleet.sandbox.stage(task, 1, "Production")
        fleet.change(task, stage="Production")
    fleet.sandbox.stage("toxicity", 2, "Production")
    fleet.sandbox.stage("spam", 2, "Staging")
    fleet.change("urgency", pin={"version": 2, "reason": "as good", **BY})

    run = fleet.up()

    assert run.ok, run.text
    assert {task: fleet.serving(task) for task in fleet.tasks} == {"toxicity": 2, "spam": 1, "urgency": 2}
    newest = "is the newest in stage Production"
    assert fleet.status("toxicity") == f"UP_TO_DATE 2: version 2 {newest}"
    beside = "version 2 is approved, in stage Staging (Active)"
    assert fleet.status("spam") == f"UP_TO_DATE 1: version 1 {newest}; {beside}"
    assert fleet.parameter("spam")["reason"] == fleet.output("spam")["reason"]
    assert fleet.operations().count("ListModelPackages") == 3  # one a group, as without stages
    assert fleet.up("--expect-no-changes").ok

    fleet.sandbox.stage("toxicity", 2, "Archived")  # one that leaves its stage is left for the newest that is in it
    fleet.sandbox.stage("spam", 1, "Archived")  # and where there is none, what serves keeps serving
    run = fleet.up()
    assert run.ok, run.text
    assert {task: fleet.serving(task) for task in fleet.tasks} == {"toxicity": 1, "spam": 1, "urgency": 2}
    assert fleet.status("spam") == (
        f"OUT_OF_DATE 1: nothing approved in stage Production; {beside}; version 1 keeps serving"
    )
