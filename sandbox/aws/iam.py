"""What of IAM the provider and the program ask: moto, which has the rest of it, takes a second to load."""

import json
from urllib.parse import quote

from sandbox.aws.identity import Principals
from sandbox.aws.service import LeftToMoto, Service
from sandbox.aws.world import ACCOUNT, Answer, AwsError, Params

FOUNDED = 1767225600  # 2026-01-01


def get_user(principals: Principals, region: str, request: Params) -> Answer:
    """The caller itself. Raises AwsError for a role's session."""
    caller = principals.caller
    if "UserName" in request:
        raise AwsError("the sandbox does not play GetUser of a name", code="UnsupportedOperation")
    if caller.temporary:
        raise AwsError("Must specify userName when calling with non-User credentials", code="ValidationError")
    user = {"Path": "/", "UserName": caller.arn.rpartition("/")[2], "UserId": caller.id, "Arn": caller.arn}
    return {"User": {**user, "CreateDate": FOUNDED}}


def get_role(principals: Principals, region: str, request: Params) -> Answer:
    name = request["RoleName"]
    if name not in principals.roles:
        raise LeftToMoto(name)  # where CreateRole may have made it
    return {
        "Role": {
            "Path": "/",
            "RoleName": name,
            "RoleId": "AROASANDBOX0000000000",
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
            "CreateDate": FOUNDED,
            "AssumeRolePolicyDocument": quote(json.dumps(principals.roles[name])),
        }
    }


SERVICE = Service("iam", {"GetUser": get_user, "GetRole": get_role}, rest_by_moto=True)
