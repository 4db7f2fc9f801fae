"""The README's way to play by hand, in a sandbox of another name."""

import subprocess

from sandbox.lab.folder import ROOT


def bash(script: str) -> str:
    done = subprocess.run(["bash", "-ec", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_person_starts_a_sandbox_looks_deploys_and_stops_it():
    try:
        bash(".venv/bin/python -m sandbox start --seed --name by-hand")
        enter = "source .sandbox/by-hand/env && cd .sandbox/by-hand"

        assert "22 NOT_DEPLOYED" in bash(f"{enter} && pulumi preview --suppress-outputs")
        assert "22 UP_TO_DATE" in bash(f"{enter} && pulumi up --yes --suppress-outputs")
    finally:
        bash(".venv/bin/python -m sandbox stop --name by-hand")
    assert not (ROOT / ".sandbox" / "by-hand").exists()
