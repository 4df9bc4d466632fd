"""SO-GAAL as its paper has it."""

from __future__ import annotations

from numpy.typing import NDArray
from pyod.models.base import BaseDetector
from pyod.models.so_gaal import SO_GAAL


class SOGAAL(SO_GAAL):
    """SO-GAAL with the score of its paper, 1 - D(x) (Liu et al. 2019, algorithm 1).

    PyOD's is D(x), what the discriminator returns, which is trained to be 1 for the table's rows
    and 0 for made ones: high for normal rows (PyOD's issue 119).
    """

    def decision_function(self, X: NDArray) -> NDArray:
        """Return 1 - D(x)."""
        return 1 - super().decision_function(X)

    def _process_decision_scores(self) -> BaseDetector:
        self.decision_scores_ = 1 - self.decision_scores_
        return super()._process_decision_scores()
