"""What is declared for one variant, with Pulumi's mocks in the engine's place and plain values in AWS's."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from unittest import mock

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from fleet.aws.gateway import Gateway, Presence
from fleet.resources import site as sites
from fleet.resources.monitoring import ground
from fleet.resources.site import Site
from fleet.seen import Unknown
from fleet.tags import Ownership


@dataclass
class World:
    """What AWS answers, and which type of resource it refuses (`Model`, say)."""

    model: Presence = Presence.ABSENT
    config: Presence = Presence.ABSENT
    has_target: Any = False
    log_days: Any = None  # how long the log group keeps its lines
    may_retain: bool = True
    in_state: frozenset[str] = frozenset()
    alarms: Mapping[str, Presence | Unknown] = field(default_factory=dict)
    refuses: str = ""
    asked: list[str] = field(default_factory=list)

    async def look_up(self, name: str) -> tuple[Presence, Presence]:
        self.asked.append(name)
        return self.model, self.config

    async def has_scalable_target(self, resource_id: str) -> Any:
        self.asked.append(resource_id)
        return self.has_target

    async def alarm(self, name: str) -> Presence | Unknown:
        self.asked.append(name)
        return self.alarms.get(name, Presence.ABSENT)

    async def log_retention(self, group: str) -> Any:
        self.asked.append(group)
        return self.log_days

    async def retain_logs(self, group: str, days: int) -> Unknown | None:
        self.asked.append(f"{group}: {days}")
        return None if self.may_retain else Unknown("PutRetentionPolicy: AccessDeniedException: no")

    async def provision(self, name: str, variant: str, concurrency: int) -> Unknown:
        self.asked.append(f"{name}: {concurrency}")
        return Unknown("UpdateEndpointWeightsAndCapacities: AccessDenied: no")


@dataclass(frozen=True)
class Declarations:
    """The requests with which resources were registered, by type, in their order; and what the declaration gave."""

    requests: dict[str, list[Any]]
    result: Any

    @property
    def types(self) -> list[str]:
        return list(self.requests)

    def of(self, type_: str) -> Any:
        """The one of that type: its options."""
        (request,) = self.requests[type_]
        return request

    def inputs(self, type_: str) -> Any:
        return json_format.MessageToDict(self.of(type_).object)

    def comes_after(self, type_: str) -> set[str]:
        """The names of what it depends on; as it is deleted before that."""
        return {urn.rpartition("::")[2] for urn in self.of(type_).dependencies}


class _Engine(mocks.Mocks):
    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return "id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        raise AssertionError(args)


class _Monitor(mocks.MockMonitor):
    def __init__(self, refuses: str) -> None:
        super().__init__(_Engine())
        self.refuses = refuses
        self.requests: dict[str, list[Any]] = {}

    def RegisterResource(self, request: Any) -> Any:
        type_ = request.type.rpartition(":")[2]
        if type_ in ("Stack", "Task", "Monitoring"):
            return super().RegisterResource(request)
        self.requests.setdefault(type_, []).append(request)
        if type_ == self.refuses:
            urn = self.make_urn(request.parent, request.type, request.name)
            return resource_pb2.RegisterResourceResponse(urn=urn, result=resource_pb2.FAIL)
        return super().RegisterResource(request)


def declaring(world: World, declare: Callable[[Site], Awaitable[Any]], *, preview: bool = False) -> Declarations:
    """What `declare` registers, for the champion of the task `toxicity`."""
    monitor = _Monitor(world.refuses)

    async def main() -> Any:
        mocks.set_mocks(_Engine(), "sagemaker-endpoint-manager", "prod", preview=preview, monitor=monitor)
        task = pulumi.ComponentResource("fleet:Task", "toxicity")
        ownership = Ownership("sagemaker-endpoint-manager", "prod")
        return await declare(Site(cast(Gateway, world), ownership, task, "toxicity", "champion"))

    # The mocks have no callbacks, by which the engine tells what AWS said.
    with mock.patch.object(sites, "listening", lambda: None), mock.patch.object(ground, "listening", lambda: None):
        result = asyncio.run(main())
    return Declarations(monitor.requests, result)
