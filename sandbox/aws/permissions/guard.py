"""Who assumed a role that has policies may do what they allow, and is refused in AWS's words whatever else it asks.

The setting `policies` has them, by the name of the role. A user, and a role without policies there, may do everything.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from sandbox.aws import query, validation
from sandbox.aws.identity import Caller
from sandbox.aws.permissions import needs
from sandbox.aws.permissions.policy import Decision, Need, Statement, Verdict, decide, read
from sandbox.aws.protocol import Asked
from sandbox.aws.world import ACCOUNT, AwsError, World

ROLE = re.compile(r"arn:aws:sts::\d{12}:assumed-role/(?P<role>[^/]+)/.*")


def statements(documents: Sequence[Mapping[str, Any]]) -> tuple[Statement, ...]:
    """Of all policies of a role. Raises BadPolicy."""
    return tuple(statement for document in documents for statement in _read(json.dumps(document)))


@lru_cache
def _read(document: str) -> tuple[Statement, ...]:
    return read(json.loads(document))


def check(world: World, asked: Asked, caller: Caller) -> list[dict[str, Any]]:
    """What the request needed, each with the Sid of the statement that allows it; [] where nobody is held to policies.

    Raises AwsError for the first that is not allowed; where that is only recorded, it has no Sid.
    """
    said = ROLE.fullmatch(caller.arn)
    documents = world.settings.policies.get(said["role"]) if said and caller.account == ACCOUNT else None
    if documents is None:
        return []
    wanted = needs.of_request(world, asked.service, asked.operation, asked.region, _members(asked))
    if wanted is None:
        wanted = [Need(f"{asked.service}:{asked.operation}", "*")]  # so that whoever may not do everything is refused
    is_recorded = world.settings.policies_are_recorded
    return list(_allowed(statements(documents), wanted, asked, caller, is_recorded=is_recorded))


def _members(asked: Asked) -> Mapping[str, Any]:
    if not asked.is_query:
        return asked.params
    return query.members(validation.service(asked.service).operation_model(asked.operation), asked.params)


def _allowed(
    known: Sequence[Statement], wanted: Sequence[Need], asked: Asked, caller: Caller, *, is_recorded: bool
) -> Iterator[dict[str, Any]]:
    for need in wanted:
        decision = decide(known, need)
        if not decision.allowed and not is_recorded:
            raise refusal(asked.service, asked.is_query, caller.arn, need, decision)
        yield {**asdict(need), "by": decision.by}


def refusal(service: str, is_query: bool, arn: str, need: Need, decision: Decision) -> AwsError:
    """As AWS words it (IAM user guide, troubleshoot access denied error messages, 2026-11)."""
    action = need.action.replace("sns:", "SNS:")  # SNS alone writes itself so
    why = f"because no identity-based policy allows the {action} action"
    if decision.verdict is Verdict.DENIED:
        why = "with an explicit deny in an identity-based policy"
    message = f"User: {arn} is not authorized to perform: {action} on resource: {need.resource} {why}"
    if service == "s3":
        return AwsError(message, "AccessDenied", 403)
    if is_query:
        return AwsError(message, "AuthorizationError" if service == "sns" else "AccessDenied", 403)
    return AwsError(message, "AccessDeniedException", 403 if service == "sagemaker-runtime" else 400)
