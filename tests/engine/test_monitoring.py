"""Somebody is told before the callers complain: alarms, whom they tell, SageMaker's events, the dashboard."""

import json
from datetime import date
from typing import Any

from tests.engine.conftest import Fleet, forget_everything

FLEET = "sagemaker-endpoint-manager/sandbox"
DASHBOARD = "sagemaker-endpoint-manager-sandbox-eu-west-1"
EMAIL = "oncall@example.com"
MINUTES = 60
HOURS = 3600


def alarms(fleet: Fleet) -> dict[str, Any]:
    """Those of the account, by what follows the fleet's name."""
    client = fleet.sandbox.client("cloudwatch")
    found = client.describe_alarms(AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix(f"{FLEET}/"): alarm for alarm in found}


def called(*endpoints: str) -> set[str]:
    """The names of their basic alarms."""
    return {f"{endpoint}/{kind}" for endpoint in endpoints for kind in ("server-errors", "slow", "saturated")}


def bodies(fleet: Fleet) -> dict[str, str]:
    client = fleet.sandbox.client("cloudwatch")
    names = [entry["DashboardName"] for entry in client.list_dashboards()["DashboardEntries"]]
    return {name: client.get_dashboard(DashboardName=name)["DashboardBody"] for name in names}


def told(fleet: Fleet, beginning: str = "ALARM") -> list[str]:
    """What has reached somebody, as text: what fired. Each alarm tells that it is OK once, soon after it was made."""
    messages = [f"{message.subject}\n{message.body}" for message in fleet.sandbox.outbox() if message.to]
    return [message for message in messages if message.startswith(beginning)]


def tell(fleet: Fleet) -> None:
    """From here on an e-mail address is told, and its owner has confirmed that."""
    fleet.stack.configure(alertEmails=[EMAIL])
    run = fleet.up()
    assert run.ok, run.text
    assert fleet.sandbox.confirm(EMAIL) == 1


def fail(fleet: Fleet, endpoint: str) -> None:
    """Half of its calls do, for a quarter of an hour."""
    for _ in range(3):
        fleet.sandbox.record_invocations(endpoint, count=20, errors_5xx=10)
        fleet.sandbox.move_clock(5 * MINUTES)


def test_the_first_preview_says_how_many_alarms_come_what_they_cost_and_that_nobody_is_told(empty):
    empty.sandbox.register("toxicity")
    empty.sandbox.register("spam")
    empty.declare("toxicity", "spam")

    preview = empty.preview()

    assert preview.ok, preview.text
    said = preview.text.partition("Diagnostics:")[2]  # before it the CLI tells the same as it comes
    first = "the first 6 alarms come with this run: 0.60 USD a month, and the dashboard 3.00 USD, before what is free"
    assert said.count(first) == 1
    assert "the deployer needs cloudwatch:PutMetricAlarm" in said
    assert said.count("nobody is told of alarms") == 1

    tell(empty)
    later = empty.preview()
    assert "the first" not in later.text and "nobody is told" not in later.text


def test_alarms_change_in_place_and_come_and_go_with_task_and_challenger(fleet):
    assert alarms(fleet).keys() == called("toxicity", "spam", "urgency")

    fleet.sandbox.register("toxicity")
    pin = {"version": 1, "reason": "while 2 is tried", "owner": "team-x", "until": date(2099, 12, 31)}
    fleet.change("toxicity", pin=pin, variants={"b": {"weight": 0.4}}, alarms={"latency_ms": 500}, owner="trust")
    fleet.remove("urgency")
    run = fleet.up()

    assert run.ok, run.text
    assert alarms(fleet).keys() == called("toxicity", "toxicity-b", "spam")
    slow = alarms(fleet)["toxicity/slow"]
    assert (slow["Threshold"], slow["ExtendedStatistic"], slow["TreatMissingData"]) == (500_000, "p95", "notBreaching")
    assert "Owner: trust." in slow["AlarmDescription"]
    assert "PutMetricAlarm spam" not in " ".join(fleet.watched())
    for refresh in ("--refresh", "--refresh=false"):
        again = fleet.up("--expect-no-changes", refresh)
        assert again.ok, again.text
        assert fleet.watched() == ["PutMetricData"]


def test_an_alarm_fires_tells_who_owns_the_task_and_what_to_do_and_clears(fleet):
    fleet.stack.configure(runbookUrl="https://wiki.example.com/alarms")
    fleet.change("spam", owner="trust")
    tell(fleet)
    fleet.sandbox.ending("toxicity", "update", "rollback", reason="exited")
    fleet.sandbox.register("toxicity")
    assert not fleet.up().ok
    assert any("endpoint toxicity is ROLLING_BACK" in message for message in told(fleet, ""))

    fleet.sandbox.record_invocations("spam", count=1000, errors_5xx=1)
    fleet.sandbox.move_clock(15 * MINUTES)
    assert told(fleet) == []
    fail(fleet, "spam")
    (alarm,) = told(fleet)
    assert "spam/server-errors" in alarm
    assert "Owner: trust." in alarm and "https://wiki.example.com/alarms#server-errors" in alarm
    status = fleet.stack.fleet("alarms")
    assert status.code == 2, status.text

    fleet.sandbox.move_clock(30 * MINUTES)
    assert "spam/server-errors" in told(fleet, "OK")[-1]
    assert fleet.stack.fleet("alarms").code == 0


def test_a_dead_manager_is_told(fleet):
    fleet.stack.configure(expectedRunHours=26)
    tell(fleet)
    fleet.sandbox.move_clock(20 * HOURS)
    assert fleet.up("--expect-no-changes").ok
    fleet.sandbox.move_clock(20 * HOURS)
    assert told(fleet) == []  # a run has succeeded in the last 26 hours

    fleet.sandbox.move_clock(12 * HOURS)

    (alarm,) = told(fleet)
    assert f"{FLEET}/runs" in alarm and "no run has succeeded for 26 hours" in alarm


