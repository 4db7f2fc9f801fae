"""The sandbox's AWS on one port: some services are played here, the rest is moto's, and beside them the control API.

Here are latency, faults and who answers; what a request says is wire.py, what is played is played.py, the control API
is control.py.
"""

import argparse
import json
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from sandbox.aws import control, identity, neighbours, s3, sharing, sts, validation
from sandbox.aws.control import State
from sandbox.aws.faults import ClientGone, Rule
from sandbox.aws.identity import Caller
from sandbox.aws.permissions import guard
from sandbox.aws.played import NOT_EVEN_BY_MOTO, PLAYED
from sandbox.aws.protocol import Asked, as_error, as_json, hang_up, understand
from sandbox.aws.sagemaker import runtime
from sandbox.aws.service import LeftToMoto
from sandbox.aws.world import ACCOUNT, AwsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONTROL = "/_sandbox/"
NOBODY_THERE = 499  # in the log only: the client was gone before the answer


class Application:
    """The WSGI application. Held and delayed calls wait outside the lock."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._moto: Callable[..., Iterable[bytes]] | None = None
        self._moto_lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        response = self._control(request) if request.path.startswith(CONTROL) else self._aws(understand(request))
        self._send_events()
        return response(environ, start_response)

    def _send_events(self) -> None:
        """To buses of other accounts. Outside the lock, for the sandbox of such an account may be sending as well."""
        with self.state.lock:
            crossing, self.state.world.crossing = self.state.world.crossing, []
        for sent in crossing:
            url = self._neighbour(sent.bus.split(":")[4])
            refused = neighbours.send(url, sent, ACCOUNT) if url else "no sandbox plays that account"
            if refused:
                self.state.world.events.append(replace(sent, refused=refused))

    def _control(self, request: Request) -> Response:
        path = request.path.removeprefix(CONTROL)
        try:
            content = {**request.args.to_dict(), **json.loads(request.get_data() or b"{}")}
            response = as_json(control.act(self.state, request.method, path, content))
        except (control.BadRequest, ValueError, TypeError) as error:
            return as_json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        if path == "stop":
            response.call_on_close(self.state.stopped.set)
        return response

    def _aws(self, asked: Asked) -> Response:
        vouched_for = neighbours.caller_of(asked.request)
        if not vouched_for and (neighbour := self._neighbour(identity.account_of(asked.key))):
            return self._forwarded(asked, neighbour)  # the other sandbox has it in its log
        call = self.state.log.begin(asked.service, asked.operation, asked.params, asked.region)
        code = ""
        try:
            caller = vouched_for or self._caller(asked)
            call.caller = caller.arn
            with self.state.lock:
                check = guard.check if caller.account == ACCOUNT else sharing.check
                call.allowed = check(self.state.world, asked, caller)
            response = self._with_faults(asked, caller)
        except ClientGone as gone:
            self.state.log.end(call, NOBODY_THERE, str(gone))
            raise hang_up(asked) from None
        except Exception as caught:
            error = caught if isinstance(caught, AwsError) else _bug(caught)
            code, response = error.code, as_error(asked, error)
        if not code and response.status_code >= HTTPStatus.BAD_REQUEST:
            code = response.headers.get("x-amzn-errortype") or "error"  # moto's
        self.state.log.end(call, response.status_code, code)
        return response

    def _neighbour(self, account: str) -> str:
        """URL of the sandbox that plays another account; "" where nobody does."""
        return self.state.world.settings.neighbours.get(account, "")

    def _forwarded(self, asked: Asked, neighbour: str) -> Response:
        try:
            return neighbours.forward(neighbour, asked.request, asked.body, asked.client_gone)
        except ClientGone:
            raise hang_up(asked) from None
        except AwsError as error:
            return as_error(asked, error)

    def _caller(self, asked: Asked) -> Caller:
        """Raises AwsError where the credentials are nobody's."""
        token = asked.request.headers.get("X-Amz-Security-Token", "")
        return self.state.sessions.caller(asked.key, token, asked.is_query)

    def _with_faults(self, asked: Asked, caller: Caller) -> Response:
        if latency := self.state.world.settings.latency_ms:
            time.sleep(latency / 1000)
        self.state.rates.check(self.state.world.settings.rates, asked.region, asked.operation)
        faults = self.state.faults
        met = faults.hit(asked.service, asked.region, asked.operation, asked.params)
        for entry in met:
            match entry.rule.action:
                case "delay":
                    time.sleep(entry.rule.seconds)
                case "hold-before":
                    faults.hold(entry, asked.client_gone)
                case "error":
                    raise _fault(entry.rule)
        response = self._answer(asked, caller)
        for entry in met:
            if entry.rule.action == "hold-after":
                faults.hold(entry, asked.client_gone)
        return response

    def _answer(self, asked: Asked, caller: Caller) -> Response:
        if asked.service == "sagemaker-runtime":
            return self._invoke(asked)
        if asked.service == "sts" and (neighbour := self._neighbour(sts.role_account(asked.params.get("RoleArn", "")))):
            # A role is given by its own account, which has to know the role's sessions
            return neighbours.forward(neighbour, asked.request, asked.body, asked.client_gone, caller)
        if neighbour := self._neighbour(sharing.account_asked(asked)):
            return neighbours.forward(neighbour, asked.request, asked.body, asked.client_gone, caller)
        if caller.account == ACCOUNT and (answer := self._of_another_bucket(asked, caller)):
            return answer
        for arn in sharing.packages_of_others(asked):
            if neighbour := self._neighbour(arn.split(":")[4]):
                self.state.world.borrowed[arn] = neighbours.borrow(neighbour, asked.region, arn, caller)
        if asked.service in NOT_EVEN_BY_MOTO:
            raise AwsError(f"the sandbox does not play {asked.service}", code="UnsupportedOperation")
        if asked.service in PLAYED:
            with suppress(LeftToMoto), self.state.lock:
                return PLAYED[asked.service].answer(self.state, asked, caller)
        return self._by_moto(asked)

    def _of_another_bucket(self, asked: Asked, caller: Caller) -> Response | None:
        """From the account whose bucket it is; None where that is this one, or nobody's."""
        bucket, others = asked.params.get("Bucket", ""), self.state.world.settings.neighbours.values()
        if asked.service != "s3" or asked.operation == "CreateBucket" or not bucket or not others or s3.owned(bucket):
            return None
        answers = (neighbours.forward(url, asked.request, asked.body, asked.client_gone, caller) for url in others)
        return next((answer for answer in answers if answer.status_code != HTTPStatus.NOT_FOUND), None)

    def _invoke(self, asked: Asked) -> Response:
        model = validation.service("sagemaker-runtime").operation_model("InvokeEndpoint")
        validation.check_request(model, {**asked.params, "Body": asked.body})
        received, name = time.perf_counter(), asked.params["EndpointName"]
        with self.state.lock:
            serving = runtime.target(self.state.world, asked.region, name, self.state.metrics)
        sent = {name: value for name, value in asked.request.headers.items() if name in ("Content-Type", "Accept")}
        with self.state.metrics.invocation(asked.region, name, serving.variant, received):
            given = runtime.forward(serving, self.state.inference_url, sent, asked.body, s3.read)
        variant = {"x-Amzn-Invoked-Production-Variant": serving.variant}
        return Response(given.body, given.status, variant, content_type=given.content_type)

    def _by_moto(self, asked: Asked) -> Response:
        with self._moto_lock:
            if self._moto is None:
                from moto.moto_server.werkzeug_app import (  # noqa: PLC0415  # most of a second, for who needs it
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
