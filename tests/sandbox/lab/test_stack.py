"""What a test, the demo and the benchmark do to a stack, beside running it."""

from collections.abc import Iterator

import pytest
import yaml

from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Stack


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path_factory.mktemp("stack") / "aws", inference=False) as started:
        yield started


def configured(stack: Stack) -> dict[str, object]:
    config: dict[str, object] = yaml.safe_load(stack.config_file.read_text())["config"]
    return config


def test_the_providers_settings_are_beside_the_programs(sandbox: Sandbox) -> None:
    stack, roles = Stack(sandbox, "settings"), [{"roleArn": "arn:aws:iam::210987654321:role/deployer"}]
    stack.configure_aws(assumeRoles=roles, region=None)
    stack.configure(namePrefix="prod-")
    config = configured(stack)
    assert config["aws:assumeRoles"] == roles
    assert config["sagemaker-endpoint-manager:namePrefix"] == "prod-"
    assert "aws:region" not in config
    assert roles[0]["roleArn"] in stack.pulumi("config").text


def test_a_stack_is_renamed_with_its_configuration(sandbox: Sandbox) -> None:
    stack = Stack(sandbox, "before", namePrefix="prod-")
    stack.set_tasks({"spam": {}})
    state, config = stack.state_file, stack.config_file
    assert stack.rename("after").ok
    assert not state.exists()
    assert not config.exists()
    assert stack.state_file.exists()
    assert configured(stack)["sagemaker-endpoint-manager:namePrefix"] == "prod-"
    assert stack.state() == []
    assert "(stack after)" in stack.fleet("validate").text
    assert not stack.rename("after").ok
    assert stack.name == "after"


def test_a_command_may_have_an_environment_of_its_own(sandbox: Sandbox) -> None:
    stack = Stack(sandbox, "environment")
    stack.set_tasks({"spam": {}})
    assert "PULUMI_ACCESS_TOKEN must be set" in stack.pulumi("stack", env={"PULUMI_BACKEND_URL": None}).text
    stack.configure_aws(region=None)
    assert "does not exist in us-east-1" in stack.fleet("validate", "--registry", env={"AWS_REGION": "us-east-1"}).text
