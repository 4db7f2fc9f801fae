"""`make mutants`: its table fits the project, and a protection counts as proven only by a test that goes red."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools import mutants
from tools.mutants import Mutant, MutantError

ROOT = Path(__file__).parents[2]
MUTANTS = mutants.read(ROOT)
THE_ENGINES_OWN = {  # its lock, and what it does where it may not write its state: nothing of ours to take out
    "test_a_second_run_is_refused_while_one_is_under_way",
    "test_two_runs_at_once_are_kept_apart_by_the_lock_in_the_bucket",
    "test_a_lock_that_is_lost_lets_a_second_run_in_and_the_next_one_puts_it_right",
    "test_a_bucket_that_is_denied_in_mid_run_loses_nothing_that_was_deployed",
}


# The table


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_protection_can_be_taken_out(mutant: Mutant, tmp_path: Path) -> None:
    patched = tmp_path / mutant.file
    patched.parent.mkdir(parents=True, exist_ok=True)
    patched.write_text((ROOT / mutant.file).read_text())
    mutant.apply(tmp_path)
    if patched.suffix in (".yaml", ".yml"):
        assert yaml.safe_load(patched.read_text()) != yaml.safe_load((ROOT / mutant.file).read_text())
    else:
        compile(patched.read_text(), mutant.file, "exec")


def test_without_them_every_name_is_still_known(tmp_path: Path) -> None:
    """Else any test would go red, and prove nothing."""
    for number, mutant in enumerate(MUTANTS):
        copy = tmp_path / str(number)
        (copy / mutant.file).parent.mkdir(parents=True)
        (copy / mutant.file).write_text((ROOT / mutant.file).read_text())
        mutant.apply(copy)
    command = [Path(sys.executable).with_name("ruff"), "check", "--isolated", "--select", "F821,F823", "--no-cache"]
    done = subprocess.run([*map(str, command), tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_two_have_the_same_name() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_every_test_exists() -> None:
    for mutant in MUTANTS:
        file, _, test = mutant.test.partition("::")
        assert f"\ndef {test.partition('[')[0]}(" in (ROOT / file).read_text(), mutant.name


def test_every_fault_that_operators_are_told_of_has_its_protection_taken_out() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/faults.md").read_text()))
    taken_out = {mutant.test.partition("::")[2].partition("[")[0] for mutant in MUTANTS}
    assert len(named) > len(THE_ENGINES_OWN)
    assert named - taken_out == THE_ENGINES_OWN


# The tool, on a project of one file


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """`guard` protects; `world` stands for what a test needs before it begins."""
    (tmp_path / "guard.py").write_text("def guard(value):\n    return abs(value)\n\n\ndef world():\n    return 1\n")
    (tmp_path / "test_guard.py").write_text(
        "import guard\nimport pytest\n\n\n"
        "@pytest.fixture\ndef world():\n    assert guard.world() == 1\n\n\n"
        "def test_guards(world):\n    assert guard.guard(-1) == 1, 'unguarded'\n\n\n"
        "def test_something_else():\n    assert guard.guard(1) == 1\n"
    )
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def without_guard(test: str = "test_guards", **changes: str) -> Mutant:
    row = {"name": "guard", "file": "guard.py", "take": "abs(value)", "put": "value", **changes}
    return Mutant(test=f"test_guard.py::{test}", **row)


def test_a_test_that_fails_without_the_protection_proves_it(project: Path) -> None:
    proven, said = mutants.prove(project, without_guard())
    assert (proven, said.partition(" assert")[0]) == (True, "AssertionError: unguarded")
    assert "abs" in (project / "guard.py").read_text()


@pytest.mark.parametrize(
    ("mutant", "says"),
    [
        (without_guard("test_something_else"), "the test passes"),
        (without_guard("test_that_is_not_there"), "pytest ended with 4"),
        (without_guard(put="value +"), "an error before the test"),
        (without_guard(take="return 1", put="return 2"), "an error before the test"),
    ],
    ids=["passes", "is not there", "cannot be read", "cannot be set up"],
)
def test_any_other_end_proves_nothing(project: Path, mutant: Mutant, says: str) -> None:
    proven, said = mutants.prove(project, mutant)
    assert not proven
    assert says in said


def test_a_test_that_waits_for_ever_proves_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants, "LONGEST_TEST", 3)
    assert mutants.prove(project, without_guard(put="__import__('time').sleep(60)")) == (
        False,
        "no end after 3 seconds",
    )


def test_what_stands_twice_or_nowhere_is_refused(project: Path) -> None:
    for take, count in (("return", 2), ("nothing", 0)):
        with pytest.raises(MutantError, match=f"guard: '{take}' stands {count} times in guard.py"):
            without_guard(take=take).apply(project)


def write_table(project: Path, **tests: str) -> None:
    row = '[[mutant]]\nname = "{}"\ntake = "abs(value)"\nput = "value"\ntest = "test_guard.py::{}"\n'
    (project / "tests/mutants").mkdir(parents=True)
    (project / "tests/mutants/guard.py.toml").write_text("".join(row.format(*test) for test in tests.items()))


def run(project: Path, *flags: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "tools.mutants", *flags]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_every_protection_is_told_and_one_that_is_not_proven_is_exit_code_1(project: Path) -> None:
    write_table(project, guard="test_guards", another="test_something_else")

    code, said = run(project)

    assert code == 1
    assert "red: guard (AssertionError: unguarded" in said
    assert "NOT PROVEN: another (the test passes)" in said
    assert "1 of 2 protections" in said
    assert said.endswith("not proven: another: test_guard.py::test_something_else\n")


def test_a_test_that_fails_anyway_is_told_before_anything_is_taken_out(project: Path) -> None:
    write_table(project, guard="test_guards", another="test_something_else")
    (project / "guard.py").write_text("def guard(value):\n    return -abs(value)\n")

    code, said = run(project, "--only", "anoth*")

    assert code == 1
    assert "the tests of 1 protections" in said
    assert said.endswith("a test that fails with every protection in place proves nothing: mend it first\n")
