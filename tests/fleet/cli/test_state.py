"""What the engine says of a stack's state and lock, in its own words; all else is "could not find out"."""

import json
from subprocess import CompletedProcess
from typing import Any

import pytest

from fleet.aws.operator.leftovers import Kind
from fleet.cli import stack, state
from fleet.cli.alarm import Alarm
from fleet.cli.command import CommandError
from tests.fleet.cli import exports

LOCKED = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the "
    "lock file with `pulumi cancel`.\n  s3://states/.pulumi/locks/1.json: created by ci@runner (pid 1) at 2026-11-24"
)
FREE = "Previewing refresh (prod):\nerror: no resource named 'urn:pulumi:none::none::none::none' found"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the CLI prints on standard output and standard error; it fails where it prints an error."""
    prints = {"stdout": "", "stderr": ""}

    def pulumi(*arguments: str, env: Any = None) -> CompletedProcess[str]:
        return CompletedProcess(arguments, 1 if prints["stderr"] else 0, **prints)

    monkeypatch.setattr(state, "pulumi", pulumi)
    monkeypatch.setattr(stack, "pulumi", pulumi)
    return prints


def shows(engine: dict[str, str], *resources: tuple[str, str], **more: Any) -> None:
    rows = [{"type": kind, "id": name, "urn": "…", "name": name} for kind, name in resources]
    engine["stdout"] = json.dumps({"stack": "prod", "resources": rows, **more})


def test_a_held_lock_is_refused_with_who_holds_it(engine: dict[str, str]) -> None:
    engine["stderr"] = LOCKED
    with pytest.raises(
        CommandError, match=r"a run of prod is under way, or was killed: the stack is(.|\n)*by ci@runner"
    ):
        state.refuse_locked("prod")


@pytest.mark.parametrize("said", [FREE, "error: targets specified, but snapshot was nil"])
def test_a_free_stack_is_not_refused(engine: dict[str, str], said: str) -> None:
    engine["stderr"] = said
    state.refuse_locked("prod")


@pytest.mark.parametrize("said", ["", "error: blob (key …): AccessDenied", "error: no stack named 'prod' found"])
def test_whatever_else_it_says_is_could_not_find_out(engine: dict[str, str], said: str) -> None:
    engine["stderr"] = said
    with pytest.raises(CommandError, match="could not find out whether a run of prod is under way"):
        state.refuse_locked("prod")


def test_the_state_holds_what_it_names_by_kind(engine: dict[str, str]) -> None:
    shows(
        engine,
        ("pulumi:pulumi:Stack", ""),
        ("aws:sagemaker/endpoint:Endpoint", "spam"),
        ("aws:sagemaker/endpointConfiguration:EndpointConfiguration", "spam-v1-aaaaaa"),
        ("aws:sagemaker/model:Model", "spam-v1-aaaaaa"),
    )
    assert state.read("prod") == {
        (Kind.ENDPOINT, "spam"),
        (Kind.CONFIG, "spam-v1-aaaaaa"),
        (Kind.MODEL, "spam-v1-aaaaaa"),
    }


def test_a_run_that_pulumi_cloud_knows_of_is_refused(engine: dict[str, str]) -> None:
    shows(engine, currentOperation={"kind": "update", "author": "ci", "started": "2026-11-24T10:00:00.000Z"})
    with pytest.raises(CommandError, match="a run of prod is under way: update by ci"):
        state.read("prod")


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"resources": [{}]}', '{"resources": null}'])
def test_a_state_that_reads_otherwise_is_no_empty_state(engine: dict[str, str], said: str) -> None:
    engine["stdout"] = said
    with pytest.raises(CommandError, match="the state of prod could not be read"):
        state.read("prod")


def test_the_outputs_are_what_the_last_run_left(engine: dict[str, str]) -> None:
    engine["stdout"] = json.dumps({"toxicity": {"version": 8}})
    assert state.outputs("prod") == {"toxicity": {"version": 8}}


def test_outputs_that_cannot_be_read_are_said(engine: dict[str, str]) -> None:
    engine["stdout"] = "warning: a new version of Pulumi"
    with pytest.raises(CommandError, match="the outputs of prod could not be read: pulumi stack said 'warning"):
        state.outputs("prod")


def test_the_state_tells_which_alarms_there_are_and_whose(engine: dict[str, str]) -> None:
    other = {"urn": "…", "custom": True, "id": "spam", "type": "aws:sagemaker/endpoint:Endpoint", "inputs": {}}
    engine["stdout"] = exports.text(
        exports.alarm("p/prod/spam/slow", "spam"), other, exports.alarm("p/prod/runs"), outputs={"spam": {"version": 8}}
    )
    left = state.left("prod")
    assert left.alarms == (Alarm("p/prod/spam/slow", "spam", "champion"), Alarm("p/prod/runs", "", ""))
    assert left.outputs == {"spam": {"version": 8}}


def test_an_alarm_that_the_state_has_twice_is_one(engine: dict[str, str]) -> None:
    engine["stdout"] = exports.text(exports.alarm("p/a", "spam"), exports.alarm("p/a", "spam", delete=True))
    assert len(state.left("prod").alarms) == 1


def test_a_stack_that_was_never_deployed_has_left_nothing(engine: dict[str, str]) -> None:
    engine["stdout"] = exports.NEVER_DEPLOYED
    assert state.left("prod") == state.Left((), {})


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"version": 3, "deployment": {}}', '{"deployment": null}'])
def test_an_export_that_reads_otherwise_is_no_empty_state(engine: dict[str, str], said: str) -> None:
    engine["stdout"] = said
    with pytest.raises(CommandError, match="the state of prod could not be read"):
        state.left("prod")
