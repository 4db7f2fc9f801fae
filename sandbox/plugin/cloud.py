"""What a row of the catalogue means as boto3 calls: create, read, update, delete, tags, and waiting for a status.

Speaks plain values; Pulumi's protocol is provider.py. Every failure is one `Refused`, worded as the bridge words it.
"""

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, NoReturn, cast

import jmespath
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.plugin import access
from sandbox.plugin.catalogue import Field, Properties, Refused, Repeat, ResourceType, Settling, Tagging
from sandbox.plugin.difference import changes, top
from sandbox.plugin.retries import Patience, pauses
from sandbox.plugin.tags import ProviderTags

SHORTEST_POLL_SECONDS = 0.1  # however short a second of the provider's is
READ_TIMEOUT_SECONDS = 3600  # a fault may hold a call for as long as a test wants, and a timeout would send it again
CONNECTIONS = 128


class Cloud:
    """AWS as one configured provider sees it: one set of default tags, and a region for what has none of its own.

    Each resource is asked for in its own region, which its key holds beside what the row says.
    """

    def __init__(self, aws: access.Access, tags: ProviderTags, patience: Patience) -> None:
        self.aws = aws
        self.region = aws.region
        self.tags = tags
        self.patience = patience
        self.clients: dict[tuple[str, str], Any] = {}  # by service and region
        self.lock = Lock()  # making a client is not safe between threads, using one is

    def client(self, service: str, region: str) -> Any:
        with self.lock:
            if (service, region) not in self.clients:
                config = Config(
                    retries={"mode": "standard", "total_max_attempts": 1},  # it is `patience` that tries again
                    read_timeout=READ_TIMEOUT_SECONDS,
                    max_pool_connections=CONNECTIONS,
                )
                client = self.aws.client(service, region, config)
                client.meta.events.register("needs-retry", self.patience.needs_retry)
                self.clients[service, region] = client
            return self.clients[service, region]

    def ask(self, row: ResourceType, key: Properties, operation: str, request: Properties) -> Any:
        """All pages of the answer, from the resource's own region. Raises ClientError or BotoCoreError."""
        client = self.client(row.service, key["region"])
        if client.can_paginate(operation):
            return client.get_paginator(operation).paginate(**request).build_full_result()
        return getattr(client, operation)(**request)

    def promised(self, row: ResourceType, region: str | None, inputs: Mapping[str, object]) -> Properties:
        """The outputs as far as the inputs tell; the region where they do not."""
        return {"region": region} | {name: inputs[name] for name in row.inputs if name in inputs}

    def create(self, row: ResourceType, key: Properties, inputs: Mapping[str, object]) -> None:
        """Creates and waits. Raises Refused, also where the resource exists afterwards but never became ready."""
        request, later = to_aws(row.fields, inputs), {}
        if row.tagging and (tags := cast(dict[str, str], inputs.get("tagsAll"))):
            tagged = {row.tagging.create: listed(row.tagging, tags)}
            if row.tagging.apart(request):
                later = row.tagging.target(key, "") | tagged
            else:
                request |= tagged

        def once() -> None:
            try:
                self.send(row, key, row.create, request)
                if row.tagging and later:
                    self.ask(row, key, row.tagging.add, later)
            except (ClientError, BotoCoreError) as error:
                refuse("creating", row, key, error)
            if row.settling:
                self.wait_until_ready(row, row.settling, key, "create")

        if row.settling and row.settling.healing:
            self.create_until_healed(row, row.settling, key, once)
        else:
            once()

    def create_until_healed(
        self, row: ResourceType, settling: Settling, key: Properties, once: Callable[[], None]
    ) -> None:
        """Deletes what failed on its role before it is made again, and also where it is not."""

        def is_young(error: Exception) -> bool:
            return settling.healing in str(error)

        def anew() -> None:
            try:
                once()
            except Refused as refused:
                if not is_young(refused):
                    raise
                self.delete(row, key)
                raise Refused(str(refused).partition(": ")[2]) from None  # what was waited for is not told

        self.patience.repeat(anew, is_young, settling.healing_seconds)

    def send(self, row: ResourceType, key: Properties, operation: str, request: Properties) -> Any:
        """A create or an update, sent again for a while where the row says so. Raises ClientError or BotoCoreError."""
        repeat = row.repeat or Repeat("", 0)

        def is_passing(error: Exception) -> bool:
            return isinstance(error, ClientError) and error.response["Error"].get("Code") == repeat.code

        return self.patience.repeat(lambda: self.ask(row, key, operation, request), is_passing, repeat.seconds)

    def read(self, row: ResourceType, key: Properties) -> Properties | None:
        """The outputs as AWS has them, or None where there is no such resource. Raises Refused."""
        try:
            described = self.describe(row, key)
            if described is None or (row.settling and described[row.settling.status] in row.settling.leaving):
                return None  # what is going away is as good as gone
            arn = described[row.arn]
            properties = from_aws(row.fields, described) | key | {"arn": arn}
            if row.tagging:
                answer = self.ask(row, key, row.tagging.list, row.tagging.target(key, arn))
                tags = answer[row.tagging.listed]
                every = tags if row.tagging.as_map else {tag["Key"]: tag["Value"] for tag in tags}
                properties["tagsAll"] = self.tags.followed(every)
        except (ClientError, BotoCoreError) as error:
            refuse("reading", row, key, error)
        return properties

    def describe(self, row: ResourceType, key: Properties) -> Any:
        try:
            found = [
                jmespath.search(call.found, self.ask(row, key, call.operation, call.target(key)))
                for call in (row.read, row.details)
                if call
            ]
            return None if None in found else {name: value for answer in found for name, value in answer.items()}
        except ClientError as error:
            if access.sentence(error).startswith(row.missing):
                return None
            raise

    def update(
        self, row: ResourceType, key: Properties, state: Mapping[str, object], inputs: Mapping[str, object]
    ) -> None:
        """Makes AWS follow what differs between state and inputs, tags first, and waits. Raises Refused."""
        wanted = self.promised(row, key["region"], inputs)
        moved = {top(change.path) for change in changes(row.fields, state, wanted)}
        try:
            if row.tagging:
                self.retag(row, row.tagging, key, state, wanted)
            if row.update and moved - {"tags", "tagsAll"} - {field.wire for field in row.fields if field.unread}:
                sent = tuple(
                    field for field in row.fields if not field.replaces and (not field.on_change or field.wire in moved)
                )
                known = {field.wire: state[field.wire] for field in sent if field.kept and field.wire in state}
                self.send(row, key, row.update.operation, row.update.target(key) | to_aws(sent, {**known, **inputs}))
                if row.settling:
                    self.wait_until_ready(row, row.settling, key, "update")
        except (ClientError, BotoCoreError) as error:
            refuse("updating", row, key, error)

    def retag(
        self,
        row: ResourceType,
        tagging: Tagging,
        key: Properties,
        state: Mapping[str, object],
        wanted: Mapping[str, object],
    ) -> None:
        old, new = (cast(dict[str, str], side.get("tagsAll") or {}) for side in (state, wanted))
        target = tagging.target(key, str(state.get("arn")))
        if gone := sorted(old.keys() - new.keys()):
            self.ask(row, key, tagging.remove, target | {tagging.keys: gone})
        if fresh := {name: value for name, value in new.items() if old.get(name) != value}:
            self.ask(row, key, tagging.add, target | {tagging.create: listed(tagging, fresh)})

    def delete(self, row: ResourceType, key: Properties) -> None:
        """Deletes and waits until it is gone; one that is gone already is fine. Raises Refused."""
        try:
            self.ask(row, key, row.delete.operation, row.delete.target(key))
            if row.settling:
                self.wait_until_gone(row, row.settling, key)
        except (ClientError, BotoCoreError) as error:
            if not access.sentence(error).startswith(row.missing):
                refuse("deleting", row, key, error)

    def wait_until_ready(self, row: ResourceType, settling: Settling, key: Properties, after: str) -> None:
        waiting = f"waiting for {row.title} ({row.id(key)}) {after}"
        for described in self.poll(row, key, settling.seconds, waiting):
            if described is None:
                raise Refused(f"{waiting}: couldn't find resource")
            status = described[settling.status]
            if status == settling.ready:
                return
            if status not in settling.pending:
                raise Refused(f"{waiting}: {unexpected(status, settling.ready, described.get(settling.reason))}")

    def wait_until_gone(self, row: ResourceType, settling: Settling, key: Properties) -> None:
        waiting = f"waiting for {row.title} ({row.id(key)}) delete"
        for described in self.poll(row, key, settling.delete_seconds, waiting):
            if described is None:
                return
            if described[settling.status] not in settling.leaving:
                why = unexpected(described[settling.status], "", described.get(settling.reason))
                raise Refused(f"{waiting}: {why}")

    def poll(self, row: ResourceType, key: Properties, seconds: float, waiting: str) -> Any:
        """Describes the resource again and again. Raises Refused when time is up or the run is cancelled."""
        end = time.monotonic() + seconds
        for pause in pauses():
            if time.monotonic() >= end:
                break
            try:
                yield self.describe(row, key)
            except (ClientError, BotoCoreError) as error:
                raise Refused(f"{waiting}: {access.sentence(error)}") from None
            if not self.patience.sleep(pause, at_least=SHORTEST_POLL_SECONDS):
                raise Refused(f"{waiting}: the run was cancelled")
        raise Refused(f"{waiting}: timeout while waiting for state to become ready (timeout: {seconds / 60:.0f}m)")


