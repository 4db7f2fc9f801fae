"""The project of bootstrap/ is found and run by the real engine; what it declares is tests/bootstrap/."""

import os
import shutil
import subprocess
from pathlib import Path

import yaml

from sandbox.lab.folder import ROOT


def test_the_engine_runs_the_program_which_names_every_mistake(tmp_path: Path) -> None:
    folder = tmp_path / "bootstrap"
    shutil.copytree(ROOT / "bootstrap", folder, ignore=shutil.ignore_patterns("__pycache__", "Pulumi.prod.yaml"))
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    assert (ROOT / "bootstrap" / project["runtime"]["options"]["virtualenv"]).resolve() == ROOT / ".venv"
    project["runtime"]["options"]["virtualenv"] = str(ROOT / ".venv")
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    env = {
        **os.environ,
        "PATH": os.pathsep.join([str(ROOT / ".venv" / "bin"), str(ROOT / ".tools" / "bin"), os.environ["PATH"]]),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
    }

    def pulumi(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", *arguments, "--stack", "prod", "--non-interactive", "--color", "never"]
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)

    assert pulumi("stack", "init").returncode == 0
    previewed = pulumi("preview", "--config", "fleet-bootstrap:trigger=jenkins")

    assert previewed.returncode != 0
    said = previewed.stdout + previewed.stderr
    assert "account is missing; stack is missing; aws:region is missing; trigger is 'jenkins'" in said
