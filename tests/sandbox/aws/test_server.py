"""The sandbox over HTTP, as boto3 and a test meet it: invocations, moto behind it, the log, faults, control."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from sandbox.aws.control import image
from sandbox.aws.world import TRUST
from sandbox.lab.connection import wait_until
from sandbox.lab.handle import Sandbox
from sandbox.lab.processes import SandboxError, ask

GROUP = "toxicity"
UNCOMPRESSED = {"S3DataSource": {"S3Uri": "s3://b/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}}


def deploy(sandbox: Sandbox, endpoint: str, version: int | None = None) -> str:
    """An endpoint in service on a version of its own, or that one. Gives its configuration's name."""
    version = version or sandbox.register(GROUP)
    name = f"{endpoint}-{version}"
    create(sandbox, name, version)
    sandbox.client("sagemaker").create_endpoint(EndpointName=endpoint, EndpointConfigName=name)
    return name


def create(sandbox: Sandbox, name: str, version: int, **sizes: int) -> None:
    client = sandbox.client("sagemaker")
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{GROUP}/{version}"
    role = "arn:aws:iam::123456789012:role/execution"
    client.create_model(ModelName=name, PrimaryContainer={"ModelPackageName": arn}, ExecutionRoleArn=role)
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5, **sizes}
    variant = {"VariantName": "AllTraffic", "ModelName": name, "ServerlessConfig": serverless}
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def list_in_background(sandbox: Sandbox) -> threading.Thread:
    thread = threading.Thread(target=sandbox.client("sagemaker").list_models)
    thread.start()
    return thread


# Invocations


def test_two_endpoints_answer_each_with_its_own_model(sandbox: Sandbox) -> None:
    deploy(sandbox, "first")
    deploy(sandbox, "second")
    models = [sandbox.invoke(name, {"text": "hello"})["model"].split(":")[0] for name in ("first", "second", "first")]
    assert models == ["toxicity/1", "toxicity/2", "toxicity/1"]


def test_an_update_changes_what_answers_when_it_has_ended(sandbox: Sandbox) -> None:
    deploy(sandbox, "toxicity")
    create(sandbox, "second", sandbox.register(GROUP))
    sandbox.settings(update_seconds=60)
    sandbox.client("sagemaker").update_endpoint(EndpointName="toxicity", EndpointConfigName="second")
    assert sandbox.endpoints() == {"toxicity": "Updating"}
    assert sandbox.invoke("toxicity", {"text": "hello"})["model"].startswith("toxicity/1:")


def test_the_answer_names_the_variant(sandbox: Sandbox) -> None:
    deploy(sandbox, "toxicity")
    answer = sandbox.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="toxicity", ContentType="application/json", Body='{"text": "hello"}'
    )
    assert (answer["InvokedProductionVariant"], answer["ContentType"]) == ("AllTraffic", "application/json")


def test_a_missing_endpoint_or_one_that_is_not_in_service_is_a_validation_error(sandbox: Sandbox) -> None:
    sandbox.settings(create_seconds=60)
    deploy(sandbox, "toxicity")
    for name in ("toxicity", "missing"):
        with pytest.raises(ClientError, match=f"Endpoint {name} of account 123456789012 not found") as error:
            sandbox.invoke(name, {"text": "hello"})
        assert code(error) == "ValidationError"


def test_an_endpoint_is_invoked_by_its_name_in_its_own_case(sandbox: Sandbox) -> None:
    deploy(sandbox, "Toxicity")
    assert sandbox.invoke("Toxicity", {"text": "hello"})
    with pytest.raises(ClientError, match="not found"):
        sandbox.invoke("toxicity", {"text": "hello"})


def test_what_the_container_refuses_is_a_model_error_with_what_it_said(sandbox: Sandbox) -> None:
    deploy(sandbox, "toxicity")
    with pytest.raises(ClientError) as error:
        sandbox.invoke("toxicity", {"nonsense": 1})
    assert code(error) == "ModelError"
    answer: Any = error.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert answer["OriginalStatusCode"] == 400
    assert "text" in answer["OriginalMessage"]


def test_the_first_invocation_after_a_deployment_meets_a_cold_start(sandbox: Sandbox) -> None:
    sandbox.settings(cold_start_seconds=60)
    deploy(sandbox, "toxicity")
    with pytest.raises(ClientError) as error:
        sandbox.invoke("toxicity", {"text": "hello"})
    assert code(error) == "ModelNotReadyException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert sandbox.invoke("toxicity", {"text": "hello"})


