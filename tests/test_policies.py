"""The policies in docs/policies/ allow what the program calls, by name, and nothing by wildcard."""

import json
import re
from pathlib import Path

from sandbox.plugin.catalogue import TYPES

ROOT = Path(__file__).parent.parent


def actions(policy: str) -> set[str]:
    statements = json.loads((ROOT / "docs" / "policies" / policy).read_text())["Statement"]
    listed = (statement["Action"] for statement in statements)
    return {one for some in listed for one in ([some] if isinstance(some, str) else some)}


def called_by_the_program() -> set[str]:
    source = "".join(path.read_text() for path in (ROOT / "fleet" / "aws").glob("*.py"))
    return set(re.findall(r"(?<!_)client\.([a-z_]+)\(", source) + re.findall(r'get_paginator\("([a-z_]+)"\)', source))


def called_by_the_aws_provider() -> set[str]:
    return set(re.findall(r"'((?:create|update|describe|delete|list|add)_[a-z_]+)'", repr(TYPES)))


def action(method: str) -> str:
    return "sagemaker:" + "".join(word.title() for word in method.split("_"))


def test_the_deployer_may_do_what_the_program_and_the_provider_call():
    called = (called_by_the_program() | called_by_the_aws_provider()) - {"get_paginator"}

    assert {"list_model_packages", "update_endpoint", "add_tags"} <= called
    assert {action(method) for method in called} <= actions("deployer.json")


def test_no_action_is_a_wildcard():
    for policy in ("deployer.json", "execution-role.json"):
        assert not [one for one in actions(policy) if "*" in one]
