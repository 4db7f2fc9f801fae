"""CloudWatch Logs: groups, how long they keep, and their key. `logGroupClass` and `skipDestroy` are not there."""

from sandbox.plugin.catalogue.row import Call, Field, Own, Properties, ResourceType, Tagging


def of_group(key: Properties) -> Properties:
    return {"logGroupName": key["name"]}


LOG_GROUP = ResourceType(
    token="aws:cloudwatch/logGroup:LogGroup",
    title="CloudWatch Logs Log Group",
    service="logs",
    fields=(
        Field("name", "logGroupName", replaces=True),
        Field(
            "retentionInDays",
            "retentionInDays",
            unset=0,
            own=Own(Call("put_retention_policy", of_group), Call("delete_retention_policy", of_group)),
            apart=True,
        ),
        Field(
            "kmsKeyId",
            "kmsKeyId",
            own=Own(Call("associate_kms_key", of_group), Call("disassociate_kms_key", of_group)),
        ),
    ),
    create="create_log_group",
    read=Call(
        "describe_log_groups",
        lambda key: {"logGroupNamePrefix": key["name"]},
        found=lambda key: f"logGroups[?logGroupName=='{key['name']}'] | [0]",
    ),
    delete=Call("delete_log_group", of_group),
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
