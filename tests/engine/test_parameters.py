"""What the apps that call read of a task: true after every run, unchanged where nothing moved, gone with its task.

That is told in the stories of the tasks: an update (test_updates.py), a rollback (test_rollbacks.py), a retired task
(test_decisions.py), a challenger (test_variants.py). Here is the rest.
"""

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


def test_a_parameter_that_a_killed_run_has_written_is_taken_over(fleet):
    fleet.declare("toxicity", "spam", "urgency", mood={"group": "spam"})
    fleet.kill_at("PutParameter", "after", Name=f"{PARAMETERS}/mood")

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.parameter("mood")["status"] == "UP_TO_DATE"
