"""What the project's own files say of each other."""

import re
import shlex
import subprocess
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
