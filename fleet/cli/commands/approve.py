"""`fleet approve TASK VERSION`: approve a version, with a reason. The next `pulumi up` deploys it."""

import argparse

from fleet.cli import decision
from fleet.evidence.facts import APPROVED


def arguments(parser: argparse.ArgumentParser) -> None:
    decision.arguments(parser)


def run(options: argparse.Namespace) -> int:
    return decision.run(options, APPROVED)
