"""The manager's own metrics, as CloudWatch is sent them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.access import Access
from fleet.aws import session, signals
from fleet.monitoring.signals import NAMESPACE, Datum, dimensions


def test_all_are_sent_in_one_call_and_found_under_the_stacks_name(account: Any) -> None:
    cloudwatch = session.hasty_cloudwatch(Access("eu-west-1"))
    signals.put(cloudwatch, "fleet/prod", [Datum("Faults", 2), Datum("RunSeconds", 90, "Seconds")])
    assert account.operations() == ["PutMetricData"]
    assert [found(cloudwatch, metric) for metric in ("Faults", "RunSeconds")] == [[2.0], [90.0]]


def found(cloudwatch: Any, metric: str) -> Any:
    named = [{"Name": name, "Value": value} for name, value in dimensions("fleet/prod").items()]
    stat = {"Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": named}, "Period": 60, "Stat": "Sum"}
    now = datetime.now(UTC)
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "one", "MetricStat": stat}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
    )
    return answer["MetricDataResults"][0]["Values"]
