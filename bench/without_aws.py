"""The same runs with the answers known and no AWS: what engine, SDK and program take anyway.

The program and its plugins find stand_ins/ before the real boto3 on Python's path: a creation succeeds, and all else is
looked up in a table, of what the sandbox says after the real first run.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.aws.control import image
from sandbox.aws.world import EXECUTION_ROLE
from sandbox.lab.stack import Stack

STAND_INS = Path(__file__).with_name("stand_ins")


class Known:
    """A second state of the stack, and all that AWS would say to its runs: what it says after the real first one."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        (folder / "state").mkdir(parents=True)
        stack.pulumi("stack", "init", stack.name, check=True, env=self._backend())

    def _backend(self) -> dict[str, str]:
        return {"PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}?metadata=skip"}

    def learn(self) -> None:
        """Ask the sandbox for everything, as it is now."""
        self.stack.sandbox.settings(latency_ms=0)
        sandbox = self.stack.sandbox
        answers = answers_of(sandbox.client("sagemaker"))
        quotas = sandbox.client("service-quotas").list_service_quotas(ServiceCode="sagemaker")
        iam, (repository, tag) = sandbox.client("iam"), image().rpartition("/")[2].split(":")
        images = sandbox.client("ecr").describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
        answers |= {
            "list_service_quotas": {"sagemaker": quotas},
            "get_role": {EXECUTION_ROLE: iam.get_role(RoleName=EXECUTION_ROLE)},
            "get_user": {"": iam.get_user()},
            "describe_images": {repository: images},
        }
        parameters, monitoring = parameters_of(sandbox.client("ssm")), monitoring_of(sandbox.client("cloudwatch"))
        tags = parameters.pop("list_tags_for_resource") | monitoring.pop("list_tags_for_resource")
        answers |= {**parameters, **monitoring, "list_tags_for_resource": tags}
        nothing: dict[str, Any] = {"list_endpoints": {"": {"Endpoints": []}}}
        nothing |= {"describe_model": {}, "describe_endpoint_config": {}, "get_dashboard": {}}
        for name, content in (("deployed", answers), ("empty", answers | nothing)):
            write_answers(self.folder / name, content)

    def env(self, *, deployed: bool) -> dict[str, str]:
        """The environment of a run without AWS. Before the first one, the program is to find nothing deployed."""
        return {
            **self.stack.env,
            **self._backend(),
            "PYTHONPATH": str(STAND_INS),
            "ANSWERS_OF_PROGRAM": str(self.folder / ("deployed" if deployed else "empty")),
            "ANSWERS_OF_PROVIDER": str(self.folder / "deployed"),
        }


def write_answers(file: Path, answers: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(answers, default=lambda time: time.isoformat()))


def answers_of(client: Any) -> dict[str, dict[str, Any]]:
    """What a fleet's runs may ask: operation -> what is asked about -> answer."""
    operations = ("list_endpoints", "list_model_packages", "list_tags", "describe_model_package")
    answers: dict[str, dict[str, Any]] = {operation: {} for operation in operations}
    for kind in ("Endpoint", "EndpointConfig", "Model"):
        operation = {"EndpointConfig": "endpoint_config"}.get(kind, kind.lower())
        found = client.get_paginator(f"list_{operation}s").paginate().build_full_result()
        if kind == "Endpoint":
            answers["list_endpoints"][""] = found
        described = answers[f"describe_{operation}"] = {}
        for name, arn in ((row[f"{kind}Name"], row[f"{kind}Arn"]) for row in found[f"{kind}s"]):
            described[name] = getattr(client, f"describe_{operation}")(**{f"{kind}Name": name})
            answers["list_tags"][arn] = client.list_tags(ResourceArn=arn)
    groups = client.get_paginator("list_model_package_groups").paginate().build_full_result()
    for group in (row["ModelPackageGroupName"] for row in groups["ModelPackageGroupSummaryList"]):
        listed = answers["list_model_packages"][group] = client.list_model_packages(ModelPackageGroupName=group)
        for arn in (row["ModelPackageArn"] for row in listed["ModelPackageSummaryList"]):
            answers["describe_model_package"][arn] = client.describe_model_package(ModelPackageName=arn)
    return answers


def parameters_of(client: Any) -> dict[str, dict[str, Any]]:
    """The same of the parameters. Only a first run asks for many at once, and finds none."""
    answers: dict[str, dict[str, Any]] = {"get_parameters": {"": {"Parameters": []}}}
    found = client.get_paginator("describe_parameters").paginate().build_full_result()["Parameters"]
    answers["describe_parameters"] = {row["Name"]: {"Parameters": [row]} for row in found}
    answers["get_parameter"] = {name: client.get_parameter(Name=name) for name in answers["describe_parameters"]}
    answers["list_tags_for_resource"] = {
        name: client.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
        for name in answers["describe_parameters"]
    }
    return answers


def monitoring_of(client: Any) -> dict[str, dict[str, Any]]:
    """The same of alarms and dashboards. Only a first run asks for many alarms at once, and finds none."""
    alarms = client.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"]).build_full_result()
    arns = {alarm["AlarmName"]: alarm["AlarmArn"] for alarm in alarms["MetricAlarms"]}
    answers: dict[str, dict[str, Any]] = {"describe_alarms": {"": {"MetricAlarms": []}}}
    answers["describe_alarms"] |= {alarm["AlarmName"]: {"MetricAlarms": [alarm]} for alarm in alarms["MetricAlarms"]}
    names = [entry["DashboardName"] for entry in client.list_dashboards()["DashboardEntries"]]
    answers["get_dashboard"] = {name: client.get_dashboard(DashboardName=name) for name in names}
    answers["list_tags_for_resource"] = {arn: client.list_tags_for_resource(ResourceARN=arn) for arn in arns.values()}
    return answers
