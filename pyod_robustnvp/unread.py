r"""The columns of a wide table that a flow does not read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .learned import Learned
from .scaling import Table

# No deviation is below it, in the units of a view.
LEAST_DEVIATION = 1e-3


class UnreadColumns(Learned):
    r"""The columns of a view as if they were independent and normal.

    A flow of a wide table reads some of its columns. What the others hold,

    .. math:: \log p(x) = \sum_j \log N(x_j; m_j, s_j^2),

    makes its density one of the whole row, and its samples whole rows. No score counts them.

    Attributes
    ----------
    moments : ndarray of shape (2, n_features)
        The means m and the deviations s of the training rows in the view.

    Examples
    --------
    >>> order = np.array([[1], [0]])
    >>> unread = UnreadColumns().fit(np.array([[0.0, 5.0], [2.0, 5.0]]))
    >>> unread.log_prob(np.array([[1.0, 5.0]]), order).round(2).tolist()
    [[-0.92], [5.99]]
    """

    moments: Table

    def fit(self, seen: Table) -> Self:
        """Learn the means and the deviations of rows in a view."""
        self.moments = np.array([seen.mean(axis=0), seen.std(axis=0).clip(LEAST_DEVIATION)])
        return self

    def log_prob(self, seen: Table, order: NDArray[np.int_]) -> Table:
        """Return the log-density of what each flow does not read, of shape (flows, n).

        Parameters
        ----------
        seen : ndarray of shape (n, n_features)
            Rows in the view.
        order : ndarray of shape (flows, n_read)
            The columns that the flows read.
        """
        means, deviations = self.moments
        each = -(((seen - means) / deviations) ** 2) / 2 - np.log(deviations) - LOG_ROOT
        total: Table = np.stack([np.delete(each, read, axis=1).sum(axis=1) for read in order])
        return total

    def sample(self, n: int, n_flows: int, generator: torch.Generator) -> Tensor:
        """Draw what all columns hold for n rows of each flow, of shape (flows, n, n_features)."""
        shape = n_flows, n, self.moments.shape[1]
        normal = torch.randn(shape, generator=generator, dtype=torch.float32, device="cpu")
        means, deviations = torch.tensor(self.moments, dtype=torch.float32)
        drawn: Tensor = means + deviations * normal
        return drawn

    @staticmethod
    def shapes(d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        return {"unread.moments": (2, d)}

    def state(self) -> dict[str, Table]:
        """Return the means and the deviations."""
        return {"unread.moments": self.moments}

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back the means and the deviations."""
        self.moments = arrays["unread.moments"]
        if (self.moments[1] < LEAST_DEVIATION).any():
            raise ValueError("a deviation of unread columns is too small")


LOG_ROOT = math.log(2 * math.pi) / 2
