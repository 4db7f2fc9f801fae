"""The sandbox's AWS on one port: SageMaker answered here, everything else by moto, and beside them the control API.

Here are the wire, latency, faults and who answers; what SageMaker does is in sandbox/aws/sagemaker/, the control API in
control.py.
"""

import argparse
import contextlib
import json
import os
import re
import select
import signal
import socket
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from sandbox.aws import autoscaling, cloudwatch, control, ecr, iam, identity, neighbours, quotas, ssm, sts, validation
from sandbox.aws.control import State
from sandbox.aws.faults import ClientGone, Rule
from sandbox.aws.identity import Caller, Principals
from sandbox.aws.sagemaker import operations, runtime
from sandbox.aws.service import LeftToMoto, Service
from sandbox.aws.world import REGION, AwsError, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONTROL = "/_sandbox/"
NOBODY_THERE = 499  # in the log only: the client was gone before the answer
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


def _json(content: Any, status: int = 200, **headers: str) -> Response:
    headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return Response(json.dumps(content), status, headers, content_type="application/x-amz-json-1.1")


def _failed(asked: Asked, error: AwsError) -> Response:
    """The error in the form that the client of this service reads."""
    if asked.is_query:
        xml = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        )
        return Response(xml, error.status, content_type="text/xml")
    # JSON 1.x reads __type and message, REST-JSON the header and Message
    content = {"__type": error.code, "message": error.message, "Message": error.message, **error.more}
    return _json(content, error.status, **{"x-amzn-errortype": error.code})


@dataclass(frozen=True)
class Played:
    """A service that the sandbox plays itself."""

    service: Service[Any]
    scene: Callable[[State, Caller], Any]  # what its operations act on

    def answer(self, state: State, asked: Asked, caller: Caller) -> Response:
        """In the form that the client reads. Raises AwsError, and LeftToMoto."""
        scene = self.scene(state, caller)
        if asked.is_query:
            xml = self.service.answer_form(scene, asked.region, asked.operation, asked.params)
            return Response(xml, content_type="text/xml")
        return _json(self.service.answer(scene, asked.region, asked.operation, asked.params))


def _world(state: State, _: Caller) -> World:
    return state.world


def _watched(state: State, _: Caller) -> cloudwatch.Watched:
    return cloudwatch.Watched(state.metrics, state.world.settings)


def _principals(state: State, caller: Caller) -> Principals:
    return Principals(caller, state.world.settings.roles, state.sessions)


PLAYED = {
    played.service.name: played
    for played in (
        Played(operations.SERVICE, _world),
        Played(quotas.SERVICE, _world),
        Played(ssm.SERVICE, _world),
        Played(autoscaling.SERVICE, _world),
        Played(ecr.SERVICE, _world),
        Played(cloudwatch.SERVICE, _watched),
        Played(iam.SERVICE, _principals),
        Played(sts.SERVICE, _principals),
    )
}
NOT_EVEN_BY_MOTO = ("resourcegroupstaggingapi",)  # moto would answer, with nothing of SageMaker in it


