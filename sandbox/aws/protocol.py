"""Requests of any service of AWS taken apart, and answers as its client reads them; and whether it is still there."""

import contextlib
import json
import re
import select
import socket
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from sandbox.aws import s3
from sandbox.aws.world import REGION, AwsError

# signing name -> boto3's name
SERVICES = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", "servicequotas": "service-quotas"}
INVOCATION = re.compile(r"/endpoints/(?P<endpoint>[^/]+)/invocations")
SCOPE = re.compile(r"Credential=(?P<key>[^/]*)/\d*/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


@dataclass(frozen=True)
class Asked:
    """An AWS request, taken apart."""

    service: str  # boto3's name
    operation: str
    region: str
    params: dict[str, Any]
    body: bytes
    request: Request
    key: str = ""  # of the credentials

    @property
    def connection(self) -> socket.socket:
        connection: socket.socket = self.request.environ["werkzeug.socket"]
        return connection

    def client_gone(self) -> bool:
        """Whether the other side has closed the connection: it is readable, with nothing to read."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    @property
    def is_query(self) -> bool:
        """Whether the client speaks XML."""
        return "x-www-form-urlencoded" in (self.request.content_type or "")


def understand(request: Request) -> Asked:
    """Service, operation and members of any AWS request, as far as the wire tells without a service model."""
    body = request.get_data()
    scope = SCOPE.search(request.headers.get("Authorization", ""))
    key, region, service = scope.group("key", "region", "service") if scope else ("", REGION, "")
    if invocation := INVOCATION.fullmatch(request.path):
        params = {"EndpointName": unquote(invocation["endpoint"]), "ContentType": request.content_type or ""}
        return Asked("sagemaker-runtime", "InvokeEndpoint", region, params, body, request, key)
    target = request.headers.get("X-Amz-Target", "")
    service = "sagemaker" if target.startswith("SageMaker.") else SERVICES.get(service, service)
    if service == "s3":
        operation, params = s3.named(request.method, request.path, request.args)
        return Asked(service, operation or _operation(request), region, params, body, request, key)
    params = _members(request, body)
    operation = target.rpartition(".")[2] or params.pop("Action", "") or _operation(request)
    return Asked(service, operation, region, params, body, request, key)


def _members(request: Request, body: bytes) -> dict[str, Any]:
    kind = request.content_type or ""
    if "x-www-form-urlencoded" in kind:
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    try:
        members = json.loads(body) if body and "json" in kind else {}
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def _operation(request: Request) -> str:
    rpc = re.fullmatch(r"/service/\w+/operation/(\w+)", request.path)
    return rpc[1] if rpc else f"{request.method} {request.path}"


def as_json(content: Any, status: int = 200, **headers: str) -> Response:
    headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return Response(json.dumps(content), status, headers, content_type="application/x-amz-json-1.1")


def as_error(asked: Asked, error: AwsError) -> Response:
    """The error in the form that the client of this service reads."""
    if asked.is_query:
        xml = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        )
        return Response(xml, error.status, content_type="text/xml")
    if asked.service == "s3":
        xml = f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message></Error>"
        return Response(xml, error.status, content_type="application/xml")
    # JSON 1.x reads __type and message, REST-JSON the header and Message
    content = {"__type": error.code, "message": error.message, "Message": error.message, **error.more}
    return as_json(content, error.status, **{"x-amzn-errortype": error.code})


def hang_up(asked: Asked) -> ConnectionAbortedError:
    """What to raise so that nothing is sent."""
    with contextlib.suppress(OSError):
        asked.connection.shutdown(socket.SHUT_RDWR)
    return ConnectionAbortedError()
