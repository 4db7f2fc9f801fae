"""ECR of the sandbox: how large an image is, and that one is not there."""

from typing import Any

import pytest

from sandbox.aws import ecr
from sandbox.aws.world import AwsError, Settings, World

WORLD = World(settings=Settings(image_bytes={"text:large": 12_000_000_000, "text:gone": 0}))


def describe(*images: dict[str, str], **more: str) -> Any:
    return ecr.SERVICE.answer(
        WORLD, "eu-west-1", "DescribeImages", {"repositoryName": "text", "imageIds": list(images), **more}
    )


def test_an_image_has_the_size_of_the_setting_or_the_usual_one() -> None:
    found = describe({"imageTag": "large"}, {"imageTag": "1"})["imageDetails"]
    assert [detail["imageSizeInBytes"] for detail in found] == [12_000_000_000, ecr.USUAL_BYTES]


@pytest.mark.parametrize(
    ("image", "more", "code"),
    [
        ({"imageTag": "gone"}, {}, "ImageNotFoundException"),
        ({"imageTag": "1"}, {"registryId": "763104351884"}, "AccessDeniedException"),
        ({"imageTag": "1"}, {"registryId": "7"}, "ValidationException"),
    ],
    ids=["not there", "of another account", "no account"],
)
def test_what_cannot_be_shown_is_refused(image: dict[str, str], more: dict[str, str], code: str) -> None:
    with pytest.raises(AwsError) as refused:
        describe(image, **more)
    assert refused.value.code == code


def test_another_operation_is_not_played() -> None:
    with pytest.raises(AwsError, match="does not play PutImage of ECR"):
        ecr.SERVICE.answer(WORLD, "eu-west-1", "PutImage", {})
