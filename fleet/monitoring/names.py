"""How AWS is to call what a stack has once: its topic, its dashboard, its rules of EventBridge.

Project and stack may have letters that these names may not. A renamed stack keeps what the state has: a new topic would
lose its confirmed e-mails.
"""

import re
from collections.abc import Collection
from hashlib import sha256

LONGEST_RULE = 64  # characters (API reference, EventBridge PutRule, 2026-11)
DIGEST = 8


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)


def topic(project: str, stack: str) -> str:
    return _plain(f"{project}-{stack}-alerts")


def dashboard(project: str, stack: str, region: str) -> str:
    """Of the first page. Dashboards are the whole account's: so it names the Region."""
    return _plain(f"{project}-{stack}-{region}")


def rule(project: str, stack: str, number: int) -> str:
    """Of the rule for endpoints, one of several from 1 on; what is too long for AWS ends in a digest instead."""
    name = _plain(f"{project}-{stack}-endpoints{f'-{number}' if number > 1 else ''}")
    if len(name) <= LONGEST_RULE:
        return name
    return f"{name[: LONGEST_RULE - DIGEST - 1]}-{sha256(name.encode()).hexdigest()[:DIGEST]}"


def beginning(names: Collection[str]) -> str:
    """What all of these names begin with, as far as their characters agree; "" for no names."""
    first, last = min(names, default=""), max(names, default="")  # those between agree as far as these two
    differs = (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differs, len(first))]
