"""What is remembered of this stack: what the last run wrote (its outputs), and what the state holds (its resources).

Both are read by functions that are built into the engine (pulumi 3.259, pkg/resource/deploy/builtins.go). A reference
of the stack to itself would be a resource in the state, under the stack's name of that day: after `pulumi stack rename`
every refresh ends with "unknown stack".
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pulumi
from pulumi.runtime import invoke_async

from fleet import contract
from fleet.aws.logs import group_of
from fleet.aws.scaling import target_of
from fleet.guard import Place, place
from fleet.memory import LOGS, SCALING, Outcome
from fleet.resources.aws_types import (
    Endpoint,
    EndpointConfiguration,
    LogGroup,
    MetricAlarm,
    Model,
    ScalableTarget,
    SsmParameter,
)

NAMES = ("resourceId", "dashboardName", "name")  # the output by which a resource is known; the first that it has


@dataclass(frozen=True)
class Held:
    """How the state has a thing beside an endpoint."""

    type: str
    name: Callable[[str], str]  # by the endpoint's; one that no endpoint or revision can have


# By their kinds. The parameter is the task's, an endpoint has several alarms: these are looked up by their own names.
HELD_AS: Mapping[str, Held] = {
    SCALING: Held(ScalableTarget.TYPE, target_of),
    LOGS: Held(LogGroup.TYPE, group_of),
}


@dataclass(frozen=True)
class LastRun:
    """What the last run wrote, by task and variant; the state's resources: their outputs, by type and name; and what
    the state calls its SSM parameters.
    """

    written: Mapping[str, Mapping[str, Outcome]]
    state: Mapping[str, Mapping[str, Mapping[str, Any]]]
    parameters: Mapping[str, str] = field(default_factory=dict)  # what the state calls each one, by their full names
    resources: tuple[Mapping[str, Any], ...] = ()  # all of the state's, each with its `type` and its `outputs`

    @cached_property
    def in_state(self) -> frozenset[str]:
        """Names of the endpoints, revisions and alarms in the state, and of what stands beside an endpoint.

        Of a revision, both its model and its configuration.
        """
        models, configs = (self.state.get(kind, {}).keys() for kind in (Model.TYPE, EndpointConfiguration.TYPE))
        alone = (Endpoint.TYPE, MetricAlarm.TYPE, *(thing.type for thing in HELD_AS.values()))
        return frozenset((models & configs).union(*(self.state.get(kind, {}) for kind in alone)))

    def names(self, type_: str) -> list[str]:
        """Of what the state holds of a type, in the order of the alphabet."""
        return sorted(self.state.get(type_, ()))

    @property
    def places(self) -> set[Place]:
        """Where the endpoints lie that the state holds or the last run has seen serve.

        Of a stack without any, where the rest of it lies: its parameters, say.
        """
        in_state = {kind: [outputs.get("arn", "") for outputs in named.values()] for kind, named in self.state.items()}
        written = (run.arn for variants in self.written.values() for run in variants.values())
        of_endpoints = {place(arn) for arn in (*in_state.get(Endpoint.TYPE, ()), *written) if arn}
        return of_endpoints or {place(arn) for arns in in_state.values() for arn in arns if arn}

    def of(self, task: str) -> dict[str, Outcome]:
        """What the last run wrote of a task, as far as the state still holds it.

        A refresh under other credentials finds nothing and drops everything, whatever then stops the run.
        """
        return {variant: self._still_held(run) for variant, run in self.written.get(task, {}).items()}

    def _still_held(self, run: Outcome) -> Outcome:
        held = replace(run, declared=tuple(name for name in run.declared if name in self.in_state))
        for kind, thing in HELD_AS.items():
            if thing.name(run.endpoint) not in self.in_state:
                held = held.beside_with(kind, "")
        return held


async def read() -> LastRun:
    """The memory of this stack. Raises pulumi.RunError where it cannot be read: nothing may be decided without it."""
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    try:
        outputs, state = await asyncio.gather(
            invoke_async("pulumi:pulumi:readStackOutputs", {"name": name}),
            invoke_async("pulumi:pulumi:readStackResourceOutputs", {"stackName": name}),
        )
    except Exception as error:
        raise pulumi.RunError(f"the stack's own state could not be read: {error}. Nothing was changed") from None
    held = state["outputs"]
    return LastRun(contract.written(outputs["outputs"]), _by_name(held), _parameters(held), tuple(held.values()))


def _by_name(resources: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for resource in resources.values():
        outputs = resource["outputs"]
        if name := next((outputs[key] for key in NAMES if outputs.get(key)), ""):
            found.setdefault(resource["type"], {})[name] = outputs
    return found


def _parameters(resources: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: urn.rpartition("::")[2]
        for urn, resource in resources.items()
        if resource["type"] == SsmParameter.TYPE and (name := resource["outputs"].get("name"))
    }
