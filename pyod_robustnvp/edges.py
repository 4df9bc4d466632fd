r"""The edges of each column, and what a value beyond them costs."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Self

import numpy as np

from .box import Surroundings
from .scaling import Table, finite, some_of

# Where the flows stop to tell values apart, in standard deviations of a Gaussian; which quantile
# says how long a standard deviation is: the first that differs from the middle.
NEAR = 5.4
LEVELS = (0.25, 0.1, 0.025, 0.005)
# The last of these quantiles, so many times as far from the middle, is an edge, or the extreme
# value where that is nearer.
WITHIN = 1.25
# Of the distance from the middle: so much farther out, an edge is no value of the table.
MARGIN = 0.01
# Where scores of rows within the edges begin to be compressed, and what they stay below.
KNEE, CEILING = 10.0, 20.0
# How gently the charge of a row begins outside of the edges, and how it goes on for ever.
STEEPNESS, RISE = 4, 0.1
# A column that was constant differs by more than rounding to float32, of its own value, or by half
# a unit where that is less; a column of zeros by this much.
ROUNDING, HALF, NOTHING = 2.0**-23, 0.5, 1e-12
# Of the value in its middle: a column that is narrower was constant.
LEAST_WIDTH = 1e-14
# Rows that tell where the middle and the quantiles are.
ENOUGH = 51_200


class ColumnBox(Surroundings):
    r"""The edges of each column, beyond which a value by itself makes a row abnormal.

    A row with one gross error must not look normal because its other columns do. Let :math:`m_j` be
    the midpoint of the quartiles of a column, and :math:`l_j < m_j < h_j` its edges: the extreme
    values and a hundredth more, or a quarter farther from :math:`m_j` than the 0.5 % and the 99.5 %
    quantile where that is nearer.
    A value beyond an edge lies

    .. math:: u_j = (x_j - h_j) / (h_j - m_j) \quad\text{or}\quad (l_j - x_j) / (m_j - l_j)

    half-widths outside, else :math:`u_j = 0`. With :math:`u = \max_j u_j` and the score
    :math:`s < 20` that the flows give to the row, each value clipped to what they know,

    .. math:: s + \min(u, 1)^4 (20 - s) + \tfrac1{10} \sum_j \log(1 + u_j)

    is the score of the row. It never falls as a value moves away beyond its edge, whatever the
    other columns hold; from half a width (u = 1) on, it is above that of all rows within the edges.
    To stay below 20, scores s above 10 are compressed to :math:`10 + 10 v / (1 + v)` with
    :math:`v = (s - 10) / 10`, which keeps their order.

    A column that was constant has :math:`u_j = 1 + |x_j - m_j|` for every other value, whatever the
    constant was; values that float32 takes for the constant, or nearer than half a unit, are none.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        The midpoints m.
    edges_ : ndarray of shape (2, n_features)
        The edges l and h.
    near_ : ndarray of shape (2, n_features)
        Between which the flows tell values apart: at most 5.4 standard deviations from the
        midpoint, by the innermost of four quantiles that differs from it.

    Examples
    --------
    >>> box = ColumnBox().fit(np.array([[-1.0, 7.0], [0.0, 7.0], [1.0, 7.0]]))
    >>> near, way = box.project(np.array([[0.5, 7.0], [3.0, 7.0], [0.0, 9.0]]))
    >>> near.tolist(), way.round(2).tolist()
    ([[0.5, 7.0], [1.01, 7.0], [0.0, 7.0]], [[0.0, 0.0], [1.97, 1.09], [3.0, 1.39]])
    >>> box.charge(np.array([0.0, 0.0, 30.0]), way).round(2).tolist()
    [0.0, 20.11, 20.14]
    """

    edges_: Table
    near_: Table

    def fit(self, table: Table) -> Self:
        """Learn the edges of finite float64 rows."""
        # Halves, here and below: the difference of two huge numbers may overflow.
        some = table[some_of(len(table), ENOUGH)] / 2
        levels = np.array([LEVELS, 1 - np.array(LEVELS)])
        quantiles = np.quantile(some, levels.ravel(), axis=0).reshape(2, len(LEVELS), -1)
        center = quantiles[:, 0].mean(axis=0)
        extremes = np.array([table.min(axis=0), table.max(axis=0)]) / 2
        far = [NEAR / abs(NormalDist().inv_cdf(level)) for level in LEVELS]
        with np.errstate(over="ignore"):
            away = np.abs(quantiles - center)
            ends = extremes + MARGIN * (extremes - center)
            edges = _nearer(ends, center, _reach(away[:, -1:], [WITHIN]))
            near = _nearer(edges, center, _reach(away, far))
            self.center_, self.edges_, self.near_ = map(finite, (2 * center, 2 * edges, 2 * near))
        return self

    def project(self, X: Table) -> tuple[Table, Table]:
        """Return rows whose values the flows can tell apart, and how far the others lie outside.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features), float64
            Of finite numbers.

        Returns
        -------
        near : ndarray of shape (n_samples, n_features)
        way : ndarray of shape (n_samples, 2)
            The largest u of a row, and the sum of log(1 + u).
        """
        way = np.zeros((len(X), 2))
        far = ((self.edges_[0] > X) | (self.edges_[1] < X)).any(axis=1)
        if far.any():
            outside = self._outside(X[far])
            way[far] = np.column_stack([outside.max(axis=1), np.log1p(outside).sum(axis=1)])
        return X.clip(*self.near_), way

    def within(self, X: Table) -> Table:
        """Return the rows, values beyond an edge moved to it."""
        return X.clip(*self.edges_)

    def edges(self) -> Table:
        """Return the edges."""
        return self.edges_

    def charge(self, scores: Table, way: Table) -> Table:
        """Return the scores of rows of which some lie outside."""
        excess = np.maximum(scores - KNEE, 0) / (CEILING - KNEE)
        compressed = np.minimum(scores, KNEE) + (CEILING - KNEE) * excess / (1 + excess)
        share = np.minimum(way[:, 0], 1) ** STEEPNESS
        charged: Table = compressed + share * (CEILING - compressed) + RISE * way[:, 1]
        return charged

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        return {"box.center_": (d,), "box.edges_": (2, d), "box.near_": (2, d)}

    def state(self) -> dict[str, Table]:
        """Return the midpoints and the edges."""
        return {"box.center_": self.center_, "box.edges_": self.edges_, "box.near_": self.near_}

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back the midpoints and the edges."""
        self.center_ = arrays["box.center_"]
        self.edges_, self.near_ = arrays["box.edges_"], arrays["box.near_"]
        inside = [self.edges_[0], self.near_[0], self.near_[1], self.edges_[1]]
        if (np.diff(inside, axis=0) < 0).any():
            raise ValueError("the edges of its box are in no order")

    def _outside(self, X: Table) -> Table:
        """Return by how many half-widths each value lies outside, halves against overflow."""
        center, edges = self.center_ / 2, self.edges_ / 2
        widths = np.array([center - edges[0], edges[1] - center])
        widths = np.where(widths > 0, widths, widths[::-1])
        rounding = np.minimum(ROUNDING * np.abs(center), HALF / 2)
        rounding = np.where(center == 0, NOTHING, rounding)
        constant = widths[0] <= LEAST_WIDTH * np.abs(center)
        widths = np.where(constant, 0.5, widths)
        with np.errstate(over="ignore"):
            beyond = np.maximum((edges[0] - X / 2) / widths[0], (X / 2 - edges[1]) / widths[1])
        changed = constant & (np.abs(X / 2 - center) > rounding)
        beyond = np.where(constant & ~changed, 0, beyond + changed)
        return finite(np.maximum(beyond, 0))


def _reach(distances: Table, times: list[float]) -> Table:
    """Return the first distance above 0, so many times, infinite where there is none.

    Of distances of shape (2, n_distances, n_features), below and above the middle of each column.
    """
    reach = np.full((2, distances.shape[2]), np.inf)
    for number in reversed(range(len(times))):
        distance = distances[:, number]
        reach = np.where(distance > 0, times[number] * distance, reach)
    return reach


def _nearer(ends: Table, center: Table, reach: Table) -> Table:
    """Return the ends on both sides of the middle, or what is in reach where that is nearer."""
    return np.array(
        [np.maximum(ends[0], center - reach[0]), np.minimum(ends[1], center + reach[1])]
    )
