"""The command line: `python -m sandbox start|stop|list|seed`. What it does is in processes.py and handle.py."""

import argparse
import shlex
import sys
from pathlib import Path

from sandbox.aws.world import FIRST_ACCOUNT
from sandbox.lab.folder import ENVIRONMENT, RECORD, TASKS, Running, groups
from sandbox.lab.handle import Sandbox
from sandbox.lab.processes import SandboxError, alive, halt
from sandbox.lab.stack import Stack


def start(arguments: argparse.Namespace) -> None:
    folder: Path = arguments.folder / arguments.name
    running = Running.read(folder)
    if running and alive(running):
        print(f"sandbox {arguments.name!r} already runs at {running.url}")
    else:
        sandbox = Sandbox.start(
            folder, name=arguments.name, tasks=arguments.tasks, detached=True, account=arguments.account
        )
        print(f"sandbox {arguments.name!r} runs at {sandbox.url}, models at {sandbox.running.inference_url}")
        if arguments.seed:
            seed(arguments)
        Stack(sandbox)
    print(f"source {shlex.quote(str(folder / ENVIRONMENT))} && cd {shlex.quote(str(folder))}")


def seed(arguments: argparse.Namespace) -> None:
    """One approved version of every group of the sandbox's copy of the task list."""
    folder: Path = arguments.folder / arguments.name
    versions = Sandbox.open(folder).seed({group: [{}] for group in groups(folder / TASKS)})
    print(f"registered and approved one version each of {len(versions)} model package groups")


def stop(arguments: argparse.Namespace) -> None:
    folder: Path = arguments.folder / arguments.name
    running = Running.read(folder)
    if running is None:
        print(f"no sandbox {arguments.name!r}")
        return
    halt(folder, running)
    if not any(arguments.folder.iterdir()):
        arguments.folder.rmdir()
    print(f"sandbox {arguments.name!r} stopped")


def list_(arguments: argparse.Namespace) -> None:
    for record in sorted(arguments.folder.glob(f"*/{RECORD}")):
        if running := Running.read(record.parent):
            print(f"{running.name}  {running.url}  {'running' if alive(running) else 'dead'}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="AWS on this machine, for the fleet.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command, act, text in (
        ("start", start, "start a sandbox, and print the line to source"),
        ("seed", seed, "one approved model version for every task"),
        ("stop", stop, "stop a sandbox and remove its folder"),
        ("list", list_, "the sandboxes here"),
    ):
        its = commands.add_parser(command, help=text)
        its.set_defaults(act=act)
        its.add_argument("--folder", type=Path, default=Path(".sandbox"), help="of all sandboxes; default .sandbox")
        its.add_argument("--name", default="default", help="default: default")
        if command == "start":
            its.add_argument("--tasks", type=Path, default=Path("tasks.yaml"), help="task list; default tasks.yaml")
            its.add_argument("--account", default=FIRST_ACCOUNT, help=f"that it plays; default {FIRST_ACCOUNT}")
            its.add_argument("--seed", action="store_true", help="seed as well")
    arguments = parser.parse_args()
    try:
        arguments.act(arguments)
    except (SandboxError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
