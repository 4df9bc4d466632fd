"""The 60/40 protocol: fit on contaminated rows without labels, measure on the held-out rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from pyod.utils.utility import precision_n_scores, standardizer
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split

from .datasets import Dataset
from .detectors import DETECTORS

HELD_OUT = 0.4


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


def run_all(
    splits: Iterable[tuple[Dataset, int]],
    detectors: Iterable[str],
    contamination: float | None,
    stratify: bool = False,
) -> Iterator[Record]:
    """Yield a record for every set with its seed and every detector."""
    detectors = list(detectors)
    for dataset, seed in splits:
        for detector in detectors:
            yield run_one(dataset, detector, seed, contamination, stratify)


def run_one(
    dataset: Dataset,
    detector: str,
    seed: int,
    contamination: float | None,
    stratify: bool = False,
) -> Record:
    """Fit and score one detector on one split, which spreads few anomalies evenly if stratified.

    ``contamination`` None gives the detector the true share of anomalies among its training rows.
    Columns are z-scored by the training rows, as in PyOD's own benchmark.
    """
    X, X_new, y, y_new = train_test_split(
        dataset.X,
        dataset.y,
        test_size=HELD_OUT,
        random_state=seed,
        stratify=dataset.y if stratify else None,
    )
    X, X_new = standardizer(X, X_new)
    share = np.clip(y.mean(), 1 / len(y), 0.5) if contamination is None else contamination
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            measures, scores = measure(DETECTORS[detector](float(share), seed), X, X_new, y_new)
    except Exception as error:
        return Record(dataset, detector, seed, error=f"{type(error).__name__}: {error}")
    return Record(dataset, detector, seed, measures, y_new, scores)


def measure(clf, X: NDArray, X_new: NDArray, y_new: NDArray) -> tuple[dict[str, float], NDArray]:
    """Return ROC-AUC, precision at n, average precision and seconds, and the scores themselves."""
    if len(np.unique(y_new)) < 2:
        raise ValueError("the held-out rows are all of one kind: nothing can be measured")
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
