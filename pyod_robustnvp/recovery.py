"""How training finds out that it diverged, and what it goes back to."""

from __future__ import annotations

import torch
from torch import Tensor

from .couplings import Passage
from .flow import RealNVP, log_density


class LastSound:
    r"""The last state of a flow in which it was not much worse than untrained.

    A flow is sound where the trimmed loss L of each member, on rows that stay the same, is finite
    and not far above L_0, the largest before training, with and without the caps,

    .. math:: L \le \max(\tfrac54 L_0, L_0 + \tfrac12 d).

    A finite loss alone proves little: weights may have grown beyond use in the step before, or the
    tanh of all networks may be saturated, so that no gradient leads back.

    Parameters
    ----------
    flow : RealNVP
        Untrained.
    columns : Tensor of shape (members, d, n)
        Rows for each member, in its order of columns.
    kept : int
        How many rows the loss keeps.

    Examples
    --------
    >>> flow = RealNVP(2, generator=torch.Generator().manual_seed(0))
    >>> last = LastSound(flow, torch.zeros(1, 2, 9), kept=9)
    >>> _ = flow.biases[0].detach().fill_(torch.nan)
    >>> last.is_sound(), last.restore(), last.is_sound()
    (False, 0, True)
    """

    def __init__(self, flow: RealNVP, columns: Tensor, kept: int):
        self.flow = flow
        self.columns = columns
        self.kept = kept
        self.untrained = 0.0
        self.allow()
        self.remember(0)

    def allow(self) -> None:
        """Take the present state for one before training."""
        self.untrained = max(self.untrained, float(self._losses().abs().max()))

    def is_sound(self) -> bool:
        """Return whether the flow is."""
        bound = self.untrained + max(self.untrained / 4, self.columns.shape[1] / 2)
        return bool((self._losses() <= bound).all())

    def remember(self, epochs: int) -> None:
        """Keep the state of the flow, and after how many epochs it had it."""
        self.epochs = epochs
        self.state = [parameter.detach().clone() for parameter in self.flow.parameters()]

    @torch.no_grad()
    def restore(self) -> int:
        """Bring back the state that was kept, and return after how many epochs it was."""
        for parameter, value in zip(self.flow.parameters(), self.state, strict=True):
            parameter.copy_(value)
        return self.epochs

    @torch.no_grad()
    def _losses(self) -> Tensor:
        """Return the trimmed loss of each member, in nats a row, summed in float64."""
        passage = Passage(self.flow.weights, self.flow.biases, self.columns.shape[2])
        z, log_det = passage.forward(self.columns)
        nll = -log_density(z.double(), log_det.double())
        return nll.topk(self.kept, dim=1, largest=False).values.mean(dim=1)
