"""The box around the training rows, and what being far outside of it costs.

:class:`Box` moves a whole row along the line to the middle, and goes with a single view, whose
scores are log-densities. :class:`~pyod_robustnvp.edges.ColumnBox` looks at each column by itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Self

import numpy as np

from .learned import Learned
from .scaling import CenterAndScale, Table, finite, width_above_zero

# So many half-widths from the middle the flows are still asked; farther out they know nothing.
NEAR = 2.0
# Rows that tell where the middle is.
ENOUGH = 10_000
# The square of the largest distance is a finite number.
FARTHEST = 1e150


class Surroundings(Learned, ABC):
    """What lies around the training rows: it brings far rows near and charges them for the way.

    Tables are finite float64 arrays of shape (n_samples, n_features), which nothing checks again.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        The middle of the training rows.
    """

    center_: Table

    def __repr__(self) -> str:
        """Return what makes the box."""
        return f"{type(self).__name__}()"

    @abstractmethod
    def edges(self) -> Table:
        """Return between which two values most of each column lies, of shape (2, n_features)."""

    @abstractmethod
    def fit(self, table: Table) -> Self:
        """Learn where the rows lie."""

    @abstractmethod
    def project(self, X: Table) -> tuple[Table, Table]:
        """Return rows near enough for a density, and the way of each, of shape (n_samples, ...)."""

    def within(self, X: Table) -> Table:
        """Return rows of whose values none lies outside, for views of the columns by themselves."""
        return self.project(X)[0]

    @abstractmethod
    def charge(self, scores: Table, way: Table) -> Table:
        """Return what the scores of near rows become by the way that they were brought."""

    @abstractmethod
    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""

    @abstractmethod
    def state(self) -> dict[str, Table]:
        """Return what was learned, as arrays by names that no view has."""

    @abstractmethod
    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back what ``state`` returned; a ValueError says what can't be."""


class Box(Surroundings):
    r"""A box around rows, onto whose surroundings rows that lie far outside are projected.

    Far from everything that it was trained on, a density may rise again along a way out. With the
    midpoint m of the quartiles and the half-width :math:`w = \max |x - m|` of each column, a row
    lies

    .. math:: \rho(x) = \max_j |x_j - m_j| / w_j

    half-widths from the middle. A row with :math:`\rho > 2` is projected along the straight line to
    the middle, to :math:`\rho = 2`. Its penalty is what a Gaussian with the half-width as its
    standard deviation would add on the way: :math:`(\rho^2 - 2^2) / 2` nats. Far rows on one line
    from the middle have one projection and a growing penalty, so that their scores grow.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        The midpoints m. No values of the table, unlike medians: a saved model holds none.
    scale_ : ndarray of shape (n_features,)
        The half-widths w, above 0.

    Examples
    --------
    >>> box = Box().fit(np.array([[-1.0, 0.0], [0.0, 5.0], [1.0, 10.0]]))
    >>> near, penalty = box.project(np.array([[1.0, -4.0], [4.0, 5.0]]))
    >>> near.tolist(), penalty.tolist()
    ([[1.0, -4.0], [2.0, 5.0]], [0.0, 6.0])
    """

    center_: Table
    scale_: Table

    def fit(self, table: Table) -> Self:
        """Learn the middle and the half-widths of finite float64 rows."""
        # Halves, here and below: the difference of two huge numbers may overflow.
        some = table[:: max(len(table) // ENOUGH, 1)] / 2
        low, high = np.quantile(some, [0.25, 0.75], axis=0)
        middle = low / 2 + high / 2
        width = np.maximum(table.max(axis=0) / 2 - middle, middle - table.min(axis=0) / 2)
        with np.errstate(over="ignore"):
            self.center_ = 2 * middle
            self.scale_ = width_above_zero(finite(2 * width), self.center_)
        return self

    def project(self, X: Table) -> tuple[Table, Table]:
        """Return rows near enough to the box for a density, and the penalty of each for the way.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features), float64
            Of finite numbers.

        Returns
        -------
        near : ndarray of shape (n_samples, n_features)
            The rows themselves but for those far outside.
        penalty : ndarray of shape (n_samples,)
            In nats; 0 for rows that are not moved.
        """
        with np.errstate(over="ignore"):
            reach = NEAR * self.scale_
            near = (self.center_ - reach <= X) & (self.center_ + reach >= X)
        far, penalty = ~near.all(axis=1), np.zeros(len(X))
        if not far.any():
            return X, penalty
        projected = X.copy()
        projected[far], distance = self._projected(X[far])
        penalty[far] = (distance**2 - NEAR**2) / 2
        return projected, penalty

    def edges(self) -> Table:
        """Return the ends of the box, a half-width from the middle."""
        with np.errstate(over="ignore"):
            return finite(np.array([self.center_ - self.scale_, self.center_ + self.scale_]))

    def charge(self, scores: Table, way: Table) -> Table:
        """Return the scores with the penalties added."""
        return way + scores

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        return CenterAndScale.shapes("box", d)

    def state(self) -> dict[str, Table]:
        """Return the middle and the half-widths."""
        return {"box.center_": self.center_, "box.scale_": self.scale_}

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back the middle and the half-widths."""
        kept = CenterAndScale()
        kept.restore("box", arrays)
        self.center_, self.scale_ = kept.center_, kept.scale_

    def _projected(self, X: Table) -> tuple[Table, Table]:
        """Return the projections of far rows, and their distances in half-widths."""
        middle, width = self.center_ / 2, self.scale_ / 2
        away = X / 2 - middle
        with np.errstate(over="ignore"):
            distance = (np.abs(away) / width).max(axis=1).clip(NEAR, FARTHEST)
        back = (away * (NEAR / distance)[:, None]).clip(-NEAR * width, NEAR * width)
        return 2 * (middle + back), distance
