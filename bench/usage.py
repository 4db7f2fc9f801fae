"""What one command took, from its start to its end: seconds, CPU and memory of it and of all that it started."""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.lab.stack import Run

SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class Usage:
    """What one run took: the engine, the program and the plugins together."""

    seconds: float
    cpu_seconds: float
    largest_mb: float  # resident memory of the largest process, at its peak
    total_mb: float  # of all at once, at their peak; pages that they share count in each


def measure(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> tuple[Run, Usage]:
    """Run a command to its end, and tell what it and all that it started took."""
    with tempfile.TemporaryFile("w+") as text:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=text, stderr=subprocess.STDOUT)
        peaks, ended = [0.0, 0.0], threading.Event()
        sampler = threading.Thread(target=_sample, args=(process.pid, peaks, ended))
        sampler.start()
        try:
            # Not getrusage: the listings of processes are children too
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
        finally:
            ended.set()
            sampler.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        text.seek(0)
        run = Run(process.returncode, text.read())
    largest, total = (round(peak, 1) for peak in peaks)
    return run, Usage(round(seconds, 3), round(used.ru_utime + used.ru_stime, 3), largest, total)


def _sample(pid: int, peaks: list[float], ended: threading.Event) -> None:
    while not ended.wait(SAMPLE_SECONDS):
        listing = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
        sizes = resident_mb(listing, pid)
        peaks[:] = max([peaks[0], *sizes]), max(peaks[1], sum(sizes))


def resident_mb(listing: str, pid: int) -> list[float]:
    """The resident memory of a process and of all below it, out of lines of pid, parent and KB."""
    rows = [tuple(map(int, line.split())) for line in listing.splitlines()]
    below = {pid}
    while more := {child for child, parent, _ in rows if parent in below} - below:
        below |= more
    return [kb / 1024 for process, _, kb in rows if process in below]
