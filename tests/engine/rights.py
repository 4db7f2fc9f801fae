"""The rights of the whole suite: with --rights every run is the deployer's and every command the operator's.

What they ask beyond their policies is recorded, not refused, so that each test is as without it. At the end of the
session it is told, with what of the deployer's policy nobody asked for: either ends the session red.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from fleet.cli.command import CommandError
from sandbox.lab import rights
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Stack

ROLES = ("deployer", "operator")
# Permissions that no run in a sandbox asks for: its state lies in a folder, not in S3
OF_THE_STATE = ("s3:", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")


@dataclass
class Record:
    """What one process has seen."""

    is_on: bool = False
    is_paused: bool = False  # while a test gives its runs rights of their own
    asked: set[str] = field(default_factory=set)  # actions of the deployer
    granted: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)  # a line each: the test, who, what

    def renew(self, stack: Stack) -> None:
        """The rights that the stack's configuration gives now; those of before where it cannot be used."""
        if not self.is_on or self.is_paused:
            return
        try:
            policies = {role: rights.policy(stack, role) for role in ROLES}
        except CommandError:
            return
        stack.sandbox.settings(policies_are_recorded=True)
        stack.deployer, stack.operator = (rights.held(stack, role, policies[role]) for role in ROLES)
        statements = policies["deployer"]["Statement"]
        self.granted |= {action for one in statements for action in listed(one["Action"])}

    def note(self, test: str, sandbox: Sandbox) -> None:
        """What a test's runs and commands have asked."""
        if not self.is_on:
            return
        for call in sandbox.calls():
            who = call.caller.split("/")[1] if ":assumed-role/" in call.caller else ""
            if who not in ROLES:
                continue
            self.asked |= {need["action"] for need in call.allowed if who == "deployer"}
            more = {f"{need['action']} on {need['resource']}" for need in call.allowed if not need["by"]}
            self.refused += [f"{test}: the {who} asked {one}" for one in sorted(more)]

    def unasked(self) -> list[str]:
        return sorted(action for action in self.granted - self.asked if not action.startswith(OF_THE_STATE))


def listed(said: str | Iterable[str]) -> list[str]:
    return [said] if isinstance(said, str) else list(said)


RECORD = Record()
