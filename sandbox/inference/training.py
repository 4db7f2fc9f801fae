"""How a version comes about: which scikit-learn model, trained on which part of a group's texts.

The only module that loads scikit-learn, which takes seconds: import it where a model is trained, not before.
"""

from dataclasses import dataclass
from typing import Any

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline, make_union


@dataclass(frozen=True)
class Training:
    what: str
    pipeline: Any  # a scikit-learn Pipeline, not fitted yet; the library has no types
    share: float  # of the training texts, 0 to 1
    seed: int  # which texts these are


def training(version: int) -> Training:
    """What is trained for a version: 1 is small, 2 is good, each later one is another training of the good one."""
    match version:
        case 1:
            pipeline = make_pipeline(CountVectorizer(), MultinomialNB())
            return Training("naive Bayes on word counts", pipeline, share=0.3, seed=1)
        case 2:
            return _logistic_regression(c=3, share=1, seed=2)  # C by cross-validation on the training texts alone
        case _:
            return _logistic_regression(c=(1, 3, 10)[version % 3], share=0.9, seed=version)


def _logistic_regression(c: float, share: float, seed: int) -> Training:
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    pipeline = make_pipeline(make_union(words, characters), LogisticRegression(C=c, max_iter=500))
    return Training(f"logistic regression (C={c:g}) on tf-idf of words and characters", pipeline, share, seed)
