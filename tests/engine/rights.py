"""The rights of the whole suite: with --rights every run is the deployer's and every command the operator's.

What they ask beyond their policies is recorded, not refused, so that each test is as without it. At the end of the
session it is told, with what of the deployer's policy nobody asked for: either ends the session red.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from fleet.cli.command import CommandError
from fleet.iam.site import Site
from sandbox.lab import rights
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Stack

ROLES = ("deployer", "operator")
# Tests that are about rights which the policies do not give, and why they do not
BEYOND = {
    "test_another_region_is_refused_by_every_command_with_both_and_with_what_says_it": "the other Region is a mistake",
    "test_what_earlier_releases_left_tells_its_region_too": "the other Region is a mistake",
    "test_an_endpoint_deleted_outside_is_made_again_by_a_plain_up": "what is gone has no tags to go by",
    "test_program_provider_and_commands_assume_the_same_role": "whoever assumes a deployer is not yet one",
    "test_tags_that_others_took_off_are_put_back_and_the_contract_is_true_meanwhile": "an administrator puts them back",
}
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
    sites: dict[Stack, list[Site]] = field(default_factory=dict)  # as each stack has been, in the test that runs

    def renew(self, stack: Stack) -> None:
        """The rights that the stack's configuration gives now; those of before where it cannot be used."""
        if not self.is_on or self.is_paused:
            return
        try:
            past = self._past(stack)
            policies = {role: rights.policy(stack, role, *past) for role in ROLES}
        except CommandError:
            return
        stack.sandbox.settings(policies_are_recorded=True)
        stack.deployer, stack.operator = (rights.held(stack, role, policies[role]) for role in ROLES)
        statements = policies["deployer"]["Statement"]
        self.granted |= {action for one in statements for action in listed(one["Action"])}

    def _past(self, stack: Stack) -> list[str]:
        """What an administrator says of a stack that is renamed, or whose parameters move."""
        now, been = rights.site(stack), self.sites.setdefault(stack, [])
        been.append(now)
        names = {site.ownership.stack for site in been} - {now.ownership.stack}
        paths = {path for site in been for path in site.parameter_paths} - {*now.parameter_paths}
        said = [("--formerly", name) for name in sorted(names)] + [("--parameters", path) for path in sorted(paths)]
        return [word for pair in said for word in pair]

    def note(self, test: str, sandbox: Sandbox) -> None:
        """What a test's runs and commands have asked."""
        self.sites.clear()
        if not self.is_on or test.rpartition("::")[2].partition("[")[0] in BEYOND:
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
