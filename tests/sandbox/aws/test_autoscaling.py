"""Application Auto Scaling of the sandbox, over the endpoints of its SageMaker."""

from typing import Any

import pytest

from sandbox.aws import autoscaling
from sandbox.aws.world import REGION, AwsError, Settings

RESOURCE = "endpoint/toxicity/variant/AllTraffic"
DIMENSION = "sagemaker:variant:DesiredProvisionedConcurrency"
METRIC = {"PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"}
LIMITS = {"MinCapacity": 1, "MaxCapacity": 4}


class Scaling:
    """Application Auto Scaling in one region, with the endpoint toxicity: 2 provisioned, 5 at most."""

    def __init__(self, aws: Any) -> None:
        self.aws, self.world = aws, aws.world
        aws.endpoint(ProvisionedConcurrency=2)

    def __call__(self, operation: str, region: str = REGION, /, **request: Any) -> dict[str, Any]:
        namespace = {} if "ResourceARN" in request else {"ServiceNamespace": "sagemaker"}
        return autoscaling.SERVICE.answer(self.world, region, operation, {**namespace, **request})

    def on(self, operation: str, **request: Any) -> dict[str, Any]:
        return self(operation, **{"ResourceId": RESOURCE, "ScalableDimension": DIMENSION, **request})

    def refused(self, operation: str, **request: Any) -> AwsError:
        with pytest.raises(AwsError) as caught:
            self.on(operation, **request)
        return caught.value

    def register(self, **request: Any) -> str:
        return str(self.on("RegisterScalableTarget", **{**LIMITS, **request})["ScalableTargetARN"])

    def follow(self, name: str = "p", value: float = 0.7, **more: Any) -> dict[str, Any]:
        tracking = {"TargetValue": value, "PredefinedMetricSpecification": METRIC, **more}
        request = {"PolicyName": name, "PolicyType": "TargetTrackingScaling"}
        return self.on("PutScalingPolicy", **request, TargetTrackingScalingPolicyConfiguration=tracking)

    def plan(self, name: str = "office", **request: Any) -> dict[str, Any]:
        default = {"Schedule": "cron(0 7 ? * MON-FRI *)", "ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 4}}
        return self.on("PutScheduledAction", ScheduledActionName=name, **{**default, **request})

    def targets(self, region: str = REGION, **request: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self("DescribeScalableTargets", region, **request)["ScalableTargets"]
        return rows

    def limits(self) -> tuple[int, int]:
        (target,) = self.targets()
        return target["MinCapacity"], target["MaxCapacity"]

    def provisioned(self) -> int:
        (variant,) = self.aws.describe()["ProductionVariants"]
        return int(variant["CurrentServerlessConfig"]["ProvisionedConcurrency"])


@pytest.fixture
def scaling(aws: Any) -> Scaling:
    return Scaling(aws)


# Targets


def test_a_target_is_shown_as_it_was_registered(scaling: Scaling) -> None:
    arn = scaling.register(Tags={"a": "b"})
    (target,) = scaling.targets(ResourceIds=[RESOURCE], ScalableDimension=DIMENSION)
    assert (target["MinCapacity"], target["MaxCapacity"], target["ScalableTargetARN"]) == (1, 4, arn)
    assert scaling("ListTagsForResource", ResourceARN=arn)["Tags"] == {"a": "b"}


def test_registering_again_changes_what_is_given_and_no_more(scaling: Scaling) -> None:
    arn = scaling.register()
    assert scaling.on("RegisterScalableTarget", MaxCapacity=5)["ScalableTargetARN"] == arn
    assert scaling.limits() == (1, 5)


@pytest.mark.parametrize(("limits", "provisioned"), [((1, 4), 2), ((3, 4), 3), ((1, 1), 1), ((0, 0), 1)])
def test_registering_brings_the_concurrency_into_the_range(
    scaling: Scaling, limits: tuple[int, int], provisioned: int
) -> None:
    before = scaling.aws.describe()["LastModifiedTime"]
    scaling.register(MinCapacity=limits[0], MaxCapacity=limits[1])
    assert scaling.provisioned() == provisioned
    assert (scaling.aws.describe()["LastModifiedTime"] > before) == (provisioned != 2)


def test_an_endpoint_that_is_updating_keeps_its_concurrency(scaling: Scaling) -> None:
    scaling.aws.config("c2", ProvisionedConcurrency=2)
    scaling.aws("UpdateEndpoint", EndpointName="toxicity", EndpointConfigName="c2")
    scaling.register(MinCapacity=3)
    assert scaling.provisioned() == 2


@pytest.mark.parametrize(
    ("request_", "code", "says"),
    [
        ({"ResourceId": "endpoint/spam/variant/AllTraffic"}, "ValidationException", "Could not find endpoint"),
        ({"ResourceId": "endpoint/toxicity/variant/other"}, "ValidationException", "no variant other"),
        ({"ResourceId": "toxicity"}, "ValidationException", "Unsupported"),
        ({"MinCapacity": 5}, "ValidationException", "cannot be less than minimum"),
        ({"MinCapacity": -1}, "ValidationException", "from 0"),
        ({"MaxCapacity": 6}, "ValidationException", "MaxConcurrency, 5"),
        ({"ServiceNamespace": "lambda"}, "UnsupportedOperation", "not lambda"),
        ({"ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}, "UnsupportedOperation", "InstanceCount"),
        ({"ScalableDimension": "sagemaker:variant:Desired"}, "ValidationException", "enum value set"),
        ({"Tags": {"a": ""}}, "ValidationException", "empty or blank"),
    ],
)
def test_what_cannot_be_scaled_is_refused(scaling: Scaling, request_: dict[str, Any], code: str, says: str) -> None:
    refusal = scaling.refused("RegisterScalableTarget", **{**LIMITS, **request_})
    assert refusal.code == code
    assert says in refusal.message
    assert scaling.world.targets == {}


@pytest.mark.parametrize("missing", ["MinCapacity", "MaxCapacity"])
def test_a_new_target_needs_both_limits(scaling: Scaling, missing: str) -> None:
    request = {member: value for member, value in LIMITS.items() if member != missing}
    assert missing in scaling.refused("RegisterScalableTarget", **request).message


def test_without_provisioned_concurrency_there_is_nothing_to_scale(scaling: Scaling) -> None:
    scaling.aws.endpoint("spam", "c2")
    resource = {"ResourceId": "endpoint/spam/variant/AllTraffic"}
    assert "no provisioned concurrency" in scaling.refused("RegisterScalableTarget", **LIMITS, **resource).message


def test_an_endpoint_that_does_not_serve_yet_cannot_be_scaled(scaling: Scaling) -> None:
    scaling.aws.config("c2", ProvisionedConcurrency=1)
    scaling.aws("CreateEndpoint", EndpointName="spam", EndpointConfigName="c2")
    resource = {"ResourceId": "endpoint/spam/variant/AllTraffic"}
    assert "it is Creating" in scaling.refused("RegisterScalableTarget", **LIMITS, **resource).message


def test_tags_of_a_target_that_exists_are_refused(scaling: Scaling) -> None:
    scaling.register()
    refusal = scaling.refused("RegisterScalableTarget", **LIMITS, Tags={"a": "b"})
    assert "tried to tag already exists" in refusal.message


def test_a_deregistered_target_takes_everything_with_it(scaling: Scaling) -> None:
    arn = scaling.register(Tags={"a": "b"})
    scaling.follow()
    scaling.plan()
    scaling.on("DeregisterScalableTarget")
    assert scaling.targets() == []
    assert scaling("DescribeScalingPolicies")["ScalingPolicies"] == []
    assert scaling("DescribeScheduledActions")["ScheduledActions"] == []
    with pytest.raises(AwsError) as caught:
        scaling("ListTagsForResource", ResourceARN=arn)
    assert caught.value.code == "ResourceNotFoundException"
    assert arn not in scaling.world.tags


def test_a_deleted_endpoint_leaves_its_target_behind(scaling: Scaling) -> None:
    scaling.register()
    scaling.aws("DeleteEndpoint", EndpointName="toxicity")
    scaling.aws.wait()
    assert scaling.limits() == (1, 4)
    assert "Could not find endpoint" in scaling.refused("RegisterScalableTarget", MaxCapacity=3).message
    scaling.on("DeregisterScalableTarget")


def test_an_update_of_the_endpoint_resets_the_concurrency_and_not_the_target(scaling: Scaling) -> None:
    scaling.register(MinCapacity=3)
    scaling.aws.config("c2", ProvisionedConcurrency=1)
    scaling.aws("UpdateEndpoint", EndpointName="toxicity", EndpointConfigName="c2")
    scaling.aws.wait()
    assert (scaling.provisioned(), scaling.limits()) == (1, (3, 4))


def test_another_region_has_its_own(scaling: Scaling) -> None:
    scaling.register()
    assert scaling.targets("us-east-1") == []


# Policies


def test_a_policy_is_shown_as_it_was_put(scaling: Scaling) -> None:
    scaling.register()
    arn = scaling.follow()["PolicyARN"]
    assert scaling.follow(value=0.5)["PolicyARN"] == arn
    (policy,) = scaling("DescribeScalingPolicies", PolicyNames=["p"], ResourceId=RESOURCE)["ScalingPolicies"]
    assert policy["PolicyARN"] == arn
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 0.5,
        "PredefinedMetricSpecification": METRIC,
        "DisableScaleIn": False,
    }
    scaling.on("DeleteScalingPolicy", PolicyName="p")
    assert scaling("DescribeScalingPolicies")["ScalingPolicies"] == []


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        ({"PredefinedMetricSpecification": {"PredefinedMetricType": "LambdaProvisionedConcurrencyUtilization"}},
         "ValidationException", "only supports the following predefined metric types"),
        ({"CustomizedMetricSpecification": {}}, "UnsupportedOperation", "customized"),
        ({"TargetValue": 0}, "ValidationException", "greater than 0"),
        ({"TargetValue": "0.7"}, "ValidationException", "type double"),
    ],
)  # fmt: skip
def test_a_policy_that_aws_does_not_take_is_refused(
    scaling: Scaling, more: dict[str, Any], code: str, says: str
) -> None:
    scaling.register()
    with pytest.raises(AwsError, match=says) as caught:
        scaling.follow(**more)
    assert caught.value.code == code


def test_a_metric_is_followed_by_one_policy(scaling: Scaling) -> None:
    scaling.register()
    scaling.follow()
    with pytest.raises(AwsError, match="tracked by the policy p"):
        scaling.follow("q")


# Schedules


def test_a_schedule_is_shown_as_it_was_put(scaling: Scaling) -> None:
    scaling.register()
    scaling.plan(Timezone="Europe/Berlin")
    scaling.on("PutScheduledAction", ScheduledActionName="office", ScalableTargetAction={"MinCapacity": 2})
    (action,) = scaling("DescribeScheduledActions", ScheduledActionNames=["office"])["ScheduledActions"]
    assert (action["Schedule"], action["Timezone"]) == ("cron(0 7 ? * MON-FRI *)", "Europe/Berlin")
    assert action["ScalableTargetAction"] == {"MinCapacity": 2}
    scaling.on("DeleteScheduledAction", ScheduledActionName="office")
    assert scaling("DescribeScheduledActions")["ScheduledActions"] == []


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"Schedule": "cron(0 7 * * * *)"}, r"exactly one of .* must be \?"),
        ({"Timezone": "Mars/Olympus"}, "not an IANA time zone"),
        ({"ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 2}}, "cannot be less than minimum"),
        ({"ScalableTargetAction": {}}, "ScalableTargetAction must be specified"),
        ({"name": "a:b"}, "regular expression"),
    ],
)
def test_a_schedule_that_aws_does_not_take_is_refused(scaling: Scaling, request_: dict[str, Any], says: str) -> None:
    scaling.register()
    with pytest.raises(AwsError, match=says):
        scaling.plan(**request_)


