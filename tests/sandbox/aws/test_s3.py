"""S3 of the sandbox: moto's, with calls by their names, and with what SageMaker reads of it."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from sandbox.aws import s3
from sandbox.aws.world import REGION
from sandbox.lab.handle import Sandbox

CODE = """
def model_fn(folder): return open(folder + "/model.txt").read()
def input_fn(body, content_type): return body.decode()
def predict_fn(text, model): return {"label": model, "text": text}
def output_fn(answer, accept):
    import json
    return json.dumps(answer)
"""


def archive(**files: str) -> bytes:
    """A model.tar.gz of these files; / is written __, and . is _."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as made:
        for name, text in files.items():
            entry = tarfile.TarInfo(name.replace("__", "/").replace("_", "."))
            entry.size = len(text)
            made.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("method", "path", "query", "name"),
    [
        ("PUT", "/b", (), "CreateBucket"),
        ("HEAD", "/b", (), "HeadBucket"),
        ("GET", "/b", ("list-type",), "ListObjects"),
        ("PUT", "/b/k", (), "PutObject"),
        ("GET", "/b/k", (), "GetObject"),
        ("POST", "/b/k", ("uploads",), "CreateMultipartUpload"),
        ("PUT", "/b/k", ("uploadId", "partNumber"), "UploadPart"),
        ("POST", "/b/k", ("uploadId",), "CompleteMultipartUpload"),
        ("DELETE", "/b/k", ("uploadId",), "AbortMultipartUpload"),
        ("GET", "/", (), "ListBuckets"),
        ("PATCH", "/b/k", (), ""),
    ],
)
def test_a_call_has_the_name_that_it_has_in_aws(method: str, path: str, query: tuple[str, ...], name: str) -> None:
    assert s3.named(method, path, query)[0] == name


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("s3") / "sandbox", create_seconds=0) as started:
        started.client("s3").create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield started


def serve(sandbox: Sandbox, key: str, content: bytes | None) -> str:
    """An endpoint on an archive of that content; None: of none. Gives its name."""
    if content is not None:
        sandbox.client("s3").put_object(Bucket="models", Key=f"{key}/model.tar.gz", Body=content)
    client, name = sandbox.client("sagemaker"), key
    role = "arn:aws:iam::123456789012:role/sagemaker-execution"
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/inference:1"
    container = {"Image": image, "ModelDataUrl": f"s3://models/{key}/model.tar.gz"}
    client.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    variant = {"VariantName": "AllTraffic", "ModelName": name, "ServerlessConfig": serverless}
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    client.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return name


def call(sandbox: Sandbox, endpoint: str) -> str:
    runtime = sandbox.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/plain", Body=b"hello")
    return str(answer["Body"].read().decode())


def test_an_endpoint_answers_with_the_code_and_the_model_of_its_archive(sandbox: Sandbox) -> None:
    endpoint = serve(sandbox, "good", archive(model_txt="positive", code__inference_py=CODE))

    assert call(sandbox, endpoint) == '{"label": "positive", "text": "hello"}'
    assert call(sandbox, endpoint) == '{"label": "positive", "text": "hello"}'


@pytest.mark.parametrize(
    ("key", "content", "why"),
    [
        ("nothing", None, "Could not find model data at s3://models/nothing/model.tar.gz."),
        ("no-archive", b"not gzip", "model.tar.gz cannot be unpacked"),
        ("no-code", archive(model_txt="positive"), "model.tar.gz has no code/inference.py"),
        ("broken", archive(model_txt="x", code__inference_py="raise ValueError('no')"), "ValueError: no"),
    ],
)
def test_an_archive_that_no_image_could_run_is_a_model_error(
    sandbox: Sandbox, key: str, content: bytes | None, why: str
) -> None:
    endpoint = serve(sandbox, key, content)

    with pytest.raises(ClientError, match=why) as error:
        call(sandbox, endpoint)
    assert error.value.response["Error"]["Code"] == "ModelError"


def test_a_fault_can_be_of_one_object(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fault("PutObject", service="s3", action="error", code="AccessDenied", message="no", match={"Key": "a"})
    client = sandbox.client("s3")

    client.put_object(Bucket="models", Key="b", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        client.put_object(Bucket="models", Key="a", Body=b"")
    sandbox.clear_faults()
