"""A fleet of 200 tasks comes and is refreshed although AWS takes few calls of CloudWatch a second. `make rates`.

Everything waits as long as it does for AWS, the provider's tries too: so it takes a quarter of an hour.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.runs import UNCHANGED, in_words, say, task_list
from sandbox.aws.rates import CLOUDWATCH
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Stack
from sandbox.plugin.retries import SECOND

TASKS = 200
RUNS = (("first up, as CI", ()), ("no-change up, as CI", (UNCHANGED,)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.rates", description=__doc__)
    parser.add_argument("--tasks", type=int, default=TASKS, help=f"default {TASKS}")
    size = parser.parse_args().tasks
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox.start(
            Path(folder) / "aws", inference=False, endpoint_limit=size, concurrency_limit=200 * size
        ) as sandbox,
    ):
        tasks = task_list(size)
        sandbox.seed({name: [{}] for name in tasks["tasks"]})
        sandbox.settings(latency_ms=50, rates=CLOUDWATCH)
        stack = Stack(sandbox)
        stack.env[SECOND] = "1"
        stack.set_tasks(json.dumps(tasks))
        return 0 if all(_goes_well(stack, size, what, flags) for what, flags in RUNS) else 1


def _goes_well(stack: Stack, size: int, what: str, flags: tuple[str, ...]) -> bool:
    since, began = stack.sandbox.mark(), time.monotonic()
    run = stack.up(*flags)
    calls = [call for call in stack.sandbox.calls(since) if call.operation in CLOUDWATCH]
    throttled = Counter(call.operation for call in calls if "Throttling" in call.error)
    say(f"{size} tasks: {what}: {time.monotonic() - began:.0f} s, {run.summary}")
    say(f"  {in_words(Counter(call.operation for call in calls))}; throttled: {in_words(throttled)}")
    if not run.ok:
        print("\n".join(line for line in run.text.splitlines() if "error" in line), file=sys.stderr)
    return run.ok and run.summary == f"{size} UP_TO_DATE"


if __name__ == "__main__":
    sys.exit(main())
