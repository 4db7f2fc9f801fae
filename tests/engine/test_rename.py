"""`pulumi stack rename`, and tags that others took off: what the stack holds stays its own, whatever its tags say."""

from datetime import date

from tests.engine.conftest import Fleet

TEN = {"provisioned_concurrency": 2, "max_concurrency": 10, "scaling": {"min": 1, "max": 5}}


def tags(fleet: Fleet, task: str) -> dict[str, str]:
    client = fleet.sandbox.client("sagemaker")
    arn = client.describe_endpoint(EndpointName=task)["EndpointArn"]
    return {tag["Key"]: tag["Value"] for tag in client.list_tags(ResourceArn=arn)["Tags"]}


def test_after_a_rename_an_autoscaler_moves_and_every_command_goes_on(fleet):
    fleet.sandbox.register("toxicity")
    pin = {"version": 1, "reason": "while 2 is tried", "owner": "team-x", "until": date(2099, 12, 31)}
    fleet.change("toxicity", **TEN, pin=pin, variants={"challenger": {"weight": 0.4}})
    first = fleet.up()
    assert first.ok, first.text
    fleet.stack.rename("live")
    fleet.sandbox.provisioned("toxicity", 4)

    run = fleet.up()

    assert run.ok, run.text
    assert {call.split()[0] for call in fleet.made()} == {"AddTags", "TagResource"}
    assert run.summary == "3 UP_TO_DATE"
    assert fleet.weights("toxicity") == {"champion": 0.6, "challenger": 0.4}
    assert tags(fleet, "toxicity")["fleet:stack"] == "live"
    assert fleet.up("--expect-no-changes").ok
    assert fleet.stack.pulumi("refresh", "--yes").ok
    assert fleet.stack.pulumi("destroy", "--yes", "--refresh").ok
    assert fleet.in_aws() == set()


def test_a_stack_that_is_renamed_back_is_as_it_was(fleet):
    fleet.stack.rename("live")
    fleet.stack.rename("sandbox")
    fleet.sandbox.set_status("toxicity", "InService")

    run = fleet.up("--expect-no-changes")

    assert run.ok, run.text
    assert fleet.made() == []


def test_tags_that_others_took_off_are_put_back_and_the_contract_is_true_meanwhile(fleet):
    client = fleet.sandbox.client("sagemaker")
    for task in ("toxicity", "spam"):
        arn = client.describe_endpoint(EndpointName=task)["EndpointArn"]
        client.delete_tags(ResourceArn=arn, TagKeys=list(tags(fleet, task)))
        fleet.sandbox.set_status(task, "InService")  # as an autoscaler moves the time
    assert "toxicity is this stack's already" in fleet.stack.fleet("adopt", "toxicity", "--yes").text
    assert fleet.parameter("toxicity")["version"] == 1

    preview = fleet.preview()
    assert preview.ok, preview.text
    assert preview.summary == "3 UP_TO_DATE"

    run = fleet.up()
    assert run.ok, run.text
    assert sorted(fleet.made()) == ["AddTags spam", "AddTags toxicity"]
    assert tags(fleet, "toxicity")["fleet:stack"] == "sandbox"
    assert fleet.weights("toxicity") == {"champion": 1}