class Application:
    """The WSGI application. Held and delayed calls wait outside the lock."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._moto: Callable[..., Iterable[bytes]] | None = None
        self._moto_lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        response = self._control(request) if request.path.startswith(CONTROL) else self._aws(understand(request))
        return response(environ, start_response)

    def _control(self, request: Request) -> Response:
        path = request.path.removeprefix(CONTROL)
        try:
            content = {**request.args.to_dict(), **json.loads(request.get_data() or b"{}")}
            response = _json(control.act(self.state, request.method, path, content))
        except (control.BadRequest, ValueError, TypeError) as error:
            return _json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        if path == "stop":
            response.call_on_close(self.state.stopped.set)
        return response

    def _aws(self, asked: Asked) -> Response:
        vouched_for = neighbours.caller_of(asked.request)
        if not vouched_for and (neighbour := self._neighbour(identity.account_of(asked.key))):
            return self._forwarded(asked, neighbour)  # it is in the log there
        call = self.state.log.begin(asked.service, asked.operation, asked.params, asked.region)
        code = ""
        try:
            caller = vouched_for or self._caller(asked)
            call.caller = caller.arn
            response = self._with_faults(asked, caller)
        except ClientGone as gone:
            self.state.log.end(call, NOBODY_THERE, str(gone))
            raise _hang_up(asked) from None
        except Exception as caught:
            error = caught if isinstance(caught, AwsError) else _bug(caught)
            code, response = error.code, _failed(asked, error)
        if not code and response.status_code >= HTTPStatus.BAD_REQUEST:
            code = response.headers.get("x-amzn-errortype") or "error"  # moto's
        self.state.log.end(call, response.status_code, code)
        return response

    def _neighbour(self, account: str) -> str:
        """URL of the sandbox that plays another account; "" where nobody does."""
        return self.state.world.settings.neighbours.get(account, "")

    def _forwarded(self, asked: Asked, neighbour: str) -> Response:
        connection = _connection(asked)
        try:
            return neighbours.forward(neighbour, asked.request, asked.body, lambda: _closed(connection))
        except ClientGone:
            raise _hang_up(asked) from None
        except AwsError as error:
            return _failed(asked, error)

    def _caller(self, asked: Asked) -> Caller:
        """Raises AwsError where the credentials are nobody's."""
        token = asked.request.headers.get("X-Amz-Security-Token", "")
        return self.state.sessions.caller(asked.key, token, asked.is_query)

    def _with_faults(self, asked: Asked, caller: Caller) -> Response:
        if latency := self.state.world.settings.latency_ms:
            time.sleep(latency / 1000)
        connection = _connection(asked)
        faults = self.state.faults
        met = faults.hit(asked.service, asked.region, asked.operation, asked.params)
        for entry in met:
            match entry.rule.action:
                case "delay":
                    time.sleep(entry.rule.seconds)
                case "hold-before":
                    faults.hold(entry, lambda: _closed(connection))
                case "error":
                    raise _fault(entry.rule)
        response = self._answer(asked, caller)
        for entry in met:
            if entry.rule.action == "hold-after":
                faults.hold(entry, lambda: _closed(connection))
        return response

    def _answer(self, asked: Asked, caller: Caller) -> Response:
        if asked.service == "sagemaker-runtime":
            return self._invoke(asked)
        if asked.service == "sts" and (neighbour := self._neighbour(sts.role_account(asked.params.get("RoleArn", "")))):
            # A role is given by its own account, which has to know the role's sessions
            connection = _connection(asked)
            return neighbours.forward(neighbour, asked.request, asked.body, lambda: _closed(connection), caller)
        if asked.service in NOT_EVEN_BY_MOTO:
            raise AwsError(f"the sandbox does not play {asked.service}", code="UnsupportedOperation")
        if asked.service in PLAYED:
            with contextlib.suppress(LeftToMoto), self.state.lock:
                return PLAYED[asked.service].answer(self.state, asked, caller)
        return self._by_moto(asked)

    def _invoke(self, asked: Asked) -> Response:
        model = validation.service("sagemaker-runtime").operation_model("InvokeEndpoint")
        validation.check_request(model, {**asked.params, "Body": asked.body})
        received, name = time.perf_counter(), asked.params["EndpointName"]
        with self.state.lock:
            serving = runtime.target(self.state.world, asked.region, name, self.state.metrics)
        sent = {name: value for name, value in asked.request.headers.items() if name in ("Content-Type", "Accept")}
        with self.state.metrics.invocation(asked.region, name, serving.variant, received):
            given = runtime.forward(serving, self.state.inference_url, sent, asked.body)
        variant = {"x-Amzn-Invoked-Production-Variant": serving.variant}
        return Response(given.body, given.status, variant, content_type=given.content_type)

    def _by_moto(self, asked: Asked) -> Response:
        with self._moto_lock:
            if self._moto is None:
                # Most of a second and much memory: only for who needs it
                from moto.moto_server.werkzeug_app import (  # noqa: PLC0415
                    DomainDispatcherApplication,
                    create_backend_app,
                )

                self._moto = DomainDispatcherApplication(create_backend_app)
        environ = {key: value for key, value in asked.request.environ.items() if key != "werkzeug.request"}
        return Response.from_app(self._moto, {**environ, "wsgi.input": BytesIO(asked.body)}, buffered=True)


def _bug(error: Exception) -> AwsError:
    traceback.print_exc()
    return AwsError(f"bug in the sandbox: {error!r}", code="InternalFailure", status=500)


def _fault(rule: Rule) -> Exception:
    if rule.drop:
        return ClientGone("connection dropped by a fault")
    return AwsError(rule.message, rule.code, rule.status)


def _connection(asked: Asked) -> socket.socket:
    connection: socket.socket = asked.request.environ["werkzeug.socket"]
    return connection


def _hang_up(asked: Asked) -> ConnectionAbortedError:
    """What to raise so that nothing is sent."""
    with contextlib.suppress(OSError):
        _connection(asked).shutdown(socket.SHUT_RDWR)
    return ConnectionAbortedError()


def _closed(connection: socket.socket) -> bool:
    """Whether the other side has closed the connection: it is readable, with nothing to read."""
    readable, _, _ = select.select([connection], [], [], 0)
    try:
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True


class Handler(WSGIRequestHandler):
    disable_nagle_algorithm = True  # head and body are written apart: with Nagle an answer may wait 40 ms

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Calls are in the call log."""


def serve(state: State, fd: int | None = None) -> BaseWSGIServer:
    """A threaded server, already serving, on the listening socket `fd`, else on a free port of 127.0.0.1."""
    server = make_server("127.0.0.1", 0, Application(state), threaded=True, request_handler=Handler, fd=fd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.aws.server", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="a listening socket")
    parser.add_argument("--inference-port-file", type=Path, required=True)
    parser.add_argument("--parent", type=int, default=0, help="end when this process is gone (0: never)")
    arguments = parser.parse_args()
    state = State(arguments.inference_port_file)
    signal.signal(signal.SIGTERM, lambda *_: state.stopped.set())
    serve(state, arguments.fd)
    validation.service("sagemaker")  # read now, not in the first call
    while not state.stopped.wait(1):
        if arguments.parent and os.getppid() != arguments.parent:
            break


if __name__ == "__main__":
    main()