def test_few_slow_calls_in_each_of_three_periods_fire_and_scattered_over_a_day_they_do_not(fleet):
    for _ in range(12):
        fleet.sandbox.record_invocations("spam", count=1, latency_ms=3000)
        fleet.sandbox.move_clock(2 * HOURS)
    assert alarms(fleet)["spam/slow"]["StateValue"] == "OK"

    for count in (1, 2, 1):
        fleet.sandbox.record_invocations("spam", count=count, latency_ms=3000)
        fleet.sandbox.move_clock(5 * MINUTES)
    assert alarms(fleet)["spam/slow"]["StateValue"] == "ALARM"


def test_cloudwatch_denied_leaves_endpoints_outputs_and_parameters_as_they_should_be(fleet):
    fleet.sandbox.register("spam")
    fleet.declare("toxicity", "spam", "urgency", irony={"group": "toxicity"})
    fleet.sandbox.fault("*", service="cloudwatch", action="error", code="AccessDeniedException", message="no")

    run = fleet.up("--refresh=false")

    assert not run.ok
    assert run.summary == "4 UP_TO_DATE"
    assert (fleet.serving("spam"), fleet.serving("irony")) == (2, 1)
    assert fleet.parameter("spam")["version"] == 2
    assert "irony: alarm sagemaker-endpoint-manager/sandbox/irony/server-errors was not written" in run.text
    assert "PutDashboard" in run.text
    assert "the manager's own metrics were not written: PutMetricData: AccessDeniedException" in run.text

    fleet.sandbox.clear_faults()
    again = fleet.up()
    assert again.ok, again.text
    assert called("irony") <= alarms(fleet).keys()
    assert "spam v2" in bodies(fleet)[DASHBOARD]


def test_an_alarm_that_aws_refuses_leaves_its_endpoint_alone_and_is_told(fleet):
    fleet.sandbox.register("spam")
    fleet.change("spam", alarms={"latency_ms": 500})
    refused = {"action": "error", "code": "LimitExceeded", "message": "too many alarms"}
    fleet.sandbox.fault("PutMetricAlarm", service="cloudwatch", match={"AlarmName": f"{FLEET}/spam/slow"}, **refused)

    run = fleet.up()

    assert not run.ok
    assert fleet.serving("spam") == 2
    assert fleet.status("spam").startswith("UP_TO_DATE 2") and "too many alarms" in fleet.status("spam")
    assert alarms(fleet)["spam/slow"]["Threshold"] == 2_000_000  # as before, and in the state
    fleet.sandbox.clear_faults()
    again = fleet.up()
    assert again.ok, again.text
    assert alarms(fleet)["spam/slow"]["Threshold"] == 500_000


def test_what_is_somebody_elses_is_refused_and_not_touched(empty):
    client = empty.sandbox.client("cloudwatch")
    client.put_dashboard(DashboardName=DASHBOARD, DashboardBody='{"widgets": []}')
    client.put_metric_alarm(
        AlarmName=f"{FLEET}/spam/slow",
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
    )
    empty.sandbox.register("spam")
    empty.declare("spam")

    preview, run = empty.preview(), empty.up()

    for one in (preview, run):
        assert not one.ok
        assert f"alarm {FLEET}/spam/slow exists and is not this stack's" in one.text
        assert f"dashboard {DASHBOARD} exists and is not this stack's" in one.text
    assert empty.serving("spam") == 1
    assert bodies(empty) == {DASHBOARD: '{"widgets": []}'}
    assert alarms(empty)["spam/slow"]["MetricName"] == "Invocations"
    assert alarms(empty).keys() == called("spam")


def test_after_a_lost_state_alarms_topic_rule_and_dashboard_are_taken_back(fleet):
    tell(fleet)
    before = bodies(fleet)
    fleet = forget_everything(fleet)
    fleet.stack.configure(alertEmails=[EMAIL])

    run = fleet.up()

    assert run.ok, run.text
    assert bodies(fleet).keys() == before.keys()
    assert fleet.sandbox.client("sns").list_topics()["Topics"] == [{"TopicArn": topic(fleet)}]
    assert fleet.up("--expect-no-changes").ok


def test_a_renamed_stack_keeps_its_alarms_its_topic_and_its_dashboard(fleet):
    tell(fleet)
    fleet.stack.rename("live")

    run = fleet.up()

    assert run.ok, run.text
    assert alarms(fleet).keys() == called("toxicity", "spam", "urgency")
    assert bodies(fleet).keys() == {DASHBOARD}
    assert topic(fleet).endswith(":sagemaker-endpoint-manager-sandbox-alerts")
    assert "DeleteAlarms" not in " ".join(fleet.watched())
    fail(fleet, "spam")
    assert told(fleet)  # the confirmed address is told as before


def topic(fleet: Fleet) -> str:
    (one,) = alarms(fleet)["spam/slow"]["AlarmActions"]
    return str(one)


def test_the_dashboard_shows_what_went_live_and_leaves_with_the_last_endpoint(fleet):
    fleet.sandbox.register("spam")
    assert fleet.up().ok
    (body,) = bodies(fleet).values()
    marks = json.loads(body)["widgets"]
    of_spam = next(w["properties"] for w in marks if w["properties"].get("title") == "spam: calls")
    assert [mark["label"] for mark in of_spam["annotations"]["vertical"]] == ["spam v1", "spam v2"]

    assert fleet.stack.destroy().ok
    assert bodies(fleet) == {}
    assert alarms(fleet) == {}
