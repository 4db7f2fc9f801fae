"""Models, endpoint configurations and serverless endpoints, and what happens to an endpoint over time.

Nothing runs in the background: `settle` carries every change that is due to its end before an operation looks.
Requests come in valid against the service model.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.aws import quotas
from sandbox.aws.sagemaker import tags
from sandbox.aws.sagemaker.listing import listing
from sandbox.aws.world import (
    KINDS,
    Answer,
    AwsError,
    Change,
    Config,
    Ending,
    Endpoint,
    Harm,
    Model,
    Package,
    Params,
    Serving,
    World,
    arn_of,
    find,
)

MEMORY_SIZES = (1024, 2048, 3072, 4096, 5120, 6144)  # MB; ProductionVariantServerlessConfig
UPDATABLE = ("InService", "OutOfService", "UpdateRollbackFailed")
PRINCIPAL = "sagemaker.amazonaws.com"
DELETABLE = (*UPDATABLE, "Failed")
ECR = re.compile(r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/")
_NOT_PLAYED = (
    "DeploymentConfig",
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
    "RetainDeploymentConfig",
)
_NOT_SERVERLESS = (
    "DataCaptureConfig",
    "AsyncInferenceConfig",
    "ShadowProductionVariants",
    "CrossRegionTrafficConfig",
    "VpcConfig",
    "EnableNetworkIsolation",
)


# Models


def create_model(world: World, region: str, request: Params) -> Answer:
    name = request["ModelName"]
    arn = arn_of(region, "model", name)
    if arn in world.models:
        raise AwsError(f'Cannot create already existing model "{arn}".')
    if ("PrimaryContainer" in request) == ("Containers" in request):
        raise AwsError("Exactly one of PrimaryContainer and Containers must be given.")
    containers = request.get("Containers") or [request["PrimaryContainer"]]
    resolved = [one for container in containers for one in _resolved(world, region, container)]
    if elsewhere := [image for one in resolved if _is_elsewhere(image := one.get("Image", ""), region)]:
        raise AwsError(
            f"Cross region ECR image pulls are not allowed. Please use an image in {region} instead of {elsewhere[0]}."
        )
    tagged = tags.of_new(world, "CreateModel", arn, request)
    details = {key: value for key, value in request.items() if key not in ("ModelName", "Tags")}
    artifact = str(resolved[0].get("ModelDataUrl", ""))
    world.models[arn] = Model(name, arn, world.stamp(), artifact, details, resolved)
    world.tags[arn] = tagged
    return {"ModelArn": arn}


def _is_elsewhere(image: str, region: str) -> bool:
    registry = ECR.match(image)
    return registry is not None and registry["region"] != region


def _resolved(world: World, region: str, container: Params) -> list[Params]:
    """The container, or those of its package. Raises AwsError for a package that must not be deployed."""
    if ("ModelPackageName" in container) == ("Image" in container):
        raise AwsError("A container must have exactly one of Image and ModelPackageName.")
    specification = container.get("InferenceSpecificationName")
    if "Image" in container:
        if specification:
            raise AwsError("InferenceSpecificationName is only for a container with ModelPackageName.")
        return [container]
    package: Package = find(world, region, "model-package", container["ModelPackageName"])
    if package.status != "Completed":
        raise AwsError(f"Cannot use model package {package.arn}: its status is {package.status}, not Completed.")
    approval = package.details.get("ModelApprovalStatus", "Approved")  # only versioned packages have one
    if approval != "Approved":
        raise AwsError(f"Cannot use model package {package.arn}: its approval status is {approval}, not Approved.")
    if specification:
        additional = package.details.get("AdditionalInferenceSpecifications", ())
        found = next((one for one in additional if one["Name"] == specification), None)
        named = f' named "{specification}"'
    else:
        found, named = package.details.get("InferenceSpecification"), ""
    if found is None:
        raise AwsError(f"Cannot use model package {package.arn}: it has no inference specification{named}.")
    containers: list[Params] = found["Containers"]
    return containers


def describe_model(world: World, region: str, request: Params) -> Answer:
    model: Model = find(world, region, "model", request["ModelName"])
    return {**_model_summary(model), **model.details}


def _model_summary(model: Model) -> Answer:
    return {"ModelName": model.name, "ModelArn": model.arn, "CreationTime": model.created}


def list_models(world: World, region: str, request: Params) -> Answer:
    return _listed(world, region, request, "model", _model_summary, "Models")


def delete_model(world: World, region: str, request: Params) -> Answer:
    model: Model = find(world, region, "model", request["ModelName"])
    for endpoint, why, config, its_model in _needs(world, region):
        if its_model == model.name:
            world.harm.append(Harm("DeleteModel", model.name, endpoint, f"{why} {config}", world.stamp()))
    del world.models[model.arn]
    world.tags.pop(model.arn, None)
    return {}


# Endpoint configurations


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
    _check_concurrency(serverless)


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


def _check_concurrency(serverless: Params) -> None:
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
    return _listed(world, region, request, "endpoint-config", _config_summary, "EndpointConfigs")


def delete_config(world: World, region: str, request: Params) -> Answer:
    config: Config = find(world, region, "endpoint-config", request["EndpointConfigName"])
    for endpoint, why, needed, _ in _needs(world, region):
        if needed == config.name:
            world.harm.append(Harm("DeleteEndpointConfig", config.name, endpoint, f"{why} it", world.stamp()))
    del world.configs[config.arn]
    world.tags.pop(config.arn, None)
    return {}


def _needs(world: World, region: str) -> list[tuple[str, str, str, str]]:
    """What endpoints cannot do without: (endpoint, serves or goes to, configuration, model)."""
    needs = []
    for endpoint in _endpoints(world, region):
        if endpoint.status in ("Deleting", "Failed"):
            continue
        if endpoint.serving:
            needs.append((endpoint.name, "serves", endpoint.serving.config, endpoint.serving.model))
        if endpoint.change and endpoint.change.config:
            target = world.configs.get(arn_of(region, "endpoint-config", endpoint.change.config))
            needs.append((endpoint.name, "goes to", endpoint.change.config, target.model if target else ""))
    return needs


# Endpoints


def create_endpoint(world: World, region: str, request: Params) -> Answer:
    _check_played(request)
    name = request["EndpointName"]
    arn = arn_of(region, "endpoint", name)
    if arn in world.endpoints:
        raise AwsError(f'Cannot create already existing endpoint "{arn}".')
    config = _deployable(world, region, request["EndpointConfigName"])
    _check_quotas(world, region, {}, config.serverless)
    tagged = tags.of_new(world, "CreateEndpoint", arn, request)
    now = world.stamp()
    change = Change("create", now, now + world.settings.create_seconds, config.name)
    change = _with_ending(world, name, change)
    world.endpoints[arn] = Endpoint(name, arn, "Creating", config.name, now, now, change=change)
    world.tags[arn] = tagged
    return {"EndpointArn": arn}


def _check_played(request: Params) -> None:
    if present := [member for member in _NOT_PLAYED if request.get(member)]:
        raise AwsError(f"the sandbox does not play {', '.join(present)}", code="UnsupportedOperation")


def _endpoints(world: World, region: str) -> list[Endpoint]:
    here = arn_of(region, "endpoint", "")
    return [endpoint for arn, endpoint in world.endpoints.items() if arn.startswith(here)]


def _check_quotas(world: World, region: str, now: Params, then: Params) -> None:
    """For one endpoint whose ServerlessConfig is to change; an empty one: there is no endpoint, or on instances."""
    taken = [serverless for endpoint in _endpoints(world, region) if (serverless := _takes(world, region, endpoint))]
    memory = then.get("MemorySizeInMB", 0)
    delta = {
        "endpoint_limit": bool(then) - bool(now),
        "concurrency_limit": then.get("MaxConcurrency", 0) - now.get("MaxConcurrency", 0),
        "memory_limit": memory if memory > now.get("MemorySizeInMB", 0) else 0,
    }
    used = {"endpoint_limit": len(taken), "concurrency_limit": sum(one["MaxConcurrency"] for one in taken)}
    quotas.check(world.settings, used, delta)


def _takes(world: World, region: str, endpoint: Endpoint) -> Params:
    """The ServerlessConfig of an endpoint, or of the one that it is being created with."""
    if endpoint.serving:
        return endpoint.serving.serverless
    config = world.configs.get(arn_of(region, "endpoint-config", endpoint.config))
    return config.serverless if config else {}


def _deployable(world: World, region: str, name: str) -> Config:
    config: Config = find(world, region, "endpoint-config", name)
    find(world, region, "model", config.model)
    return config


def _with_ending(world: World, endpoint: str, change: Change) -> Change:
    ending = _ending(world, change.kind, endpoint)
    return replace(change, ending=ending.ending, reason=ending.reason) if ending else change


def _ending(world: World, operation: str, endpoint: str) -> Ending | None:
    for ending in world.endings:
        if ending.operation == operation and ending.endpoint in ("*", endpoint):
            if ending.times:
                ending.times -= 1
                if not ending.times:
                    world.endings.remove(ending)
            return ending
    return None


def update_endpoint(world: World, region: str, request: Params) -> Answer:
    _check_played(request)
    endpoint = _changeable(world, region, request, UPDATABLE)
    config = _deployable(world, region, request["EndpointConfigName"])
    if config.name == endpoint.config:
        raise AwsError(
            f'Cannot update endpoint "{endpoint.arn}" to endpoint configuration "{config.arn}": it already uses it.'
        )
    if endpoint.serving and endpoint.serving.instances and config.serverless:
        raise AwsError(
            f'Cannot update endpoint "{endpoint.arn}" to endpoint configuration "{config.arn}": '
            "an endpoint on instances cannot become serverless."
        )
    _check_quotas(world, region, _takes(world, region, endpoint), config.serverless)
    now = world.stamp(endpoint.modified)
    change = Change("update", now, now + world.settings.update_seconds, config.name)
    change = _with_ending(world, endpoint.name, change)
    world.endpoints[endpoint.arn] = replace(endpoint, status="Updating", modified=now, change=change)
    return {"EndpointArn": endpoint.arn}


def _changeable(world: World, region: str, request: Params, statuses: tuple[str, ...]) -> Endpoint:
    endpoint: Endpoint = find(world, region, "endpoint", request["EndpointName"])
    if endpoint.status not in statuses:
        raise AwsError(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    return endpoint


def resize_endpoint(world: World, region: str, request: Params) -> Answer:
    """UpdateEndpointWeightsAndCapacities: another concurrency, or weight, on the configuration that serves."""
    endpoint = _changeable(world, region, request, UPDATABLE)
    serving = endpoint.serving
    wanted = request["DesiredWeightsAndCapacities"]
    if serving is None or [variant["VariantName"] for variant in wanted] != [serving.variant]:
        raise AwsError(f'The variants of endpoint "{endpoint.arn}" are {[serving.variant] if serving else []}.')
    if serving.instances:
        raise AwsError("the sandbox does not change the number of instances", code="UnsupportedOperation")
    if "DesiredInstanceCount" in wanted[0]:
        raise AwsError("DesiredInstanceCount is not supported with serverless variants.")
    serverless = {**serving.serverless, **wanted[0].get("ServerlessUpdateConfig", {})}
    _check_concurrency(serverless)
    _check_quotas(world, region, serving.serverless, serverless)
    now = world.stamp(endpoint.modified)
    ends = now + world.settings.update_seconds
    change = Change("resize", now, ends, serverless=serverless, weight=wanted[0].get("DesiredWeight", serving.weight))
    world.endpoints[endpoint.arn] = replace(endpoint, status="Updating", modified=now, change=change)
    return {"EndpointArn": endpoint.arn}


def delete_endpoint(world: World, region: str, request: Params) -> Answer:
    endpoint = _changeable(world, region, request, DELETABLE)
    now = world.stamp(endpoint.modified)
    change = Change("delete", now, now + world.settings.delete_seconds)
    world.endpoints[endpoint.arn] = replace(endpoint, status="Deleting", modified=now, change=change)
    return {}


def describe_endpoint(world: World, region: str, request: Params) -> Answer:
    endpoint: Endpoint = find(world, region, "endpoint", request["EndpointName"])
    shown = {**_endpoint_summary(endpoint), "EndpointConfigName": endpoint.config}
    if endpoint.failure:
        shown["FailureReason"] = endpoint.failure
    if endpoint.serving:
        shown["ProductionVariants"] = [_variant(endpoint.serving, endpoint.change)]
    if endpoint.change and endpoint.change.config:
        pending = {"EndpointConfigName": endpoint.change.config, "StartTime": endpoint.change.started}
        shown["PendingDeploymentSummary"] = pending
    return shown


def _variant(serving: Serving, change: Change | None) -> Answer:
    shown = {
        "VariantName": serving.variant,
        "CurrentWeight": serving.weight,
        "DesiredWeight": serving.weight,
    }
    if serving.instances:
        return shown | {"CurrentInstanceCount": serving.instances, "DesiredInstanceCount": serving.instances}
    shown["CurrentServerlessConfig"] = serving.serverless
    if change and change.kind == "resize":
        shown |= {"DesiredWeight": change.weight, "DesiredServerlessConfig": change.serverless}
    return shown


def _endpoint_summary(endpoint: Endpoint) -> Answer:
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "EndpointStatus": endpoint.status,
    }


def list_endpoints(world: World, region: str, request: Params) -> Answer:
    return _listed(world, region, request, "endpoint", _endpoint_summary, "Endpoints")


def _listed(world: World, region: str, request: Params, kind: str, summary: Any, member: str) -> Answer:
    here = arn_of(region, kind, "")
    records: Mapping[str, Any] = getattr(world, KINDS[kind].attribute)
    mine = [record for arn, record in records.items() if arn.startswith(here)]
    return listing(request, mine, summary, member=member, cap=world.settings.page_size)


# What time brings


def settle(world: World) -> None:
    """Bring every endpoint to where it is by now."""
    now = world.clock()
    for endpoint in list(world.endpoints.values()):
        moved: Endpoint | None = endpoint
        while moved and moved.change and moved.change.ends <= now:
            moved = _after(world, moved, moved.change)
        if moved is None:
            del world.endpoints[endpoint.arn]
            world.tags.pop(endpoint.arn, None)
        else:
            world.endpoints[endpoint.arn] = moved


def _after(world: World, endpoint: Endpoint, change: Change) -> Endpoint | None:
    """The endpoint when its change has ended; None: it is gone."""
    modified = max(round(change.ends, 3), round(endpoint.modified + 0.001, 3))
    stands = replace(endpoint, status="InService", modified=modified, change=None)
    reason = change.reason
    if change.kind in ("create", "update") and change.ending is None:
        region = endpoint.arn.split(":")[3]
        try:
            serving = _serving(world, _deployable(world, region, change.config), region, modified)
            return replace(stands, config=serving.config, serving=serving, failure="")
        except AwsError as error:  # deleted in the meantime
            reason = error.message
    match change.kind, change.ending:
        case "delete", _:
            return None
        case "create", _:
            return replace(stands, status="Failed", failure=reason)
        case "resize", _:
            assert endpoint.serving is not None and change.weight is not None
            return replace(
                stands, serving=replace(endpoint.serving, serverless=change.serverless, weight=change.weight)
            )
        case "rollback", _:
            return replace(stands, failure=reason)
        case "update", "rollback-failed":
            return replace(stands, status="UpdateRollbackFailed", failure=reason)
        case "update", "silent-rollback":
            return replace(stands, failure=reason)
        case _:
            back = Change("rollback", change.ends, change.ends + world.settings.update_seconds, reason=reason)
            return replace(endpoint, status="RollingBack", failure=reason, change=back)


def _serving(world: World, config: Config, region: str, now: float) -> Serving:
    """Raises AwsError where it cannot be brought up."""
    model: Model = find(world, region, "model", config.model)
    _check_role(world, str(model.details.get("ExecutionRoleArn", "")))
    variant = config.variant
    return Serving(
        config=config.name,
        variant=variant["VariantName"],
        model=model.name,
        artifact=model.artifact,
        weight=variant["InitialVariantWeight"],
        serverless=config.serverless,
        since=now,
        warm=not config.serverless,
        instances=variant.get("InitialInstanceCount", 0),
    )


def _check_role(world: World, arn: str) -> None:
    """That SageMaker may assume it, as far as its trust policy is known here (the setting `roles`)."""
    trust = world.settings.roles.get(arn.rpartition("/")[2])
    if trust is not None and not any(_admits(statement) for statement in trust.get("Statement", ())):
        raise AwsError(
            f'The execution role ARN "{arn}" is invalid. Please ensure that the role exists and that its trust '
            f'relationship policy allows the action "sts:AssumeRole" for the service principal "{PRINCIPAL}".'
        )


def _admits(statement: Params) -> bool:
    principals = statement.get("Principal", {}).get("Service", ())
    return statement.get("Effect") == "Allow" and PRINCIPAL in principals and "sts:AssumeRole" in statement["Action"]


def provision(world: World, region: str, name: str, value: int) -> None:
    """What an autoscaler does: another provisioned concurrency, at once. Raises AwsError where it does not fit."""
    endpoint: Endpoint = find(world, region, "endpoint", name)
    if endpoint.serving is None:
        raise AwsError(f'Endpoint "{endpoint.arn}" serves nothing.')
    if endpoint.serving.instances:
        raise AwsError(f'Endpoint "{endpoint.arn}" is not serverless.')
    serverless = {**endpoint.serving.serverless, "ProvisionedConcurrency": value}
    _check_concurrency(serverless)
    serving = replace(endpoint.serving, serverless=serverless)
    world.endpoints[endpoint.arn] = replace(endpoint, serving=serving, modified=world.stamp(endpoint.modified))


def set_status(world: World, region: str, name: str, status: str) -> None:
    """Any status by hand, as OutOfService and SystemUpdating come from nothing that a caller does."""
    endpoint: Endpoint = find(world, region, "endpoint", name)
    modified = world.stamp(endpoint.modified)
    world.endpoints[endpoint.arn] = replace(endpoint, status=status, modified=modified, change=None)


OPERATIONS = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "ListModels": list_models,
    "DeleteModel": delete_model,
    "CreateEndpointConfig": create_config,
    "DescribeEndpointConfig": describe_config,
    "ListEndpointConfigs": list_configs,
    "DeleteEndpointConfig": delete_config,
    "CreateEndpoint": create_endpoint,
    "DescribeEndpoint": describe_endpoint,
    "ListEndpoints": list_endpoints,
    "UpdateEndpoint": update_endpoint,
    "UpdateEndpointWeightsAndCapacities": resize_endpoint,
    "DeleteEndpoint": delete_endpoint,
}
