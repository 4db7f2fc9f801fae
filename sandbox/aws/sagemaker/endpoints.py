"""Endpoints: an operation begins a change, and time ends it (lifecycle.py)."""

from dataclasses import replace

from sandbox.aws import quotas
from sandbox.aws.sagemaker import tags
from sandbox.aws.sagemaker.configurations import check_concurrency, deployable
from sandbox.aws.sagemaker.listing import listed_here
from sandbox.aws.sagemaker.needs import endpoints_of
from sandbox.aws.world import Answer, AwsError, Change, Ending, Endpoint, Params, Serving, World, arn_of, find

UPDATABLE = ("InService", "OutOfService", "UpdateRollbackFailed")
DELETABLE = (*UPDATABLE, "Failed")
_NOT_PLAYED = (
    "DeploymentConfig",
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
    "RetainDeploymentConfig",
)


def create_endpoint(world: World, region: str, request: Params) -> Answer:
    _check_played(request)
    name = request["EndpointName"]
    arn = arn_of(region, "endpoint", name)
    if arn in world.endpoints:
        raise AwsError(f'Cannot create already existing endpoint "{arn}".')
    config = deployable(world, region, request["EndpointConfigName"])
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


def _check_quotas(world: World, region: str, now: Params, then: Params) -> None:
    """For one endpoint whose ServerlessConfig is to change; an empty one: there is no endpoint, or on instances."""
    taken = [serverless for endpoint in endpoints_of(world, region) if (serverless := _takes(world, region, endpoint))]
    memory = then.get("MemorySizeInMB", 0)
    delta = {
        "endpoint_limit": 1 if then and not now else 0,
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
    config = deployable(world, region, request["EndpointConfigName"])
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
    check_concurrency(serverless)
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
    return listed_here(world, region, request, "endpoint", _endpoint_summary, "Endpoints")


OPERATIONS = {
    "CreateEndpoint": create_endpoint,
    "DescribeEndpoint": describe_endpoint,
    "ListEndpoints": list_endpoints,
    "UpdateEndpoint": update_endpoint,
    "UpdateEndpointWeightsAndCapacities": resize_endpoint,
    "DeleteEndpoint": delete_endpoint,
}
