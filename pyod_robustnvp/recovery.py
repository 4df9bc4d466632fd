"""Whether training has diverged, and the state that it goes back to."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .couplings import CouplingWorkspace
from .flow import RealNVP, log_density


class DivergenceGuard:
    r"""Watch flows in training, and keep their last state that was not much worse than untrained.

    A flow is sound where its trimmed loss L, on rows that stay the same, is finite and not far
    above L_0, the largest of any flow before training, with and without the caps,

    .. math:: L \le L_0 + \tfrac12 d + 9 \max(L_0 - 4d, 0).

    The last part is for rows that are not of magnitude one: their losses are squares, and a cap
    alone multiplies them.

    It may be that of one part of the rows alone, of those that training keeps or of fewer: the
    likeliest rows pay for it when training comes nearer to far ones, and the far ones when it drops
    them. Training that diverged does worse on both. A finite loss alone proves little: weights may
    have grown beyond use in the step before, or the tanh of all networks may be saturated, so that
    no gradient leads back.

    Parameters
    ----------
    flows : RealNVP
        Untrained.
    columns : Tensor of shape (flows, d, n)
        Rows for each flow, in its order of columns.
    kept : sequence of int
        How many rows a loss keeps, for each part.

    Examples
    --------
    >>> flows = RealNVP(2, generator=torch.Generator().manual_seed(0))
    >>> guard = DivergenceGuard(flows, torch.zeros(1, 2, 9), kept=[9, 2])
    >>> _ = flows.biases[0].detach().fill_(torch.nan)
    >>> guard.is_sound(), guard.restore(), guard.is_sound()
    (False, 0, True)
    """

    def __init__(self, flows: RealNVP, columns: Tensor, kept: Sequence[int]) -> None:
        self.flows = flows
        self.columns = columns
        self.kept = kept
        self.untrained = torch.zeros(len(kept), 1, dtype=torch.float64, device=columns.device)
        self.allow()
        self.remember(0)

    def allow(self) -> None:
        """Take the present state for one before training."""
        largest = self._losses().abs().amax(dim=1, keepdim=True)
        self.untrained = torch.maximum(self.untrained, largest)

    def is_sound(self) -> bool:
        """Return whether all flows are."""
        d = self.columns.shape[1]
        bound = self.untrained + d / 2 + 9 * (self.untrained - 4 * d).clamp_min(0)
        return bool((self._losses() <= bound).any(dim=0).all())

    def remember(self, epochs: int) -> None:
        """Keep the state of the flows, and after how many epochs it had it."""
        self.epochs = epochs
        self.state = [parameter.detach().clone() for parameter in self.flows.parameters()]

    @torch.no_grad()
    def restore(self) -> int:
        """Bring back the state that was kept, and return after how many epochs it was."""
        for parameter, value in zip(self.flows.parameters(), self.state, strict=True):
            parameter.copy_(value)
        return self.epochs

    @torch.no_grad()
    def _losses(self) -> Tensor:
        """Return the losses in nats a row, of shape (parts, flows), summed in float64."""
        workspace = CouplingWorkspace(self.flows.weights, self.flows.biases, self.columns.shape[2])
        z, log_det = workspace.forward(self.columns)
        nll = -log_density(z.double(), log_det.double())
        smallest = [nll.topk(kept, dim=1, largest=False).values for kept in self.kept]
        return torch.stack([values.mean(dim=1) for values in smallest])
