"""Parameter Store: parameters of Systems Manager."""

from sandbox.plugin.catalogue.row import Call, Field, ResourceType, Tagging, named

PARAMETER = ResourceType(
    token="aws:ssm/parameter:Parameter",
    title="SSM Parameter",
    service="ssm",
    fields=(
        Field("name", replaces=True),
        Field("type"),
        Field("value", computed=True, secret=True),
        Field("insecureValue", "Value", computed=True),
        Field("description", on_change=True),
        Field("allowedPattern", unset=""),
        Field("dataType", computed=True, replaces=True),
        # Going back to Standard replaces in the real provider; here AWS refuses it
        Field("tier", computed=True, kept=True, same=lambda old, new: bool(old) and new == "Intelligent-Tiering"),
        Field("overwrite", unread=True),
    ),
    one_of=("value", "insecureValue"),
    create="put_parameter",
    read=Call("get_parameter", named("Name"), found="Parameter"),
    details=Call(
        "describe_parameters",
        lambda key: {"ParameterFilters": [{"Key": "Name", "Option": "Equals", "Values": [key["name"]]}]},
        found="Parameters[0]",
    ),
    update=Call("put_parameter", lambda key: {"Name": key["name"], "Overwrite": True}),
    delete=Call("delete_parameter", named("Name")),
    missing="ParameterNotFound",
    arn="ARN",
    tagging=Tagging(
        create="Tags",
        list="list_tags_for_resource",
        listed="TagList",
        add="add_tags_to_resource",
        remove="remove_tags_from_resource",
        keys="TagKeys",
        target=lambda key, _: {"ResourceType": "Parameter", "ResourceId": key["name"]},
        apart=lambda request: bool(request.get("Overwrite")),
    ),
)

TYPES = (PARAMETER,)
