"""The policies in docs/policies/ allow what the program calls, by name, and nothing by wildcard."""

import json
import re
from pathlib import Path

from botocore import xform_name

from sandbox.plugin.catalogue import TYPES
from sandbox.validation import service

ROOT = Path(__file__).parent.parent


def actions(policy: str) -> set[str]:
    statements = json.loads((ROOT / "docs" / "policies" / policy).read_text())["Statement"]
    listed = (statement["Action"] for statement in statements)
    return {one for some in listed for one in ([some] if isinstance(some, str) else some)}


# What fleet/aws calls a client -> the services it may be of
CLIENTS = {
    "client": ("sagemaker", "sagemaker-runtime"),
    "iam": ("iam",),
    "service_quotas": ("service-quotas",),
}


BY_HAND = {"adoption.py", "leftovers.py", "tagging.py"}  # modules of `fleet orphans` and `fleet adopt` alone
BY_HAND_TOO = {"registry.py", "packages.py"}  # what these commands share with the program


def called_by_the_program() -> set[str]:
    return called_in({path.name for path in (ROOT / "fleet" / "aws").glob("*.py")} - BY_HAND)


def called_in(modules: set[str]) -> set[str]:
    source = "".join((ROOT / "fleet" / "aws" / module).read_text() for module in modules)
    calls = re.findall(rf"\b({'|'.join(CLIENTS)})\.([a-z_]+)\(", source)
    paginated = re.findall(rf'\b({"|".join(CLIENTS)})\.get_paginator\("([a-z_]+)"\)', source)
    return {one for client, method in calls + paginated for one in actions_of(method, *CLIENTS[client])}


def called_by_the_aws_provider() -> set[str]:
    methods = re.findall(r"'((?:create|update|describe|delete|list|add)_[a-z_]+)'", repr(TYPES))
    return {one for method in methods for one in actions_of(method, "sagemaker")}


def actions_of(method: str, *services: str) -> set[str]:
    """The IAM action of a client's method; none of a method that is no AWS call."""
    models = [service(name) for name in services]
    prefixes = [model.metadata.get("signingName", model.endpoint_prefix) for model in models]
    return {
        f"{prefix}:{operation}"
        for prefix, model in zip(prefixes, models, strict=True)
        for operation in model.operation_names
        if xform_name(operation) == method
    }


def test_the_deployer_may_do_what_the_program_and_the_provider_call():
    called = called_by_the_program() | called_by_the_aws_provider()

    known = {
        "sagemaker:ListModelPackages",
        "sagemaker:InvokeEndpoint",
        "iam:GetRole",
        "servicequotas:ListServiceQuotas",
    }
    assert known <= called
    assert called <= actions("deployer.json")


def test_an_operator_may_do_what_the_commands_call_and_deletes_only_what_is_tagged_so():
    called = called_in(BY_HAND | BY_HAND_TOO)

    assert {"sagemaker:ListModels", "sagemaker:DeleteModel", "sagemaker:AddTags"} <= called
    assert called <= actions("operator.json")
    statements = json.loads((ROOT / "docs" / "policies" / "operator.json").read_text())["Statement"]
    changing = [one for one in statements if re.search("sagemaker:(Delete|Add)", str(one["Action"]))]
    assert all("fleet:stack" in str(one["Condition"]["StringEquals"]) for one in changing)


def test_no_action_is_a_wildcard():
    for policy in ("deployer.json", "execution-role.json", "operator.json", "consumer.json"):
        assert not [one for one in actions(policy) if "*" in one]
