"""Views of the columns: as they are, scaled, or as a transformer of the user's makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_array, check_consistent_length

from .scaling import CenterAndScale, SoftQuantileScaler, Table
from .units import inverse, log_slopes
from .views import LARGEST, View


class RawColumns(View):
    """The columns as they are.

    Examples
    --------
    >>> RawColumns().fit(np.eye(2)).transform(np.array([[1.0, 1e300]])).tolist()
    [[1.0, 1000000000000000.0]]
    """

    def fit(self, table: Table) -> Self:
        """Learn nothing."""
        return self

    def transform(self, table: Table) -> Table:
        """Return the rows, values beyond what flows can carry clipped."""
        return table.clip(-LARGEST, LARGEST)

    def inverse(self, seen: Table) -> Table:
        """Return the rows."""
        return seen

    def log_det(self, table: Table) -> Table:
        """Return 0 for each row."""
        return np.zeros(len(table))

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return nothing: nothing was learned."""
        return {}

    def state(self) -> dict[str, Table]:
        """Return nothing: nothing was learned."""
        return {}

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back nothing."""


class ScaledColumns(View):
    """The columns, each brought to one scale.

    Attributes
    ----------
    scaler : :class:`~pyod_robustnvp.scaling.SoftQuantileScaler`

    Examples
    --------
    >>> view = ScaledColumns().fit(np.array([[0.0], [10.0], [20.0]]))
    >>> view.transform(np.array([[10.0]])).tolist(), view.inverse(np.array([[0.5]])).tolist()
    ([[0.5]], [[10.0]])
    """

    def fit(self, table: Table) -> Self:
        """Learn the scale of each column."""
        self.scaler = SoftQuantileScaler().fit(table)
        return self

    def transform(self, table: Table) -> Table:
        """Return the scaled rows."""
        return self.scaler.transform(table)

    def inverse(self, seen: Table) -> Table:
        """Return the rows that ``transform`` carries there."""
        return self.scaler.inverse(seen)

    def log_det(self, table: Table) -> Table:
        """Return the logarithm of the scaling's Jacobian determinant at each row."""
        return self.scaler.log_det(table)

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        return CenterAndScale.shapes("scaler", d)

    def state(self) -> dict[str, Table]:
        """Return the scales."""
        return self.scaler.state("scaler")

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back the scales."""
        self.scaler = SoftQuantileScaler()
        self.scaler.restore("scaler", arrays)


class TransformedColumns(View):
    """What a scikit-learn transformer that works column by column makes of the rows.

    Parameters
    ----------
    transformer : transformer
        Of a kind whose slopes are known (:func:`~pyod_robustnvp.units.has_slope`). Cloned before it
        is fitted.

    Attributes
    ----------
    fitted : transformer

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> view = TransformedColumns(StandardScaler()).fit(np.array([[0.0], [10.0]]))
    >>> view.transform(np.array([[5.0], [10.0]])).tolist(), view.log_det(np.array([[5.0]])).round(2)
    ([[0.0], [1.0]], array([-1.61]))
    """

    def __init__(self, transformer: Any) -> None:
        self.transformer = transformer

    def fit(self, table: Table) -> Self:
        """Fit a clone of the transformer."""
        try:
            # A copy: a scaler with copy=False writes into what it gets.
            self.fitted = clone(self.transformer).fit(table.copy())
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"preprocessing={self.transformer!r} can't be fitted to X alone: {error}"
            ) from error
        return self

    def transform(self, table: Table) -> Table:
        """Return what the transformer makes of the rows, once that is known to be a table."""
        try:
            seen: Table = check_array(self.fitted.transform(table.copy()), dtype=np.float64)
            check_consistent_length(table, seen)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"preprocessing={self.transformer!r} must turn X into a dense table of finite "
                f"numbers, row by row: {error}"
            ) from error
        clipped: Table = seen.clip(-LARGEST, LARGEST)
        return clipped

    def inverse(self, seen: Table) -> Table:
        """Return the rows that the transformer carries there."""
        return inverse(self.fitted, seen)

    def log_det(self, table: Table) -> Table:
        """Return the sum of the logarithms of the columns' slopes at each row."""
        log_det: Table = log_slopes(self.fitted, table).sum(axis=1)
        return log_det
