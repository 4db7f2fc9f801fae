"""Apps that call a task all the while, through `fleet.client`, for whoever shows that no call fails meanwhile."""

import os
import threading
from itertools import count
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from fleet.client import Fleet, Prediction
from sandbox.lab.handle import Sandbox

THREADS = 4
KEYS = 25  # of each thread, which uses them in turn, again and again
TTL_SECONDS = 0.5
DEADLINE_SECONDS = 60


class Callers:
    """Several threads with different keys, from `with` to its end."""

    def __init__(
        self, sandbox: Sandbox, parameters: str, task: str, payload: Any, *, pause_seconds: float = 0.05
    ) -> None:
        """`parameters` is where the contract is in Parameter Store. Each thread pauses between two calls."""
        self.answers: list[tuple[str, Prediction]] = []  # with the key, as they came
        self.errors: list[Exception] = []
        self._task, self._payload, self._pause = task, payload, pause_seconds
        with patch.dict(os.environ, sandbox.env):  # boto3 reads it when it makes its clients, which is here
            self._fleet = Fleet.from_ssm(parameters, ttl=TTL_SECONDS)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(n,), daemon=True) for n in range(THREADS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _call(self, thread: int) -> None:
        for n in count():
            if self._over.wait(self._pause):
                return
            key = f"{thread}-{n % KEYS}"
            try:
                given = self._fleet.predict(self._task, self._payload, key=key, deadline=DEADLINE_SECONDS)
                self.answers.append((key, given))
            except Exception as error:  # whatever it is, it is a failed call
                self.errors.append(error)
