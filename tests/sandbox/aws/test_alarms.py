"""Alarms of the sandbox: what CloudWatch refuses, when an alarm fires and clears, and what it says to whom."""

import json
import time
from typing import Any

import pytest

from sandbox.aws import sns
from sandbox.aws.cloudwatch.evaluation import Point, Rule, judge, low
from sandbox.aws.cloudwatch.metrics import Metrics, Watched, made_up
from sandbox.aws.cloudwatch.operations import SERVICE
from sandbox.aws.rates import CLOUDWATCH, Rates
from sandbox.aws.world import REGION, AwsError, Message, World
from sandbox.lab.handle import Sandbox

NOW = 1_800_000_000.0  # a whole hour
MINUTE, HOUR, DAY = 60, 3600, 86400
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"
ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors"
DIMENSIONS = [{"Name": "EndpointName", "Value": "toxicity"}, {"Name": "VariantName", "Value": "AllTraffic"}]


class Aws:
    """CloudWatch and a topic with one reader. Time stands still but for `wait`."""

    def __init__(self) -> None:
        self.now = NOW
        self.world = World(clock=lambda: self.now)
        self.metrics = Metrics(clock=lambda: self.now)
        sns.SERVICE.answer(self.world, REGION, "CreateTopic", {"Name": "alerts"})
        reader = {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": "arn:aws:sqs:eu-west-1:123456789012:reader"}
        sns.SERVICE.answer(self.world, REGION, "Subscribe", reader)

    def __call__(self, operation: str, region: str = REGION, /, **request: Any) -> dict[str, Any]:
        return SERVICE.answer(Watched(self.metrics, self.world), region, operation, request)

    def put(self, name: str = "errors", /, **changes: Any) -> None:
        request = {
            "AlarmName": name,
            "Namespace": "AWS/SageMaker",
            "MetricName": "Invocation5XXErrors",
            "Dimensions": DIMENSIONS,
            "Statistic": "Average",
            "Period": 300,
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
            "Threshold": 0.05,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [TOPIC],
            "OKActions": [TOPIC],
        } | changes
        self("PutMetricAlarm", **{name: value for name, value in request.items() if value is not None})

    def slow(self, low_samples: str = "evaluate") -> None:
        """p95 of the model's time above 2 s in each of three periods."""
        latency: dict[str, Any] = {
            "MetricName": "ModelLatency",
            "Statistic": None,
            "ExtendedStatistic": "p95",
            "DatapointsToAlarm": 3,
        }
        self.put(Threshold=2e6, EvaluateLowSampleCountPercentile=low_samples, **latency)

    def calls(self, count: int = 10, errors: int = 0, latency_ms: float = 10) -> None:
        made = {"count": count, "errors_4xx": 0, "errors_5xx": errors, "latency_ms": latency_ms, "overhead_ms": 5}
        for at, values in made_up({**made, "cold_starts": 0, "setup_ms": 0, "ago_seconds": 0}, self.now):
            self.metrics.add(REGION, "toxicity", "AllTraffic", values, at)

    def wait(self, seconds: float = 5 * MINUTE) -> None:
        self.now += seconds

    def alarm(self, name: str = "errors") -> dict[str, Any]:
        (alarm,) = self("DescribeAlarms", AlarmNames=[name])["MetricAlarms"]
        return dict(alarm)

    def state(self, name: str = "errors") -> str:
        return str(self.alarm(name)["StateValue"])

    def messages(self) -> list[Message]:
        self("DescribeAlarms")
        return self.world.outbox


@pytest.fixture
def aws() -> Aws:
    return Aws()


# What data points mean: the tables of the user guide, oldest point first

KEPT = "kept"
OF_THREE = [  # 3 of 3
    ("0-X-X", "OK", "OK", "OK", "OK"),
    ("----0", "OK", "OK", "OK", "OK"),
    ("-----", "INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
    ("0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("--X--", "ALARM", KEPT, "ALARM", "OK"),
]
TWO_OF_THREE = [
    ("0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("00X0X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0-X--", "OK", "OK", "ALARM", "OK"),
    ("----0", "OK", "OK", "ALARM", "OK"),
    ("---X-", "ALARM", KEPT, "ALARM", "OK"),
]
TREATED = ("missing", "ignore", "breaching", "notBreaching")
TABLE = [
    (to_alarm, points, treated, state)
    for to_alarm, rows in ((3, OF_THREE), (2, TWO_OF_THREE))
    for points, *states in rows
    for treated, state in zip(TREATED, states, strict=True)
]


@pytest.mark.parametrize(("to_alarm", "points", "treated", "state"), TABLE)
def test_missing_data_is_treated_as_the_user_guide_shows(to_alarm: int, points: str, treated: str, state: str) -> None:
    values = {"X": 1.0, "0": 0.0}
    newest_first = [Point(NOW, values[point]) if point in values else None for point in reversed(points)]
    rule = Rule("GreaterThanThreshold", 0.5, 3, to_alarm, treated)
    assert (judge(rule, newest_first).state or KEPT) == state


def test_a_first_breach_after_a_silence_is_no_alarm_yet() -> None:
    rule = Rule("GreaterThanThreshold", 0.5, 3, 3, "missing")
    assert judge(rule, [Point(NOW, 1), None, None, None, None]).state is None


@pytest.mark.parametrize(("percentile", "enough"), [(95, 200), (99, 1000), (50, 20), (10, 100)])
def test_a_percentile_needs_its_number_of_samples(percentile: float, enough: int) -> None:
    assert low(percentile, enough - 1)
    assert not low(percentile, enough)


# An alarm fires and clears


def test_an_alarm_begins_without_data(aws: Aws) -> None:
    aws.put()
    shown = aws.alarm()
    assert (shown["StateValue"], shown["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    assert shown["AlarmArn"] == ARN


def test_errors_fire_the_alarm_and_it_clears_when_they_are_out_of_sight(aws: Aws) -> None:
    aws.put()
    aws.wait(MINUTE)
    assert aws.state() == "OK"
    for _ in range(2):
        aws.calls(errors=5)
        aws.wait()
    assert aws.state() == "ALARM"
    aws.wait(30 * MINUTE)
    assert aws.state() == "OK"
    assert [json.loads(message.body)["NewStateValue"] for message in aws.messages()] == ["OK", "ALARM", "OK"]


def test_a_transition_has_the_time_at_which_it_came_and_not_that_of_the_look(aws: Aws) -> None:
    aws.put(EvaluationPeriods=1, DatapointsToAlarm=1)
    aws.wait(MINUTE)
    aws.calls(errors=10)
    aws.wait(6 * HOUR)
    fired, cleared = aws.messages()[1:]
    assert fired.at == NOW + 2 * MINUTE
    assert cleared.at == aws.alarm()["StateTransitionedTimestamp"] < NOW + 30 * MINUTE


def test_one_error_among_a_thousand_calls_fires_nothing(aws: Aws) -> None:
    aws.put()
    aws.calls(1000, errors=1)
    aws.wait()
    assert aws.state() == "OK"


def test_a_few_slow_calls_in_each_of_three_periods_fire(aws: Aws) -> None:
    aws.slow()
    for _ in range(3):
        aws.calls(2, latency_ms=3000)
        aws.wait()
    assert aws.state() == "ALARM"


def test_slow_calls_that_are_scattered_over_a_day_do_not_fire(aws: Aws) -> None:
    aws.slow()
    for _ in range(12):
        aws.calls(2, latency_ms=3000)
        aws.wait(2 * HOUR)
    assert {json.loads(message.body)["NewStateValue"] for message in aws.messages()} == {"OK"}


def test_where_few_samples_are_ignored_the_state_stays(aws: Aws) -> None:
    aws.slow(low_samples="ignore")
    for _ in range(3):
        aws.calls(199, latency_ms=3000)
        aws.wait()
    assert aws.state() == "INSUFFICIENT_DATA"
    for _ in range(3):
        aws.calls(200, latency_ms=3000)
        aws.wait()
    assert aws.state() == "ALARM"


def test_a_silence_fires_where_missing_data_is_breaching(aws: Aws) -> None:
    once: dict[str, Any] = {"EvaluationPeriods": 24, "DatapointsToAlarm": 24, "Period": HOUR}
    below: dict[str, Any] = {"ComparisonOperator": "LessThanThreshold", "Threshold": 1, "TreatMissingData": "breaching"}
    aws.put(MetricName="Invocations", Statistic="Sum", **once, **below)
    aws.calls()
    aws.wait(23 * HOUR)
    assert aws.state() == "OK"
    aws.wait(4 * HOUR)
    assert aws.state() == "ALARM"
    assert "no datapoints were received for 24 periods" in aws.alarm()["StateReason"]


def test_an_alarm_that_warms_up_is_not_evaluated(aws: Aws) -> None:
    warm: dict[str, Any] = {"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 60}}
    aws.put(TreatMissingData="breaching", **warm)
    aws.wait(60 * MINUTE)
    assert aws.state() == "INSUFFICIENT_DATA"
    aws.wait(MINUTE)
    assert aws.state() == "ALARM"


def test_a_warm_up_ends_early_where_all_periods_have_data(aws: Aws) -> None:
    aws.put(WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 600})
    for _ in range(3):
        aws.calls(errors=10)
        aws.wait()
    assert aws.state() == "ALARM"


def test_a_warm_up_lasts_its_whole_time_where_that_is_said(aws: Aws) -> None:
    whole = {"OnlyStartEvaluatingAfterWarmUpPeriodEnds": True}
    aws.put(WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 600, **whole})
    for _ in range(3):
        aws.calls(errors=10)
        aws.wait()
    assert aws.state() == "INSUFFICIENT_DATA"


def test_metric_math_divides_where_both_have_data(aws: Aws) -> None:
    def of(id_: str, metric: str, statistic: str) -> dict[str, Any]:
        named = {"Namespace": "AWS/SageMaker", "MetricName": metric, "Dimensions": DIMENSIONS}
        return {"Id": id_, "ReturnData": False, "MetricStat": {"Metric": named, "Period": HOUR, "Stat": statistic}}

    share = {"Id": "share", "Expression": "cold / calls", "ReturnData": True}
    single: dict[str, Any] = dict.fromkeys(("MetricName", "Namespace", "Dimensions", "Statistic", "Period"))
    queries = [of("cold", "ModelSetupTime", "SampleCount"), of("calls", "Invocations", "Sum"), share]
    aws.put(Metrics=queries, EvaluationPeriods=1, DatapointsToAlarm=1, Threshold=0.2, **single)
    aws.calls(10)
    aws.metrics.add(REGION, "toxicity", "AllTraffic", {"ModelSetupTime": 1e6})
    aws.wait(MINUTE)
    assert aws.state() == "OK"
    aws.metrics.add(REGION, "toxicity", "AllTraffic", {"ModelSetupTime": 1e6})
    aws.wait(MINUTE)
    assert aws.state() == "ALARM"


def test_what_was_put_is_evaluated_too(aws: Aws) -> None:
    aws.put(Namespace="Fleet", MetricName="Faults", Dimensions=[], Statistic="Maximum", EvaluationPeriods=2)
    datum = {"MetricName": "Faults", "Value": 3.0}
    for _ in range(2):
        aws("PutMetricData", Namespace="Fleet", MetricData=[datum])
        aws.wait()
    assert aws.state() == "ALARM"


# Messages


def test_a_message_says_which_alarm_and_why(aws: Aws) -> None:
    aws.put(AlarmDescription="toxicity answers with errors", EvaluationPeriods=1, DatapointsToAlarm=1)
    aws.calls(errors=5)
    aws.wait(MINUTE)
    (message,) = aws.messages()
    body = json.loads(message.body)
    assert (message.topic, message.subject) == (TOPIC, 'ALARM: "errors" in EU (Ireland)')
    assert message.to == ("arn:aws:sqs:eu-west-1:123456789012:reader",)
    assert (body["AlarmDescription"], body["OldStateValue"]) == ("toxicity answers with errors", "INSUFFICIENT_DATA")
    assert body["NewStateReason"] == (
        "Threshold Crossed: 1 out of the last 1 datapoint [0.5 (15/01/27 07:56:00)] was greater than or equal to the "
        "threshold (0.05) (minimum 1 datapoint for OK -> ALARM transition)."
    )


def test_an_alarm_without_enabled_actions_tells_nobody(aws: Aws) -> None:
    aws.put(ActionsEnabled=False)
    aws.wait()
    assert aws.state() == "OK"
    assert aws.messages() == []


def test_a_state_that_is_set_by_hand_acts_until_the_next_evaluation(aws: Aws) -> None:
    aws.put()
    aws.wait()
    aws("SetAlarmState", AlarmName="errors", StateValue="ALARM", StateReason="a drill")
    assert (aws.state(), aws.messages()[-1].subject[:5]) == ("ALARM", "ALARM")
    aws.wait(MINUTE)
    assert aws.state() == "OK"


def test_a_message_to_a_topic_that_is_not_there_is_refused(aws: Aws) -> None:
    aws.put(OKActions=[f"{TOPIC}-2"])
    aws.wait()
    assert [message.refused for message in aws.messages()] == [f"topic {TOPIC}-2 does not exist"]


# What is kept


def test_a_change_keeps_the_state_and_the_tags(aws: Aws) -> None:
    aws.put(Tags=[{"Key": "task", "Value": "toxicity"}])
    aws.wait()
    assert aws.state() == "OK"
    aws.put(Threshold=0.1, Tags=[{"Key": "task", "Value": "another"}])
    assert (aws.state(), aws.alarm()["Threshold"]) == ("OK", 0.1)
    assert aws("ListTagsForResource", ResourceARN=ARN) == {"Tags": [{"Key": "task", "Value": "toxicity"}]}


def test_tags_come_and_go(aws: Aws) -> None:
    aws.put()
    aws("TagResource", ResourceARN=ARN, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    aws("UntagResource", ResourceARN=ARN, TagKeys=["a"])
    assert aws("ListTagsForResource", ResourceARN=ARN) == {"Tags": [{"Key": "b", "Value": "2"}]}


def test_descriptions_are_filtered(aws: Aws) -> None:
    for name in ("fleet/a", "fleet/b", "other"):
        aws.put(name)
    aws("SetAlarmState", AlarmName="fleet/b", StateValue="ALARM", StateReason="a drill")

    def names(**request: Any) -> list[str]:
        return [alarm["AlarmName"] for alarm in aws("DescribeAlarms", **request)["MetricAlarms"]]

    assert names(AlarmNamePrefix="fleet/") == ["fleet/a", "fleet/b"]
    assert names(StateValue="ALARM") == ["fleet/b"]
    assert names(AlarmNames=["other", "missing"]) == ["other"]
    assert names(AlarmTypes=["CompositeAlarm"]) == []


def test_another_region_has_its_own(aws: Aws) -> None:
    aws.put()
    assert aws("DescribeAlarms", "us-east-1")["MetricAlarms"] == []


def test_alarms_come_in_pages(aws: Aws) -> None:
    for number in range(3):
        aws.put(f"alarm-{number}")
    first = aws("DescribeAlarms", MaxRecords=2)
    second = aws("DescribeAlarms", MaxRecords=2, NextToken=first["NextToken"])
    assert [len(page["MetricAlarms"]) for page in (first, second)] == [2, 1]


def test_a_deleted_alarm_is_gone_and_deleting_it_again_is_an_error(aws: Aws) -> None:
    aws.put()
    aws("DeleteAlarms", AlarmNames=["errors"])
    assert aws("DescribeAlarms")["MetricAlarms"] == []
    with pytest.raises(AwsError) as error:
        aws("DeleteAlarms", AlarmNames=["errors"])
    assert error.value.code == "ResourceNotFound"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"Period": 90}, "multiple of 60"),
        ({"DatapointsToAlarm": 4}, "DatapointsToAlarm must not be greater"),
        ({"EvaluationPeriods": 289}, "more than a day"),
        ({"Period": HOUR, "EvaluationPeriods": 169}, "more than a week"),
        ({"TreatMissingData": "ok"}, "TreatMissingData"),
        ({"Statistic": None}, "Exactly one of Statistic"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "only allowed with a percentile"),
        ({"Threshold": None}, "Threshold is required"),
        ({"AlarmActions": [TOPIC] * 6}, "less than or equal to 5"),
        ({"AlarmActions": ["arn:aws:sns:us-east-1:123456789012:alerts"]}, "Invalid Region"),
        ({"AlarmDescription": "x" * 1025}, "less than or equal to 1024"),
        ({"MetricName": "Invocations"}, "AWS does not document Average of Invocations"),
        ({"MetricName": "OverheadLatency", "Statistic": None, "ExtendedStatistic": "p95"}, "does not document p95"),
        ({"EvaluationWindow": {"WallClockWindow": {}}}, "does not play WallClockWindow"),
    ],
)
def test_what_aws_refuses_is_refused(aws: Aws, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(AwsError, match=says):
        aws.put(**changes)
    assert aws.world.alarms == {}


# Rates


def test_what_is_over_the_rate_is_throttled_until_time_has_passed() -> None:
    now = 0.0
    rates = Rates(clock=lambda: now)
    for _ in range(3):
        rates.check(CLOUDWATCH, REGION, "PutMetricAlarm")
    with pytest.raises(AwsError, match="Rate exceeded"):
        rates.check(CLOUDWATCH, REGION, "PutMetricAlarm")
    rates.check(CLOUDWATCH, "us-east-1", "PutMetricAlarm")
    now = 0.34
    rates.check(CLOUDWATCH, REGION, "PutMetricAlarm")


def test_an_operation_without_a_rate_is_never_throttled() -> None:
    rates = Rates(clock=lambda: 0.0)
    for _ in range(1000):
        rates.check(CLOUDWATCH, REGION, "PutMetricData")


# Over HTTP


def test_an_alarm_fires_over_http_when_the_clock_moves_on(sandbox: Sandbox) -> None:
    topic = sandbox.client("sns").create_topic(Name="alerts")["TopicArn"]
    sandbox.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="team@example.com")
    assert sandbox.confirm("team@example.com") == 1
    sandbox.client("cloudwatch").put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=DIMENSIONS,
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.05,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
    )
    sandbox.record_invocations("toxicity", 10, errors_5xx=5)
    sandbox.move_clock(2 * MINUTE)
    (message,) = sandbox.outbox()
    assert (message.to, message.subject) == (("team@example.com",), 'ALARM: "errors" in EU (Ireland)')


def test_a_restored_world_has_the_real_time_and_an_empty_outbox(sandbox: Sandbox, tmp_path: Any) -> None:
    topic = sandbox.client("sns").create_topic(Name="alerts")["TopicArn"]
    sandbox.client("sns").publish(TopicArn=topic, Message="hello")
    sandbox.snapshot(tmp_path / "world.json")
    sandbox.move_clock(DAY)
    sandbox.restore(tmp_path / "world.json")
    assert sandbox.outbox() == []
    sandbox.client("cloudwatch").put_dashboard(DashboardName="fleet", DashboardBody='{"widgets": []}')
    (entry,) = sandbox.client("cloudwatch").list_dashboards()["DashboardEntries"]
    assert abs(entry["LastModified"].timestamp() - time.time()) < HOUR


def test_a_rate_is_kept_over_http(sandbox: Sandbox) -> None:
    sandbox.settings(rates={"DescribeAlarms": 0.5})
    with pytest.raises(Exception, match="Rate exceeded"):
        sandbox.client("cloudwatch").describe_alarms()
