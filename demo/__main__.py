"""The whole product at work, on this machine: `make demo`.

Plays some weeks of a team that owns 22 classifiers, on the real engine, in a sandbox of its own. Every step is checked;
the first that is not as it should be ends the demo with exit code 1.
"""

import argparse
import contextlib
import io
import re
import subprocess
import sys
import tempfile
from collections import Counter
from itertools import count
from pathlib import Path
from textwrap import indent
from typing import TextIO

import yaml

from fleet.cli.report import NOT_UP_TO_DATE
from sandbox.inference.models import dataset
from sandbox.lab.callers import THREADS, Callers
from sandbox.lab.folder import PROJECT, ROOT, groups
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Run, Running, Stack

TASK = "urgency"
TEXT = "Please move my appointment to the week after next."  # version 1 gets it wrong, version 2 right
TRIAL = """\
    pin: {version: 1, reason: while 3 is tried, owner: customer-support, until: 2099-12-31}
    variants: {challenger: {weight: 0.4}}
"""
REMOVED = "sarcasm"
PROGRESS_SECONDS = 1.0
SHOWN_ANSWERS = 3

APPROVED = "It is approved"
SAME_CALL = "The same call to the same endpoint"
TRIED = "Version 2 was rejected. Version 3 is tried beside version 1: a challenger, for 40 % of the callers"
PROMOTED = "The challenger is promoted, and leaves"
PARAMETERS = f"/{PROJECT}/sandbox"
PICTURE = (APPROVED, SAME_CALL, TRIED, PROMOTED)  # the chapters that the README shows

BEGIN, END = "<!-- demo: pasted by `make readme` -->", "<!-- demo: end -->"


class NotAsItShouldBe(Exception):
    """A step went otherwise than promised."""


class Transcript(io.StringIO):
    """Remembers what is printed, and prints it."""

    def __init__(self, out: TextIO) -> None:
        super().__init__()
        self.out = out

    def write(self, text: str) -> int:
        self.out.write(text)
        self.out.flush()
        return super().write(text)


