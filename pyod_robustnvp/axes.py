"""The second view of the rows: principal axes, each brought to one scale."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from .scaling import SoftQuantileScaler, Table

# Axes narrower than this share of the widest keep a share of their smallness: rounding noise and
# columns that depend on each other exactly must not outweigh everything else.
NARROWEST_AXIS = 0.05
# Covariances below this share of the largest are none, next to its rounding; LAPACK's iteration for
# the axes may not come to an end over them.
NEGLIGIBLE = 1e-100


class PrincipalAxes(TransformerMixin, BaseEstimator):
    r"""Rotate rows to their principal axes and soften each axis to one scale.

    With the eigenvectors V of the covariance and a :class:`SoftQuantileScaler` g of the rotated
    columns,

    .. math:: y = g(V^T x).

    A row that breaks a linear relation between columns, and is unremarkable in each
    of them, lies far out on a narrow axis.

    Attributes
    ----------
    axes_ : ndarray of shape (n_features, n_features)
        The axes, a column each, orthonormal.
    scaler_ : SoftQuantileScaler
        Fitted to the rotated rows, no half-width below a twentieth of the largest of an axis along
        which rows differ.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 1)) + 0.1 * rng.normal(size=(500, 2))
    >>> axes = PrincipalAxes().fit(X)
    >>> abs(axes.transform([[2.0, 2.0], [1.0, -1.0]]) - 0.5).round(1).tolist()
    [[0.0, 0.4], [0.9, 0.0]]
    """

    def fit(self, X: ArrayLike, y: object = None) -> PrincipalAxes:
        """Learn the axes and their scales.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Already scaled: a column a thousand times wider than the rest would be the first axis.
        y : ignored

        Returns
        -------
        self : PrincipalAxes
        """
        table: Table = check_array(X, dtype=np.float64, order="C")
        covariance = np.cov(table, rowvar=False).reshape(table.shape[1], -1)
        covariance[abs(covariance) < NEGLIGIBLE * abs(covariance).max()] = 0
        self.axes_: Table = np.linalg.eigh(covariance)[1]
        rotated = table @ self.axes_
        self.scaler_ = SoftQuantileScaler().fit(rotated)
        widths, varied = self.scaler_.scale_, np.ptp(rotated, axis=0) > 0
        floor = NARROWEST_AXIS * widths.max(where=varied, initial=0)
        self.scaler_.scale_ = np.maximum(widths, floor)
        return self

    def transform(self, X: ArrayLike) -> Table:
        """Return the rows on the softened axes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Y : ndarray of shape (n_samples, n_features)
        """
        rotated = self._rotated(X)
        return self.scaler_.transform(rotated)

    def _rotated(self, X: ArrayLike) -> Table:
        check_is_fitted(self)
        # In one order of memory: how a table lies changes no row's sums.
        rows: Table = check_array(X, dtype=np.float64, order="C")
        return product(rows, self.axes_)


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
