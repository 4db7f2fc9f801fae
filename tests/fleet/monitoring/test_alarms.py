"""Which alarms an endpoint has, and what CloudWatch is told of each."""

import re
from datetime import timedelta
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from pulumi_aws.cloudwatch.metric_alarm import MetricAlarmArgs

from fleet.monitoring import alarms
from fleet.monitoring.alarms import (
    KINDS,
    RUNS,
    Specification,
    fleet_of,
    inputs,
    metrics_of,
    of_runs,
    specifications,
    watched,
)
from fleet.monitoring.signals import NAMESPACE, dimensions, of_run
from fleet.tasks.load import parse
from fleet.tasks.model import CHAMPION, Task

ROOT = Path(__file__).parents[3]
# Developer Guide, "Monitoring serverless endpoints", 2026-11: what serverless endpoints publish, with the statistics.
PUBLISHED = {
    "Invocations": {"Sum"},
    "Invocation4XXErrors": {"Average", "Sum"},
    "Invocation5XXErrors": {"Average", "Sum"},
    "ModelLatency": {"Average", "Sum", "Minimum", "Maximum", "SampleCount", "p95"},
    "ModelSetupTime": {"Average", "Minimum", "Maximum", "SampleCount", "p95"},
    "MemoryUtilization": {"Average", "Minimum", "Maximum"},
    "ServerlessConcurrentExecutionsUtilization": {"Average", "Minimum", "Maximum"},
    "ServerlessProvisionedConcurrencySpilloverInvocations": {"Average", "Minimum", "Maximum"},
}


def task(text: str = "tasks: {spam: {}}") -> Task:
    return parse(text, Path("tasks.yaml"))[0]


def specified(text: str = "tasks: {spam: {}}", variant: str = CHAMPION, **given: Any) -> dict[str, Specification]:
    its = task(text)
    made = specifications(watched(its, variant), its.endpoint_of(variant), fleet="fleet/prod", **given)
    return {one.kind: one for one in made}


EVERY = "alarms: {level: full, silent_hours: 24}, provisioned_concurrency: 1"
FULL = f"tasks: {{spam: {{{EVERY}, owner: trust, variants: {{b: {{weight: 0.1}}}}}}}}"


def test_a_task_that_says_nothing_has_the_basic_alarms() -> None:
    assert list(specified()) == ["server-errors", "slow", "saturated"]


def test_full_has_every_kind() -> None:
    assert list(specified(FULL)) == [kind.name for kind in KINDS]


def test_none_has_none_although_silence_is_watched() -> None:
    assert specified("tasks: {spam: {alarms: {level: none, silent_hours: 24}}}") == {}


def test_without_provisioned_concurrency_nothing_can_spill_over() -> None:
    assert "spill-over" not in specified("tasks: {spam: {alarms: {level: full}}}")


def test_a_threshold_of_defaults_stays_where_the_task_has_another() -> None:
    text = "defaults: {alarms: {error_rate: 0.5, latency_ms: 900}}\ntasks: {spam: {alarms: {latency_ms: 100}}}"
    found = specified(text)
    assert (found["server-errors"].threshold, found["slow"].threshold) == (0.5, 100_000)


def test_a_challenger_has_the_thresholds_of_its_task_and_alarms_of_its_own() -> None:
    champion, challenger = specified(FULL)["slow"], specified(FULL, "b")["slow"]
    assert challenger.threshold == champion.threshold
    assert (challenger.name, challenger.logical_name) == ("fleet/prod/spam-b/slow", "spam-b-slow")
    assert challenger.dimensions == {"EndpointName": "spam-b", "VariantName": "AllTraffic"}


def test_names_say_project_stack_endpoint_and_kind() -> None:
    found = specified()["slow"]
    assert (found.name, found.logical_name) == ("fleet/prod/spam/slow", "spam-slow")


def test_milliseconds_become_microseconds_and_a_share_of_memory_percent() -> None:
    found = specified(FULL)
    assert (found["slow"].threshold, found["memory"].threshold) == (2_000_000, 90)


def test_a_percentile_of_few_calls_is_evaluated_and_nothing_else_says_so() -> None:
    assert {kind for kind, one in specified(FULL).items() if one.low_samples == "evaluate"} == {"slow"}


def test_a_call_in_an_endpoint_that_nobody_calls_is_not_missed_unless_silence_is_watched() -> None:
    assert {kind for kind, one in specified(FULL).items() if one.missing != "notBreaching"} == {"silent"}


def test_silence_is_a_whole_day_without_a_call_and_not_before_the_day_has_passed() -> None:
    silent = specified(FULL)["silent"]
    assert (silent.datapoints, silent.periods, silent.period, silent.warm_up_minutes) == (24, 24, 3600, 1440)