def test_too_large_a_payload_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match="less than or equal to 6291456"):
        sandbox.client("sagemaker-runtime").invoke_endpoint(EndpointName="toxicity", Body=b"x" * 6291457)


# SageMaker over the wire


def test_an_error_reaches_boto3_with_code_and_message(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match=r'Could not find endpoint "arn:.*:endpoint/toxicity"') as error:
        sandbox.client("sagemaker").describe_endpoint(EndpointName="toxicity")
    assert code(error) == "ValidationException"


def test_an_operation_that_is_not_played_is_refused_in_clear_words(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match="the sandbox does not play Search") as error:
        sandbox.client("sagemaker").search(Resource="ModelPackage")
    assert code(error) == "UnsupportedOperation"


def test_tags_by_the_tagging_api_are_not_played_rather_than_empty(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match="does not play"):
        sandbox.client("resourcegroupstaggingapi").get_resources()


def test_the_first_page_of_a_group_can_be_empty_and_carry_a_token(sandbox: Sandbox) -> None:
    sandbox.register("toxicity")
    sandbox.register("spam")
    sandbox.settings(empty_first_page=["toxicity"])
    client = sandbox.client("sagemaker")
    first = client.list_model_packages(ModelPackageGroupName="toxicity")
    assert first["ModelPackageSummaryList"] == []
    second = client.list_model_packages(ModelPackageGroupName="toxicity", NextToken=first["NextToken"])
    assert len(second["ModelPackageSummaryList"]) == 1
    assert len(client.list_model_packages(ModelPackageGroupName="spam")["ModelPackageSummaryList"]) == 1


# Service Quotas and the execution role


def test_boto3_reads_the_quotas_page_by_page(sandbox: Sandbox) -> None:
    sandbox.settings(page_size=1, concurrency_limit=10)
    pages = sandbox.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    values = {row["QuotaCode"]: row["Value"] for page in pages for row in page["Quotas"]}
    assert values["L-96300102"] == 10


def test_service_quotas_can_be_denied(sandbox: Sandbox) -> None:
    sandbox.fault("ListServiceQuotas", service="service-quotas", action="error", code="AccessDeniedException")
    with pytest.raises(ClientError) as error:
        sandbox.client("service-quotas").list_service_quotas(ServiceCode="sagemaker")
    assert code(error) == "AccessDeniedException"


def test_the_execution_role_of_the_sandbox_trusts_sagemaker(sandbox: Sandbox) -> None:
    role = sandbox.client("iam").get_role(RoleName="sagemaker-execution")["Role"]
    assert role["Arn"] == "arn:aws:iam::123456789012:role/sagemaker-execution"
    assert role["AssumeRolePolicyDocument"] == TRUST


def test_other_roles_are_those_of_moto(sandbox: Sandbox) -> None:
    sandbox.settings(roles={})
    with pytest.raises(ClientError) as error:
        sandbox.client("iam").get_role(RoleName="sagemaker-execution")
    assert code(error) == "NoSuchEntity"


# Parameters and scaling


def test_parameters_are_written_and_shown(sandbox: Sandbox) -> None:
    client, mark = sandbox.client("ssm"), sandbox.mark()
    client.put_parameter(Name="/fleet/toxicity", Value="7", Type="String")
    with pytest.raises(client.exceptions.ParameterNotFound):
        client.get_parameter(Name="/fleet/other")
    assert sandbox.parameters() == {"/fleet/toxicity": "7"}
    assert [(call.operation, call.error) for call in sandbox.calls(mark)] == [
        ("PutParameter", ""),
        ("GetParameter", "ParameterNotFound"),
    ]


def test_an_endpoint_is_scaled_and_its_autoscaler_is_played(sandbox: Sandbox) -> None:
    deploy(sandbox, "toxicity")
    sandbox.provisioned("toxicity", 1)
    client = sandbox.client("application-autoscaling")
    place = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/toxicity/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency",
    }
    assert sandbox.scaling("toxicity") == {}
    client.register_scalable_target(**place, MinCapacity=2, MaxCapacity=4)
    action = {"Schedule": "cron(0 7 ? * MON-FRI *)", "ScalableTargetAction": {"MinCapacity": 3}}
    client.put_scheduled_action(**place, ScheduledActionName="office", **action)
    assert sandbox.live_provisioned("toxicity") == 2
    sandbox.run_schedule("toxicity", "office")
    scaling = sandbox.scaling("toxicity")
    assert (scaling["min"], scaling["max"], list(scaling["schedules"])) == (3, 4, ["office"])
    assert sandbox.live_provisioned("toxicity") == 3
    sandbox.provisioned("toxicity", 4)
    assert sandbox.live_provisioned("toxicity") == 4
    with pytest.raises(client.exceptions.ObjectNotFoundException):
        client.delete_scaling_policy(**place, PolicyName="p")


