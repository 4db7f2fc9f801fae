"""Dashboards of the sandbox: what CloudWatch keeps, and the words with which it refuses the rest."""

import json
from typing import Any

import pytest

from sandbox.aws.cloudwatch.metrics import Metrics, Watched
from sandbox.aws.cloudwatch.operations import SERVICE
from sandbox.aws.world import REGION, AwsError, World

CALLS = ["AWS/SageMaker", "Invocations", "EndpointName", "toxicity", {"stat": "Sum"}]


class Aws:
    def __init__(self) -> None:
        self.world = World()

    def __call__(self, operation: str, region: str = REGION, /, **request: Any) -> dict[str, Any]:
        return SERVICE.answer(Watched(Metrics(), self.world), region, operation, request)

    def put(self, *widgets: Any, name: str = "fleet") -> dict[str, Any]:
        return self("PutDashboard", DashboardName=name, DashboardBody=json.dumps({"widgets": widgets}))

    def refused(self, *widgets: Any) -> list[dict[str, str]]:
        """The rows of the message."""
        with pytest.raises(AwsError) as caught:
            self.put(*widgets)
        assert caught.value.code == "InvalidParameterInput"
        head, _, rows = caught.value.message.partition("\n")
        assert head.startswith("The dashboard body is invalid, there ")
        found: list[dict[str, str]] = json.loads(rows)
        return found


@pytest.fixture
def aws() -> Aws:
    return Aws()


def widget(*metrics: Any, **changes: Any) -> dict[str, Any]:
    properties = {"metrics": list(metrics), "region": REGION, **changes.pop("properties", {})}
    return {"type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": properties, **changes}


def watching(*alarms: str, **changes: Any) -> dict[str, Any]:
    return {"type": "alarm", "properties": {"alarms": list(alarms), **changes}}


def test_a_dashboard_is_kept_as_it_came_in_every_region(aws: Aws) -> None:
    assert aws.put(widget(CALLS)) == {"DashboardValidationMessages": []}
    shown = aws("GetDashboard", "us-east-1", DashboardName="fleet")
    assert shown["DashboardArn"] == "arn:aws:cloudwatch::123456789012:dashboard/fleet"
    assert json.loads(shown["DashboardBody"]) == {"widgets": [widget(CALLS)]}


def test_dashboards_are_listed_by_prefix(aws: Aws) -> None:
    for name in ("fleet", "fleet-2", "other"):
        aws.put(widget(CALLS), name=name)
    entries = aws("ListDashboards", DashboardNamePrefix="fleet")["DashboardEntries"]
    assert [entry["DashboardName"] for entry in entries] == ["fleet", "fleet-2"]
    assert entries[0]["Size"] == len(json.dumps({"widgets": [widget(CALLS)]}))


def test_of_several_dashboards_none_is_deleted_where_one_is_missing(aws: Aws) -> None:
    aws.put(widget(CALLS))
    with pytest.raises(AwsError) as error:
        aws("DeleteDashboards", DashboardNames=["fleet", "other"])
    assert (error.value.code, len(aws.world.dashboards)) == ("ResourceNotFound", 1)
    aws("DeleteDashboards", DashboardNames=["fleet"])
    assert aws.world.dashboards == {}


@pytest.mark.parametrize(
    ("wrong", "path", "says"),
    [
        (widget(CALLS[:3]), "/properties/metrics/0", "Should NOT have more than 2 items"),
        (widget([*CALLS[:2], {"a": "b"}, "x"]), "/properties/metrics/0/2", "only 'String' type is allowed"),
        (widget([{"label": "x"}]), "/properties/metrics/0", "required property 'expression'"),
        (widget(CALLS, width=25), "/width", "Should be <= 24"),
        (widget(CALLS, height=0), "/height", "Should be >= 1"),
        (widget(CALLS, x=1.5), "/x", "Should be integer"),
        (widget(CALLS, type="graph"), "/type", "allowed values"),
        (widget(CALLS, properties={"view": "lines"}), "/properties/view", "allowed values"),
        ({"type": "text", "properties": {}}, "/properties", "required property 'markdown'"),
        ({"type": "alarm", "properties": {}}, "/properties", "required property 'alarms'"),
        (watching(), "/properties/alarms", "fewer than 1 items"),
        (watching(*["arn"] * 101), "/properties/alarms", "Should NOT have more than 100 items"),
        (watching("arn", states=["ALARM", "RED"]), "/properties/states/1", "allowed values"),
        (watching("arn", sortBy="name"), "/properties/sortBy", "allowed values"),
        (widget(*[CALLS] * 501), "/properties/metrics", "Should NOT have more than 500 items"),
        (
            widget(CALLS, properties={"view": "gauge", "annotations": {"vertical": [{"value": "2026-11-28"}]}}),
            "/properties/annotations/vertical",
            "time series",
        ),
    ],
)
def test_a_mistake_is_named_by_its_place(aws: Aws, wrong: Any, path: str, says: str) -> None:
    (row,) = aws.refused(widget(CALLS), wrong)
    assert row["dataPath"] == f"/widgets/1{path}"
    assert says in row["message"]


def test_there_are_500_widgets_at_most(aws: Aws) -> None:
    aws.put(*[widget(CALLS)] * 500)
    assert aws.refused(*[widget(CALLS)] * 501)[0]["message"] == "Should NOT have more than 500 items"


def test_there_are_2500_metrics_at_most(aws: Aws) -> None:
    aws.put(*[widget(*[CALLS] * 500)] * 5)
    assert "2500 metrics at most" in aws.refused(*[widget(*[CALLS] * 500)] * 5, widget(CALLS))[0]["message"]


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"widgets": 1}'])
def test_what_is_no_dashboard_is_refused(aws: Aws, body: str) -> None:
    with pytest.raises(AwsError) as error:
        aws("PutDashboard", DashboardName="fleet", DashboardBody=body)
    assert error.value.code == "InvalidParameterInput"


def test_a_name_has_no_slash(aws: Aws) -> None:
    with pytest.raises(AwsError, match="DashboardName is invalid"):
        aws.put(widget(CALLS), name="fleet/prod")
