"""SageMaker: models, endpoint configurations, endpoints."""

from sandbox.plugin.catalogue.row import Call, Field, Repeat, ResourceType, Settling, Tagging, forcing_new, named

SAGEMAKER_TAGS = Tagging(
    create="Tags",
    list="list_tags",
    add="add_tags",
    remove="delete_tags",
    keys="TagKeys",
    listed="Tags",
    target=lambda _, arn: {"ResourceArn": arn},
)

CONTAINER = (
    Field("modelPackageName"),
    Field("environment"),
    Field("inferenceSpecificationName"),
    Field("mode", default="SingleModel"),
)

MODEL = ResourceType(
    token="aws:sagemaker/model:Model",
    title="SageMaker AI model",
    service="sagemaker",
    fields=forcing_new(
        Field("name", "ModelName"),
        Field("executionRoleArn"),
        Field("primaryContainer", fields=CONTAINER),
        Field("containers", fields=CONTAINER),
    ),
    create="create_model",
    read=Call("describe_model", named("ModelName")),
    delete=Call("delete_model", named("ModelName")),
    missing="ValidationException: Could not find model",
    arn="ModelArn",
    tagging=SAGEMAKER_TAGS,
    repeat=Repeat("ValidationException", 2 * 60),
)

SERVERLESS = (
    Field("memorySizeInMb", "MemorySizeInMB"),
    Field("maxConcurrency"),
    Field("provisionedConcurrency"),
)

VARIANT = (
    Field("variantName"),
    Field("modelName"),
    Field("initialVariantWeight", default=1),
    Field("enableSsmAccess", "EnableSSMAccess", unset=False),
    Field("serverlessConfig", fields=SERVERLESS),
)

ENDPOINT_CONFIGURATION = ResourceType(
    token="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    title="SageMaker AI Endpoint Configuration",
    service="sagemaker",
    fields=forcing_new(
        Field("name", "EndpointConfigName"),
        Field("productionVariants", fields=VARIANT),
        Field("kmsKeyArn", "KmsKeyId"),
    ),
    create="create_endpoint_config",
    read=Call("describe_endpoint_config", named("EndpointConfigName")),
    delete=Call("delete_endpoint_config", named("EndpointConfigName")),
    missing="ValidationException: Could not find endpoint configuration",
    arn="EndpointConfigArn",
    tagging=SAGEMAKER_TAGS,
)

CAPACITY = (Field("type"), Field("value"))

TRAFFIC = (
    Field("type"),
    Field("waitIntervalInSeconds"),
    Field("canarySize", fields=CAPACITY),
    Field("linearStepSize", fields=CAPACITY),
)

BLUE_GREEN = (
    Field("trafficRoutingConfiguration", fields=TRAFFIC),
    Field("terminationWaitInSeconds", default=0),
    Field("maximumExecutionTimeoutInSeconds"),
)

ROLLING = (
    Field("maximumBatchSize", fields=CAPACITY),
    Field("waitIntervalInSeconds"),
    Field("maximumExecutionTimeoutInSeconds"),
    Field("rollbackMaximumBatchSize", fields=CAPACITY),
)

DEPLOYMENT = (
    Field("autoRollbackConfiguration", replaces=True, fields=(Field("alarms", fields=(Field("alarmName"),)),)),
    Field("blueGreenUpdatePolicy", fields=BLUE_GREEN),
    Field("rollingUpdatePolicy", fields=ROLLING),
)

ENDPOINT = ResourceType(
    token="aws:sagemaker/endpoint:Endpoint",
    title="SageMaker AI Endpoint",
    service="sagemaker",
    fields=(
        Field("name", "EndpointName", replaces=True),
        Field("endpointConfigName"),
        Field("deploymentConfig", described="LastDeploymentConfig", fields=DEPLOYMENT),
    ),
    create="create_endpoint",
    read=Call("describe_endpoint", named("EndpointName")),
    update=Call("update_endpoint", named("EndpointName")),
    delete=Call("delete_endpoint", named("EndpointName")),
    missing="ValidationException: Could not find endpoint",
    arn="EndpointArn",
    tagging=SAGEMAKER_TAGS,
    settling=Settling(
        status="EndpointStatus",
        reason="FailureReason",
        # RollingBack is not among them. So a provider whose look falls into a rollback fails; one that looks again only
        # after it sees InService, and reports success although the old configuration serves.
        pending=frozenset({"Creating", "Updating", "SystemUpdating"}),
        ready="InService",
        leaving=frozenset({"Deleting"}),
        seconds=60 * 60,
        delete_seconds=10 * 60,
        healing='its trust relationship policy allows the action "sts:AssumeRole" for the service principal',
        healing_seconds=4 * 60,
    ),
)

TYPES = (MODEL, ENDPOINT_CONFIGURATION, ENDPOINT)
