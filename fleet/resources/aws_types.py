"""The resources of Pulumi's aws provider that a run declares, under the provider's own names.

Not by the classes of `pulumi_aws`: there an endpoint comes with all of SageMaker, over a thousand classes of arguments
that every run would pay for with a third of a second of CPU. What such a class adds is a line here: the type, the
provider's version, and what is secret. tests/fleet/resources/test_aws_types.py declares each by both, and compares.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pulumi


class AwsResource(pulumi.CustomResource):
    """One resource in AWS."""

    TYPE: ClassVar[str]
    SECRET: ClassVar[tuple[str, ...]] = ()  # properties that the engine encrypts in the state, and shows nobody
    TOLD: ClassVar[tuple[str, ...]] = ()  # properties that AWS decides and a run asks for by `pulumi.get`

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare it. `inputs` have the names of the provider's schema, e.g. `endpointConfigName`."""
        said = {key: pulumi.Output.secret(value) if key in self.SECRET else value for key, value in inputs.items()}
        said |= dict.fromkeys(self.TOLD)
        its = pulumi.ResourceOptions(version=version(), additional_secret_outputs=list(self.SECRET) or None)
        super().__init__(self.TYPE, name, said, pulumi.ResourceOptions.merge(its, opts))


class Model(AwsResource):
    TYPE = "aws:sagemaker/model:Model"


class EndpointConfiguration(AwsResource):
    TYPE = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"


class Endpoint(AwsResource):
    TYPE = "aws:sagemaker/endpoint:Endpoint"


class SsmParameter(AwsResource):
    TYPE = "aws:ssm/parameter:Parameter"
    SECRET = ("value", "valueWo")


class LogGroup(AwsResource):
    TYPE = "aws:cloudwatch/logGroup:LogGroup"


class ScalableTarget(AwsResource):
    TYPE = "aws:appautoscaling/target:Target"


class ScalingPolicy(AwsResource):
    TYPE = "aws:appautoscaling/policy:Policy"


class ScheduledAction(AwsResource):
    TYPE = "aws:appautoscaling/scheduledAction:ScheduledAction"


class MetricAlarm(AwsResource):
    TYPE = "aws:cloudwatch/metricAlarm:MetricAlarm"


class Dashboard(AwsResource):
    TYPE = "aws:cloudwatch/dashboard:Dashboard"
    SECRET = ("dashboardBody",)  # it is none, but a diff would show it whole: some thousand lines for one mark


class EventRule(AwsResource):
    TYPE = "aws:cloudwatch/eventRule:EventRule"


class EventTarget(AwsResource):
    TYPE = "aws:cloudwatch/eventTarget:EventTarget"


class Topic(AwsResource):
    TYPE = "aws:sns/topic:Topic"
    TOLD = ("arn",)


class TopicPolicy(AwsResource):
    TYPE = "aws:sns/topicPolicy:TopicPolicy"


class TopicSubscription(AwsResource):
    TYPE = "aws:sns/topicSubscription:TopicSubscription"


@cache
def version() -> str:
    """Of the provider, as the installed `pulumi_aws` says it: the plugin that the engine fetches is that one.

    It is in the name of the default provider in every state.
    """
    package = find_spec("pulumi_aws")  # finds it, and loads nothing of it
    if package is None or package.origin is None:
        raise pulumi.RunError("pulumi_aws is not installed: pip install -r requirements.txt")
    said: str = json.loads(Path(package.origin).with_name("pulumi-plugin.json").read_text())["version"]
    return said
