"""How long the program's own calls of AWS are tried, and a word to whoever waits for them.

botocore repeats what fails for the time being, and says nothing. The word goes to standard error: a command shows it,
and the engine takes it into the log of the run, from the program as from a dynamic provider. How long the aws provider
tries its calls is `aws:maxRetries` in Pulumi.yaml.
"""

import logging
import os
import time
from threading import Lock
from typing import Any, TypeVar

from botocore.client import BaseClient
from botocore.config import Config

ATTEMPTS = 8
CONNECT_SECONDS, ANSWER_SECONDS = 10, 20  # of one attempt; eight that hang are given up after less than three minutes
QUIET_SECONDS = 5  # a call repeated for less than this is not reported
BETWEEN_WORDS = 30  # seconds between two reports about one service, however many calls wait

_log = logging.getLogger(__name__)

C = TypeVar("C", bound=BaseClient)


def config() -> Config:
    """Of every client: attempts as AWS_MAX_ATTEMPTS says, else eight, with waits of 20 seconds at most between them.

    A client gives up sooner when some dozens of its repetitions were in vain: botocore's retry quota.
    """
    return Config(
        retries={"mode": "standard", "total_max_attempts": int(os.environ.get("AWS_MAX_ATTEMPTS", str(ATTEMPTS)))},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
    )


def tell(client: C) -> C:
    """The client, whose calls are told of while they are repeated."""
    config: Any = client.meta.config  # its type does not know the options that it was made with
    attempts = (config.retries or {}).get("total_max_attempts", ATTEMPTS)
    client.meta.events.register("needs-retry", _Word(attempts))
    return client


class _Word:
    """Listens to botocore's event after each attempt; never asks for another one."""

    def __init__(self, attempts: int) -> None:
        self._attempts, self._spoken, self._lock = attempts, -float(BETWEEN_WORDS), Lock()

    def __call__(
        self,
        response: Any,
        attempts: int,
        caught_exception: Exception | None,
        operation: Any,
        request_dict: Any,
        **_: object,
    ) -> None:
        now = time.monotonic()
        began = request_dict["context"].setdefault("fleet_began", now)  # when the first attempt had failed
        if attempts >= self._attempts or now - began < QUIET_SECONDS or (not caught_exception and _is_final(response)):
            return
        with self._lock:
            if now - self._spoken < BETWEEN_WORDS:
                return
            self._spoken = now
        why = _said(response) if caught_exception is None else f"{type(caught_exception).__name__}: {caught_exception}"
        tried = f"tried {attempts} times, {self._attempts} at most"
        _log.warning("waiting for AWS: %s: %s (%s)", operation.name, " ".join(why.split()), tried)


def _is_final(response: Any) -> bool:
    """Whether AWS has answered what no repetition changes: success, or a refusal. Throttling is told by its code."""
    http, parsed = response
    code = parsed.get("Error", {}).get("Code", "")
    return http.status_code < 500 and not ("Throttl" in code or "TooMany" in code or "LimitExceeded" in code)


def _said(response: Any) -> str:
    error = response[1].get("Error", {})
    return f"{error.get('Code', response[0].status_code)}: {error.get('Message', '')}"
