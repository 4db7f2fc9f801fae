"""EventBridge: rules of the default bus, and their targets."""

from sandbox.plugin.catalogue.row import (
    Call,
    Field,
    Properties,
    Refused,
    ResourceType,
    Tagging,
    forcing_new,
    named,
    same_json,
)


def as_targets(request: Properties) -> Properties:
    """PutTargets has what belongs to a target in a list."""
    return {"Rule": request["Rule"], "Targets": [{name: value for name, value in request.items() if name != "Rule"}]}


def from_path(id_: str) -> Properties:
    """The key in an import's id: [<bus>/]<rule>/<target>."""
    parts = id_.split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise Refused(f"unexpected format for ID ({id_}), expected <event-bus>/<rule>/<target-id>")
    return {"rule": parts[-2], "targetId": parts[-1]}


EVENT_RULE = ResourceType(
    token="aws:cloudwatch/eventRule:EventRule",
    title="EventBridge Rule",
    service="events",
    fields=(
        *forcing_new(Field("name")),
        Field("description"),
        Field("eventPattern", same=same_json),
        Field("state", computed=True, kept=True),
    ),
    create="put_rule",
    read=Call("describe_rule", named("Name")),
    update=Call("put_rule", named("Name")),
    delete=Call("delete_rule", named("Name")),
    missing="ResourceNotFoundException",
    arn="Arn",
    tagging=Tagging(
        create="Tags",
        list="list_tags_for_resource",
        listed="Tags",
        add="tag_resource",
        remove="untag_resource",
        keys="TagKeys",
        target=lambda _, arn: {"ResourceARN": arn},
    ),
)

EVENT_TARGET = ResourceType(
    token="aws:cloudwatch/eventTarget:EventTarget",
    title="EventBridge Target",
    service="events",
    fields=(
        *forcing_new(Field("rule"), Field("targetId", "Id")),
        Field("arn"),
        Field("input"),
        Field("inputPath"),
        Field("inputTransformer", fields=(Field("inputPaths", "InputPathsMap"), Field("inputTemplate"))),
    ),
    key=("rule", "targetId"),
    shape=as_targets,
    id=lambda key: f"{key['rule']}-{key['targetId']}",
    imported=from_path,
    create="put_targets",
    read=Call(
        "list_targets_by_rule",
        lambda key: {"Rule": key["rule"]},
        found=lambda key: f"Targets[?Id=='{key['targetId']}'] | [0]",
    ),
    update=Call("put_targets", lambda key: {"Rule": key["rule"], "Id": key["targetId"]}),
    delete=Call("remove_targets", lambda key: {"Rule": key["rule"], "Ids": [key["targetId"]]}),
    missing="ResourceNotFoundException",
    arn="Arn",
)

TYPES = (EVENT_RULE, EVENT_TARGET)
