"""Worlds for the sandbox's tests: `aws`, SageMaker without a server and with its own clock, and `server`, over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.aws.control import State
from sandbox.aws.sagemaker.operations import SERVICE
from sandbox.aws.server import serve
from sandbox.aws.world import REGION, AwsError, World
from sandbox.lab.handle import Sandbox
from tests import accounts

ROLE = "arn:aws:iam::123456789012:role/execution"


class Aws:
    """SageMaker in one region. Time stands still but for `wait`."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.world = World(clock=lambda: self.now)

    def __call__(self, operation: str, region: str = REGION, /, **request: Any) -> dict[str, Any]:
        return SERVICE.answer(self.world, region, operation, request)

    def refused(self, operation: str, region: str = REGION, /, **request: Any) -> AwsError:
        with pytest.raises(AwsError) as caught:
            self(operation, region, **request)
        return caught.value

    def wait(self, seconds: float = 10) -> None:
        self.now += seconds

    def package(self, group: str = "toxicity", approval: str | None = "Approved", **more: Any) -> str:
        """The ARN of a new version; its group is made when missing."""
        if not any(known.name == group for known in self.world.groups.values()):
            self("CreateModelPackageGroup", ModelPackageGroupName=group)
        approved = {"ModelApprovalStatus": approval} if approval else {}
        url = "s3://sandbox-models/toxicity/1/model.tar.gz"
        container = {"Image": "image:1", "ModelDataUrl": url}
        request = {"ModelPackageGroupName": group, "InferenceSpecification": {"Containers": [container]}}
        arn: str = self("CreateModelPackage", **{**request, **approved, **more})["ModelPackageArn"]
        return arn

    def model(self, name: str = "m1", **more: Any) -> None:
        container = {"ModelPackageName": self.package()}
        request = {"ModelName": name, "PrimaryContainer": container, "ExecutionRoleArn": ROLE}
        self("CreateModel", **{**request, **more})

    def config(self, name: str = "c1", **serverless: int) -> None:
        """A configuration, with a model of the same name."""
        self.model(name)
        self("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[variant(name, **serverless)])

    def endpoint(self, name: str = "toxicity", config: str = "c1", **serverless: int) -> None:
        """An endpoint in service, with its configuration and model."""
        self.config(config, **serverless)
        self("CreateEndpoint", EndpointName=name, EndpointConfigName=config)
        self.wait()

    def describe(self, name: str = "toxicity") -> dict[str, Any]:
        return self("DescribeEndpoint", EndpointName=name)

    def status(self, name: str = "toxicity") -> tuple[str, str]:
        """Status, and the configuration shown."""
        shown = self.describe(name)
        return shown["EndpointStatus"], shown["EndpointConfigName"]


def variant(model: str, **serverless: int) -> dict[str, Any]:
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 5, **serverless}
    return {"VariantName": "AllTraffic", "ModelName": model, "ServerlessConfig": config}


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture(scope="module")
def state_served() -> Iterator[tuple[State, str]]:
    """The state behind a server of this process, and its URL."""
    state = State()
    server = serve(state)
    yield state, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def served(state_served: tuple[State, str], monkeypatch: pytest.MonkeyPatch) -> Aws:
    """As `aws`, and over HTTP for whatever asks AWS_ENDPOINT_URL in this test."""
    state, url = state_served
    served = Aws()
    state.world = served.world
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    return served


@pytest.fixture
def make_variant() -> Any:
    return variant


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One real sandbox, with its inference server, for all tests of this process."""
    with Sandbox.start(tmp_path_factory.mktemp("sandbox") / "one") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The real sandbox, as new but for its log: ask for calls since `mark()`."""
    empty = tmp_path_factory.mktemp("world") / "empty.json"
    empty.write_text('{"groups": [], "packages": [], "models": [], "configs": [], "endpoints": [], "tags": {}}')
    defaults = State().world.settings
    running.clear_faults()
    running.restore(empty)
    running.settings(**{**vars(defaults), "create_seconds": 0, "update_seconds": 0, "delete_seconds": 0})
    yield running
    running.clear_faults()


@pytest.fixture(scope="module")
def two_accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, Sandbox]]:
    with accounts.two_accounts(tmp_path_factory.mktemp("accounts")) as both:
        yield both


@pytest.fixture
def ours(two_accounts: tuple[Sandbox, Sandbox]) -> Iterator[Sandbox]:
    yield two_accounts[0]
    two_accounts[0].clear_faults()


@pytest.fixture
def theirs(two_accounts: tuple[Sandbox, Sandbox]) -> Iterator[Sandbox]:
    yield two_accounts[1]
    two_accounts[1].clear_faults()
