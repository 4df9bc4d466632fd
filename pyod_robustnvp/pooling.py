"""What makes one anomaly score of the log-densities that many flows give to a row."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from .learned import Learned
from .scaling import Table

# No spread is below so many nats: rounding must not decide.
LEAST_SPREAD = 0.1
TINY = np.finfo(np.float64).tiny


class Pooling(Learned, ABC):
    """Makes one score of what the flows of all views, and the columns by themselves, say of a row.

    A pooling that learns nothing needs ``__call__`` alone.
    """

    @abstractmethod
    def __call__(self, of_views: Sequence[Tensor], of_columns: Table | None) -> Table:
        """Return the score of each row, the higher the more abnormal.

        Parameters
        ----------
        of_views : sequence of Tensor of shape (flows of the view, n_samples)
            Log-densities in nats, a tensor for each view, in the coordinates of the view.
        of_columns : ndarray of shape (n_samples,) or None
            The sum of the log-densities of the values in their columns, in nats, where a view knows
            it.
        """

    def fit(self, of_views: Sequence[Tensor], of_columns: Table | None, d: int) -> Self:
        """Learn from what is said of training rows of d columns."""
        return self

    def nats(self) -> float:
        """Return how many nats a unit of the score is worth, about."""
        return 1.0

    def shapes(self, n_views: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for so many views."""
        return {}

    def state(self) -> dict[str, Table]:
        """Return what was learned, as arrays by names that no view has."""
        return {}

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back what ``state`` returned; a ValueError says what can't be."""
        return


@dataclass(frozen=True)
class PowerMean(Pooling):
    r"""The negative logarithm of a power mean of a view's densities, averaged over the views.

    .. math:: -\frac{1}{r} \log \frac{1}{M} \sum_m p_m(x)^r

    In nats. The sharpest view decides; with one view the score is its negative log-density.

    Attributes
    ----------
    exponent : float
        r. With 1 (a mixture) any flow of a view clears a row, with 0 (a product) any condemns it.

    Examples
    --------
    >>> by_flow = torch.log(torch.tensor([[1.0], [4.0]], dtype=torch.float64))
    >>> mixture, product = PowerMean(1.0), PowerMean(0.0)
    >>> np.exp(-mixture([by_flow])).round(2), np.exp(-product([by_flow])).round(2)
    (array([2.5]), array([2.]))
    """

    exponent: float = 0.25

    def __call__(self, of_views: Sequence[Tensor], of_columns: Table | None = None) -> Table:
        """Return the score of each row."""
        score: Table = self.by_view(of_views).mean(axis=0)
        return score

    def by_view(self, of_views: Sequence[Tensor]) -> Table:
        """Return the score of each row by each view, of shape (views, n_samples)."""
        if len({len(by_flow) for by_flow in of_views}) == 1:
            means = self.log_mean(torch.stack(list(of_views), dim=1))
        else:
            means = torch.stack([self.log_mean(by_flow) for by_flow in of_views])
        by_view: Table = -means.cpu().numpy()
        return by_view

    def log_mean(self, by_flow: Tensor) -> Tensor:
        """Return the logarithm of the power mean of the densities of flows, on the first axis."""
        if self.exponent == 0:
            return by_flow.mean(dim=0)
        powers = self.exponent * by_flow
        return (powers.logsumexp(dim=0) - math.log(len(by_flow))) / self.exponent


