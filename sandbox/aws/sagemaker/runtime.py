"""InvokeEndpoint: from an endpoint to the model that it serves, and to the process that runs the model.

What a model answers is the inference server's; it is reached by the path in the model's artifact.
"""

import http.client
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from http import HTTPStatus
from urllib.parse import urlsplit

from sandbox.aws import logs
from sandbox.aws.cloudwatch.metrics import Metrics, cold
from sandbox.aws.sagemaker.lifecycle import settle
from sandbox.aws.world import ACCOUNT, AwsError, Serving, World, arn_of

ARTIFACT = re.compile(r"s3://sandbox-models/(?P<path>.+)/model\.tar\.gz")
TIMEOUT_SECONDS = 60  # what SageMaker gives a container


@dataclass(frozen=True)
class Invocation:
    status: int
    content_type: str
    body: bytes


def _model_error(serving: Serving, status: int, text: str) -> AwsError:
    side = "client" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server"
    message = f'Received {side} error ({status}) from {serving.variant} with message "{text}".'
    return AwsError(message, "ModelError", 424, OriginalStatusCode=status, OriginalMessage=text)


def target(world: World, region: str, name: str, metrics: Metrics | None = None) -> Serving:
    """What answers for the endpoint now; a cold start goes into the metrics.

    Raises AwsError: ValidationError where there is none, ModelNotReadyException (429) for a cold start.
    """
    settle(world)
    endpoint = world.endpoints.get(arn_of(region, "endpoint", name))
    # Toxicity is not toxicity here, though CreateEndpoint takes them for the same (API reference, CreateEndpoint)
    if endpoint is None or endpoint.name != name or endpoint.serving is None or endpoint.status == "Deleting":
        raise AwsError(f"Endpoint {name} of account {ACCOUNT} not found.", code="ValidationError")
    serving = endpoint.serving
    logs.group_of(world, region, name)
    if not serving.warm:
        world.endpoints[endpoint.arn] = replace(endpoint, serving=replace(serving, warm=True))
        cold_start = world.settings.cold_start_seconds
        # `since` is rounded up: within the same millisecond it is in the future, also where there are no cold starts.
        if cold_start and world.clock() < serving.since + cold_start:
            if metrics is not None:
                metrics.add(region, name, serving.variant, cold(cold_start * 1e6))
            raise AwsError(
                f"Resources of variant {serving.variant} are still being provisioned; retry.",
                code="ModelNotReadyException",
                status=429,
            )
    return serving


def forward(
    serving: Serving, inference_url: str, headers: Mapping[str, str], body: bytes, read: Callable[[str], bytes]
) -> Invocation:
    """Ask the process that runs the model. Raises AwsError (ModelError, 424) for what is not a success.

    The sandbox's own models are known by their path. Any other archive is `read` from S3 and handed over, once.
    """
    match = ARTIFACT.fullmatch(serving.artifact)
    if match:
        return _asked(serving, inference_url, f"/models/{match['path']}/invocations", headers, body)
    try:
        archive = read(serving.artifact)
    except AwsError as error:
        raise _model_error(serving, 500, error.message) from None
    path = f"/archives/{sha256(archive).hexdigest()}"
    _asked(serving, inference_url, path, {}, archive, method="PUT")
    return _asked(serving, inference_url, f"{path}/invocations", headers, body)


def _asked(
    serving: Serving, inference_url: str, path: str, headers: Mapping[str, str], body: bytes, method: str = "POST"
) -> Invocation:
    connection = http.client.HTTPConnection(urlsplit(inference_url).netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        text = response.read()
    except OSError as error:
        raise _model_error(serving, 500, f"the inference server does not answer: {error}") from error
    finally:
        connection.close()
    if response.status >= HTTPStatus.BAD_REQUEST:
        raise _model_error(serving, response.status, text.decode(errors="replace"))
    return Invocation(response.status, response.headers.get("Content-Type", "application/octet-stream"), text)
