"""The default's density with some of its settings exchanged, to be compared as a detector is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.density import TabularDensity
from pyod_robustnvp.parameters import resolve


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
        settings = resolve(RobustRealNVP(contamination=self.contamination))
        settings = replace(settings, **self.changes)
        self.density_ = TabularDensity.fit(X, settings, self.random_state)
        return self

    def decision_function(self, X: NDArray) -> NDArray:
        """Return the anomaly score of each row."""
        return self.density_.score(X)
