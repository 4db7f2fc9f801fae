"""Deploy a small fleet and keep it in tests/engine/kept/: `python -m tests.engine.keep`, once a release.

Later releases must find it as it is (test_first_run.py): a fresh task, one with every setting, one that was updated,
one held after a rollback, and one with nothing approved.
"""

import json
import tempfile
from pathlib import Path

from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Stack

KEPT = Path(__file__).parent / "kept"
TASKS = {
    "toxicity": {},
    "intent": {
        "group": "support-intent",
        "memory_mb": 3072,
        "max_concurrency": 20,
        "provisioned_concurrency": 2,
        "environment": {"MAX_LABELS": "3"},
        "owner": "customer-support",
        "attempt": 2,
    },
    "spam": {},
    "urgency": {},
    "topic": {},
}


def main() -> None:
    KEPT.mkdir(exist_ok=True)
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
        sandbox.snapshot(KEPT / "aws.json")
        state = json.loads(stack.pulumi("stack", "export", check=True).text.replace(folder, "/fleet"))
        for resource in state["deployment"]["resources"]:
            for key in ("sourcePosition", "stackTrace"):  # paths of this machine
                resource.pop(key, None)
        (KEPT / "state.json").write_text(json.dumps(state, indent=1) + "\n")
        (KEPT / "tasks.yaml").write_text(stack.task_list.read_text())


if __name__ == "__main__":
    main()
