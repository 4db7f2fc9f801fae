"""What a row of the catalogue means as boto3 calls: create, read, update, delete, and tags.

Speaks plain values; Pulumi's protocol is provider.py, and waiting for a status is waiting.py. Every failure is one
`Refused`, worded as the bridge words it.
"""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, NoReturn, cast

import jmespath
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.plugin import access
from sandbox.plugin.catalogue.row import Field, Properties, Refused, Repeat, ResourceType, Settling
from sandbox.plugin.difference import changes, top
from sandbox.plugin.members import from_aws, to_aws
from sandbox.plugin.retries import Patience
from sandbox.plugin.tags import ProviderTags, listed, retagging
from sandbox.plugin.waiting import Waiting

READ_TIMEOUT_SECONDS = 3600  # a fault may hold a call for as long as a test wants, and a timeout would send it again
SETTINGS: Any = {  # of every client
    "retries": {"mode": "standard", "total_max_attempts": 1},  # it is `patience` that tries again
    "read_timeout": READ_TIMEOUT_SECONDS,
    "max_pool_connections": 128,
}


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
                client = self.aws.client(service, region, Config(**SETTINGS))
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

    def create(self, row: ResourceType, key: Properties, inputs: Mapping[str, object]) -> Properties:
        """Creates and waits; gives what of the key AWS has assigned.

        Raises Refused, also where the resource exists afterwards but never became ready.
        """
        request, tagged_later = first_request(row, key, inputs)
        assigned: Properties = {}

        def once() -> None:
            try:
                assigned.update(row.assigned(self.send(row, key, row.create, row.shape(request))))
                for field in row.fields:
                    if field.apart and inputs.get(field.wire):
                        self.put_alone(row, key, field, inputs)
                if row.tagging and tagged_later:
                    self.ask(row, key, row.tagging.add, tagged_later)
            except (ClientError, BotoCoreError) as error:
                refuse("creating", row, key, error)
            if row.settling:
                self.waiting(row, row.settling, key).until_ready("create")

        if row.settling and row.settling.healing:
            self.create_until_healed(row, row.settling, key, once)
        else:
            once()
        return assigned

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
                # Without "waiting for …:" before the reason, which the real one does not say here
                raise Refused(str(refused).partition(": ")[2]) from None

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
                return None  # while it is being deleted, the provider reads it as gone
            arn = described[row.arn]
            properties = from_aws(row.fields, described) | key | {row.arn_wire: arn}
            if row.tagging:
                answer = self.ask(row, key, row.tagging.list, row.tagging.target(key, arn))
                tags = answer.get(row.tagging.listed) or ()  # a service may leave it out where there are none
                every = dict(tags) if row.tagging.as_map else {tag["Key"]: tag["Value"] for tag in tags}
                properties["tagsAll"] = self.tags.followed(every)
        except (ClientError, BotoCoreError) as error:
            refuse("reading", row, key, error)
        return properties

    def describe(self, row: ResourceType, key: Properties) -> Any:
        try:
            found = [
                jmespath.search(call.path(key), self.ask(row, key, call.operation, call.target(key)))
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
                target = row.tagging.target(key, str(state.get(row.arn_wire)))
                old, new = (cast(dict[str, str], side.get("tagsAll") or {}) for side in (state, wanted))
                for operation, request in retagging(row.tagging, target, old, new):
                    self.ask(row, key, operation, request)
            for field in row.fields:
                if field.own and field.wire in moved:
                    self.put_alone(row, key, field, inputs)
            passed = {field.wire for field in row.fields if field.unread or field.own}
            if row.update and moved - {"tags", "tagsAll"} - passed:
                sent = tuple(
                    field for field in row.fields if not field.replaces and (not field.on_change or field.wire in moved)
                )
                known = {field.wire: state[field.wire] for field in sent if field.kept and field.wire in state}
                request = row.update.target(key) | to_aws(sent, {**known, **inputs})
                self.send(row, key, row.update.operation, row.shape(request))
                if row.settling:
                    self.waiting(row, row.settling, key).until_ready("update")
        except (ClientError, BotoCoreError) as error:
            refuse("updating", row, key, error)

    def put_alone(self, row: ResourceType, key: Properties, field: Field, inputs: Mapping[str, object]) -> None:
        """Sets what has calls of its own, or takes it away. Raises ClientError or BotoCoreError."""
        if not field.own:
            return
        if value := inputs.get(field.wire):
            call, sent = field.own.put, to_aws((field,), {field.wire: value})
        else:
            call, sent = field.own.remove, {}
        self.ask(row, key, call.operation, call.target(key) | sent)

    def delete(self, row: ResourceType, key: Properties) -> None:
        """Deletes and waits until it is gone; one that is gone already is fine. Raises Refused."""
        try:
            self.ask(row, key, row.delete.operation, row.delete.target(key))
            if row.settling:
                self.waiting(row, row.settling, key).until_gone()
        except (ClientError, BotoCoreError) as error:
            if not access.sentence(error).startswith(row.missing):
                refuse("deleting", row, key, error)

    def waiting(self, row: ResourceType, settling: Settling, key: Properties) -> Waiting:
        return Waiting(settling, f"{row.title} ({row.id(key)})", lambda: self.describe(row, key), self.patience)


def first_request(row: ResourceType, key: Properties, inputs: Mapping[str, object]) -> tuple[Properties, Properties]:
    """The request that creates the resource, and the one that tags it afterwards: empty where the first one does."""
    request = dict(row.also) | to_aws(tuple(field for field in row.fields if not field.apart), inputs)
    tags = cast(dict[str, str], inputs.get("tagsAll"))
    if not row.tagging or not tags:
        return request, {}
    tagged = {row.tagging.create: listed(row.tagging, tags)}
    if row.tagging.apart(request):
        return request, row.tagging.target(key, "") | tagged
    return request | tagged, {}


def refuse(doing: str, row: ResourceType, key: Properties, error: ClientError | BotoCoreError) -> NoReturn:
    raise Refused(f"{doing} {row.title} ({row.id(key)}): {access.worded(row.service, error)}") from None
