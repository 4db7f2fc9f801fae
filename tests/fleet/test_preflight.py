"""What AWS would refuse later, told before: packages, quotas, the execution role."""

from dataclasses import replace
from typing import Any

import pytest

from fleet.preflight import (
    Findings,
    Image,
    Limit,
    Quotas,
    Wanted,
    documented_quotas,
    doubtful,
    lets_sagemaker_in,
    quota_findings,
)
from fleet.preflight import unsuitable as reasons

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
IMAGE = {"Image": f"{REGISTRY}/text:1"}
MODEL = {**IMAGE, "ModelDataUrl": "s3://models/toxicity/7/model.tar.gz"}


# Packages


def package(*containers: dict[str, Any], region: str = "eu-west-1", **changes: Any) -> dict[str, Any]:
    """DescribeModelPackage's answer, as far as it matters."""
    arn = f"arn:aws:sagemaker:{region}:123456789012:model-package/toxicity/7"
    return {"ModelPackageArn": arn, "InferenceSpecification": {"Containers": list(containers or [MODEL])}, **changes}


def source(kind: str, compression: str) -> dict[str, Any]:
    uri = {"S3Uri": "s3://models/toxicity/7/", "S3DataType": kind, "CompressionType": compression}
    return {"ModelDataSource": {"S3DataSource": uri}}


@pytest.mark.parametrize(
    "suitable",
    [
        package(),
        package(IMAGE),
        package({**MODEL, **source("S3Object", "Gzip")}),
        package({**MODEL, "Environment": {}, "Framework": "SKLEARN", "ModelDataSource": {}, "ProductId": ""}),
        package(ModelPackageArn=""),
        package(InferenceSpecification=None, SourceAlgorithmSpecification={"SourceAlgorithms": [{}]}),
        package({"Image": "registry.example.com/text:1"}),
    ],
    ids=[
        "archive",
        "model inside the image",
        "archive said twice",
        "empty members",
        "no ARN in the answer",
        "an algorithm says what it runs",
        "an image that is not in ECR is no more than doubtful",
    ],
)
def test_one_container_with_one_archive_is_suitable(suitable: dict[str, Any]) -> None:
    assert reasons(suitable, "eu-west-1") == []


@pytest.mark.parametrize(
    ("unsuitable", "reason"),
    [
        (package(MODEL, MODEL), "is an inference pipeline of 2 containers; serverless takes one"),
        (package({**IMAGE, **source("S3Prefix", "None")}), "is not one compressed archive"),
        (package({**MODEL, **source("S3Object", "None")}), "is not one compressed archive"),
        (package({**MODEL, **source("S3Prefix", "Gzip")}), "is not one compressed archive"),
        (package({**IMAGE, **source("S3Object", "Gzip")}), "is named by ModelDataSource alone"),
        (package({"Image": IMAGE["Image"].replace("eu-west-1", "us-east-1")}), "is in the registry of us-east-1"),
        (package(InferenceSpecification=None), "has no inference specification"),
        ({"ModelPackageArn": "toxicity/7"}, "has no inference specification"),
        (
            package(InferenceSpecification=None, AdditionalInferenceSpecifications=[{"Name": "cpu"}, {"Name": "gpu"}]),
            "has additional inference specifications alone (cpu, gpu)",
        ),
        (package({**MODEL, "ProductId": "prod-1"}), "is the AWS Marketplace product prod-1"),
        (package(region="us-east-1"), "is in us-east-1, the endpoint in eu-west-1"),
        (package(InferenceSpecification={"Containers": []}), "inference specification has no container"),
    ],
)
def test_what_serverless_cannot_run_is_told_with_its_source(unsuitable: dict[str, Any], reason: str) -> None:
    (told,) = reasons(unsuitable, "eu-west-1")
    assert reason in told
    assert "2026-11" in told


def test_all_reasons_are_told_at_once() -> None:
    marketplace = {**IMAGE, **source("S3Prefix", "None"), "ProductId": "prod-1"}
    assert len(reasons(package(marketplace, MODEL, region="us-east-1"), "eu-west-1")) == 4


