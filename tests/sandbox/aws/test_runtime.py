"""What answers for an endpoint, in the moment in which its deployment ends."""

from dataclasses import replace
from typing import Any

from sandbox.aws.sagemaker import runtime
from sandbox.aws.world import REGION


def test_without_cold_starts_an_endpoint_answers_in_the_millisecond_in_which_it_is_there(aws: Any) -> None:
    aws.world.settings = replace(aws.world.settings, create_seconds=0)
    aws.config("c1")
    aws("CreateEndpoint", EndpointName="toxicity", EndpointConfigName="c1")

    assert runtime.target(aws.world, REGION, "toxicity").config == "c1"
