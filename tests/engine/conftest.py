"""A fleet of three tasks on the real engine, told in the operator's words. Every test starts from a saved world."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from fleet.revision import Settings, revise
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Environment, Run, Running, Stack
from tests.engine.rights import RECORD

TASKS = ("toxicity", "spam", "urgency")
PARAMETERS = "/sagemaker-endpoint-manager/sandbox"
STATE = ("s3", "kms")
MONITORING = ("cloudwatch", "events", "logs", "sns")
WHO_CALLS = ("GetCallerIdentity", "GetUser")
ROLE = "arn:aws:iam::123456789012:role/sagemaker-execution"


def revision(endpoint: str, version: int, group: str = "") -> str:
    """The name of a version under an endpoint, of a task that has no settings of its own."""
    package = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{group or endpoint}/{version}"
    return revise(Settings(endpoint, ROLE, memory_mb=2048, max_concurrency=5), version, package).name


class Fleet:
    """One stack in one sandbox."""

    def __init__(self, sandbox: Sandbox, name: str = "sandbox", **config: Any) -> None:
        self.sandbox = sandbox
        self.stack = Stack(sandbox, name, **config)
        self.tasks: dict[str, dict[str, Any]] = {}
        self.seen = 0  # calls before the last run

    def declare(self, *tasks: str, **settings: Mapping[str, Any]) -> None:
        """Write a task list of these tasks; settings by task, with _ for -."""
        self.tasks = {task: {} for task in tasks} | {name.replace("_", "-"): dict(s) for name, s in settings.items()}
        self._write()

    def change(self, task: str, **settings: Any) -> None:
        """Other settings of a task; None takes one out."""
        changed = {**self.tasks[task], **settings}
        self.tasks[task] = {name: value for name, value in changed.items() if value is not None}
        self._write()

    def remove(self, *tasks: str) -> None:
        for task in tasks:
            del self.tasks[task]
        self._write()

    def _write(self) -> None:
        self.stack.set_tasks(
            {task: deepcopy(settings) for task, settings in self.tasks.items()}
        )  # YAML without aliases
        RECORD.renew(self.stack)

    def _mark(self) -> None:
        RECORD.renew(self.stack)
        self.seen = len(self.sandbox.calls())

    def up(self, *flags: str, env: Environment | None = None) -> Run:
        """As CI runs it."""
        self._mark()
        return self.stack.up(*flags, env=env)

    def plain_up(self, *flags: str) -> Run:
        """As a person runs it, who knows no flags."""
        self._mark()
        plain = {"PULUMI_CONTINUE_ON_ERROR": "false", "PULUMI_PARALLEL": "16"}
        return self.stack.pulumi("up", "--yes", *flags, env=plain)

    def preview(self, *flags: str, env: Environment | None = None) -> Run:
        self._mark()
        return self.stack.preview(*flags, env=env)

    def start_up(self) -> Running:
        self._mark()
        return self.stack.start_up()

    def hold(self, operation: str, moment: str, **match: str) -> str:
        """Hold the first such call "before" or "after" it takes effect."""
        return self.sandbox.fault(operation, action=f"hold-{moment}", match=match, times=1)

    def kill_while(self, *held: str) -> None:
        """Run, and kill it with SIGKILL while all of these are held; then cancel, as a person would."""
        running = self.start_up()
        for fault in held:
            self.sandbox.wait_held(fault, timeout=60)
        running.kill()
        self.sandbox.clear_faults()
        self.stack.pulumi("cancel", "--yes", check=True)

    def kill_at(self, operation: str, moment: str, **match: str) -> None:
        """The same, where one call is held."""
        self.kill_while(self.hold(operation, moment, **match))

    def made(self) -> list[str]:
        """The calls of the last run that changed AWS, e.g. `CreateModel toxicity-v2-3fa9c1`.

        Not those of SSM and of monitoring, see `written` and `watched`, and not those of the engine's state.
        """
        return self._changed(lambda service: service not in ("ssm", *STATE, *MONITORING))

    def written(self) -> list[str]:
        """Those that changed parameters, e.g. `PutParameter toxicity`."""
        return self._changed(lambda service: service == "ssm")

    def watched(self) -> list[str]:
        """Those that changed alarms, dashboards, topics, rules and log groups, e.g. `PutMetricAlarm slow`."""
        return self._changed(lambda service: service in MONITORING)

    def _changed(self, is_wanted: Callable[[str], bool]) -> list[str]:
        calls = self.sandbox.mutations(self.seen)
        return [_told(call.operation, call.params) for call in calls if not call.error and is_wanted(call.service)]

    def parameter(self, task: str) -> dict[str, Any]:
        """What the apps that call read of a task."""
        content: dict[str, Any] = json.loads(self.sandbox.parameters()[f"{PARAMETERS}/{task}"])
        return content

    def weights(self, task: str) -> dict[str, float]:
        """By variant, as the apps that call read them."""
        return {name: variant["weight"] for name, variant in self.parameter(task)["variants"].items()}

    def operations(self) -> list[str]:
        """Every call of the last run."""
        return [call.operation for call in self.sandbox.calls()[self.seen :]]

    def asked(self) -> list[str]:
        """The same without the provider's question who calls, which has another name where it is a role."""
        return [operation for operation in self.operations() if operation not in WHO_CALLS]

    def serving(self, task: str) -> int:
        """The version that AWS serves under this endpoint; 0 where there is none in service."""
        client = self.sandbox.client("sagemaker")
        if self.sandbox.endpoints().get(task) != "InService":
            return 0
        config = client.describe_endpoint_config(EndpointConfigName=self.sandbox.serving(task))
        model = client.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
        package = client.describe_model_package(
            ModelPackageName=model["PrimaryContainer"]["ModelPackageName"], IncludedData="MetadataOnly"
        )
        version: int = package["ModelPackageVersion"]
        return version

    def output(self, task: str) -> dict[str, Any]:
        output: dict[str, Any] = self.stack.outputs()[task]
        return output

    def status(self, task: str) -> str:
        output = self.output(task)
        return f"{output['status']} {output['version']}: {output['reason']}"

    def in_state(self) -> set[str]:
        """Names of models, endpoint configurations and endpoints that the state holds."""
        return {r["outputs"]["name"] for r in self.stack.state() if r["type"].startswith("aws:sagemaker/")}

    def in_aws(self) -> set[str]:
        return self.sandbox.models() | self.sandbox.endpoint_configs() | set(self.sandbox.endpoints())


