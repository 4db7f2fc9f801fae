"""`fleet register TASK`: a model of MLflow becomes a version of the task's group, which somebody else approves.

Changes the registry and a bucket: one model package, an archive and a report. What serves stays as it is.
"""

import argparse
import json
import os
import sys

from fleet.cli import aws, task_list
from fleet.cli.command import CommandError
from fleet.cli.stack import StackConfig, add_stack, read, selected
from fleet.registration import Registered, RegistrationError, register
from fleet.tasks.model import Task

# MLflow's own are 120 seconds and 7 tries, four minutes of silence; and a bar of its own for each file.
MLFLOW = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="the task")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", metavar="ID", default="", help="the MLflow run that logged the model")
    source.add_argument(
        "--model-uri",
        metavar="URI",
        default="",
        help="or models:/NAME/VERSION, models:/NAME@ALIAS, models:/m-…",
    )
    parser.add_argument("--model", metavar="NAME", default="", help="which model, where the run logged several")
    parser.add_argument("--image", metavar="URI", help="the container image that runs it; default: the task's `image`")
    parser.add_argument(
        "--bucket", metavar="NAME", help="S3 bucket for its archive; default: the stack's `artifactBucket`"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    add_stack(parser)


def run(options: argparse.Namespace) -> int:
    if options.model and not options.run:
        raise CommandError("--model names one of several models of a --run; a model URI names one already")
    config = read(selected(options.stack))
    task = task_list.one(config, options.task)
    image, bucket = _image(config, task, options.image), _bucket(config, options.bucket)
    aws.sagemaker(config)  # the account and the Region are those that the stack allows
    for name, value in MLFLOW.items():
        os.environ.setdefault(name, value)
    progress = Shown(task.name)
    try:
        found = register(
            task.group,
            image=image,
            bucket=bucket,
            run=options.run,
            model=options.model,
            model_uri=options.model_uri,
            gated=[task.gate.metric] if task.gate else [],
            access=config.access,
            progress=progress.show,
        )
    except RegistrationError as error:
        raise CommandError(f"{task.name}: {error}") from None
    finally:
        progress.end()
    _say(task, found, as_json=options.json)
    return 0


def _image(config: StackConfig, task: Task, given: str | None) -> str:
    if image := given or task.image:
        return image
    where = f"set `image` of {task.name} in {config.tasks}, or give --image"
    raise CommandError(f"{task.name}: which container image runs the model is never guessed; {where}")


def _bucket(config: StackConfig, given: str | None) -> str:
    if bucket := given or config.own.get("artifactBucket"):
        return bucket
    raise CommandError("no bucket is named; run `pulumi config set artifactBucket <bucket>`, or give --bucket")


def _say(task: Task, found: Registered, *, as_json: bool) -> None:
    for warning in found.warnings:
        print(f"warning: {task.name}: {warning}", file=sys.stderr)
    if as_json:
        content = {"schema": 1, "package": found.package, "version": found.version, "created": found.created}
        print(json.dumps({**content, "warnings": list(found.warnings)}, indent=2))
        return
    if not found.created:
        print(f"{task.name}: version {found.version} is this model already; nothing was changed: {found.package}")
        return
    print(f"{task.name}: version {found.version} registered, PendingManualApproval: {found.package}")
    approve = f"fleet approve {task.name} {found.version} --reason …"
    print(f"next: `fleet versions {task.name}` compares it, `{approve}` approves it")


class Shown:
    """How far it is, on stderr: one line that changes on a terminal, elsewhere a line for each step."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._step = ""
        self._open = False

    def show(self, step: str, done: int, total: int) -> None:
        """Bytes done of bytes in all; 0 of 0 where that is not known."""
        is_new, self._step = step != self._step, step
        if sys.stderr.isatty():
            share = f": {done / 1e6:.1f} of {total / 1e6:.1f} MB" if total else ""
            print(f"\r\033[K{self._task}: {step}{share}", end="", file=sys.stderr, flush=True)
            self._open = True
        elif is_new:
            size = f" ({total / 1e6:.1f} MB)" if total else ""
            print(f"{self._task}: {step}{size}", file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._open:
            print(file=sys.stderr)
