"""Commands without an engine: what it would answer is given by the tests, and tests/engine asks the real one."""

from pathlib import Path

import pytest

from fleet.cli import stack


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "has_engine", lambda: False)


@pytest.fixture
def prod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's root, in which the command runs, with the configuration of a stack prod."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: sagemaker-endpoint-manager\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    return tmp_path
