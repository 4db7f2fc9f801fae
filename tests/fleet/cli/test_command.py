"""The `fleet` command: what it lists is what there is, and each can be asked what it takes."""

import argparse
import importlib
from pathlib import Path

import pytest

from fleet.cli import commands
from fleet.cli.command import COMMANDS

ROOT = Path(__file__).parents[3]
DOCS = "".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))


def test_every_module_of_a_command_is_listed_and_every_listed_command_has_one() -> None:
    modules = {path.stem for path in Path(commands.__path__[0]).glob("*.py")} - {"__init__"}
    assert modules == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_what_the_front_door_asks_for(name: str) -> None:
    module = importlib.import_module(f"fleet.cli.commands.{name}")
    module.arguments(argparse.ArgumentParser())
    assert callable(module.run)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_shown_in_the_docs(name: str) -> None:
    """And what is shown there is run by a test: tests/test_docs.py."""
    assert f"\n    fleet {name}" in DOCS
