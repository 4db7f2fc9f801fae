"""Parameter Store of the sandbox: plain String parameters, as strict as AWS about names, sizes and nesting.

Its own and not moto's: moto takes a second to load, and the program writes parameters in every run.
"""

import re
from collections.abc import Callable, Iterable

from sandbox.aws import tags
from sandbox.aws.paging import Pages
from sandbox.aws.service import Service
from sandbox.aws.world import ACCOUNT, Answer, AwsError, Parameter, Params, World

BAD_TOKEN = ("The specified token isn't valid.", "InvalidNextToken")
PAGES, PAGES_BY_PATH = Pages(50, *BAD_TOKEN), Pages(10, *BAD_TOKEN)
LONGEST_NAME = 1011  # its ARN included
MOST_LEVELS = 15
TIERS = {"Standard": 4096, "Advanced": 8192}  # the longest value of each, in characters
NAME = re.compile(r"(/[a-zA-Z0-9_.-]+)+|[a-zA-Z0-9_.-]+")
RESERVED = re.compile(r"/?(aws|ssm)", re.IGNORECASE)
NESTED = re.compile(r"\{\{.*\}\}", re.DOTALL)
BAD_NAME = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "
    '"/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the '
    "following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
    'specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.'
)
_NOT_PLAYED = ("KeyId", "Policies")
_KEPT = ("Description", "DataType", "AllowedPattern")  # members that a later PutParameter leaves as they are

Filter = Callable[[Parameter, list[str]], bool]


def put(world: World, region: str, request: Params) -> Answer:
    name = request["Name"]
    _check_name(name, region)
    if present := [member for member in _NOT_PLAYED if member in request]:
        raise AwsError(f"the sandbox does not play {', '.join(present)}", code="UnsupportedOperation")
    if request.get("Overwrite") and request.get("Tags"):
        raise AwsError(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please "
            "remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
            "RemoveTagsFromResource."
        )
    arn = _arn(region, name)
    existing = world.parameters.get(arn)
    if existing and not request.get("Overwrite"):
        raise AwsError(
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
            code="ParameterAlreadyExists",
        )
    kept = existing.details if existing else {"DataType": "text"}
    details = {**kept, **{member: request[member] for member in _KEPT if request.get(member)}}
    type_ = request.get("Type", existing.type if existing else "")
    if not type_:
        raise AwsError("A parameter type is required when you create a parameter.")
    if type_ != "String" or details["DataType"] != "text":
        raise AwsError("the sandbox plays parameters of type String with text only", code="UnsupportedOperation")
    tier = _tier(request.get("Tier", ""), existing.tier if existing else "Standard", len(request["Value"]))
    _check_value(request["Value"], tier, details.get("AllowedPattern", ""))
    version, now = (existing.version + 1, existing.modified) if existing else (1, 0.0)
    if not existing:
        world.tags[arn] = tags.checked(request.get("Tags", ()))
    parameter = Parameter(name, arn, type_, request["Value"], version, world.stamp(now), tier, details)
    world.parameters[arn] = parameter
    return {"Version": version, "Tier": tier}


def _check_name(name: str, region: str) -> None:
    if "/" in name and not name.startswith("/"):
        raise AwsError("Parameter name must be a fully qualified name.")
    if not NAME.fullmatch(name) or RESERVED.match(name):
        raise AwsError(BAD_NAME)
    if name.count("/") > MOST_LEVELS:
        raise AwsError(
            f"A hierarchy can have a maximum of {MOST_LEVELS} levels, not {name.count('/')}.",
            code="HierarchyLevelLimitExceededException",
        )
    if len(_arn(region, name)) > LONGEST_NAME:
        raise AwsError(f"A parameter name can have {LONGEST_NAME} characters at most, its ARN included.")


def _tier(wanted: str, now: str, size: int) -> str:
    """The tier that the parameter gets. Raises AwsError where it would have to go back to Standard."""
    if wanted == "Intelligent-Tiering":
        return "Advanced" if now == "Advanced" or size > TIERS["Standard"] else "Standard"
    if now == "Advanced" and wanted == "Standard":
        raise AwsError(
            "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter."
        )
    return wanted or now


