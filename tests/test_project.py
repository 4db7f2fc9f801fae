"""What the project's own files say of each other."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent


def test_a_commit_is_checked_for_all_that_make_check_looks_at() -> None:
    parts = re.findall(r"^check: ([a-z ]+?) *##", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)[0].split()
    [local] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]

    assert len(parts) > 1
    assert [hook["entry"] for hook in local["hooks"]] == [f"make {part}" for part in parts]
    assert not any(hook["pass_filenames"] for hook in local["hooks"])


def test_make_fix_mends_order_of_imports_and_format(tmp_path: Path) -> None:
    (tmp_path / "some.py").write_text("import sys\nimport os\nprint( os , sys )\n")
    shown = subprocess.check_output(["make", "--dry-run", "--no-print-directory", "fix"], cwd=ROOT, text=True)
    commands = [shlex.split(line) for line in shown.splitlines() if "/ruff " in line]

    for program, *arguments in commands:
        subprocess.check_call([ROOT / program, *arguments, "--config", ROOT / "pyproject.toml"], cwd=tmp_path)

    assert (tmp_path / "some.py").read_text() == "import os\nimport sys\n\nprint(os, sys)\n"


def test_every_path_that_contributors_are_told_is_there() -> None:
    told = re.findall(r"`([\w.-]+/[\w./-]*)`", (ROOT / "CONTRIBUTING.md").read_text())

    assert len(told) > 15
    assert [path for path in told if not (ROOT / path).exists()] == []


def test_mlflow_is_an_extra_that_nothing_at_run_time_needs() -> None:
    dynamic = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["dynamic"]
    [file] = dynamic["optional-dependencies"]["mlflow"]["file"]
    wanted = [line.partition("~")[0] for line in (ROOT / file).read_text().splitlines() if not line.startswith("#")]

    assert wanted == ["mlflow-skinny"]
    assert "mlflow" not in (ROOT / "requirements.txt").read_text()


def test_the_commands_work_without_mlflow() -> None:
    """`fleet register` too, up to the moment in which it asks MLflow."""
    without = "import sys; sys.modules['mlflow'] = None; import fleet.cli.commands.register, fleet.registration"
    subprocess.check_call([sys.executable, "-c", without], cwd=ROOT)


def test_what_apps_import_is_there_in_a_moment() -> None:
    timed = "import time; a = time.process_time(); import fleet.client; print(time.process_time() - a)"
    taken = [float(subprocess.check_output([sys.executable, "-c", timed], cwd=ROOT)) for _ in range(3)]

    assert min(taken) < 0.3  # seconds of CPU: the machine may be busy, and the first may compile


def test_what_every_release_left_is_kept() -> None:
    """tests/engine/test_first_run.py upgrades each."""
    released = re.findall(r"^## (\d+\.\d+\.\d+)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)

    assert len(released) > 2
    for file in (ROOT / "tests/engine/kept").glob("*/*"):
        assert not re.search(r"/(home|root|tmp|work|Users)/", file.read_text()), f"{file}: a path of a machine"
    assert sorted(folder.name for folder in (ROOT / "tests/engine/kept").iterdir() if folder.is_dir()) == sorted(
        released
    )
