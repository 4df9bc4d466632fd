"""Rows whose wrong columns are known: four kinds, by which explanations are judged."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import ExtraTreesRegressor

from ..harness.families import families

KINDS = {
    "a": "new rows with one value outside of its column's range",
    "b": "new rows with values shifted by one to two standard deviations",
    "c": "new rows with values of other rows, unremarkable in their columns",
    "d": "training rows, 3 % of them, with one pattern in several columns",
    "e": "as b, 1,000 rows of 30 columns at once",
}
#: Rows that are made besides those of the training, where tables are made.
TRAINED = 1000
#: A column has relations if the others explain so much of its variance.
TELLABLE = 0.8
#: Columns of fewer values are no numbers that others could tell.
LEAST_VALUES = 10
#: Between these quantiles a value is unremarkable.
MIDDLE = (0.1, 0.9)
#: Part of the training rows that have the pattern.
PATTERN = 0.03


@dataclass(frozen=True)
class Truth:
    """Rows and which of their columns are wrong.

    Attributes
    ----------
    X, X_new : ndarray of shape (n, d), (m, d)
        Training rows, and those that are explained, which may be some of them.
    wrong : ndarray of shape (m, d), bool
    """

    X: NDArray[np.float64]
    X_new: NDArray[np.float64]
    wrong: NDArray[np.bool_]


@dataclass(frozen=True)
class Kind:
    """How a truth is made of a table.

    Attributes
    ----------
    kind : str
        A letter of ``KINDS``.
    table : str
        Of the two wheels, of scikit-learn, or made: 'gauss12', 'mixture10' or 'curved10', a kind
        and the number of columns.
    columns : int
        That are wrong in a row.
    rows : int
        That are explained, at most.
    """

    kind: str
    table: str
    columns: int = 1
    rows: int = 100

    @property
    def name(self) -> str:
        """What a reader calls it."""
        return f"{self.kind}: {self.table}, {self.columns}"

    def draw(self, seed: int) -> Truth:
        """Return the truth of a seed."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        return MAKERS[self.kind](self, rng)


def shifted_out(kind: Kind, rng: Generator) -> Truth:
    """Bring one value of a new row out of its column's range, by half to one and a half of it."""
    X, X_new = _split(table(kind.table, kind.rows, rng), kind.rows)
    low, high = X.min(axis=0), X.max(axis=0)
    wrong = _chosen(len(X_new), np.flatnonzero(high > low), X.shape[1], 1, rng)
    away = rng.uniform(0.5, 1.5, wrong.shape) * (high - low)
    out = np.where(rng.random(wrong.shape) < 0.5, low - away, high + away)
    return Truth(X, np.where(wrong, out, X_new), wrong)


def subtle(kind: Kind, rng: Generator) -> Truth:
    """Shift values of new rows by one to two standard deviations of their columns, up or down."""
    X, X_new = _split(table(kind.table, kind.rows, rng), kind.rows)
    wrong = _chosen(len(X_new), np.arange(X.shape[1]), X.shape[1], kind.columns, rng)
    shifts = rng.choice([-1, 1], wrong.shape) * rng.uniform(1, 2, wrong.shape) * X.std(axis=0)
    return Truth(X, X_new + shifts * wrong, wrong)


def exchanged(kind: Kind, rng: Generator) -> Truth:
    """Give a new row values of other rows, each unremarkable in its column by itself.

    It lies among the middle 80 % of the column, and by half of their range or more from the value
    that it replaces. Only in columns that the others tell: elsewhere no relation would break.
    """
    X, X_new = _split(table(kind.table, kind.rows, rng), kind.rows)
    wrong = _chosen(len(X_new), tellable(X), X.shape[1], kind.columns, rng)
    changed = X_new.copy()
    for i, j in zip(*np.nonzero(wrong), strict=True):
        column, (low, high) = X_new[:, j], np.quantile(X[:, j], MIDDLE)
        far = np.abs(column - X_new[i, j]) > (high - low) / 2
        others = column[far & (low <= column) & (column <= high)]
        if len(others):
            changed[i, j] = rng.choice(others)
    wrong &= changed != X_new
    some = wrong.any(axis=1)
    return Truth(X, changed[some], wrong[some])


