"""Every service that the sandbox plays itself, a row each. What is not here is moto's."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from sandbox.aws import autoscaling, cloudtrail, ecr, events, iam, logs, pricing, quotas, sns, ssm, sts
from sandbox.aws.cloudwatch import operations as cloudwatch
from sandbox.aws.cloudwatch.metrics import Watched
from sandbox.aws.control import State
from sandbox.aws.identity import Caller, Principals
from sandbox.aws.protocol import Asked, as_json
from sandbox.aws.sagemaker import operations
from sandbox.aws.service import Service
from sandbox.aws.world import World


@dataclass(frozen=True)
class Played:
    """A service that the sandbox plays itself."""

    service: Service[Any]
    scene: Callable[[State, Caller], Any]  # what its operations act on

    def answer(self, state: State, asked: Asked, caller: Caller) -> Response:
        """In the form that the client reads. Raises AwsError, and LeftToMoto."""
        scene = self.scene(state, caller)
        if asked.is_query:
            xml = self.service.answer_form(scene, asked.region, asked.operation, asked.params)
            return Response(xml, content_type="text/xml")
        return as_json(self.service.answer(scene, asked.region, asked.operation, asked.params))


def _world(state: State, _: Caller) -> World:
    return state.world


def _watched(state: State, _: Caller) -> Watched:
    return state.watched


def _trail(state: State, _: Caller) -> cloudtrail.Trail:
    return cloudtrail.Trail(state.log.since(state.trail_begins), time.time())


def _principals(state: State, caller: Caller) -> Principals:
    return Principals(caller, state.world.settings.roles, state.sessions)


PLAYED = {
    played.service.name: played
    for played in (
        Played(operations.SERVICE, _world),
        Played(quotas.SERVICE, _world),
        Played(ssm.SERVICE, _world),
        Played(autoscaling.SERVICE, _world),
        Played(ecr.SERVICE, _world),
        Played(cloudwatch.SERVICE, _watched),
        Played(cloudtrail.SERVICE, _trail),
        Played(sns.SERVICE, _world),
        Played(events.SERVICE, _world),
        Played(logs.SERVICE, _world),
        Played(pricing.SERVICE, _world),
        Played(iam.SERVICE, _principals),
        Played(sts.SERVICE, _principals),
    )
}
NOT_EVEN_BY_MOTO = ("resourcegroupstaggingapi",)  # moto would answer, with nothing of SageMaker in it
