"""One server for all models of a sandbox, speaking SageMaker's container contract: GET ping, POST invocations.

SageMaker runs a container a model; here the model is part of the path. Which model an endpoint serves is decided by the
SageMaker of the sandbox; the models themselves are models.py.
"""

import json
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

from sandbox.inference import archives, models

# What a serverless endpoint takes (SageMaker developer guide, serverless endpoints, invocation)
MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_ARCHIVE_BYTES = 200 * 1024 * 1024  # enough for a model of these machines
ROUTE = re.compile(
    r"(?:/models/(?P<group>[A-Za-z0-9][A-Za-z0-9-]*)/(?P<version>[1-9][0-9]{0,8}))?/(?P<call>ping|invocations)"
)
ARCHIVE = re.compile(r"/archives/(?P<name>[0-9a-f]{64})(?P<call>/invocations)?")
CALLS = {("GET", "ping"), ("POST", "invocations")}
USAGE = "use GET /models/<group>/<version>/ping or POST /models/<group>/<version>/invocations"


class Refused(Exception):
    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class InferenceServer(ThreadingTCPServer):
    """Listens on 127.0.0.1; port 0 takes a free one. `alone` is the (group, version) that answers at the root, if any.

    Not http.server.HTTPServer: that asks the name service for the host's name before it listens.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0, alone: tuple[str, int] | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.alone = alone

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    server: InferenceServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: else the second waits for an answer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        answer: Any
        try:
            status, answer = HTTPStatus.OK, self._call(self._body())
        except Refused as refused:
            status, answer = refused.status, {"error": str(refused)}
        except Exception as error:  # what a model that fails gives its caller is an answer too
            status, answer = HTTPStatus.INTERNAL_SERVER_ERROR, {"error": f"{type(error).__name__}: {error}"}
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        given = self.headers.get("Content-Length", "0")
        most = MAX_ARCHIVE_BYTES if self.command == "PUT" else MAX_BODY_BYTES
        length = int(given) if given.isdecimal() else most + 1
        if length > most or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # the body stays unread
            message = f"the body must have a Content-Length of at most {most} bytes, not {given}"
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
        return self.rfile.read(length)

    def _call(self, body: bytes) -> dict[str, Any] | bytes:
        if archive := ARCHIVE.fullmatch(self.path):
            return self._of_archive(archive["name"], archive["call"] is not None, body)
        route = ROUTE.fullmatch(self.path.partition("?")[0])
        if route is None or (self.command, route["call"]) not in CALLS:
            raise Refused(HTTPStatus.NOT_FOUND, f"{self.command} {self.path}: no such path; {USAGE}")
        served = (route["group"], int(route["version"])) if route["group"] else self.server.alone
        if served is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"{self.command} {self.path}: this server has many models; {USAGE}")
        return invoke(*served, body) if route["call"] == "invocations" else {}

    def _of_archive(self, name: str, is_invocation: bool, body: bytes) -> dict[str, Any] | bytes:
        if (self.command, is_invocation) == ("PUT", False):
            try:
                return {"name": archives.take(body)}
            except archives.BadArchive as error:
                raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from None
        found = archives.find(name) if (self.command, is_invocation) == ("POST", True) else None
        if found is None:
            raise Refused(HTTPStatus.NOT_FOUND, f"{self.command} {self.path}: no such archive")
        content_type = self.headers.get("Content-Type", "application/json")
        return found.answer(body, content_type, self.headers.get("Accept", "application/json"))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the sandbox logs every InvokeEndpoint already."""


def invoke(group: str, version: int, body: bytes) -> dict[str, Any]:
    """The answer to the body of one invocation; Refused (400) where it isn't as it must be."""
    match _request(body):
        case {"text": _, "texts": _}:
            raise Refused(HTTPStatus.BAD_REQUEST, 'give either "text" or "texts", not both')
        case {"text": str(text)} if text.strip():
            model = models.model(group, version)
            [answer] = model.answer([text])
            return {"label": answer.label, "score": answer.score, "model": f"{group}/{version}: {model.what}"}
        case {"texts": [*texts]} if texts and all(isinstance(text, str) and text.strip() for text in texts):
            model = models.model(group, version)
            answers = model.answer(texts)
            return {
                "labels": [answer.label for answer in answers],
                "scores": [answer.score for answer in answers],
                "model": f"{group}/{version}: {model.what}",
            }
        case _:
            message = 'the body must be {"text": "…"} or {"texts": ["…", …]}, with texts that are not empty'
            raise Refused(HTTPStatus.BAD_REQUEST, message)


def _request(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {error}") from error
