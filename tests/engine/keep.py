"""The fleets that each release left: `python -m tests.engine.keep` adds one, once a release (kept/README.md).

It has a task that is pinned, one with every size, one that was updated and has a challenger, one that is held after a
rollback, and one with nothing approved.
"""

import json
import shutil
import tempfile
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from sandbox.lab.folder import ROOT
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Stack

KEPT = Path(__file__).parent / "kept"
RELEASES = sorted(folder.name for folder in KEPT.iterdir() if folder.is_dir())
TASKS: dict[str, dict[str, Any]] = {
    "toxicity": {"pin": {"version": 1, "reason": "as it was", "owner": "team-x", "until": date(2099, 12, 31)}},
    "intent": {
        "group": "support-intent",
        "memory_mb": 3072,
        "max_concurrency": 20,
        "provisioned_concurrency": 2,
        "scaling": {"min": 1, "max": 4},
        "environment": {"MAX_LABELS": "3"},
        "owner": "customer-support",
        "attempt": 2,
    },
    "spam": {"variants": {"before": {"weight": 0.1, "follow": "previous"}}},
    "urgency": {},
    "topic": {},
}


def bring_back(release: str, stack: Stack) -> list[dict[str, Any]]:
    """AWS, task list and state as a release left them; the state's resources."""
    folder = KEPT / release
    stack.sandbox.restore(folder / "aws.json")
    shutil.copyfile(folder / "tasks.yaml", stack.task_list)
    stack.pulumi("stack", "import", "--file", str(folder / "state.json"), check=True)
    resources: list[dict[str, Any]] = json.loads((folder / "state.json").read_text())["deployment"]["resources"]
    return resources


def main() -> None:
    kept = KEPT / tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    if kept.exists():
        raise SystemExit(f"{kept} is there: what a release left is not written over")
    with tempfile.TemporaryDirectory() as folder, Sandbox.start(Path(folder) / "aws", inference=False) as sandbox:
        stack = Stack(sandbox)
        stack.set_tasks(TASKS)
        sandbox.seed({group: [{}] for group in ("toxicity", "support-intent", "spam", "urgency")})
        sandbox.register("topic", approval="PendingManualApproval")
        stack.up()
        sandbox.register("spam")
        sandbox.register("urgency")
        sandbox.ending("urgency", "update", "silent-rollback", "container exited")
        stack.up()  # the update that rolls back
        stack.up()  # holds it
        run = stack.up("--expect-no-changes")
        if not run.ok or run.summary != "3 UP_TO_DATE, 1 OUT_OF_DATE, 1 NOT_DEPLOYED":
            raise SystemExit(run.text)
        kept.mkdir()
        sandbox.snapshot(kept / "aws.json")
        state = json.loads(stack.pulumi("stack", "export", check=True).text.replace(folder, "/fleet"))
        for resource in state["deployment"]["resources"]:
            for key in ("sourcePosition", "stackTrace"):  # paths of this machine
                resource.pop(key, None)
        (kept / "state.json").write_text(json.dumps(state, indent=1) + "\n")
        (kept / "tasks.yaml").write_text(stack.task_list.read_text())


if __name__ == "__main__":
    main()
