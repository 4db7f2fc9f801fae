"""EventBridge of the sandbox: rules, buses, and SageMaker's events of endpoints and of versions.

An event goes out whenever an endpoint has another status, a version is registered, or updated. Targets are topics of
SNS and event buses, those of other accounts too; others are refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sandbox.aws import sharing, sns, tags
from sandbox.aws.identity import Caller
from sandbox.aws.paging import Pages
from sandbox.aws.permissions.policy import Need
from sandbox.aws.service import Service
from sandbox.aws.world import (
    ACCOUNT,
    Answer,
    AwsError,
    Endpoint,
    EventBus,
    EventRule,
    Happened,
    Package,
    Params,
    World,
)

PRINCIPAL = "events.amazonaws.com"
PAGES = Pages(100, "Invalid NextToken.", "ValidationException", size="Limit")
MOST_TARGETS = 5
NOT_PLAYED = ("ScheduleExpression", "RoleArn")
DEFAULT = "default"
INPUTS = {"Input", "InputPath", "InputTransformer"}
PLAYED_OF_TARGET = {"Id", "Arn", "RoleArn", "RetryPolicy", "DeadLetterConfig", *INPUTS}


def create_bus(world: World, region: str, request: Params) -> Answer:
    arn = _bus_arn(region, request["Name"])
    if request["Name"] == DEFAULT or arn in world.buses:
        raise AwsError(f"Event bus {request['Name']} already exists.", "ResourceAlreadyExistsException")
    world.buses[arn] = EventBus(request["Name"], arn)
    return {"EventBusArn": arn}


def describe_bus(world: World, region: str, request: Params) -> Answer:
    name = _bus(world, region, request.get("Name", DEFAULT))
    bus = world.buses.get(_bus_arn(region, name), EventBus(name, _bus_arn(region, name)))
    return {"Name": bus.name, "Arn": bus.arn, **({"Policy": bus.policy} if bus.policy else {})}


def put_permission(world: World, region: str, request: Params) -> Answer:
    """The whole policy of a bus."""
    name = _bus(world, region, request.get("EventBusName", DEFAULT))
    if name == DEFAULT or "Policy" not in request:
        raise AwsError("the sandbox plays whole policies of other buses than the default one", "UnsupportedOperation")
    sharing.check_policy(request["Policy"])
    arn = _bus_arn(region, name)
    world.buses[arn] = replace(world.buses[arn], policy=request["Policy"])
    return {}


def _bus(world: World, region: str, said: str) -> str:
    """The name of a bus, which may be said by its ARN."""
    name = said.rpartition("/")[2]
    if name != DEFAULT and _bus_arn(region, name) not in world.buses:
        raise AwsError(f"Event bus {name} does not exist.", "ResourceNotFoundException")
    return name


def _bus_arn(region: str, name: str) -> str:
    return f"arn:aws:events:{region}:{ACCOUNT}:event-bus/{name}"


def put_rule(world: World, region: str, request: Params) -> Answer:
    if present := [member for member in NOT_PLAYED if request.get(member)]:
        raise AwsError(f"the sandbox does not play {', '.join(present)}", code="UnsupportedOperation")
    bus = _bus(world, region, request.get("EventBusName", DEFAULT))
    pattern = request.get("EventPattern", "")
    _check_pattern(pattern)
    arn = _arn(region, request["Name"], bus)
    state, text = request.get("State", "ENABLED"), request.get("Description", "")
    known = world.rules.get(arn)
    if known:
        # Tags of a request for a rule that exists are ignored (API reference, PutRule)
        world.rules[arn] = replace(known, pattern=pattern, state=state, description=text)
    else:
        world.tags[arn] = tags.checked(request.get("Tags", ()))
        world.rules[arn] = EventRule(request["Name"], arn, pattern, state, text, bus=bus)
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


def describe_rule(world: World, region: str, request: Params) -> Answer:
    return _shown(_rule(world, region, request["Name"], request))


def list_rules(world: World, region: str, request: Params) -> Answer:
    prefix, bus = request.get("NamePrefix", ""), _bus(world, region, request.get("EventBusName", DEFAULT))
    known = sorted((rule for rule in world.rules.values() if rule.name.startswith(prefix)), key=lambda rule: rule.name)
    here = [rule for rule in known if rule.arn == _arn(region, rule.name, bus)]
    page = PAGES.cut(request, here, world.settings.page_size, key=lambda rule: rule.name)
    return {"Rules": [_shown(rule) for rule in page.rows], **page.more}


def _shown(rule: EventRule) -> Answer:
    shown = {"Name": rule.name, "Arn": rule.arn, "EventPattern": rule.pattern, "State": rule.state}
    return shown | {"EventBusName": rule.bus} | ({"Description": rule.description} if rule.description else {})


def delete_rule(world: World, region: str, request: Params) -> Answer:
    bus = _bus(world, region, request.get("EventBusName", DEFAULT))
    rule = world.rules.get(_arn(region, request["Name"], bus))
    if rule and rule.targets:
        raise AwsError("Rule can't be deleted since it has targets.")
    if rule:  # one that is not there is fine
        del world.rules[rule.arn]
        world.tags.pop(rule.arn, None)
    return {}


def put_targets(world: World, region: str, request: Params) -> Answer:
    rule = _rule(world, region, request["Rule"], request)
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
    is_bus = re.fullmatch(rf"arn:aws:events:{region}:\d{{12}}:event-bus/.+", target["Arn"])
    if not is_bus and not target["Arn"].startswith(f"arn:aws:sns:{region}:"):
        raise AwsError(
            f"the sandbox plays targets of SNS and event buses in {region} only, not {target['Arn']}",
            "UnsupportedOperation",
        )
    if is_bus and target.keys() & INPUTS:
        raise AwsError("the sandbox gives a bus the event as it is", "UnsupportedOperation")
    if len(target.keys() & INPUTS) > 1:
        raise AwsError("Only one of Input, InputPath, or InputTransformer must be provided for target.")
    transformer = target.get("InputTransformer", {})
    named = set(re.findall(r"<([\w.-]+)>", transformer.get("InputTemplate", "")))
    if unknown := sorted(name for name in named - transformer.get("InputPathsMap", {}).keys() if "aws." not in name):
        raise AwsError(
            f"Invalid InputTemplate for target {target['Id']} : it names {', '.join(unknown)}, which has no path."
        )


def list_targets(world: World, region: str, request: Params) -> Answer:
    rule = _rule(world, region, request["Rule"], request)
    page = PAGES.cut(request, sorted(rule.targets), world.settings.page_size, key=lambda id_: id_)
    found = {"Targets": [rule.targets[id_] for id_ in page.rows]} if page.rows else {}  # never an empty list
    return {**found, **page.more}


def remove_targets(world: World, region: str, request: Params) -> Answer:
    rule = _rule(world, region, request["Rule"], request)
    left = {id_: target for id_, target in rule.targets.items() if id_ not in request["Ids"]}
    world.rules[rule.arn] = replace(rule, targets=left)
    return {"FailedEntryCount": 0, "FailedEntries": []}


def _rule(world: World, region: str, name: str, request: Params) -> EventRule:
    bus = _bus(world, region, request.get("EventBusName", DEFAULT))
    rule = world.rules.get(_arn(region, name, bus))
    if rule is None:
        raise AwsError(f"Rule {name} does not exist on EventBus {bus}.", "ResourceNotFoundException")
    return rule


def _arn(region: str, name: str, bus: str) -> str:
    return f"arn:aws:events:{region}:{ACCOUNT}:rule/{name if bus == DEFAULT else f'{bus}/{name}'}"


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
    detail = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointConfigName": endpoint.config,
        "EndpointStatus": in_capitals(endpoint.status),
        "CreationTime": round(endpoint.created * 1000),
        "LastModifiedTime": round(endpoint.modified * 1000),
        "Tags": world.tags.get(endpoint.arn, {}),
        **({"FailureReason": endpoint.failure} if endpoint.failure else {}),
    }
    _told(world, "SageMaker Endpoint State Change", endpoint.arn, detail, at)


# What an update of a version may say -> as its event names it
_UPDATED = {
    "ModelApprovalStatus": "ModelApprovalStatus",
    "ApprovalDescription": "ApprovalDescription",
    "SourceUri": "sourceUri",
    "CustomerMetadataProperties": "CustomerMetadataProperties",
    "CustomerMetadataPropertiesToRemove": "CustomerMetadataProperties",
    "InferenceSpecification": "InferenceSpecification",
    "ModelLifeCycle": "ModelLifeCycle",
}


def package_changed(world: World, package: Package, request: Params | None = None) -> None:
    """SageMaker tells that a version was registered or, with the request, updated."""
    updated = list(dict.fromkeys(name for member, name in _UPDATED.items() if request and member in request))
    detail = {
        "ModelPackageGroupName": package.group,
        "ModelPackageVersion": package.version,
        "ModelPackageArn": package.arn,
        "CreationTime": _text(package.created),
        "ModelPackageStatus": package.status,
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "ModelApprovalStatus": package.details.get("ModelApprovalStatus", ""),
        "LastModifiedTime": _text(package.modified),
        **({"UpdatedModelPackageFields": updated} if updated else {}),
    }
    if package.version:
        _told(world, "SageMaker Model Package State Change", package.arn, detail, package.modified)


def _told(world: World, what: str, arn: str, detail: Params, at: float) -> None:
    region = arn.split(":")[3]
    event = {
        "version": "0",
        "source": "aws.sagemaker",
        "detail-type": what,
        "account": ACCOUNT,
        "region": region,
        "time": _text(at),
        "resources": [arn],
        "detail": detail,
    }
    _put(world, _bus_arn(region, DEFAULT), event, at)


def _text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def arrive(world: World, bus: str, event: Params, sender: str) -> None:
    """An event from the account `sender`. Raises AwsError where the bus does not take it; it keeps its account."""
    if bus not in world.buses:
        raise AwsError(f"Event bus {bus.rpartition('/')[2]} does not exist.", "ResourceNotFoundException")
    caller = Caller(sender, f"arn:aws:iam::{sender}:root", sender)
    sharing.insist(world.buses[bus].policy, Need("events:PutEvents", bus), caller)
    _put(world, bus, event, world.clock())


def _put(world: World, bus: str, event: Params, at: float) -> None:
    """Onto a bus, and to all targets of its rules that it fits."""
    world.events.append(Happened(bus, event))
    for rule in world.rules.values():
        here = _bus_arn(rule.arn.split(":")[3], rule.bus) == bus and rule.state == "ENABLED"
        if here and matches(json.loads(rule.pattern), event):
            for target in rule.targets.values():
                _deliver(world, rule, target, event, at)


def _deliver(world: World, rule: EventRule, target: Params, event: Params, at: float) -> None:
    arn = target["Arn"]
    if ":event-bus/" not in arn:
        sns.publish_as(world, PRINCIPAL, rule.arn, arn, sns.Note("", _input(target, event), at))
    elif event["account"] != ACCOUNT:
        # EventBridge user guide, sending events to another account, 2026-11
        world.events.append(Happened(arn, event, "an event that came from another account is sent no further"))
    elif arn.split(":")[4] != ACCOUNT:
        world.crossing.append(Happened(arn, event))
    elif arn in world.buses:
        _put(world, arn, event, at)


def in_capitals(status: str) -> str:
    """As events have it, unlike the API: InService is IN_SERVICE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether every part of the pattern has a value that fits; matchers are prefix, suffix, anything-but and exists."""
    return all(
        any(matches(one, event) for one in part) if name == "$or" else _fits(part, event.get(name))
        for name, part in pattern.items()
    )


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
        "CreateEventBus": create_bus,
        "DescribeEventBus": describe_bus,
        "PutPermission": put_permission,
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