# Which of a package's specifications is looked at

SMALL = {"Name": "small", "Containers": [MODEL]}
PAIR = {"Name": "pair", "Containers": [MODEL, MODEL]}


@pytest.mark.parametrize("own", [{"Containers": [MODEL, MODEL]}, None], ids=["another", "none"])
def test_an_additional_specification_that_is_asked_for_stands_in_for_the_packages_own(own: Any) -> None:
    described = package(InferenceSpecification=own, AdditionalInferenceSpecifications=[PAIR, SMALL])
    assert reasons(described, "eu-west-1", specification="small") == []
    (told,) = reasons(described, "eu-west-1", specification="pair")
    assert "is an inference pipeline of 2 containers" in told


def test_the_images_of_the_specification_that_is_asked_for_are_looked_at() -> None:
    additional = [{"Name": "gpu", "Containers": [{"Image": f"{REGISTRY}/text:1-gpu"}]}]
    described = package(AdditionalInferenceSpecifications=additional)
    assert doubtful(described, {}) == []
    (told,) = doubtful(described, {}, specification="gpu")
    assert 'says "gpu"' in told


@pytest.mark.parametrize(
    ("additional", "has"), [([PAIR, SMALL], "it has pair, small"), ([], "it has none"), (None, "it has none")]
)
def test_a_specification_that_the_package_has_not_is_told_with_those_that_it_has(additional: Any, has: str) -> None:
    described = package(AdditionalInferenceSpecifications=additional)
    (told,) = reasons(described, "eu-west-1", specification="smal")
    assert told.startswith(f'its package has no additional inference specification "smal" ({has})')


def test_a_key_of_another_region_is_told() -> None:
    key = "arn:aws:kms:{}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    assert reasons(package(), "eu-west-1", key=key.format("eu-west-1")) == []
    (told,) = reasons(package(), "eu-west-1", key=key.format("us-east-1"))
    assert told.startswith("kms_key is in us-east-1, the endpoint in eu-west-1")


# Doubts


@pytest.mark.parametrize(
    ("image", "known", "doubt"),
    [
        (f"{REGISTRY}/text:2.0.0-gpu-py310-cu118", 0, 'says "gpu", and serverless has no GPU'),
        (f"{REGISTRY}/text:12-cu121", 0, 'says "cu121"'),
        (f"{REGISTRY}/cuda/text", 0, 'says "cuda"'),
        (f"{REGISTRY}/text:1", 10_000_000_001, "has 10.0 GB; serverless takes 10 GB"),
        (f"{REGISTRY}/text:1", "DescribeImages: ImageNotFoundException: gone", "is not there: DescribeImages: Image"),
        ("public.ecr.aws/team/text:1", 0, "is not in Amazon ECR"),
    ],
)
def test_what_may_keep_serverless_from_running_it_is_a_doubt(image: str, known: int | str, doubt: str) -> None:
    (told,) = doubtful(package({"Image": image}), {image: known})
    assert told.startswith(f"its image {image} ")
    assert doubt in told
    assert reasons(package({"Image": image}), "eu-west-1") == []


@pytest.mark.parametrize("image", [f"{REGISTRY}/text:1", f"{REGISTRY}/gpus-explained:1", f"{REGISTRY}/text@sha256:00"])
def test_an_image_that_fits_is_no_doubt(image: str) -> None:
    assert doubtful(package({"Image": image}), {image: 10_000_000_000}) == []


