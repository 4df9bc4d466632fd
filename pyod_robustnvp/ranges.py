"""The view of the columns between their edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np

from .scaling import CenterAndScale, Table, finite, width_above_zero
from .views import View

# Of the range, beyond its ends.
MARGIN = 0.01


class RangedColumns(View):
    r"""The columns between their smallest and their largest value, carried into (0, 1).

    .. math:: y = (x - l) / (h - l),

    where l and h lie a hundredth of the range beyond the extremes: no value of the table is kept.

    Attributes
    ----------
    scaler : CenterAndScale
        The lower ends l, and the widths h - l.

    Examples
    --------
    >>> view = RangedColumns().fit(np.array([[0.0], [10.0], [20.0]]))
    >>> view.transform(np.array([[0.0], [10.0]])).round(3).tolist()
    [[0.01], [0.5]]
    >>> view.inverse(np.array([[0.5]])).tolist()
    [[10.0]]
    """

    def fit(self, table: Table) -> Self:
        """Learn the ranges."""
        self.scaler = CenterAndScale()
        low = table.min(axis=0)
        with np.errstate(over="ignore"):
            width = finite(table.max(axis=0) - low)
            self.scaler.center_ = finite(low - MARGIN * width)
            width = finite((1 + 2 * MARGIN) * width)
        self.scaler.scale_ = width_above_zero(width, np.zeros(len(width)))
        return self

    def transform(self, table: Table) -> Table:
        """Return the rows in the units of the ranges."""
        center, scale = self.scaler.center_ / 2, self.scaler.scale_ / 2
        with np.errstate(over="ignore"):
            return finite((table / 2 - center) / scale)

    def inverse(self, seen: Table) -> Table:
        """Return the rows that ``transform`` carries there."""
        with np.errstate(over="ignore"):
            return finite(self.scaler.center_ + self.scaler.scale_ * seen)

    def log_det(self, table: Table) -> Table:
        """Return the logarithm of the scaling's Jacobian determinant, the same at each row."""
        return np.full(len(table), -np.log(self.scaler.scale_).sum())

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        return CenterAndScale.shapes("range", d)

    def state(self) -> dict[str, Table]:
        """Return the ranges."""
        return self.scaler.state("range")

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back the ranges."""
        self.scaler = CenterAndScale()
        self.scaler.restore("range", arrays)
