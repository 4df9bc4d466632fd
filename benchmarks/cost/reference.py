r"""The authors' procedure out of stock torch parts, and flows of the same shape out of libraries.

The reference is what Liu, Tan, Zhou (2022) describe, built as one would build it from the parts
that torch brings: every coupling multiplies all columns by a binary mask m,

.. math:: z = m x + (1 - m) (x - t(m x)) \exp(-s(m x)), \quad \log|\det| = -\sum (1 - m) s(m x),

s and t are separate ``nn.Sequential``, a hook before each linear map caps its norm, a
``DataLoader`` draws the batches and Adam has its defaults. All columns get their turn, which the
authors' masks deny the middle one of an odd number; that changes no time.

The flows of zuko and normflows have as many couplings and the same hidden widths, learn from the
mean of a whole batch, and cap nothing. zuko's s and t are one network. They draw their batches from
memory, so that a ``DataLoader`` is not what they are beaten by.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from pyod_robustnvp import PAPER
from pyod_robustnvp.flow import N_COUPLINGS
from pyod_robustnvp.training import batches

from ..harness.extras import extra

#: Takes one step of training and returns the loss of its batch.
Step = Callable[[], Tensor]
Loss = Callable[[Tensor], Tensor]

WIDTH = PAPER["hidden_neuron_list"][0]
BATCH_SIZE = PAPER["batch_size"]


class SpectralCap:
    r"""A hook that hands a linear map its weight under the cap: W / max(sigma / k, 1).

    .. math:: v = \frac{W^T u}{\|W^T u\|}, \quad u = \frac{W v}{\|W v\|}, \quad \sigma = u^T W v

    is one power iteration at each forward pass of the training, u kept for the next. The gradient
    passes through sigma.

    Parameters
    ----------
    linear : nn.Linear
        Its weight becomes the parameter ``raw``.
    k : float
    """

    def __init__(self, linear: nn.Linear, k: float) -> None:
        self.k = k
        raw = linear.weight
        del linear.weight
        linear.register_parameter("raw", raw)
        linear.register_buffer("u", nn.functional.normalize(torch.randn(len(raw)), dim=0))
        linear.register_buffer("v", nn.functional.normalize(torch.randn(raw.shape[1]), dim=0))
        linear.register_forward_pre_hook(self)

    def __call__(self, linear: nn.Linear, inputs: tuple[Tensor, ...]) -> None:
        """Set the weight that the forward pass is about to use."""
        if linear.training:
            self._iterate(linear)
        sigma = linear.u.clone() @ linear.raw @ linear.v.clone()
        linear.weight = linear.raw / (sigma / self.k).clamp_min(1.0)

    @torch.no_grad()
    def _iterate(self, linear: nn.Linear) -> None:
        nn.functional.normalize(linear.raw.mT @ linear.u, dim=0, out=linear.v)
        nn.functional.normalize(linear.raw @ linear.v, dim=0, out=linear.u)


class Reference(nn.Module):
    """One flow as the authors build it.

    Parameters
    ----------
    columns : int
    width : int, default=256
        Of both hidden layers of every s and t.
    k : float, default=1.5
        The cap.

    Examples
    --------
    >>> z, log_det = Reference(3, width=4)(torch.zeros(5, 3))
    >>> z.shape, log_det.shape
    (torch.Size([5, 3]), torch.Size([5]))
    """

    def __init__(self, columns: int, width: int = WIDTH, k: float = PAPER["lipschitz"]) -> None:
        super().__init__()
        widths = [columns, width, width, columns]
        self.s = nn.ModuleList(network(widths, nn.Tanh()) for _ in range(N_COUPLINGS))
        self.t = nn.ModuleList(network(widths) for _ in range(N_COUPLINGS))
        self.register_buffer("masks", masks(columns))
        for module in list(self.modules()):
            if isinstance(module, nn.Linear):
                SpectralCap(module, k)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return z = f(x) and log|det df/dx| of rows of shape (n, columns)."""
        log_det = x.new_zeros(len(x))
        for mask, s, t in zip(self.masks, self.s, self.t, strict=True):
            read = mask * x
            scale = (1 - mask) * s(read)
            x = read + (1 - mask) * (x - t(read)) * torch.exp(-scale)
            log_det = log_det - scale.sum(dim=1)
        return x, log_det

    def nll(self, x: Tensor) -> Tensor:
        """Return the negative log-likelihood of each row, in nats."""
        z, log_det = self(x)
        return 0.5 * (z.square().sum(dim=1) + z.shape[1] * math.log(2 * math.pi)) - log_det