# Moto behind it


def test_other_services_are_answered_by_moto_and_logged(sandbox: Sandbox) -> None:
    mark = sandbox.mark()
    assert sandbox.client("sts").get_caller_identity()["Account"] == "123456789012"
    sandbox.client("sqs").create_queue(QueueName="a")
    assert [url.rpartition("/")[2] for url in sandbox.client("sqs").list_queues()["QueueUrls"]] == ["a"]
    logged = [(call.service, call.operation, call.status) for call in sandbox.calls(mark)]
    assert logged == [("sts", "GetCallerIdentity", 200), ("sqs", "CreateQueue", 200), ("sqs", "ListQueues", 200)]
    assert [call.operation for call in sandbox.mutations(mark)] == ["CreateQueue"]


def test_a_fault_of_a_service_behind_moto_reaches_its_client(sandbox: Sandbox) -> None:
    for service, operation in (("sts", "GetCallerIdentity"), ("sqs", "ListQueues")):
        sandbox.fault(operation, service=service, action="error", code="AccessDenied", message="no <entry>", status=403)
        method = {"sts": "get_caller_identity", "sqs": "list_queues"}[service]
        with pytest.raises(ClientError, match="no <entry>") as error:
            getattr(sandbox.client(service), method)()
        assert code(error) == "AccessDenied"


# The log


def test_a_call_is_logged_with_what_was_sent_and_what_came_of_it(sandbox: Sandbox) -> None:
    mark = sandbox.mark()
    with pytest.raises(ClientError):
        sandbox.client("sagemaker").delete_model(ModelName="m1")
    (call,) = sandbox.calls(mark)
    assert (call.n, call.service, call.operation) == (mark + 1, "sagemaker", "DeleteModel")
    assert (call.params, call.status, call.error) == ({"ModelName": "m1"}, 400, "ValidationException")
    assert sandbox.mutations(mark) == [call]


def test_what_a_test_does_by_control_is_not_logged(sandbox: Sandbox) -> None:
    mark = sandbox.mark()
    version = sandbox.register("toxicity", approval="Rejected")
    sandbox.approve("toxicity", version)
    assert sandbox.calls(mark) == []


# Faults


def test_an_error_is_given_to_the_calls_that_match_and_to_no_other(sandbox: Sandbox) -> None:
    for group in ("toxicity", "spam"):
        sandbox.register(group)
    match = {"ModelPackageGroupName": "toxicity"}
    sandbox.fault("ListModelPackages", match=match, action="error", code="AccessDeniedException", message="not you")
    client = sandbox.client("sagemaker")
    with pytest.raises(ClientError, match="not you") as error:
        client.list_model_packages(ModelPackageGroupName="toxicity")
    assert code(error) == "AccessDeniedException"
    assert client.list_model_packages(ModelPackageGroupName="spam")
    sandbox.clear_faults()
    assert client.list_model_packages(ModelPackageGroupName="toxicity")


def test_a_fault_of_every_operation_is_an_outage(sandbox: Sandbox) -> None:
    sandbox.fault("*", action="error", status=503, code="ServiceUnavailable")
    for call in ("list_models", "list_endpoints"):
        with pytest.raises(ClientError) as error:
            getattr(sandbox.client("sagemaker"), call)()
        assert code(error) == "ServiceUnavailable"


def test_a_fault_can_be_for_the_first_calls_only(sandbox: Sandbox) -> None:
    sandbox.fault("ListModels", action="error", times=2)
    outcomes = []
    for _ in range(3):
        try:
            sandbox.client("sagemaker").list_models()
            outcomes.append("answered")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    assert outcomes == ["ThrottlingException", "ThrottlingException", "answered"]


def test_a_dropped_call_gets_no_answer(sandbox: Sandbox) -> None:
    mark = sandbox.mark()
    sandbox.fault("ListModels", action="error", drop=True)
    with pytest.raises(ConnectionClosedError):
        sandbox.client("sagemaker").list_models()
    assert [(call.status, call.error) for call in sandbox.calls(mark)] == [(499, "connection dropped by a fault")]


