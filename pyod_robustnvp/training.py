r"""Algorithm 1 of Liu, Tan, Zhou (2022): mini-batch likelihood without the least likely rows.

A step draws a batch of m rows for each member, leaves out the share eps that the member itself
finds least likely, and lowers the mean of the rest,

.. math:: \min_\theta \frac{1}{(1 - \epsilon) m} \sum_{i \in kept} -\log p_\theta(x_i).

The share grows linearly from 0 to eps over the first steps, since a model that has learned nothing
yet can't tell which rows are unlikely. After every step the weights are brought back under the
Lipschitz caps.

Rows may come in several views, coordinates of the same rows; the members take turns in them. Noise
that is added to the rows, anew in every batch, keeps a flow from concentrating on the few values of
a discrete column.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from . import lipschitz
from .flow import RealNVP, views_of

WARMUP = 0.05


@dataclass(frozen=True)
class Settings:
    """What a training run does.

    Attributes
    ----------
    steps : int
        Optimiser steps.
    batch_size : int
        Rows of a batch m; a table with fewer is one batch.
    lr : float
        Step size of Adam.
    trim : float
        Share eps of each batch that is left out.
    caps : tuple of float or None
        Bounds k on the singular values, which the members of a view take in turns; None for no
        bound.
    noise : float
        Standard deviation of the noise that is added to the rows of a batch.
    verbose : int
        0 silent, 1 progress bar, 2 a line an epoch.
    """

    steps: int
    batch_size: int
    lr: float
    trim: float
    caps: tuple[float, ...] | None
    noise: float = 0.0
    verbose: int = 0


def batches(n: int, batch_size: int, members: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield row numbers of shape (members, batch_size) for ever, each member in its own order.

    Every pass over the rows is a new shuffle; a last batch that would fall short is dropped.

    Examples
    --------
    >>> stream = batches(5, 2, 3, torch.Generator().manual_seed(0))
    >>> next(stream).shape
    torch.Size([3, 2])
    """
    while True:
        order = torch.stack([torch.randperm(n, generator=generator) for _ in range(members)])
        yield from order[:, : n - n % batch_size].split(batch_size, dim=1)


def kept_rows(batch_size: int, trim: float, step: int, steps: int) -> int:
    """Return how many rows of a batch the loss keeps at a step, counted from 1.

    Examples
    --------
    >>> [kept_rows(100, 0.2, step, steps=200) for step in (1, 5, 10, 200)]
    [98, 90, 80, 80]
    """
    progress = min(step / max(WARMUP * steps, 1), 1)
    return max(round(batch_size * (1 - trim * progress)), 1)


def trimmed_loss(nll: Tensor, kept: int) -> Tensor:
    """Average the kept smallest values of each member and sum over the members.

    The sum, not the mean, so that members train as if each were alone.

    Examples
    --------
    >>> trimmed_loss(torch.tensor([[1.0, 2.0, 9.0], [4.0, 0.0, 2.0]]), kept=2).item()
    2.5
    """
    return nll.topk(kept, dim=1, largest=False, sorted=False).values.mean(1).sum()


def train(flow: RealNVP, x: Tensor, settings: Settings, generator: torch.Generator) -> list[float]:
    """Fit the flow in place to the rows of x.

    Parameters
    ----------
    flow : RealNVP
        Its parameters are overwritten; on the device of x.
    x : Tensor of shape (views, n, d)
        Member m sees view ``m % views``.
    settings : Settings
    generator : torch.Generator
        On the CPU, so that the order of the rows is the same on every device.

    Returns
    -------
    losses : list of float
        The mean trimmed negative log-likelihood of a row, in nats, an entry a pass over x; the
        last entry may cover part of a pass.

    Raises
    ------
    FloatingPointError
        The loss or a weight became infinite or NaN.
    """
    views, n, _ = x.shape
    batch_size = min(settings.batch_size, n)
    stream = _noisy_rows(flow, x, batch_size, settings.noise, generator)
    caps = _spread(settings.caps, flow, views)
    optimizer = torch.optim.Adam(flow.parameters(), lr=settings.lr, fused=True)
    vectors = [_random_vectors(weight, generator) for weight in flow.weights]
    per_epoch = n // batch_size
    losses: list[float] = []
    with tqdm(total=settings.steps, unit="step", disable=settings.verbose != 1) as bar:
        for start in range(0, settings.steps, per_epoch):
            stop = min(start + per_epoch, settings.steps)
            total = x.new_zeros(())
            for step in range(start + 1, stop + 1):
                kept = kept_rows(batch_size, settings.trim, step, settings.steps)
                total += _descend(flow, next(stream), kept, optimizer)
                _cap(flow, vectors, caps)
                bar.update()
            losses.append(total.item() / (flow.members * (stop - start)))
            _report(losses, stop, settings)
            _check_sound(flow, losses[-1], stop, settings)
    _certify(flow, caps)
    return losses


def _noisy_rows(
    flow: RealNVP, x: Tensor, batch_size: int, noise: float, generator: torch.Generator
) -> Iterator[Tensor]:
    """Yield the rows of a batch for each member, of shape (members, batch_size, d)."""
    view = views_of(flow.members, len(x))[:, None].to(x.device)
    for index in batches(x.shape[1], batch_size, flow.members, generator):
        rows = x[view, index.to(x.device)]
        if noise:
            blur = torch.randn(rows.shape, generator=generator, dtype=torch.float32)
            rows += noise * blur.to(x.device)
        yield rows


def _descend(flow: RealNVP, rows: Tensor, kept: int, optimizer: torch.optim.Optimizer) -> Tensor:
    """Take one step of the optimiser and return the loss before it."""
    loss = trimmed_loss(-flow.log_prob(rows), kept)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def _random_vectors(weight: Tensor, generator: torch.Generator) -> Tensor:
    """Start the power iteration of a stack of matrices."""
    *stack, n_in, _ = weight.shape
    start = torch.randn(*stack, 1, n_in, generator=generator, dtype=torch.float32)
    return start.to(weight)


def _spread(caps: tuple[float, ...] | None, flow: RealNVP, views: int) -> Tensor | None:
    """Return the cap of each network of a coupling, of shape (2 * members, 1, 1)."""
    if caps is None:
        return None
    of_members = [caps[member // views % len(caps)] for member in range(flow.members)]
    like = flow.biases[0]
    return torch.tensor(of_members).repeat_interleave(2)[:, None, None].to(like)


def _cap(flow: RealNVP, vectors: list[Tensor], k: Tensor | None) -> None:
    """Bring every matrix of the flow back under the cap, by its estimated norm."""
    if k is not None:
        for weight, v in zip(flow.weights, vectors, strict=True):
            lipschitz.cap_(weight, v, k)


def _certify(flow: RealNVP, k: Tensor | None) -> None:
    """Bring every matrix of the flow under the cap, by its exact norm."""
    if k is not None:
        for weight in flow.weights:
            lipschitz.certify_(weight, k)


def _report(losses: list[float], step: int, settings: Settings) -> None:
    """Print a line an epoch where that is wanted."""
    if settings.verbose == 2:
        print(f"epoch {len(losses)}, step {step}/{settings.steps}: loss {losses[-1]:.4f} nats")


def _check_sound(flow: RealNVP, loss: float, step: int, settings: Settings) -> None:
    """Stop a run whose loss or weights are no longer finite."""
    if not (math.isfinite(loss) and all(p.isfinite().all() for p in flow.parameters())):
        raise FloatingPointError(
            f"training diverged by step {step}: the loss is {loss}; "
            f"lower lr={settings.lr} or set a finite lipschitz (now {settings.caps})"
        )
