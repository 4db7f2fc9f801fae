"""A stack's runs and commands with no more rights than `fleet iam` prints for those who do them."""

import argparse
from collections.abc import Mapping
from typing import Any

from fleet.cli import stack as configuration
from fleet.cli.commands import iam
from fleet.iam import roles
from fleet.iam.site import Site
from sandbox.lab.stack import Stack

SESSION = "ci"
# The sandbox's state lies in a folder: of S3 and KMS nothing is asked.
STATE = ("--state", "file://", "--state-key", "passphrase")


def site(stack: Stack, *options: str) -> Site:
    """The stack as its policies name it."""
    parser = argparse.ArgumentParser()
    iam.arguments(parser)
    config = configuration.read_files(stack.name, stack.folder)
    return iam.site_of(config, parser.parse_args(["deployer", *STATE, *options]))


def policy(stack: Stack, role: str, *options: str) -> Mapping[str, Any]:
    """What `fleet iam` prints for a role of this stack."""
    return roles.document(role, site(stack, *options))


def held(stack: Stack, role: str, *policies: Mapping[str, Any]) -> dict[str, str]:
    """The variables with which a process is a session of that role, held to its policy or to those that are given."""
    stack.sandbox.role(role, stack.sandbox.account, policies=policies or [policy(stack, role)])
    return stack.sandbox.credentials(role, SESSION)
