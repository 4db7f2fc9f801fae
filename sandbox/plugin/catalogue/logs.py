"""CloudWatch Logs: groups. That one keeps for ever again is not there."""

from sandbox.plugin.catalogue.row import Call, Field, ResourceType, Tagging

LOG_GROUP = ResourceType(
    token="aws:cloudwatch/logGroup:LogGroup",
    title="CloudWatch Logs Log Group",
    service="logs",
    fields=(
        Field("name", "logGroupName", replaces=True),
        Field("retentionInDays", "retentionInDays", apart=True),
    ),
    create="create_log_group",
    read=Call(
        "describe_log_groups",
        lambda key: {"logGroupNamePrefix": key["name"]},
        found=lambda key: f"logGroups[?logGroupName=='{key['name']}'] | [0]",
    ),
    update=Call("put_retention_policy", lambda key: {"logGroupName": key["name"]}),
    delete=Call("delete_log_group", lambda key: {"logGroupName": key["name"]}),
    missing="ResourceNotFoundException",
    arn="logGroupArn",
    tagging=Tagging(
        create="tags",
        list="list_tags_for_resource",
        listed="tags",
        add="tag_resource",
        remove="untag_resource",
        keys="tagKeys",
        target=lambda _, arn: {"resourceArn": arn},
        as_map=True,
    ),
)

TYPES = (LOG_GROUP,)
