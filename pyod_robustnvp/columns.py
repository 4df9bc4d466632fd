"""Views of the columns: as they are, scaled, or as a transformer of the user's makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from .front import Front
from .scaling import CenterAndScale, SoftQuantileScaler, Table
from .units import log_slopes
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


class TransformedColumns(Front, View):
    """What a scikit-learn transformer that works column by column makes of the rows.

    Parameters
    ----------
    transformer : transformer
        Of a kind whose slopes are known (:func:`~pyod_robustnvp.units.has_slope`).

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

    def transform(self, X: ArrayLike, least: int = 1) -> Table:
        """Return what the transformer makes of the rows, clipped to what flows can carry."""
        return super().transform(X, least).clip(-LARGEST, LARGEST)

    def log_det(self, table: Table) -> Table:
        """Return the sum of the logarithms of the columns' slopes at each row."""
        log_det: Table = log_slopes(self.fitted, table).sum(axis=1)
        return log_det
