"""SageMaker takes an update and comes back, refuses it, or never makes the endpoint; and what happened outside."""

from datetime import date

from tests.engine.conftest import PARAMETERS, revision

DENIED = {"action": "error", "code": "AccessDeniedException", "message": "not authorized"}


def test_a_rollback_is_red_once_harms_nothing_and_is_not_tried_again(fleet):
    """SageMaker tells of one rollback as the update ends, and of the other only to who looks."""
    for task in fleet.tasks:
        fleet.sandbox.register(task)
    fleet.sandbox.ending("toxicity", "update", "silent-rollback", "container exited")
    fleet.sandbox.ending("spam", "update", "rollback", "out of memory")

    run = fleet.up()

    assert not run.ok
    red = [line for line in run.text.splitlines() if line.startswith("error: ") and "rolled back" in line]
    assert sorted(red) == [
        "error: spam: version 2 rolled back: out of memory; version 1 keeps serving",
        "error: toxicity: version 2 rolled back: container exited; version 1 keeps serving",
    ]
    assert "warning: " not in run.text and not any("Fault" in resource["type"] for resource in fleet.stack.state())
    assert {task: fleet.serving(task) for task in fleet.tasks} == {"toxicity": 1, "spam": 1, "urgency": 2}
    because = "version 2 rolled back: container exited; version 1 keeps serving"
    for said in (fleet.parameter("toxicity"), fleet.output("toxicity")):
        assert (said["status"], said["version"], said["reason"]) == ("OUT_OF_DATE", 1, because)
    assert fleet.status("spam") == "OUT_OF_DATE 1: version 2 rolled back: out of memory; version 1 keeps serving"
    assert fleet.status("urgency") == "UP_TO_DATE 2: version 2 serves"

    for held in (fleet.up(), fleet.up("--expect-no-changes")):
        assert held.ok, held.text
        assert (fleet.made(), fleet.written()) == ([], [])
        assert held.summary == "1 UP_TO_DATE, 2 OUT_OF_DATE"

    fleet.sandbox.register("toxicity")  # a newer version, and another attempt: both are tried
    fleet.change("spam", attempt=2)
    assert fleet.up().ok
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (3, 2)
    assert fleet.sandbox.harm() == []


def test_what_is_refused_of_an_update_leaves_its_endpoint_alone_and_is_sent_by_the_next_run(fleet):
    fleet.sandbox.register("mood")
    fleet.declare(*fleet.tasks, "mood")
    for task in ("toxicity", "spam", "urgency"):
        fleet.sandbox.register(task)
    for operation, task in (("CreateModel", "spam"), ("CreateEndpointConfig", "urgency")):
        member = {"CreateModel": "ModelName", "CreateEndpointConfig": "EndpointConfigName"}[operation]
        fleet.sandbox.fault(operation, match={member: revision(task, 2)}, **DENIED)
    fleet.sandbox.fault("UpdateEndpoint", match={"EndpointName": "toxicity"}, **DENIED)

    run = fleet.up()

    assert not run.ok
    assert {task: fleet.serving(task) for task in fleet.tasks} == {"toxicity": 1, "spam": 1, "urgency": 1, "mood": 1}
    because = "version 2 not deployed: UpdateEndpoint: AccessDeniedException: not authorized; version 1 keeps serving"
    assert fleet.status("toxicity") == f"OUT_OF_DATE 1: {because}"
    assert fleet.sandbox.harm() == []

    fleet.sandbox.clear_faults()
    run = fleet.up()

    assert run.ok, run.text
    assert {task: fleet.serving(task) for task in fleet.tasks} == {"toxicity": 2, "spam": 2, "urgency": 2, "mood": 1}


def test_what_aws_says_when_it_refuses_is_in_status_output_and_parameter(fleet):
    """Of a model, a configuration, an endpoint, an update, a tag, and of what is to come back; alike in every run."""
    hold = {"reason": "trade fair", "owner": "team-x", "until": date(2099, 1, 31)}
    refused = {
        "toxicity": ("UpdateEndpoint", {"EndpointName": "toxicity"}, "version 2 not deployed"),
        "spam": ("CreateModel", {"ModelName": revision("spam", 2)}, "version 2 not deployed"),
        "urgency": ("CreateEndpointConfig", {"EndpointConfigName": revision("urgency", 2)}, "version 2 not deployed"),
        "mood": ("CreateEndpoint", {"EndpointName": "mood"}, "version 1 not deployed"),
        "topic": ("AddTags", {}, "version 1 serves"),
        "tone": ("CreateEndpoint", {"EndpointName": "tone"}, "held by team-x until 2099-01-31: trade fair"),
    }
    for task in ("mood", "topic", "tone"):
        fleet.sandbox.register(task)
    fleet.declare(*fleet.tasks, "topic", "tone")
    assert fleet.up().ok
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="tone")
    for task in ("toxicity", "spam", "urgency"):
        fleet.sandbox.register(task)
    fleet.declare("toxicity", "spam", "urgency", "mood", topic={"owner": "team-x"}, tone={"hold": hold})
    limit = {"action": "error", "code": "ResourceLimitExceeded", "message": "The limit is 10."}
    for operation, match, _ in refused.values():
        fleet.sandbox.fault(operation, match=match, **limit)

    run = fleet.up()

    assert not run.ok
    for task, (operation, _, stands) in refused.items():
        because = fleet.output(task)["reason"]
        assert because.startswith(stands)
        assert f"{operation}: ResourceLimitExceeded: The limit is 10." in because
        assert fleet.parameter(task)["reason"] == because
    assert "RequestID" not in fleet.output("spam")["reason"]
    assert fleet.operations().count("UpdateEndpoint") == 1  # who listens asks for no other try
    reasons = {task: output["reason"] for task, output in fleet.stack.outputs().items()}
    shown = fleet.stack.fleet("status").text
    assert [reason for reason in reasons.values() if reason not in shown] == []

    assert not fleet.up().ok  # and again, with other request ids
    assert {task: output["reason"] for task, output in fleet.stack.outputs().items()} == reasons
    assert fleet.written() == []

    fleet.sandbox.clear_faults()
    run = fleet.up()
    assert run.ok, run.text
    assert run.summary == "6 UP_TO_DATE"
    assert fleet.status("topic") == "UP_TO_DATE 1: version 1 serves"