def _told(operation: str, params: Mapping[str, Any]) -> str:
    names = ("ModelName", "EndpointName", "EndpointConfigName", "ResourceArn", "ResourceId", "Name")
    named: str = next((params[key] for key in names if key in params), "")
    return (
        f"{operation} {named.removeprefix('endpoint/').removesuffix('/variant/AllTraffic').rpartition('/')[2]}".strip()
    )


def forget_everything(fleet: Fleet) -> Fleet:
    """The same fleet whose state is lost, under the same task list."""
    shutil.rmtree(fleet.sandbox.folder / "pulumi" / "state")
    (fleet.sandbox.folder / "pulumi" / "state").mkdir()
    again = Fleet(fleet.sandbox)
    again.declare(**fleet.tasks)
    return again


@pytest.fixture
def sandbox(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox.start(tmp_path / "aws", create_seconds=0.1, update_seconds=0.1, delete_seconds=0.1) as started:
        yield started
        RECORD.note(request.node.nodeid, started)


@pytest.fixture
def empty(sandbox: Sandbox) -> Fleet:
    """A stack with nothing deployed, an account with nothing in it."""
    return Fleet(sandbox)


@pytest.fixture(scope="session")
def saved_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tasks deployed on version 1, saved once a session: the engine's state and the sandbox's."""
    folder = tmp_path_factory.mktemp("world")
    with Sandbox.start(folder / "account", create_seconds=0.1) as started:
        fleet = Fleet(started)
        for task in TASKS:
            started.register(task)
        fleet.declare(*TASKS)
        run = fleet.up()
        assert run.ok, run.text
        started.snapshot(folder / "aws")
        shutil.copyfile(fleet.stack.config_file, folder / "config.yaml")
        shutil.copytree(started.folder / "pulumi" / "state", folder / "state")
    return folder


@pytest.fixture
def fleet(sandbox: Sandbox, saved_world: Path) -> Fleet:
    """Three tasks, deployed and up to date on version 1."""
    sandbox.restore(saved_world / "aws")
    config = (saved_world / "config.yaml").read_text()
    sandbox.stack_config.write_text(config.replace(str(saved_world / "account"), str(sandbox.folder)))
    shutil.copytree(saved_world / "state", sandbox.folder / "pulumi" / "state", dirs_exist_ok=True)
    fleet = Fleet(sandbox)
    fleet.declare(*TASKS)
    return fleet


# The rights of the whole suite: rights.py


@pytest.fixture
def rights_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's runs have the rights that it gives them, in `make rights` too."""
    monkeypatch.setattr(RECORD, "is_paused", True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rights", action="store_true", help="hold every run and command to what `fleet iam` prints")


def pytest_configure(config: pytest.Config) -> None:
    RECORD.is_on = config.getoption("--rights", default=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over what it has seen; who has seen all of it judges."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["rights"] = [sorted(RECORD.asked), sorted(RECORD.granted), RECORD.refused]
    elif RECORD.is_on and (RECORD.refused or RECORD.unasked()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    asked, granted, refused = getattr(node, "workeroutput", {}).get("rights", ((), (), ()))
    RECORD.asked.update(asked)
    RECORD.granted.update(granted)
    RECORD.refused.extend(refused)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if RECORD.is_on:
        for line in RECORD.refused:
            terminalreporter.write_line(f"not allowed: {line}")
        for action in RECORD.unasked():
            terminalreporter.write_line(f"allowed to the deployer, and never asked: {action}")
