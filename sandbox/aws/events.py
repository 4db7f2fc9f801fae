"""EventBridge of the sandbox: rules of the default bus, and SageMaker's events of endpoints, which go to topics.

An event goes out whenever an endpoint has another status. Targets are topics of SNS; others are refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sandbox.aws import sns, tags
from sandbox.aws.paging import Pages
from sandbox.aws.service import Service
from sandbox.aws.world import ACCOUNT, Answer, AwsError, Endpoint, EventRule, Params, World

PRINCIPAL = "events.amazonaws.com"
PAGES = Pages(100, "Invalid NextToken.", "ValidationException", size="Limit")
MOST_TARGETS = 5
NOT_PLAYED = ("ScheduleExpression", "RoleArn")
PLAYED_OF_TARGET = {"Id", "Arn", "Input", "InputPath", "InputTransformer", "RetryPolicy", "DeadLetterConfig"}


def put_rule(world: World, region: str, request: Params) -> Answer:
    if present := [member for member in NOT_PLAYED if request.get(member)]:
        raise AwsError(f"the sandbox does not play {', '.join(present)}", code="UnsupportedOperation")
    _check_bus(request)
    pattern = request.get("EventPattern", "")
    _check_pattern(pattern)
    arn, state, text = _arn(region, request["Name"]), request.get("State", "ENABLED"), request.get("Description", "")
    known = world.rules.get(arn)
    if known:
        # Tags of a request for a rule that exists are ignored (API reference, PutRule)
        world.rules[arn] = replace(known, pattern=pattern, state=state, description=text)
    else:
        world.tags[arn] = tags.checked(request.get("Tags", ()))
        world.rules[arn] = EventRule(request["Name"], arn, pattern, state, text)
    return {"RuleArn": arn}


def _check_pattern(pattern: str) -> None:
    try:
        read = json.loads(pattern)
    except ValueError:
        read = None
    if not isinstance(read, dict) or not read or not all(_is_pattern(part) for part in read.values()):
        raise AwsError(
            "Event pattern is not valid. Reason: it must be an object of arrays", "InvalidEventPatternException"
        )


def _is_pattern(part: Any) -> bool:
    return isinstance(part, list) or (isinstance(part, dict) and all(_is_pattern(inner) for inner in part.values()))


def _check_bus(request: Params) -> None:
    if request.get("EventBusName", "default") != "default":
        raise AwsError("the sandbox plays the default event bus only", code="UnsupportedOperation")


def describe_rule(world: World, region: str, request: Params) -> Answer:
    return _shown(_rule(world, region, request["Name"]))


def list_rules(world: World, region: str, request: Params) -> Answer:
    prefix = request.get("NamePrefix", "")
    known = sorted((rule for rule in world.rules.values() if rule.name.startswith(prefix)), key=lambda rule: rule.name)
    here = [rule for rule in known if rule.arn == _arn(region, rule.name)]
    page = PAGES.cut(request, here, world.settings.page_size, key=lambda rule: rule.name)
    return {"Rules": [_shown(rule) for rule in page.rows], **page.more}


def _shown(rule: EventRule) -> Answer:
    shown = {"Name": rule.name, "Arn": rule.arn, "EventPattern": rule.pattern, "State": rule.state}
    return shown | {"EventBusName": "default"} | ({"Description": rule.description} if rule.description else {})


def delete_rule(world: World, region: str, request: Params) -> Answer:
    rule = world.rules.get(_arn(region, request["Name"]))
    if rule and rule.targets:
        raise AwsError("Rule can't be deleted since it has targets.")
    if rule:  # one that is not there is fine
        del world.rules[rule.arn]
        world.tags.pop(rule.arn, None)
    return {}


def put_targets(world: World, region: str, request: Params) -> Answer:
    _check_bus(request)
    rule = _rule(world, region, request["Rule"])
    targets = {**rule.targets, **{target["Id"]: target for target in request["Targets"]}}
    for target in request["Targets"]:
        _check_target(region, target)
    if len(targets) > MOST_TARGETS:
        raise AwsError(f"The requested resource exceeds the limit of {MOST_TARGETS} targets.", "LimitExceededException")
    world.rules[rule.arn] = replace(rule, targets=targets)
    return {"FailedEntryCount": 0, "FailedEntries": []}


def _check_target(region: str, target: Params) -> None:
    if more := sorted(target.keys() - PLAYED_OF_TARGET):
        raise AwsError(f"the sandbox does not play {', '.join(more)} of a target", code="UnsupportedOperation")
    if not target["Arn"].startswith(f"arn:aws:sns:{region}:"):
        raise AwsError(
            f"the sandbox plays targets of SNS in {region} only, not {target['Arn']}", "UnsupportedOperation"
        )
    if len(target.keys() & {"Input", "InputPath", "InputTransformer"}) > 1:
        raise AwsError("Only one of Input, InputPath, or InputTransformer must be provided for target.")
    transformer = target.get("InputTransformer", {})
    named = set(re.findall(r"<([\w.-]+)>", transformer.get("InputTemplate", "")))
    if unknown := sorted(name for name in named - transformer.get("InputPathsMap", {}).keys() if "aws." not in name):
        raise AwsError(
            f"Invalid InputTemplate for target {target['Id']} : it names {', '.join(unknown)}, which has no path."
        )


def list_targets(world: World, region: str, request: Params) -> Answer:
    rule = _rule(world, region, request["Rule"])
    page = PAGES.cut(request, sorted(rule.targets), world.settings.page_size, key=lambda id_: id_)
    found = {"Targets": [rule.targets[id_] for id_ in page.rows]} if page.rows else {}  # never an empty list
    return {**found, **page.more}


def remove_targets(world: World, region: str, request: Params) -> Answer:
    rule = _rule(world, region, request["Rule"])
    left = {id_: target for id_, target in rule.targets.items() if id_ not in request["Ids"]}
    world.rules[rule.arn] = replace(rule, targets=left)
    return {"FailedEntryCount": 0, "FailedEntries": []}


def _rule(world: World, region: str, name: str) -> EventRule:
    rule = world.rules.get(_arn(region, name))
    if rule is None:
        raise AwsError(f"Rule {name} does not exist on EventBus default.", "ResourceNotFoundException")
    return rule


def _arn(region: str, name: str) -> str:
    return f"arn:aws:events:{region}:{ACCOUNT}:rule/{name}"


def list_tags(world: World, region: str, request: Params) -> Answer:
    return {"Tags": tags.rows(_tags(world, request))}


def tag(world: World, region: str, request: Params) -> Answer:
    world.tags[request["ResourceARN"]] = tags.checked(request["Tags"], _tags(world, request))
    return {}


def untag(world: World, region: str, request: Params) -> Answer:
    world.tags[request["ResourceARN"]] = tags.without(_tags(world, request), request["TagKeys"])
    return {}


def _tags(world: World, request: Params) -> dict[str, str]:
    arn = request["ResourceARN"]
    if arn not in world.rules:
        raise AwsError(
            f"Rule {arn.rpartition('/')[2]} does not exist on EventBus default.", "ResourceNotFoundException"
        )
    return world.tags.get(arn, {})


# Events


def endpoint_changed(world: World, endpoint: Endpoint, at: float) -> None:
    """SageMaker tells that the endpoint has another status."""
    region = endpoint.arn.split(":")[3]
    event = {
        "version": "0",
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Endpoint State Change",
        "account": ACCOUNT,
        "region": region,
        "time": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resources": [endpoint.arn],
        "detail": {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "EndpointConfigName": endpoint.config,
            "EndpointStatus": in_capitals(endpoint.status),
            "CreationTime": round(endpoint.created * 1000),
            "LastModifiedTime": round(endpoint.modified * 1000),
            "Tags": world.tags.get(endpoint.arn, {}),
            **({"FailureReason": endpoint.failure} if endpoint.failure else {}),
        },
    }
    for rule in world.rules.values():
        here = rule.arn.split(":")[3] == region and rule.state == "ENABLED"
        if here and matches(json.loads(rule.pattern), event):
            for target in rule.targets.values():
                sns.publish_as(world, PRINCIPAL, rule.arn, target["Arn"], sns.Note("", _input(target, event), at))


def in_capitals(status: str) -> str:
    """As events have it, unlike the API: InService is IN_SERVICE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether every part of the pattern has a value that fits; matchers are prefix, suffix, anything-but and exists."""
    return all(_fits(part, event.get(name)) for name, part in pattern.items())


def _fits(part: Any, value: Any) -> bool:
    if isinstance(part, Mapping):
        return isinstance(value, Mapping) and matches(part, value)
    values = value if isinstance(value, list) else [value]
    return any(_is(wanted, one) for wanted in part for one in values)


def _is(wanted: Any, value: Any) -> bool:
    match wanted:
        case {"prefix": str(text)}:
            return isinstance(value, str) and value.startswith(text)
        case {"suffix": str(text)}:
            return isinstance(value, str) and value.endswith(text)
        case {"anything-but": unwanted}:
            return value not in (unwanted if isinstance(unwanted, list) else [unwanted])
        case {"exists": bool(is_there)}:
            return (value is not None) is is_there
        case {**more} if more:
            raise AwsError(f"the sandbox does not play the matcher {more}", code="UnsupportedOperation")
        case _:
            return bool(value == wanted)


def _input(target: Params, event: Params) -> str:
    """What the target is given of the event."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(event, target["InputPath"]))
    if "InputTransformer" not in target:
        return json.dumps(event)
    transformer = target["InputTransformer"]
    text: str = transformer["InputTemplate"]
    for name, path in transformer.get("InputPathsMap", {}).items():
        value = _at(event, path)
        shown = "" if value is None else value if isinstance(value, str) else json.dumps(value)
        text = text.replace(f"<{name}>", shown)
    return text


def _at(event: Any, path: str) -> Any:
    """What is at a path such as $.detail.EndpointName; None: nothing."""
    for step in _steps(path):
        event = event.get(step) if isinstance(event, Mapping) else None
    return event


def _steps(path: str) -> Iterator[str]:
    return (dotted or quoted for dotted, quoted in re.findall(r"\.([\w-]+)|\['([^']+)'\]", path.removeprefix("$")))


SERVICE: Service[World] = Service(
    "events",
    {
        "PutRule": put_rule,
        "DescribeRule": describe_rule,
        "ListRules": list_rules,
        "DeleteRule": delete_rule,
        "PutTargets": put_targets,
        "ListTargetsByRule": list_targets,
        "RemoveTargets": remove_targets,
        "ListTagsForResource": list_tags,
        "TagResource": tag,
        "UntagResource": untag,
    },
    title="EventBridge",
)
