"""What the account allows: its quotas of serverless inference, and the role that SageMaker assumes.

Read where it can be read. Nothing here may fail or hold up a run: what could not be read is said in the answer.
"""

import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import ClientError

from fleet.access import Access
from fleet.aws import session
from fleet.preflight import Limit, Quotas, Role, documented_quotas, lets_sagemaker_in

if TYPE_CHECKING:
    from mypy_boto3_service_quotas.type_defs import ServiceQuotaTypeDef

LONGEST_LISTING = 15.0  # seconds; SageMaker has a quota for every instance type, thousands, 100 a page
SOON = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=5, read_timeout=5)  # gives up soon

# Service Quotas knows a quota by its code and names it by these words; the codes of the others are not documented
_QUOTAS = {
    "endpoints": re.compile("(?!.*(concurren|memory)).*serverless endpoints.*"),
    "concurrency": re.compile("l-96300102|maximum total concurrency .+ across all serverless endpoints"),
    "memory_mb": re.compile("memory size in mb per serverless endpoint"),  # not every account is shown it
}


def quotas(access: Access) -> Quotas:
    """The applied quotas; documented defaults, with a note, for what Service Quotas does not tell."""
    found: dict[str, Limit] = {}
    note = ""
    try:
        for row in _listed(access):
            found |= _understood(row)
            if len(found) == len(_QUOTAS):
                break
    except Exception as error:  # a service that is denied, missing or out of its mind is no reason to stop
        note = session.sentence(error)
    documented = documented_quotas(access.region)
    return Quotas(
        endpoints=found.get("endpoints", documented.endpoints),
        concurrency=found.get("concurrency", documented.concurrency),
        memory_mb=found.get("memory_mb", documented.memory_mb),
        note=note,
    )


def _listed(access: Access) -> Iterator["ServiceQuotaTypeDef"]:
    service_quotas = session.client(access, "service-quotas", SOON)
    deadline = time.monotonic() + LONGEST_LISTING
    pages = service_quotas.get_paginator("list_service_quotas").paginate(
        ServiceCode="sagemaker", PaginationConfig={"PageSize": 100}
    )
    for page in pages:
        yield from page["Quotas"]
        if time.monotonic() > deadline:
            raise TimeoutError(f"ListServiceQuotas has not ended after {LONGEST_LISTING:.0f} seconds")


def _understood(row: "ServiceQuotaTypeDef") -> dict[str, Limit]:
    code, name, value = str(row.get("QuotaCode", "")), str(row.get("QuotaName", "")), row.get("Value")
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return {}
    limit = Limit(int(value), f'Service Quotas, "{name or code}"', applied=True)
    return {
        kind: limit for kind, known in _QUOTAS.items() if known.fullmatch(code.lower()) or known.fullmatch(name.lower())
    }


def role(arn: str, access: Access) -> Role:
    """What is wrong with the execution role, as far as IAM tells; a role that it does not show is a doubt."""
    try:
        iam = session.client(access, "iam", SOON)
        found = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]
        # Another ARN is another role of that name: IAM looks in its own account only, and at no path
        if found["Arn"] != arn or lets_sagemaker_in(found.get("AssumeRolePolicyDocument")):
            return Role()
    except Exception as error:
        # That no such role is shown does not prove that there is none: IAM takes a while to show a new one
        unknown = isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") == "NoSuchEntity"
        why = (
            "does not exist, says GetRole (NoSuchEntity)"
            if unknown
            else f"could not be looked at: {session.sentence(error)}"
        )
        return Role(f"execution role {arn} {why}")
    return Role(
        f"execution role {arn} cannot be assumed by SageMaker: its trust policy does not allow sts:AssumeRole "
        "to sagemaker.amazonaws.com",
        certain=True,
    )
