"""Parameters of SSM that a run has not declared before: which there are already, and whose they are.

Writing them is the aws provider's; what is in them is fleet/contract.py.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

MOST_NAMES = 10  # of one GetParameters


def existing(ssm: "SSMClient", names: Iterable[str]) -> set[str]:
    """Those of the parameters with these full names that exist.

    Asked by name, 10 a call: a path would have to be read whole, and listing what there is cannot be narrowed by IAM.
    """
    wanted, found = sorted(names), set[str]()
    for start in range(0, len(wanted), MOST_NAMES):
        answer = ssm.get_parameters(Names=wanted[start : start + MOST_NAMES])
        found |= {parameter["Name"] for parameter in answer.get("Parameters", ())}
    return found


def tags(ssm: "SSMClient", name: str) -> dict[str, str] | None:
    """The tags of a parameter; None where there is none of this full name."""
    try:
        answer = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "InvalidResourceId":
            return None
        raise
    return {tag["Key"]: tag["Value"] for tag in answer.get("TagList", ())}
