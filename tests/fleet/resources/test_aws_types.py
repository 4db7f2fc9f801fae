"""What a run declares is what the classes of pulumi_aws would declare, and the program does without loading them."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi_aws import appautoscaling, cloudwatch, sagemaker, sns, ssm

from fleet.monitoring.alarms import Watched, inputs, specifications
from fleet.resources.aws_types import (
    AwsResource,
    Dashboard,
    Endpoint,
    EventRule,
    EventTarget,
    LogGroup,
    MetricAlarm,
    ScalableTarget,
    ScalingPolicy,
    ScheduledAction,
    SsmParameter,
    Topic,
    TopicPolicy,
    TopicSubscription,
)
from fleet.resources.revisions import declare_endpoint_configuration, declare_model
from fleet.revision import Settings, revise
from fleet.tasks.model import CHAMPION, Alarms
from sandbox.lab.folder import ROOT
from sandbox.plugin.catalogue import TYPES

ROLE = "arn:aws:iam::123456789012:role/execution"
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SETTINGS = Settings(
    "toxicity",
    ROLE,
    memory_mb=2048,
    max_concurrency=5,
    provisioned_concurrency=2,
    environment={"LOG_LEVEL": "info"},
    inference_specification="small",
    kms_key=KEY,
)
ONE = revise(SETTINGS, 1, PACKAGE)
TAGS = {"fleet:task": "toxicity", "cost_center": "nlp"}  # a key is nobody's to translate
TOPIC = "arn:aws:sns:eu-west-1:123456789012:fleet-prod-alerts"
SLOW = next(
    one
    for one in specifications(
        Watched("spam", CHAMPION, None, Alarms(), has_provisioned=False), "spam", fleet="fleet/prod"
    )
    if one.kind == "slow"
)
WHOSE = {"resourceId": "endpoint/e/variant/v", "scalableDimension": "dimension", "serviceNamespace": "sagemaker"}
WHOSE_SDK: dict[str, Any] = {
    "resource_id": "endpoint/e/variant/v",
    "scalable_dimension": "dimension",
    "service_namespace": "sagemaker",
}
OF_THE_CALLER = {"sourcePosition", "stackTrace"}

Declare = Callable[[pulumi.ResourceOptions], pulumi.Resource]
PAIRS: dict[str, tuple[Declare, Declare]] = {
    "Model": (
        lambda opts: declare_model(ONE, TAGS, opts),
        lambda opts: sagemaker.Model(
            ONE.name,
            name=ONE.name,
            execution_role_arn=ROLE,
            primary_container={
                "model_package_name": PACKAGE,
                "environment": {"LOG_LEVEL": "info"},
                "inference_specification_name": "small",
            },
            tags=TAGS,
            opts=opts,
        ),
    ),
    "EndpointConfiguration": (
        lambda opts: declare_endpoint_configuration(ONE, TAGS, opts),
        lambda opts: sagemaker.EndpointConfiguration(
            ONE.name,
            name=ONE.name,
            kms_key_arn=KEY,
            production_variants=[
                {
                    "variant_name": "AllTraffic",
                    "model_name": ONE.name,
                    "serverless_config": {
                        "max_concurrency": 5,
                        "memory_size_in_mb": 2048,
                        "provisioned_concurrency": 2,
                    },
                }
            ],
            tags=TAGS,
            opts=opts,
        ),
    ),
    "Endpoint": (
        lambda opts: Endpoint("toxicity", {"name": "e", "endpointConfigName": ONE.name, "tags": TAGS}, opts),
        lambda opts: sagemaker.Endpoint("toxicity", name="e", endpoint_config_name=ONE.name, tags=TAGS, opts=opts),
    ),
    "SsmParameter": (
        lambda opts: SsmParameter("toxicity", {"name": "/p/t", "type": "String", "value": "{}", "tags": TAGS}, opts),
        lambda opts: ssm.Parameter(
            "toxicity", name="/p/t", type=ssm.ParameterType.STRING, value="{}", tags=TAGS, opts=opts
        ),
    ),
    "LogGroup": (
        lambda opts: LogGroup("toxicity", {"name": "/e", "retentionInDays": 30}, opts),
        lambda opts: cloudwatch.LogGroup("toxicity", name="/e", retention_in_days=30, opts=opts),
    ),
    "ScalableTarget": (
        lambda opts: ScalableTarget("t", {"minCapacity": 1, "maxCapacity": 4, "tags": TAGS, **WHOSE}, opts),
        lambda opts: appautoscaling.Target("t", min_capacity=1, max_capacity=4, tags=TAGS, opts=opts, **WHOSE_SDK),
    ),
    "ScalingPolicy": (
        lambda opts: ScalingPolicy(
            "t",
            {
                "name": "t",
                "policyType": "TargetTrackingScaling",
                "targetTrackingScalingPolicyConfiguration": {
                    "targetValue": 0.7,
                    "scaleInCooldown": 300,
                    "scaleOutCooldown": 60,
                    "predefinedMetricSpecification": {"predefinedMetricType": "metric"},
                },
                **WHOSE,
            },
            opts,
        ),
        lambda opts: appautoscaling.Policy(
            "t",
            name="t",
            policy_type="TargetTrackingScaling",
            target_tracking_scaling_policy_configuration={
                "target_value": 0.7,
                "scale_in_cooldown": 300,
                "scale_out_cooldown": 60,
                "predefined_metric_specification": {"predefined_metric_type": "metric"},
            },
            opts=opts,
            **WHOSE_SDK,
        ),
    ),
    "ScheduledAction": (
        lambda opts: ScheduledAction(
            "t.night",
            {
                "name": "night",
                "schedule": "cron(0 22 * * ? *)",
                "timezone": "Europe/Berlin",
                "scalableTargetAction": {"minCapacity": 0, "maxCapacity": 1},
                **WHOSE,
            },
            opts,
        ),
        lambda opts: appautoscaling.ScheduledAction(
            "t.night",
            name="night",
            schedule="cron(0 22 * * ? *)",
            timezone="Europe/Berlin",
            scalable_target_action={"min_capacity": 0, "max_capacity": 1},
            opts=opts,
            **WHOSE_SDK,
        ),
    ),
    "MetricAlarm": (
        lambda opts: MetricAlarm("spam-slow", {**inputs(SLOW, [TOPIC]), "tags": TAGS}, opts),
        lambda opts: cloudwatch.MetricAlarm(
            "spam-slow",
            name="fleet/prod/spam/slow",
            alarm_description=SLOW.description,
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=2_000_000,
            evaluation_periods=3,
            datapoints_to_alarm=3,
            treat_missing_data="notBreaching",
            evaluate_low_sample_count_percentiles="evaluate",
            namespace="AWS/SageMaker",
            metric_name="ModelLatency",
            extended_statistic="p95",
            period=300,
            dimensions={"EndpointName": "spam", "VariantName": "AllTraffic"},
            alarm_actions=[TOPIC],
            ok_actions=[TOPIC],
            tags=TAGS,
            opts=opts,
        ),
    ),
    "Dashboard": (
        lambda opts: Dashboard("page-1", {"dashboardName": "fleet", "dashboardBody": "{}"}, opts),
        lambda opts: cloudwatch.Dashboard(
            "page-1",
            dashboard_name="fleet",
            dashboard_body=pulumi.Output.secret("{}"),
            opts=pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(additional_secret_outputs=["dashboardBody"])
            ),
        ),
    ),
    "EventRule": (
        lambda opts: EventRule("endpoints-1", {"name": "r", "eventPattern": "{}", "tags": TAGS}, opts),
        lambda opts: cloudwatch.EventRule("endpoints-1", name="r", event_pattern="{}", tags=TAGS, opts=opts),
    ),
    "EventTarget": (
        lambda opts: EventTarget(
            "endpoints-1.alerts",
            {
                "rule": "r",
                "targetId": "t",
                "arn": TOPIC,
                "inputTransformer": {"inputPaths": {"endpoint_name": "$.detail"}, "inputTemplate": '"<endpoint_name>"'},
            },
            opts,
        ),
        lambda opts: cloudwatch.EventTarget(
            "endpoints-1.alerts",
            rule="r",
            target_id="t",
            arn=TOPIC,
            input_transformer={"input_paths": {"endpoint_name": "$.detail"}, "input_template": '"<endpoint_name>"'},
            opts=opts,
        ),
    ),
    "Topic": (
        lambda opts: Topic("alerts", {"name": "fleet-prod-alerts", "tags": TAGS}, opts),
        lambda opts: sns.Topic("alerts", name="fleet-prod-alerts", tags=TAGS, opts=opts),
    ),
    "TopicPolicy": (
        lambda opts: TopicPolicy("alerts", {"arn": TOPIC, "policy": "{}"}, opts),
        lambda opts: sns.TopicPolicy("alerts", arn=TOPIC, policy="{}", opts=opts),
    ),
    "TopicSubscription": (
        lambda opts: TopicSubscription("a", {"topic": TOPIC, "protocol": "email", "endpoint": "a@example.com"}, opts),
        lambda opts: sns.TopicSubscription("a", topic=TOPIC, protocol="email", endpoint="a@example.com", opts=opts),
    ),
}


class Engine(mocks.Mocks):
    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return "id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        raise AssertionError(args)


class Monitor(mocks.MockMonitor):
    """Keeps what the engine is asked for."""

    def __init__(self) -> None:
        super().__init__(Engine())
        self.requests: list[dict[str, Any]] = []

    def RegisterResource(self, request: Any) -> Any:
        self.requests.append(json_format.MessageToDict(request))
        return super().RegisterResource(request)


def asked(declare: Declare) -> dict[str, Any]:
    """The request that the engine gets."""
    monitor = Monitor()

    async def main() -> None:
        mocks.set_mocks(Engine(), "sagemaker-endpoint-manager", "prod", preview=False, monitor=monitor)
        await declare(pulumi.ResourceOptions(import_="it", ignore_changes=["tags", "name"])).urn.future()

    asyncio.run(main())
    return {field: value for field, value in monitor.requests[-1].items() if field not in OF_THE_CALLER}


def test_every_type_that_a_run_declares_is_compared() -> None:
    assert {kind.__name__ for kind in AwsResource.__subclasses__()} == PAIRS.keys()


def test_the_sandbox_has_every_type_that_a_run_declares() -> None:
    assert {kind.TYPE for kind in AwsResource.__subclasses__()} == TYPES.keys()


@pytest.mark.parametrize("kind", PAIRS)
def test_a_resource_is_declared_as_the_class_of_the_sdk_declares_it(kind: str) -> None:
    ours, theirs = (asked(declare) for declare in PAIRS[kind])
    assert ours == theirs


def test_the_program_loads_none_of_the_classes_of_the_provider() -> None:
    """Together they are a third of what a preview of three tasks takes of the processor."""
    program = (ROOT / "fleet" / "program.py").read_text()
    imports = "\n".join(line for line in program.splitlines() if line.startswith(("import ", "from ")))
    tell = (
        "import sys; print(*sorted(name for name in sys.modules if name.partition('.')[0] in ('pulumi_aws', 'boto3')))"
    )
    told = subprocess.run(
        [sys.executable, "-c", f"{imports}\n{tell}"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == []
