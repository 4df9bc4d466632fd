"""The view of the principal axes, each brought to one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
import torch

from .scaling import CenterAndScale, SoftQuantileScaler, Table, some_of
from .threads import mend_fork
from .views import View

# Axes narrower than this part of the widest keep a part of their smallness: rounding noise and
# columns that depend on each other exactly must not outweigh everything else.
NARROWEST_AXIS = 0.05
# Of a table with more columns there are so many axes, those of as many rows: more rows would take
# minutes.
MOST_AXES = 1024
# Covariances below this part of the largest are none, next to its rounding; LAPACK's iteration for
# the axes may not come to an end over them.
NEGLIGIBLE = 1e-100


class PrincipalAxes(View):
    r"""The principal axes of the first view, each brought to one scale.

    With the eigenvectors V of the covariance and a
    :class:`~pyod_robustnvp.scaling.SoftQuantileScaler` g of the rotated columns,

    .. math:: y = g(V^T x).

    A row that breaks a linear relation between columns, and is unremarkable in each of them, lies
    far out on a narrow axis. A table of more than 1,024 columns is seen on 1,024 axes, those along
    which as many of its rows differ and, where it has fewer rows, others at random; zeros follow.

    Attributes
    ----------
    axes : ndarray of shape (n_features, n_axes)
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
        self.axes: Table = (all_axes if table.shape[1] <= MOST_AXES else widest_axes)(table)
        rotated = table @ self.axes
        self.scaler = SoftQuantileScaler().fit(rotated)
        widths, varied = self.scaler.scale_, np.ptp(rotated, axis=0) > 0
        floor = NARROWEST_AXIS * widths.max(where=varied, initial=0)
        self.scaler.scale_ = np.maximum(widths, floor)
        return self

    def transform(self, table: Table) -> Table:
        """Return the rows on the scaled axes."""
        on_axes = self.scaler.transform(self._rotated(table))
        missing = len(self.axes) - on_axes.shape[1]
        return np.pad(on_axes, [(0, 0), (0, missing)]) if missing else on_axes

    def inverse(self, seen: Table) -> Table:
        """Return the rows that ``transform`` carries there, or what of them lies on the axes."""
        return product(self.scaler.inverse(seen[:, : self.axes.shape[1]]), self.axes.T)

    def log_det(self, table: Table) -> Table:
        """Return the logarithm of the scaling's Jacobian determinant: a rotation has none."""
        return self.scaler.log_det(self._rotated(table))

    def width(self, d: int) -> int:
        """Return how many axes there are for d columns."""
        return min(d, MOST_AXES)

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        n_axes = self.width(d)
        return {"axes": (d, n_axes)} | CenterAndScale.shapes("axes_scaler", n_axes)

    def state(self) -> dict[str, Table]:
        """Return the axes and their scales."""
        return {"axes": np.ascontiguousarray(self.axes)} | self.scaler.state("axes_scaler")

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back the axes and their scales."""
        self.axes, self.scaler = arrays["axes"], SoftQuantileScaler()
        self.scaler.restore("axes_scaler", arrays)
        if not np.allclose(self.axes.T @ self.axes, np.eye(self.axes.shape[1]), atol=1e-6):
            raise ValueError("the principal axes are not orthonormal")

    def _rotated(self, table: Table) -> Table:
        # In one order of memory: how a table lies changes no row's sums.
        return product(np.ascontiguousarray(table), self.axes)


def all_axes(table: Table) -> Table:
    """Return the principal axes of rows, a column each, the narrowest first.

    Examples
    --------
    >>> abs(all_axes(np.array([[0.0, 0.0], [3.0, 3.0]]))).round(2).tolist()
    [[0.71, 0.71], [0.71, 0.71]]
    """
    covariance = np.cov(table, rowvar=False).reshape(table.shape[1], -1)
    covariance[abs(covariance) < NEGLIGIBLE * abs(covariance).max()] = 0
    axes: Table = np.linalg.eigh(covariance)[1]
    return axes


def widest_axes(table: Table, most: int = MOST_AXES) -> Table:
    """Return the principal axes of some rows, at most so many, and random ones that complete them.

    Examples
    --------
    >>> axes = widest_axes(np.array([[0.0, 0.0, 0.0], [0.0, 3.0, 0.0]]), most=2)
    >>> abs(axes[:, 0]).round(2).tolist(), bool(abs(axes[1, 1]) < 1e-9)
    ([0.0, 1.0, 0.0], True)
    """
    some = table[some_of(len(table), most)]
    directions = np.linalg.svd(some - some.mean(axis=0), full_matrices=False)[2].T
    random = np.random.default_rng(0).normal(size=(table.shape[1], most - directions.shape[1]))
    axes: Table = np.linalg.qr(np.hstack([directions, random]))[0]
    return axes


def product(left: Table, right: Table) -> Table:
    """Return left @ right by torch's threads: numpy has threads of its own, which get in their way.

    Examples
    --------
    >>> product(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    mend_fork()
    # torch warns of memory that it may not write to, such as a loaded model's.
    tensors = [torch.from_numpy(np.require(table, requirements="W")) for table in (left, right)]
    result: Table = torch.mm(*tensors).numpy()
    return result
