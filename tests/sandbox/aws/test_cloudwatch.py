"""CloudWatch of the sandbox: what calls leave behind, and what GetMetricData makes of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.cloudwatch.metrics import Metrics, Watched
from sandbox.aws.cloudwatch.operations import SERVICE
from sandbox.aws.world import AwsError, World
from sandbox.lab.handle import Sandbox

MINUTE, HOUR, DAY = 60, 3600, 86400
NOW = 1_800_000_000.0  # a whole hour


def query(metric: str = "ModelLatency", stat: str = "Sum", period: int = HOUR, **more: Any) -> dict[str, Any]:
    dimensions = [{"Name": "EndpointName", "Value": "toxicity"}, {"Name": "VariantName", "Value": "AllTraffic"}]
    named = {"Namespace": "AWS/SageMaker", "MetricName": metric, "Dimensions": dimensions}
    return {"Id": "q", "MetricStat": {"Metric": named, "Period": period, "Stat": stat}, **more}


class Aws:
    """GetMetricData at a time that stands still."""

    def __init__(self) -> None:
        self.metrics = Metrics(clock=lambda: NOW)
        self.world = World(clock=lambda: NOW)

    def measure(self, *values: float, ago: float = 0) -> None:
        for value in values:
            self.metrics.add("eu-west-1", "toxicity", "AllTraffic", {"ModelLatency": value}, NOW - ago)

    def ask(self, *queries: dict[str, Any], back: float = HOUR, end: float = NOW + MINUTE, **more: Any) -> Any:
        request = {"MetricDataQueries": list(queries), "StartTime": NOW - back, "EndTime": end, **more}
        return self.do("GetMetricData", **request)

    def do(self, operation: str, **request: Any) -> Any:
        return SERVICE.answer(Watched(self.metrics, self.world), "eu-west-1", operation, request)

    def points(self, *queries: dict[str, Any], **request: Any) -> list[tuple[float, float]]:
        (result,) = self.ask(*queries, **request)["MetricDataResults"]
        return list(zip(result["Timestamps"], result["Values"], strict=True))


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.mark.parametrize(
    ("stat", "value"),
    [
        ("Sum", 5050),
        ("Average", 50.5),
        ("SampleCount", 100),
        ("Minimum", 1),
        ("Maximum", 100),
        ("p50", 50),
        ("p55", 55),
        ("p99", 99),
        ("p99.5", 100),
        ("p100", 100),
    ],
)
def test_statistics_are_of_all_samples_of_a_period(aws: Aws, stat: str, value: float) -> None:
    aws.measure(*range(100, 0, -1))
    assert aws.points(query(stat=stat, period=2 * HOUR)) == [(NOW - HOUR, value)]


def test_periods_are_counted_from_the_start(aws: Aws) -> None:
    aws.measure(1, ago=50 * MINUTE)
    aws.measure(2, ago=30 * MINUTE)
    aws.measure(4, ago=25 * MINUTE)
    assert aws.points(query(period=20 * MINUTE), back=55 * MINUTE, ScanBy="TimestampAscending") == [
        (NOW - 55 * MINUTE, 1),
        (NOW - 35 * MINUTE, 6),
    ]


@pytest.mark.parametrize(("days", "kept"), [(1, MINUTE), (20, 5 * MINUTE), (100, HOUR)])
def test_a_start_is_rounded_down_to_what_is_kept_that_long(aws: Aws, days: int, kept: int) -> None:
    aws.measure(1)
    assert aws.points(query(period=200 * DAY), back=days * DAY - 7) == [(NOW - days * DAY, 1)]
    assert aws.points(query(period=200 * DAY + kept), back=days * DAY - 7) == [(NOW - days * DAY, 1)]


@pytest.mark.parametrize(("days", "period"), [(20, MINUTE), (100, 5 * MINUTE)])
def test_a_period_finer_than_what_is_kept_gives_nothing(aws: Aws, days: int, period: int) -> None:
    aws.measure(1)
    assert aws.points(query(period=period), back=days * DAY) == []


def test_what_is_before_the_start_or_after_the_end_is_left_out(aws: Aws) -> None:
    aws.measure(1, ago=61 * MINUTE)
    aws.measure(2)
    assert aws.points(query(), end=NOW) == []


def test_an_answer_comes_in_pages(aws: Aws) -> None:
    for minutes in range(5):
        aws.measure(minutes, ago=minutes * MINUTE)
    pages = [aws.ask(query(period=MINUTE), MaxDatapoints=2)]
    while token := pages[-1].get("NextToken"):
        pages.append(aws.ask(query(period=MINUTE), MaxDatapoints=2, NextToken=token))
    results = [page["MetricDataResults"][0] for page in pages]
    assert [result["Values"] for result in results] == [[0, 1], [2, 3], [4]]
    assert [result["StatusCode"] for result in results] == ["PartialData", "PartialData", "Complete"]


@pytest.mark.parametrize(
    "change", [{"Unit": "Seconds"}, {"Metric": {**query()["MetricStat"]["Metric"], "Dimensions": []}}]
)
def test_a_metric_of_another_unit_or_without_its_dimensions_is_empty(aws: Aws, change: dict[str, Any]) -> None:
    aws.measure(1)
    asked = query()
    asked["MetricStat"] |= change
    assert aws.points(asked) == []


@pytest.mark.parametrize(
    ("queries", "request_", "code"),
    [
        ([query(), query()], {}, "ValidationError"),
        ([query()], {"back": -2 * HOUR}, "ValidationError"),
        ([query(Id="Q")], {}, "ValidationError"),
        ([query(period=90)], {}, "ValidationError"),
        ([query(Id=f"q{n}") for n in range(501)], {}, "ValidationError"),
        ([query()], {"NextToken": "abc="}, "InvalidNextToken"),
        ([query()], {"Nonsense": 1}, "ValidationException"),
        ([query(stat="tm90")], {}, "UnsupportedOperation"),
        ([{"Id": "q", "Expression": "a + b"}], {}, "UnsupportedOperation"),
    ],
)
def test_a_bad_request_is_refused(aws: Aws, queries: list[Any], request_: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError) as error:
        aws.ask(*queries, **request_)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("metric", "stat"),
    [
        ("OverheadLatency", "p95"),
        ("Invocations", "Average"),
        ("Invocation5XXErrors", "SampleCount"),
        ("ModelSetupTime", "Sum"),
        ("ServerlessProvisionedConcurrencySpilloverInvocations", "Sum"),
    ],
)
def test_a_statistic_that_aws_does_not_document_for_a_metric_is_refused(aws: Aws, metric: str, stat: str) -> None:
    with pytest.raises(AwsError, match=f"AWS does not document {stat} of {metric} for serverless endpoints"):
        aws.ask(query(metric, stat))


def test_a_metric_that_serverless_endpoints_do_not_publish_is_empty(aws: Aws) -> None:
    assert aws.points(query("InvocationModelErrors", "p95")) == []


# What is put


def put(aws: Aws, *data: dict[str, Any], namespace: str = "Fleet") -> None:
    aws.do("PutMetricData", Namespace=namespace, MetricData=list(data))


def own(name: str = "Faults", stat: str = "Sum", **more: Any) -> dict[str, Any]:
    metric = {"Namespace": "Fleet", "MetricName": name, "Dimensions": [{"Name": "Stack", "Value": "prod"}]}
    return {"Id": "q", "MetricStat": {"Metric": metric, "Period": 2 * HOUR, "Stat": stat, **more}}


def datum(**changes: Any) -> dict[str, Any]:
    value = {} if "Values" in changes else {"Value": 2.0}
    return {"MetricName": "Faults", "Dimensions": [{"Name": "Stack", "Value": "prod"}], **value, **changes}


def test_what_is_put_is_seen_by_its_dimensions_and_unit(aws: Aws) -> None:
    put(aws, datum(), datum(Values=[1.0, 5.0], Counts=[2.0, 1.0], Unit="Seconds"), datum(Dimensions=[]))
    assert aws.points(own()) == [(NOW - HOUR, 9)]
    assert aws.points(own(Unit="Seconds")) == [(NOW - HOUR, 7)]


def test_what_is_put_has_the_time_that_it_says(aws: Aws) -> None:
    put(aws, datum(Timestamp=NOW - 3 * HOUR))
    assert aws.points(own()) == []


@pytest.mark.parametrize(
    ("data", "namespace", "code"),
    [
        ([datum()], "AWS/SageMaker", "InvalidParameterValue"),
        ([], "Fleet", "MissingParameter"),
        ([datum()] * 1001, "Fleet", "InvalidParameterValue"),
        ([datum(Values=[1.0] * 151)], "Fleet", "InvalidParameterValue"),
        ([datum(Values=[1.0], Value=1.0)], "Fleet", "InvalidParameterCombination"),
        ([datum(Value=float("nan"))], "Fleet", "InvalidParameterValue"),
        ([datum(Timestamp=NOW - 15 * DAY)], "Fleet", "InvalidParameterValue"),
        ([datum(Timestamp=NOW + 3 * HOUR)], "Fleet", "InvalidParameterValue"),
        ([datum(Unit="Calls")], "Fleet", "ValidationException"),
    ],
)
def test_what_cannot_be_put_is_refused(aws: Aws, data: list[Any], namespace: str, code: str) -> None:
    with pytest.raises(AwsError) as error:
        put(aws, *data, namespace=namespace)
    assert error.value.code == code


# Over HTTP


def deploy(sandbox: Sandbox) -> None:
    version = sandbox.register("toxicity")
    client = sandbox.client("sagemaker")
    package = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/{version}"
    role = "arn:aws:iam::123456789012:role/execution"
    client.create_model(ModelName="m", PrimaryContainer={"ModelPackageName": package}, ExecutionRoleArn=role)
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "ServerlessConfig": serverless}
    client.create_endpoint_config(EndpointConfigName="m", ProductionVariants=[variant])
    client.create_endpoint(EndpointName="toxicity", EndpointConfigName="m")


def asked(sandbox: Sandbox, metric: str, stat: str = "Sum") -> list[float]:
    now = datetime.now(UTC)
    times = {"StartTime": now.timestamp() - HOUR, "EndTime": now.timestamp() + MINUTE}
    answer = sandbox.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query(metric, stat, period=2 * HOUR)], **times
    )
    values: list[float] = answer["MetricDataResults"][0]["Values"]
    return values


def test_a_call_is_counted_with_its_latency_and_as_no_error(sandbox: Sandbox) -> None:
    deploy(sandbox)
    sandbox.invoke("toxicity", {"text": "hello"})
    assert [asked(sandbox, name) for name in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")] == [
        [1],
        [0],
        [0],
    ]
    assert 100 < asked(sandbox, "ModelLatency", "p50")[0] < 60_000_000  # the first one loads the model
    assert asked(sandbox, "OverheadLatency", "Maximum")[0] < 5_000_000
    assert asked(sandbox, "ModelSetupTime", "SampleCount") == []


def test_a_call_that_the_model_refuses_is_counted_and_an_error(sandbox: Sandbox) -> None:
    deploy(sandbox)
    with pytest.raises(ClientError, match="ModelError"):
        sandbox.invoke("toxicity", {"nonsense": 1})
    assert asked(sandbox, "Invocations") == asked(sandbox, "Invocation4XXErrors") == [1]


def test_a_cold_start_has_its_time_and_is_no_call(sandbox: Sandbox) -> None:
    sandbox.settings(cold_start_seconds=30)
    deploy(sandbox)
    with pytest.raises(ClientError, match="ModelNotReady"):
        sandbox.invoke("toxicity", {"text": "hello"})
    assert asked(sandbox, "ModelSetupTime", "p95") == [30_000_000]
    assert asked(sandbox, "Invocations") == []


def test_calls_can_be_made_up(sandbox: Sandbox) -> None:
    sandbox.record_invocations("toxicity", 10, errors_4xx=2, errors_5xx=1, latency_ms=[1, 9], cold_starts=3, setup_ms=8)
    metrics = ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency")
    assert [asked(sandbox, metric) for metric in metrics] == [[10], [2], [1], [50_000]]
    assert [asked(sandbox, "ModelSetupTime", stat) for stat in ("SampleCount", "Average")] == [[3], [8000]]


def test_a_restored_world_has_no_metrics(sandbox: Sandbox, tmp_path: Any) -> None:
    sandbox.record_invocations("toxicity", 10)
    sandbox.snapshot(tmp_path / "world.json")
    sandbox.restore(tmp_path / "world.json")
    assert asked(sandbox, "Invocations") == []


def test_the_rest_of_cloudwatch_is_motos(sandbox: Sandbox) -> None:
    assert sandbox.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