def test_a_parameter_that_aws_refuses_is_told_in_the_output(fleet):
    """And a deletion that it refuses by the engine itself, which has no program to ask then."""
    fleet.sandbox.register("toxicity")
    fleet.sandbox.fault("PutParameter", **DENIED)

    assert not fleet.up().ok
    assert (
        fleet.status("toxicity")
        == "UP_TO_DATE 2: version 2 serves; PutParameter: AccessDeniedException: not authorized"
    )
    assert fleet.parameter("toxicity")["version"] == 1

    fleet.sandbox.clear_faults()
    fleet.sandbox.fault("DeleteEndpoint", match={"EndpointName": "toxicity"}, **DENIED)
    destroyed = fleet.stack.destroy()
    assert not destroyed.ok
    assert "AccessDeniedException: not authorized" in destroyed.text
    assert "hook" not in destroyed.text
    fleet.sandbox.clear_faults()
    assert fleet.stack.destroy().ok
    assert fleet.in_aws() == set()


def test_what_was_refused_is_neither_made_nor_sent_in_outages_that_follow(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")
    fleet.sandbox.fault("CreateModel", match={"ModelName": revision("toxicity", 2)}, **DENIED)
    fleet.sandbox.fault("UpdateEndpoint", match={"EndpointName": "spam"}, **DENIED)
    assert not fleet.up().ok
    fleet.sandbox.clear_faults()
    for operation in ("ListEndpoints", "ListModelPackages", "ListEndpoints"):
        outage = fleet.sandbox.fault(operation, **DENIED)
        assert not fleet.up().ok
        assert fleet.made() == []
        assert fleet.output("toxicity")["version"] == 1
        fleet.sandbox.release(outage)

    assert fleet.up().ok
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (2, 2)


def test_a_tag_that_cannot_be_written_takes_nothing_away(fleet):
    fleet.change("toxicity", owner="team-x")
    fleet.sandbox.fault("AddTags", **DENIED)

    assert not fleet.up().ok
    assert fleet.serving("toxicity") == 1
    assert fleet.sandbox.harm() == []


def test_a_failed_creation_holds_up_nobody_and_is_repaired_by_the_next_run(empty):
    for task in ("toxicity", "spam"):
        empty.sandbox.register(task)
    empty.declare("toxicity", "spam")
    empty.sandbox.ending("toxicity", "create", "failed", "no memory")

    run = empty.up()
    assert not run.ok
    assert empty.serving("spam") == 1
    assert empty.status("toxicity") == "NOT_DEPLOYED 0: version 1 not deployed: creation failed: no memory"

    again = empty.up()
    assert again.ok, again.text
    assert empty.serving("toxicity") == 1
    assert empty.up("--expect-no-changes").ok


def test_an_endpoint_deleted_outside_is_made_again_and_one_moved_outside_is_brought_back(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("urgency")
    fleet.sandbox.ending("urgency", "update", "silent-rollback")
    assert not fleet.up().ok  # version 2 of urgency is held from now on
    assert (fleet.serving("toxicity"), fleet.serving("urgency")) == (2, 1)
    old = next(name for name in fleet.sandbox.endpoint_configs() if name.startswith("toxicity-v1"))
    client = fleet.sandbox.client("sagemaker")
    client.update_endpoint(EndpointName="toxicity", EndpointConfigName=old)
    for task in ("spam", "urgency"):
        client.delete_endpoint(EndpointName=task)
    fleet.sandbox.client("ssm").delete_parameter(Name=f"{PARAMETERS}/toxicity")

    seen = fleet.preview().text
    assert "toxicity: OUT_OF_DATE: " in seen
    assert "spam: NOT_DEPLOYED: deleted outside of Pulumi; version 1 approved" in seen
    run = fleet.up()

    assert run.ok, run.text
    assert {task: fleet.serving(task) for task in fleet.tasks} == {"toxicity": 2, "spam": 1, "urgency": 1}
    assert fleet.status("urgency") == "OUT_OF_DATE 1: version 2 rolled back; version 1 keeps serving"
    assert fleet.parameter("toxicity")["version"] == 2
    assert fleet.up("--expect-no-changes").ok


def test_an_endpoint_deleted_outside_is_made_again_by_a_plain_up(fleet):
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="toxicity")

    run = fleet.plain_up()  # no refresh: the state still has it, so that only a replacement makes it again

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 1
