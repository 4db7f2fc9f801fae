"""CI runs the fleet: the shell steps of its files, word for word, on the real engine, with a forge on this machine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.lab import rights
from tests.bootstrap.declaring import GITHUB, declare
from tests.unattended import jobs
from tests.unattended.bus import Bus, event
from tests.unattended.forge import Forge, open_forge


@pytest.fixture
def forge() -> Iterator[Forge]:
    with open_forge() as opened:
        yield opened


@pytest.mark.usefixtures("rights_of_their_own")
def test_from_the_event_of_an_approval_to_the_answer_of_the_new_version(fleet: Any, forge: Forge) -> None:
    """With no more rights than bootstrap/ gives the deployer."""
    made = declare(GITHUB)
    bus, may_read_metrics = Bus(made, forge), made.one("RolePolicy", "report").document("policy")
    deployer = rights.held(fleet.stack, "deployer", rights.policy(fleet.stack, "deployer"), may_read_metrics)
    version = fleet.sandbox.register("urgency", approval="PendingManualApproval")
    fleet.sandbox.approve("urgency", version)

    bus.put(event(ModelPackageVersion=version))
    assert len(forge.runs) == 1
    deployed = jobs.github("deploy", fleet.stack, forge, **deployer)

    assert deployed.ok, deployed.text
    assert "could not be read" not in deployed.file("report.html")
    assert fleet.serving("urgency") == version
    assert fleet.sandbox.invoke("urgency", {"text": "please freeze the account"})["label"]
    assert "### 3 UP_TO_DATE" in deployed.file("summary.md")
    assert deployed.kept == {"report.html"}
    assert "3 UP_TO_DATE" in deployed.file("report.html")


def test_an_event_that_is_lost_is_deployed_by_the_schedule(fleet: Any, forge: Forge) -> None:
    bus = Bus(declare(GITHUB), forge)
    forge.broken = 401
    version = fleet.sandbox.register("urgency")
    bus.put(event(ModelPackageVersion=version))
    assert bus.firing() == {"undelivered"}

    scheduled = jobs.github("deploy", fleet.stack, forge)

    assert scheduled.ok, scheduled.text
    assert fleet.serving("urgency") == version


def test_a_run_is_red_where_the_status_is_and_its_report_is_kept_all_the_same(fleet: Any, forge: Forge) -> None:
    fleet.declare("toxicity", "spam", "urgency", "nothing-approved")
    fleet.sandbox.register("nothing-approved", approval="PendingManualApproval")

    deployed = jobs.github("deploy", fleet.stack, forge)

    assert deployed.steps == {"Update": 0, "Status": 2, "Report": 0}
    assert "1 NOT_DEPLOYED" in deployed.file("summary.md")
    assert deployed.kept == {"report.html"}


def test_a_pull_request_is_told_in_one_comment_what_it_would_change(fleet: Any, forge: Forge) -> None:
    fleet.sandbox.register("urgency")

    previewer = rights.held(fleet.stack, "preview")
    first = jobs.github("preview", fleet.stack, forge, **previewer)
    fleet.remove("spam")
    second = jobs.github("preview", fleet.stack, forge, **previewer)

    assert first.ok and second.ok, first.text + second.text
    [comment] = forge.comments.values()
    assert "OUT_OF_DATE" in comment["body"]
    assert "spam" in comment["body"].partition("<details>")[2]
    assert fleet.serving("urgency") == 1
    assert fleet.sandbox.endpoints()["spam"] == "InService"


def test_a_preview_that_fails_is_red_and_told_too(fleet: Any, forge: Forge) -> None:
    fleet.stack.configure(maxTeardown="1")
    fleet.remove("spam", "urgency")

    previewed = jobs.github("preview", fleet.stack, forge)

    assert previewed.steps["Preview"] != 0
    [comment] = forge.comments.values()
    assert "maxTeardown" in comment["body"]


def test_a_task_list_that_cannot_be_read_stops_before_a_role_is_taken(fleet: Any, forge: Forge) -> None:
    fleet.stack.set_tasks("tasks: {toxicity: {memory_mb: 2500}}")

    previewed = jobs.github("preview", fleet.stack, forge)

    assert previewed.steps == {"Validate the task list": 1}
    assert not forge.comments


def test_gitlab_deploys_and_comments_by_the_same(fleet: Any, forge: Forge) -> None:
    version = fleet.sandbox.register("urgency")

    previewed = jobs.gitlab("fleet-preview", fleet.stack, forge)
    deployed = jobs.gitlab("fleet-deploy", fleet.stack, forge)

    assert previewed.ok and deployed.ok, previewed.text + deployed.text
    [comment] = forge.comments.values()
    assert "OUT_OF_DATE" in comment["body"]
    assert fleet.serving("urgency") == version
    assert deployed.kept == {"report.html", "status.md"}
    assert not (fleet.stack.folder / ".aws-id-token").exists()


def test_a_pipeline_or_build_that_waited_while_a_run_saw_its_approval_does_nothing(fleet: Any, forge: Forge) -> None:
    asked = (datetime.now(UTC) - timedelta(seconds=5)).isoformat(timespec="seconds")
    assert fleet.up().ok

    fleet.sandbox.register("urgency")  # to see whether they run
    waited = {"CI_PIPELINE_SOURCE": "trigger", "CI_PIPELINE_CREATED_AT": asked}
    pipeline = jobs.gitlab("fleet-deploy", fleet.stack, forge, **waited)
    build = jobs.codebuild(fleet.stack, FLEET_APPROVED_AT=asked)
    assert pipeline.ok and build.ok, pipeline.text + build.text
    assert "nothing to do" in pipeline.text and "nothing to do" in build.text
    assert fleet.serving("urgency") == 1

    later = (datetime.now(UTC) + timedelta(seconds=5)).isoformat(timespec="seconds")
    assert jobs.codebuild(fleet.stack, FLEET_APPROVED_AT=later).ok
    assert fleet.serving("urgency") == 2