class StandardizedMean(Pooling):
    r"""How unusual a row is among the training rows, averaged over the views.

    Densities in unlike coordinates can't be compared. Let :math:`s_v(x)` be the
    :class:`PowerMean` of the flows of view v, and :math:`s_0(x) = -\sum_j \log f_j(x_j)` what the d
    columns say by themselves. With the median :math:`m_v` and the interquartile range :math:`r_v`
    of each among the training rows, :math:`z_v = (s_v - m_v) / r_v`. The score is

    .. math:: \frac1\beta \log \left(\left(1 - \frac1d\right) \frac1V \sum_{v=1}^V
              e^{\beta z_v(x)} + \frac1d e^{\beta z_0(x)}\right),

    without unit: about 0 for the median training row, 1 an interquartile range above it. With small
    :math:`\beta` it is an average, with large the view that finds the row most unusual decides.

    The term :math:`z_0` sees the gaps in a column, which couplings can't: they bend one only by
    what other columns tell. With one column it is all that there is to know; where no view knows
    the columns' densities, the views count alone.

    Parameters
    ----------
    exponent : float, default=0.1
        Of the power mean.
    sharpness : float, default=0.3
        Beta, above 0.

    Attributes
    ----------
    centers, spreads : ndarray of shape (n_views + 1,)
        The medians and the interquartile ranges, the columns' the last.
    shares : ndarray of shape (n_views + 1,)
        How much each counts; they sum to 1.

    Examples
    --------
    >>> by_flow = -torch.arange(9.0, dtype=torch.float64)[None]
    >>> pooling = StandardizedMean().fit([by_flow], None, d=2)
    >>> pooling([by_flow], None).round(2).tolist()
    [-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0]
    """

    centers: Table
    spreads: Table
    shares: Table

    def __init__(self, exponent: float = 0.1, sharpness: float = 0.3) -> None:
        self.exponent, self.sharpness = exponent, sharpness

    def __repr__(self) -> str:
        """Return what makes the pooling."""
        return f"StandardizedMean({self.exponent}, {self.sharpness})"

    def fit(self, of_views: Sequence[Tensor], of_columns: Table | None, d: int) -> Self:
        """Learn the medians and the spreads of what is said of training rows."""
        said = self._said(of_views, of_columns)
        low, self.centers, high = np.quantile(said, [0.25, 0.5, 0.75], axis=1)
        self.spreads = np.maximum(high - low, LEAST_SPREAD)
        of_all_columns = 0.0 if of_columns is None else 1 / d
        views = len(of_views)
        self.shares = np.array([(1 - of_all_columns) / views] * views + [of_all_columns])
        return self

    def __call__(self, of_views: Sequence[Tensor], of_columns: Table | None) -> Table:
        """Return the score of each row."""
        unusual = (self._said(of_views, of_columns).T - self.centers) / self.spreads
        powers = self.sharpness * unusual
        largest = powers.max(axis=1)
        mean = (self.shares * np.exp(powers - largest[:, None])).sum(axis=1)
        # The largest may be that of columns that don't count.
        score: Table = (largest + np.log(np.maximum(mean, TINY))) / self.sharpness
        return score

    def nats(self) -> float:
        """Return the mean of the spreads, as much as each counts."""
        return float(self.shares @ self.spreads)

    def shapes(self, n_views: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for so many views."""
        return {f"pooling.{name}": (n_views + 1,) for name in ("centers", "spreads", "shares")}

    def state(self) -> dict[str, Table]:
        """Return the medians, the spreads and the shares."""
        own = {"centers": self.centers, "spreads": self.spreads, "shares": self.shares}
        return {f"pooling.{name}": values for name, values in own.items()}

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back the medians, the spreads and the shares."""
        self.centers, self.spreads = arrays["pooling.centers"], arrays["pooling.spreads"]
        self.shares = arrays["pooling.shares"]
        if (self.spreads < LEAST_SPREAD).any():
            raise ValueError("a spread of its pooling is too small")
        if (self.shares < 0).any() or not np.isclose(self.shares.sum(), 1):
            raise ValueError("the shares of its pooling do not sum to 1")

    def _said(self, of_views: Sequence[Tensor], of_columns: Table | None) -> Table:
        """Return the surprise at each row by each view and by the columns, in nats."""
        by_view = PowerMean(self.exponent).by_view(of_views)
        columns = np.zeros(by_view.shape[1]) if of_columns is None else -of_columns
        return np.vstack([by_view, columns])
