"""What a cell of the paper's tables does: draw, fit on contaminated rows, score held-out ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import joblib
from numpy.typing import NDArray
from pyod.models.base import BaseDetector
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from pyod_robustnvp import RobustRealNVP

from ..datasets import Dataset
from .cells import Cell
from .methods import make

HELD_OUT = 0.4


class Draw(NamedTuple):
    """Training rows, held-out rows and the labels of these."""

    X: NDArray
    X_new: NDArray
    y_new: NDArray


class Source(NamedTuple):
    """What draws come from.

    Attributes
    ----------
    name : str
    made_of : str
        All that a draw depends on besides the seed, data included.
    rows, columns : int
        The shape of the training rows.
    share : float
        Of anomalies.
    draw : callable
        Makes a draw from a seed.
    """

    name: str
    made_of: str
    rows: int
    columns: int
    share: float
    draw: Callable[[int], Draw]


def cell(source: Source, method: str, seed: int, told: float | None = None, quick=False) -> Cell:
    """Return the cell of a method on a draw, told the true share of anomalies or another."""
    clf = make(method, source.share if told is None else told, seed, source.columns, quick)
    settings = f"{source.made_of}; {type(clf).__name__} {clf.get_params()}"
    weight = source.rows * (10.0 if isinstance(clf, RobustRealNVP) else 1.0)
    return Cell(source.name, method, seed, settings, partial(measure, clf, source, seed), weight)


def measure(clf: BaseDetector, source: Source, seed: int) -> dict[str, Any]:
    """Return the ROC-AUC on the held-out rows and the seconds that the fit took."""
    X, X_new, y_new = source.draw(seed)
    start = perf_counter()
    clf.fit(X)
    seconds = perf_counter() - start
    return {"auc": roc_auc_score(y_new, clf.decision_function(X_new)), "seconds": seconds}


def odds(dataset: Dataset) -> Source:
    """Return the draws of table 1: random 60/40 splits."""
    n, d = dataset.X.shape
    made_of = f"60/40 in [0, 1] of {joblib.hash((dataset.X, dataset.y))}"
    draw = partial(split, dataset, HELD_OUT)
    return Source(dataset.name, made_of, int(n * (1 - HELD_OUT)), d, dataset.y.mean(), draw)


def split(dataset: Dataset, held_out: float, seed: int) -> Draw:
    """Hold rows out at random and scale the columns to [0, 1] by the rest."""
    X, X_new, _, y_new = train_test_split(
        dataset.X, dataset.y, test_size=held_out, random_state=seed
    )
    scaler = MinMaxScaler().fit(X)
    return Draw(scaler.transform(X), scaler.transform(X_new), y_new)
