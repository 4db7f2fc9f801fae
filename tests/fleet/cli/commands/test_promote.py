"""`fleet promote`: one pin in the task list, every other byte as it was. The engine's part is given."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fleet.cli import state
from fleet.cli.command import main
from fleet.cli.commands import promote
from fleet.cli.pinning import pinned
from fleet.tasks.load import load
from tests.fleet.cli.previews import output, variant

LIST = """\
# yaml-language-server: $schema=tasks.schema.json
defaults: {owner: text-analytics}

tasks:
  spam: {}
  toxicity:            # the one that everybody calls
    # large on purpose
    memory_mb:   4096
    variants:
      challenger: { weight: 0.1,follow: latest }   # since May

  # the last one
  mood:
    attempt: 2
"""
IN_30_DAYS = (datetime.now(UTC) + timedelta(days=30)).date()
PIN = f"pin: {{version: 8, reason: promoted from challenger, owner: text-analytics, until: {IN_30_DAYS}}}"
TO: dict[str, Any] = {"version": 8, "reason": "x", "owner": "y", "until": IN_30_DAYS}


class Command:
    """The command in a project whose challenger serves version 8."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys, self.file = capsys, Path("tasks.yaml")
        self.file.write_text(LIST)
        self.challenger: dict[str, Any] = variant(version=8)

    def outputs(self, stack: str) -> Any:
        return {"spam": output(variant()), "toxicity": output(variant(version=7), challenger=self.challenger)}

    def run(self, *arguments: str) -> object:
        try:
            code: object = main(["promote", "--stack", "prod", *arguments])
        except SystemExit as stop:  # argparse's
            code = stop.code
        self.out, self.errors = self._capsys.readouterr()
        return code

    def refused(self, *arguments: str) -> str:
        """What it says; nothing is written, and nothing is left beside the list."""
        before, beside = self.file.read_bytes(), sorted(os.listdir())
        assert self.run(*arguments) == 1
        assert (self.file.read_bytes(), sorted(os.listdir())) == (before, beside)
        return self.errors.splitlines()[-1].removeprefix("fleet promote: ")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: sagemaker-endpoint-manager\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    command = Command(capsys)
    monkeypatch.setattr(state, "outputs", command.outputs)
    return command


# What is written


def test_the_champion_is_pinned_to_what_the_challenger_serves_and_nothing_else_changes(command: Command) -> None:
    assert command.run("toxicity", "challenger") == 0
    name = "  toxicity:            # the one that everybody calls\n"
    assert command.file.read_text() == LIST.replace(name, f"{name}    {PIN}\n")


def test_the_difference_is_printed(command: Command) -> None:
    command.run("toxicity", "challenger")
    lines = command.out.splitlines()
    assert lines[:2] == ["--- tasks.yaml", "+++ tasks.yaml"]
    assert [line for line in lines[2:] if line[0] in "+-"] == [f"+    {PIN}"]
    assert command.errors == "the next `pulumi up` moves toxicity to version 8\n"


def test_reason_owner_and_last_day_may_be_given(command: Command) -> None:
    until = (datetime.now(UTC) + timedelta(days=3)).date()
    command.run(
        "toxicity", "challenger", "--reason", "fewer: errors, #1", "--owner", "team-x", "--until", until.isoformat()
    )
    pin = load(command.file)[1].pin
    assert pin and (pin.reason, pin.owner, pin.until) == ("fewer: errors, #1", "team-x", until)


def test_an_old_pin_is_replaced_value_by_value(command: Command) -> None:
    old = "    pin:   # until the fair is over\n      version: 7\n      owner: 'text-analytics'\n      reason: >\n"
    old += "        slow on\n        long texts\n      until: 2020-01-31  # Friday\n"
    command.file.write_text(LIST.replace("    variants:\n", f"{old}    variants:\n"))
    assert command.run("toxicity", "challenger") == 0
    new = old.replace("7", "8").replace(">\n        slow on\n        long texts", "promoted from challenger")
    new = new.replace("2020-01-31", f"{IN_30_DAYS}")
    assert command.file.read_text() == LIST.replace("    variants:\n", f"{new}    variants:\n")


def test_a_list_of_another_stack_is_left_alone(command: Command) -> None:
    Path("few.yaml").write_text(LIST)
    Path("Pulumi.prod.yaml").write_text("config:\n  tasks: few.yaml\n")
    command.run("toxicity", "challenger")
    assert command.file.read_text() == LIST
    assert PIN in Path("few.yaml").read_text()


