"""What a cell of the paper's tables does: draw, fit on contaminated rows, score held-out ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import joblib
import numpy as np
from numpy.typing import NDArray
from pyod.models.base import BaseDetector
from sklearn.base import TransformerMixin, clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from pyod_robustnvp import RobustRealNVP

from ..datasets import Dataset
from ..protocol import HELD_OUT, check_both_kinds
from .cells import Cell
from .methods import make


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
    check_both_kinds(y_new)
    start = perf_counter()
    clf.fit(X)
    seconds = perf_counter() - start
    return {"auc": roc_auc_score(y_new, clf.decision_function(X_new)), "seconds": seconds}


def odds(dataset: Dataset) -> Source:
    """Return the draws of table 1: random 60/40 splits."""
    made_of = f"{HELD_OUT} held out, in [0, 1], of {joblib.hash((dataset.X, dataset.y))}"
    return _of_odds(
        dataset.name, made_of, dataset.X.shape, float(dataset.y.mean()), lambda seed: dataset
    )


def odds_with(dataset: Dataset, share: float) -> Source:
    """Return such draws of a set from which anomalies, or normal rows, are left out at random.

    The rest has the wanted share of anomalies and as many rows as possible.
    """
    kept = numbers_for(dataset.y, share)
    made_of = f"{HELD_OUT} held out, in [0, 1], of {kept} of {joblib.hash((dataset.X, dataset.y))}"
    shape = sum(kept), dataset.X.shape[1]
    return _of_odds(dataset.name, made_of, shape, share, partial(with_numbers, dataset, kept))


def numbers_for(y: NDArray, share: float) -> tuple[int, int]:
    """Return how many normal rows and anomalies make up a share, with as many rows as possible.

    Examples
    --------
    >>> numbers_for(np.repeat([0, 1], [90, 10]), 0.2), numbers_for(np.repeat([0, 1], [90, 30]), 0.1)
    ((40, 10), (90, 10))
    """
    normal, odd = np.bincount(y, minlength=2)
    n = min(int(normal / (1 - share)), int(odd / share))
    return n - round(n * share), round(n * share)


def with_numbers(dataset: Dataset, kept: tuple[int, int], seed: int) -> Dataset:
    """Keep so many normal rows and anomalies, drawn at random."""
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(dataset.y == kind))[:n] for kind, n in enumerate(kept)]
    chosen = np.concatenate(rows)
    return Dataset(dataset.name, dataset.X[chosen], dataset.y[chosen])


def _of_odds(
    name: str, made_of: str, shape: tuple[int, int], share: float, make: Callable[[int], Dataset]
) -> Source:
    draw = partial(split, make, HELD_OUT, MinMaxScaler())
    return Source(name, made_of, int(shape[0] * (1 - HELD_OUT)), shape[1], share, draw)


def split(
    make: Callable[[int], Dataset], held_out: float, preparation: TransformerMixin, seed: int
) -> Draw:
    """Make a set, hold rows of it out at random, and prepare the columns by the rest."""
    dataset = make(seed)
    X, X_new, _, y_new = train_test_split(
        dataset.X, dataset.y, test_size=held_out, random_state=seed
    )
    prepared = clone(preparation).fit(X)
    return Draw(prepared.transform(X), prepared.transform(X_new), y_new)