def test_a_schedule_at_its_time_moves_the_target_and_the_concurrency(scaling: Scaling) -> None:
    scaling.register()
    scaling.plan()
    autoscaling.run_schedule(scaling.world, REGION, "toxicity", "office")
    assert (scaling.limits(), scaling.provisioned()) == ((3, 4), 3)


# All of them


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("PutScalingPolicy", {"PolicyName": "p"}),
        ("PutScheduledAction", {"ScheduledActionName": "office"}),
        ("DeregisterScalableTarget", {}),
        ("DeleteScalingPolicy", {"PolicyName": "p"}),
        ("DeleteScheduledAction", {"ScheduledActionName": "office"}),
    ],
)
def test_what_is_not_there_is_said(scaling: Scaling, operation: str, request_: dict[str, Any]) -> None:
    refusal = scaling.refused(operation, **request_)
    assert refusal.code == "ObjectNotFoundException"
    assert f"resource ID: {RESOURCE}, scalable dimension: {DIMENSION}" in refusal.message


def test_targets_are_paged(scaling: Scaling) -> None:
    scaling.world.settings = Settings(page_size=1)
    scaling.aws.endpoint("spam", "c2", ProvisionedConcurrency=1)
    scaling.register()
    scaling.register(ResourceId="endpoint/spam/variant/AllTraffic")
    first = scaling("DescribeScalableTargets")
    rest = scaling("DescribeScalableTargets", NextToken=first["NextToken"])
    assert "NextToken" not in rest
    assert len({row["ResourceId"] for page in (first, rest) for row in page["ScalableTargets"]}) == 2


