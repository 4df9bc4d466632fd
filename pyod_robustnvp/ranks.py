"""The view of the ranks of the values in their columns, and how dense each column is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from .scaling import Table, some_of
from .views import View

# Quantiles that make up the distribution of a column.
KNOTS = 101
# The half-width of the kernel, of the median distance from the middle of the values that differ.
BANDWIDTH = 0.3
# So many values tell what a column is like; a shorter one is repeated, each time spread otherwise.
ENOUGH = 4_096
# The golden ratio spreads values evenly, however many there are.
GOLDEN = (5**0.5 - 1) / 2
# Of their range, knots are so far apart at least.
LEAST_STEP = 1e-12
# Sums and differences of values up to here are finite numbers.
LARGEST = 1e307


class RankedColumns(View):
    r"""The rank of each value in its column, by a smoothed distribution function.

    .. math:: y_j = F_j(x_j), \quad F_j(x) = \frac1n \sum_i \min(\max(\tfrac{x - x_{ij} + b_j}{2
              b_j}, 0), 1),

    the distribution function of the column with each value spread over :math:`\pm b_j`, kept as its
    101 quantiles. Scales and outliers do not matter here, only the order of the values. What the
    view forgets is in :meth:`log_det`: how densely each column is populated around a value,

    .. math:: \sum_j \log F_j'(x_j).

    Attributes
    ----------
    knots : ndarray of shape (101, n_features)
        The quantiles, strictly increasing.

    Examples
    --------
    >>> column = np.r_[np.zeros(50), np.arange(50.0)][:, None]
    >>> view = RankedColumns().fit(column)
    >>> view.transform(np.array([[0.0], [25.0]])).round(1).ravel().tolist()
    [0.3, 0.8]
    >>> dense, thin = view.log_det(np.array([[0.0], [40.0]]))
    >>> bool(dense > thin)
    True
    """

    is_of_columns: ClassVar[bool] = True

    def fit(self, table: Table) -> Self:
        """Learn the distribution of each column."""
        some = table[some_of(len(table), ENOUGH)].clip(-LARGEST, LARGEST)
        bandwidths = [bandwidth(column) for column in some.T]
        some = np.tile(some, (-(-ENOUGH // len(some)), 1))
        spread = 2 * (np.arange(1, len(some) + 1) * GOLDEN % 1) - 1
        levels = np.linspace(0, 1, KNOTS)
        columns = [
            np.quantile(np.sort(column) + wide * spread, levels)
            for column, wide in zip(some.T, bandwidths, strict=True)
        ]
        self.knots: Table = np.stack([apart(knots) for knots in columns], axis=1)
        return self

    def transform(self, table: Table) -> Table:
        """Return the ranks of the rows' values, between 0 and 1."""
        levels = np.linspace(0, 1, KNOTS)
        seen = [np.interp(x, knots, levels) for x, knots in zip(table.T, self.knots.T, strict=True)]
        return np.stack(seen, axis=1)

    def inverse(self, seen: Table) -> Table:
        """Return the rows whose values have the ranks."""
        levels = np.linspace(0, 1, KNOTS)
        rows = [np.interp(y, levels, knots) for y, knots in zip(seen.T, self.knots.T, strict=True)]
        return np.stack(rows, axis=1)

    def log_det(self, table: Table) -> Table:
        """Return the sum of the logarithms of the columns' densities at each row.

        Between the middles of the intervals of the quantiles it is interpolated.
        """
        middles = self.knots[1:] / 2 + self.knots[:-1] / 2
        heights = -np.log(self.knots[1:] - self.knots[:-1]) - np.log(KNOTS - 1)
        each = zip(table.T, middles.T, heights.T, strict=True)
        log_det: Table = np.sum([np.interp(x, at, height) for x, at, height in each], axis=0)
        return log_det

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        return {"ranks.knots": (KNOTS, d)}

    def state(self) -> dict[str, Table]:
        """Return the quantiles."""
        return {"ranks.knots": self.knots}

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back the quantiles."""
        self.knots = arrays["ranks.knots"]
        if not (np.diff(self.knots, axis=0) > 0).all():
            raise ValueError("the quantiles of a column do not increase")


def apart(knots: Table) -> Table:
    """Return ascending knots strictly ascending.

    Examples
    --------
    >>> bool((np.diff(apart(np.array([1e15, 1e15, 1e15 + 1]))) > 0).all())
    True
    """
    step = max(LEAST_STEP * (knots[-1] - knots[0]), 2 * np.spacing(np.abs(knots).max()))
    separated: Table = knots + step * np.arange(len(knots))
    return separated


def bandwidth(column: Table) -> float:
    """Return the half-width of the kernel for a column, 1 where it is constant.

    Examples
    --------
    >>> bandwidth(np.array([0.0, 0.0, 0.0, 10.0])), bandwidth(np.ones(3))
    (3.0, 1.0)
    """
    away = np.abs(column - np.median(column))
    away = away[away > 0]
    return BANDWIDTH * float(np.median(away)) if len(away) else 1.0
