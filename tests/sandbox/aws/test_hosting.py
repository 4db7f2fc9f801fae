"""Models, configurations and endpoints of the sandbox, and what time makes of an endpoint."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sandbox.aws.sagemaker.lifecycle import provision
from sandbox.aws.world import TRUST, Ending

PREFIX = "arn:aws:sagemaker:eu-west-1:123456789012:"
ENDPOINT = f'"{PREFIX}endpoint/toxicity"'
UNCOMPRESSED = {"S3DataSource": {"S3Uri": "s3://b/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}}
ARCHIVE = {"S3DataSource": {"S3Uri": "s3://b/model.tar.gz", "S3DataType": "S3Object", "CompressionType": "Gzip"}}


# Models


@pytest.mark.parametrize("name", ["m1", "M1"])
def test_a_second_model_of_that_name_is_refused(aws: Any, name: str) -> None:
    aws.model("m1")
    container = {"ModelPackageName": aws.package()}
    error = aws.refused("CreateModel", ModelName=name, PrimaryContainer=container)
    assert error.message == f'Cannot create already existing model "{PREFIX}model/m1".'


@pytest.mark.parametrize("name", ["a_b!", "a" * 80, "-a"])
def test_a_bad_model_name_is_refused(aws: Any, name: str) -> None:
    assert "modelName" in aws.refused("CreateModel", ModelName=name, PrimaryContainer={"Image": "image:1"}).message


@pytest.mark.parametrize(
    ("arn", "why"),
    [
        ("model-package/toxicity/9", "does not exist"),
        ("model-package-group/toxicity", "does not exist"),
    ],
)
def test_the_package_of_a_model_must_exist(aws: Any, arn: str, why: str) -> None:
    aws.package("toxicity")
    error = aws.refused("CreateModel", ModelName="m", PrimaryContainer={"ModelPackageName": PREFIX + arn})
    assert error.code == "ValidationException"
    assert why in error.message


@pytest.mark.parametrize("approval", ["Rejected", "PendingManualApproval"])
def test_the_package_of_a_model_must_be_approved(aws: Any, approval: str) -> None:
    container = {"ModelPackageName": aws.package(approval=approval)}
    error = aws.refused("CreateModel", ModelName="m", PrimaryContainer=container)
    assert f"its approval status is {approval}, not Approved" in error.message


def test_the_package_of_a_model_must_be_completed(aws: Any) -> None:
    arn = aws.package()
    aws.world.packages[arn] = replace(aws.world.packages[arn], status="Failed")
    error = aws.refused("CreateModel", ModelName="m", PrimaryContainer={"ModelPackageName": arn})
    assert "its status is Failed, not Completed" in error.message


def test_the_package_of_a_model_must_have_containers(aws: Any) -> None:
    aws.package("toxicity")
    arn = aws("CreateModelPackage", ModelPackageGroupName="toxicity", ModelApprovalStatus="Approved")["ModelPackageArn"]
    error = aws.refused("CreateModel", ModelName="m", PrimaryContainer={"ModelPackageName": arn})
    assert "no inference specification" in error.message


def test_a_model_of_an_additional_specification_has_the_containers_of_that_one(aws: Any) -> None:
    arn = aws.package(AdditionalInferenceSpecifications=[{"Name": "pipeline", "Containers": [{"Image": "i"}] * 2}])
    container = {"ModelPackageName": arn, "InferenceSpecificationName": "pipeline"}
    aws("CreateModel", ModelName="m", PrimaryContainer=container)
    assert aws("DescribeModel", ModelName="m")["PrimaryContainer"] == container
    (model,) = aws.world.models.values()
    assert len(model.containers) == 2


def test_a_package_with_additional_specifications_alone_is_a_model_by_the_name_of_one(aws: Any) -> None:
    aws.package()
    given = {"AdditionalInferenceSpecifications": [{"Name": "small", "Containers": [{"Image": "i"}]}]}
    package = {"ModelPackageGroupName": "toxicity", "ModelApprovalStatus": "Approved", **given}
    container = {"ModelPackageName": aws("CreateModelPackage", **package)["ModelPackageArn"]}
    assert "no inference specification" in aws.refused("CreateModel", ModelName="m", PrimaryContainer=container).message
    aws("CreateModel", ModelName="m", PrimaryContainer={**container, "InferenceSpecificationName": "small"})


def test_the_specification_of_a_model_must_be_in_its_package(aws: Any) -> None:
    container = {"ModelPackageName": aws.package(), "InferenceSpecificationName": "small"}
    error = aws.refused("CreateModel", ModelName="m", PrimaryContainer=container)
    assert 'it has no inference specification named "small"' in error.message


def test_a_specification_without_a_package_is_refused(aws: Any) -> None:
    container = {"Image": "i", "InferenceSpecificationName": "small"}
    error = aws.refused("CreateModel", ModelName="m", PrimaryContainer=container)
    assert "InferenceSpecificationName" in error.message


def test_an_image_of_another_region_is_refused(aws: Any) -> None:
    container = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/text:1"}
    arn = aws.package(InferenceSpecification={"Containers": [container]})
    for source in (container, {"ModelPackageName": arn}):
        refused = aws.refused("CreateModel", ModelName="m", PrimaryContainer=source)
        assert refused.message.startswith("Cross region ECR image pulls are not allowed")


@pytest.mark.parametrize(
    "containers",
    [
        {},
        {"PrimaryContainer": {"Image": "i"}, "Containers": [{"Image": "i"}]},
        {"PrimaryContainer": {}},
        {"PrimaryContainer": {"Image": "i", "ModelPackageName": "toxicity/1"}},
    ],
)
def test_a_model_has_exactly_one_source(aws: Any, containers: dict[str, Any]) -> None:
    assert "xactly one of" in aws.refused("CreateModel", ModelName="m", **containers).message


def test_a_model_is_shown_as_it_was_created(aws: Any) -> None:
    given = {
        "PrimaryContainer": {"ModelPackageName": aws.package(), "Environment": {"K": "v"}},
        "ExecutionRoleArn": "arn:aws:iam::123456789012:role/r",
        "EnableNetworkIsolation": True,
    }
    aws("CreateModel", ModelName="m", **given)
    shown = aws("DescribeModel", ModelName="m")
    assert {key: shown[key] for key in given} == given


def test_models_are_filtered_sorted_and_paged(aws: Any) -> None:
    for name in ("b1", "a1", "a2"):
        aws.wait(1)
        aws.model(name)

    def names(**request: Any) -> list[str]:
        return [model["ModelName"] for model in aws("ListModels", **request)["Models"]]

    assert names() == ["a2", "a1", "b1"]  # the newest first
    assert names(NameContains="A", SortBy="Name", SortOrder="Ascending") == ["a1", "a2"]
    assert names(MaxResults=1) == ["a2"]
    assert names(CreationTimeBefore=aws.now) == ["a1", "b1"]


# Configurations


def test_a_second_configuration_of_that_name_is_refused(aws: Any, make_variant: Any) -> None:
    aws.config("c1")
    error = aws.refused("CreateEndpointConfig", EndpointConfigName="c1", ProductionVariants=[make_variant("c1")])
    assert error.message == f'Cannot create already existing endpoint configuration "{PREFIX}endpoint-config/c1".'


def test_the_model_of_a_configuration_must_exist(aws: Any, make_variant: Any) -> None:
    error = aws.refused("CreateEndpointConfig", EndpointConfigName="c1", ProductionVariants=[make_variant("m1")])
    assert error.message == f'Could not find model "{PREFIX}model/m1".'


def refused_config(aws: Any, make_variant: Any, **changes: Any) -> str:
    aws.model("m1")
    request = {"EndpointConfigName": "c1", "ProductionVariants": [make_variant("m1")], **changes}
    return str(aws.refused("CreateEndpointConfig", **request).message)


def test_a_serverless_configuration_has_one_variant(aws: Any, make_variant: Any) -> None:
    variants = [make_variant("m1"), {**make_variant("m1"), "VariantName": "second"}]
    assert "exactly one production variant" in refused_config(aws, make_variant, ProductionVariants=variants)


def test_provisioned_concurrency_is_at_most_the_maximum(aws: Any, make_variant: Any) -> None:
    variants = [make_variant("m1", MaxConcurrency=5, ProvisionedConcurrency=6)]
    assert "ProvisionedConcurrency (6)" in refused_config(aws, make_variant, ProductionVariants=variants)


def test_memory_comes_in_steps_of_a_gigabyte(aws: Any, make_variant: Any) -> None:
    variants = [make_variant("m1", MemorySizeInMB=2500)]
    assert "MemorySizeInMB must be one of" in refused_config(aws, make_variant, ProductionVariants=variants)


def test_a_serverless_variant_has_no_instances(aws: Any, make_variant: Any) -> None:
    variants = [{**make_variant("m1"), "InstanceType": "ml.m5.large"}]
    assert "InstanceType is not supported" in refused_config(aws, make_variant, ProductionVariants=variants)


def test_a_variant_on_instances_says_which_and_how_many(aws: Any, make_variant: Any) -> None:
    variants = [{"VariantName": "v", "ModelName": "m1", "InstanceType": "ml.m5.large"}]
    assert "must have InitialInstanceCount" in refused_config(aws, make_variant, ProductionVariants=variants)


@pytest.mark.parametrize(
    "more",
    [
        {
            "DataCaptureConfig": {
                "InitialSamplingPercentage": 10,
                "DestinationS3Uri": "s3://b/p",
                "CaptureOptions": [{"CaptureMode": "Input"}],
            }
        },
        {"ShadowProductionVariants": [{"VariantName": "s"}]},
        {"EnableNetworkIsolation": True},
        {"VpcConfig": {"SecurityGroupIds": ["sg"], "Subnets": ["net"]}},
    ],
)
def test_what_serverless_excludes_is_refused(aws: Any, make_variant: Any, more: dict[str, Any]) -> None:
    assert "is not supported with serverless variants" in refused_config(aws, make_variant, **more)


@pytest.mark.parametrize(
    "model",
    [
        {"VpcConfig": {"SecurityGroupIds": ["sg"], "Subnets": ["net"]}, "PrimaryContainer": {"Image": "i"}},
        {"EnableNetworkIsolation": True, "PrimaryContainer": {"Image": "i"}},
        {"Containers": [{"Image": "i"}, {"Image": "j"}]},
        {"PrimaryContainer": {"Image": "i", "Mode": "MultiModel"}},
        {"PrimaryContainer": {"Image": "i", "ModelDataSource": UNCOMPRESSED}},
    ],
)
def test_a_model_that_serverless_excludes_is_refused(aws: Any, make_variant: Any, model: dict[str, Any]) -> None:
    aws("CreateModel", ModelName="m1", **model)
    error = aws.refused("CreateEndpointConfig", EndpointConfigName="c1", ProductionVariants=[make_variant("m1")])
    assert "cannot be serverless" in error.message


@pytest.mark.parametrize(
    "containers",
    [
        [{"Image": "i"}, {"Image": "j"}],
        [{"Image": "i", "ModelDataSource": UNCOMPRESSED}],
        [{"Image": "i", "ModelDataSource": ARCHIVE}],
        [{"Image": "i", "ProductId": "prod-1"}],
    ],
    ids=["pipeline", "uncompressed", "an archive as a source", "marketplace"],
)
def test_a_package_that_serverless_excludes_is_refused(
    aws: Any, make_variant: Any, containers: list[dict[str, Any]]
) -> None:
    arn = aws.package(InferenceSpecification={"Containers": containers})
    aws("CreateModel", ModelName="m1", PrimaryContainer={"ModelPackageName": arn})
    error = aws.refused("CreateEndpointConfig", EndpointConfigName="c1", ProductionVariants=[make_variant("m1")])
    assert "cannot be serverless" in error.message


@pytest.mark.parametrize(
    "key",
    [
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:eu-west-1:210987654321:key/mrk-1234abcd12ab34cd56ef1234567890ab",
        "alias/fleet",
        "arn:aws:kms:eu-west-1:123456789012:alias/fleet",
    ],
)
def test_a_serverless_configuration_may_have_a_key_and_shows_it_as_it_was_given(
    aws: Any, make_variant: Any, key: str
) -> None:
    aws.model("m1")
    aws("CreateEndpointConfig", EndpointConfigName="c1", ProductionVariants=[make_variant("m1")], KmsKeyId=key)
    assert aws("DescribeEndpointConfig", EndpointConfigName="c1")["KmsKeyId"] == key


@pytest.mark.parametrize(
    "key",
    [
        "arn:aws:s3:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:us-east-1:123456789012:alias/fleet",
    ],
)
def test_a_key_must_be_one_of_the_region(aws: Any, make_variant: Any, key: str) -> None:
    aws.model("m1")
    request = {"EndpointConfigName": "c1", "ProductionVariants": [make_variant("m1")], "KmsKeyId": key}
    assert "is no KMS key in eu-west-1" in aws.refused("CreateEndpointConfig", **request).message


def test_configurations_are_listed_and_described(aws: Any) -> None:
    aws.config("c1", ProvisionedConcurrency=2)
    assert [row["EndpointConfigName"] for row in aws("ListEndpointConfigs")["EndpointConfigs"]] == ["c1"]
    (variant,) = aws("DescribeEndpointConfig", EndpointConfigName="c1")["ProductionVariants"]
    assert variant["ModelName"] == "c1"
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 2}


# Creating and deleting endpoints


def test_an_endpoint_is_creating_before_it_is_in_service(aws: Any) -> None:
    aws.config("c1")
    aws("CreateEndpoint", EndpointName="toxicity", EndpointConfigName="c1")
    shown = aws.describe()
    assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("Creating", "c1")
    assert shown["PendingDeploymentSummary"]["EndpointConfigName"] == "c1"
    assert "ProductionVariants" not in shown
    aws.wait(aws.world.settings.create_seconds)
    shown = aws.describe()
    assert shown["EndpointStatus"] == "InService"
    assert shown["ProductionVariants"] == [
        {
            "VariantName": "AllTraffic",
            "CurrentWeight": 1.0,
            "DesiredWeight": 1.0,
            "CurrentServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
        }
    ]
    assert "PendingDeploymentSummary" not in shown


@pytest.mark.parametrize("name", ["toxicity", "Toxicity"])
def test_a_second_endpoint_of_that_name_is_refused_whatever_the_case(aws: Any, name: str) -> None:
    aws.endpoint("toxicity")
    error = aws.refused("CreateEndpoint", EndpointName=name, EndpointConfigName="c1")
    assert error.message == f"Cannot create already existing endpoint {ENDPOINT}."


def test_the_configuration_of_an_endpoint_must_exist(aws: Any) -> None:
    error = aws.refused("CreateEndpoint", EndpointName="toxicity", EndpointConfigName="c1")
    assert error.message == f'Could not find endpoint configuration "{PREFIX}endpoint-config/c1".'


def test_the_fifty_first_endpoint_of_a_region_is_over_the_limit(aws: Any) -> None:
    aws.config("c1")
    for number in range(50):
        aws("CreateEndpoint", EndpointName=f"e{number}", EndpointConfigName="c1")
    error = aws.refused("CreateEndpoint", EndpointName="toxicity", EndpointConfigName="c1")
    assert error.code == "ResourceLimitExceeded"
    assert error.message.startswith(
        "The account-level service limit 'Maximum number of serverless endpoints' is 50 Endpoints, "
        "with current utilization of 50 Endpoints and a request delta of 1 Endpoints."
    )


def test_a_creation_can_be_made_to_fail(aws: Any) -> None:
    aws.config("c1")
    aws.world.endings.append(Ending("toxicity", "create", "failed", "no capacity"))
    aws("CreateEndpoint", EndpointName="toxicity", EndpointConfigName="c1")
    assert aws.status() == ("Creating", "c1")
    aws.wait()
    assert aws.status() == ("Failed", "c1")
    assert aws.describe()["FailureReason"] == "no capacity"
    assert aws.refused("UpdateEndpoint", EndpointName="toxicity", EndpointConfigName="c1")
    aws("DeleteEndpoint", EndpointName="toxicity")


@pytest.mark.parametrize("operation", ["DescribeEndpoint", "DeleteEndpoint"])
def test_a_missing_endpoint_is_a_validation_exception(aws: Any, operation: str) -> None:
    error = aws.refused(operation, EndpointName="toxicity")
    assert (error.code, error.message) == ("ValidationException", f"Could not find endpoint {ENDPOINT}.")


def test_a_deleted_endpoint_is_deleting_and_then_gone(aws: Any) -> None:
    aws.endpoint()
    aws("DeleteEndpoint", EndpointName="toxicity")
    assert aws.status()[0] == "Deleting"
    aws.wait()
    assert aws.refused("DescribeEndpoint", EndpointName="toxicity")
    aws("CreateEndpoint", EndpointName="toxicity", EndpointConfigName="c1")


def test_an_endpoint_in_transition_is_neither_updated_nor_deleted(aws: Any) -> None:
    aws.config("c1")
    aws.config("c2")
    aws("CreateEndpoint", EndpointName="toxicity", EndpointConfigName="c1")
    requests = {"UpdateEndpoint": {"EndpointConfigName": "c2"}, "DeleteEndpoint": {}}
    for operation, more in requests.items():
        error = aws.refused(operation, EndpointName="toxicity", **more)
        assert error.message == f"Cannot update in-progress endpoint {ENDPOINT}."


# Updating


def update(aws: Any, config: str = "c2") -> None:
    aws("UpdateEndpoint", EndpointName="toxicity", EndpointConfigName=config)


def test_an_update_shows_the_old_configuration_until_it_has_ended(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    update(aws)
    assert aws.status() == ("Updating", "c1")
    assert aws.describe()["PendingDeploymentSummary"]["EndpointConfigName"] == "c2"
    aws.wait(aws.world.settings.update_seconds)
    assert aws.status() == ("InService", "c2")


def test_the_configuration_that_serves_is_refused(aws: Any) -> None:
    aws.endpoint(config="c1")
    error = aws.refused("UpdateEndpoint", EndpointName="toxicity", EndpointConfigName="c1")
    assert "it already uses it" in error.message


def test_the_configuration_of_an_update_must_exist(aws: Any) -> None:
    aws.endpoint(config="c1")
    error = aws.refused("UpdateEndpoint", EndpointName="toxicity", EndpointConfigName="c2")
    assert error.message == f'Could not find endpoint configuration "{PREFIX}endpoint-config/c2".'


def test_an_update_of_a_missing_endpoint_is_refused(aws: Any) -> None:
    aws.config("c1")
    error = aws.refused("UpdateEndpoint", EndpointName="toxicity", EndpointConfigName="c1")
    assert error.message == f"Could not find endpoint {ENDPOINT}."


def test_the_model_of_an_update_must_still_exist(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    aws("DeleteModel", ModelName="c2")
    assert (
        "Could not find model"
        in aws.refused("UpdateEndpoint", EndpointName="toxicity", EndpointConfigName="c2").message
    )


def test_a_deployment_configuration_is_not_played(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    deployment: dict[str, Any] = {"AutoRollbackConfiguration": {}}
    error = aws.refused("UpdateEndpoint", EndpointName="toxicity", EndpointConfigName="c2", DeploymentConfig=deployment)
    assert error.code == "UnsupportedOperation"


def end_with(aws: Any, ending: Any, reason: str = "", times: int = 1) -> None:
    aws.world.endings.append(Ending("*", "update", ending, reason, times))


@pytest.mark.parametrize("reason", ["the container did not answer", ""])
def test_a_rollback_is_seen_and_ends_on_the_old_configuration(aws: Any, reason: str) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    end_with(aws, "rollback", reason)
    update(aws)
    seen = []
    for _ in range(3):
        seen.append(aws.status())
        aws.wait(aws.world.settings.update_seconds)
    assert seen == [("Updating", "c1"), ("RollingBack", "c1"), ("InService", "c1")]
    assert aws.describe().get("FailureReason", "") == reason


def test_a_silent_rollback_is_not_seen(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    end_with(aws, "silent-rollback", "why")
    update(aws)
    assert aws.status() == ("Updating", "c1")
    aws.wait(aws.world.settings.update_seconds)
    assert aws.status() == ("InService", "c1")
    assert aws.describe()["FailureReason"] == "why"


def test_a_failed_rollback_ends_there_and_can_be_updated_again(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    end_with(aws, "rollback-failed", "why")
    update(aws)
    aws.wait()
    assert aws.status() == ("UpdateRollbackFailed", "c1")
    update(aws)
    aws.wait()
    assert aws.status() == ("InService", "c2")
    assert "FailureReason" not in aws.describe()


def test_an_ending_holds_for_as_many_times_as_it_says(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    end_with(aws, "silent-rollback", times=2)
    served = []
    for _ in range(3):
        update(aws)
        aws.wait()
        served.append(aws.status()[1])
    assert served == ["c1", "c1", "c2"]


def test_an_update_rolls_back_when_its_configuration_is_deleted_meanwhile(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    update(aws)
    aws("DeleteEndpointConfig", EndpointConfigName="c2")
    aws.wait(aws.world.settings.update_seconds)
    assert aws.status() == ("RollingBack", "c1")
    assert "Could not find endpoint configuration" in aws.describe()["FailureReason"]
    aws.wait()
    assert aws.status() == ("InService", "c1")


@pytest.mark.parametrize("ending", [None, "rollback", "silent-rollback"])
def test_the_time_of_the_last_change_moves_when_an_update_begins_and_when_it_ends(aws: Any, ending: str | None) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    if ending:
        end_with(aws, ending)
    before = aws.describe()["LastModifiedTime"]
    update(aws)  # in the very millisecond of the creation's end, or later
    begun = aws.describe()["LastModifiedTime"]
    aws.wait()
    assert before < begun < aws.describe()["LastModifiedTime"]


def test_times_have_milliseconds(aws: Any) -> None:
    aws.now += 0.123456
    aws.endpoint()
    assert round(aws.describe()["LastModifiedTime"], 3) == aws.describe()["LastModifiedTime"]


# Endpoints on instances


def on_instances(aws: Any, name: str, count: int = 2) -> None:
    """A configuration on instances, with a model of the same name."""
    aws.model(name)
    variant = {"VariantName": "blue", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": count}
    aws("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[variant])


def test_an_endpoint_on_instances_shows_how_many_and_no_concurrency(aws: Any) -> None:
    on_instances(aws, "i1")
    aws("CreateEndpoint", EndpointName="toxicity", EndpointConfigName="i1")
    aws.wait()
    assert aws.describe()["ProductionVariants"] == [
        {
            "VariantName": "blue",
            "CurrentWeight": 1.0,
            "DesiredWeight": 1.0,
            "CurrentInstanceCount": 2,
            "DesiredInstanceCount": 2,
        }
    ]


def test_an_endpoint_on_instances_never_becomes_serverless(aws: Any) -> None:
    on_instances(aws, "i1")
    aws("CreateEndpoint", EndpointName="toxicity", EndpointConfigName="i1")
    aws.wait()
    aws.config("c2")
    error = aws.refused("UpdateEndpoint", EndpointName="toxicity", EndpointConfigName="c2")
    assert error.code == "ValidationException"
    assert "cannot become serverless" in error.message


def test_a_serverless_endpoint_may_move_to_instances_and_from_instances_to_others(aws: Any) -> None:
    aws.endpoint(config="c1")
    for config in ("i1", "i2"):
        on_instances(aws, config)
        update(aws, config)
        aws.wait()
        assert aws.status() == ("InService", config)


# Quotas


def over(aws: Any, operation: str, config: str, **limits: int) -> str:
    aws.world.settings = replace(aws.world.settings, **limits)
    error = aws.refused(operation, EndpointName="toxicity", EndpointConfigName=config)
    assert error.code == "ResourceLimitExceeded"
    return str(error.message)


def test_an_endpoint_with_more_memory_than_the_account_may_give_is_refused(aws: Any) -> None:
    aws.config("c1", MemorySizeInMB=4096)
    assert over(aws, "CreateEndpoint", "c1", memory_limit=3072).startswith(
        "The account-level service limit 'Memory size in MB per serverless endpoint' is 3072 MBs, "
        "with current utilization of 0 MBs and a request delta of 4096 MBs."
    )


def test_an_endpoint_that_takes_the_last_of_the_concurrency_and_more_is_refused(aws: Any) -> None:
    aws.endpoint("spam", "c1", MaxConcurrency=6)
    aws.config("c2", MaxConcurrency=5)
    message = over(aws, "CreateEndpoint", "c2", concurrency_limit=10)
    assert "with current utilization of 6 Invocations and a request delta of 5 Invocations" in message


@pytest.mark.parametrize(
    ("larger", "limit"),
    [({"MaxConcurrency": 11}, {"concurrency_limit": 10}), ({"MemorySizeInMB": 4096}, {"memory_limit": 3072})],
)
def test_an_update_to_more_than_the_quota_is_refused(aws: Any, larger: dict[str, int], limit: dict[str, int]) -> None:
    aws.endpoint(config="c1")
    aws.config("c2", **larger)
    assert over(aws, "UpdateEndpoint", "c2", **limit)


def test_capacities_over_the_quota_are_refused(aws: Any) -> None:
    aws.endpoint()
    aws.world.settings = replace(aws.world.settings, concurrency_limit=10)
    error = aws.refused("UpdateEndpointWeightsAndCapacities", **resize(MaxConcurrency=11))
    assert error.code == "ResourceLimitExceeded"


def test_an_update_that_adds_nothing_passes_a_quota_that_was_lowered(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    aws.world.settings = replace(aws.world.settings, endpoint_limit=0, concurrency_limit=1, memory_limit=1024)
    update(aws)


def test_endpoints_on_instances_take_nothing_of_the_quotas(aws: Any) -> None:
    on_instances(aws, "i1")
    aws.world.settings = replace(aws.world.settings, endpoint_limit=0, concurrency_limit=0, memory_limit=0)
    aws("CreateEndpoint", EndpointName="toxicity", EndpointConfigName="i1")


# Concurrency


def concurrency(aws: Any) -> dict[str, Any]:
    current: dict[str, Any] = aws.describe()["ProductionVariants"][0]["CurrentServerlessConfig"]
    return current


def resize(**serverless: int) -> dict[str, Any]:
    wanted = {"VariantName": "AllTraffic", "ServerlessUpdateConfig": serverless}
    return {"EndpointName": "toxicity", "DesiredWeightsAndCapacities": [wanted]}


def test_capacities_change_in_place_and_after_a_while(aws: Any) -> None:
    aws.endpoint(ProvisionedConcurrency=1)
    aws("UpdateEndpointWeightsAndCapacities", **resize(ProvisionedConcurrency=3))
    (shown,) = aws.describe()["ProductionVariants"]
    assert aws.status() == ("Updating", "c1")
    assert shown["CurrentServerlessConfig"]["ProvisionedConcurrency"] == 1
    assert shown["DesiredServerlessConfig"]["ProvisionedConcurrency"] == 3
    aws.wait()
    assert aws.status() == ("InService", "c1")
    assert concurrency(aws) == {"MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 3}


def test_capacities_must_fit(aws: Any) -> None:
    aws.endpoint(ProvisionedConcurrency=1)
    error = aws.refused("UpdateEndpointWeightsAndCapacities", **resize(ProvisionedConcurrency=6))
    assert "must not be greater than MaxConcurrency (5)" in error.message


def test_capacities_of_an_unknown_variant_are_refused(aws: Any) -> None:
    aws.endpoint()
    wanted = [{"VariantName": "other", "DesiredWeight": 1}]
    assert aws.refused(
        "UpdateEndpointWeightsAndCapacities", EndpointName="toxicity", DesiredWeightsAndCapacities=wanted
    ).message.endswith("are ['AllTraffic'].")


def test_an_update_resets_what_an_autoscaler_has_moved(aws: Any) -> None:
    aws.endpoint(config="c1", ProvisionedConcurrency=1)
    aws.config("c2", ProvisionedConcurrency=2)
    before = aws.describe()["LastModifiedTime"]
    provision(aws.world, "eu-west-1", "toxicity", 4)
    assert concurrency(aws)["ProvisionedConcurrency"] == 4
    assert aws.describe()["LastModifiedTime"] > before
    update(aws)
    assert concurrency(aws)["ProvisionedConcurrency"] == 4
    aws.wait()
    assert concurrency(aws)["ProvisionedConcurrency"] == 2


# Lists


def test_endpoints_are_filtered_sorted_and_paged(aws: Any) -> None:
    aws.config("c1")
    for name in ("b1", "a1", "a2"):
        aws.wait(1)
        aws("CreateEndpoint", EndpointName=name, EndpointConfigName="c1")

    def names(**request: Any) -> list[str]:
        return [row["EndpointName"] for row in aws("ListEndpoints", **request)["Endpoints"]]

    assert names() == ["a2", "a1", "b1"]  # the newest first
    assert names(SortBy="Name", SortOrder="Ascending", MaxResults=2) == ["a1", "a2"]
    assert names(NameContains="b") == ["b1"]
    assert names(StatusEquals="Creating") == ["a2"]
    aws("DeleteEndpoint", EndpointName="b1")
    assert names(LastModifiedTimeAfter=aws.now - 0.1) == ["a2", "b1"]


def test_the_page_size_of_the_sandbox_caps_what_is_asked(aws: Any) -> None:
    for number in range(3):
        aws.model(f"m{number}")
    aws.world.settings = replace(aws.world.settings, page_size=2)
    page = aws("ListModels", MaxResults=100)
    assert len(page["Models"]) == 2
    assert len(aws("ListModels", MaxResults=100, NextToken=page["NextToken"])["Models"]) == 1


# Harm: deletions that SageMaker allows and its documentation forbids


def harm(aws: Any) -> list[tuple[str, str, str]]:
    return [(row.operation, row.name, row.why) for row in aws.world.harm]


def test_deleting_what_serves_is_harm_though_it_goes_on_serving(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws("DeleteEndpointConfig", EndpointConfigName="c1")
    aws("DeleteModel", ModelName="c1")
    assert harm(aws) == [("DeleteEndpointConfig", "c1", "serves it"), ("DeleteModel", "c1", "serves c1")]
    assert aws.status() == ("InService", "c1")


def test_deleting_what_an_update_goes_to_is_harm(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    update(aws)
    aws("DeleteModel", ModelName="c2")
    aws("DeleteEndpointConfig", EndpointConfigName="c2")
    assert harm(aws) == [("DeleteModel", "c2", "goes to c2"), ("DeleteEndpointConfig", "c2", "goes to it")]


def test_deleting_what_an_update_comes_from_is_harm_until_it_has_ended(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    update(aws)
    aws("DeleteModel", ModelName="c1")
    aws.wait()
    aws("DeleteEndpointConfig", EndpointConfigName="c1")
    assert harm(aws) == [("DeleteModel", "c1", "serves c1")]


def test_deleting_what_nothing_needs_is_no_harm(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    aws("DeleteEndpointConfig", EndpointConfigName="c2")
    aws("DeleteEndpoint", EndpointName="toxicity")
    aws("DeleteEndpointConfig", EndpointConfigName="c1")
    aws("DeleteModel", ModelName="c1")
    assert harm(aws) == []


# Snapshots


def test_a_world_comes_back_from_its_snapshot_as_it_was(aws: Any) -> None:
    aws.endpoint(config="c1")
    aws.config("c2")
    update(aws)
    kept = json.loads(json.dumps(aws.world.snapshot()))
    before = aws.describe()
    aws.wait()
    aws("DeleteEndpoint", EndpointName="toxicity")
    aws.wait(-10)
    aws.world.restore(kept)
    assert aws.describe() == before
    aws.wait()
    assert aws.status() == ("InService", "c2")


def test_an_endpoint_whose_role_sagemaker_may_not_assume_fails_with_the_sentence_of_aws(aws: Any) -> None:
    aws.world.settings = replace(aws.world.settings, roles={"execution": {"Statement": []}})
    aws.endpoint()
    assert aws.status()[0] == "Failed"
    assert 'allows the action "sts:AssumeRole" for the service principal' in aws.describe()["FailureReason"]
    aws("DeleteEndpoint", EndpointName="toxicity")
    aws.wait()
    aws.world.settings = replace(aws.world.settings, roles={"execution": TRUST})
    aws("CreateEndpoint", EndpointName="toxicity", EndpointConfigName="c1")
    aws.wait()
    assert aws.status()[0] == "InService"
