"""Real text classifiers, so that another model version really gives another answer.

Each is trained on first use from the labelled texts in data/; how, is training.py. Serving them is server.py. A group
without data gets a placeholder that says so.
"""

import csv
import os
import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

DATA = Path(__file__).parent / "data"
HELD_OUT_EVERY = 4


@dataclass(frozen=True)
class Example:
    label: str
    text: str


@dataclass(frozen=True)
class Dataset:
    training: tuple[Example, ...]
    held_out: tuple[Example, ...]

    @property
    def majority(self) -> float:
        """The accuracy, 0 to 1, of answering every held-out text with its commonest label."""
        return Counter(example.label for example in self.held_out).most_common(1)[0][1] / len(self.held_out)


@dataclass(frozen=True)
class Answer:
    label: str
    score: float  # the model's probability of the label, 0 to 1


class Model(Protocol):
    @property
    def what(self) -> str: ...

    def answer(self, texts: Sequence[str]) -> list[Answer]: ...


@dataclass(frozen=True)
class Placeholder:
    """Stands for a model whose group has no data: never pretends to know."""

    what: str = "no training data in the sandbox"

    def answer(self, texts: Sequence[str]) -> list[Answer]:
        return [Answer("unknown", 0.0) for _ in texts]


@dataclass(frozen=True)
class Classifier:
    what: str
    pipeline: Any  # a fitted scikit-learn Pipeline; the library has no types

    def answer(self, texts: Sequence[str]) -> list[Answer]:
        labels: list[str] = self.pipeline.classes_.tolist()
        rows: list[list[float]] = self.pipeline.predict_proba(texts).tolist()
        return [Answer(label, round(score, 4)) for score, label in (max(zip(row, labels, strict=True)) for row in rows)]


@cache
def groups() -> tuple[str, ...]:
    """The model package groups that have labelled texts, sorted."""
    return tuple(sorted(file.stem for file in DATA.glob("*.csv")))


@cache
def dataset(group: str) -> Dataset:
    """The labelled texts of a group; of each label every fourth, in the order of the file, is held out.

    Raises KeyError where the group has none.
    """
    if group not in groups():
        raise KeyError(f"{group}: no training data in the sandbox; there is data for {', '.join(groups())}")
    parts: tuple[list[Example], list[Example]] = [], []
    seen: Counter[str] = Counter()
    with (DATA / f"{group}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            seen[row["label"]] += 1
            parts[seen[row["label"]] % HELD_OUT_EVERY == 0].append(Example(row["label"], row["text"]))
    return Dataset(*map(tuple, parts))


_trained: dict[tuple[str, int], Classifier] = {}
_training = threading.Lock()


def model(group: str, version: int) -> Model:
    """The model of a version, 1 and up, trained when first asked for: seconds for the very first, then tenths."""
    if group not in groups():
        return Placeholder()
    key = group, version
    if key not in _trained:
        with _training:  # the callers that wait find it trained
            if key not in _trained:
                _trained[key] = _train(group, version)
    return _trained[key]


def _train(group: str, version: int) -> Classifier:
    # Read by the numeric libraries when they are loaded: otherwise they take every core of the machine
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    from sandbox.inference.training import training  # noqa: PLC0415  # scikit-learn takes seconds, and few predict

    how, examples = training(version), dataset(group).training
    chosen = random.Random(how.seed).sample(examples, round(how.share * len(examples)))
    pipeline = how.pipeline.fit([example.text for example in chosen], [example.label for example in chosen])
    return Classifier(f"{how.what}, {len(chosen)} texts", pipeline)


def accuracy(group: str, version: int) -> float:
    """The share, 0 to 1, of the held-out texts that a version labels right."""
    held_out = dataset(group).held_out
    answers = model(group, version).answer([example.text for example in held_out])
    return sum(answer.label == example.label for answer, example in zip(answers, held_out, strict=True)) / len(held_out)


def differing_text(group: str, before: int = 1, after: int = 2) -> str:
    """The held-out text that `before` labels wrong and `after` labels right with most confidence.

    Raises LookupError where there is none.
    """
    held_out = dataset(group).held_out
    texts = [example.text for example in held_out]
    olds, news = (model(group, version).answer(texts) for version in (before, after))
    found = [
        (new.score, example.text)
        for example, old, new in zip(held_out, olds, news, strict=True)
        if new.label == example.label != old.label
    ]
    if not found:
        raise LookupError(f"{group}: version {after} mends no held-out text that version {before} labels wrong")
    return max(found)[1]
