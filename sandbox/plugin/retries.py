"""How the provider repeats what failed: its SDK a call, its resources a step, each with waits that double.

A reading of aws-sdk-go-base and aws-sdk-go-v2 1.43 (retry.Standard, 300 s at most) and of terraform-plugin-sdk's
StateChangeConf (2026-11). The numbers are the provider's own seconds; how long one takes here is told by the
environment, so that nobody waits for an hour to see a run give up.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, EndpointConnectionError, HTTPClientError

from sandbox.plugin.catalogue.row import Refused

SECOND = "SANDBOX_PROVIDER_SECOND"  # the variable: how long a second of the provider's waits takes, in seconds
ATTEMPTS = 25  # where `aws:maxRetries` says nothing; AWS_MAX_ATTEMPTS is not used
UNREACHABLE_ATTEMPTS = 9  # at most, where nothing listens
DOUBLING_WAITS, LONGEST_WAIT = 8, 300  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10  # seconds
PASSING_STATUSES = frozenset({500, 502, 503, 504})
PASSING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)

T = TypeVar("T")


def longest_wait(attempt: int) -> float:
    """Seconds between an attempt, counted from 1, and the next one, at most; it is chance how much of it is waited."""
    return 2**attempt if attempt <= DOUBLING_WAITS else LONGEST_WAIT


@dataclass(frozen=True)
class Patience:
    """Of one configured provider."""

    cancelled: Event
    attempts: int = ATTEMPTS
    second: float = 1

    @classmethod
    def configured(cls, max_retries: object, cancelled: Event) -> "Patience":
        return cls(cancelled, int(str(max_retries or ATTEMPTS)), float(os.environ.get(SECOND, "1")))

    def sleep(self, seconds: float, at_least: float = 0) -> bool:
        """Seconds of the provider's, or of this machine's where these are more; False where the run was cancelled."""
        return not self.cancelled.wait(max(seconds * self.second, at_least))

    def needs_retry(
        self, response: Any, attempts: int, caught_exception: Exception | None, **_: object
    ) -> float | None:
        """Answers botocore's event: 0 to send the call once more, now; None to let it fail."""
        if caught_exception:
            passing = isinstance(caught_exception, HTTPClientError | ConnectionError)
        else:
            http, parsed = response
            passing = http.status_code in PASSING_STATUSES or parsed.get("Error", {}).get("Code") in PASSING_CODES
        unreachable = isinstance(caught_exception, EndpointConnectionError)
        limit = min(self.attempts, UNREACHABLE_ATTEMPTS) if unreachable else self.attempts
        if not passing or attempts >= limit:
            return None
        share = 1.0 if attempts > DOUBLING_WAITS else random.random()
        return 0 if self.sleep(share * longest_wait(attempts)) else None

    def repeat(self, step: Callable[[], T], is_passing: Callable[[Exception], bool], seconds: float) -> T:
        """What the step gives, tried again for so long while what it raises is passing."""
        end = time.monotonic() + seconds * self.second
        for pause in pauses():
            try:
                return step()
            except (Refused, ClientError, BotoCoreError) as error:
                is_over = time.monotonic() + pause * self.second > end
                if not is_passing(error) or is_over or not self.sleep(pause):
                    raise
        raise AssertionError("pauses never end")


def pauses() -> Iterator[float]:
    """Seconds between two looks at a resource, or two tries of a step."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE)