def _check_value(value: str, tier: str, pattern: str) -> None:
    if not value:
        raise AwsError(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1."
        )
    if len(value) > TIERS[tier]:
        larger = " To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
        raise AwsError(
            f"{tier} tier parameters support a maximum parameter value of {TIERS[tier]} characters."
            f"{larger if tier == 'Standard' else ''}"
        )
    if NESTED.search(value):
        raise AwsError('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.')
    if pattern and not re.fullmatch(pattern, value):
        raise AwsError(
            f"Parameter value, cannot be validated against allowedPattern: {pattern}",
            code="ParameterPatternMismatchException",
        )


def _arn(region: str, name: str) -> str:
    return f"arn:aws:ssm:{region}:{ACCOUNT}:parameter{'' if name.startswith('/') else '/'}{name}"


def _named(world: World, region: str, name_or_arn: str) -> Parameter | None:
    """The parameter of that name or ARN; None where there is none."""
    is_arn = name_or_arn.startswith("arn:")
    if not is_arn and ":" in name_or_arn:
        raise AwsError("the sandbox does not play versions and labels of parameters", code="UnsupportedOperation")
    arn = name_or_arn if is_arn else _arn(region, name_or_arn)
    return world.parameters.get(arn) if arn.startswith(f"arn:aws:ssm:{region}:") else None


def _existing(world: World, region: str, name: str) -> Parameter:
    if parameter := _named(world, region, name):
        return parameter
    raise AwsError("", code="ParameterNotFound")  # AWS says no more


def get(world: World, region: str, request: Params) -> Answer:
    return {"Parameter": _shown(_existing(world, region, request["Name"]))}


def get_many(world: World, region: str, request: Params) -> Answer:
    names = request["Names"]
    if len(set(names)) < len(names):
        raise AwsError("Parameter names must be unique in one request.")
    found = {name: _named(world, region, name) for name in names}
    missing = [name for name, parameter in found.items() if parameter is None]
    return {"Parameters": [_shown(one) for one in found.values() if one], **_some("InvalidParameters", missing)}


def by_path(world: World, region: str, request: Params) -> Answer:
    if "ParameterFilters" in request:
        raise AwsError("the sandbox does not play filters of GetParametersByPath", code="UnsupportedOperation")
    path = request["Path"]
    if not path.startswith("/") or not (path == "/" or NAME.fullmatch(path.removesuffix("/"))):
        raise AwsError(BAD_NAME)
    found = [one for one in _here(world, region) if _beneath(one, path, request.get("Recursive", False))]
    return _page(world, request, found, PAGES_BY_PATH, _shown)


def _here(world: World, region: str) -> list[Parameter]:
    """Those of the region, by name. AWS promises no order."""
    start = _arn(region, "/").removesuffix("/")
    return sorted((one for one in world.parameters.values() if one.arn.startswith(start)), key=lambda one: one.name)


def _beneath(parameter: Parameter, path: str, recursive: bool) -> bool:
    rest = parameter.name.removeprefix(path.removesuffix("/") + "/")
    return rest != parameter.name and (recursive or "/" not in rest)


def _page(
    world: World, request: Params, found: list[Parameter], pages: Pages, shown: Callable[[Parameter], Answer]
) -> Answer:
    page = pages.cut(request, found, world.settings.page_size, key=lambda one: one.name)
    return {"Parameters": [shown(one) for one in page.rows], **page.more}


def _shown(parameter: Parameter) -> Answer:
    return {
        "Name": parameter.name,
        "Type": parameter.type,
        "Value": parameter.value,
        "Version": parameter.version,
        "LastModifiedDate": parameter.modified,
        "ARN": parameter.arn,
        "DataType": parameter.details["DataType"],
    }


def _metadata(parameter: Parameter) -> Answer:
    return {
        "Name": parameter.name,
        "ARN": parameter.arn,
        "Type": parameter.type,
        "LastModifiedDate": parameter.modified,
        "LastModifiedUser": f"arn:aws:iam::{ACCOUNT}:user/sandbox",
        "Version": parameter.version,
        "Tier": parameter.tier,
        "Policies": [],
        **parameter.details,
    }