def network(widths: list[int], *last: nn.Module) -> nn.Sequential:
    """Return a perceptron with LeakyReLU between its layers."""
    first, *others = (nn.Linear(*pair) for pair in pairwise(widths))
    hidden = [part for linear in others for part in (nn.LeakyReLU(0.01), linear)]
    return nn.Sequential(first, *hidden, *last)


def masks(columns: int) -> Tensor:
    """Return what each coupling reads, 1 for a column that stays: the two halves take turns.

    Examples
    --------
    >>> masks(3)[:2].tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]
    """
    half = (torch.arange(columns) < columns // 2).float()
    return torch.stack([half, 1 - half] * (N_COUPLINGS // 2))


def trimmed(nll: Tensor, eps: float) -> Tensor:
    """Return the mean of the smallest 1 - eps of a batch."""
    kept = max(round(len(nll) * (1 - eps)), 1)
    return nll.topk(kept, largest=False).values.mean()


class Contestant(NamedTuple):
    """A flow, the negative log-likelihood of each row by it, and a step of its training."""

    model: nn.Module
    nll: Loss
    step: Step


def contestant(
    name: str,
    X: Tensor,
    width: int = WIDTH,
    batch_size: int = BATCH_SIZE,
    eps: float = 0.1,
) -> Contestant:
    """Return an untrained flow of those in ``FLOWS`` that is to learn the rows of X.

    The reference leaves out the fraction eps of each batch; the others learn from all of it.
    """
    model, nll = FLOWS[name](X.shape[1], width)
    if name == "reference":
        stream = loaded(X, batch_size)
        return Contestant(model, nll, stepper(model, lambda x: trimmed(nll(x), eps), stream))
    step = stepper(model, lambda x: nll(x).mean(), drawn(X, batch_size))
    return Contestant(model, nll, step)


def reference_flow(columns: int, width: int) -> tuple[nn.Module, Loss]:
    """Return the authors' flow and its negative log-likelihood."""
    model = Reference(columns, width)
    return model, model.nll


def zuko_flow(columns: int, width: int) -> tuple[nn.Module, Loss]:
    """Return zuko's coupling flow: affine, s and t of a coupling in one network."""
    flows = extra("zuko.flows", "speed")
    model = flows.NICE(
        columns,
        transforms=N_COUPLINGS,
        hidden_features=(width, width),
        activation=nn.LeakyReLU,
    )
    return model, lambda x: -model().log_prob(x)


def normflows_flow(columns: int, width: int) -> tuple[nn.Module, Loss]:
    """Return normflows' masked affine flow: s and t separate, as in the reference."""
    nf = extra("normflows", "speed")
    widths = [columns, width, width, columns]
    flows = [
        nf.flows.MaskedAffineFlow(
            mask, nf.nets.MLP(widths, leaky=0.01), nf.nets.MLP(widths, leaky=0.01, output_fn="tanh")
        )
        for mask in masks(columns)
    ]
    base = nf.distributions.DiagGaussian(columns, trainable=False)
    model = nf.NormalizingFlow(base, flows)
    return model, lambda x: -model.log_prob(x)


FLOWS = {"reference": reference_flow, "zuko": zuko_flow, "normflows": normflows_flow}


def stepper(model: nn.Module, loss: Loss, stream: Iterator[Tensor]) -> Step:
    """Return a function that lowers the loss on the next batch by one step of Adam."""
    optimizer = torch.optim.Adam(model.parameters(), lr=PAPER["lr"])

    def step() -> Tensor:
        optimizer.zero_grad()
        value = loss(next(stream))
        value.backward()
        optimizer.step()
        return value.detach()

    return step


def loaded(X: Tensor, batch_size: int) -> Iterator[Tensor]:
    """Yield batches for ever, each pass over the rows from a shuffling DataLoader."""
    rows = TensorDataset(X)
    loader = DataLoader(rows, min(batch_size, len(X)), shuffle=True, drop_last=True)
    while True:
        for (batch,) in loader:
            yield batch


def drawn(X: Tensor, batch_size: int) -> Iterator[Tensor]:
    """Yield batches for ever, by their row numbers from memory."""
    for index in batches(len(X), min(batch_size, len(X)), 1, torch.default_generator):
        yield X[index[0]]


def fit(name: str, X: Tensor, steps: int, width: int = WIDTH) -> Contestant:
    """Return a flow after so many steps of its training."""
    found = contestant(name, X, width)
    for _ in range(steps):
        found.step()
    found.model.eval()
    return found


@torch.no_grad()
def score(nll: Loss, X: Tensor) -> Tensor:
    """Return the anomaly score of each row: its negative log-likelihood, block by block."""
    return torch.cat([nll(block) for block in X.split(1024)])
