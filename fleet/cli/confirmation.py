"""Ask before something is changed."""

import argparse
import sys

from fleet.cli.command import CommandError


def add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask; needed where there is no terminal")


def confirmed(question: str, *, yes: bool) -> bool:
    """True where a person agrees, or said --yes. Raises CommandError where there is nobody to ask."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise CommandError("there is no terminal to ask on: nothing was changed; add --yes to go ahead")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
