"""From a model of MLflow to a version of a group: what is put where, that it is one, and what is left when it fails."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from fleet import archive, registration, tracking
from fleet.access import Access
from fleet.evidence import metadata
from fleet.registration import RegistrationError, register
from fleet.tracking import TrackingError
from sandbox.aws.world import REGION
from tests.fleet.models_of_mlflow import BUCKET, IMAGE, RUN, logged, track

LARGE = 20_000_000  # bytes: more than goes in one part
DENIED = {"action": "error", "code": "AccessDenied", "message": "no", "status": 403}


@pytest.fixture
def registry(account, monkeypatch):
    """A group without versions, an empty bucket, and MLflow with one model."""
    account.client.create_model_package_group(ModelPackageGroupName="toxicity")
    s3 = account.sandbox.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for item in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
            s3.delete_object(Bucket=bucket["Name"], Key=item["Key"])
        s3.delete_bucket(Bucket=bucket["Name"])
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    track(monkeypatch, logged())
    return account


def do(**changes):
    group = changes.pop("group", "toxicity")
    return register(group, **{"run": RUN, "image": IMAGE, "bucket": BUCKET, "access": Access(REGION), **changes})


def refused(**changes):
    with pytest.raises(RegistrationError) as error:
        do(**changes)
    return str(error.value)


def package(account, version=1):
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:model-package/toxicity/{version}"
    return account.client.describe_model_package(ModelPackageName=arn)


def versions(account):
    return len(account.client.list_model_packages(ModelPackageGroupName="toxicity")["ModelPackageSummaryList"])


def keys(account):
    found = account.sandbox.client("s3").list_objects_v2(Bucket=BUCKET)
    return [item["Key"] for item in found.get("Contents", ())]


def test_a_model_becomes_a_version_that_somebody_has_to_approve(registry):
    found = do()

    its = package(registry)
    assert (found.version, found.package, found.created) == (1, its["ModelPackageArn"], True)
    assert found.warnings == ()
    assert its["ModelApprovalStatus"] == "PendingManualApproval"
    [container] = its["InferenceSpecification"]["Containers"]
    assert container == {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/toxicity/m-1/model.tar.gz"}
    said = its["CustomerMetadataProperties"]
    assert {"metric.f1_macro": "0.921", "mlflow.run_id": RUN, "git.commit": "8f2c31"}.items() <= said.items()
    assert keys(registry) == ["toxicity/m-1/evaluation.json", "toxicity/m-1/model.tar.gz"]


def test_the_report_that_is_put_into_s3_is_the_one_that_the_package_names(registry):
    do()

    its = package(registry)["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert its["S3Uri"] == f"s3://{BUCKET}/toxicity/m-1/evaluation.json"
    body = registry.sandbox.client("s3").get_object(Bucket=BUCKET, Key="toxicity/m-1/evaluation.json")["Body"].read()
    assert json.loads(body)["multiclass_classification_metrics"]["f1_macro"]["value"] == 0.921


def test_the_same_model_is_one_version_and_nothing_is_sent_again(registry):
    first = do()
    mark = registry.sandbox.mark()

    again = do()

    assert (again.version, again.package, again.created) == (first.version, first.package, False)
    assert not registry.sandbox.mutations(mark)


def test_another_model_of_the_same_run_is_another_version(registry, monkeypatch):
    do()
    track(monkeypatch, logged("m-2"))

    assert do().version == 2


def test_two_machines_at_once_make_one_version(registry):
    held = registry.sandbox.fault("CreateModelPackage", action="hold-before", times=2)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(do), pool.submit(do)]
        registry.sandbox.wait_held(held, calls=2)  # neither has found the other's
        registry.sandbox.release(held)

    assert {one.result().version for one in both} == {1}
    assert versions(registry) == 1


def test_a_registered_model_in_another_image_is_told(registry):
    do()

    [warning] = do(image=IMAGE.replace("1.4", "1.5")).warnings
    assert warning.startswith(f"version 1 of the same model runs in {IMAGE}; to have it in ")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"group": "toxicty"}, 'model package group "toxicty" does not exist in eu-west-1; did you mean "toxicity"?'),
        ({"image": IMAGE.replace("eu-west-1", "us-east-1")}, "its image is in the registry of us-east-1"),
        ({"bucket": "nowhere"}, "there is no bucket nowhere"),
        ({"environment": {f"A{n}": "1" for n in range(17)}}, "the container has 17 variables"),
        ({"run": ""}, "give a run or a model URI, and not both"),
    ],
)
def test_what_cannot_be_registered_is_refused_before_anything_is_uploaded(registry, changes, reason):
    assert refused(**changes).startswith(reason)

    assert not keys(registry)
    assert not versions(registry)


@pytest.mark.parametrize(
    ("tag", "doubt"), [("1.4-gpu", 'says "gpu", and serverless has no GPU'), ("gone", "is not there: DescribeImages")]
)
def test_what_may_keep_it_from_running_is_told(registry, tag, doubt):
    registry.sandbox.settings(image_bytes={"scikit-learn-inference:gone": 0})

    [warning] = do(image=IMAGE.replace("1.4", tag)).warnings
    assert doubt in warning


def test_a_pipeline_reaches_aws_by_its_environment(registry):
    assert do(access=None).version == 1


def test_a_bucket_of_another_region_is_refused(registry):
    s3 = registry.sandbox.client("s3", "us-west-2")
    s3.create_bucket(Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})

    assert refused(bucket="elsewhere").startswith("bucket elsewhere is in us-west-2, and SageMaker in eu-west-1")


def test_what_mlflow_has_not_is_one_sentence(registry, monkeypatch):
    def missing(*_):
        raise TrackingError("run 6f0d31 is not in MLflow at http://mlflow")

    monkeypatch.setattr(tracking, "of_run", missing)

    assert refused() == "run 6f0d31 is not in MLflow at http://mlflow; nothing was registered"


def test_a_disk_that_is_full_is_one_sentence(registry, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "of", full)

    assert refused() == "classifier (m-1): [Errno 28] No space left on device; nothing was registered"


def test_where_nothing_may_be_put_into_s3_nothing_large_is_sent_in_vain(registry):
    registry.sandbox.fault("PutObject", service="s3", times=1, **DENIED)

    assert refused() == "PutObject: AccessDenied: no; nothing was registered, and nothing was left in S3"
    assert not versions(registry)


def test_what_s3_refuses_half_way_leaves_no_package_and_says_what_lies_there(registry):
    key = "toxicity/m-1/model.tar.gz"
    denied = registry.sandbox.fault("PutObject", service="s3", match={"Key": key}, **DENIED)

    report = f"s3://{BUCKET}/toxicity/m-1/evaluation.json"
    left = f"nothing was registered; left in S3, and used when it is tried again: {report}"
    assert refused() == f"PutObject: AccessDenied: no; {left}"
    assert not versions(registry)
    assert keys(registry) == ["toxicity/m-1/evaluation.json"]

    registry.sandbox.release(denied)
    assert do().version == 1


def test_what_sagemaker_refuses_in_the_end_says_what_lies_in_s3(registry):
    registry.sandbox.fault("CreateModelPackage", action="error", code="AccessDeniedException", message="no")

    model, report = (f"s3://{BUCKET}/toxicity/m-1/{name}" for name in ("model.tar.gz", "evaluation.json"))
    said = refused()
    assert said.startswith("CreateModelPackage: AccessDeniedException: no; nothing was registered; left in S3")
    assert said.endswith(f": {report}, {model}")
    assert not versions(registry)


def test_where_the_answer_is_lost_it_is_not_known_whether_it_was_registered(registry):
    registry.sandbox.fault("CreateModelPackage", action="error", drop=True, times=1)

    assert refused().endswith("it is not known whether it was registered; run it again, the same model is one version")
    assert do().version == 1


def test_a_large_archive_goes_in_parts_and_its_progress_is_told(registry, monkeypatch):
    track(monkeypatch, logged(), content=os.urandom(LARGE))  # gzip makes it no smaller
    told = []

    do(progress=lambda *said: told.append(said))

    steps = [said for said in told if said[2]]
    assert steps[0][1] == 0
    assert steps[-1][1] == steps[-1][2] > LARGE
    assert len(steps) > 3
    assert registry.operations().count("UploadPart") == 3


def test_what_is_broken_off_in_parts_is_aborted(registry, monkeypatch):
    track(monkeypatch, logged(), content=os.urandom(LARGE))  # gzip makes it no smaller
    registry.sandbox.fault("UploadPart", service="s3", **DENIED)

    assert refused().startswith("UploadPart: AccessDenied: no; nothing was registered")
    assert registry.operations().count("AbortMultipartUpload") == 1


def test_an_archive_that_lies_in_s3_stays_there(registry, monkeypatch):
    monkeypatch.setattr(tracking, "archive_in_s3", lambda _: "s3://mlflow/1/m-1/model.tar.gz")

    do()

    [container] = package(registry)["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == "s3://mlflow/1/m-1/model.tar.gz"
    assert keys(registry) == ["toxicity/m-1/evaluation.json"]


# --- its evaluation -------------------------------------------------------------------------------------------------


def test_a_metric_that_is_nan_is_registered_as_that_and_said(registry, monkeypatch):
    track(monkeypatch, logged(figures={"f1_macro": "nan", "accuracy": "0.9"}))

    assert do().warnings == ("f1_macro is nan, which no gate lets pass",)
    assert package(registry)["CustomerMetadataProperties"]["metric.f1_macro"] == "nan"


def test_a_run_without_metrics_is_registered_without_an_evaluation_and_that_is_said(registry, monkeypatch):
    track(monkeypatch, logged(figures={}))

    [warning] = do().warnings
    assert warning == "it has no metrics, so there is nothing to compare it by, and a gate does not let it pass"
    assert "ModelMetrics" not in package(registry)
    assert keys(registry) == ["toxicity/m-1/model.tar.gz"]


def test_a_version_without_the_figure_that_its_gate_goes_by_is_told(registry):
    assert do(gated=["f1_weighted"]).warnings == ("it has no f1_weighted, by which a gate goes",)


def test_more_metadata_than_a_package_takes_is_left_out_and_said_once(registry, monkeypatch):
    parameters = {f"p{number:02}": "1" for number in range(60)} | {"note": "a,b"}
    track(monkeypatch, logged(parameters=parameters))

    [warning] = do().warnings
    assert warning.startswith("left out of its metadata: param.note: its value has ,;")
    assert warning.endswith("more")
    assert len(package(registry)["CustomerMetadataProperties"]) == metadata.OURS


def test_a_model_without_an_id_is_known_by_its_run(registry, monkeypatch):
    track(monkeypatch, replace(logged(""), uri="models:/toxicity/7"))

    assert do().created
    assert not do().created
    assert f"toxicity/{RUN}/model.tar.gz" in keys(registry)


def test_without_a_region_it_is_said_which_variable_to_set(monkeypatch):
    track(monkeypatch, logged())
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    assert refused(access=None) == "no Region is known; set AWS_REGION"


def test_files_that_do_not_fit_into_a_container_are_told(registry, monkeypatch):
    monkeypatch.setattr(registration, "DISK", 3)

    [warning] = do().warnings
    assert warning.startswith("its files have 0.0 GB, and a serverless container")
