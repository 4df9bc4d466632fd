"""The default preprocessing: columns of one scale, whatever the outliers among their values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

Table = NDArray[np.float64]

TAIL = 0.05
# Below this half-width a division could overflow; such a column counts as constant.
NARROWEST = 4 * np.finfo(np.float64).tiny


class SoftQuantileScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
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
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features,)
        Where ``fit`` saw a table that names its columns.

    Examples
    --------
    >>> scaler = SoftQuantileScaler().fit([[0.0], [1.0], [2.0]])
    >>> scaler.transform([[0.0], [1.0], [2.0], [2e6]]).round(2).ravel().tolist()
    [0.14, 0.5, 0.86, 4.47]
    """

    def fit(self, X: ArrayLike, y: object = None) -> SoftQuantileScaler:
        """Learn the midpoints and half-widths of the columns.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self : SoftQuantileScaler
        """
        with quiet():
            table: Table = validate_data(self, X, dtype=np.float64)
        low, high = np.quantile(table, [TAIL, 1 - TAIL], axis=0, method="nearest")
        flat = low == high
        low = np.where(flat, table.min(axis=0), low)
        high = np.where(flat, table.max(axis=0), high)
        self.center_ = low / 2 + high / 2
        self.scale_ = width_above_zero(high / 2 - low / 2, self.center_)
        return self

    def transform(self, X: ArrayLike) -> Table:
        """Return the scaled columns, finite for every finite input.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        Y : ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        with quiet():
            table = validate_data(self, X, dtype=np.float64, reset=False)
        return 0.5 + 0.25 * np.arcsinh(self._standardize(table))

    def inverse_transform(self, Y: ArrayLike) -> Table:
        """Return the rows that ``transform`` carries to Y, values beyond float64 clipped.

        Parameters
        ----------
        Y : array-like of shape (n_samples, n_features)

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        softened: Table = check_array(Y, dtype=np.float64)
        with np.errstate(over="ignore"):
            return finite(self.center_ + self.scale_ / 2 * np.sinh(4 * softened - 2))

    def log_det(self, X: ArrayLike) -> Table:
        r"""Return the logarithm of the transform's Jacobian determinant at each row.

        .. math:: \sum_j -\log 2 h_j - \tfrac12 \log(1 + (2 (x_j - m_j) / h_j)^2)

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        log_det : ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        with quiet():
            table = validate_data(self, X, dtype=np.float64, reset=False)
        u = self._standardize(table)
        log_root = np.logaddexp(0, 2 * np.log(np.maximum(np.abs(u), NARROWEST))) / 2
        return -(np.log(2) + np.log(self.scale_) + log_root).sum(axis=1)

    def _standardize(self, X: Table) -> Table:
        """Return 2 (X - m) / h, halves first: the difference of two huge numbers may overflow."""
        with np.errstate(over="ignore"):
            return finite((X / 2 - self.center_ / 2) / (self.scale_ / 4))


def quiet() -> np.errstate:
    """Silence the checks of scikit-learn, which sum a table: huge numbers overflow there."""
    return np.errstate(over="ignore", invalid="ignore")


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
    return np.clip(values, -largest, largest)
