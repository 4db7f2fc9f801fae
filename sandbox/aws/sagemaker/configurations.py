"""Endpoint configurations: what SageMaker takes as a serverless variant, and the little that is played of instances."""

from sandbox.aws.sagemaker import tags
from sandbox.aws.sagemaker.listing import listed_here
from sandbox.aws.sagemaker.needs import needs
from sandbox.aws.world import Answer, AwsError, Config, Harm, Model, Params, World, arn_of, find

MEMORY_SIZES = (1024, 2048, 3072, 4096, 5120, 6144)  # MB; ProductionVariantServerlessConfig
_NOT_SERVERLESS = (
    "DataCaptureConfig",
    "AsyncInferenceConfig",
    "ShadowProductionVariants",
    "CrossRegionTrafficConfig",
    "VpcConfig",
    "EnableNetworkIsolation",
)


def create_config(world: World, region: str, request: Params) -> Answer:
    name = request["EndpointConfigName"]
    arn = arn_of(region, "endpoint-config", name)
    if arn in world.configs:
        raise AwsError(f'Cannot create already existing endpoint configuration "{arn}".')
    _check_variants(request)
    _check_key(region, request.get("KmsKeyId", ""))
    first = request["ProductionVariants"][0]
    model = find(world, region, "model", first["ModelName"])
    if "ServerlessConfig" in first:
        _check_model(model)
    tagged = tags.of_new(world, "CreateEndpointConfig", arn, request)
    details = {key: value for key, value in request.items() if key not in ("EndpointConfigName", "Tags")}
    variant = {"InitialVariantWeight": 1.0, **first}
    world.configs[arn] = Config(name, arn, world.stamp(), {**details, "ProductionVariants": [variant]})
    world.tags[arn] = tagged
    return {"EndpointConfigArn": arn}


def _check_variants(request: Params) -> None:
    variants = request["ProductionVariants"]
    if not any("ServerlessConfig" in variant for variant in variants):
        _check_instances(variants)
        return
    if len(variants) > 1:
        raise AwsError("An endpoint configuration with a serverless variant must have exactly one production variant.")
    if present := [member for member in _NOT_SERVERLESS if request.get(member)]:
        raise AwsError(f"{', '.join(present)} is not supported with serverless variants.")
    variant, serverless = variants[0], variants[0]["ServerlessConfig"]
    if present := [member for member in ("InstanceType", "InitialInstanceCount") if member in variant]:
        raise AwsError(f"{', '.join(present)} is not supported with ServerlessConfig.")
    if "ModelName" not in variant:
        raise AwsError("A serverless variant must have a ModelName.")
    if serverless["MemorySizeInMB"] not in MEMORY_SIZES:
        raise AwsError(f"MemorySizeInMB must be one of {list(MEMORY_SIZES)}, not {serverless['MemorySizeInMB']}.")
    check_concurrency(serverless)


def _check_key(region: str, key: str) -> None:
    """A key's id or alias is looked up in the Region; an ARN says where the key is."""
    if key.startswith("arn:") and key.split(":")[2:4] != ["kms", region]:
        raise AwsError(f"{key} is no KMS key in {region}.")


def _check_instances(variants: list[Params]) -> None:
    if len(variants) > 1:
        raise AwsError("the sandbox plays one production variant", code="UnsupportedOperation")
    needed = ("ModelName", "InstanceType", "InitialInstanceCount")
    if missing := [member for member in needed if member not in variants[0]]:
        raise AwsError(f"A production variant without ServerlessConfig must have {', '.join(missing)}.")


def _check_model(model: Model) -> None:
    containers = model.containers or model.details.get("Containers") or [model.details["PrimaryContainer"]]
    if present := [member for member in _NOT_SERVERLESS if model.details.get(member)]:
        raise AwsError(f'Model "{model.arn}" cannot be serverless: {", ".join(present)} is not supported.')
    if len(containers) > 1 or containers[0].get("Mode") == "MultiModel":
        raise AwsError(f'Model "{model.arn}" cannot be serverless: it must be one container with one model.')
    if "ModelDataSource" in containers[0] and "ModelDataUrl" not in containers[0]:
        raise AwsError(f'Model "{model.arn}" cannot be serverless: ModelDataSource is not supported.')
    if "ProductId" in containers[0]:
        raise AwsError(f'Model "{model.arn}" cannot be serverless: it is an AWS Marketplace product.')


def check_concurrency(serverless: Params) -> None:
    if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
        raise AwsError(
            f"ProvisionedConcurrency ({serverless['ProvisionedConcurrency']}) must not be greater than "
            f"MaxConcurrency ({serverless['MaxConcurrency']})."
        )


def _config_summary(config: Config) -> Answer:
    return {
        "EndpointConfigName": config.name,
        "EndpointConfigArn": config.arn,
        "CreationTime": config.created,
    }


def describe_config(world: World, region: str, request: Params) -> Answer:
    config: Config = find(world, region, "endpoint-config", request["EndpointConfigName"])
    return {**_config_summary(config), **config.details}


def list_configs(world: World, region: str, request: Params) -> Answer:
    return listed_here(world, region, request, "endpoint-config", _config_summary, "EndpointConfigs")


def delete_config(world: World, region: str, request: Params) -> Answer:
    config: Config = find(world, region, "endpoint-config", request["EndpointConfigName"])
    for need in needs(world, region):
        if need.config == config.name:
            why = f"{need.why} it"
            world.harm.append(Harm("DeleteEndpointConfig", config.name, need.endpoint, why, world.stamp()))
    del world.configs[config.arn]
    world.tags.pop(config.arn, None)
    return {}


def deployable(world: World, region: str, name: str) -> Config:
    """The configuration, where its model is there too. Raises AwsError."""
    config: Config = find(world, region, "endpoint-config", name)
    find(world, region, "model", config.model)
    return config


OPERATIONS = {
    "CreateEndpointConfig": create_config,
    "DescribeEndpointConfig": describe_config,
    "ListEndpointConfigs": list_configs,
    "DeleteEndpointConfig": delete_config,
}
