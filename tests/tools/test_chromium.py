"""Chromium is taken where it is, installed where that is allowed, and else asked for: make goes on in any case."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import chromium


class Machine:
    """What lies on its PATH, who asks, and what is run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.programs = {"apt-get"}
        self.user = 0
        self.fails = ""  # the word of a command that fails
        self.run: list[str] = []
        monkeypatch.setattr(shutil, "which", lambda name: name if name in self.programs else None)
        monkeypatch.setattr(os, "geteuid", lambda: self.user)
        monkeypatch.setattr(subprocess, "run", self._run)

    def _run(self, command: tuple[str, ...], **_: object) -> subprocess.CompletedProcess[str]:
        self.run.append(command[1])
        if self.fails in command:
            return subprocess.CompletedProcess(command, 100, "one\nE: no route\n")
        if "install" in command:
            self.programs.add("chromium")
        return subprocess.CompletedProcess(command, 0, "")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_a_chromium_that_is_there_is_taken(machine: Machine) -> None:
    machine.programs.add("chromium")
    assert (chromium.provide(), machine.run) == ("chromium is ready", [])


def test_root_gets_the_package_of_debian_after_its_lists(machine: Machine) -> None:
    assert chromium.provide() == "chromium is ready (installed)"
    assert machine.run == ["update", "install"]


@pytest.mark.parametrize(("user", "programs"), [(1000, {"apt-get"}), (0, set())])
def test_whoever_may_not_install_is_told_what_to_do(machine: Machine, user: int, programs: set[str]) -> None:
    machine.user, machine.programs = user, programs
    assert "install it, else the tests of the report's page fail" in chromium.provide()
    assert machine.run == []


@pytest.mark.parametrize("command", ["update", "install"])
def test_an_installation_that_fails_is_told_and_ends_well(
    machine: Machine, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.fails = command
    assert chromium.main() == 0
    assert "E: no route" in capsys.readouterr().out


def test_make_sees_to_it_before_the_tests_that_need_it() -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text()
    assert "\nunit: setup browser " in makefile
