"""Approvals, rejections and settings move one task, and only that one."""

import threading
import time


def test_nothing_new_changes_nothing(fleet):
    run = fleet.up("--expect-no-changes")

    assert run.ok, run.text
    assert fleet.made() == []
    assert run.summary == "3 UP_TO_DATE"


def test_a_run_without_changes_asks_once_a_group_and_lists_endpoints_once(fleet):
    preview = fleet.preview("--expect-no-changes")

    assert preview.ok, preview.text
    assert sorted(fleet.operations()) == ["ListEndpoints"] + ["ListModelPackages"] * 3


def test_a_newly_approved_version_moves_one_endpoint_and_touches_nothing_else(fleet):
    fleet.sandbox.register("toxicity")

    preview = fleet.preview()
    assert "toxicity: OUT_OF_DATE: new version 2 approved" in preview.text
    assert preview.summary == "2 UP_TO_DATE, 1 OUT_OF_DATE"

    run = fleet.up()
    assert run.ok, run.text
    wanted = fleet.sandbox.serving("toxicity")
    assert fleet.made() == [f"CreateModel {wanted}", f"CreateEndpointConfig {wanted}", "UpdateEndpoint toxicity"]
    assert fleet.serving("toxicity") == 2
    assert fleet.status("toxicity") == "UP_TO_DATE 2: version 2 serves"
    assert fleet.up("--expect-no-changes").ok


def test_callers_see_no_error_during_an_update_and_answers_of_both_versions(fleet):
    fleet.sandbox.register("toxicity")
    models, errors, over = set(), [], threading.Event()

    def call_ten_times_a_second():
        while not over.wait(0.1):
            try:
                models.add(fleet.sandbox.invoke("toxicity", {"text": "you are lovely"})["model"].split(":")[0])
            except Exception as error:
                errors.append(error)

    caller = threading.Thread(target=call_ten_times_a_second)
    caller.start()
    try:
        assert fleet.up().ok
        time.sleep(1)
    finally:
        over.set()
        caller.join()
    assert errors == []
    assert models == {"toxicity/1", "toxicity/2"}


def test_rejecting_the_newest_version_brings_the_one_before_back(fleet):
    fleet.sandbox.register("toxicity")
    assert fleet.up().ok
    fleet.sandbox.reject("toxicity", 2)

    run = fleet.up()

    assert run.ok, run.text
    assert fleet.made() == ["UpdateEndpoint toxicity"]  # its model and configuration were kept
    assert fleet.serving("toxicity") == 1


def test_only_approved_and_completed_versions_are_chosen(fleet):
    fleet.sandbox.register("toxicity", approval="PendingManualApproval")
    fleet.sandbox.register("spam", approval="Rejected")
    fleet.sandbox.register("urgency", status="Failed")

    assert fleet.up("--expect-no-changes").ok


def test_the_highest_of_twelve_versions_is_chosen(fleet):
    for _ in range(11):
        fleet.sandbox.register("toxicity")

    assert fleet.up().ok
    assert fleet.serving("toxicity") == 12


def test_an_empty_first_page_with_a_token_does_not_hide_what_follows(fleet):
    fleet.sandbox.register("toxicity")
    fleet.sandbox.settings(empty_first_page=["toxicity"], page_size=1)

    assert fleet.up().ok
    assert fleet.serving("toxicity") == 2


def test_a_changed_setting_moves_the_endpoint_in_place(fleet):
    fleet.change("toxicity", memory_mb=3072, max_concurrency=7)

    assert "toxicity: OUT_OF_DATE: settings of version 1 changed" in fleet.preview().text
    run = fleet.up()

    assert run.ok, run.text
    assert [call.split()[0] for call in fleet.made()] == ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint"]
    config = fleet.sandbox.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=fleet.sandbox.serving("toxicity")
    )
    assert config["ProductionVariants"][0]["ServerlessConfig"] == {"MemorySizeInMB": 3072, "MaxConcurrency": 7}


def test_an_owner_is_a_tag_and_moves_nothing(fleet):
    fleet.change("toxicity", owner="team-x")

    assert fleet.up().ok
    assert {call.split()[0] for call in fleet.made()} == {"AddTags"}


def test_what_is_older_than_the_version_before_goes_away(fleet):
    for _ in range(2):
        fleet.sandbox.register("toxicity")
        assert fleet.up().ok

    kept = {name for name in fleet.sandbox.models() if name.startswith("toxicity-")}
    assert {name.split("-")[1] for name in kept} == {"v2", "v3"}
    assert fleet.sandbox.harm() == []


def test_a_saved_plan_holds_while_the_registry_says_the_same_and_refuses_what_came_after_it(fleet):
    plan = str(fleet.stack.folder / "plan.json")
    assert fleet.preview("--save-plan", plan).ok
    assert fleet.up("--plan", plan).ok
    fleet.sandbox.register("toxicity")

    run = fleet.up("--plan", plan)

    assert not run.ok
    assert "violates plan" in run.text
    assert fleet.made() == []
    assert fleet.serving("toxicity") == 1


def test_two_tasks_share_a_group_named_once_by_its_arn(fleet):
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/spam"
    fleet.change("toxicity", group=arn)
    fleet.sandbox.register("spam")

    run = fleet.up()

    assert run.ok, run.text
    packages = {task: fleet.output(task)["model_package_arn"].split("/", 1)[1] for task in ("toxicity", "spam")}
    assert packages == {"toxicity": "spam/2", "spam": "spam/2"}
    assert fleet.sandbox.serving("toxicity") != fleet.sandbox.serving("spam")


def test_another_role_is_another_revision(fleet):
    fleet.stack.configure(executionRoleArn="arn:aws:iam::123456789012:role/another")

    assert fleet.up().ok
    assert [call for call in fleet.made() if call.startswith("CreateEndpoint ")] == []
    model = fleet.sandbox.client("sagemaker").describe_model(ModelName=fleet.sandbox.serving("spam"))
    assert model["ExecutionRoleArn"] == "arn:aws:iam::123456789012:role/another"