def test_the_mode_of_the_file_and_a_link_to_it_stay(command: Command) -> None:
    command.file.rename("real.yaml")
    command.file.symlink_to("real.yaml")
    command.file.chmod(0o640)
    command.run("toxicity", "challenger")
    assert command.file.is_symlink()
    assert stat.S_IMODE(command.file.stat().st_mode) == 0o640
    assert PIN in Path("real.yaml").read_text()


FORMS = {
    "a mapping on one line": (
        "tasks: {toxicity: {memory_mb: 4096}}",
        "tasks: {toxicity: {PIN, memory_mb: 4096}}",
    ),
    "a mapping in braces over lines": (
        "tasks:\n  toxicity: {\n    memory_mb: 4096,  # large\n  }\n",
        "tasks:\n  toxicity: {\n    PIN, memory_mb: 4096,  # large\n  }\n",
    ),
    "a name in quotes, another depth": (
        'tasks:\n      "toxicity":\n           memory_mb: 4096',
        'tasks:\n      "toxicity":\n           PIN\n           memory_mb: 4096',
    ),
    "line ends of Windows": (
        "tasks:\r\n  toxicity:\r\n    memory_mb: 4096\r\n",
        "tasks:\r\n  toxicity:\r\n    PIN\r\n    memory_mb: 4096\r\n",
    ),
    "a byte order mark": (
        "\ufefftasks:\n  toxicity:\n    owner: ä\n",
        "\ufefftasks:\n  toxicity:\n    PIN\n    owner: ä\n",
    ),
    "an old pin on one line": (
        "tasks: {toxicity: {pin: {until: 2020-01-31, owner: y,  version: 7, reason: 'it''s slow'}}}",
        f"tasks: {{toxicity: {{pin: {{until: {IN_30_DAYS}, owner: y,  version: 8, reason: x}}}}}}",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_way_to_write_a_list_is_kept(form: str) -> None:
    before, after = FORMS[form]
    pin = f"pin: {{version: 8, reason: x, owner: y, until: {IN_30_DAYS}}}"
    assert pinned(before, "toxicity", TO) == after.replace("PIN", pin)


@pytest.mark.parametrize(
    "reason", ["7", "a, b: c # d", 'it\'s "so"', "{x}", "yes", "ü 🚀", "w " * 300 + "w", "2027-01-31"]
)
def test_a_reason_of_any_words_comes_back_as_it_was(command: Command, reason: str) -> None:
    assert command.run("toxicity", "challenger", "--reason", reason) == 0
    pin = load(command.file)[1].pin
    assert pin and pin.reason == reason
    assert len(command.file.read_text().splitlines()) == len(LIST.splitlines()) + 1


# Whose the pin is


@pytest.mark.parametrize("owner", ["089", "0o10", "1e3", "1:30", "yes", "2027-01-31", "0b1", "-.5e9"])
def test_an_owner_that_some_take_for_a_number_stands_in_quotes(command: Command, owner: str) -> None:
    assert command.run("toxicity", "challenger", f"--owner={owner}") == 0
    pin = load(command.file)[1].pin
    assert pin and pin.owner == owner
    assert f"owner: '{owner}'" in command.file.read_text()


def test_a_list_that_begins_with_a_byte_order_mark_keeps_it(command: Command) -> None:
    command.file.write_text(f"\ufeff{LIST}", encoding="utf-8")
    assert command.run("toxicity", "challenger") == 0
    name = "  toxicity:            # the one that everybody calls\n"
    assert command.file.read_text(encoding="utf-8") == f"\ufeff{LIST}".replace(name, f"{name}    {PIN}\n")


def test_a_reason_that_would_make_the_file_read_otherwise_than_it_is_shown_is_not_written(command: Command) -> None:
    refused = command.refused("toxicity", "challenger", "--reason", "fewer \u202eerrors")
    assert refused.startswith("tasks.yaml:7: toxicity.pin.reason: U+202E (RIGHT-TO-LEFT OVERRIDE) in column ")


@pytest.mark.parametrize(
    ("git", "user", "owner"), [("Jane Doe", "jd", "Jane Doe"), ("", "jd", "jd")], ids=["git", "USER"]
)
def test_without_an_owner_the_pin_is_of_who_promotes(
    command: Command, monkeypatch: pytest.MonkeyPatch, git: str, user: str, owner: str
) -> None:
    command.file.write_text(LIST.replace("defaults: {owner: text-analytics}", ""))
    Path("gitconfig").write_text(f"[user]\n  name = {git}\n" if git else "")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "gitconfig")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("USER", user)
    command.run("toxicity", "challenger")
    pin = load(command.file)[1].pin
    assert pin and pin.owner == owner


def test_a_pin_needs_an_owner(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.file.write_text(LIST.replace("defaults: {owner: text-analytics}", ""))
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("USER", raising=False)
    assert command.refused("toxicity", "challenger") == "nobody is known to own the pin; say who decided with --owner"


# What is refused


def test_a_champion_that_is_there_already_is_left_alone(command: Command) -> None:
    command.run("toxicity", "challenger")
    before = command.file.read_bytes()
    assert command.run("toxicity", "challenger", "--reason", "again") == 0
    assert command.file.read_bytes() == before
    assert command.out == "toxicity is pinned to version 8 already; nothing was changed\n"


@pytest.mark.parametrize(
    ("challenger", "says"),
    [
        (variant("OUT_OF_DATE", "version 9 rolled back", version=8), "is OUT_OF_DATE (version 9 rolled back); only"),
        (
            variant("NOT_DEPLOYED", "same version as the champion", version=0),
            "is NOT_DEPLOYED (same version as the champion); only what is UP_TO_DATE can be promoted",
        ),
        (variant("UNKNOWN", "registry: down", version=8), "is UNKNOWN (registry: down); only"),
        (variant("UP_TO_DATE", "adopted", version=0), "is UP_TO_DATE (adopted); only"),
        ({}, "is not in the outputs of prod; run `pulumi up` first"),
    ],
)
def test_only_what_serves_as_it_should_is_promoted(command: Command, challenger: dict[str, Any], says: str) -> None:
    command.challenger = challenger
    assert command.refused("toxicity", "challenger").startswith(f"toxicity/challenger: {says}")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("toxicty", "challenger"), "toxicty: is not a task of tasks.yaml; did you mean toxicity?"),
        (
            ("toxicity", "chalenger"),
            "toxicity/chalenger: is not a variant in tasks.yaml; did you mean challenger?",
        ),
        (("spam", "b"), "spam/b: is not a variant in tasks.yaml; it has none"),
        (("toxicity", "champion"), "toxicity: champion is the task itself; name one of its variants"),
        (("toxicity", "challenger", "--until", "2020-01-31"), "argument --until: 2020-01-31 is over"),
        (("toxicity", "challenger", "--until", "soon"), "argument --until: must be a day, for example 2027-01-31"),
        (("toxicity", "challenger", "--owner", "a|b"), 'tasks.yaml:7: toxicity.pin.owner: "a|b" is not possible; use'),
        (
            ("toxicity", "challenger", "--reason", " "),
            'tasks.yaml:7: toxicity.pin.reason: "" is not possible; use some',
        ),
    ],
)
def test_what_cannot_be_promoted_is_one_sentence(command: Command, arguments: tuple[str, ...], says: str) -> None:
    assert command.refused(*arguments).startswith(says)


