"""From mlflow.log_* to a changed answer of the endpoint, and back: `make training-demo`.

Trains a classifier three times, tracked in a real MLflow server, and takes each version through registration, gate,
approval and deployment, each by who may do that and no more. Registry, S3 and endpoints are the sandbox's; nothing is
left behind. Every step is checked; the first that is not as it should be ends it with exit code 1. docs/mlflow.md
explains it.
"""

import contextlib
import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from sandbox.lab import rights
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Run, Stack

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TASK = "toxicity"
TEXTS = ROOT / "sandbox" / "inference" / "data" / f"{TASK}.csv"
BUCKET = "ml-artifacts"
ROLES = {"register": "trainer", "approve": "approver", "reject": "approver"}  # of commands; else operator
RECIPES = ("small", "good", "hasty")  # of train.py
HELD_OUT_EVERY = 4  # as there
START_SECONDS = 90
# Its queue of jobs is seven processes more, which nothing here needs.
QUIET = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


class NotAsItShouldBe(Exception):
    """A step went otherwise than promised."""


@contextlib.contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """A real MLflow server on SQLite, on a free port of this machine; gives its URI."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    stores = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "files")]
    with (folder / "mlflow.log").open("w") as log:
        server = subprocess.Popen(
            [*command, *stores], env={**os.environ, **QUIET}, stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
    try:
        _wait(f"http://127.0.0.1:{port}", server, folder / "mlflow.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=2):
            return
        time.sleep(0.2)
    raise NotAsItShouldBe(f"{log.read_text()[-2000:]}\n\nMLflow did not start")


class Team:
    """Those who train, approve, deploy and call."""

    def __init__(self, sandbox: Sandbox, tracking: str) -> None:
        self.sandbox = sandbox
        self.stack = Stack(sandbox, artifactBucket=BUCKET)
        self.roles = {role: rights.held(self.stack, role) for role in ("deployer", "operator", *ROLES.values())}
        self.stack.deployer = self.roles["deployer"]
        self.env = {**os.environ, **sandbox.env, **QUIET, "MLFLOW_TRACKING_URI": tracking}
        self.tracking = {"MLFLOW_TRACKING_URI": tracking}

    def train(self, recipe: str) -> str:
        """Gives the id of the run."""
        say(f"$ python examples/training/train.py {TEXTS.name} --recipe {recipe}")
        command = [sys.executable, str(HERE / "train.py"), str(TEXTS), "--recipe", recipe]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        check(done.returncode == 0, "the training succeeds", done.stdout + done.stderr)
        lines = done.stdout.splitlines()
        say(f"    {next(line for line in lines if line.startswith('accuracy'))}")
        return lines[-1]

    def fleet(self, *arguments: str, code: int = 0) -> Run:
        say(f"$ fleet {' '.join(arguments)}")
        role = self.roles[ROLES.get(arguments[0], "operator")]
        run = self.stack.fleet(*arguments, env={**self.tracking, **role})
        for line in run.text.splitlines():
            say(f"    {line.rstrip()}")
        check(run.code == code, f"exit code {code}, not {run.code}")
        return run

    def up(self, expected: str) -> None:
        say("$ pulumi up")
        run = self.stack.up()
        for line in (*run.standings, run.summary):
            say(f"    {line}")
        check(run.ok and run.summary == expected, f"the run says: {expected}", run.text)

    def labels(self, texts: list[str]) -> list[str]:
        """What the endpoint answers."""
        answers = self.sandbox.invoke(TASK, {"texts": texts})["answers"]
        return [answer["label"] for answer in answers]

    def serves(self, version: int) -> None:
        its = self.stack.outputs()[TASK]
        check(its["version"] == version, f"version {version} serves", json.dumps(its))


def play(team: Team) -> None:
    """The whole loop. Raises NotAsItShouldBe."""
    held_out = list(_held_out())
    texts = [text for _, text in held_out]

    chapter("A first version: trained, registered, approved, deployed, called")
    small, good, hasty = RECIPES
    first = team.train(small)
    team.fleet("register", TASK, "--run", first)
    again = team.fleet("register", TASK, "--run", first)
    check("is this model already" in again.text, "the same run is one version")
    team.fleet("approve", TASK, "1", "--reason", "the first one", "--as", "jane", "--yes")
    team.up("1 UP_TO_DATE")
    team.serves(1)
    before = team.labels(texts)

    chapter("A better one: compared before it is approved, and the answers change")
    team.fleet("register", TASK, "--run", team.train(good))
    team.up("1 UP_TO_DATE")
    team.serves(1)  # nobody has approved it yet
    compared = team.fleet("versions", TASK, "1", "2")
    check("f1_macro" in compared.text, "the figures are side by side")
    team.fleet("approve", TASK, "2", "--reason", "fewer false alarms", "--as", "jane", "--yes")
    team.up("1 UP_TO_DATE")
    team.serves(2)
    after = team.labels(texts)
    mended = [
        (text, old, new) for (label, text), old, new in zip(held_out, before, after, strict=True) if new == label != old
    ]
    check(bool(mended), "a text that version 1 got wrong, version 2 gets right")
    text, old, new = mended[0]
    say(f'{TASK}("{text}"): {old} before, {new} now; {len(mended)} of {len(texts)} held-out texts were mended')

    chapter("A worse one is approved in a hurry: the gate holds it, with the figures")
    team.fleet("register", TASK, "--run", team.train(hasty))
    team.fleet("approve", TASK, "3", "--reason", "it is Friday", "--as", "jane", "--yes")
    team.up("1 OUT_OF_DATE")
    team.serves(2)
    team.fleet("reject", TASK, "3", "--reason", "worse than version 2", "--as", "jane", "--yes")
    team.up("1 UP_TO_DATE")

    chapter("Version 2 is rejected after all: the endpoint is back on version 1, and answers as it did")
    team.fleet("reject", TASK, "2", "--reason", "misses slang", "--as", "jane", "--yes")
    team.up("1 UP_TO_DATE")
    team.serves(1)
    check(team.labels(texts) == before, "every answer is version 1's again")
    say("every held-out text is answered as before")
    history = team.fleet("history", TASK)
    check(history.text.count("  registered  ") == len(RECIPES), "every registration is in the history")


def _held_out() -> Iterator[tuple[str, str]]:
    """The texts that train.py holds out: of each label every fourth."""
    seen: dict[str, int] = {}
    with TEXTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            seen[row["label"]] = seen.get(row["label"], 0) + 1
            if seen[row["label"]] % HELD_OUT_EVERY == 0:
                yield row["label"], row["text"]


def chapter(title: str) -> None:
    print(f"\n{title}", flush=True)


def say(line: str) -> None:
    print(f"   {line}", flush=True)


def check(true: bool, what: str, evidence: str = "") -> None:
    if not true:
        raise NotAsItShouldBe(f"{evidence}\n\nnot as it should be: {what}")


def main() -> int:
    print("Starting AWS and MLflow on this machine; both are gone when this ends.")
    print(
        "Each acts with the rights alone that `fleet iam` prints: who trains, who approves, what deploys.", flush=True
    )
    folder = Path(tempfile.mkdtemp())
    try:
        with (
            mlflow_server(folder) as tracking,
            Sandbox.start(folder / "aws", name="training", tasks=HERE / "tasks.yaml") as sandbox,
        ):
            s3 = sandbox.client("s3")
            s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": sandbox.region})
            sandbox.client("sagemaker").create_model_package_group(ModelPackageGroupName=TASK)
            play(Team(sandbox, tracking))
    except NotAsItShouldBe as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("\nAll of it went as it should.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
