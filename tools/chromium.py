"""See that there is a chromium, in which tests look at the page of `fleet report`: on PATH, else Debian's package.

Where it cannot be installed this says what to do and ends well: everything else works without, and those tests fail.
"""

import os
import shutil
import subprocess
import sys

PROGRAM = "chromium"
COMMANDS = (("apt-get", "update", "-qq"), ("apt-get", "install", "-qq", "-y", "--no-install-recommends", PROGRAM))


def main() -> int:
    print(provide(), flush=True)
    return 0


def provide() -> str:
    """What came of it, in a sentence."""
    if shutil.which(PROGRAM):
        return f"{PROGRAM} is ready"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return without("only root can, and with apt-get" if shutil.which("apt-get") else "there is no apt-get")
    print(f"installing Debian's package {PROGRAM} (about a minute) ...", flush=True)
    for command in COMMANDS:
        done = subprocess.run(
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            said = done.stdout.strip().splitlines() or [f"exit code {done.returncode}"]
            return without(f"{' '.join(command)}: {said[-1]}")
    return f"{PROGRAM} is ready (installed)" if shutil.which(PROGRAM) else without("it is not on PATH afterwards")


def without(why: str) -> str:
    return f"{PROGRAM} is missing and was not installed ({why}): install it, else the tests of the report's page fail"


if __name__ == "__main__":
    sys.exit(main())