class Demo:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.stack = Stack(sandbox)
        self.groups = groups(ROOT / "tasks.yaml")
        self.chapters = count(1)

    def play(self) -> None:
        fleet = len(self.groups)

        self.chapter(f"A first version of {fleet} models is registered and approved")
        self.sandbox.seed({group: [{"approval": "Approved"}] for group in self.groups})
        say(f"{fleet} model package groups in the Model Registry, one approved version each; no endpoint yet")

        self.chapter("What would be deployed?")
        self.preview(f"{fleet} NOT_DEPLOYED")

        self.chapter("Deploy the fleet")
        self.up(f"{fleet} UP_TO_DATE")
        check(set(self.sandbox.endpoints().values()) == {"InService"}, "every endpoint is in service")

        self.chapter("An app calls an endpoint")
        first = self.call()

        self.chapter(f"Version 2 of {TASK} is registered; until somebody approves it, nothing moves")
        self.sandbox.register(TASK, approval="PendingManualApproval")
        self.preview(f"{fleet} UP_TO_DATE")

        self.chapter(APPROVED)
        self.sandbox.approve(TASK, 2)
        self.status(f"{fleet - 1} UP_TO_DATE, 1 OUT_OF_DATE")
        self.up(f"{fleet} UP_TO_DATE", ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint", "PutParameter"])

        self.chapter(SAME_CALL)
        check(self.call() != first, "the answer is another one")

        self.chapter("Version 2 is rejected after all: the fleet goes back")
        self.sandbox.reject(TASK, 2)
        self.up(f"{fleet} UP_TO_DATE", ["UpdateEndpoint", "PutParameter"])
        check(self.call() == first, "the first answer is back")

        self.test_two_versions()

        self.chapter(f"{REMOVED} leaves the task list")
        tasks = yaml.safe_load(self.stack.task_list.read_text())
        del tasks["tasks"][REMOVED]
        self.stack.task_list.write_text(yaml.safe_dump(tasks, sort_keys=False))
        gone = ["DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel", "DeleteParameter"]
        self.up(f"{fleet - 1} UP_TO_DATE", gone)
        check(REMOVED not in self.sandbox.endpoints(), f"{REMOVED} is gone, the others serve")

        self.chapter("Tear everything down")
        say("$ pulumi destroy")
        self.tell(self.stack.destroy())
        check(not self.sandbox.models() | set(self.sandbox.endpoints()), "nothing is left in the account")
        check(not self.sandbox.harm(), "nothing that served was deleted before its endpoint, in all these runs")

    def test_two_versions(self) -> None:
        fleet = len(self.groups)
        with Callers(self.sandbox, PARAMETERS, TASK, {"text": TEXT}, pause_seconds=0.5) as callers:
            self.chapter(TRIED)
            self.sandbox.register(TASK)
            written = self.stack.task_list.read_text()
            self.stack.task_list.write_text(written.replace(f"  {TASK}:\n", f"  {TASK}:\n{TRIAL}"))
            for line in TRIAL.splitlines():
                say(f"    +{line}")
            self.up(f"{fleet} UP_TO_DATE", ["CreateModel", "CreateEndpointConfig", "CreateEndpoint", "PutParameter"])
            self.app()

            self.chapter("How do the two compare?")
            self.compare()

            self.chapter(PROMOTED)
            self.promote()
            moved = ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint", "PutParameter"]
            gone = ["DeleteEndpoint", *["DeleteEndpointConfig", "DeleteModel"] * 2]  # the challenger's, and version 2's
            self.up(f"{fleet} UP_TO_DATE", [*moved, *gone])
            check(f"{TASK}-challenger" not in self.sandbox.endpoints(), "the challenger is gone")
        check(not callers.errors, "no call fails", str(callers.errors[:3]))
        say(f"{THREADS} other apps called {TASK} all the while: no call failed")
        check({given.variant for _, given in callers.answers} == {"champion", "challenger"}, "both have answered")

    def app(self) -> None:
        texts = self.sandbox.folder / "texts.txt"
        examples = [*dataset(TASK).training, *dataset(TASK).held_out]
        texts.write_text("\n".join(example.text for example in examples))
        say(f"$ python examples/app.py {TASK} {texts.name} --ssm {PARAMETERS}")
        command = [sys.executable, str(ROOT / "examples" / "app.py"), TASK, str(texts), "--ssm", PARAMETERS]
        done = subprocess.run(command, env=self.stack.env, capture_output=True, text=True, check=False)
        check(done.returncode == 0, "every text is answered", done.stdout + done.stderr)
        answers, _, sums = done.stdout.rstrip().partition("\n\n")
        for line in (*answers.splitlines()[:SHOWN_ANSWERS], *sums.splitlines()):
            say(f"    {line}")
        check(len(sums.splitlines()) == 2, "champion and challenger answer", done.stdout)

    def compare(self) -> None:
        say(f"$ fleet compare {TASK} --minimum 100")
        run = self.stack.fleet("compare", TASK, "--minimum", "100")
        for line in run.text.splitlines():
            say(f"    {line.rstrip()}")
        check(run.ok and "challenger: no difference seen" in run.text, "neither fails more", run.text)

    def promote(self) -> None:
        say(f"$ fleet promote {TASK} challenger --until 2099-12-31")
        run = self.stack.fleet("promote", TASK, "challenger", "--until", "2099-12-31")
        check(run.ok, "the task list is edited", run.text)
        for line in run.text.splitlines():
            if re.match(r"[+-] ", line):
                say(f"    {line}")

    def chapter(self, title: str) -> None:
        print(f"\n{next(self.chapters)}. {title}", flush=True)

    def preview(self, expected: str) -> None:
        say("$ pulumi preview")
        self.tell(self.stack.preview(), expected)

    def status(self, expected: str) -> None:
        since = self.sandbox.mark()
        say("$ fleet status")
        run = self.stack.fleet("status")
        lines = [line.rstrip() for line in run.text.splitlines()]
        as_promised = run.code == NOT_UP_TO_DATE and expected in lines
        check(as_promised, f"exit code {NOT_UP_TO_DATE}, and it says: {expected}", run.text)
        head, first, *others = lines[: lines.index(expected)]
        for line in (*without_age(head, first), f"... and {len(others)} more", expected):
            say(f"    {line}")
        check(first.startswith(TASK), f"{TASK} is on top")
        check(not self.sandbox.mutations(since), "nothing is changed")

    def up(self, expected: str, changes: list[str] | None = None) -> None:
        since = self.sandbox.mark()
        say("$ pulumi up")
        self.tell(self.watch(self.stack.start_up()), expected)
        made = [call.operation for call in self.sandbox.mutations(since)]
        say(f"calls that changed AWS: {', '.join(dict.fromkeys(changes)) if changes else len(made)}")
        as_promised = changes is None or Counter(made) == Counter(changes)  # what goes, goes in no certain order
        check(as_promised, f"these and no other calls change AWS; it was {made}")

    def watch(self, running: Running) -> Run:
        told = ""
        while not (run := running.ended(PROGRESS_SECONDS)):
            statuses = list(self.sandbox.endpoints().values())
            now = f"{statuses.count('InService')} of {len(statuses)} endpoints in service"
            if statuses and now != told:
                say(f"... {now}")
            told = now
        return run

    def tell(self, run: Run, expected: str = "") -> None:
        for line in [*run.standings, run.summary]:
            if line:
                say(f"    {line}")
        check(run.ok, "the run succeeds", run.text)
        check(run.summary == expected or not expected, f"the run says: {expected}", run.text)

    def call(self) -> str:
        answer = self.sandbox.invoke(TASK, {"text": TEXT})
        say(f'{TASK}("{TEXT}") -> {answer["label"]}   answered by {answer["model"]}')
        return str(answer["label"])


def say(line: str) -> None:
    print(f"   {line}", flush=True)


def without_age(*rows: str) -> list[str]:
    """Rows of the table without a column that differs in every run: the README's picture must not."""
    cells = [re.split(r" {2,}", row) for row in rows]
    age = cells[0].index("AGE")
    columns = [column for number, column in enumerate(zip(*cells, strict=True)) if number != age]
    padded = [[cell.ljust(max(map(len, column))) for cell in column] for column in columns]
    return ["  ".join(row).rstrip() for row in zip(*padded, strict=True)]


def check(true: bool, what: str, evidence: str = "") -> None:
    if not true:
        raise NotAsItShouldBe(f"{evidence}\n\nnot as it should be: {what}")


def play() -> None:
    """Play it in a sandbox that is gone afterwards. Raises NotAsItShouldBe."""
    print("Starting AWS on this machine: a sandbox of its own, gone when the demo ends.", flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox.start(Path(folder) / "aws", name="demo", create_seconds=1.5, update_seconds=1.0) as sandbox,
    ):
        Demo(sandbox).play()
    print("\nAll of it went as it should. Everything is stopped.")


def paste(transcript: str, readme: Path) -> None:
    """Put the chapters that show a new version into the README, so that its picture cannot rot."""
    lines = [line for line in transcript.splitlines() if not line.startswith("   ... ")]
    chapters = re.split(r"^\d+\. ", "\n".join(lines), flags=re.MULTILINE)
    shown = [chapter.strip() for chapter in chapters if chapter.startswith(PICTURE)]
    picture = indent("\n\n".join(shown), "    ")
    before, _, rest = readme.read_text().partition(BEGIN)
    readme.write_text(f"{before}{BEGIN}\n{picture}\n{END}{rest.partition(END)[2]}")


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