def test_a_delayed_call_is_answered_later(sandbox: Sandbox) -> None:
    mark = sandbox.mark()
    sandbox.fault("ListModels", action="delay", seconds=0.2)
    sandbox.client("sagemaker").list_models()
    assert sandbox.calls(mark)[0].seconds >= 0.2


def test_latency_is_added_to_every_call(sandbox: Sandbox) -> None:
    mark = sandbox.mark()
    sandbox.settings(latency_ms=50)
    sandbox.client("sagemaker").list_models()
    sandbox.client("sts").get_caller_identity()
    assert all(call.seconds >= 0.05 for call in sandbox.calls(mark))


def test_an_invocation_can_be_made_to_fail_by_its_operation_alone(sandbox: Sandbox) -> None:
    deploy(sandbox, "toxicity")
    sandbox.fault("InvokeEndpoint", match={"EndpointName": "toxicity"}, action="error", status=503, code="X", times=1)
    with pytest.raises(ClientError) as error:
        sandbox.invoke("toxicity", {"text": "hello"})
    assert code(error) == "X"
    assert sandbox.invoke("toxicity", {"text": "hello"})


def delete_in_background(sandbox: Sandbox, model: str) -> threading.Thread:
    thread = threading.Thread(target=sandbox.client("sagemaker").delete_model, kwargs={"ModelName": model})
    thread.start()
    return thread


def test_a_call_held_before_takes_effect_when_released(sandbox: Sandbox) -> None:
    create(sandbox, "m1", sandbox.register(GROUP))
    mark = sandbox.mark()
    fault = sandbox.fault("DeleteModel", action="hold-before")
    thread = delete_in_background(sandbox, "m1")
    sandbox.wait_held(fault)
    assert sandbox.models() == {"m1"}
    assert [call.status for call in sandbox.calls(mark)] == [0]
    sandbox.release(fault)
    thread.join(5)
    assert sandbox.models() == set()
    assert [call.status for call in sandbox.calls(mark)] == [200]


def test_a_call_held_after_has_taken_effect_and_is_answered_when_released(sandbox: Sandbox) -> None:
    create(sandbox, "m1", sandbox.register(GROUP))
    fault = sandbox.fault("DeleteModel", action="hold-after")
    thread = delete_in_background(sandbox, "m1")
    sandbox.wait_held(fault)
    assert sandbox.models() == set()
    assert thread.is_alive()
    sandbox.release(fault)
    thread.join(5)
    assert not thread.is_alive()


def test_other_calls_go_on_while_one_is_held(sandbox: Sandbox) -> None:
    fault = sandbox.fault("ListModels", action="hold-before", times=1)
    thread = list_in_background(sandbox)
    sandbox.wait_held(fault)
    assert sandbox.client("sagemaker").list_models()["Models"] == []
    sandbox.clear_faults()
    thread.join(5)
    assert not thread.is_alive()


CLIENT = """
import sys
from sandbox.lab.handle import Sandbox
from pathlib import Path
Sandbox.open(Path(sys.argv[1])).client("sagemaker").delete_model(ModelName="m1")
"""


def killed_while_held(sandbox: Sandbox, action: str) -> str:
    """A process deletes model m1, is held and killed. Gives the fault's id, when the sandbox has noticed."""
    mark = sandbox.mark()
    fault = sandbox.fault("DeleteModel", action=action)
    client = subprocess.Popen([sys.executable, "-c", CLIENT, str(sandbox.folder)], cwd=Path(__file__).parents[3])
    sandbox.wait_held(fault)
    os.kill(client.pid, signal.SIGKILL)
    client.wait()
    wait_until(lambda: sandbox.calls(mark)[-1].error == "client gone", 5, "the sandbox notices")
    return fault


def test_a_call_held_before_whose_client_was_killed_never_takes_effect(sandbox: Sandbox) -> None:
    create(sandbox, "m1", sandbox.register(GROUP))
    sandbox.release(killed_while_held(sandbox, "hold-before"))
    time.sleep(0.1)
    assert sandbox.models() == {"m1"}


def test_a_call_held_after_whose_client_was_killed_has_taken_effect(sandbox: Sandbox) -> None:
    create(sandbox, "m1", sandbox.register(GROUP))
    killed_while_held(sandbox, "hold-after")
    assert sandbox.models() == set()


