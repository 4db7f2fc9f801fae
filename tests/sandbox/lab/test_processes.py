"""Starting, stopping and finding sandboxes, by the handle and by the command line."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.aws.world import FIRST_ACCOUNT
from sandbox.lab import folder
from sandbox.lab.connection import wait_until
from sandbox.lab.folder import ROOT, STACK_CONFIG, Running, groups
from sandbox.lab.handle import Sandbox
from sandbox.lab.processes import SandboxError, alive

TASKS = "tasks:\n  toxicity:\n  spam: {group: 'arn:aws:sagemaker:eu-west-1:123456789012:model-package-group/junk'}\n"


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    full = [sys.executable, "-m", "sandbox", *arguments, "--folder", str(folder)]
    return subprocess.run(full, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def gone(pid: int) -> bool:
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "sandbox." not in shown.stdout


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    file = tmp_path / "list.yaml"
    file.write_text(TASKS)
    return file


def test_a_sandbox_is_started_listed_and_stopped_from_the_command_line(tmp_path: Path, tasks: Path) -> None:
    folder = tmp_path / "all"
    try:
        started = command("start", "--name", "one", "--tasks", str(tasks), "--seed", folder=folder)
        assert started.returncode == 0, started.stderr
        assert f"source {folder}/one/env" in started.stdout
        running = Running.read(folder / "one")
        assert running is not None
        assert command("list", folder=folder).stdout == f"one  {running.url}  running\n"
        again = command("start", "--name", "one", folder=folder)
        assert "already runs" in again.stdout
        sandbox = Sandbox.open(folder / "one")
        listed = sandbox.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
        assert {group["ModelPackageGroupName"] for group in listed} == {"toxicity", "junk"}
    finally:
        stopped = command("stop", "--name", "one", folder=folder)
    assert "stopped" in stopped.stdout
    assert gone(running.pid) and gone(running.inference_pid)
    assert not folder.exists()
    assert "no sandbox" in command("stop", "--name", "one", folder=folder).stdout


def test_the_env_file_leads_a_shell_to_the_sandbox(tmp_path: Path) -> None:
    with Sandbox.start(tmp_path / "one", inference=False) as sandbox:
        script = f'. {sandbox.folder}/env && echo "$AWS_ENDPOINT_URL $AWS_PROFILE" && echo "$PATH"'
        environment = {"PATH": "/usr/bin:/bin", "AWS_PROFILE": "production"}
        shell = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
        first, path = shell.stdout.splitlines()
        assert first == f"{sandbox.url} "
        assert path == f"{ROOT}/sandbox/plugin:{ROOT}/.venv/bin:{ROOT}/.tools/bin:/usr/bin:/bin"


def test_the_stack_configuration_is_a_copy_that_reads_a_copy_of_the_task_list(tmp_path: Path, tasks: Path) -> None:
    with Sandbox.start(tmp_path / "one", tasks=tasks, inference=False) as sandbox:
        assert sandbox.tasks.read_text() == TASKS
        assert f"sagemaker-endpoint-manager:tasks: {sandbox.tasks}" in sandbox.stack_config.read_text()
        assert sandbox.env["PULUMI_BACKEND_URL"] == f"file://{sandbox.folder}/pulumi/state?metadata=skip"
        assert (sandbox.folder / "pulumi" / "state").is_dir()


def test_what_the_project_says_for_the_teams_own_stacks_is_not_the_sandboxes(
    tmp_path: Path, tasks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, made = tmp_path / "root", tmp_path / "one"
    (root / "stacks").mkdir(parents=True)
    said = {"config": {"namePrefix": "prod-"}, "stackConfigDir": "stacks", "backend": {"url": "s3://states"}}
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    (root / "Pulumi.yaml").write_text(yaml.safe_dump(project | said))
    shutil.copy(ROOT / STACK_CONFIG, root / "stacks")
    monkeypatch.setattr(folder, "ROOT", root)
    folder.prepare(made, "http://127.0.0.1:1", tasks, FIRST_ACCOUNT)
    assert yaml.safe_load((made / "Pulumi.yaml").read_text()).keys() == project.keys() | {"main", "plugins", "backend"}
    assert (made / STACK_CONFIG).exists()


def test_two_sandboxes_do_not_know_each_other(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with Sandbox.start(first, inference=False) as one, Sandbox.start(second, inference=False) as two:
        one.register("toxicity")
        assert two.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"] == []


def test_settings_can_be_given_at_the_start(tmp_path: Path) -> None:
    with Sandbox.start(tmp_path / "one", inference=False, create_seconds=7) as sandbox:
        assert sandbox.settings()["create_seconds"] == 7


def test_a_second_start_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with Sandbox.start(tmp_path / "one", inference=False), pytest.raises(SandboxError, match="already runs"):
        Sandbox.start(tmp_path / "one", inference=False)


def test_a_killed_sandbox_is_known_as_dead_and_started_over(tmp_path: Path) -> None:
    killed = Sandbox.start(tmp_path / "all" / "one", inference=False)
    killed.register("toxicity")
    os.kill(killed.running.pid, signal.SIGKILL)
    wait_until(lambda: not alive(killed.running), 5, "it is dead")
    with pytest.raises(SandboxError, match="no sandbox runs"):
        Sandbox.open(killed.folder)
    assert "dead" in command("list", folder=tmp_path / "all").stdout
    with Sandbox.start(killed.folder, inference=False) as sandbox:
        assert sandbox.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"] == []


def left_behind(folder: Path, **record: Any) -> Running:
    """The record of a sandbox that is no more."""
    stale: dict[str, Any] = {
        "name": "two",
        "url": "http://127.0.0.1:1",
        "pid": 0,
        "inference_url": "",
        "inference_pid": 0,
        **record,
    }
    folder.mkdir()
    (folder / "sandbox.json").write_text(json.dumps(stale))
    return Running(**stale)


def test_another_sandbox_on_the_same_port_is_not_taken_for_the_one_that_was_killed(tmp_path: Path) -> None:
    with Sandbox.start(tmp_path / "one", inference=False) as sandbox:
        assert not alive(left_behind(tmp_path / "two", url=sandbox.url, pid=os.getpid()))


def test_a_process_that_has_the_number_of_a_killed_one_is_left_alone(tmp_path: Path) -> None:
    with Sandbox.start(tmp_path / "one", inference=False) as sandbox:
        left_behind(tmp_path / "two", pid=sandbox.running.pid, inference_pid=os.getpid())
        with Sandbox.start(tmp_path / "two", inference=False):
            assert alive(sandbox.running)


def test_what_still_runs_of_a_killed_sandbox_is_ended_before_it_is_started_over(tmp_path: Path) -> None:
    killed = Sandbox.start(tmp_path / "one", inference=False).running
    os.kill(killed.pid, signal.SIGSTOP)  # neither answers nor is gone
    try:
        with Sandbox.start(tmp_path / "one", inference=False) as sandbox:
            assert gone(killed.pid)
            assert sandbox.running.pid != killed.pid
    finally:
        if not gone(killed.pid):
            os.kill(killed.pid, signal.SIGKILL)


def test_a_folder_of_something_else_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(SandboxError, match="remove it by hand"):
        Sandbox.start(tmp_path, inference=False)
    assert (tmp_path / "letter").exists()


STARTER = """
import os, signal, sys
from pathlib import Path
from sandbox.lab.handle import Sandbox
Sandbox.start(Path(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_sandbox_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", STARTER, str(tmp_path / "one")], cwd=ROOT, check=False, timeout=60)
    running = Running.read(tmp_path / "one")
    assert running is not None
    wait_until(lambda: gone(running.pid) and gone(running.inference_pid), 10, "both are gone")


def test_a_sandbox_that_does_not_start_in_time_says_so_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.lab.processes.START_SECONDS", 0)
    with pytest.raises(SandboxError, match=r"did not start; the end of .*/log"):
        Sandbox.start(tmp_path / "one", inference=False)
    running = Running.read(tmp_path / "one")
    assert running is not None and running.pid
    assert gone(running.pid)


def test_the_groups_of_a_task_list_are_read_in_its_order(tasks: Path) -> None:
    assert groups(tasks) == ["toxicity", "junk"]
