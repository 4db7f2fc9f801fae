"""STS of the sandbox: who calls, and the roles that the setting `roles` has, assumed as their trust policies say."""

import re
from typing import Any

from sandbox.aws.identity import SECRET, Caller, Principals
from sandbox.aws.service import Service
from sandbox.aws.world import ACCOUNT, Answer, AwsError, Params

ROLE = re.compile(r"arn:aws:iam::(?P<account>\d{12}):role/(?:[^/]+/)*(?P<name>[^/]+)")
HOUR = 3600  # the default of a session, and the longest one of a role that a role assumes


def role_account(arn: str) -> str:
    """The account of a role; "" where that is no role's ARN."""
    role = ROLE.fullmatch(arn)
    return role["account"] if role else ""


def get_caller_identity(principals: Principals, region: str, request: Params) -> Answer:
    caller = principals.caller
    return {"UserId": caller.id, "Account": caller.account, "Arn": caller.arn}


def assume_role(principals: Principals, region: str, request: Params) -> Answer:
    caller, arn = principals.caller, request["RoleArn"]
    role = ROLE.fullmatch(arn)
    if role is None:
        raise AwsError(f"{arn} is invalid", code="ValidationError")
    trust = principals.roles.get(role["name"]) if role["account"] == ACCOUNT else None
    if trust is None or not any(_allows(statement, caller, request) for statement in _listed(trust["Statement"])):
        message = f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
        raise AwsError(message, "AccessDenied", 403)
    seconds = request.get("DurationSeconds", HOUR)
    if caller.temporary and seconds > HOUR:
        message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        raise AwsError(message, "ValidationError")
    given = principals.sessions.give(role["name"], request["RoleSessionName"], seconds)
    credentials = {
        "AccessKeyId": given.key,
        "SecretAccessKey": SECRET,
        "SessionToken": given.token,
        "Expiration": given.expires,
    }
    source = {"SourceIdentity": request["SourceIdentity"]} if "SourceIdentity" in request else {}
    user = {"AssumedRoleId": given.caller.id, "Arn": given.caller.arn}
    return {"Credentials": credentials, "AssumedRoleUser": user, **source}


def _allows(statement: Params, caller: Caller, request: Params) -> bool:
    principal = statement["Principal"]
    trusted = _listed(principal if principal == "*" else principal.get("AWS", []))
    conditions = [
        (operator, key, _listed(values))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    if unknown := [f"{operator} {key}" for operator, key, _ in conditions if (operator, key) != EXTERNAL_ID]:
        raise AwsError(f"the sandbox does not play the condition {unknown[0]}", code="UnsupportedOperation")
    return (
        statement["Effect"] == "Allow"
        and "sts:AssumeRole" in _listed(statement["Action"])
        and any(is_it(caller, one) for one in trusted)
        and all(request.get("ExternalId") in values for _, _, values in conditions)
    )


EXTERNAL_ID = ("StringEquals", "sts:ExternalId")


def is_it(caller: Caller, principal: str) -> bool:
    """Whether the caller is that principal: anybody, an account, a user, a role or one session of it."""
    role = re.sub(r":sts:(.*):assumed-role/([^/]+)/.*", r":iam:\1:role/\2", caller.arn)
    account = (caller.account, f"arn:aws:iam::{caller.account}:root")
    return principal in ("*", *account, caller.arn, role)


def _listed(value: Any) -> list[Any]:
    """IAM's policies have one or several."""
    return value if isinstance(value, list) else [value]


SERVICE = Service("sts", {"GetCallerIdentity": get_caller_identity, "AssumeRole": assume_role}, title="STS")
