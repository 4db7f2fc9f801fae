"""CloudWatch: metric alarms and dashboards."""

from dataclasses import replace

from sandbox.plugin.catalogue.row import Call, Field, ResourceType, Tagging, forcing_new, same_json

METRIC = (
    Field("metricName"),
    Field("namespace"),
    Field("dimensions", is_pairs=True),
)

QUERIED = (Field("period"), Field("stat"), Field("unit"))

METRIC_ALARM = ResourceType(
    token="aws:cloudwatch/metricAlarm:MetricAlarm",
    title="CloudWatch Metric Alarm",
    service="cloudwatch",
    fields=(
        Field("name", "AlarmName", replaces=True),
        *METRIC,
        Field("actionsEnabled", default=True),
        Field("alarmActions"),
        Field("alarmDescription"),
        Field("comparisonOperator"),
        Field("datapointsToAlarm"),
        Field("evaluateLowSampleCountPercentiles", "EvaluateLowSampleCountPercentile", computed=True),
        Field("evaluationPeriods"),
        Field("extendedStatistic"),
        Field("insufficientDataActions"),
        Field("okActions", "OKActions"),
        Field("period"),
        Field("statistic"),
        Field("threshold"),
        Field("treatMissingData", default="missing"),
        Field("unit"),
        Field(
            "metricQueries",
            "Metrics",
            fields=(
                Field("id"),
                Field("expression"),
                Field("label"),
                Field("returnData", default=False),
                Field(
                    "metric",
                    "MetricStat",
                    # On the wire it is one structure; AWS has what says which metric in a structure of its own
                    within="Metric",
                    fields=(*(replace(field, is_within=True) for field in METRIC), *QUERIED),
                ),
            ),
        ),
        Field(
            "warmUpConfiguration",
            fields=(
                Field("warmUpPeriodDurationInMinutes"),
                Field("onlyStartEvaluatingAfterWarmUpPeriodEnds", default=False),
            ),
        ),
    ),
    create="put_metric_alarm",
    read=Call(
        "describe_alarms",
        lambda key: {"AlarmNames": [key["name"]], "AlarmTypes": ["MetricAlarm"]},
        found="MetricAlarms[0]",
    ),
    update=Call("put_metric_alarm", lambda key: {"AlarmName": key["name"]}),
    delete=Call("delete_alarms", lambda key: {"AlarmNames": [key["name"]]}),
    missing="ResourceNotFound",
    arn="AlarmArn",
    tagging=Tagging(
        create="Tags",
        list="list_tags_for_resource",
        listed="Tags",
        add="tag_resource",
        remove="untag_resource",
        keys="TagKeys",
        target=lambda _, arn: {"ResourceARN": arn},
    ),
)

DASHBOARD = ResourceType(
    token="aws:cloudwatch/dashboard:Dashboard",
    title="CloudWatch Dashboard",
    service="cloudwatch",
    fields=(*forcing_new(Field("dashboardName")), Field("dashboardBody", same=same_json)),
    key=("dashboardName",),
    id=lambda key: str(key["dashboardName"]),
    imported=lambda id_: {"dashboardName": id_},
    create="put_dashboard",
    read=Call("get_dashboard", lambda key: {"DashboardName": key["dashboardName"]}),
    update=Call("put_dashboard", lambda key: {"DashboardName": key["dashboardName"]}),
    delete=Call("delete_dashboards", lambda key: {"DashboardNames": [key["dashboardName"]]}),
    missing="ResourceNotFound",
    arn="DashboardArn",
    arn_wire="dashboardArn",
)

TYPES = (METRIC_ALARM, DASHBOARD)
