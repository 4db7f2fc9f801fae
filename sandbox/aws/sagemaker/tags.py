"""Tags of everything that has an ARN: overwritten key by key, at most 50, none that AWS keeps for itself."""

from collections.abc import Iterable

from sandbox.aws.sagemaker.world import KINDS, Answer, AwsError, Params, World, find

LIMIT = 50


def checked(tags: Iterable[Params], existing: Params | None = None) -> dict[str, str]:
    """`existing` overwritten by the tags of a request. Raises AwsError for what SageMaker refuses."""
    rows = list(tags)
    added = {row["Key"]: row["Value"] for row in rows}
    if len(added) != len(rows):
        raise AwsError("Duplicate tag keys are not allowed in one request.")
    if reserved := [key for key in added if key.lower().startswith("aws:")]:
        raise AwsError(f"aws: prefixed tag key names are not allowed for external use: {', '.join(reserved)}")
    merged = {**(existing or {}), **added}
    if len(merged) > LIMIT:
        raise AwsError(f"A resource can have at most {LIMIT} tags; this one would have {len(merged)}.")
    return merged


def of_new(world: World, operation: str, arn: str, request: Params) -> dict[str, str]:
    """The tags of something that is made. Raises AwsError where a policy of the account lets nothing be made so."""
    tagged = checked(request.get("Tags", ()))
    if missing := [key for key in world.settings.required_tags if key not in tagged]:
        message = (
            f"User is not authorized to perform: sagemaker:{operation} on resource: {arn} with an explicit deny in a "
            f"service control policy (aws:RequestTag/{missing[0]})"
        )
        raise AwsError(message, code="AccessDeniedException")
    return tagged


def _rows(tags: Params) -> list[Answer]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _tagged(world: World, region: str, request: Params) -> str:
    arn: str = request["ResourceArn"]
    kind = arn.split(":", 5)[5].partition("/")[0]
    if kind not in KINDS:
        raise AwsError(f"the sandbox does not play tags of {kind}", code="UnsupportedOperation")
    return str(find(world, region, kind, arn).arn)


def add(world: World, region: str, request: Params) -> Answer:
    arn = _tagged(world, region, request)
    world.tags[arn] = checked(request["Tags"], world.tags.get(arn))
    return {"Tags": _rows(world.tags[arn])}


def list_(world: World, region: str, request: Params) -> Answer:
    return {"Tags": _rows(world.tags.get(_tagged(world, region, request), {}))}


def delete(world: World, region: str, request: Params) -> Answer:
    tags = world.tags.get(_tagged(world, region, request), {})
    for key in request["TagKeys"]:
        tags.pop(key, None)
    return {}


OPERATIONS = {"AddTags": add, "ListTags": list_, "DeleteTags": delete}