def to_aws(fields: tuple[Field, ...], inputs: Mapping[str, object]) -> Properties:
    given = {field: inputs.get(field.wire, field.unset) for field in fields}
    return {field.member: convert(field, value, to_aws) for field, value in given.items() if value is not None}


def from_aws(fields: tuple[Field, ...], described: Mapping[str, object]) -> Properties:
    """The properties among `fields` that AWS gives; its null and empty answers are absent."""
    found = {field: described.get(field.described or field.member) for field in fields}
    return {
        field.wire: convert(field, value, from_aws) for field, value in found.items() if value not in (None, "", [], {})
    }


def convert(field: Field, value: object, into: Any) -> object:
    match value:
        case dict() if field.fields:
            return into(field.fields, value)
        case list():
            return [convert(field, item, into) for item in value]
        case _:
            return value


def listed(tagging: Tagging, tags: Mapping[str, str]) -> object:
    return dict(tags) if tagging.as_map else [{"Key": name, "Value": value} for name, value in sorted(tags.items())]


def unexpected(status: str, ready: str, reason: str | None) -> str:
    """The last words are Go's for a reason that is not there."""
    return f"unexpected state '{status}', wanted target '{ready}'. last error: {reason or '%!s(<nil>)'}"


def refuse(doing: str, row: ResourceType, key: Properties, error: ClientError | BotoCoreError) -> NoReturn:
    raise Refused(f"{doing} {row.title} ({row.id(key)}): {access.worded(row.service, error)}") from None
