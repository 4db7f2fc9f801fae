"""The roles of the sandbox's settings, as IAM shows them: moto, which has the rest of IAM, takes a second to load."""

import json
import uuid
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from sandbox.sagemaker.world import ACCOUNT


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
