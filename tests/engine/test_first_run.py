"""The whole fleet of tasks.yaml, from nothing; and what every later release must find again."""

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import yaml

from sandbox.lab.folder import ROOT, groups
from tests.engine.keep import RELEASES, bring_back

# They stand in the state of every stack: a change of one deletes and makes again what it names. It needs aliases.
URNS_OF_A_TASK = {
    "fleet:Task::toxicity",
    "fleet:Task$pulumi-python:dynamic/rollout:Rollout::toxicity",
    "fleet:Task$aws:sagemaker/model:Model::toxicity-v1-c891de",
    "fleet:Task$aws:sagemaker/endpointConfiguration:EndpointConfiguration::toxicity-v1-c891de",
    "fleet:Task$aws:sagemaker/endpoint:Endpoint::toxicity",
    "fleet:Task$aws:ssm/parameter:Parameter::toxicity",
    "fleet:Task$aws:cloudwatch/metricAlarm:MetricAlarm::toxicity-server-errors",
    "fleet:Task$aws:cloudwatch/metricAlarm:MetricAlarm::toxicity-slow",
    "fleet:Task$aws:cloudwatch/metricAlarm:MetricAlarm::toxicity-saturated",
}


@dataclass(frozen=True)
class News:
    """What the next run changes of a fleet that a release left."""

    calls: Mapping[str, int]  # that change AWS, but for those of monitoring
    declared: frozenset[str]  # types that it had none of
    gone: frozenset[str]


WATCHED = frozenset(
    {
        "fleet:Task$aws:cloudwatch/metricAlarm:MetricAlarm",
        "fleet:Monitoring",
        "fleet:Monitoring$aws:cloudwatch/dashboard:Dashboard",
    }
)
PARAMETERS = frozenset({"fleet:Task$aws:ssm/parameter:Parameter"})
REFERENCE = frozenset({"pulumi:pulumi:StackReference"})  # of the stack to itself
NEWS = {
    "0.1.0": News({"PutParameter": 5}, WATCHED | PARAMETERS, REFERENCE),
    "0.2.0": News({"PutParameter": 5}, WATCHED | PARAMETERS, REFERENCE),
    "0.3.0": News({"PutScalingPolicy": 1}, WATCHED, REFERENCE),  # the policy had no cooldowns
}

MOST_LINES = 40  # of a run without news, whatever the number of tasks


def test_the_first_run_deploys_22_tasks_and_the_second_changes_nothing(empty):
    tasks = groups(ROOT / "tasks.yaml")
    empty.sandbox.seed({group: [{}] for group in tasks})
    shutil.copyfile(ROOT / "tasks.yaml", empty.stack.task_list)

    run = empty.up()
    assert run.ok, run.text
    assert run.summary == "22 UP_TO_DATE"
    assert Counter(call.split()[0] for call in empty.made()) == dict.fromkeys(
        ("CreateModel", "CreateEndpointConfig", "CreateEndpoint"), 22
    )
    outputs = empty.stack.outputs()
    assert list(outputs) == sorted(yaml.safe_load((ROOT / "tasks.yaml").read_text())["tasks"])
    assert {output["status"] for output in outputs.values()} == {"UP_TO_DATE"}
    # All other tests read the state's file, and the CLI shows the same
    assert json.loads(empty.stack.pulumi("stack", "output", "--json").text) == outputs
    assert json.loads(empty.stack.pulumi("stack", "export").text)["deployment"]["resources"] == empty.stack.state()

    for refresh in ("--refresh", "--refresh=false"):
        again = empty.up("--expect-no-changes", refresh)
        assert again.ok, again.text
        assert empty.made() == []
        assert len(again.text.splitlines()) <= MOST_LINES, again.text
    assert Counter(empty.asked()) == {"ListModelPackages": 22, "ListEndpoints": 1, "PutMetricData": 1}
    assert empty.in_state() == empty.in_aws()

    by_hand = empty.plain_up("--suppress-outputs")
    assert by_hand.ok and len(by_hand.text.splitlines()) <= MOST_LINES, by_hand.text
    empty.sandbox.register("urgency")
    changed = [line.strip() for line in empty.up().text.splitlines()]
    assert changed.index("+ urgency 2") < changed.index("22 UP_TO_DATE")
    assert changed.index("+ urgency 2") < MOST_LINES / 2
    assert empty.watched() == ["PutDashboard", "PutMetricData"]  # and no alarm


def test_the_names_in_the_state_are_the_ones_that_older_states_hold(fleet):
    project = "urn:pulumi:sandbox::sagemaker-endpoint-manager::"
    urns = {resource["urn"].removeprefix(project) for resource in fleet.stack.state()}

    assert {urn for urn in urns if urn.split("::")[1].startswith("toxicity")} == URNS_OF_A_TASK
    assert "pulumi-python:dynamic/registry:ApprovedModels::approved-models" in urns


def test_everything_is_tagged_from_the_first_deployment(fleet):
    client, revision = fleet.sandbox.client("sagemaker"), fleet.sandbox.serving("toxicity")
    arns = (
        client.describe_endpoint(EndpointName="toxicity")["EndpointArn"],
        client.describe_endpoint_config(EndpointConfigName=revision)["EndpointConfigArn"],
        client.describe_model(ModelName=revision)["ModelArn"],
    )
    endpoint, config, model = (
        {tag["Key"]: tag["Value"] for tag in client.list_tags(ResourceArn=arn)["Tags"]} for arn in arns
    )

    assert endpoint == {
        "fleet:project": "sagemaker-endpoint-manager",
        "fleet:stack": "sandbox",
        "fleet:task": "toxicity",
        "fleet:variant": "champion",
    }
    assert config == model == endpoint | {"fleet:version": "1"}


def provider(resources):
    """The aws provider that a state holds."""
    return next(resource for resource in resources if resource["type"] == "pulumi:providers:aws")


@pytest.mark.parametrize("release", RELEASES)
def test_a_fleet_deployed_by_an_earlier_release_stays_as_it_is(empty, release):
    deployed, news = bring_back(release, empty.stack), NEWS[release]

    run = empty.up()

    assert run.ok, run.text
    assert run.summary == "3 UP_TO_DATE, 1 OUT_OF_DATE, 1 NOT_DEPLOYED"
    assert Counter(call.split()[0] for call in (*empty.made(), *empty.written())) == news.calls
    assert "Rollout: (update)" not in run.text  # although what only the program reads is hidden now
    before = {resource["urn"] for resource in deployed}
    after = {resource["urn"] for resource in empty.stack.state()}
    assert {urn.split("::")[2] for urn in after - before} == news.declared
    assert {urn.split("::")[2] for urn in before - after} == news.gone
    assert provider(empty.stack.state())["inputs"]["maxRetries"] == "9"  # what the next refresh goes by
    assert provider(empty.stack.state())["id"] == provider(deployed)["id"]  # another one would replace everything