def test_another_operation_is_not_played(scaling: Scaling) -> None:
    with pytest.raises(AwsError, match="does not play DescribeScalingActivities"):
        scaling("DescribeScalingActivities")


def test_a_snapshot_holds_targets_with_all_that_is_theirs(scaling: Scaling) -> None:
    arn = scaling.register(Tags={"a": "b"})
    scaling.follow()
    scaling.plan()
    shown = autoscaling.of_endpoint(scaling.world, REGION, "toxicity")
    kept = scaling.world.snapshot()
    scaling.on("DeregisterScalableTarget")
    scaling.world.restore(kept)
    assert autoscaling.of_endpoint(scaling.world, REGION, "toxicity") == shown
    assert (shown["min"], shown["max"], set(shown["policies"]), set(shown["schedules"])) == (1, 4, {"p"}, {"office"})
    assert scaling("ListTagsForResource", ResourceARN=arn)["Tags"] == {"a": "b"}


def test_tags_are_changed_by_calls_of_their_own(scaling: Scaling) -> None:
    arn = scaling.register(Tags={"a": "1", "b": "1"})
    scaling("TagResource", ResourceARN=arn, Tags={"b": "2"})
    scaling("UntagResource", ResourceARN=arn, TagKeys=["a"])
    assert scaling("ListTagsForResource", ResourceARN=arn)["Tags"] == {"b": "2"}
