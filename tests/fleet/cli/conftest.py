"""Commands without an engine: what it would answer is given by the tests, and tests/engine asks the real one."""

import pytest

from fleet.cli import stack


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "has_engine", lambda: False)
