"""The protocol: fit on contaminated rows without labels, measure on the held-out rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyod.models.base import BaseDetector
from pyod.utils.utility import precision_n_scores
from sklearn.base import TransformerMixin, clone
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from .data import Dataset

HELD_OUT = 0.4


class Draw(NamedTuple):
    """The training and the held-out rows, then the labels of either."""

    X: NDArray
    X_new: NDArray
    y: NDArray
    y_new: NDArray


@dataclass(frozen=True)
class Protocol:
    """How rows are held out and columns prepared.

    Attributes
    ----------
    held_out : float
        The part of the rows that is held out, at random.
    preparation : transformer
        Of the columns, fitted to the training rows.
    stratify : bool
        Whether the split spreads the anomalies evenly, for sets that hold few.
    rows : int or None
        Training rows that are kept, for what happens on small tables; None keeps all.
    """

    held_out: float = HELD_OUT
    preparation: TransformerMixin = field(default_factory=StandardScaler)
    stratify: bool = False
    rows: int | None = None


class Source(NamedTuple):
    """What draws come from.

    Attributes
    ----------
    name : str
    made_of : str
        All that a draw depends on besides the seed, data included.
    draw : callable
        Makes a draw from a seed.
    rows, columns : int
        The shape of the training rows.
    contamination : float
        The true one.
    module : str
        Where the rows are drawn.
    """

    name: str
    made_of: str
    draw: Callable[[int], Draw]
    rows: int
    columns: int
    contamination: float
    module: str


def split(make: Callable[[int], Dataset], protocol: Protocol, seed: int) -> Draw:
    """Make a set, hold rows of it out and prepare its columns."""
    dataset = make(seed)
    X, X_new, y, y_new = train_test_split(
        dataset.X,
        dataset.y,
        test_size=protocol.held_out,
        random_state=seed,
        stratify=dataset.y if protocol.stratify else None,
    )
    X, y = X[: protocol.rows], y[: protocol.rows]
    prepared = clone(protocol.preparation).fit(X)
    return Draw(prepared.transform(X), prepared.transform(X_new), y, y_new)


def measure(
    clf: BaseDetector, source: Source, seed: int, keep_scores: bool = False
) -> dict[str, Any]:
    """Return ROC-AUC, precision at n, average precision and seconds, and perhaps the scores."""
    X, X_new, _, y_new = source.draw(seed)
    check_both_kinds(y_new)
    start = perf_counter()
    clf.fit(X)
    fitted = perf_counter()
    scores = clf.decision_function(X_new)
    scored = perf_counter()
    measures = {
        "roc": roc_auc_score(y_new, scores),
        "prn": precision_n_scores(y_new, scores),
        "ap": average_precision_score(y_new, scores),
        "time_fit": fitted - start,
        "time_score": scored - fitted,
        "time": scored - start,
    }
    return measures | ({"scores": scores, "labels": y_new} if keep_scores else {})


def check_both_kinds(y: NDArray) -> None:
    """Refuse labels of one kind."""
    if len(np.unique(y)) < 2:
        raise ValueError("the held-out rows are all of one kind: nothing can be measured")
