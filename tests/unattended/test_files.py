"""What the CI files say, and that they agree with each other, with the docs and with bootstrap/."""

import re
from typing import Any

import pytest
import yaml
from fleet_bootstrap.approval import APPROVED_AT, EVENT_TYPE
from fleet_bootstrap.builds import IMAGE, MINUTES
from fleet_bootstrap.roles import SESSION_SECONDS

from sandbox.lab.folder import ROOT
from sandbox.lab.stack import CI_FLAGS
from tests.bootstrap.declaring import GITHUB, GITLAB, declare
from tests.unattended.jobs import BUILDSPEC, WORKFLOW
from tests.unattended.jobs import GITLAB as GITLAB_FILE
from tools.actionlint import VERSION as ACTIONLINT
from tools.pulumi import VERSION

FILES = [WORKFLOW, GITLAB_FILE, BUILDSPEC]


def workflow() -> Any:
    read = yaml.safe_load(WORKFLOW.read_text())
    return {"on": read.pop(True), **read}  # which YAML reads as yes


@pytest.mark.parametrize("name", ["fleet.yml", "check.yml"])
def test_an_action_is_pinned_by_its_commit_with_the_version_beside_it(name: str) -> None:
    uses = re.findall(r"uses: (.*)", (WORKFLOW.parent / name).read_text())

    assert uses
    assert [one for one in uses if not re.match(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+\b", one)] == []


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    text = "".join(file.read_text() for file in WORKFLOW.parent.glob("*.yml"))
    pins = set(re.findall(r"uses: (\S+)@(\S+) # (v\S+?);?\s", text))

    assert len({action for action, _, _ in pins}) == len(pins)


def test_a_job_has_the_permissions_that_it_needs_and_no_key() -> None:
    jobs = workflow()["jobs"]

    assert workflow()["permissions"] == {}
    assert jobs["deploy"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert jobs["preview"]["permissions"] == {"contents": "read", "id-token": "write", "pull-requests": "write"}
    assert "secrets." not in WORKFLOW.read_text()
    assert "AWS_SECRET_ACCESS_KEY" not in "".join(file.read_text() for file in FILES)


def test_no_run_is_cancelled() -> None:
    assert [job["concurrency"]["cancel-in-progress"] for job in workflow()["jobs"].values()] == [False, False]
    assert yaml.safe_load(GITLAB_FILE.read_text())[".fleet"]["interruptible"] is False


def test_what_somebody_else_writes_is_in_no_shell_line() -> None:
    for job in workflow()["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            assert "client_payload" not in str(step)


def test_the_schedule_is_not_at_minute_0() -> None:
    [schedule] = workflow()["on"]["schedule"]

    assert int(schedule["cron"].split()[0]) % 30 > 0


def test_the_workflow_waits_for_the_event_that_is_sent() -> None:
    assert workflow()["on"]["repository_dispatch"]["types"] == [EVENT_TYPE]


@pytest.mark.parametrize(("file", "given"), [(WORKFLOW, GITHUB), (GITLAB_FILE, GITLAB)], ids=["github", "gitlab"])
def test_every_variable_that_a_file_wants_is_printed_by_bootstrap(file: Any, given: dict[str, Any]) -> None:
    wanted = set(re.findall(r"(?:vars\.|\$)(FLEET_\w+)", file.read_text())) - {"FLEET_COMMENT_TOKEN"}

    assert len(wanted) > 4
    assert wanted <= declare(given).outputs["variables"].keys()


def test_a_build_looks_for_the_time_that_its_event_brings() -> None:
    assert APPROVED_AT in BUILDSPEC.read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_runs_what_the_docs_say_that_ci_runs(file: Any) -> None:
    flat = re.sub(r"[\s\\]+", " ", file.read_text())

    assert f'pulumi up --stack "$FLEET_STACK" {" ".join(CI_FLAGS)}' in flat


def test_every_file_has_the_same_pulumi() -> None:
    versions = re.findall(r'pulumi-version: "(.*)"', WORKFLOW.read_text())
    assert versions == [VERSION, VERSION]
    assert yaml.safe_load(GITLAB_FILE.read_text())[".fleet"]["image"]["name"] == IMAGE
    assert IMAGE.endswith(f":{VERSION}")


def test_a_job_ends_before_its_role_does() -> None:
    job = workflow()["jobs"]["deploy"]
    [credentials] = [step for step in job["steps"] if step.get("id") == "credentials"]

    assert credentials["with"]["role-duration-seconds"] == SESSION_SECONDS
    assert job["timeout-minutes"] * 60 < SESSION_SECONDS
    assert MINUTES * 60 < SESSION_SECONDS


def test_actionlint_is_built_in_the_version_that_is_wanted() -> None:
    assert f"github.com/rhysd/actionlint v{ACTIONLINT} " in (ROOT / "tools/actionlint/go.mod").read_text()
