"""What bootstrap/ declares, by Pulumi's mocks: nothing of AWS or of an engine is needed."""

import asyncio
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pulumi
from fleet_bootstrap import policies, program
from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi.runtime.stack import run_pulumi_func

from sandbox.lab.folder import ROOT
from tests.unattended.forge import PROJECT, REPOSITORY, TOKEN

SECRET = "4dabf18193072939515e22adb298388d"  # how the engine is told that a value is one
ACCOUNT = "123456789012"
TOKEN_ARN = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:fleet-trigger-AbCdEf"
COMMON: Mapping[str, Any] = {
    "account": ACCOUNT,
    "stack": "prod",
    "repository": REPOSITORY,
    "models": ["acme-models"],
    "images": ["classifier"],
    "alertEmails": ["on-call@example.com"],
    "fleet": str(ROOT),
}
GITHUB = {**COMMON, "trigger": "github", "tokenSecretArn": TOKEN_ARN}
GITLAB = {**COMMON, "trigger": "gitlab", "tokenSecretArn": TOKEN_ARN, "project": PROJECT}
CODEBUILD = {
    **COMMON,
    "trigger": "codebuild",
    "connectionArn": f"arn:aws:codeconnections:eu-west-1:{ACCOUNT}:connection/1",
}

ARNS = {"EventBus": f"events:eu-west-1:{ACCOUNT}:event-bus/"}  # of what is looked at for being one


@dataclass(frozen=True)
class Declared:
    type: str  # e.g. EventRule
    name: str
    inputs: Mapping[str, Any]  # as plain values, in the engine's words
    as_sent: str  # the same as it goes to the engine, with what is marked as a secret
    is_protected: bool
    provider: str

    def document(self, member: str) -> dict[str, Any]:
        """A policy among the inputs."""
        read: dict[str, Any] = json.loads(self.inputs[member])
        return read


@dataclass
class Made:
    resources: list[Declared] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def all(self, type_: str) -> list[Declared]:
        return [one for one in self.resources if one.type == type_]

    def one(self, type_: str, name: str = "") -> Declared:
        [found] = [each for each in self.all(type_) if name in ("", each.name)]
        return found

    def types(self) -> set[str]:
        return {one.type for one in self.resources}


class _Engine(mocks.Mocks):
    def __init__(self, made: Made) -> None:
        self.made = made

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        kind = args.typ.rpartition(":")[2]
        said = args.inputs.get("name") or args.inputs.get("bucket") or args.name
        known = {
            "arn": f"arn:aws:{ARNS.get(kind, f'mock:eu-west-1:{ACCOUNT}:{kind}/')}{said}",
            "keyId": "key-1",
            "url": f"https://{said}",
        }
        return f"{said}-id", {**known, "name": said, **args.inputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        self.made.asked.append((args.token, dict(args.args)))
        return {"secretString": f"{TOKEN}\n"}


class _Monitor(mocks.MockMonitor):
    def __init__(self, made: Made) -> None:
        super().__init__(_Engine(made))
        self.made = made

    def RegisterResource(self, request: Any) -> Any:
        if request.custom:
            sent = json_format.MessageToDict(request.object)
            kind = request.type.rpartition(":")[2]
            its = (plain(sent), json.dumps(sent), request.protect, request.provider.rpartition("::")[0])
            self.made.resources.append(Declared(kind, request.name, *its))
        return super().RegisterResource(request)


def plain(value: Any) -> Any:
    """The value without the marks of secrets."""
    if isinstance(value, dict):
        return plain(value["value"]) if SECRET in value else {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def unmarked(value: Any) -> Iterator[str]:
    """Every text in it that is not marked as a secret."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (text for inner in value for text in unmarked(inner))
    elif isinstance(value, dict) and SECRET not in value:
        yield from (text for inner in value.values() for text in unmarked(inner))


def said_by_fleet_iam(role: str, _: Any, *options: str) -> Mapping[str, Any]:
    """In place of asking `fleet iam`, which its own test does."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Sid": f"What{role.title().replace('-', '')}May"}, {"Sid": " ".join(options)}],
    }


def declare(given: Mapping[str, Any], region: str = "eu-west-1") -> Made:
    """Raises pulumi.RunError where the configuration is refused."""
    made, exported = Made(), dict[str, Any]()
    written = {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}
    config = {f"fleet-bootstrap:{key}": value for key, value in written.items()}

    async def main() -> None:
        pulumi.runtime.settings.reset_options()  # what other tests have left to wait for is not waited for here
        mocks.set_mocks(_Engine(made), "fleet-bootstrap", "prod", preview=False, monitor=_Monitor(made))
        pulumi.runtime.set_all_config(config | {"aws:region": region})
        with mock.patch.object(pulumi, "export", exported.__setitem__):
            await run_pulumi_func(program.main)
        made.outputs = await pulumi.Output.from_input(exported).future() or {}

    handed_over = mock.patch.dict(os.environ, PULUMI_CONFIG=json.dumps(config))
    with mock.patch.object(policies, "of", said_by_fleet_iam), handed_over:
        asyncio.run(main())
    return made
