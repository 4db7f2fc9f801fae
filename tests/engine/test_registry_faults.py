"""The registry answers nothing, something odd, or not at all."""

QUICK = {"AWS_MAX_ATTEMPTS": "2"}


def test_nothing_approved_deploys_nothing_and_holds_up_nobody(empty):
    empty.sandbox.register("toxicity", approval="PendingManualApproval")
    empty.sandbox.register("spam")
    empty.declare("toxicity", "spam")

    run = empty.up()

    assert run.ok, run.text
    assert empty.sandbox.endpoints() == {"spam": "InService"}
    assert empty.status("toxicity") == "NOT_DEPLOYED 0: nothing approved"


def test_a_deployed_version_keeps_serving_when_nothing_is_approved_any_more(fleet):
    fleet.sandbox.reject("toxicity", 1)

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.made() == []
    assert fleet.serving("toxicity") == 1
    assert fleet.status("toxicity") == "OUT_OF_DATE 1: nothing approved; version 1 keeps serving"


def test_an_outage_of_the_registry_changes_nothing_and_is_red(fleet):
    fleet.sandbox.fault("ListModelPackages", action="error", status=503, code="ServiceUnavailable", message="down")

    run = fleet.up(env=QUICK)

    assert not run.ok
    assert fleet.made() == []
    assert run.summary == "3 UNKNOWN"
    assert fleet.output("toxicity")["version"] == 1
    assert "Traceback" not in run.text


def test_an_outage_is_a_warning_in_a_preview(fleet):
    fleet.sandbox.fault("ListModelPackages", action="error", status=503, code="ServiceUnavailable", message="down")

    run = fleet.preview(env=QUICK)

    assert run.ok, run.text
    assert "toxicity: UNKNOWN: registry: " in run.text


def deny_toxicity(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.register("spam")
    fleet.sandbox.fault(
        "ListModelPackages",
        action="error",
        match={"ModelPackageGroupName": "toxicity"},
        code="AccessDeniedException",
        message="not authorized",
    )


def assert_only_spam_moved(fleet, run):
    assert not run.ok
    assert 'model package group "toxicity": ListModelPackages: AccessDeniedException: not authorized' in run.text
    assert fleet.serving("toxicity") == 1
    assert fleet.serving("spam") == 2
    assert fleet.output("toxicity")["status"] == "UNKNOWN"
    assert fleet.output("spam")["version"] == 2
    assert "Traceback" not in run.text


def test_a_denied_group_leaves_its_task_alone_and_updates_the_others(fleet):
    deny_toxicity(fleet)
    assert_only_spam_moved(fleet, fleet.up())


def test_the_same_with_a_plain_up(fleet):
    deny_toxicity(fleet)
    assert_only_spam_moved(fleet, fleet.plain_up())


def test_a_missing_group_is_named_with_the_one_that_was_meant(fleet):
    fleet.sandbox.register("spam")
    fleet.change("toxicity", group="toxicty")

    run = fleet.up()

    assert not run.ok
    assert 'model package group "toxicty" does not exist in eu-west-1; did you mean "toxicity"?' in run.text
    assert (fleet.serving("toxicity"), fleet.serving("spam")) == (1, 2)


def test_endpoints_that_cannot_be_listed_are_left_alone(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.fault("ListEndpoints", action="error", code="AccessDeniedException", message="not authorized")

    run = fleet.up()

    assert not run.ok
    assert fleet.made() == []
    assert "UNKNOWN: endpoint: ListEndpoints: AccessDeniedException" in run.text


def test_a_burst_of_throttling_passes(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.fault("*", action="error", code="ThrottlingException", message="Rate exceeded", times=50)

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 2


def test_an_endpoint_deleted_outside_is_not_made_again_while_nothing_can_be_found_out(fleet):
    fleet.sandbox.client("sagemaker").delete_endpoint(EndpointName="toxicity")
    fleet.sandbox.reject("toxicity", 1)
    fleet.sandbox.fault("ListEndpoints", action="error", code="AccessDeniedException", message="no")

    assert not fleet.up().ok
    assert fleet.made() == []
    assert set(fleet.sandbox.endpoints()) == {"spam", "urgency"}


def test_an_answer_that_makes_no_sense_is_no_answer(fleet):
    run = fleet.up(env={"AWS_ENDPOINT_URL": "nonsense"})

    assert not run.ok
    assert fleet.made() == []
    assert "Traceback" not in run.text


def test_a_burst_of_throttling_that_meets_the_program_alone_passes(fleet):
    fleet.sandbox.register("toxicity")
    fleet.stack.env["AWS_MAX_ATTEMPTS"] = "3"
    held = fleet.sandbox.fault("ListEndpoints", action="hold-before", times=1)
    running = fleet.start_up()
    fleet.sandbox.wait_held(held, timeout=60)  # the refresh, which takes most of any other burst, is over
    fleet.sandbox.fault("*", action="error", code="ThrottlingException", message="Rate exceeded", times=12)
    fleet.sandbox.release(held)

    run = running.end()

    assert run.ok, run.text
    assert fleet.serving("toxicity") == 2
