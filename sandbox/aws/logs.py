"""CloudWatch Logs of the sandbox: groups and how long they keep; SageMaker makes one at an endpoint's first log line.

There are no lines in them.
"""

from dataclasses import replace

from sandbox.aws import tags
from sandbox.aws.paging import Pages
from sandbox.aws.service import Service
from sandbox.aws.world import ACCOUNT, Answer, AwsError, LogGroup, Params, World

PAGES = Pages(50, "The specified nextToken is invalid.", "InvalidParameterException", size="limit")
DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def group_of(world: World, region: str, endpoint: str) -> None:
    """The endpoint writes its first line: SageMaker makes the group, unless it is there."""
    name = f"/aws/sagemaker/Endpoints/{endpoint}"
    if _arn(region, name) not in world.log_groups:
        _make(world, region, name)


def create(world: World, region: str, request: Params) -> Answer:
    name = request["logGroupName"]
    if request.get("logGroupClass", "STANDARD") != "STANDARD":
        raise AwsError("the sandbox plays log groups of the class STANDARD", code="UnsupportedOperation")
    if _arn(region, name) in world.log_groups:
        raise AwsError("The specified log group already exists", "ResourceAlreadyExistsException")
    _make(world, region, name, request.get("kmsKeyId", ""))
    world.tags[_arn(region, name)] = dict(request.get("tags", {}))
    return {}


def _make(world: World, region: str, name: str, key: str = "") -> None:
    arn = _arn(region, name)
    world.log_groups[arn] = LogGroup(name, arn, world.clock(), key=key)


def describe(world: World, region: str, request: Params) -> Answer:
    prefix = request.get("logGroupNamePrefix", "")
    known = sorted((group for group in world.log_groups.values()), key=lambda group: group.name)
    here = [group for group in known if group.arn == _arn(region, group.name) and group.name.startswith(prefix)]
    members = dict(request) | ({"NextToken": request["nextToken"]} if "nextToken" in request else {})
    page = PAGES.cut(members, here, world.settings.page_size, key=lambda group: group.name)
    more = {"nextToken": page.more["NextToken"]} if page.more else {}
    return {"logGroups": [_shown(group) for group in page.rows], **more}


def _shown(group: LogGroup) -> Answer:
    shown = {
        "logGroupName": group.name,
        "creationTime": round(group.created * 1000),
        "metricFilterCount": 0,
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "storedBytes": 0,
        "logGroupClass": "STANDARD",
    }
    more = {"retentionInDays": group.retention_days, "kmsKeyId": group.key}
    return shown | {member: value for member, value in more.items() if value}


def delete(world: World, region: str, request: Params) -> Answer:
    group = _group(world, region, request["logGroupName"])
    del world.log_groups[group.arn]
    world.tags.pop(group.arn, None)
    return {}


def put_retention(world: World, region: str, request: Params) -> Answer:
    group, days = _group(world, region, request["logGroupName"]), request["retentionInDays"]
    if days not in DAYS:
        raise AwsError(f"Invalid retention value. Value must be one of: {list(DAYS)}", "InvalidParameterException")
    world.log_groups[group.arn] = replace(group, retention_days=days)
    return {}


def delete_retention(world: World, region: str, request: Params) -> Answer:
    group = _group(world, region, request["logGroupName"])
    world.log_groups[group.arn] = replace(group, retention_days=0)
    return {}


def associate(world: World, region: str, request: Params) -> Answer:
    """Gives a group a key, or with none takes it away."""
    group = _group(world, region, request["logGroupName"])
    world.log_groups[group.arn] = replace(group, key=request.get("kmsKeyId", ""))
    return {}


def _group(world: World, region: str, name: str) -> LogGroup:
    if _arn(region, name) not in world.log_groups:
        raise AwsError("The specified log group does not exist.", "ResourceNotFoundException")
    return world.log_groups[_arn(region, name)]


def _arn(region: str, name: str) -> str:
    return f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{name}"


def list_tags(world: World, region: str, request: Params) -> Answer:
    """Of a group without any, nothing: the service model has no empty `tags`."""
    found = world.tags.get(_tagged(world, request), {})
    return {"tags": dict(found)} if found else {}


def tag(world: World, region: str, request: Params) -> Answer:
    arn = _tagged(world, request)
    rows = [{"Key": key, "Value": value} for key, value in request["tags"].items()]
    world.tags[arn] = tags.checked(rows, world.tags.get(arn))
    return {}


def untag(world: World, region: str, request: Params) -> Answer:
    arn = _tagged(world, request)
    world.tags[arn] = tags.without(world.tags.get(arn, {}), request["tagKeys"])
    return {}


def _tagged(world: World, request: Params) -> str:
    """The ARN without the `:*` that DescribeLogGroups shows, and that the operations of tags do not take."""
    arn: str = request["resourceArn"]
    if arn not in world.log_groups:
        raise AwsError("The specified resource does not exist.", "ResourceNotFoundException")
    return arn


SERVICE: Service[World] = Service(
    "logs",
    {
        "CreateLogGroup": create,
        "DescribeLogGroups": describe,
        "DeleteLogGroup": delete,
        "PutRetentionPolicy": put_retention,
        "DeleteRetentionPolicy": delete_retention,
        "AssociateKmsKey": associate,
        "DisassociateKmsKey": associate,
        "ListTagsForResource": list_tags,
        "TagResource": tag,
        "UntagResource": untag,
    },
    title="CloudWatch Logs",
)
