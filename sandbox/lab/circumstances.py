"""What befalls the sandbox's AWS: faults, failed deployments, autoscalers, calls of others, settings."""

from collections.abc import Sequence
from typing import Any

from sandbox.lab.connection import Connection, wait_until


class Circumstances(Connection):
    def fault(self, operation: str, **rule: Any) -> str:
        """A fault rule, see docs/sandbox.md; gives its id."""
        return str(self._ask("POST", "faults", {"operation": operation, **rule})["id"])

    def wait_held(self, fault: str, timeout: float = 30, calls: int = 1) -> None:
        """Waits until the rule holds that many calls. Raises TimeoutError after `timeout` seconds."""
        wait_until(lambda: self._held(fault) >= calls, timeout, f"fault {fault} holds {calls} calls")

    def _held(self, fault: str) -> int:
        return sum(row["held"] for row in self._ask("GET", "faults")["faults"] if row["id"] == fault)

    def release(self, fault: str) -> None:
        """Lets go what the rule holds, and removes it."""
        self._ask("POST", f"faults/{fault}/release")

    def clear_faults(self) -> None:
        self._ask("DELETE", "faults")

    def ending(self, endpoint: str, operation: str, ending: str, reason: str = "", times: int = 1) -> None:
        """What becomes of the next creations or updates of the endpoint ("*": any); `times` 0: of all."""
        content = {"endpoint": endpoint, "operation": operation, "ending": ending, "reason": reason, "times": times}
        self._ask("POST", "endings", content)

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Changes settings, and gives all."""
        settings: dict[str, Any] = self._ask("POST", "settings", changes)
        return settings

    def provisioned(self, endpoint: str, value: int) -> None:
        """Another provisioned concurrency, as an autoscaler sets it."""
        self._ask_here("POST", "provisioned", {"endpoint": endpoint, "value": value})

    def record_invocations(
        self,
        endpoint: str,
        count: int,
        *,
        errors_4xx: int = 0,
        errors_5xx: int = 0,
        latency_ms: float | Sequence[float] = 10,
        overhead_ms: float = 5,
        cold_starts: int = 0,
        setup_ms: float = 2000,
        ago_seconds: float = 0,
        memory_percent: float = 0,
        log_bytes: float = 0,
        days: int = 1,
    ) -> None:
        """Metrics of so many calls in CloudWatch, without any call. Of several latencies each call has the next one.

        The memory is what was in use in each of them, the bytes came into the log group by all of them; 0 = no data.
        With `days` there were as many on each of so many days, the last of them `ago_seconds` ago.
        """
        latencies = latency_ms if isinstance(latency_ms, int | float) else list(latency_ms)
        content = {"endpoint": endpoint, "count": count, "errors_4xx": errors_4xx, "errors_5xx": errors_5xx}
        times = {"latency_ms": latencies, "overhead_ms": overhead_ms, "setup_ms": setup_ms, "ago_seconds": ago_seconds}
        more = {"cold_starts": cold_starts, "memory_percent": memory_percent, "log_bytes": log_bytes, "days": days}
        self._ask_here("POST", "invocations", {**content, **times, **more})

    def move_clock(self, seconds: float) -> None:
        """So much time passes for AWS: what becomes due meanwhile happens, alarms are evaluated minute by minute."""
        self._ask("POST", "clock", {"seconds": seconds})

    def confirm(self, email: str) -> int:
        """Confirms all subscriptions of that address; gives how many there were."""
        return int(self._ask_here("POST", "confirm", {"endpoint": email})["confirmed"])

    def run_schedule(self, endpoint: str, name: str) -> None:
        """What a scheduled action does at its time: the target gets its limits, and the concurrency follows."""
        self._ask_here("POST", "schedule", {"endpoint": endpoint, "name": name})

    def set_status(self, endpoint: str, status: str) -> None:
        """Any EndpointStatus by hand, until another change."""
        self._ask_here("POST", "endpoint", {"endpoint": endpoint, "status": status})
