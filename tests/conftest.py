"""An AWS account on this machine for tests that need AWS but no engine: one server a module, each test as new."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from fleet.access import Access
from fleet.aws import session
from fleet.tags import VERSION, Ownership
from sandbox.aws.world import Settings
from sandbox.lab.handle import Sandbox

GERMAN = MappingProxyType({"LANG": "de"})
ROLE = "arn:aws:iam::123456789012:role/execution"


class Account:
    """What a test arranges in AWS. What the code under test did is in `operations()`."""

    ownership = Ownership("sagemaker-endpoint-manager", "prod")

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.client = sandbox.client("sagemaker")  # the test's own
        self.mark = 0

    @cached_property
    def its_client(self) -> Any:
        """The program's client, made once: each one takes a quarter of a second."""
        return session.sagemaker(Access("eu-west-1"))

    @cached_property
    def its_runtime(self) -> Any:
        """The same for calls of models."""
        return session.runtime(Access("eu-west-1"))

    def reset(self, empty: Path) -> None:
        self.sandbox.clear_faults()
        self.sandbox.restore(empty)
        self.sandbox.settings(**{**vars(Settings()), "create_seconds": 0, "update_seconds": 0, "delete_seconds": 0})
        self.mark = self.sandbox.mark()

    def deploy(self, endpoint: str, config: str, *, stack: str = "prod", **sizes: Any) -> None:
        """An endpoint in service on version 1, made by this stack unless another is named."""
        self.configure(config, stack=stack, **sizes)
        tags = _tags(stack, endpoint)
        self.client.create_endpoint(EndpointName=endpoint, EndpointConfigName=config, Tags=tags)
        self.mark = self.sandbox.mark()

    def configure(
        self, name: str, *, stack: str = "prod", environment: Mapping[str, str] = GERMAN, **sizes: int
    ) -> None:
        """A model and an endpoint configuration of this name, that hold version 1."""
        container = {"ModelPackageName": self._version_1(), "Environment": dict(environment)}
        tags = [*_tags(stack, "toxicity"), {"Key": VERSION, "Value": "1"}]
        self.client.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE, Tags=tags)
        serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5, **sizes}
        variant = {"VariantName": "AllTraffic", "ModelName": name, "ServerlessConfig": serverless}
        self.client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], Tags=tags)
        self.mark = self.sandbox.mark()

    def _version_1(self) -> str:
        """The package's ARN; it is registered when first needed."""
        if not self.client.list_model_package_groups(NameContains="toxicity")["ModelPackageGroupSummaryList"]:
            self.sandbox.register("toxicity")
        return "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1"

    def operations(self) -> list[str]:
        """The calls since the account was arranged, in order of arrival."""
        return [call.operation for call in self.sandbox.calls(self.mark)]


def _tags(stack: str, task: str) -> list[dict[str, str]]:
    tags = Ownership("sagemaker-endpoint-manager", stack).tags(task, "champion", None)
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@pytest.fixture(scope="module")
def models() -> bool:
    """Whether models run behind the endpoints; a module that calls some overrides it."""
    return False


@pytest.fixture(scope="module")
def one_account(tmp_path_factory: pytest.TempPathFactory, models: bool) -> Iterator[Account]:
    with Sandbox.start(tmp_path_factory.mktemp("aws") / "sandbox", inference=models) as sandbox:
        yield Account(sandbox)


@pytest.fixture
def account(one_account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account; the environment leads every boto3 client to it, and lets none try twice."""
    for name, value in one_account.sandbox.env.items():
        if name.startswith("AWS_") or name == "NO_PROXY":
            monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    empty = tmp_path / "empty.json"
    empty.write_text('{"groups": [], "packages": [], "models": [], "configs": [], "endpoints": [], "tags": {}}')
    one_account.reset(empty)
    yield one_account
    one_account.sandbox.clear_faults()  # lets go what is held, so that no thread of the test waits for ever
