r"""Algorithm 1 of Liu, Tan, Zhou (2022): mini-batch likelihood without the least likely rows.

A step draws a batch of m rows for each flow, leaves out the fraction eps that the flow itself
finds least likely, and lowers the mean of the rest,

.. math:: \min_\theta \frac{1}{(1 - \epsilon) m} \sum_{i \in kept} -\log p_\theta(x_i).

The fraction grows linearly from 0 to eps over the first steps, since a model that has learned
nothing yet can't tell which rows are unlikely. After every step the weights are brought back under
the Lipschitz caps.

Rows may come in several views, coordinates of the same rows; the flows take turns in them. Noise
that is added to the rows, anew in every batch, keeps a flow from concentrating on the few values of
a discrete column.

Training that diverges goes back to its last sound state (``recovery.py``) and on with a tenth of
the step size.
"""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import torch
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor
from torch.optim.adam import adam

from . import lipschitz
from .couplings import GradientWorkspace
from .flow import RealNVP, log_density
from .progress import Progress
from .reading import views_of
from .recovery import DivergenceGuard

WARMUP = 0.05
# Whether training diverged is looked at, at the end of an epoch, after so many steps.
CHECKED_EVERY = 50
# Rows that tell whether a flow is sound: no single one may.
JUDGED_ROWS = 256
# Steps of the power iteration that caps an untrained flow, which an SVD would exactly: roughly, as
# after the first steps of a training, and nearly, as after many.
ESTIMATES = (3, 20)
# As the paper has it, which names none of these.
ADAM: dict[str, Any] = {
    "beta1": 0.9,
    "beta2": 0.999,
    "eps": 1e-8,
    "weight_decay": 0.0,
    "amsgrad": False,
    "maximize": False,
}
# Step sizes that are tried, each a tenth of the one before.
ATTEMPTS = 5


@dataclass(frozen=True)
class TrainingSettings:
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
        Fraction eps of each batch that is left out.
    caps : tuple of float or None
        Bounds k on the singular values, which the flows of a view take in turns; None for no
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


