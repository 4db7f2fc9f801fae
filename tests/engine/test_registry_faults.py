"""The registry answers nothing, something odd, or not at all."""

from tests.engine.conftest import PARAMETERS

QUICK = {"AWS_MAX_ATTEMPTS": "2"}
DENIED = {"action": "error", "code": "AccessDeniedException", "message": "not authorized"}


def test_an_outage_of_the_registry_changes_nothing_and_is_red(fleet):
    fleet.sandbox.fault("ListModelPackages", action="error", status=503, code="ServiceUnavailable", message="down")

    run = fleet.up(env=QUICK)

    assert not run.ok
    assert fleet.made() == []
    assert run.summary == "3 UNKNOWN"
    assert fleet.output("toxicity")["version"] == 1
    assert "Traceback" not in run.text


def test_in_an_outage_the_tags_that_somebody_else_has_put_on_an_endpoint_and_a_parameter_stay(fleet):
    tags = [{"Key": "cost-center", "Value": "7"}]
    endpoint = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/toxicity"
    fleet.sandbox.client("sagemaker").add_tags(ResourceArn=endpoint, Tags=tags)
    fleet.sandbox.client("ssm").add_tags_to_resource(
        ResourceType="Parameter", ResourceId=f"{PARAMETERS}/toxicity", Tags=tags
    )
    fleet.sandbox.fault("ListModelPackages", **DENIED)

    run = fleet.up()

    assert not run.ok
    assert (fleet.made(), fleet.written()) == ([], [])


def test_an_answer_that_makes_no_sense_is_no_answer(fleet):
    run = fleet.up(env={"AWS_ENDPOINT_URL": "nonsense"})

    assert not run.ok
    assert fleet.made() == []
    assert "Traceback" not in run.text


def test_a_denied_group_leaves_its_task_alone_and_updates_the_others(fleet):
    """Nor does one where nothing is approved any more, or nothing yet, hold up anybody."""
    fleet.declare("toxicity", "spam", "urgency", "mood")
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")
    fleet.sandbox.reject("urgency", 1)
    fleet.sandbox.register("mood", approval="PendingManualApproval")
    fleet.sandbox.fault("ListModelPackages", match={"ModelPackageGroupName": "toxicity"}, **DENIED)

    run = fleet.up()

    assert not run.ok
    assert 'model package group "toxicity": ListModelPackages: AccessDeniedException: not authorized' in run.text
    assert "Traceback" not in run.text
    assert {task: fleet.serving(task) for task in fleet.tasks} == {"toxicity": 1, "spam": 2, "urgency": 1, "mood": 0}
    assert [call for call in fleet.made() if "spam" not in call] == []
    assert fleet.output("toxicity")["status"] == "UNKNOWN"
    assert fleet.status("spam") == "UP_TO_DATE 2: version 2 serves"
    assert fleet.status("urgency") == "OUT_OF_DATE 1: nothing approved; version 1 keeps serving"
    assert fleet.status("mood") == "NOT_DEPLOYED 0: nothing approved"


def test_a_missing_group_does_the_same_with_a_plain_up_and_is_named_with_the_one_that_was_meant(fleet):
    fleet.sandbox.register("spam")
    fleet.change("toxicity", group="toxicty")

    run = fleet.plain_up()

    assert not run.ok
    assert 'model package group "toxicty" does not exist in eu-west-1; did you mean "toxicity"?' in run.text
    assert "Traceback" not in run.text
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (1, 2)
    assert (fleet.output("toxicity")["status"], fleet.output("spam")["version"]) == ("UNKNOWN", 2)


def test_endpoints_that_cannot_be_listed_are_left_alone(fleet):
    """Also one that is gone and of which nothing is approved: nothing can be found out."""
    fleet.sandbox.register("toxicity")
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="spam")
    fleet.sandbox.reject("spam", 1)
    fleet.sandbox.fault("ListEndpoints", **DENIED)

    run = fleet.up()

    assert not run.ok
    assert fleet.made() == []
    assert "UNKNOWN: endpoint: ListEndpoints: AccessDeniedException" in run.text
    assert set(fleet.sandbox.endpoints()) == {"toxicity", "urgency"}


def test_a_burst_of_throttling_passes(fleet):
    """Fifty calls are refused: most meet the refresh, and twelve, after it, the program alone."""
    fleet.sandbox.register("toxicity")
    throttled = {"action": "error", "code": "ThrottlingException", "message": "Rate exceeded"}
    fleet.sandbox.fault("*", times=38, **throttled)
    held = fleet.hold("ListEndpoints", "before")
    running = fleet.start_up()
    fleet.sandbox.wait_held(held, timeout=120)
    fleet.sandbox.fault("*", times=12, **throttled)
    fleet.sandbox.release(held)

    run = running.end()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 2
