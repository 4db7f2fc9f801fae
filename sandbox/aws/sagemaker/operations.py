"""Every SageMaker operation that the sandbox plays, and the one way to call one: validate, settle, act, validate.

Locking, faults, the log and the wire are the server's.
"""

from sandbox.aws import validation
from sandbox.aws.sagemaker import hosting, registry, tags
from sandbox.aws.sagemaker.world import Answer, AwsError, Params, World

OPERATIONS = {**registry.OPERATIONS, **hosting.OPERATIONS, **tags.OPERATIONS}


def answer(world: World, region: str, operation: str, request: Params) -> Answer:
    """What SageMaker answers. Raises AwsError, also where the answer itself would not be one of SageMaker's."""
    if operation not in OPERATIONS:
        raise AwsError(f"the sandbox does not play {operation}", code="UnsupportedOperation")
    model = validation.service("sagemaker").operation_model(operation)
    validation.check_request(model, request)
    hosting.settle(world)
    given = OPERATIONS[operation](world, region, request)
    validation.check_answer(model, given)
    return given
