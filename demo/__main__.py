"""The whole product at work, on this machine: `make demo`.

Plays some weeks of a team that owns 22 classifiers, on the real engine, in a sandbox of its own. Every step is checked;
the first that is not as it should be ends the demo with exit code 1.
"""

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

from demo import chapters
from demo.team import NotAsItShouldBe, Team
from demo.transcript import Transcript, paste
from sandbox.lab.handle import Sandbox


def play() -> None:
    """Play it in a sandbox that is gone afterwards. Raises NotAsItShouldBe."""
    print("Starting AWS on this machine: a sandbox of its own, gone when the demo ends.", flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox.start(Path(folder) / "aws", name="demo", create_seconds=1.5, update_seconds=1.0) as sandbox,
    ):
        team = Team(sandbox)
        print("Each acts with the rights alone that `fleet iam` prints: runs, `fleet` commands and the app.")
        chapters.play(team)
    print("\nAll of it went as it should. Everything is stopped.")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description="The whole product at work.")
    parser.add_argument("--paste", type=Path, metavar="README", help="put the picture of it into this file as well")
    arguments = parser.parse_args()
    transcript = Transcript(sys.stdout)
    try:
        with contextlib.redirect_stdout(transcript):
            play()
    except NotAsItShouldBe as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.paste:
        paste(transcript.getvalue(), arguments.paste)
    return 0


if __name__ == "__main__":
    sys.exit(main())
