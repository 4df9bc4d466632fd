"""The default's density with some of its settings exchanged, to be compared as a detector is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.density import TabularDensity
from pyod_robustnvp.parameters import LEAST_TRIM, resolve

HELD_OUT = 0.1


class Exchanged(BaseEstimator):
    """The default with other settings of its density.

    Parameters
    ----------
    changes : mapping
        Of the settings, by their names.
    contamination : float, default=0.1
    random_state : int or None, default=None
    """

    def __init__(
        self,
        changes: Mapping[str, Any],
        contamination: float = 0.1,
        random_state: int | None = None,
    ) -> None:
        self.changes = changes
        self.contamination = contamination
        self.random_state = random_state

    def fit(self, X: NDArray) -> Self:
        """Learn the density of the rows."""
        self.density_ = self._density(X, **self.changes)
        return self

    def decision_function(self, X: NDArray) -> NDArray:
        """Return the anomaly score of each row."""
        return self.density_.score(X)

    def _density(self, X: NDArray, **changes: Any) -> TabularDensity:
        default = RobustRealNVP(contamination=self.contamination)
        settings = resolve(default)
        return TabularDensity.fit(X, replace(settings, **changes), self.random_state)


class StepsByHeldOutLikelihood(Exchanged):
    """The default with the steps that give held-out rows the highest trimmed likelihood.

    A tenth of the rows is held out; their trimmed mean leaves out the least likely 35 %, as the
    training does, since they hold anomalies too. The last fit is to all rows.

    Parameters
    ----------
    candidates : sequence of int
        Steps to choose from.
    contamination : float, default=0.1
    random_state : int or None, default=None
    """

    def __init__(
        self,
        candidates: tuple[int, ...] = (50, 100, 200, 400),
        contamination: float = 0.1,
        random_state: int | None = None,
    ) -> None:
        self.candidates = candidates
        self.contamination = contamination
        self.random_state = random_state

    def fit(self, X: NDArray) -> Self:
        """Fit every candidate to nine tenths of the rows, then the likeliest to all."""
        order = np.random.default_rng(self.random_state).permutation(len(X))
        held_out, rest = np.split(order, [max(round(HELD_OUT * len(X)), 1)])

        def loss(steps: int) -> float:
            scores = np.sort(self._density(X[rest], steps=steps).score(X[held_out]))
            return scores[: max(round((1 - LEAST_TRIM) * len(scores)), 1)].mean()

        self.density_ = self._density(X, steps=min(self.candidates, key=loss))
        return self
