"""The 60/40 protocol: fit on contaminated rows without labels, measure on the held-out rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from pyod.models.base import BaseDetector
from pyod.utils.utility import precision_n_scores, standardizer
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split

from .datasets import Dataset

HELD_OUT = 0.4

#: Makes an unfitted detector from a contamination and a seed.
Maker = Callable[[float, int], BaseDetector]


@dataclass(frozen=True)
class Record:
    """What one detector did on one split of one set; ``error`` where it failed."""

    dataset: Dataset
    detector: str
    seed: int
    measures: dict[str, float] = field(default_factory=dict)
    y: NDArray | None = None
    scores: NDArray | None = None
    error: str = ""


@dataclass(frozen=True)
class Protocol:
    """How every detector is run.

    Attributes
    ----------
    contamination : float or None
        What detectors are told; None tells them the true share among their training rows.
    stratify : bool
        Whether the split spreads the anomalies evenly, for sets that hold few.
    rows : int or None
        Training rows that are kept, for what happens on small tables; None keeps all.
    """

    contamination: float | None = None
    stratify: bool = False
    rows: int | None = None


def run_all(
    splits: Iterable[tuple[Dataset, int]],
    makers: Mapping[str, Maker],
    protocol: Protocol,
    n_jobs: int = 1,
) -> Iterator[Record]:
    """Yield a record for every set with its seed and every detector, in that order."""
    cells = (
        delayed(run_one)(dataset, name, maker, seed, protocol)
        for dataset, seed in splits
        for name, maker in makers.items()
    )
    return Parallel(n_jobs, return_as="generator")(cells)


def run_one(dataset: Dataset, name: str, maker: Maker, seed: int, protocol: Protocol) -> Record:
    """Fit and score one detector on one split."""
    X, X_new, y, y_new = split(dataset, seed, protocol)
    share = protocol.contamination
    if share is None:
        share = np.clip(y.mean(), 1 / len(y), 0.5)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            measures, scores = measure(maker(float(share), seed), X, X_new, y_new)
    except Exception as error:
        return Record(dataset, name, seed, error=f"{type(error).__name__}: {error}")
    return Record(dataset, name, seed, measures, y_new, scores)


def split(
    dataset: Dataset, seed: int, protocol: Protocol
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Return the training and the held-out rows, then the labels of either.

    Columns are z-scored by the training rows, as in PyOD's own benchmark.
    """
    X, X_new, y, y_new = train_test_split(
        dataset.X,
        dataset.y,
        test_size=HELD_OUT,
        random_state=seed,
        stratify=dataset.y if protocol.stratify else None,
    )
    X, y = X[: protocol.rows], y[: protocol.rows]
    return *standardizer(X, X_new), y, y_new


def measure(clf, X: NDArray, X_new: NDArray, y_new: NDArray) -> tuple[dict[str, float], NDArray]:
    """Return ROC-AUC, precision at n, average precision and seconds, and the scores themselves."""
    check_both_kinds(y_new)
    start = perf_counter()
    clf.fit(X)
    fitted = perf_counter()
    scores = clf.decision_function(X_new)
    scored = perf_counter()
    return {
        "roc": roc_auc_score(y_new, scores),
        "prn": precision_n_scores(y_new, scores),
        "ap": average_precision_score(y_new, scores),
        "time_fit": fitted - start,
        "time_score": scored - fitted,
        "time": scored - start,
    }, scores


def check_both_kinds(y: NDArray) -> None:
    """Refuse labels of one kind."""
    if len(np.unique(y)) < 2:
        raise ValueError("the held-out rows are all of one kind: nothing can be measured")