def test_waiting_for_a_held_call_ends_in_time(sandbox: Sandbox) -> None:
    fault = sandbox.fault("ListModels", action="hold-before")
    with pytest.raises(TimeoutError):
        sandbox.wait_held(fault, timeout=0.1)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"operation": "ListModels"}, "needs an operation and an action"),
        ({"operation": "ListModels", "action": "explode"}, "one of error, hold-before"),
        ({"operation": "ListModels", "action": "error", "statsu": 400}, "has no statsu"),
    ],
)
def test_a_wrong_rule_is_refused(sandbox: Sandbox, rule: dict[str, Any], why: str) -> None:
    with pytest.raises(SandboxError, match=why):
        ask(sandbox.url, "POST", "faults", rule)


# The control API


def test_an_unknown_control_request_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="there is no POST nonsense"):
        ask(sandbox.url, "POST", "nonsense")


def test_an_unknown_setting_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="latency"):
        sandbox.settings(latency=1)


def test_versions_are_registered_with_any_approval_and_status(sandbox: Sandbox) -> None:
    assert sandbox.register("toxicity") == 1
    assert sandbox.register("toxicity", approval="Rejected", status="Failed") == 2
    client = sandbox.client("sagemaker")
    rows = client.list_model_packages(ModelPackageGroupName="toxicity")["ModelPackageSummaryList"]
    shown = [(row["ModelApprovalStatus"], row["ModelPackageStatus"]) for row in rows]
    assert shown == [("Approved", "Completed"), ("Rejected", "Failed")]


def test_a_version_is_approved_and_rejected(sandbox: Sandbox) -> None:
    version = sandbox.register("toxicity", approval="PendingManualApproval")
    seen = []
    for decide in (sandbox.approve, sandbox.reject):
        decide("toxicity", version)
        package = sandbox.client("sagemaker").describe_model_package(ModelPackageName=f"toxicity/{version}")
        seen.append(package["ModelApprovalStatus"])
    assert seen == ["Approved", "Rejected"]


def test_the_model_of_a_version_can_be_another_ones(sandbox: Sandbox) -> None:
    deploy(sandbox, "toxicity", sandbox.register(GROUP, path="spam/3"))
    assert sandbox.invoke("toxicity", {"text": "hello"})["model"].startswith("spam/3:")


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({}, [{"Image": image(), "ModelDataUrl": "s3://sandbox-models/toxicity/1/model.tar.gz"}]),
        (
            {"containers": 2, "path": "p"},
            [{"Image": image(), "ModelDataUrl": "s3://sandbox-models/p/model.tar.gz"}] * 2,
        ),
        (
            {"model_data_source": UNCOMPRESSED, "product_id": "prod-1"},
            [{"Image": image(), "ModelDataSource": UNCOMPRESSED, "ProductId": "prod-1"}],
        ),
        ({"inference_specification": {"Containers": [{"Image": "i"}]}}, [{"Image": "i"}]),
        ({"inference_specification": {}}, None),
    ],
)
def test_a_version_holds_what_it_is_registered_with(
    sandbox: Sandbox, content: dict[str, Any], shown: list[dict[str, Any]] | None
) -> None:
    sandbox.register(GROUP, **content)
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1"
    package = sandbox.client("sagemaker").describe_model_package(ModelPackageName=arn)
    assert package.get("InferenceSpecification", {}).get("Containers") == shown


def test_two_hundred_groups_are_seeded_at_once(sandbox: Sandbox) -> None:
    versions = sandbox.seed({f"group-{number}": [{}, {}] for number in range(200)})
    assert versions["group-199"] == [1, 2]


def test_endings_reach_the_endpoint_they_name(sandbox: Sandbox) -> None:
    sandbox.ending("toxicity", "create", "failed", "no capacity")
    version = sandbox.register(GROUP)
    deploy(sandbox, "other", version)
    deploy(sandbox, "toxicity", version)
    assert sandbox.endpoints() == {"other": "InService", "toxicity": "Failed"}


def test_an_ending_that_cannot_be_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="the endings of create are failed"):
        sandbox.ending("toxicity", "create", "rollback")


def test_an_autoscaler_moves_provisioned_concurrency(sandbox: Sandbox) -> None:
    deploy(sandbox, "toxicity")
    sandbox.provisioned("toxicity", 4)
    (variant,) = sandbox.client("sagemaker").describe_endpoint(EndpointName="toxicity")["ProductionVariants"]
    assert variant["CurrentServerlessConfig"]["ProvisionedConcurrency"] == 4


