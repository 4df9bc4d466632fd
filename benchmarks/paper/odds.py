"""The draws of table 1, and of sets thinned out to a contamination, as figures 5 and 6 have."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import MinMaxScaler

from ..harness.data import Dataset
from ..harness.protocol import HELD_OUT, Protocol, Source, split

PROTOCOL = Protocol(preparation=MinMaxScaler())


def whole(dataset: Dataset) -> Source:
    """Return the draws of a whole set: random 60/40 splits."""
    made_of = f"{HELD_OUT} held out, in [0, 1], of {joblib.hash((dataset.X, dataset.y))}"
    same = partial(with_all, dataset)
    return _source(dataset.name, made_of, dataset.X.shape, float(dataset.y.mean()), same)


def with_all(dataset: Dataset, seed: int) -> Dataset:
    """Keep all rows."""
    return dataset


def thinned(dataset: Dataset, contamination: float) -> Source:
    """Return such draws of a set from which anomalies, or normal rows, are left out at random.

    The rest has the wanted contamination and as many rows as possible.
    """
    kept = numbers_for(dataset.y, contamination)
    made_of = f"{HELD_OUT} held out, in [0, 1], of {kept} of {joblib.hash((dataset.X, dataset.y))}"
    shape = sum(kept), dataset.X.shape[1]
    return _source(
        dataset.name, made_of, shape, contamination, partial(with_numbers, dataset, kept)
    )


def numbers_for(y: NDArray, contamination: float) -> tuple[int, int]:
    """Return how many normal rows and anomalies make up a contamination, as many as possible.

    Examples
    --------
    >>> numbers_for(np.repeat([0, 1], [90, 10]), 0.2), numbers_for(np.repeat([0, 1], [90, 30]), 0.1)
    ((40, 10), (90, 10))
    """
    normal, odd = np.bincount(y, minlength=2)
    n = min(int(normal / (1 - contamination)), int(odd / contamination))
    return n - round(n * contamination), round(n * contamination)


def with_numbers(dataset: Dataset, kept: tuple[int, int], seed: int) -> Dataset:
    """Keep so many normal rows and anomalies, drawn at random."""
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(dataset.y == kind))[:n] for kind, n in enumerate(kept)]
    chosen = np.concatenate(rows)
    return Dataset(dataset.name, dataset.X[chosen], dataset.y[chosen])


def _source(
    name: str,
    made_of: str,
    shape: tuple[int, int],
    contamination: float,
    make: Callable[[int], Dataset],
) -> Source:
    rows = int(shape[0] * (1 - HELD_OUT))
    draw = partial(split, make, PROTOCOL)
    return Source(name, made_of, draw, rows, shape[1], contamination, __name__)
