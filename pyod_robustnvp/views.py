"""Views: coordinates in which flows see the rows of a table, all with one interface.

A further view is a further subclass of :class:`View`, named where the settings list the views
(``parameters.py`` for the detector). Which flow sees which view: ``flow.views_of``.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils import check_array, check_consistent_length

from .scaling import CenterAndScale, SoftQuantileScaler, Table
from .units import has_inverse, log_slopes

# Axes narrower than this share of the widest keep a share of their smallness: rounding noise and
# columns that depend on each other exactly must not outweigh everything else.
NARROWEST_AXIS = 0.05
# Covariances below this share of the largest are none, next to its rounding; LAPACK's iteration for
# the axes may not come to an end over them.
NEGLIGIBLE = 1e-100
# float32 carries it through the couplings; their squares are summed in float64.
LARGEST = 1e15


class Transformer(Protocol):
    """A transformer of scikit-learn's kind."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn from the rows."""

    def transform(self, X: Any) -> Any:
        """Return the transformed rows."""


class View(ABC):
    """Coordinates of the rows, in which some of the flows see them.

    Tables are finite float64 arrays of shape (n_samples, n_features), which nothing checks again.

    Attributes
    ----------
    looks_at : int or None
        The number of the earlier view that this one starts from; None starts from the table.
    runs_in_threads : bool
        Whether several threads may call ``transform`` at one time.
    """

    looks_at: ClassVar[int | None] = None
    runs_in_threads: ClassVar[bool] = True

    @abstractmethod
    def fit(self, table: Table) -> Self:
        """Learn the view from the rows."""

    @abstractmethod
    def transform(self, table: Table) -> Table:
        """Return the rows in this view."""

    @abstractmethod
    def inverse(self, seen: Table) -> Table:
        """Return the rows that ``transform`` carries there."""

    @abstractmethod
    def log_det(self, table: Table) -> Table:
        """Return the logarithm of the transform's Jacobian determinant at each row."""

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        return {}

    def state(self) -> dict[str, Table]:
        """Return what was learned, as arrays by name."""
        return {}

    def restore(self, arrays: Mapping[str, Table]) -> None:  # noqa: B027, nothing to take back
        """Take back what ``state`` returned; a ValueError says what can't be."""


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
    """What a scikit-learn transformer of the user's makes of the rows.

    Parameters
    ----------
    transformer : transformer
        Cloned before it is fitted.

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

    runs_in_threads: ClassVar[bool] = False

    def __init__(self, transformer: Transformer) -> None:
        self.transformer = transformer

    def fit(self, table: Table) -> Self:
        """Fit a clone of the transformer."""
        try:
            self.fitted = clone(self.transformer).fit(table)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"preprocessing={self.transformer!r} can't be fitted to X alone: {error}"
            ) from error
        return self

    def transform(self, table: Table) -> Table:
        """Return what the transformer makes of the rows, once that is known to be a table."""
        try:
            seen: Table = check_array(self.fitted.transform(table), dtype=np.float64)
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
        if not has_inverse(self.fitted):
            raise ValueError(
                f"preprocessing={self.transformer!r} has no inverse, so that rows can't be drawn "
                "in the units of X; use preprocessing=True or a transformer with inverse_transform"
            )
        return np.asarray(self.fitted.inverse_transform(seen), dtype=np.float64)

    def log_det(self, table: Table) -> Table:
        """Return the sum of the logarithms of the columns' slopes at each row."""
        log_det: Table = log_slopes(self.fitted, table).sum(axis=1)
        return log_det

    def state(self) -> dict[str, Table]:
        """Refuse: a transformer of the user's is no array."""
        raise ValueError(
            f"preprocessing={self.transformer!r} can't be saved without pickle; use joblib.dump, "
            "and load such a file only from people you trust"
        )


