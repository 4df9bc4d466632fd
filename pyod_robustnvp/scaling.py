"""Columns of one scale, whatever the outliers among their values.

What is in this file works on finite float64 tables and checks nothing: the detector's door does.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .learned import Learned

Table = NDArray[np.float64]

TAIL = 0.05
# Below this half-width a division could overflow; such a column counts as constant.
NARROWEST = 4 * np.finfo(np.float64).tiny


class CenterAndScale(Learned):
    """A middle and a width above 0 for each column.

    Attributes
    ----------
    center_, scale_ : ndarray of shape (n_features,)
    """

    center_: Table
    scale_: Table

    @staticmethod
    def shapes(name: str, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        return {f"{name}.center_": (d,), f"{name}.scale_": (d,)}

    def state(self, name: str) -> dict[str, Table]:
        """Return what was learned, as arrays whose names begin with ``name``."""
        return {f"{name}.center_": self.center_, f"{name}.scale_": self.scale_}

    def restore(self, name: str, arrays: Mapping[str, Table]) -> None:
        """Take back what ``state`` returned.

        Raises
        ------
        ValueError
            A scale is not above 0.
        """
        self.center_, self.scale_ = arrays[f"{name}.center_"], arrays[f"{name}.scale_"]
        if (self.scale_ < NARROWEST).any():
            raise ValueError("a scale is not above 0")


class SoftQuantileScaler(CenterAndScale):
    r"""Carry the bulk of each column into [0, 1] and soften its tails to logarithms.

    With the 5 % and the 95 % quantile of a column, their midpoint m and half their distance h,

    .. math:: y = \tfrac12 + \tfrac14 \operatorname{arcsinh} \frac{2 (x - m)}{h},

    strictly increasing and invertible. Outliers move neither m nor h, and a value a million times
    farther out than the bulk lands near 4.5 rather than at half a million. Where the two quantiles
    are equal, the extremes of the column stand in for them; a constant column is measured in
    multiples of its own value.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        The midpoints m.
    scale_ : ndarray of shape (n_features,)
        The half-widths h, above 0.

    Examples
    --------
    >>> scaler = SoftQuantileScaler().fit(np.array([[0.0], [1.0], [2.0]]))
    >>> scaler.transform(np.array([[0.0], [1.0], [2.0], [2e6]])).round(2).ravel().tolist()
    [0.14, 0.5, 0.86, 4.47]
    """

    def fit(self, table: Table) -> SoftQuantileScaler:
        """Learn the midpoints and half-widths of the columns."""
        low, high = np.quantile(table, [TAIL, 1 - TAIL], axis=0, method="nearest")
        flat = low == high
        low = np.where(flat, table.min(axis=0), low)
        high = np.where(flat, table.max(axis=0), high)
        self.center_ = low / 2 + high / 2
        self.scale_ = width_above_zero(high / 2 - low / 2, self.center_)
        return self

    def transform(self, table: Table) -> Table:
        """Return the scaled columns, finite for every finite row."""
        scaled: Table = 0.5 + 0.25 * np.arcsinh(self._standardized(table))
        return scaled

    def inverse(self, scaled: Table) -> Table:
        """Return the rows that ``transform`` carries there, values beyond float64 clipped."""
        with np.errstate(over="ignore"):
            return finite(self.center_ + self.scale_ / 2 * np.sinh(4 * scaled - 2))

    def log_det(self, table: Table) -> Table:
        r"""Return the logarithm of the transform's Jacobian determinant at each row.

        .. math:: \sum_j -\log 2 h_j - \tfrac12 \log(1 + (2 (x_j - m_j) / h_j)^2)
        """
        u = self._standardized(table)
        log_root = np.logaddexp(0, 2 * np.log(np.maximum(np.abs(u), NARROWEST))) / 2
        log_det: Table = -(np.log(2) + np.log(self.scale_) + log_root).sum(axis=1)
        return log_det

    def _standardized(self, table: Table) -> Table:
        """Return 2 (x - m) / h, halves first: the difference of two huge numbers may overflow."""
        with np.errstate(over="ignore"):
            return finite((table / 2 - self.center_ / 2) / (self.scale_ / 4))


def some_of(n: int, most: int) -> NDArray[np.int_]:
    """Return the numbers of so many of n rows at most, the same for each n, in no pattern.

    Examples
    --------
    >>> some_of(3, 5).tolist(), len(some_of(100, 5))
    ([0, 1, 2], 5)
    """
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, most, replace=False, shuffle=False))


def width_above_zero(width: Table, center: Table) -> Table:
    """Return half-widths to divide by: a constant column has its own value, or 1 where that is 0.

    Examples
    --------
    >>> width_above_zero(np.array([0.5, 0.0, 0.0]), np.array([9.0, -7.0, 0.0])).tolist()
    [0.5, 7.0, 1.0]
    """
    constant = np.where(center == 0, 1.0, np.abs(center))
    return np.where(width < NARROWEST, np.maximum(constant, NARROWEST), width)


def finite(values: Table) -> Table:
    """Clip infinities to the largest number."""
    largest = np.finfo(np.float64).max
    clipped: Table = np.clip(values, -largest, largest)
    return clipped
