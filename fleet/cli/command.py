"""The `fleet` command: a row a subcommand, a module each in commands/.

A subcommand's module has `arguments(parser)` and `run(options) -> int` (the exit code), and is imported only when it is
asked for: a check of the task list must not wait for botocore.
"""

import argparse
import importlib
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

COMMANDS: Mapping[str, str] = {
    "status": "how every task stands: what is approved, what serves, and why they differ",
    "validate": "check the task list, without AWS; with --registry, also what it names",
    "register": "make a model of MLflow a version of a task's group, with its evaluation",
    "init": "write a first task list from the Model Registry",
    "versions": "a task's versions, or two of them side by side: figures, parameters, who decided",
    "approve": "approve a version, with a reason, after a look at how it compares with what serves",
    "reject": "reject a version, with a reason; of one that serves, say what the next run does",
    "history": "what happened to a task's versions: registered, approved by whom, deployed, rolled back",
    "compare": "champion and challengers side by side: calls, errors, latency, and a verdict",
    "cost": "what the fleet costs a month by what CloudWatch has observed, and whether serverless is still right",
    "prices": "the prices that the estimate goes by; with --refresh, read them from the AWS Price List",
    "alarms": "the stack's alarms: their state, since when, and why; worst first",
    "report": "one page for people: status, versions, calls, cost, A/B tests and alarms, as HTML",
    "orphans": "list what carries this stack's tags, is not in its state and serves nobody",
    "adopt": "take over an existing endpoint of another maker, without downtime",
    "iam": "the policy of IAM that somebody needs for this stack: deployer, preview, operator and others",
    "promote": "pin a task to the version that one of its challengers serves, in the task list",
}


class CommandError(Exception):
    """A command cannot do its work: one clear sentence, exit code 1."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")  # not 2: to `fleet status` that means "not up to date"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; gives the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _Parser(prog="fleet", usage="fleet COMMAND [OPTION ...]", epilog=_listing())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    name = parser.parse_args(given[:1]).command
    command = importlib.import_module(f"fleet.cli.commands.{name}")
    own = _Parser(prog=f"fleet {name}", description=COMMANDS[name])
    command.arguments(own)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, so that temporary files are removed
    try:
        return int(command.run(own.parse_intermixed_args(given[1:])))
    except CommandError as error:
        print(f"fleet {name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _listing() -> str:
    width = max(map(len, COMMANDS))
    return "commands:\n" + "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