def batches(n: int, batch_size: int, n_flows: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield row numbers of shape (flows, batch_size) for ever, each flow in its own order.

    Every pass over the rows is a new shuffle; a last batch that would fall short is dropped.

    Examples
    --------
    >>> stream = batches(5, 2, 3, torch.Generator().manual_seed(0))
    >>> next(stream).shape
    torch.Size([3, 2])
    """
    while True:
        order = torch.stack(
            [torch.randperm(n, generator=generator, device="cpu") for _ in range(n_flows)]
        )
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

    Each row of nll, one flow's, has its own choice. Its shares add up to 1, so that the flows
    train as if each were alone.

    Examples
    --------
    >>> shares(torch.tensor([[1.0, 2.0, 9.0], [4.0, 0.0, 2.0]]), kept=2).tolist()
    [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
    """
    smallest = nll.topk(kept, dim=1, largest=False, sorted=False).indices
    return torch.zeros_like(nll).scatter_(1, smallest, 1 / kept)


def train(
    flows: RealNVP,
    x: Tensor,
    settings: TrainingSettings,
    generator: torch.Generator,
    numbers: Tensor | None = None,
    progress: Progress | None = None,
) -> list[float]:
    """Fit the flows in place to the rows of x.

    Parameters
    ----------
    flows : RealNVP
        Their parameters are overwritten; on the device of x.
    x : Tensor of shape (views, n, d)
        Which flow sees which view, by its number: :func:`~pyod_robustnvp.reading.views_of`.
    settings : TrainingSettings
    generator : torch.Generator
        On the CPU, so that the order of the rows is the same on every device.
    numbers : Tensor of shape (flows,), optional
        Of the flows among those of other stacks, too; by default there are no others.
    progress : Progress, optional
        Of all stacks.

    Returns
    -------
    losses : list of float
        The mean trimmed negative log-likelihood of a row, in nats, an entry a pass over x; the
        last entry may cover part of a pass.

    Warns
    -----
    ConvergenceWarning
        Training diverged, and went on from its last sound state with a smaller step.

    Raises
    ------
    FloatingPointError
        It diverged with every step size that was tried.
    """
    if progress is None:
        with Progress(settings.steps, flows.n_flows, verbose=settings.verbose) as alone:
            return train(flows, x, settings, generator, numbers, alone)
    numbers = torch.arange(flows.n_flows) if numbers is None else numbers
    task = _Task(flows, x, views_of(numbers, len(x)), _spread(settings.caps, numbers, x))
    guard = _untrained(task, settings)
    losses: list[float] = []
    for failed in range(ATTEMPTS):
        attempt = replace(settings, lr=settings.lr / 10**failed)
        if failed:
            _warn(settings, attempt, len(losses))
        if _complete(losses, guard, task, attempt, generator, progress):
            _certify(flows, task.caps)
            return losses
        del losses[guard.restore() :]
    raise FloatingPointError(
        f"training diverged, with steps of {attempt.lr:g} too; {_advice(settings)}"
    )


class _Adam:
    """The steps of Adam (Kingma, Ba 2015) on parameters in place, by torch's function.

    Its class would import the compiler, which takes longer than a fit.
    """

    def __init__(self, parameters: list[Tensor], gradients: list[Tensor], lr: float) -> None:
        self.parameters, self.gradients, self.lr = parameters, gradients, lr
        self.means, self.squares = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
        like = parameters[0]
        self.taken = [torch.zeros((), dtype=torch.float32, device=like.device) for _ in parameters]

    @torch.no_grad()
    def step(self) -> None:
        """Take a step against the gradients as they are now."""
        adam(
            self.parameters,
            self.gradients,
            self.means,
            self.squares,
            [],
            self.taken,
            fused=True,
            lr=self.lr,
            **ADAM,
        )


@dataclass(frozen=True)
class _Task:
    """What is trained: flows, the rows in all views, which one each flow sees, and its cap."""

    flows: RealNVP
    x: Tensor
    view: Tensor
    caps: Tensor | None

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.x.shape[1]

    def batch_size(self, settings: TrainingSettings) -> int:
        return min(settings.batch_size, self.n)

    def noisy(self, index: Tensor, noise: float, generator: torch.Generator) -> Tensor:
        """Return the rows of each flow with noise, of shape (flows, d, batch_size)."""
        x = self.x
        # A GPU need not be waited for: what it is sent is copied aside before it works on it.
        chosen = (index + self.view[:, None] * self.n).to(x.device, non_blocking=True)
        rows = x.flatten(0, 1).index_select(0, chosen.flatten()).unflatten(0, chosen.shape)
        columns = self.flows.ordered(rows)
        if noise:
            blur = torch.randn(
                columns.shape, generator=generator, dtype=torch.float32, device="cpu"
            )
            columns.add_(blur.to(x.device, non_blocking=True), alpha=noise)
        return columns


def _complete(
    losses: list[float],
    guard: DivergenceGuard,
    task: _Task,
    settings: TrainingSettings,
    generator: torch.Generator,
    progress: Progress,
) -> bool:
    """Train what is left of the epochs, add their losses, and return whether all went well."""
    flows, per_epoch = task.flows, task.n // task.batch_size(settings)
    checked = len(losses) * per_epoch
    steps = _steps(task, settings, generator, checked)
    fresh: list[Tensor] = []
    for start in range(checked, settings.steps, per_epoch):
        stop = min(start + per_epoch, settings.steps)
        fresh.append(_epoch(steps, stop - start, progress) / flows.n_flows)
        progress.epoch(len(losses) + len(fresh), stop, fresh[-1], flows.n_flows, id(flows))
        if stop < settings.steps and stop - checked < CHECKED_EVERY:
            continue
        # Not before: a GPU would be waited for at every epoch, which may be a step.
        losses.extend(map(float, fresh))
        fresh.clear()
        if not (all(map(math.isfinite, losses)) and guard.is_sound()):
            progress.step(guard.epochs * per_epoch - stop)
            return False
        guard.remember(len(losses))
        checked = stop
    return True


def _epoch(steps: Iterator[Tensor], n: int, progress: Progress) -> Tensor:
    """Take n steps and return the mean of their losses."""
    total: Tensor | float = 0.0
    for loss in islice(steps, n):
        total += loss
        progress.step()
    return torch.as_tensor(total).double() / n


def _untrained(task: _Task, settings: TrainingSettings) -> DivergenceGuard:
    """Return what to go back to before the first step.

    Its rows are drawn apart, so that those of the training are as without it, and are as many
    whatever the batches: of a short table one comes several times, each with its own noise.
    """
    apart = torch.Generator().manual_seed(0)
    flows = task.flows
    index = torch.randint(task.n, (flows.n_flows, JUDGED_ROWS), generator=apart, device="cpu")
    columns = task.noisy(index, settings.noise, apart)
    kept = JUDGED_ROWS * (1 - settings.trim)
    guard = DivergenceGuard(flows, columns, [max(round(rows), 1) for rows in (kept, kept / 4)])
    vectors = [_random_vectors(weight, apart) for weight in flows.weights]
    for estimates in ESTIMATES:
        for _ in range(estimates):
            _cap(flows, vectors, task.caps)
        guard.allow()
    guard.restore()
    return guard


def _steps(
    task: _Task, settings: TrainingSettings, generator: torch.Generator, begin: int
) -> Iterator[Tensor]:
    """Take a step of the optimiser at a time and yield the loss before it, summed over flows."""
    flows, batch_size = task.flows, task.batch_size(settings)
    stream = batches(task.n, batch_size, flows.n_flows, generator)
    workspace = GradientWorkspace(flows.weights, flows.biases, batch_size)
    gradients = [*workspace.g_weights, *workspace.g_biases]
    adam = _Adam([*flows.weights, *flows.biases], gradients, settings.lr)
    vectors = [_random_vectors(weight, generator) for weight in flows.weights]
    for step in range(begin + 1, settings.steps + 1):
        kept = kept_rows(batch_size, settings.trim, step, settings.steps)
        columns = task.noisy(next(stream), settings.noise, generator)
        loss = set_gradients(workspace, columns, kept)
        adam.step()
        _cap(flows, vectors, task.caps)
        yield loss


def set_gradients(workspace: GradientWorkspace, columns: Tensor, kept: int) -> Tensor:
    """Write the gradients of the trimmed loss and return the loss, summed over the flows."""
    z, log_det = workspace.forward(columns)
    nll = -log_density(z, log_det)
    share = shares(nll, kept)
    workspace.backward(share[:, None] * z, -share)
    # Not share * nll: that of a row left out may be infinite.
    return torch.where(share > 0, nll, 0).sum() / kept


def _random_vectors(weight: Tensor, generator: torch.Generator) -> Tensor:
    """Start the power iteration of a stack of matrices."""
    *stack, n_out, _ = weight.shape
    start = torch.randn(*stack, 1, n_out, generator=generator, dtype=torch.float32, device="cpu")
    return start.to(weight)


def _spread(caps: tuple[float, ...] | None, numbers: Tensor, x: Tensor) -> Tensor | None:
    """Return the cap of each network of a coupling, of shape (2 * flows, 1, 1)."""
    if caps is None:
        return None
    of_flows = torch.tensor(caps, dtype=torch.float64)[numbers // len(x) % len(caps)]
    return of_flows.repeat_interleave(2)[:, None, None].to(x)


def _cap(flows: RealNVP, vectors: list[Tensor], k: Tensor | None) -> None:
    """Bring every matrix of the flows back under the cap, by its estimated norm."""
    if k is not None:
        for weight, v in zip(flows.weights, vectors, strict=True):
            lipschitz.cap_(weight, v, k)


def _certify(flows: RealNVP, k: Tensor | None) -> None:
    """Bring every matrix of the flows under the cap, by its exact norm."""
    if k is not None:
        for weight in flows.weights:
            lipschitz.certify_(weight, k)


def _warn(settings: TrainingSettings, attempt: TrainingSettings, epochs: int) -> None:
    """Say that training went back, and what to do about it."""
    warnings.warn(
        f"training diverged: it goes on after epoch {epochs} with steps of {attempt.lr:g}; "
        f"{_advice(settings)}",
        ConvergenceWarning,
        stacklevel=2,
    )


def _advice(settings: TrainingSettings) -> str:
    cap = "" if settings.caps else " or set lipschitz, which is None"
    return f"lower lr={settings.lr}{cap}"