@pytest.mark.parametrize(
    ("decision", "says"),
    [
        ("hold: {reason: fair, owner: y, until: 2027-01-31}", "it is on hold"),
        ("enabled: false", "not enabled in the task list"),
    ],
)
def test_a_pin_that_would_have_no_effect_is_refused(command: Command, decision: str, says: str) -> None:
    command.file.write_text(LIST.replace("memory_mb:   4096", decision))
    expected = f"toxicity: a pin would have no effect: {says}; change that first"
    assert command.refused("toxicity", "challenger") == expected


def test_a_list_that_cannot_be_used_is_not_touched(command: Command) -> None:
    command.file.write_text(LIST.replace("attempt: 2", "attempt: 0"))
    assert command.refused("toxicity", "challenger").startswith("tasks.yaml:14: mood.attempt: 0 is too small")


def test_an_edit_that_would_say_something_else_is_not_written(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promote, "pinned", lambda text, task, pin: text.replace("attempt: 2", "attempt: 3"))
    expected = "tasks.yaml: toxicity is written in a way that is not understood; pin it to 8 by hand"
    assert command.refused("toxicity", "challenger") == expected


def test_a_file_that_cannot_be_written_is_said(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copymode", full)
    assert command.refused("toxicity", "challenger").endswith("tasks.yaml: cannot be written: No space left on device")