@pytest.mark.parametrize(
    ("uri", "image"),
    [
        (f"{REGISTRY}/a/b", Image("123456789012", "eu-west-1", "a/b", {"imageTag": "latest"})),
        (f"{REGISTRY}/a:1.2-cpu", Image("123456789012", "eu-west-1", "a", {"imageTag": "1.2-cpu"})),
        (f"{REGISTRY}/a:1@sha256:0f", Image("123456789012", "eu-west-1", "a", {"imageDigest": "sha256:0f"})),
        (
            "1" * 12 + ".dkr.ecr.cn-north-1.amazonaws.com.cn/a",
            Image("1" * 12, "cn-north-1", "a", {"imageTag": "latest"}),
        ),
        (
            "1" * 12 + ".dkr.ecr-fips.us-east-1.amazonaws.com/a",
            Image("1" * 12, "us-east-1", "a", {"imageTag": "latest"}),
        ),
        ("1" * 12 + ".dkr-ecr.us-east-1.on.aws/a", Image("1" * 12, "us-east-1", "a", {"imageTag": "latest"})),
        ("public.ecr.aws/team/text:1", None),
        ("text:1", None),
    ],
)
def test_an_image_is_known_by_its_uri(uri: str, image: Image | None) -> None:
    assert Image.parse(uri) == image


# Quotas


def wants(task: str = "toxicity", *, memory_mb: int = 2048, max_concurrency: int = 5, adds: bool = True) -> Wanted:
    return Wanted(task, memory_mb, max_concurrency, adds)


def applied(endpoints: int = 50, concurrency: int = 1000, memory_mb: int = 6144) -> Quotas:
    """Quotas read from the account."""

    def limit(kind: str, value: int) -> Limit:
        return Limit(value, f'Service Quotas, "{kind}"', applied=True)

    return Quotas(limit("endpoints", endpoints), limit("concurrency", concurrency), limit("memory_mb", memory_mb))


def found(*wanted: Wanted, quotas: Quotas, others: int = 0) -> Findings:
    return quota_findings(wanted, others, quotas)


def test_what_fits_to_the_last_is_fine() -> None:
    assert found(wants("a"), wants("b"), quotas=applied(endpoints=3, concurrency=11), others=1) == Findings()


@pytest.mark.parametrize(
    ("quotas", "text"),
    [
        (
            applied(endpoints=1),
            "this stack wants 2 serverless endpoints; the limit is 1 "
            '(Service Quotas, "endpoints", of this account); take tasks out or ask for an increase (this run adds b)',
        ),
        (
            applied(concurrency=9),
            "this stack wants 10 concurrent calls (the sum of max_concurrency); the limit is 9 "
            '(Service Quotas, "concurrency", of this account); lower max_concurrency or ask for an increase '
            "(this run adds b)",
        ),
    ],
)
def test_more_than_the_account_has_stops_the_stack(quotas: Quotas, text: str) -> None:
    findings = found(wants("a", adds=False), wants("b"), quotas=quotas)
    assert [(one.task, one.text) for one in findings.stops] == [("", text)]
    assert findings.warnings == ()


@pytest.mark.parametrize("quotas", [applied(endpoints=3), applied(concurrency=6)])
def test_what_only_the_whole_region_exceeds_is_a_warning(quotas: Quotas) -> None:
    findings = found(wants(), quotas=quotas, others=3)
    assert findings.stops == ()
    (warning,) = findings.warnings
    assert ", and 3 more endpoints are listed in the Region" in warning.text


UNREAD = replace(documented_quotas("eu-west-1"), note="ListServiceQuotas: AccessDeniedException: not you")


def test_a_documented_concurrency_never_stops_because_an_increase_may_have_been_granted() -> None:
    findings = found(*(wants(f"task-{n}", max_concurrency=200) for n in range(6)), quotas=UNREAD)
    assert findings.stops == ()
    (warning,) = findings.warnings
    assert (
        "the limit is 1000 (Developer Guide, Serverless Inference, 2026-11; that of this account could not be read: "
        "ListServiceQuotas: AccessDeniedException: not you)"
    ) in warning.text


def test_the_documented_number_of_endpoints_stops() -> None:
    (stop,) = found(*(wants(f"task-{n}") for n in range(51)), quotas=UNREAD).stops
    assert "the limit is 50 (Developer Guide" in stop.text


def test_of_many_tasks_that_are_added_the_first_are_named() -> None:
    (finding,) = found(*(wants(f"task-{n}") for n in range(7)), quotas=applied(endpoints=6)).stops
    assert finding.text.endswith("(this run adds task-0, task-1, task-2, task-3, task-4, 2 more)")


