"""A figure of an evaluation: text, as it was registered, and exact where it is compared.

Pure. In floating point 0.92 - 0.91 is 0.010000000000000009, more than a `max_drop` of 0.01 allows; and a figure that
was made a number and printed again is no more the one that somebody registered.
"""

import json
import re
from collections.abc import Collection
from decimal import Decimal
from enum import Enum
from typing import Any


class Better(Enum):
    """Which of two figures of a metric is the better one."""

    HIGHER = "higher"
    LOWER = "lower"
    UNKNOWN = "unknown"  # a difference is shown then, and not judged


# Words in the names of metrics, as scikit-learn, MLflow and SageMaker's model quality reports call them. What is named
# by neither is not judged: a guess would call a worse model the better one.
# fmt: off
_LOWER = {
    "loss", "logloss", "error", "errors", "mae", "mse", "rmse", "mape", "brier", "perplexity", "hinge", "hamming",
    "ece", "fpr", "fnr", "fdr", "wer", "cer", "latency", "duration", "ms", "seconds",
}
_HIGHER = {
    "accuracy", "acc", "f0", "f1", "f2", "precision", "recall", "auc", "auroc", "auprc", "roc", "score", "r2", "mcc",
    "kappa", "jaccard", "iou", "map", "ndcg", "mrr", "specificity", "sensitivity", "tpr", "tnr", "agreement",
}
# fmt: on
_WORDS = re.compile(r"[a-z]+[0-9]*")
_LARGEST_EXPONENT = 300  # of a figure: written without it, a larger one would be a text of any length
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")


def better(metric: str, lower_is_better: Collection[str] = ()) -> Better:
    """Which is the better figure of a metric: as somebody said, else by its name: `eval_loss`, `f1_macro`.

    `neg_log_loss`, as scikit-learn calls what it maximizes, is the higher the better.
    """
    if metric in lower_is_better:
        return Better.LOWER
    words = _WORDS.findall(metric.lower())
    if "neg" in words:
        return Better.HIGHER
    match bool(_LOWER.intersection(words)), bool(_HIGHER.intersection(words)):
        case True, False:
            return Better.LOWER
        case False, True:
            return Better.HIGHER
    return Better.UNKNOWN


def number(figure: str) -> Decimal | None:
    """The number that a figure is; None for what is none: words, NaN, infinity, 1e999."""
    if not _NUMBER.fullmatch(figure):
        return None
    found = Decimal(figure)
    return found if abs(found.adjusted()) <= _LARGEST_EXPONENT else None


def exact(limit: float) -> Decimal:
    """A number of the task list as it is written there: 0.01, and not the nearest double."""
    return Decimal(repr(limit))


def plain(value: Decimal) -> str:
    """A difference or a limit, without an exponent and without zeros that nobody wrote: 0.021."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"


def signed(value: Decimal) -> str:
    """The same with its sign; 0 has none."""
    return f"+{plain(value)}" if value > 0 else plain(value)


def registered(value: object) -> str:
    """A figure of Python, or of JSON as `read_json` gives it, as text; "" for what is no figure.

    A truth is none, although Python takes it for a number.
    """
    if isinstance(value, bool):
        return ""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def read_json(text: str | bytes) -> Any:
    """JSON with its numbers as text, as they are written: 0.920 stays 0.920. Raises ValueError for what is no JSON.

    NaN and Infinity are read too: JSON has neither, and Python writes both.
    """
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
