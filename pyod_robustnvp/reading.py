"""Which view a flow sees, which of its columns it reads, and in which order."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def views_of(numbers: Tensor, views: int) -> Tensor:
    """Return which view of the rows the flows of these numbers see: they take turns.

    Examples
    --------
    >>> views_of(torch.arange(5), 2).tolist()
    [0, 1, 0, 1, 0]
    """
    return numbers % views


def halves(n_flows: int, features: int) -> Tensor:
    """Return the paper's order: the second half is transformed first, by the first.

    Examples
    --------
    >>> halves(1, 5)
    tensor([[3, 4, 0, 1, 2]])
    """
    return torch.arange(features).roll(features // 2).repeat(n_flows, 1)


def drawn(columns: Sequence[int], features: int, generator: torch.Generator | None) -> Tensor:
    """Return which columns each flow reads, in its own order: drawn at random.

    Examples
    --------
    >>> order = drawn([3, 9], 3, torch.Generator().manual_seed(0))
    >>> order.shape, bool(order[0].max() < 3)
    (torch.Size([2, 3]), True)
    """
    shape = len(columns), max(columns)
    noise = torch.rand(shape, generator=generator, dtype=torch.float32, device="cpu")
    absent = torch.arange(max(columns)) >= torch.tensor(columns)[:, None]
    return noise.masked_fill(absent, math.inf).argsort(dim=1)[:, :features].contiguous()
