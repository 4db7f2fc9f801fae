"""A policy out of a table of permissions: which statements it has, and whether IAM takes it.

Pure. A block of the table has every permission with the reason for it, and becomes one statement; a block that names no
resource for a stack becomes none.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fleet.iam.site import Site

VERSION = "2012-10-17"
# Characters of a managed policy, blanks not counted (IAM user guide, IAM and STS quotas, 2026-11)
LONGEST = 6144
ANYTHING = "*"

Document = Mapping[str, Any]
Condition = Mapping[str, Mapping[str, str | Sequence[str]]]


def everywhere(_: Site) -> list[str]:
    """Of actions that IAM does not narrow to resources."""
    return [ANYTHING]


def always(_: Site) -> Condition:
    """No condition."""
    return {}


@dataclass(frozen=True)
class Block:
    """Permissions on the same resources, under the same condition."""

    sid: str
    may: Mapping[str, str]  # action -> what it is needed for
    on: Callable[[Site], Sequence[str]] = everywhere
    when: Callable[[Site], Condition] = always
    where: Callable[[Site], bool] = field(default=lambda _: True)  # for which stacks there is such a statement

    def statement(self, site: Site) -> Document | None:
        resources = list(self.on(site)) if self.where(site) else []
        if not resources:
            return None
        statement = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": one_or_many(sorted(self.may)),
            "Resource": one_or_many(resources),
        }
        condition = self.when(site)
        return {**statement, "Condition": condition} if condition else statement


def document(blocks: Iterable[Block], site: Site) -> Document:
    """The policy of a role."""
    found = (block.statement(site) for block in blocks)
    return {"Version": VERSION, "Statement": [statement for statement in found if statement]}


def size(policy: Document) -> int:
    """Characters as IAM counts them."""
    return len(json.dumps(policy, separators=(",", ":"), ensure_ascii=False))


def text(policy: Document) -> str:
    """As it is printed."""
    return json.dumps(policy, indent=2, ensure_ascii=False) + "\n"


def one_or_many(items: Sequence[str]) -> str | list[str]:
    return items[0] if len(items) == 1 else list(items)
