"""Who reads the Model Registry: this program itself or, where the registry lies in another account, a role of that one.

The role is for reading only. What is made, a model of a package too, is made by who runs the stack.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fleet.access import Access
from fleet.aws import session

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

Reader = Callable[[str], "SageMakerClient"]  # of a group or a package, by name or ARN: the client that reads it


def by(own: "SageMakerClient", access: Access) -> Reader:
    """The role reads what an ARN says to be of its account, `own` all the rest. Nothing is asked yet."""
    if not access.registry_role:
        return lambda _: own
    theirs = session.sagemaker(access.as_reader())
    return lambda name: own if of(access, name) is access else theirs


def of(access: Access, name: str) -> Access:
    """As whom a group or a package is read, and what its evaluation points to: by name or ARN."""
    account = access.registry_role.split(":")[4] if access.registry_role else ""
    return access.as_reader() if account and name.startswith("arn:") and name.split(":")[4] == account else access
