"""Draws: private random states, so that the global ones stay as they are, and rows of a table."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils import check_random_state

RandomState = int | np.random.RandomState | None


def some_rows(
    table: NDArray[np.floating], n: int, generator: torch.Generator
) -> NDArray[np.floating]:
    """Return n rows of a longer table, drawn at random, in their order."""
    if len(table) <= n:
        return table
    seed = int(torch.randint(2**31 - 1, (1,), generator=generator, device="cpu"))
    drawn = np.random.default_rng(seed).choice(len(table), n, replace=False, shuffle=False)
    return table[np.sort(drawn)]


def torch_generator(random_state: RandomState) -> torch.Generator:
    """Return a private generator, so that the global random states stay as they are.

    None takes fresh entropy where ``check_random_state`` would draw from numpy's global state.
    """
    given = np.random.RandomState() if random_state is None else random_state
    try:
        source = check_random_state(given)
    except ValueError as error:
        raise ValueError(
            f"random_state={random_state!r} can't be used: {error}; "
            "give None, an integer from 0 to 2**32 - 1 or a RandomState"
        ) from error
    return torch.Generator().manual_seed(int(source.randint(2**31 - 1)))
