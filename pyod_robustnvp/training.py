r"""Algorithm 1 of Liu, Tan, Zhou (2022): mini-batch likelihood without the least likely rows.

A step draws a batch of m rows for each member, leaves out the share eps that the member itself
finds least likely, and lowers the mean of the rest,

.. math:: \min_\theta \frac{1}{(1 - \epsilon) m} \sum_{i \in kept} -\log p_\theta(x_i).

The share grows linearly from 0 to eps over the first steps, since a model that has learned nothing
yet can't tell which rows are unlikely. After every step the weights are brought back under the
Lipschitz caps. The step size may fall linearly to 0, which takes the noise of the last batches out
of the weights.

Rows may come in several views, coordinates of the same rows; the members take turns in them. Noise
that is added to the rows, anew in every batch, keeps a flow from concentrating on the few values of
a discrete column.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LinearLR
from tqdm import tqdm

from . import lipschitz
from .couplings import RoundTrip
from .flow import RealNVP, log_density, views_of

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
    lr_decay : bool
        Whether the step size falls linearly to 0.
    verbose : int
        0 silent, 1 progress bar, 2 a line an epoch.
    """

    steps: int
    batch_size: int
    lr: float
    trim: float
    caps: tuple[float, ...] | None
    noise: float = 0.0
    lr_decay: bool = False
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
    [100, 92, 82, 80]
    """
    progress = min((step - 1) / max(WARMUP * steps, 1), 1)
    return max(round(batch_size * (1 - trim * progress)), 1)


def shares(nll: Tensor, kept: int) -> Tensor:
    """Return the share of each row in the trimmed loss: 1 / kept for the kept smallest values.

    Each row of nll, a member, has its own choice; the sum of its shares is 1, so that members
    train as if each were alone.

    Examples
    --------
    >>> shares(torch.tensor([[1.0, 2.0, 9.0], [4.0, 0.0, 2.0]]), kept=2).tolist()
    [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
    """
    smallest = nll.topk(kept, dim=1, largest=False, sorted=False).indices
    return torch.zeros_like(nll).scatter_(1, smallest, 1 / kept)


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
    batch_size = min(settings.batch_size, x.shape[1])
    per_epoch = x.shape[1] // batch_size
    steps = _steps(flow, x, batch_size, settings, generator)
    losses: list[float] = []
    with tqdm(total=settings.steps, unit="step", disable=settings.verbose != 1) as bar:
        for start in range(0, settings.steps, per_epoch):
            stop = min(start + per_epoch, settings.steps)
            total = x.new_zeros(())
            for loss in islice(steps, stop - start):
                total += loss
                bar.update()
            losses.append(total.item() / (flow.members * (stop - start)))
            _report(losses, stop, settings)
            _check_sound(flow, losses[-1], stop, settings)
    flow.zero_grad()
    _certify(flow, _spread(settings.caps, flow, len(x)))
    return losses


def _steps(
    flow: RealNVP, x: Tensor, batch_size: int, settings: Settings, generator: torch.Generator
) -> Iterator[Tensor]:
    """Take a step of the optimiser at a time and yield the loss before it, summed over members."""
    stream = _noisy_rows(flow, x, batch_size, settings.noise, generator)
    passage = RoundTrip(flow.weights, flow.biases, batch_size)
    gradients = (*passage.g_weights, *passage.g_biases)
    for parameter, gradient in zip((*flow.weights, *flow.biases), gradients, strict=True):
        parameter.grad = gradient
    optimizer = torch.optim.Adam(flow.parameters(), lr=settings.lr, fused=True)
    end = 0.0 if settings.lr_decay else 1.0
    scheduler = LinearLR(optimizer, start_factor=1.0, end_factor=end, total_iters=settings.steps)
    caps = _spread(settings.caps, flow, len(x))
    vectors = [_random_vectors(weight, generator) for weight in flow.weights]
    for step in range(1, settings.steps + 1):
        kept = kept_rows(batch_size, settings.trim, step, settings.steps)
        loss = _set_gradients(passage, next(stream), kept)
        optimizer.step()
        scheduler.step()
        _cap(flow, vectors, caps)
        yield loss


def _noisy_rows(
    flow: RealNVP, x: Tensor, batch_size: int, noise: float, generator: torch.Generator
) -> Iterator[Tensor]:
    """Yield a batch for each member, of shape (members, d, batch_size), in its order of columns."""
    view = views_of(flow.members, len(x))[:, None].to(x.device)
    for index in batches(x.shape[1], batch_size, flow.members, generator):
        columns = flow.ordered(x[view, index.to(x.device)])
        if noise:
            blur = torch.randn(columns.shape, generator=generator, dtype=torch.float32)
            columns.add_(blur.to(x.device), alpha=noise)
        yield columns


def _set_gradients(passage: RoundTrip, columns: Tensor, kept: int) -> Tensor:
    """Write the gradients of the trimmed loss and return the loss, summed over the members."""
    z, log_det = passage.forward(columns)
    nll = -log_density(z, log_det)
    share = shares(nll, kept)
    passage.backward(share[:, None] * z, -share)
    # Not share * nll: that of a row left out may be infinite.
    return torch.where(share > 0, nll, 0).sum() / kept


def _random_vectors(weight: Tensor, generator: torch.Generator) -> Tensor:
    """Start the power iteration of a stack of matrices."""
    *stack, n_out, _ = weight.shape
    start = torch.randn(*stack, 1, n_out, generator=generator, dtype=torch.float32)
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
