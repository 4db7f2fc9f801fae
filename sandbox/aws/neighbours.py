"""Other accounts: a request with another account's credentials is handed to the sandbox that plays that account.

Between sandboxes only; AWS has one address for all accounts.
"""

import http.client
import json
import select
import urllib.request
from collections.abc import Callable
from dataclasses import asdict
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from sandbox.aws.faults import LOOK_SECONDS, ClientGone
from sandbox.aws.identity import Caller
from sandbox.aws.world import AwsError, Happened, Package

# Who assumes a role. The account of the caller knows who that is, and says it to the account of the role.
CALLER = "X-Sandbox-Caller"
_HOP_BY_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})


def caller_of(request: Request) -> Caller | None:
    """The caller that another sandbox vouches for."""
    said = request.headers.get(CALLER)
    return Caller(**json.loads(said)) if said else None


def borrow(url: str, region: str, arn: str, caller: Caller) -> Package:
    """A package of the account that is played at `url`, for a model here. Raises AwsError as that account would."""
    content = json.dumps({"region": region, "arn": arn, "caller": asdict(caller)}).encode()
    try:
        with urllib.request.urlopen(f"{url}/_sandbox/lend", content) as answer:
            lent = json.loads(answer.read())
    except OSError as error:
        raise AwsError(f"the sandbox of that account does not answer: {error}", "ServiceUnavailable", 503) from None
    if "refused" in lent:
        raise AwsError(**lent["refused"])
    return Package(**lent["package"])


def send(url: str, sent: Happened, account: str) -> str:
    """An event for a bus of the account that is played at `url`; why that one does not take it, "" where it does."""
    content = json.dumps({"bus": sent.bus, "event": sent.event, "sender": account}).encode()
    try:
        with urllib.request.urlopen(f"{url}/_sandbox/event", content) as answer:
            return str(json.loads(answer.read()).get("refused", ""))
    except OSError as error:
        return f"the sandbox of that account does not answer: {error}"


def forward(
    url: str, request: Request, body: bytes, client_gone: Callable[[], bool], caller: Caller | None = None
) -> Response:
    """The answer of the sandbox at `url`. Raises ClientGone, and AwsError where that one does not answer."""
    headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
    if caller:
        headers[CALLER] = json.dumps(asdict(caller))
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    try:
        connection.request(request.method, request.environ["RAW_URI"], body, headers)
        # A fault there may hold the call for long; if its client goes away meanwhile, so does this connection.
        while not select.select([connection.sock], [], [], LOOK_SECONDS)[0]:
            if client_gone():
                raise ClientGone("client gone")
        answer = connection.getresponse()
        content = answer.read()
    except OSError as error:
        message = f"the sandbox of that account does not answer: {error}"
        raise AwsError(message, "ServiceUnavailable", 503) from None
    finally:
        connection.close()
    kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
    return Response(content, answer.status, kept)
