"""What a run costs: seconds, CPU, memory and AWS calls, and how they grow with the number of tasks. `make bench`.

Every run is made twice, one after the other: with a sandbox for AWS, and with the answers known and no AWS at all. The
second is what engine, SDK and program take anyway; so the ratio holds on a slow or busy machine too. Beside them, what
`fleet cost` takes of a fleet that is called every day, and what an app's call takes.
"""

import argparse
import os
import sys
from pathlib import Path

from bench import cost
from bench.client import call_microseconds
from bench.report import as_json, missed, table
from bench.runs import Wrong, measure_all, say

SIZES = (3, 22, 100)  # what three take is the price of any run
LATENCY_MS = 50.0
CALL_LIMIT = 50.0  # microseconds of an app's call that fleet.client may take itself


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure runs of the real program.")
    parser.add_argument("--tasks", type=int, nargs="+", default=SIZES, help="fleet sizes; default 3 22 100")
    parser.add_argument("--latency", type=float, default=LATENCY_MS, help="milliseconds an AWS call; default 50")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="file to write; default bench.json")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    say(f"load average {before:.1f} on {os.cpu_count()} CPUs: what others do makes seconds longer, CPU seconds hardly")
    try:
        of_cost = cost.measure_cost(arguments.latency)
        say(str(of_cost))
        measured = list(measure_all(arguments.tasks, arguments.latency))
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 1
    arguments.json.write_text(as_json(measured, arguments.latency, [before, os.getloadavg()[0]]))
    say(f"\n{table(measured)}\n\nall of it, calls by operation too: {arguments.json}")
    taken, broken = call_microseconds(), [*missed(measured), *cost.missed(of_cost)]
    say(f"a call by fleet.client: {taken:.0f} µs of CPU, boto3 excluded")
    if taken > CALL_LIMIT:
        broken.append(f"a call by fleet.client: {taken:.0f} µs of CPU, and at most {CALL_LIMIT:.0f} are promised")
    for sentence in broken:
        print(f"not as promised: {sentence}", file=sys.stderr)
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
