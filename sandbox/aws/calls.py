"""The log of AWS calls: what was asked, in order of arrival, and what came of it."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

# Operations that change nothing start so
_READS = (
    "Describe",
    "List",
    "Get",
    "BatchDescribe",
    "BatchGet",
    "Search",
    "Head",
    "Invoke",
    "Assume",
    "Filter",
    "Lookup",
)


@dataclass
class Call:
    """One AWS call. It is logged when it arrives and completed in place."""

    n: int  # from 1
    service: str  # boto3's name
    operation: str
    params: dict[str, Any]  # request members as sent; no body of InvokeEndpoint
    started: float  # epoch seconds
    status: int = 0  # HTTP status; 0: under way or held; 499: the client went away
    error: str = ""  # error code
    seconds: float = 0
    region: str = ""
    allowed: list[dict[str, Any]] = field(default_factory=list)  # what it needed to be allowed, and by which statement
    caller: str = ""  # ARN of the user or of the role's session that signed it; "" where the credentials are nobody's

    @property
    def mutates(self) -> bool:
        return not self.operation.startswith(_READS)


@dataclass
class Log:
    """Safe to use from many threads."""

    _calls: list[Call] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, service: str, operation: str, params: dict[str, Any], region: str = "") -> Call:
        with self._lock:
            call = Call(len(self._calls) + 1, service, operation, params, time.time(), region=region)
            self._calls.append(call)
            return call

    def end(self, call: Call, status: int, error: str = "") -> None:
        call.seconds, call.error, call.status = round(time.time() - call.started, 4), error, status

    def since(self, n: int) -> list[Call]:
        """The calls after number `n`."""
        return self._calls[n:]

    def __len__(self) -> int:
        return len(self._calls)
