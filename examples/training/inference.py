"""How the model answers, in code/ of its model.tar.gz: the functions that AWS's scikit-learn image calls.

https://sagemaker.readthedocs.io, "Using Scikit-learn with the SageMaker Python SDK". The request is {"text": …} or
{"texts": […]}, as the apps of this project send it.
"""

import json
import pickle
from pathlib import Path
from typing import Any


def model_fn(folder: str) -> Any:
    """The model of the unpacked archive, as mlflow.sklearn wrote it."""
    return pickle.loads((Path(folder) / "model.pkl").read_bytes())


def input_fn(body: bytes | str, content_type: str) -> dict[str, Any]:
    """What was sent."""
    if content_type.partition(";")[0].strip() != "application/json":
        raise ValueError(f"{content_type} is not application/json")
    request: dict[str, Any] = json.loads(body)
    return request


def predict_fn(request: dict[str, Any], model: Any) -> dict[str, Any]:
    """Label and score of each text."""
    texts = request["texts"] if "texts" in request else [request["text"]]
    labels, rows = model.classes_.tolist(), model.predict_proba(texts).tolist()
    best = [max(zip(row, labels, strict=True)) for row in rows]
    answers = [{"label": label, "score": round(score, 4)} for score, label in best]
    return {"answers": answers} if "texts" in request else answers[0]


def output_fn(answer: dict[str, Any], accept: str) -> str:
    """What is sent back: JSON, whatever is accepted."""
    return json.dumps(answer)
