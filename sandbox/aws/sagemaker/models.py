"""Models: what a container runs, taken from the request or from the package that it names."""

import re

from sandbox.aws.sagemaker import tags
from sandbox.aws.sagemaker.listing import listed_here
from sandbox.aws.sagemaker.needs import needs
from sandbox.aws.world import Answer, AwsError, Harm, Model, Package, Params, World, arn_of, find

ECR = re.compile(r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/")


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
    name = container["ModelPackageName"]
    package: Package = world.borrowed.get(name) or find(world, region, "model-package", name)
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
    return listed_here(world, region, request, "model", _model_summary, "Models")


def delete_model(world: World, region: str, request: Params) -> Answer:
    model: Model = find(world, region, "model", request["ModelName"])
    for need in needs(world, region):
        if need.model == model.name:
            why = f"{need.why} {need.config}"
            world.harm.append(Harm("DeleteModel", model.name, need.endpoint, why, world.stamp()))
    del world.models[model.arn]
    world.tags.pop(model.arn, None)
    return {}


OPERATIONS = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "ListModels": list_models,
    "DeleteModel": delete_model,
}
