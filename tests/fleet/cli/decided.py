"""A stack prod whose task toxicity has versions in the sandbox, for the commands that people decide by."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fleet import wire
from fleet.cli import state
from fleet.cli.command import CommandError, main
from fleet.memory import Outcome
from tests.fleet.cli.previews import output, variant

GROUP = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity"
GATED = "tasks: {toxicity: {gate: {metric: f1, min: 0.8}}}\n"


class Decided:
    """The command that is tested, on a stack whose state the test arranges."""

    def __init__(self, name: str, account: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self._name, self._account, self._capsys = name, account, capsys
        self.sandbox, self.client = account.sandbox, account.client
        self.serves: dict[str, int] = {"champion": 0}
        self.outcome = Outcome()
        self.state: CommandError | None = None
        self.tasks()

    def tasks(self, text: str = "tasks: {toxicity: {}}\n") -> None:
        Path("tasks.yaml").write_text(text)

    def register(
        self, f1: str = "", approval: str = "PendingManualApproval", *, more: Mapping[str, str] | None = None, **of: Any
    ) -> int:
        """A version whose package says its f1, and `more` of its metadata."""
        properties = {**({"metric.f1": f1} if f1 else {}), **(more or {})}
        members = {"CustomerMetadataProperties": properties} if properties else {}
        number: int = self.sandbox.register("toxicity", approval=approval, members=members, **of)
        return number

    def outputs(self, stack: str) -> Any:
        if self.state:
            raise self.state
        its: dict[str, Any] = {name: variant(version=version) for name, version in self.serves.items()}
        for name, version in self.serves.items():
            outcome = Outcome(**{**vars(self.outcome), "version": version}) if name == "champion" else Outcome()
            its[name]["run"] = wire.pack(Outcome(**{**vars(outcome), "version": version}))
        return {"toxicity": output(its.pop("champion"), **its)}

    def run(self, *arguments: str) -> object:
        self._account.mark = self.sandbox.mark()
        try:
            code: object = main([self._name, "toxicity", "--stack", "prod", *arguments])
        except SystemExit as stop:  # argparse's
            code = stop.code
        self.out, self.errors = self._capsys.readouterr()
        return code

    @property
    def operations(self) -> list[str]:
        operations: list[str] = self._account.operations()
        return operations

    def package(self, number: int) -> dict[str, Any]:
        shown: dict[str, Any] = self.client.describe_model_package(ModelPackageName=f"{GROUP}/{number}")
        return shown


def made(name: str, account: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Decided:
    command = Decided(name, account, capsys)
    monkeypatch.setattr(state, "outputs", command.outputs)
    return command
