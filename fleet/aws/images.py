"""Container images, as far as Amazon ECR lets itself be asked. Optional: what it does not tell stops nothing."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from fleet.access import Access
from fleet.aws import account, session
from fleet.preflight import Image
from fleet.seen import Unknown

if TYPE_CHECKING:
    from mypy_boto3_ecr import ECRClient

_MISSING = frozenset({"ImageNotFoundException", "RepositoryNotFoundException"})


def look_up(access: Access, uris: Iterable[str]) -> tuple[Mapping[str, int | str], str]:
    """How many bytes each image has, or why there is none of that name; and why some could not be looked at.

    An image of another Region is passed over: SageMaker takes it from nowhere else, and would not take it from there.
    """
    wanted = {uri: image for uri in uris if (image := Image.parse(uri)) and image.region == access.region}
    if not wanted:
        return {}, ""
    ecr = session.ask(lambda: session.client(access, "ecr", account.SOON))
    if isinstance(ecr, Unknown):
        return {}, ecr.error

    def described(image: Image) -> int | str | Unknown:
        return session.ask(lambda: _described(ecr, image))

    registries: dict[str, dict[str, Image]] = {}  # each lets itself be asked, or does not
    for uri, image in wanted.items():
        registries.setdefault(image.account, {})[uri] = image
    found = [_of_one_registry(its, described) for its in registries.values()]
    known = {uri: answer for its, _ in found for uri, answer in its.items()}
    return known, next((why for _, why in found if why), "")


def _of_one_registry(
    wanted: Mapping[str, Image], described: Callable[[Image], int | str | Unknown]
) -> tuple[Mapping[str, int | str], str]:
    (first, *rest), (one, *others) = wanted, wanted.values()
    answer = described(one)
    if isinstance(answer, Unknown):
        return {}, answer.error  # without permission, or without an ECR, none of the others can be looked at
    with ThreadPoolExecutor(session.THREADS) as pool:
        found = {first: answer, **dict(zip(rest, pool.map(described, others), strict=True))}
    unknown = [answer.error for answer in found.values() if isinstance(answer, Unknown)]
    known = {uri: answer for uri, answer in found.items() if not isinstance(answer, Unknown)}
    return known, unknown[0] if unknown else ""


def _described(ecr: "ECRClient", image: Image) -> int | str:
    try:
        answer = ecr.describe_images(registryId=image.account, repositoryName=image.repository, imageIds=[image.id])
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return session.sentence(error)
        raise
    # None of an index of several platforms
    return max((int(detail.get("imageSizeInBytes") or 0) for detail in answer["imageDetails"]), default=0)
