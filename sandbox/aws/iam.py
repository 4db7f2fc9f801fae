"""What of IAM the provider and the program ask: moto, which has the rest of it, takes a second to load."""

import json
import uuid
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from sandbox.aws import query, validation
from sandbox.aws.identity import Caller
from sandbox.aws.sagemaker.world import ACCOUNT, AwsError, Params

FOUNDED = 1767225600  # 2026-01-01


def get_user(caller: Caller, form: Params) -> str:
    """GetUser's answer for the caller itself, as XML. Raises AwsError for a role's session."""
    model = validation.service("iam").operation_model("GetUser")
    if "UserName" in query.request(model, form):
        raise AwsError("the sandbox does not play GetUser of a name", code="UnsupportedOperation")
    if caller.temporary:
        raise AwsError("Must specify userName when calling with non-User credentials", code="ValidationError")
    user = {"Path": "/", "UserName": caller.arn.rpartition("/")[2], "UserId": caller.id, "Arn": caller.arn}
    return query.answer(model, {"User": {**user, "CreateDate": FOUNDED}})


def get_role(name: str, trust_policy: Any) -> str:
    """GetRole's answer, as XML."""
    document = escape(quote(json.dumps(trust_policy)))
    return (
        '<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role><Path>/</Path>'
        f"<RoleName>{escape(name)}</RoleName><RoleId>AROASANDBOX0000000000</RoleId>"
        f"<Arn>arn:aws:iam::{ACCOUNT}:role/{escape(name)}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>"
        f"<AssumeRolePolicyDocument>{document}</AssumeRolePolicyDocument></Role></GetRoleResult>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></GetRoleResponse>"
    )
