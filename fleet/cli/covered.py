"""Whether a run has come since an approval, so that another one would find nothing new.

For CI that does not put the runs of a burst together: there each event waits for its turn, asks this, and all but the
first two find that they are covered. CI calls it as `python -m fleet.cli.covered`; its exit code is 0 where one has
come, and 3 where none has, or it cannot be found out.
"""

import argparse
import sys
from datetime import UTC, datetime

from fleet.cli import history
from fleet.cli.command import CommandError
from fleet.cli.history import Run

COVERED, NOT_COVERED = 0, 3


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m fleet.cli.covered", description=__doc__)
    parser.add_argument("--stack", required=True, metavar="NAME")
    parser.add_argument("--since", required=True, type=time, metavar="TIME", help="ISO 8601, e.g. 2027-01-31T10:00:00Z")
    options = parser.parse_args(arguments)
    try:
        run = history.last(options.stack)
    except CommandError as error:
        print(f"covered: {error}", file=sys.stderr)
        return NOT_COVERED
    if not covers(run, options.since):
        return NOT_COVERED
    print(f"nothing to do: the run of {run.began:%Y-%m-%d %H:%M:%S} UTC began after {options.since:%H:%M:%S}")
    return COVERED


def time(text: str) -> datetime:
    """A time, in UTC where it says no zone. Raises ValueError."""
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def covers(run: Run, since: datetime) -> bool:
    """Whether that run has asked the registry after this time.

    One that failed counts too: whoever is told of it acts, and the schedule tries again. Else a burst of events would
    be as many runs for as long as something fails.
    """
    return run.kind == "update" and run.ended is not None and run.began > since


if __name__ == "__main__":
    sys.exit(main())
