"""What the team does at its keyboard. Each step is told and checked; the first that goes wrong ends the demo."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import count
from textwrap import wrap

from fleet.cli.report import NOT_UP_TO_DATE
from sandbox.inference.models import dataset
from sandbox.lab import rights
from sandbox.lab.folder import PROJECT, ROOT
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Run, Running, Stack

TASK = "urgency"
TEXT = "Please move my appointment to the week after next."  # version 1 gets it wrong, version 2 right
PARAMETERS = f"/{PROJECT}/sandbox"
ON_CALL = "on-call@example.com"
MONITORING = ("cloudwatch", "events", "sns")  # services
PROGRESS_SECONDS = 1.0
SHOWN_ANSWERS = 3
SHOWN_COSTS = 5  # lines of the table, its head among them
MAIL_WIDTH = 110  # characters
MINUTE = 60  # seconds


class NotAsItShouldBe(Exception):
    """A step went otherwise than promised."""


class Team:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.stack = Stack(sandbox, alertEmails=[ON_CALL])
        self.stack.deployer = rights.held(self.stack, "deployer")
        self.stack.operator = rights.held(self.stack, "operator")
        self.consumer = {**self.stack.env, **rights.held(self.stack, "consumer")}
        self.chapters = count(1)

    def chapter(self, title: str) -> None:
        print(f"\n{next(self.chapters)}. {title}", flush=True)

    def preview(self, expected: str) -> None:
        say("$ pulumi preview")
        run = self.stack.preview()
        self.tell(run, expected)
        said = [line.strip() for line in run.text.splitlines() if line.strip().startswith("cost: ")]
        check(len(said) == 1, "it says in one line what the fleet costs", run.text)
        say(f"    {said[0]}")

    def read_prices(self) -> None:
        say("$ fleet prices --refresh")
        run = self.stack.fleet("prices", "--refresh")
        check(run.ok, "the price list of the Region is read", run.text)
        say(f"    {run.text.splitlines()[-1]}")

    def cost(self) -> None:
        say("$ fleet cost")
        run = self.stack.fleet("cost")
        check(run.ok, "what each task costs is told", run.text)
        lines = [line.rstrip() for line in run.text.splitlines()]
        end = next(number for number, line in enumerate(lines) if " USD a month in " in line)
        check(lines[1].startswith("toxicity "), "what is called most is on top", run.text)
        for line in (*lines[:SHOWN_COSTS], f"... and {end - SHOWN_COSTS} more", *filter(None, lines[end:])):
            say(f"    {line}")

    def destroy(self) -> None:
        say("$ pulumi destroy")
        self.tell(self.stack.destroy())

    def status(self, expected: str) -> None:
        since = self.sandbox.mark()
        say("$ fleet status")
        run = self.stack.fleet("status")
        lines = [line.rstrip() for line in run.text.splitlines()]
        as_promised = run.code == NOT_UP_TO_DATE and expected in lines
        check(as_promised, f"exit code {NOT_UP_TO_DATE}, and it says: {expected}", run.text)
        head, first, *others = lines[: lines.index(expected)]
        for line in (*without(("AGE",), head, first), f"... and {len(others)} more", expected):
            say(f"    {line}")
        check(first.startswith(TASK), f"{TASK} is on top")
        check(not self.sandbox.mutations(since), "nothing is changed")

    def up(self, expected: str, changes: Sequence[str] = (), watched: Sequence[str] = ()) -> None:
        """A run; `changes` and `watched` are the calls that change AWS, those of monitoring apart. Without: any."""
        since = self.sandbox.mark()
        say("$ pulumi up")
        self.tell(self.watch(self.stack.start_up()), expected)
        calls = self.sandbox.mutations(since)
        if not changes:
            say(f"calls that changed AWS: {len(calls)}")
            return
        made = [[call.operation for call in calls if (call.service in MONITORING) is of] for of in (False, True)]
        for what, wanted in (("calls that changed AWS", changes), ("calls of monitoring", watched)):
            say(f"{what}: {', '.join(dict.fromkeys(wanted))}")
        # Counted: the engine deletes in no certain order.
        as_promised = [Counter(operations) for operations in made] == [Counter(changes), Counter(watched)]
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

    def confirm(self) -> None:
        check(self.sandbox.confirm(ON_CALL) == 1, f"{ON_CALL} has a mail to confirm")
        say(f"{ON_CALL}, the address in alertEmails, confirms that it wants to be told")

    def fail(self) -> None:
        """Half of the calls, for a quarter of an hour."""
        for _ in range(3):
            self.sandbox.record_invocations(TASK, count=20, errors_5xx=10)
            self.sandbox.move_clock(5 * MINUTE)

    def alarms(self, code: int, expected: str) -> None:
        say("$ fleet alarms")
        run = self.stack.fleet("alarms")
        head, first, *others, total = [line.rstrip() for line in run.text.splitlines()]
        check(run.code == code and total == expected, f"exit code {code}, and it says: {expected}", run.text)
        for line in (*without(("FOR", "REASON"), head, first), f"... and {len(others)} more", total):
            say(f"    {line}")

    def mail(self, since: int, state: str, words: str) -> None:
        """The one mail that came since, as its reader sees it: a subject, and what the alarm says of itself."""
        came = [message for message in self.sandbox.outbox()[since:] if message.to]
        check([message.to for message in came] == [(ON_CALL,)], f"one mail comes, to {ON_CALL}", str(came))
        subject, description = came[0].subject, json.loads(came[0].body)["AlarmDescription"]
        say(f"mail to {ON_CALL}: {subject}")
        for line in wrap(description, MAIL_WIDTH):
            say(f"    {line}")
        check(subject.startswith(f"{state}: "), f"it says that it is {state}", subject)
        check(words in description, f"it says: {words}", description)

    def call(self) -> str:
        answer = self.sandbox.invoke(TASK, {"text": TEXT})
        say(f'{TASK}("{TEXT}") -> {answer["label"]}   answered by {answer["model"]}')
        return str(answer["label"])

    def app(self) -> None:
        texts = self.sandbox.folder / "texts.txt"
        examples = [*dataset(TASK).training, *dataset(TASK).held_out]
        texts.write_text("\n".join(example.text for example in examples))
        say(f"$ python examples/app.py {TASK} {texts.name} --ssm {PARAMETERS}")
        command = [sys.executable, str(ROOT / "examples" / "app.py"), TASK, str(texts), "--ssm", PARAMETERS]
        done = subprocess.run(command, env=self.consumer, capture_output=True, text=True, check=False)
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


def say(line: str) -> None:
    print(f"   {line}", flush=True)


def without(heads: Sequence[str], *rows: str) -> list[str]:
    """Rows of a table without columns that differ in every run: the README's picture must not."""
    cells = [re.split(r" {2,}", row) for row in rows]
    columns = [column for column in zip(*cells, strict=True) if column[0] not in heads]
    padded = [[cell.ljust(max(map(len, column))) for cell in column] for column in columns]
    return ["  ".join(row).rstrip() for row in zip(*padded, strict=True)]


def check(true: bool, what: str, evidence: str = "") -> None:
    if not true:
        raise NotAsItShouldBe(f"{evidence}\n\nnot as it should be: {what}")
