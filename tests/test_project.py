"""What the project's own files say of each other."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent


def test_a_commit_is_checked_for_all_that_make_check_looks_at() -> None:
    parts = re.findall(r"^check: ([a-z ]+?) *##", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)[0].split()
    [local] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]

    assert len(parts) > 1
    assert [hook["entry"] for hook in local["hooks"]] == [f"make {part}" for part in parts]
    assert not any(hook["pass_filenames"] for hook in local["hooks"])
