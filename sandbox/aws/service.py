"""The one way in which a service answers: request and answer are checked by botocore's model, between them it acts.

A service is a table of its operations, each a function; so a new operation is a function and a row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from botocore.model import OperationModel

from sandbox.aws import query, validation
from sandbox.aws.world import Answer, AwsError, Params

Scene = TypeVar("Scene")  # what the operations of a service look at and change: for most of them the World


class LeftToMoto(Exception):
    """The sandbox does not play this one, and moto may."""


def nothing(_: Scene, __: Params) -> None:
    """What most services do before an operation acts."""


@dataclass(frozen=True)
class Service(Generic[Scene]):
    """What is played of one service of AWS."""

    name: str  # boto3's
    operations: dict[str, Callable[[Scene, str, Params], Answer]]  # from scene, region and request
    title: str = ""  # in the refusal of what is not played
    rest_by_moto: bool = False  # what is not played is left to moto
    before: Callable[[Scene, Params], None] = nothing  # with every request that is valid

    def answer(self, scene: Scene, region: str, operation: str, request: Params) -> Answer:
        """Raises AwsError, also where the answer itself would be none of AWS's, and LeftToMoto."""
        model = self._model(operation)
        validation.check_request(model, request)
        self.before(scene, request)
        given = self.operations[operation](scene, region, request)
        validation.check_answer(model, given)
        return given

    def answer_form(self, scene: Scene, region: str, operation: str, form: Mapping[str, str]) -> str:
        """The same for a client that sends a form and reads XML."""
        model = self._model(operation)
        return query.as_xml(model, self.answer(scene, region, operation, query.members(model, form)))

    def _model(self, operation: str) -> OperationModel:
        if operation in self.operations:
            return validation.service(self.name).operation_model(operation)
        if self.rest_by_moto:
            raise LeftToMoto(operation)
        of_service = f" of {self.title}" if self.title else ""
        raise AwsError(f"the sandbox does not play {operation}{of_service}", code="UnsupportedOperation")
