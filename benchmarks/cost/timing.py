"""Seconds of contestants that run in turn, so that what slows the machine slows all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from pyod_robustnvp.progress import Progress

from ..harness import provenance

#: Runs once and returns its seconds, of one step or of whatever is compared.
Timed = Callable[[], float]


def in_turn(
    contestants: Mapping[str, Timed],
    rounds: int | Mapping[str, int],
    warm_up: bool = True,
) -> pd.DataFrame:
    """Run A B C C B A ... and return the median, the extremes and the number of rounds of each.

    There and back, so that nobody always runs after the same other.

    Parameters
    ----------
    contestants : mapping of a name to Timed
    rounds : int or mapping of a name to int
        A contestant with fewer rounds leaves the later ones to the others.
    warm_up : bool, default=True
        Whether a first round is run and not counted.

    Examples
    --------
    >>> in_turn({"a": lambda: 1.0, "b": lambda: 2.0}, rounds=3)["median"].to_dict()
    {'a': 1.0, 'b': 2.0}
    """
    if isinstance(rounds, int):
        rounds = dict.fromkeys(contestants, rounds)
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    turns = [
        (number, name)
        for number in range(-int(warm_up), max(rounds.values()))
        for name in (reversed(contestants) if number % 2 else contestants)
        if number < rounds[name]
    ]
    for number, name in tqdm(turns, unit="turn", leave=False):
        taken = contestants[name]()
        if number >= 0:
            seconds[name].append(taken)
    rows = {name: pd.Series(taken) for name, taken in seconds.items()}
    return pd.DataFrame(
        [(s.median(), s.min(), s.max(), len(s)) for s in rows.values()],
        index=pd.Index(rows),
        columns=["median", "min", "max", "rounds"],
    )


def seconds_of(run: Callable[[], object]) -> float:
    """Return the seconds that a run takes."""
    start = perf_counter()
    run()
    return perf_counter() - start


def each(run: Callable[[], object], times: int) -> Timed:
    """Return what times a run as the mean of several in a row."""

    def repeat() -> None:
        for _ in range(times):
            run()

    return lambda: seconds_of(repeat) / times


class Clock(Progress):
    """Notes when each step of a training ends."""

    def __init__(self, steps: int, flows: int) -> None:
        super().__init__(steps, flows)
        self.ends: list[float] = []

    def step(self, steps: int = 1) -> None:
        """Note the time."""
        super().step(steps)
        self.ends.append(perf_counter())


def between_steps(run: Callable[[], Clock]) -> Timed:
    """Return what times a step within a training run, its beginning and its end left out.

    It is the mean from the end of the first step to that of the last.
    """

    def timed() -> float:
        ends = run().ends
        return (ends[-1] - ends[0]) / (len(ends) - 1)

    return timed


def exponent(sizes: pd.Series, seconds: pd.Series) -> float:
    """Return the power p of seconds ~ sizes ** p that fits best.

    Examples
    --------
    >>> round(exponent(pd.Series([1.0, 10.0, 100.0]), pd.Series([2.0, 20.0, 200.0])), 3)
    1.0
    """
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def machine() -> str:
    """Return a line on what the times were taken."""
    of_torch = f"{torch.get_num_threads()} threads of torch {torch.__version__}"
    return f"{provenance.machine()}, {of_torch}"
