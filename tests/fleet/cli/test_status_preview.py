"""What is read out of a preview's event stream, and what is not believed."""

import json
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet.cli import preview
from fleet.cli.preview import Target
from tests.fleet.cli.previews import (
    OUTDATED,
    RETIRED,
    SERVES,
    before_0_4,
    configuration,
    endpoint,
    outputs,
    resource,
    said,
    stream,
)

TRACEBACK = "Program failed:\nTraceback (most recent call last):\n  File \"x.py\", line 1, in f\nKeyError: 'spam'"


def test_the_outputs_are_those_that_the_run_ended_with():
    assert preview.read(stream({"toxicity": OUTDATED}, before={"toxicity": SERVES})).outputs == {"toxicity": OUTDATED}


def test_outputs_that_the_run_does_not_have_any_more_are_gone():
    assert preview.read(stream({}, before={"toxicity": SERVES})).outputs == {}


def test_a_run_that_ended_early_has_no_outputs_though_the_engine_keeps_the_last_ones():
    events = [outputs({"toxicity": SERVES}), said("error", "tasks.yaml:1: no"), outputs({"toxicity": SERVES})]

    seen = preview.read(events, "exit code 1")

    assert (seen.outputs, seen.error) == ({}, "tasks.yaml:1: no")


def test_a_run_that_ended_among_its_tasks_has_no_outputs():
    assert preview.read(stream({"toxicity": SERVES}, said("error", "no"))).outputs == {}


def test_a_run_with_an_error_that_told_its_total_has_the_outputs_of_its_own_tasks():
    own = {"toxicity": OUTDATED, "spam": SERVES}
    events = stream(own, said("info", "1 UP_TO_DATE, 1 OUT_OF_DATE"), said("error", "spam: version 3 is not approved"))
    kept = outputs({**own, "gone": SERVES})  # the engine keeps what a failed run has not

    seen = preview.read([*events, kept])

    assert seen.outputs == own
    assert seen.error == "spam: version 3 is not approved"


@pytest.mark.parametrize("retired", [RETIRED, before_0_4(RETIRED)], ids=["this release", "before 0.4"])
def test_what_is_not_deployed_by_decision_is_one_of_its_own_tasks_though_it_declares_nothing(retired):
    own, total = {"toxicity": SERVES, "retired": retired}, said("info", "1 UP_TO_DATE, 1 NOT_DEPLOYED")
    events = [resource("fleet:Task", "toxicity"), total, said("error", "toxicity: taken"), outputs(own)]

    assert preview.read(events).outputs == own


def test_outputs_that_do_not_add_up_to_the_total_are_not_of_this_run():
    assert preview.read(stream({"toxicity": SERVES}, said("info", "1 OUT_OF_DATE"), said("error", "no"))).outputs == {}


def test_an_error_in_many_lines_stays_in_many_lines():
    assert preview.read([said("error", "tasks.yaml:1: a\ntasks.yaml:2: b")]).error == "tasks.yaml:1: a\ntasks.yaml:2: b"


def test_a_failure_without_an_event_is_told_in_the_words_of_the_cli():
    assert preview.read([], "no stack named 'nope' found").error == "no stack named 'nope' found"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("toxicity: the pin ended on 2026-01-31", "toxicity: the pin ended on 2026-01-31"),
        ("<{%fg 3%}>toxicity<{%reset%}>: it", "toxicity: it"),
        ("using pulumi-resource-aws from $PATH at /bin/x", None),
    ],
)
def test_a_warning_is_told_plainly_once_and_without_the_engines_own(message: str, told: str | None):
    event = said("warning", message)

    assert preview.read([event, event]).warnings == ((told,) if told else ())


def test_the_error_of_a_program_that_broke_is_one_sentence():
    ends = said("error", "an unhandled error occurred: program exited with non-zero exit code: 1")

    error = preview.read([said("error", TRACEBACK), ends]).error

    assert error == "the program failed: KeyError: 'spam'; run `pulumi preview` for the whole of it"


def test_an_endpoints_target_is_what_it_is_declared_with():
    events = [configuration("toxicity-v2", 2), configuration("toxicity-v1", 1), endpoint("toxicity", "toxicity-v2")]

    assert preview.read(events).targets == {"toxicity": Target("toxicity-v2", 2)}


def test_what_goes_away_is_no_target():
    gone = resource("aws:sagemaker/endpoint:Endpoint", "toxicity")
    gone["resourcePreEvent"]["metadata"]["new"] = None

    assert preview.read([gone]).targets == {}


# The command

Cli = Callable[..., None]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Plays the pulumi CLI: what it writes into the event log and says."""

    def arrange(log: str = "", *, code: int = 0, stderr: str = "", look: Callable[[Path], None] = lambda _: None):
        def pulumi(*arguments: str, env: object) -> subprocess.CompletedProcess[str]:
            file = Path(arguments[arguments.index("--event-log") + 1])
            look(file)
            file.write_text(log)
            return subprocess.CompletedProcess([], code, "", stderr)

        monkeypatch.setattr(preview, "pulumi", pulumi)

    return arrange


def test_the_event_log_is_for_this_user_alone_and_is_removed(cli: Cli):
    files: list[Path] = []

    def look(file: Path) -> None:
        files.append(file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700

    cli(look=look)
    preview.run(None)

    assert not files[0].parent.exists()


def test_a_log_that_breaks_off_is_read_as_far_as_it_goes(cli: Cli):
    whole = "\n".join(json.dumps(event) for event in [said("warning", "toxicity: it"), said("error", "killed")])
    cli(whole[:-10], code=137)

    seen = preview.run(None)

    assert (seen.warnings, seen.error) == (("toxicity: it",), "pulumi preview ended with exit code 137")


@pytest.mark.parametrize(
    ("stderr", "error"),
    [
        ("error: no stack named 'nope' found\n", "no stack named 'nope' found"),
        ("warning: old\nerror: unknown flag: --event-log\nUsage: …\n", "unknown flag: --event-log"),
        ("", "pulumi preview ended with exit code 255"),
    ],
)
def test_a_cli_that_fails_at_once_is_quoted(cli: Cli, stderr: str, error: str):
    cli(code=255, stderr=stderr)

    assert preview.run("nope").error == error