# (key, option) of ParameterFilters -> whether a parameter is wanted
FILTERS: dict[tuple[str, str], Filter] = {
    ("Name", "Equals"): lambda one, values: one.name in values,
    ("Name", "BeginsWith"): lambda one, values: one.name.startswith(tuple(values)),
    ("Name", "Contains"): lambda one, values: any(value in one.name for value in values),
    ("Path", "OneLevel"): lambda one, values: any(_beneath(one, value, False) for value in values),
    ("Path", "Recursive"): lambda one, values: any(_beneath(one, value, True) for value in values),
    ("Type", "Equals"): lambda one, values: one.type in values,
    ("Tier", "Equals"): lambda one, values: one.tier in values,
}


def describe(world: World, region: str, request: Params) -> Answer:
    if request.get("Filters") and request.get("ParameterFilters"):
        raise AwsError("You can use either Filters or ParameterFilters in a single request.")
    wanted = [_filter(row["Key"], row.get("Option", ""), row.get("Values", [])) for row in _filters(request)]
    found = [one for one in _here(world, region) if all(fits(one) for fits in wanted)]
    return _page(world, request, found, PAGES, _metadata)


def _filters(request: Params) -> Iterable[Params]:
    old = [{**row, "Option": "BeginsWith" if row["Key"] == "Name" else "Equals"} for row in request.get("Filters", ())]
    return [*old, *request.get("ParameterFilters", ())]


def _filter(key: str, option: str, values: list[str]) -> Callable[[Parameter], bool]:
    option = option or ("OneLevel" if key == "Path" else "Equals")
    options = [known for name, known in FILTERS if name == key]
    if not options:
        raise AwsError(f"the sandbox does not play the filter {key}", code="UnsupportedOperation")
    if option not in options:
        valid = ", ".join(options)
        message = f"The following filter option is not valid: {option}. Valid options include: [{valid}]."
        raise AwsError(message, code="InvalidFilterOption")
    if not values:
        message = f"The following filter values are missing : null for filter key {key}."
        raise AwsError(message, code="InvalidFilterValue")
    return lambda one: FILTERS[key, option](one, values)


def delete(world: World, region: str, request: Params) -> Answer:
    _remove(world, _existing(world, region, request["Name"]))
    return {}


def delete_many(world: World, region: str, request: Params) -> Answer:
    found = {name: _named(world, region, name) for name in request["Names"]}
    for parameter in found.values():
        if parameter:
            _remove(world, parameter)
    deleted = [name for name, parameter in found.items() if parameter]
    missing = [name for name, parameter in found.items() if parameter is None]
    return {**_some("DeletedParameters", deleted), **_some("InvalidParameters", missing)}


def _remove(world: World, parameter: Parameter) -> None:
    del world.parameters[parameter.arn]
    world.tags.pop(parameter.arn, None)


def _some(member: str, names: list[str]) -> Answer:
    return {member: names} if names else {}


def _tagged(world: World, region: str, request: Params) -> Parameter:
    if request["ResourceType"] != "Parameter":
        raise AwsError(f"the sandbox does not play tags of {request['ResourceType']}", code="UnsupportedOperation")
    if parameter := _named(world, region, request["ResourceId"]):
        return parameter
    message = "The resource ID isn't valid. Verify that you entered the correct ID and try again."
    raise AwsError(message, code="InvalidResourceId")


def add_tags(world: World, region: str, request: Params) -> Answer:
    arn = _tagged(world, region, request).arn
    world.tags[arn] = tags.checked(request["Tags"], world.tags.get(arn))
    return {}


def remove_tags(world: World, region: str, request: Params) -> Answer:
    arn = _tagged(world, region, request).arn
    world.tags[arn] = tags.without(world.tags[arn], request["TagKeys"])
    return {}


def list_tags(world: World, region: str, request: Params) -> Answer:
    return {"TagList": tags.rows(world.tags[_tagged(world, region, request).arn])}


SERVICE = Service(
    "ssm",
    {
        "PutParameter": put,
        "GetParameter": get,
        "GetParameters": get_many,
        "GetParametersByPath": by_path,
        "DescribeParameters": describe,
        "DeleteParameter": delete,
        "DeleteParameters": delete_many,
        "AddTagsToResource": add_tags,
        "RemoveTagsFromResource": remove_tags,
        "ListTagsForResource": list_tags,
    },
    title="Systems Manager",
)
