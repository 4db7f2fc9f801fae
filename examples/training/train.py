"""Train one version of a text classifier, tracked in MLflow: parameters, data, the model, and how good it is.

    python examples/training/train.py sandbox/inference/data/toxicity.csv --recipe small

MLflow is the one of MLFLOW_TRACKING_URI. The last line is the id of the run, for `fleet register TASK --run ID`.
Every fourth text of each label is held out: the model never sees it, and is judged by it.
"""

import argparse
import csv
import logging
import os
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by the numeric libraries when they are loaded

import mlflow
import pandas
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline, make_union

logging.getLogger("mlflow").setLevel(logging.ERROR)  # it warns of pickle, which is what AWS's image reads

HELD_OUT_EVERY = 4
INFERENCE = Path(__file__).with_name("inference.py")

Texts = list[tuple[str, str]]  # label, text


def small() -> tuple[Any, dict[str, Any]]:
    """Naive Bayes on a third of the texts: a first version."""
    return make_pipeline(CountVectorizer(), MultinomialNB()), {"model": "naive Bayes", "share": 0.3, "seed": 1}


def good(c: float = 3) -> tuple[Any, dict[str, Any]]:
    """Logistic regression on words and characters, on all texts."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    pipeline = make_pipeline(make_union(words, characters), LogisticRegression(C=c, max_iter=500))
    return pipeline, {"model": "logistic regression", "C": c, "share": 1.0, "seed": 2}


def hasty() -> tuple[Any, dict[str, Any]]:
    """Naive Bayes on a tenth of them: what a gate is for."""
    return make_pipeline(CountVectorizer(), MultinomialNB()), {"model": "naive Bayes", "share": 0.1, "seed": 3}


RECIPES = {"small": small, "good": good, "hasty": hasty}


def read(file: Path) -> tuple[Texts, Texts]:
    """The texts to train with, and those that are held out."""
    parts: tuple[Texts, Texts] = [], []
    seen: Counter[str] = Counter()
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            seen[row["label"]] += 1
            parts[seen[row["label"]] % HELD_OUT_EVERY == 0].append((row["label"], row["text"]))
    return parts


def train(file: Path, recipe: str) -> str:
    """Train, evaluate and log one version; gives the id of its run."""
    training, held_out = read(file)
    pipeline, parameters = RECIPES[recipe]()
    chosen = random.Random(parameters["seed"]).sample(training, round(parameters["share"] * len(training)))
    frame = pandas.DataFrame(held_out, columns=["label", "text"])
    judged_by = mlflow.data.from_pandas(frame, name=f"{file.stem}-held-out", targets="label")
    mlflow.set_experiment(file.stem)
    with mlflow.start_run(run_name=recipe) as run:
        mlflow.log_params(parameters)
        mlflow.log_input(judged_by, context="evaluation")
        pipeline.fit([text for _, text in chosen], [label for label, _ in chosen])
        model = mlflow.sklearn.log_model(
            pipeline,
            name="classifier",
            code_paths=[str(INFERENCE)],  # code/inference.py: what AWS's scikit-learn image answers with
            serialization_format="pickle",
            pip_requirements=["scikit-learn"],
        )
        wanted, given = [label for label, _ in held_out], pipeline.predict([text for _, text in held_out])
        figures = {
            "accuracy": round(accuracy_score(wanted, given), 4),
            "f1_macro": round(f1_score(wanted, given, average="macro"), 4),
        }
        mlflow.log_metrics(figures, dataset=judged_by, model_id=model.model_id)
        print(", ".join(f"{name} {figure}" for name, figure in figures.items()))
    return str(run.info.run_id)


def main() -> int:
    parser = argparse.ArgumentParser(description="Train one version of a text classifier, tracked in MLflow.")
    parser.add_argument("texts", type=Path, help="a CSV file with the columns label and text")
    parser.add_argument("--recipe", choices=RECIPES, default="good", help="what is trained, and with how much")
    options = parser.parse_args()
    print(train(options.texts, options.recipe))
    return 0


if __name__ == "__main__":
    sys.exit(main())
