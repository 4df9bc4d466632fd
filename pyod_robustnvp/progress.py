"""How far a training is, told while it runs, and how it is stopped."""

from __future__ import annotations

import sys
from threading import Lock
from typing import Self

from torch import Tensor
from tqdm import tqdm


class StoppedError(Exception):
    """The training was stopped from outside, as by an interrupt."""


class Progress:
    """How far stacks of flows are that train side by side.

    Parameters
    ----------
    steps : int
        Of the optimiser, that each stack takes.
    flows : int
        In all stacks.
    stacks : int, default=1
    verbose : int, default=0
        0 silent, 1 progress bar, 2 a line an epoch, once all stacks have come to its end.

    Examples
    --------
    >>> with Progress(steps=20, flows=4, stacks=2, verbose=2) as progress:
    ...     progress.epoch(1, step=10, loss=3.0, flows=2, stack=0)
    ...     progress.epoch(1, step=10, loss=2.0, flows=2, stack=1)
    epoch 1, step 10/20: loss 2.5000 nats
    """

    def __init__(self, steps: int, flows: int, stacks: int = 1, verbose: int = 0) -> None:
        self.steps, self.flows, self.stacks, self.verbose = steps, flows, stacks, verbose
        self.stopped = False
        self._taken = 0
        self._losses: dict[int, dict[int, tuple[int, float]]] = {}
        self._lock = Lock()
        # A program without a console has no stderr.
        shown = verbose == 1 and sys.stderr is not None
        self._bar = tqdm(total=steps, unit="step", disable=not shown)

    def __enter__(self) -> Self:
        """Return the progress."""
        return self

    def __exit__(self, *error: object) -> None:
        """Stop what still trains, and close the bar."""
        self.stopped = True
        self._bar.close()

    def step(self, steps: int = 1) -> None:
        """Take note of the steps of a stack, fewer than 0 where it went back.

        Raises
        ------
        StoppedError
            Nobody waits for the training any more.
        """
        if self.stopped:
            raise StoppedError
        if self.verbose == 1:
            with self._lock:
                self._taken += steps
                self._bar.update(self._taken // self.stacks - self._bar.n)

    def epoch(self, number: int, step: int, loss: float | Tensor, flows: int, stack: int) -> None:
        """Take note of the mean loss of a stack of flows in an epoch that ends with a step.

        A stack that went back says it again: its former loss no longer counts.
        """
        if self.verbose != 2:
            return
        with self._lock:
            losses = self._losses.setdefault(number, {})
            losses[stack] = flows, float(loss)
            if sum(flows for flows, _ in losses.values()) == self.flows:
                mean = sum(flows * loss for flows, loss in losses.values()) / self.flows
                del self._losses[number]
                print(f"epoch {number}, step {step}/{self.steps}: loss {mean:.4f} nats")