class PrincipalAxes(View):
    r"""The principal axes of the first view, each brought to one scale.

    With the eigenvectors V of the covariance and a
    :class:`~pyod_robustnvp.scaling.SoftQuantileScaler` g of the rotated columns,

    .. math:: y = g(V^T x).

    A row that breaks a linear relation between columns, and is unremarkable in each of them, lies
    far out on a narrow axis.

    Attributes
    ----------
    axes : ndarray of shape (n_features, n_features)
        The axes, a column each, orthonormal.
    scaler : SoftQuantileScaler
        Fitted to the rotated rows. No half-width is below a twentieth of the largest one of an axis
        along which rows differ.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 1)) + 0.1 * rng.normal(size=(500, 2))
    >>> view = PrincipalAxes().fit(X)
    >>> abs(view.transform(np.array([[2.0, 2.0], [1.0, -1.0]])) - 0.5).round(1).tolist()
    [[0.0, 0.4], [0.9, 0.0]]
    """

    looks_at: ClassVar[int | None] = 0

    def fit(self, table: Table) -> Self:
        """Learn the axes and their scales."""
        table = np.ascontiguousarray(table)
        covariance = np.cov(table, rowvar=False).reshape(table.shape[1], -1)
        covariance[abs(covariance) < NEGLIGIBLE * abs(covariance).max()] = 0
        self.axes: Table = np.linalg.eigh(covariance)[1]
        rotated = table @ self.axes
        self.scaler = SoftQuantileScaler().fit(rotated)
        widths, varied = self.scaler.scale_, np.ptp(rotated, axis=0) > 0
        floor = NARROWEST_AXIS * widths.max(where=varied, initial=0)
        self.scaler.scale_ = np.maximum(widths, floor)
        return self

    def transform(self, table: Table) -> Table:
        """Return the rows on the scaled axes."""
        return self.scaler.transform(self._rotated(table))

    def inverse(self, seen: Table) -> Table:
        """Return the rows that ``transform`` carries there."""
        return product(self.scaler.inverse(seen), self.axes.T)

    def log_det(self, table: Table) -> Table:
        """Return the logarithm of the scaling's Jacobian determinant: a rotation has none."""
        return self.scaler.log_det(self._rotated(table))

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        return {"axes": (d, d)} | CenterAndScale.shapes("axes_scaler", d)

    def state(self) -> dict[str, Table]:
        """Return the axes and their scales."""
        return {"axes": np.ascontiguousarray(self.axes)} | self.scaler.state("axes_scaler")

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back the axes and their scales."""
        self.axes, self.scaler = arrays["axes"], SoftQuantileScaler()
        self.scaler.restore("axes_scaler", arrays)
        if not np.allclose(self.axes.T @ self.axes, np.eye(len(self.axes)), atol=1e-6):
            raise ValueError("the principal axes are not orthonormal")

    def _rotated(self, table: Table) -> Table:
        # In one order of memory: how a table lies changes no row's sums.
        return product(np.ascontiguousarray(table), self.axes)


class Views:
    """Several views of one table.

    Parameters
    ----------
    views : sequence of View
        Unfitted, or fitted where they come out of a file. They are copied before they are fitted.

    Examples
    --------
    >>> views = Views([RawColumns(), PrincipalAxes()])
    >>> views.fit_transform(np.random.default_rng(0).normal(size=(9, 2))).shape
    (2, 9, 2)
    """

    def __init__(self, views: Sequence[View]) -> None:
        self.views = [copy.copy(view) for view in views]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.views)

    @property
    def runs_in_threads(self) -> bool:
        """Whether several threads may transform parts of a table at one time."""
        return all(view.runs_in_threads for view in self.views)

    def fit_transform(self, table: Table) -> Table:
        """Fit all views to the rows and return these in each, of shape (views, n, d)."""
        return self._seen(table, lambda view, rows: view.fit(rows).transform(rows))

    def transform(self, table: Table) -> Table:
        """Return the rows in each view, of shape (views, n, d)."""
        return self._seen(table, lambda view, rows: view.transform(rows))

    def inverse(self, seen: Table) -> Table:
        """Return rows from what the first view makes of them."""
        return self.views[0].inverse(seen)

    def log_det(self, table: Table) -> Table:
        """Return the logarithm of the first view's Jacobian determinant at each row."""
        return self.views[0].log_det(table)

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        return {name: shape for view in self.views for name, shape in view.shapes(d).items()}

    def state(self) -> dict[str, Table]:
        """Return what all views have learned, as arrays by name."""
        return {name: array for view in self.views for name, array in view.state().items()}

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back what ``state`` returned."""
        for view in self.views:
            view.restore(arrays)

    def _seen(self, table: Table, see: Any) -> Table:
        seen: list[Table] = []
        for view in self.views:
            rows = table if view.looks_at is None else seen[view.looks_at]
            seen.append(see(view, rows))
        return np.stack(seen)


def product(left: Table, right: Table) -> Table:
    """Return left @ right by torch's threads: numpy has threads of its own, which get in their way.

    Examples
    --------
    >>> product(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    # torch warns of memory that it may not write to, such as a loaded model's.
    tensors = [torch.from_numpy(np.require(table, requirements="W")) for table in (left, right)]
    result: Table = torch.mm(*tensors).numpy()
    return result
