"""What the apps that call read of a task: true after every run, unchanged where nothing moved, gone with its task."""

import json
from datetime import date

from tests.engine.conftest import PARAMETERS


def test_a_parameter_says_what_the_output_says(fleet):
    output = fleet.output("toxicity")
    for variant in output["variants"].values():
        del variant["run"]

    assert fleet.parameter("toxicity") == {"schema": 1, **output}


def test_a_parameter_is_tagged_as_everything_else(fleet):
    tags = fleet.sandbox.client("ssm").list_tags_for_resource(
        ResourceType="Parameter", ResourceId=f"{PARAMETERS}/toxicity"
    )["TagList"]

    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "fleet:project": "sagemaker-endpoint-manager",
        "fleet:stack": "sandbox",
        "fleet:task": "toxicity",
        "fleet:variant": "champion",
    }


def test_an_update_writes_the_parameter_of_its_task_once_it_has_looked_at_the_endpoint(fleet):
    fleet.sandbox.register("toxicity")

    preview = fleet.preview()
    assert "1 to update" not in preview.text
    assert fleet.up().ok

    operations = [call.operation for call in fleet.sandbox.mutations(fleet.seen)]
    assert operations[-1] == "PutParameter"
    assert fleet.written() == ["PutParameter toxicity"]
    assert fleet.parameter("toxicity")["version"] == 2


def test_after_a_silent_rollback_parameter_and_output_still_say_the_old_version(fleet):
    fleet.sandbox.ending("toxicity", "update", "silent-rollback", reason="exited")
    fleet.sandbox.register("toxicity")

    assert not fleet.up().ok

    reason = "version 2 rolled back: exited; version 1 keeps serving"
    for said in (fleet.parameter("toxicity"), fleet.output("toxicity")):
        assert (said["status"], said["version"], said["reason"]) == ("OUT_OF_DATE", 1, reason)
    assert fleet.up().ok
    assert fleet.written() == []  # the next run knows no more


def test_a_parameter_of_somebody_else_is_refused_in_preview_and_never_written(fleet):
    fleet.declare("toxicity", "spam", "urgency", mood={"group": "spam"})
    fleet.sandbox.client("ssm").put_parameter(Name=f"{PARAMETERS}/mood", Value="mine", Type="String")
    refused = f"mood: parameter {PARAMETERS}/mood exists and is not this stack's"

    preview = fleet.preview()
    assert not preview.ok
    assert refused in preview.text

    run = fleet.up()
    assert not run.ok
    assert refused in run.text
    assert fleet.sandbox.parameters()[f"{PARAMETERS}/mood"] == "mine"
    assert fleet.serving("mood") == 1


def test_a_parameter_that_a_killed_run_has_written_is_taken_over(fleet):
    fleet.declare("toxicity", "spam", "urgency", mood={"group": "spam"})
    fleet.kill_at("PutParameter", "after", Name=f"{PARAMETERS}/mood")

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.parameter("mood")["status"] == "UP_TO_DATE"
    assert fleet.up("--expect-no-changes").ok


def test_a_retired_task_keeps_a_parameter_that_names_its_successor(fleet):
    fleet.change("toxicity", retired={"successor": "toxicity-2", "since": date(2026, 1, 1)})

    run = fleet.up()

    assert run.ok, run.text
    said = fleet.parameter("toxicity")
    assert (said["status"], said["version"], said["successor"]) == ("NOT_DEPLOYED", 0, "toxicity-2")
    assert said["variants"]["champion"]["weight"] == 0
    assert fleet.up("--expect-no-changes").ok


def test_a_deleted_parameter_is_written_again(fleet):
    fleet.sandbox.client("ssm").delete_parameter(Name=f"{PARAMETERS}/toxicity")

    run = fleet.up()

    assert run.ok, run.text
    assert json.loads(fleet.sandbox.parameters()[f"{PARAMETERS}/toxicity"])["version"] == 1
