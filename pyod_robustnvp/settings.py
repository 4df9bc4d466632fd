"""The settings of a density, checked: what makes it another one is exchanged here."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch

from .box import Box, Surroundings
from .pooling import Pooling, PowerMean
from .training import TrainingSettings
from .views import View

DEFAULT_BOX, DEFAULT_POOLING = Box(), PowerMean()


@dataclass(frozen=True, kw_only=True)
class Settings(TrainingSettings):
    """How a density is learned and pooled; ``parameters.resolve`` makes them of the detector's.

    Besides those of the training,

    Attributes
    ----------
    views : tuple of View
        Unfitted; the flows take turns in them. The first one is what ``log_density`` is of.
    n_flows : int
    hidden : tuple of int
        The widths of the hidden layers of each s and t network.
    most_read : int or None
        How many columns a flow reads at most, drawn at random; None is all.
    box : Surroundings
        Unfitted.
    pooling : Pooling
        Unfitted.
    steps : int
        Optimiser steps, where ``epochs`` is None: as many rows are learned from as they take.
    epochs : int or None
        Passes over the whole table, in place of ``steps``.
    device : str, torch.device or None
        None is a GPU where there is one.
    """

    views: tuple[View, ...]
    n_flows: int
    hidden: tuple[int, ...]
    box: Surroundings = DEFAULT_BOX
    pooling: Pooling = DEFAULT_POOLING
    most_read: int | None = None
    steps: int = 200
    epochs: int | None = None
    device: str | torch.device | None = None

    def __post_init__(self) -> None:
        """Refuse views that no flow could see, or that look at what is not there."""
        looks = [view.looks_at for view in self.views]
        if not looks or any(n is not None and n >= number for number, n in enumerate(looks)):
            raise ValueError(
                "views must be one or more, each looking at the table or an earlier one"
            )
        if self.n_flows < len(looks):
            raise ValueError(f"{len(looks)} views need as many flows at least, got {self.n_flows}")

    def read(self, d: int) -> int:
        """Return how many of d columns a flow reads."""
        return d if self.most_read is None else min(d, self.most_read)

    def widths(self, d: int) -> list[int]:
        """Return of how many columns each flow may read, where its view has d."""
        return [self.views[m % len(self.views)].width(d) for m in range(self.n_flows)]

    def for_training(self, n: int) -> TrainingSettings:
        """Return what the training on a table of n rows does."""
        own = {each.name: getattr(self, each.name) for each in fields(TrainingSettings)}
        if self.epochs is not None:
            own["steps"] = self.epochs * max(n // self.batch_size, 1)
        return TrainingSettings(**own)
