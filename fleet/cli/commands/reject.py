"""`fleet reject TASK VERSION`: reject a version, with a reason. Of one that serves, the next `pulumi up` goes back."""

import argparse

from fleet.cli import decision
from fleet.evidence.facts import REJECTED


def arguments(parser: argparse.ArgumentParser) -> None:
    decision.arguments(parser)


def run(options: argparse.Namespace) -> int:
    return decision.run(options, REJECTED)
