"""`fleet orphans`: what is printed, when it asks, and what keeps it from deleting. The engine's part is given."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from fleet.aws.operator.leftovers import Kind
from fleet.cli import state
from fleet.cli.command import CommandError, main

OLD, NEW = "toxicity-v1-aaaaaa", "toxicity-v2-bbbbbb"


class Command:
    """The command in a project of one stack and one task, with a state that the test arranges."""

    def __init__(self, account: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.account, self._capsys = account, capsys
        self.in_state: set[tuple[Kind, str]] = set()
        self.outputs: dict[str, Any] = {}

    def run(self, *flags: str) -> int:
        code = main(["orphans", "--stack", "prod", *flags])
        self.out, self.errors = self._capsys.readouterr()
        return code

    def json(self, *flags: str) -> Any:
        self.code = self.run("--json", *flags)
        return json.loads(self.out)


@pytest.fixture
def command(account: Any, prod: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    (prod / "tasks.yaml").write_text("tasks:\n  toxicity: {}\n  retired: {enabled: true}\n")
    command = Command(account, capsys)
    monkeypatch.setattr(state, "refuse_locked", lambda stack: None)
    monkeypatch.setattr(state, "read", lambda stack: frozenset(command.in_state))
    monkeypatch.setattr(state, "outputs", lambda stack: command.outputs)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return command


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def person_says(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(word))


# Listing


def test_orphans_are_printed_as_json(command: Command) -> None:
    command.account.configure(OLD)
    command.in_state = {(Kind.CONFIG, OLD)}
    command.account.client.delete_endpoint_config(EndpointConfigName=OLD)
    command.in_state = set()
    command.account.deploy("spam", NEW, stack="staging")

    assert command.json() == {
        "schema": 1,
        "orphans": [
            {
                "kind": "model",
                "name": OLD,
                "arn": f"arn:aws:sagemaker:eu-west-1:123456789012:model/{OLD}",
                "reason": "not in the state, and used by no endpoint",
            }
        ],
        "deleted": [],
        "other_stacks": {"staging": 3},
        "warnings": [],
    }
    assert command.code == 0


def test_orphans_are_printed_for_people(command: Command) -> None:
    command.account.configure(OLD)
    command.account.deploy("spam", NEW, stack="staging")
    assert command.run() == 0
    assert command.out.splitlines() == [
        f"endpoint-config  {OLD}  not in the state, and used by no endpoint",
        f"model            {OLD}  not in the state, and used by no endpoint",
        "2 orphans of prod; tagged for other stacks: 3 of staging",
    ]


def test_listing_changes_nothing(command: Command) -> None:
    command.account.configure(OLD)
    command.run()
    assert command.account.sandbox.mutations(command.account.mark) == []


def test_what_could_not_be_found_out_is_told_and_the_list_is_still_a_list(command: Command) -> None:
    command.account.configure(OLD)
    command.account.sandbox.fault("ListTags", action="error", code="AccessDeniedException", message="no")
    assert command.json()["orphans"] == []
    assert command.code == 0
    assert f"model {OLD}: ListTags: AccessDeniedException: no" in command.errors


def test_a_list_that_cannot_be_read_is_an_error(command: Command) -> None:
    command.account.sandbox.fault("ListModels", action="error", code="AccessDeniedException", message="no")
    assert command.run() == 1
    assert command.errors == "fleet orphans: ListModels: AccessDeniedException: no\n"


def test_the_endpoint_of_a_challenger_in_the_task_list_is_no_orphan(command: Command) -> None:
    Path("tasks.yaml").write_text("tasks:\n  toxicity: {variants: {b: {weight: 0.1}}}\n")
    command.account.deploy("toxicity-b", OLD)
    command.account.deploy("toxicity-c", NEW)
    assert [orphan["name"] for orphan in command.json()["orphans"]] == ["toxicity-c"]


@pytest.mark.parametrize("listing", ["enabled: false", "retired: {successor: spam, since: 2026-01-01}"])
def test_an_endpoint_that_the_task_list_tears_down_is_nobodys(command: Command, listing: str) -> None:
    Path("tasks.yaml").write_text(f"tasks:\n  toxicity: {{{listing}}}\n")
    command.account.deploy("toxicity", OLD)
    assert [orphan["name"] for orphan in command.json()["orphans"]] == ["toxicity"]


def test_a_task_list_with_mistakes_is_no_task_list(command: Command) -> None:
    command.account.deploy("toxicity", OLD)
    Path("tasks.yaml").write_text("tasks: {}\n")
    assert command.run("--delete", "--yes") == 1
    assert "tasks.yaml:1: tasks: needs at least one entry" in command.errors


# Asking


def test_without_a_terminal_nothing_is_deleted(command: Command) -> None:
    command.account.configure(OLD)
    assert command.run("--delete") == 1
    assert "there is no terminal to ask on: nothing was changed; add --yes to go ahead" in command.errors
    assert command.account.sandbox.mutations(command.account.mark) == []


@pytest.mark.parametrize("word", ["n\n", "\n", ""])
def test_at_a_terminal_anything_but_yes_deletes_nothing(
    command: Command, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    command.account.configure(OLD)
    person_says(monkeypatch, word)
    assert command.run("--delete") == 1
    assert "delete 2 of them? [y/N]" in command.errors
    assert command.account.sandbox.mutations(command.account.mark) == []


def test_at_a_terminal_yes_deletes_what_was_shown(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.account.configure(OLD)
    person_says(monkeypatch, "y\n")
    assert command.run("--delete") == 0
    assert f"model            {OLD}" in command.errors
    assert command.out == "2 deleted\nno orphans of prod\n"


def test_yes_without_delete_is_a_mistake(command: Command) -> None:
    assert command.run("--yes") == 1
    assert command.errors == "fleet orphans: --yes goes with --delete\n"


# Deleting


def test_configurations_go_after_their_endpoint_and_models_last(command: Command) -> None:
    command.account.deploy(f"{NEW}-c", f"{NEW}-c")
    assert command.json("--delete", "--yes")["orphans"] == []
    assert command.code == 0
    deletions = [call.operation for call in command.account.sandbox.mutations(command.account.mark)]
    assert deletions == ["DeleteEndpoint", "DeleteEndpointConfig", "DeleteModel"]
    assert command.account.sandbox.harm() == []


def test_what_an_endpoint_needs_that_could_not_be_deleted_stays_too(command: Command) -> None:
    command.account.deploy(f"{NEW}-c", f"{NEW}-c")
    command.account.sandbox.fault("DeleteEndpoint", action="error", code="AccessDeniedException", message="no")
    assert len(command.json("--delete", "--yes")["orphans"]) == 3
    assert command.code == 1
    assert "deleted" not in command.errors
    assert f"endpoint {NEW}-c: DeleteEndpoint: AccessDeniedException: no" in command.errors
    assert command.account.sandbox.models() == {f"{NEW}-c"}


@pytest.mark.parametrize("flags", [("--delete", "--yes"), ("--delete",)])  # nobody is asked about it either
def test_an_endpoint_in_service_is_never_deleted(command: Command, flags: tuple[str, ...]) -> None:
    command.account.deploy("gone-from-the-list", OLD)
    found = command.json(*flags)
    assert [orphan["name"] for orphan in found["orphans"]] == ["gone-from-the-list"]
    assert command.code == 1
    assert command.account.sandbox.mutations(command.account.mark) == []


def test_what_came_to_serve_since_the_question_stays(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.account.configure(OLD)

    def serve(question: str, *, yes: bool) -> bool:
        command.account.client.create_endpoint(EndpointName="by-hand", EndpointConfigName=OLD)
        return True

    monkeypatch.setattr("fleet.cli.commands.orphans.confirmed", serve)
    assert command.json("--delete", "--yes")["orphans"] == []
    assert command.account.sandbox.mutations(command.account.mark)[1:] == []  # the one by hand


def test_a_run_that_started_since_the_question_stops_it(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.account.configure(OLD)
    answers = iter([""])

    def lock(stack: str) -> None:
        if next(answers, "locked"):
            raise CommandError("a run of prod is under way")

    monkeypatch.setattr(state, "refuse_locked", lock)
    assert command.run("--delete", "--yes") == 1
    assert "a run of prod is under way" in command.errors
    assert command.account.sandbox.mutations(command.account.mark) == []


def test_after_a_deletion_something_unknown_counts_as_something_that_stayed(command: Command) -> None:
    command.account.configure(OLD)
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:model/{OLD}"
    match = {"ResourceArn": arn}
    command.account.sandbox.fault("ListTags", action="error", code="AccessDeniedException", message="no", match=match)
    assert command.json("--delete", "--yes")["orphans"] == []
    assert command.code == 1


def test_nobody_is_asked_about_nothing(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.cli.commands.orphans.confirmed", None)
    assert command.run("--delete") == 0
    assert command.out == "no orphans of prod\n"


# Alarms


def alarm(command: Command, endpoint: str, kind: str = "slow", *, stack: str = "prod", math: bool = False) -> str:
    """An alarm of a stack in CloudWatch; its name. Without an endpoint, one that watches the stack itself."""
    name = "/".join(filter(None, ("sagemaker-endpoint-manager", "prod", endpoint, kind)))
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "AllTraffic"}]
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": dimensions if endpoint else []}
    stat = {"Metric": metric, "Period": 300, "Stat": "Sum"}
    calls = {"Id": "calls", "MetricStat": stat, "ReturnData": False}
    watched: dict[str, Any] = {**metric, "Period": 300, "Statistic": "Sum"}
    if math:
        watched = {"Metrics": [calls, {"Id": "share", "Expression": "calls / calls", "ReturnData": True}]}
    tags = {"fleet:project": "sagemaker-endpoint-manager", "fleet:stack": stack}
    command.account.sandbox.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        **watched,
    )
    command.account.mark = command.account.sandbox.mark()
    return name


def alarms(command: Command) -> list[str]:
    shown = command.account.sandbox.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return [one["AlarmName"] for one in shown]


def names(found: Any) -> list[str]:
    return [f"{one['kind']} {one['name']}" for one in found["orphans"]]


@pytest.mark.parametrize("math", [False, True])
def test_an_alarm_of_an_endpoint_that_is_not_there_is_an_orphan_and_is_deleted(command: Command, math: bool) -> None:
    gone = alarm(command, "spam", math=math)
    found = command.json()
    assert names(found) == [f"alarm {gone}"]
    assert found["orphans"][0]["arn"] == f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{gone}"
    assert found["orphans"][0]["reason"] == "not in the state, and watches spam, which is not there"
    assert command.run("--delete", "--yes") == 0
    assert alarms(command) == []


def test_an_alarm_in_the_state_is_none_and_nothing_is_asked_about_it(command: Command) -> None:
    command.in_state = {(Kind.ALARM, alarm(command, "spam"))}
    assert command.json()["orphans"] == []
    assert "ListTagsForResource" not in command.account.operations()


@pytest.mark.parametrize("made", [True, False])
def test_an_alarm_of_an_endpoint_that_the_task_list_wants_stays_and_is_only_mentioned(
    command: Command, made: bool
) -> None:
    kept = alarm(command, "toxicity")
    if made:
        command.account.deploy("toxicity", OLD)
        command.in_state = {(Kind.ENDPOINT, "toxicity"), (Kind.CONFIG, OLD), (Kind.MODEL, OLD)}
    found = command.json("--delete", "--yes")
    assert (found["orphans"], alarms(command)) == ([], [kept])
    assert found["warnings"] == [
        "alarms not in the state that stay: 1; the next `pulumi up` takes over those that are asked for"
    ]


@pytest.mark.parametrize("stack", ["prod", "somebody"])
def test_an_alarm_of_an_endpoint_that_serves_is_never_deleted(command: Command, stack: str) -> None:
    kept = alarm(command, "spam")
    command.account.deploy("spam", OLD, stack=stack)
    command.run("--delete", "--yes")
    assert alarms(command) == [kept]


def test_an_alarm_of_another_stack_is_counted_and_left_alone(command: Command) -> None:
    kept = alarm(command, "spam", stack="staging")
    found = command.json("--delete", "--yes")
    assert (found["orphans"], found["other_stacks"], alarms(command)) == ([], {"staging": 1}, [kept])


def test_an_alarm_from_before_a_rename_is_the_stacks_by_its_tags(command: Command) -> None:
    (prod := Path("Pulumi.prod.yaml")).rename("Pulumi.live.yaml")
    prod.write_text("config:\n  aws:region: eu-west-1\n")
    gone = alarm(command, "spam", stack="live")
    assert command.json("--stack", "live")["orphans"][0]["name"] == gone


@pytest.mark.parametrize(("hours", "orphans"), [("", 1), ('  sagemaker-endpoint-manager:expectedRunHours: "24"\n', 0)])
def test_the_alarm_of_the_runs_is_an_orphan_where_the_stack_expects_none(
    command: Command, hours: str, orphans: int
) -> None:
    Path("Pulumi.prod.yaml").write_text(f"config:\n  aws:region: eu-west-1\n{hours}")
    alarm(command, "", "runs")
    assert len(command.json()["orphans"]) == orphans


def test_an_alarm_goes_after_its_endpoint(command: Command) -> None:
    command.account.deploy(f"{NEW}-c", f"{NEW}-c")
    alarm(command, f"{NEW}-c")
    assert command.json("--delete", "--yes")["orphans"] == []
    deletions = [call.operation for call in command.account.sandbox.mutations(command.account.mark)]
    assert (deletions[0], deletions[-1], alarms(command)) == ("DeleteEndpoint", "DeleteAlarms", [])


def test_an_alarm_stays_with_its_endpoint_that_could_not_be_deleted(command: Command) -> None:
    command.account.deploy(f"{NEW}-c", f"{NEW}-c")
    kept = alarm(command, f"{NEW}-c")
    command.account.sandbox.fault("DeleteEndpoint", action="error", code="AccessDeniedException", message="no")
    command.run("--delete", "--yes")
    assert alarms(command) == [kept]


def test_alarms_that_cannot_be_deleted_are_told(command: Command) -> None:
    gone = alarm(command, "spam")
    command.account.sandbox.fault(
        "DeleteAlarms", service="cloudwatch", action="error", code="AccessDenied", message="no"
    )
    assert names(command.json("--delete", "--yes")) == [f"alarm {gone}"]
    assert command.code == 1
    assert f"alarm {gone}: DeleteAlarms: AccessDenied: no" in command.errors


def test_an_alarm_whose_tags_cannot_be_read_is_none(command: Command) -> None:
    gone = alarm(command, "spam")
    denied = {"action": "error", "code": "AccessDenied", "message": "no"}
    command.account.sandbox.fault("ListTagsForResource", service="cloudwatch", **denied)
    assert command.json()["orphans"] == []
    assert f"alarm {gone}: ListTagsForResource: AccessDenied: no" in command.errors


def test_who_may_not_look_at_alarms_still_sees_the_rest(command: Command) -> None:
    command.account.configure(OLD)
    command.account.sandbox.fault(
        "DescribeAlarms", service="cloudwatch", action="error", code="AccessDenied", message="no"
    )
    assert len(command.json()["orphans"]) == 2
    assert "alarms: DescribeAlarms: AccessDenied: no" in command.errors
