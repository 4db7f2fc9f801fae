"""How many calls a second AWS takes of an operation: what is over it is throttled, as the setting `rates` says."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.aws.world import AwsError

# Calls a second in an account's region (CloudWatch endpoints and quotas, 2026-09). Tags are left out: other services
# have operations of the same names.
CLOUDWATCH = {
    "PutMetricAlarm": 3,
    "DescribeAlarms": 9,
    "DeleteAlarms": 3,
    "PutDashboard": 10,
    "GetDashboard": 10,
    "DeleteDashboards": 10,
}


@dataclass
class Rates:
    """A bucket for each operation and region, which holds the calls of one second. Safe to use from many threads."""

    clock: Callable[[], float] = time.monotonic  # a moved clock of the sandbox lets no more calls through
    _left: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)  # calls, and when that was so
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, limits: Mapping[str, float], region: str, operation: str) -> None:
        """Takes a call out of the bucket. Raises AwsError (Throttling) where it is empty."""
        limit = limits.get(operation)
        if limit is None:
            return
        with self._lock:
            now = self.clock()
            left, since = self._left.get((region, operation), (limit, now))
            left = min(limit, left + (now - since) * limit)
            is_over = left < 1
            self._left[region, operation] = (left if is_over else left - 1, now)
        if is_over:
            raise AwsError("Rate exceeded", code="Throttling")
