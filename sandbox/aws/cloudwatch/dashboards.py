"""Dashboards of CloudWatch: kept as they come, and refused with CloudWatch's own messages. They belong to no region."""

import json
import re
from collections.abc import Iterator
from typing import Any

from sandbox.aws.cloudwatch.metrics import Watched
from sandbox.aws.paging import Pages
from sandbox.aws.world import ACCOUNT, Answer, AwsError, Dashboard, Params

PAGES = Pages(1000, "Invalid NextToken.", "InvalidParameterValue")
NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
MOST_WIDGETS, MOST_METRICS, MOST_METRICS_WRITTEN = 500, 2500, 500  # of a dashboard, of it and of a widget
MOST_ALARMS = 100  # of a widget
COLUMNS, ROWS = 24, 1000
WIDGETS = ("metric", "text", "log", "alarm", "explorer", "chart", "custom")
NEEDED = {"text": ("markdown",), "alarm": ("alarms",), "log": ("query", "region"), "custom": ("endpoint",)}
Found = Iterator[tuple[str, str]]  # where, and what


def put(watched: Watched, region: str, request: Params) -> Answer:
    world, name = watched.world, request["DashboardName"]
    if not NAME.fullmatch(name):
        raise AwsError(f"The value {name} for parameter DashboardName is invalid.", code="InvalidParameterValue")
    if "Tags" in request:
        raise AwsError("the sandbox does not play tags of dashboards", code="UnsupportedOperation")
    try:
        body = json.loads(request["DashboardBody"])
    except ValueError:
        raise _invalid([("/", "The field DashboardBody must be a valid JSON object")]) from None
    if found := list(_mistakes(body)):
        raise _invalid(found)
    arn = _arn(name)
    world.dashboards[arn] = Dashboard(name, arn, request["DashboardBody"], world.clock())
    return {"DashboardValidationMessages": []}


def _invalid(found: list[tuple[str, str]]) -> AwsError:
    rows = json.dumps([{"dataPath": path, "message": message} for path, message in found], indent=2)
    several = f"are {len(found)} validation errors" if len(found) > 1 else "is 1 validation error"
    return AwsError(f"The dashboard body is invalid, there {several}:\n{rows}", code="InvalidParameterInput")


def _mistakes(body: Any) -> Found:
    if not isinstance(body, dict):
        yield "/", "Should be object"
        return
    widgets = body.get("widgets")
    if not isinstance(widgets, list):
        yield "/", "Should have required property 'widgets'" if widgets is None else "Should be array"
        return
    if len(widgets) > MOST_WIDGETS:
        yield "/widgets", f"Should NOT have more than {MOST_WIDGETS} items"
    for number, widget in enumerate(widgets):
        yield from _of_widget(f"/widgets/{number}", widget)
    written = sum(len(_metrics(widget)) for widget in widgets if isinstance(widget, dict))
    if written > MOST_METRICS:
        yield "/widgets", f"A dashboard can have {MOST_METRICS} metrics at most; this one has {written}"


def _of_widget(path: str, widget: Any) -> Found:
    if not isinstance(widget, dict) or widget.get("type") not in WIDGETS:
        yield f"{path}/type", "Should be equal to one of the allowed values"
        return
    for member, least, most in (("x", 0, COLUMNS - 1), ("y", 0, None), ("width", 1, COLUMNS), ("height", 1, ROWS)):
        yield from _number(f"{path}/{member}", widget.get(member, least), least, most)
    properties = widget.get("properties")
    if not isinstance(properties, dict):
        yield path, "Should have required property 'properties'"
        return
    for member in NEEDED.get(widget["type"], ()):
        if member not in properties:
            yield f"{path}/properties", f"Should have required property '{member}'"
    if widget["type"] == "alarm":
        yield from _of_alarm_widget(f"{path}/properties", properties)
    if widget["type"] == "metric":
        yield from _of_metric_widget(f"{path}/properties", properties)


