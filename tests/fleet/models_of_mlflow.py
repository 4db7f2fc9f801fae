"""Models as fleet/tracking.py gives them, for tests of what becomes of them; no MLflow is asked."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleet import tracking
from fleet.evidence.metadata import Origin
from fleet.tracking import Logged

RUN = "6f0d31"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/scikit-learn-inference:1.4"
BUCKET = "ml-artifacts"
FIGURES = {"f1_macro": "0.921", "accuracy": "0.94"}


def logged(model: str = "m-1", figures: dict[str, str] | None = None, **origin: Any) -> Logged:
    its = Origin(
        run=RUN, model=model, experiment="toxicity", tracking="http://mlflow", **{"commit": "8f2c31", **origin}
    )
    known = FIGURES if figures is None else figures
    uri = f"models:/{model}"
    return Logged("classifier", uri, f"mlflow-artifacts:/1/{model}", its, known, datetime(2026, 11, 1, tzinfo=UTC))


def track(monkeypatch: pytest.MonkeyPatch, model: Logged, content: bytes = b"weights") -> None:
    """MLflow has this model, whatever it is asked for."""

    def files(_: Logged, folder: Path) -> Path:
        folder.mkdir()
        (folder / "model.pkl").write_bytes(content)
        return folder

    monkeypatch.setattr(tracking, "of_run", lambda run, name="": model)
    monkeypatch.setattr(tracking, "of_uri", lambda uri: model)
    monkeypatch.setattr(tracking, "download", files)
