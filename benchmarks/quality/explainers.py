"""What says which columns make a row abnormal: ours and those beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyod.models.base import BaseDetector
from pyod.models.ecod import ECOD
from pyod.models.iforest import IForest

from pyod_robustnvp import RobustRealNVP

from ..harness.extras import extra

#: Rows that a slow explainer explains, and training rows that stand in for hidden columns there.
FEW, BACKGROUND = 10, 100

OURS = "explain"


class Explained(NamedTuple):
    """What an explainer says of rows.

    Attributes
    ----------
    contributions : ndarray of shape (m, d)
    gap : float
        The largest difference between the sum of a row's contributions and what they should sum
        to, where that is known.
    """

    contributions: NDArray[np.float64]
    gap: float = np.nan


class Explainer(NamedTuple):
    """An explainer and what it needs.

    Attributes
    ----------
    fit : callable
        Fits a detector to training rows, with a seed.
    explain : callable
        Explains rows, given the detector, its training rows and the seed.
    is_slow : bool
        Whether it explains the first few rows alone.
    """

    fit: Callable[[NDArray, int], Any]
    explain: Callable[[Any, NDArray, NDArray, int], Explained]
    is_slow: bool = False

    def timed(self, X: NDArray, X_new: NDArray, seed: int) -> tuple[Explained, float, float]:
        """Return what it says of rows, the seconds of the fit and of the explanation."""
        start = perf_counter()
        clf = self.fit(X, seed)
        fitted = perf_counter()
        said = self.explain(clf, X, X_new, seed)
        return said, fitted - start, perf_counter() - fitted


def _ours(X: NDArray, seed: int) -> RobustRealNVP:
    return _fitted(X.tobytes(), X.shape, seed)


@lru_cache(maxsize=1)
def _fitted(content: bytes, shape: tuple[int, int], seed: int) -> RobustRealNVP:
    X = np.frombuffer(content).reshape(shape)
    return RobustRealNVP(random_state=seed, device="cpu").fit(X)


def _iforest(X: NDArray, seed: int) -> IForest:
    return IForest(random_state=seed).fit(X)


def explained(clf: RobustRealNVP, X: NDArray, X_new: NDArray, seed: int) -> Explained:
    """Return our contributions, and how well they sum to what the scores differ by."""
    found = clf.explain(X_new)
    difference = clf.decision_function(X_new) - clf.decision_function(found.reference)
    gap = np.abs(found.contributions.sum(axis=1) - difference).max()
    return Explained(found.contributions, float(gap))


def permuted(clf: BaseDetector, X: NDArray, X_new: NDArray, seed: int) -> Explained:
    """Return SHAP's values of the score by permutations, from its defaults."""
    shap = extra("shap", "bench")
    rows = np.random.default_rng(seed).choice(len(X), min(BACKGROUND, len(X)), replace=False)
    masker = shap.maskers.Independent(X[rows], max_samples=BACKGROUND)
    explainer = shap.PermutationExplainer(clf.decision_function, masker, seed=seed)
    return Explained(explainer(X_new, silent=True).values)


def of_trees(clf: IForest, X: NDArray, X_new: NDArray, seed: int) -> Explained:
    """Return SHAP's values of the depths in a forest; a low depth is abnormal."""
    return Explained(-extra("shap", "bench").TreeExplainer(clf.detector_).shap_values(X_new))


def of_ecod(clf: ECOD, X: NDArray, X_new: NDArray, seed: int) -> Explained:
    """Return the scores of ECOD's dimensions, which it keeps of the rows that it scored last."""
    clf.decision_function(X_new)
    return Explained(clf.O[-len(X_new) :])


def of_z(spread: tuple[NDArray, NDArray], X: NDArray, X_new: NDArray, seed: int) -> Explained:
    """Return how many standard deviations the values lie from the mean."""
    mean, deviation = spread
    return Explained(np.abs(X_new - mean) / np.where(deviation > 0, deviation, 1))


EXPLAINERS: dict[str, Explainer] = {
    OURS: Explainer(_ours, explained),
    "SHAP, our score": Explainer(_ours, permuted, is_slow=True),
    "SHAP, IForest": Explainer(_iforest, permuted, is_slow=True),
    "TreeSHAP, IForest": Explainer(_iforest, of_trees),
    "ECOD's dimensions": Explainer(lambda X, seed: ECOD().fit(X), of_ecod),
    "|z|": Explainer(lambda X, seed: (X.mean(axis=0), X.std(axis=0)), of_z),
}
