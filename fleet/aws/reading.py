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
    account, theirs = access.registry_role.split(":")[4], session.sagemaker(access.as_reader())
    return lambda name: theirs if name.startswith("arn:") and name.split(":")[4] == account else own
