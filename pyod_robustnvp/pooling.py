"""What makes one anomaly score of the log-densities that many flows give to a row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from .scaling import Table


class Pooling(Protocol):
    """Makes one score of the log-densities that the flows of all views give to a row."""

    def __call__(self, of_views: Sequence[Tensor]) -> Table:
        """Return the score of each row, the higher the more abnormal.

        Parameters
        ----------
        of_views : sequence of Tensor of shape (flows of the view, n_samples)
            Log-densities in nats, a tensor for each view.
        """


@dataclass(frozen=True)
class PowerMean:
    r"""The negative logarithm of a power mean of a view's densities, averaged over the views.

    .. math:: -\frac{1}{r} \log \frac{1}{M} \sum_m p_m(x)^r

    Attributes
    ----------
    exponent : float
        r. With 1 (a mixture) any flow of a view clears a row, with 0 (a product) any condemns it.

    Examples
    --------
    >>> import numpy as np
    >>> by_flow = torch.log(torch.tensor([[1.0], [4.0]], dtype=torch.float64))
    >>> np.exp(-PowerMean(1.0)([by_flow])).round(2), np.exp(-PowerMean(0.0)([by_flow])).round(2)
    (array([2.5]), array([2.]))
    """

    exponent: float = 0.25

    def __call__(self, of_views: Sequence[Tensor]) -> Table:
        """Return the score of each row."""
        means = torch.stack([self.log_mean(by_flow) for by_flow in of_views])
        score: Table = -means.cpu().numpy().mean(axis=0)
        return score

    def log_mean(self, by_flow: Tensor) -> Tensor:
        """Return the logarithm of the power mean of the densities of one view's flows."""
        if self.exponent == 0:
            return by_flow.mean(dim=0)
        powers = self.exponent * by_flow
        return (powers.logsumexp(dim=0) - math.log(len(by_flow))) / self.exponent