def test_a_warm_up_lasts_its_whole_time_whatever_data_comes_meanwhile() -> None:
    inputs = alarms.inputs(alarms.of_runs(24, stack="fleet/prod"))
    assert inputs["warmUpConfiguration"] == {
        "warmUpPeriodDurationInMinutes": 1440,
        "onlyStartEvaluatingAfterWarmUpPeriodEnds": True,
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_only_what_serverless_endpoints_publish_is_watched(kind: alarms.Kind) -> None:
    for metric in filter(None, (kind.metric, kind.per)):
        assert metric.statistic in PUBLISHED[metric.name]


@pytest.mark.parametrize("one", [*specified(FULL).values(), of_runs(168, stack="fleet/prod")])
def test_periods_fit_what_cloudwatch_takes(one: Specification) -> None:
    longest = 86_400 if one.period < 3600 else 7 * 86_400
    assert one.period * one.periods <= longest and one.datapoints <= one.periods


def test_a_description_says_what_it_means_who_answers_what_to_look_at_and_where_it_says_what_to_do() -> None:
    assert specified(FULL, runbook="https://wiki/alarms")["server-errors"].description == (
        "spam: At least 5 % of the calls are answered with a server error (5XX). Owner: trust."
        " Look first at the endpoint's log group, then at what moved last: `fleet status`."
        " What to do: https://wiki/alarms#server-errors"
    )


def test_the_longest_names_fit() -> None:
    text = f"tasks: {{{'t' * 48}: {{owner: {'o' * 256}, {EVERY}}}}}"
    its = task(text)
    fleet = "p" * 100 + "/" + "s" * 80
    made = specifications(watched(its, CHAMPION), its.endpoint, fleet=fleet, runbook="https://" + "r" * 292)
    assert max(len(one.name) for one in made) <= alarms.LONGEST_NAME
    assert max(len(one.description) for one in made) <= alarms.LONGEST_DESCRIPTION


def test_who_is_told_hears_when_it_fires_and_when_it_clears() -> None:
    said = inputs(specified()["slow"], ["arn:topic"])
    assert said["alarmActions"] == said["okActions"] == ["arn:topic"]


def test_without_anybody_to_tell_an_alarm_has_no_actions() -> None:
    assert not {"alarmActions", "okActions"} & inputs(specified()["slow"]).keys()


def test_a_percentile_is_an_extended_statistic() -> None:
    said = inputs(specified()["slow"])
    assert (said["extendedStatistic"], said["evaluateLowSampleCountPercentiles"]) == ("p95", "evaluate")
    assert "statistic" not in said


def test_a_share_of_two_metrics_is_one_expression_and_returns_nothing_else() -> None:
    share, *parts = inputs(specified(FULL)["cold-starts"])["metricQueries"]
    assert (share["expression"], share["returnData"]) == ("part / whole", True)
    assert [(each["id"], each["metric"]["stat"]) for each in parts] == [("part", "SampleCount"), ("whole", "Sum")]


@pytest.mark.parametrize("one", specified(FULL).values(), ids=lambda one: one.kind)
def test_the_provider_has_an_input_for_everything_that_is_said(one: Specification) -> None:
    said = inputs(one, ["arn:topic"])
    known = {re.sub("_(.)", lambda found: found[1].upper(), name) for name in signature(MetricAlarmArgs).parameters}
    assert said.keys() <= known


def test_a_manager_that_is_dead_is_told_of() -> None:
    found = of_runs(26, stack="fleet/prod")
    assert (found.name, found.missing, found.periods) == ("fleet/prod/runs", "breaching", 26)


def test_the_alarm_of_the_runs_watches_what_the_manager_sends() -> None:
    watched = of_runs(26, stack="fleet/prod")
    sent = of_run([], held=0, faults=0, took=timedelta())
    assert watched.metric.name in {datum.metric for datum in sent} and watched.metric.namespace == NAMESPACE
    assert watched.dimensions == dimensions("fleet/prod")


def test_a_share_of_two_metrics_costs_two() -> None:
    assert metrics_of(specified()) == 3
    assert metrics_of(["cold-starts"]) == 2


def test_the_docs_have_a_row_for_every_alarm_and_for_no_other() -> None:
    text = (ROOT / "docs" / "alarms.md").read_text(encoding="utf-8")
    rows = re.findall(r'^\| <a id="([a-z-]+)"></a>`\1` \|', text, re.MULTILINE)
    assert rows == [*(kind.name for kind in KINDS), RUNS]


@pytest.mark.parametrize(("name", "fleet"), [("fleet/prod/spam/slow", "fleet/prod"), ("fleet/prod/runs", "fleet/prod")])
def test_the_beginning_of_a_name_is_what_the_stack_was_called(name: str, fleet: str) -> None:
    assert fleet_of(name) == fleet


def test_an_arn_is_in_the_partition_region_and_account_of_the_endpoint() -> None:
    endpoint = "arn:aws-cn:sagemaker:cn-north-1:123456789012:endpoint/spam"
    assert alarms.arn("f/p/spam/slow", endpoint) == "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:f/p/spam/slow"


def test_the_alarm_of_a_renamed_stack_keeps_its_name_and_watches_what_the_stack_says_now() -> None:
    one = of_runs(26, stack="fleet/live", fleet="fleet/prod")
    assert (one.name, one.dimensions) == ("fleet/prod/runs", {"Stack": "fleet/live"})