def _of_alarm_widget(path: str, properties: Params) -> Found:
    alarms = properties.get("alarms", [""])
    if not alarms:
        yield f"{path}/alarms", "Should NOT have fewer than 1 items"
    if len(alarms) > MOST_ALARMS:
        yield f"{path}/alarms", f"Should NOT have more than {MOST_ALARMS} items"
    if properties.get("sortBy", "default") not in ("default", "stateUpdatedTimestamp", "timestamp"):
        yield f"{path}/sortBy", "Should be equal to one of the allowed values"
    for number, state in enumerate(properties.get("states", [])):
        if state not in ("ALARM", "INSUFFICIENT_DATA", "OK"):
            yield f"{path}/states/{number}", "Should be equal to one of the allowed values"


def _number(path: str, value: Any, least: int, most: int | None) -> Found:
    if isinstance(value, bool) or not isinstance(value, int):
        yield path, "Should be integer"
    elif value < least:
        yield path, f"Should be >= {least}"
    elif most is not None and value > most:
        yield path, f"Should be <= {most}"


def _of_metric_widget(path: str, properties: Params) -> Found:
    if "metrics" not in properties and "annotations" not in properties:
        yield path, "Should have required property 'metrics'"
        return
    if properties.get("view", "timeSeries") not in ("timeSeries", "singleValue", "gauge", "bar", "pie", "table"):
        yield f"{path}/view", "Should be equal to one of the allowed values"
    if "metrics" in properties and "region" not in properties:
        yield path, "Should have required property 'region'"
    metrics = properties.get("metrics", [])
    if len(metrics) > MOST_METRICS_WRITTEN:
        yield f"{path}/metrics", f"Should NOT have more than {MOST_METRICS_WRITTEN} items"
    for number, metric in enumerate(metrics):
        yield from _of_metric(f"{path}/metrics/{number}", metric)
    vertical = properties.get("annotations", {}).get("vertical", [])
    if vertical and properties.get("view", "timeSeries") != "timeSeries":
        yield f"{path}/annotations/vertical", "Vertical annotations are only allowed in time series view"


def _of_metric(path: str, metric: Any) -> Found:
    """A metric is its namespace, its name, then names and values of dimensions in turn, and at last its options."""
    if not isinstance(metric, list) or not metric:
        yield path, "Should be array"
        return
    parts, options = (metric[:-1], metric[-1]) if isinstance(metric[-1], dict) else (metric, {})
    if not parts:
        if "expression" not in options:
            yield path, "Should have required property 'expression'"
        return
    for number, part in enumerate(parts):
        if not isinstance(part, str):
            yield f"{path}/{number}", "Invalid metric field type, only 'String' type is allowed"
    if len(parts) % 2:
        yield path, f"Should NOT have more than {len(parts) - 1} items"


def _metrics(widget: Params) -> list[Any]:
    properties = widget.get("properties")
    metrics = properties.get("metrics", []) if isinstance(properties, dict) else []
    return metrics if isinstance(metrics, list) else []


def get(watched: Watched, region: str, request: Params) -> Answer:
    dashboard = _found(watched, request["DashboardName"])
    return {"DashboardArn": dashboard.arn, "DashboardName": dashboard.name, "DashboardBody": dashboard.body}


def list_(watched: Watched, region: str, request: Params) -> Answer:
    prefix = request.get("DashboardNamePrefix", "")
    rows = sorted(
        (one for one in watched.world.dashboards.values() if one.name.startswith(prefix)), key=lambda o: o.name
    )
    page = PAGES.cut(request, rows, watched.world.settings.page_size, key=lambda one: one.name)
    entries = [
        {
            "DashboardName": one.name,
            "DashboardArn": one.arn,
            "LastModified": one.modified,
            "Size": len(one.body.encode()),
        }
        for one in page.rows
    ]
    return {"DashboardEntries": entries, **page.more}


def delete(watched: Watched, region: str, request: Params) -> Answer:
    arns = [_found(watched, name).arn for name in request["DashboardNames"]]  # all, before one is deleted
    for arn in arns:
        del watched.world.dashboards[arn]
    return {}


def _found(watched: Watched, name: str) -> Dashboard:
    if _arn(name) not in watched.world.dashboards:
        raise AwsError(f"Dashboard {name} does not exist", "ResourceNotFound", 404)
    return watched.world.dashboards[_arn(name)]


def _arn(name: str) -> str:
    return f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}"


OPERATIONS = {"PutDashboard": put, "GetDashboard": get, "ListDashboards": list_, "DeleteDashboards": delete}