def test_a_run_that_adds_nothing_is_never_stopped_by_a_quota() -> None:
    quotas = applied(endpoints=0, concurrency=0, memory_mb=0)
    assert found(wants(adds=False), quotas=quotas, others=9) == Findings()


def test_too_much_memory_stops_its_task_alone() -> None:
    findings = found(wants("a"), wants("b", memory_mb=4096), quotas=applied(memory_mb=3072))
    assert [one.task for one in findings.stops] == ["b"]
    assert findings.stops[0].text == (
        "memory_mb is 4096, more than one serverless endpoint may have; the limit is 3072 "
        '(Service Quotas, "memory_mb", of this account); lower memory_mb or ask for an increase'
    )


def test_what_serves_with_more_memory_than_is_allowed_now_is_left_alone() -> None:
    assert found(wants("a"), wants("b", memory_mb=4096, adds=False), quotas=applied(memory_mb=3072)) == Findings()


def test_all_findings_are_told_at_once() -> None:
    findings = found(wants(memory_mb=4096), wants("b"), quotas=applied(1, 5, 3072))
    assert [one.task for one in findings.stops] == ["", "", "toxicity"]


@pytest.mark.parametrize(("region", "concurrency"), [("eu-west-1", 1000), ("eu-south-1", 500)])
def test_the_documented_concurrency_depends_on_the_region(region: str, concurrency: int) -> None:
    assert documented_quotas(region).concurrency.value == concurrency


# The trust policy of the execution role


def policy(principal: Any, action: Any = "sts:AssumeRole", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": effect, "Principal": principal, "Action": action, **more}]}


SAGEMAKER = {"Service": "sagemaker.amazonaws.com"}
LAMBDA = {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize(
    "trust",
    [
        policy(SAGEMAKER),
        policy({"Service": ["lambda.amazonaws.com", "sagemaker.amazonaws.com"]}),
        policy({"Service": "sagemaker.eu-west-1.amazonaws.com"}),
        policy("*"),
        policy({"AWS": "*"}),
        policy({"AWS": ["arn:aws:iam::1:root", "*"]}),
        policy(SAGEMAKER, ["sts:TagSession", "sts:AssumeRole"]),
        policy(SAGEMAKER, "sts:*"),
        policy(SAGEMAKER, "*"),
        policy(SAGEMAKER, "STS:assumerole"),
        policy(SAGEMAKER, Condition={"StringEquals": {"aws:SourceAccount": "1"}}),
        {"Statement": policy(SAGEMAKER)["Statement"][0]},
        {"Statement": [*policy(LAMBDA)["Statement"], *policy(SAGEMAKER)["Statement"]]},
        {"Statement": [{"Effect": "Allow", "NotPrincipal": LAMBDA, "Action": "sts:AssumeRole"}]},
        {"Statement": [{"Effect": "Allow", "Principal": SAGEMAKER, "NotAction": "sts:TagSession"}]},
        {"Statement": []},
        {},
        "%7B%22Statement",
        None,
    ],
)
def test_a_role_that_sagemaker_may_assume_or_whose_policy_is_not_understood_passes(trust: Any) -> None:
    assert lets_sagemaker_in(trust)


@pytest.mark.parametrize(
    "trust",
    [
        policy(LAMBDA),
        policy({"AWS": "arn:aws:iam::123456789012:root"}),
        policy({"AWS": "sagemaker.amazonaws.com"}),
        policy({"Service": "notsagemaker.amazonaws.com"}),
        policy(SAGEMAKER, "sts:TagSession"),
        policy(SAGEMAKER, effect="Deny"),
        {"Statement": [*policy(LAMBDA)["Statement"], *policy(SAGEMAKER, "sts:TagSession")["Statement"]]},
    ],
)
def test_a_role_that_sagemaker_may_certainly_not_assume_does_not(trust: Any) -> None:
    assert not lets_sagemaker_in(trust)