def test_a_status_is_set_by_hand(sandbox: Sandbox) -> None:
    deploy(sandbox, "toxicity")
    sandbox.set_status("toxicity", "SystemUpdating")
    assert sandbox.endpoints() == {"toxicity": "SystemUpdating"}
    with pytest.raises(SandboxError, match="InService"):
        sandbox.set_status("toxicity", "Fine")


def test_the_handle_tells_how_things_are(sandbox: Sandbox) -> None:
    config = deploy(sandbox, "toxicity")
    assert sandbox.serving("toxicity") == config
    assert sandbox.serving("missing") == ""
    assert (sandbox.models(), sandbox.endpoint_configs()) == ({config}, {config})
    sandbox.client("sagemaker").delete_endpoint_config(EndpointConfigName=config)
    assert [(harm["operation"], harm["name"], harm["endpoint"]) for harm in sandbox.harm()] == [
        ("DeleteEndpointConfig", config, "toxicity")
    ]


def test_a_snapshot_brings_the_world_back(sandbox: Sandbox, tmp_path: Path) -> None:
    config = deploy(sandbox, "toxicity")
    sandbox.snapshot(tmp_path / "world.json")
    sandbox.client("sagemaker").delete_endpoint(EndpointName="toxicity")
    assert sandbox.endpoints() == {}
    sandbox.restore(tmp_path / "world.json")
    assert sandbox.serving("toxicity") == config


# Regions


def test_what_is_in_one_region_is_not_in_another(sandbox: Sandbox) -> None:
    abroad = sandbox.in_region("us-east-1")
    deploy(sandbox, "toxicity")
    assert (abroad.endpoints(), abroad.models(), abroad.endpoint_configs()) == ({}, set(), set())
    assert abroad.register(GROUP) == 1  # version 1 is there, too
    abroad.client("ssm").put_parameter(Name="/a", Value="1", Type="String")
    assert (sandbox.parameters(), abroad.parameters()) == ({}, {"/a": "1"})
    groups = abroad.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupArn"].split(":")[3] for group in groups] == ["us-east-1"]
    packages = abroad.client("sagemaker").list_model_packages(ModelPackageGroupName=GROUP)
    assert [row["ModelPackageVersion"] for row in packages["ModelPackageSummaryList"]] == [1]


def test_an_arn_of_another_region_does_not_exist_here(sandbox: Sandbox) -> None:
    abroad = sandbox.in_region("us-east-1")
    sandbox.client("ssm").put_parameter(Name="/a", Value="1", Type="String")
    arn = sandbox.client("ssm").get_parameter(Name="/a")["Parameter"]["ARN"]
    with pytest.raises(ClientError, match="ParameterNotFound"):
        abroad.client("ssm").get_parameter(Name=arn)
    version = sandbox.register(GROUP)
    create(sandbox, "scaled", version, ProvisionedConcurrency=1)
    sandbox.client("sagemaker").create_endpoint(EndpointName="toxicity", EndpointConfigName="scaled")
    place = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/toxicity/variant/AllTraffic"}
    target = {**place, "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}
    scaling = sandbox.client("application-autoscaling")
    arn = scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)["ScalableTargetARN"]
    assert abroad.scaling("toxicity") == {}
    with pytest.raises(ClientError, match="does not exist"):
        abroad.client("application-autoscaling").list_tags_for_resource(ResourceARN=arn)


def test_what_is_done_by_hand_is_done_in_the_handles_region(sandbox: Sandbox) -> None:
    abroad = sandbox.in_region("us-east-1")
    deploy(sandbox, "toxicity")
    abroad.register(GROUP)
    with pytest.raises(SandboxError, match='Could not find endpoint "arn:aws:sagemaker:us-east-1:'):
        abroad.set_status("toxicity", "Failed")
    abroad.reject(GROUP, 1)
    statuses = [
        one.client("sagemaker").list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"][0]
        for one in (sandbox, abroad)
    ]
    assert [row["ModelApprovalStatus"] for row in statuses] == ["Approved", "Rejected"]


def test_a_fault_may_be_one_regions(sandbox: Sandbox) -> None:
    sandbox.fault("ListModels", action="error", region="us-east-1")
    assert sandbox.client("sagemaker").list_models()["Models"] == []
    with pytest.raises(ClientError, match="Rate exceeded"):
        sandbox.client("sagemaker", "us-east-1").list_models()
