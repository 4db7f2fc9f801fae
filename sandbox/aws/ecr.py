"""What of Amazon ECR the program asks: how large an image is. Every image is there unless a setting says otherwise.

And the policy of a repository, by which another account may ask.
"""

from sandbox.aws import sharing
from sandbox.aws.service import Service
from sandbox.aws.world import ACCOUNT, Answer, AwsError, Params, World

USUAL_BYTES = 300_000_000


def describe_images(world: World, region: str, request: Params) -> Answer:
    registry, repository = request.get("registryId", ACCOUNT), request["repositoryName"]
    if registry != ACCOUNT:
        message = f"You are not authorized to perform: ecr:DescribeImages on the registry {registry}"
        raise AwsError(message, code="AccessDeniedException")
    details = [_detail(world, repository, image) for image in request.get("imageIds", ())]
    return {"imageDetails": details}


def _detail(world: World, repository: str, image: Params) -> Answer:
    name = f"{repository}:{image['imageTag']}" if "imageTag" in image else f"{repository}@{image['imageDigest']}"
    size = world.settings.image_bytes.get(name, USUAL_BYTES)
    if not size:
        message = f"The image with imageId {dict(image)} does not exist within the repository '{repository}'"
        raise AwsError(message, code="ImageNotFoundException")
    return {"registryId": ACCOUNT, "repositoryName": repository, "imageSizeInBytes": size}


def set_policy(world: World, region: str, request: Params) -> Answer:
    name, text = request["repositoryName"], request["policyText"]
    sharing.check_policy(text)
    world.repository_policies[f"arn:aws:ecr:{region}:{ACCOUNT}:repository/{name}"] = text
    return {"registryId": ACCOUNT, "repositoryName": name, "policyText": text}


SERVICE = Service("ecr", {"DescribeImages": describe_images, "SetRepositoryPolicy": set_policy}, title="ECR")
