"""Tags of what SageMaker has, and what a policy of the account wants of those of something new."""

from sandbox.aws import tags
from sandbox.aws.world import KINDS, Answer, AwsError, Params, World, find


def of_new(world: World, operation: str, arn: str, request: Params) -> dict[str, str]:
    """The tags of something that is made. Raises AwsError where a policy of the account lets nothing be made so."""
    tagged = tags.checked(request.get("Tags", ()))
    if missing := [key for key in world.settings.required_tags if key not in tagged]:
        message = (
            f"User is not authorized to perform: sagemaker:{operation} on resource: {arn} with an explicit deny in a "
            f"service control policy (aws:RequestTag/{missing[0]})"
        )
        raise AwsError(message, code="AccessDeniedException")
    return tagged


def _tagged(world: World, region: str, request: Params) -> str:
    arn: str = request["ResourceArn"]
    kind = arn.split(":", 5)[5].partition("/")[0]
    if kind not in KINDS:
        raise AwsError(f"the sandbox does not play tags of {kind}", code="UnsupportedOperation")
    return str(find(world, region, kind, arn).arn)


def add(world: World, region: str, request: Params) -> Answer:
    arn = _tagged(world, region, request)
    world.tags[arn] = tags.checked(request["Tags"], world.tags.get(arn))
    return {"Tags": tags.rows(world.tags[arn])}


def list_(world: World, region: str, request: Params) -> Answer:
    return {"Tags": tags.rows(world.tags.get(_tagged(world, region, request), {}))}


def delete(world: World, region: str, request: Params) -> Answer:
    arn = _tagged(world, region, request)
    world.tags[arn] = tags.without(world.tags.get(arn, {}), request["TagKeys"])
    return {}


OPERATIONS = {"AddTags": add, "ListTags": list_, "DeleteTags": delete}
