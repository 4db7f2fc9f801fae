"""The line to a running sandbox: its control API, in the region that a handle acts in."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sandbox.aws.world import REGION
from sandbox.lab import processes
from sandbox.lab.folder import Running

WAIT_SECONDS = 0.02


@dataclass
class Connection:
    folder: Path
    running: Running
    region: str = REGION  # in which it acts
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        return self.running.url

    def _ask(self, method: str, path: str, content: Any = None) -> Any:
        return processes.ask(self.url, method, path, content)

    def _ask_here(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """Of what is kept by region."""
        if method == "GET":
            return self._ask(method, f"{path}?{urlencode({'region': self.region, **(content or {})})}")
        return self._ask(method, path, {"region": self.region, **(content or {})})


def wait_until(true: Callable[[], bool], timeout: float, what: str) -> None:
    """Raises TimeoutError if it has not become so after `timeout` seconds."""
    until = time.monotonic() + timeout
    while not true():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {timeout} s: {what}")
        time.sleep(WAIT_SECONDS)
