"""Waiting for a resource whose status moves by itself, as long and in the words of the real provider."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.plugin import access
from sandbox.plugin.catalogue.row import Refused, Settling
from sandbox.plugin.retries import Patience, pauses

SHORTEST_POLL_SECONDS = 0.1  # however short a second of the provider's is


@dataclass(frozen=True)
class Waiting:
    """For one resource. Both ways of waiting raise Refused: what went wrong, or that it took too long."""

    settling: Settling
    title: str  # in messages
    describe: Callable[[], Any]  # the resource as AWS has it, None where it is not there
    patience: Patience

    def until_ready(self, after: str) -> None:
        """After a "create" or an "update"."""
        waiting, settling = f"waiting for {self.title} {after}", self.settling
        for described in self._looks(settling.seconds, waiting):
            if described is None:
                raise Refused(f"{waiting}: couldn't find resource")
            status = described[settling.status]
            if status == settling.ready:
                return
            if status not in settling.pending:
                raise Refused(f"{waiting}: {unexpected(status, settling.ready, described.get(settling.reason))}")

    def until_gone(self) -> None:
        waiting, settling = f"waiting for {self.title} delete", self.settling
        for described in self._looks(settling.delete_seconds, waiting):
            if described is None:
                return
            if (status := described[settling.status]) not in settling.leaving:
                raise Refused(f"{waiting}: {unexpected(status, '', described.get(settling.reason))}")

    def _looks(self, seconds: float, waiting: str) -> Iterator[Any]:
        """Describes the resource again and again. Raises Refused when time is up or the run is cancelled."""
        end = time.monotonic() + seconds
        for pause in pauses():
            if time.monotonic() >= end:
                break
            try:
                yield self.describe()
            except (ClientError, BotoCoreError) as error:
                raise Refused(f"{waiting}: {access.sentence(error)}") from None
            if not self.patience.sleep(pause, at_least=SHORTEST_POLL_SECONDS):
                raise Refused(f"{waiting}: the run was cancelled")
        raise Refused(f"{waiting}: timeout while waiting for state to become ready (timeout: {seconds / 60:.0f}m)")


def unexpected(status: str, ready: str, reason: str | None) -> str:
    """The last words are Go's for a reason that is not there."""
    return f"unexpected state '{status}', wanted target '{ready}'. last error: {reason or '%!s(<nil>)'}"