def repeated(kind: Kind, rng: Generator) -> Truth:
    """Give some training rows one pattern: values near the ends of several columns."""
    X = table(kind.table, 0, rng)
    many = [j for j, column in enumerate(X.T) if len(np.unique(column)) >= LEAST_VALUES]
    columns = rng.choice(many, kind.columns, replace=False)
    n = round(PATTERN * len(X))
    ends = rng.choice([0.02, 0.98], kind.columns)
    values = [np.quantile(X[:, j], end) for j, end in zip(columns, ends, strict=True)]
    noise = 0.05 * X[:, columns].std(axis=0) * rng.normal(size=(n, kind.columns))
    X[:n, columns] = values + noise
    wrong = np.zeros((n, X.shape[1]), dtype=bool)
    wrong[:, columns] = True
    return Truth(X, X[: min(n, kind.rows)].copy(), wrong[: kind.rows])


MAKERS: dict[str, Callable[[Kind, Generator], Truth]] = {
    "a": shifted_out, "b": subtle, "c": exchanged, "d": repeated, "e": subtle,
}  # fmt: skip


def _split(X: NDArray, rows: int) -> tuple[NDArray, NDArray]:
    """Return training rows and new ones, which are at most half of all."""
    rows = min(rows, len(X) // 2)
    return X[rows:], X[:rows]


def _chosen(n: int, among: NDArray, d: int, k: int, rng: Generator) -> NDArray[np.bool_]:
    """Return k columns for each of n rows, as a mask."""
    wrong = np.zeros((n, d), dtype=bool)
    for row in wrong:
        row[rng.choice(among, min(k, len(among)), replace=False)] = True
    return wrong


def table(name: str, extra: int, rng: Generator) -> NDArray[np.float64]:
    """Return the rows of a table in random order, of a real one those of the usual class.

    A made one has so many rows more than are trained on.
    """
    made = re.fullmatch(r"([a-z]+)(\d+)", name)
    if made and made[1] in MADE:
        return MADE[made[1]](TRAINED + extra, int(made[2]), rng)
    return rng.permutation(real()[name])


@cache
def real() -> dict[str, NDArray[np.float64]]:
    """Return the rows of the usual class of real tables, by name."""
    found = {each.name: each.X[each.y == 0] for each in families(balanced=False)}
    return found | {"diabetes": load_diabetes(scaled=False).data, "wine": load_wine().data}


def gauss(n: int, d: int, rng: Generator, middle: float = 0.0) -> NDArray[np.float64]:
    """Return rows of a Gaussian, columns of variance 1 that a few factors relate."""
    factors = rng.normal(size=(max(2, d // 4), d))
    noise = np.sqrt(rng.uniform(0.25, 0.75, d))
    scale = np.sqrt((factors**2).sum(axis=0) + noise**2)
    rows = rng.normal(size=(n, len(factors))) @ factors + noise * rng.normal(size=(n, d))
    return rows / scale + middle * rng.normal(size=d)


def mixture(n: int, d: int, rng: Generator) -> NDArray[np.float64]:
    """Return rows of three such Gaussians with different middles."""
    return rng.permutation(np.vstack([gauss(n // 3 + 1, d, rng, 1.5) for _ in range(3)]))[:n]


def curved(n: int, d: int, rng: Generator) -> NDArray[np.float64]:
    """Return rows whose columns are curves of three hidden factors, and a little noise."""
    directions = rng.normal(size=(3, d))
    along = 1.2 * rng.normal(size=(n, 3)) @ (directions / np.linalg.norm(directions, axis=0))
    curves = (np.copy, np.sin, np.square, np.tanh, lambda h: np.exp(h / 2))
    columns = [curves[j % len(curves)](column) for j, column in enumerate(along.T)]
    return np.stack(columns, axis=1) + 0.1 * rng.normal(size=(n, d))


MADE = {"gauss": gauss, "mixture": mixture, "curved": curved}


def tellable(X: NDArray) -> NDArray[np.int_]:
    """Return the columns that the others tell, by trees on the rows that each has not seen."""
    return np.array(_tellable(X.tobytes(), X.shape), dtype=int)


@lru_cache(maxsize=64)
def _tellable(content: bytes, shape: tuple[int, int]) -> tuple[int, ...]:
    X = np.frombuffer(content).reshape(shape)
    found = []
    for j, column in enumerate(X.T):
        if len(np.unique(column)) < LEAST_VALUES:
            continue
        trees = ExtraTreesRegressor(
            50, min_samples_leaf=2, bootstrap=True, oob_score=True, random_state=0
        )
        if trees.fit(np.delete(X, j, axis=1), column).oob_score_ > TELLABLE:
            found.append(j)
    if not found:
        raise ValueError("the others tell no column of this table")
    return tuple(found)
