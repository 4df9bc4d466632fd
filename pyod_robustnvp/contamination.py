"""The contamination as the scores tell it, by PyThresh, an optional package."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from .scaling import Table

JUDGED_ROWS = 2000


class Thresholder(Protocol):
    """A PyThresh object, or another that divides scores as one does."""

    def eval(self, decision: Table) -> Any:
        """Return 1 for the scores of outliers, else 0."""


def estimate(scores: Table, thresholder: Thresholder | None = None) -> float:
    """Estimate the contamination of a table from the scores of its rows.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        Of more than 2000, as many evenly spaced ones are judged. A score beyond ten interquartile
        ranges counts as ten, since the odd giant hides all other outliers.
    thresholder : PyThresh object, optional
        What divides the scores; :class:`pythresh.thresholds.clf.CLF` by default.

    Returns
    -------
    contamination : float
        From that of a single row to 0.5.

    Raises
    ------
    ValueError
        ``thresholder`` is no PyThresh object.
    ImportError
        PyThresh is missing.
    """
    if thresholder is None:
        thresholder = _default_thresholder()
    if isinstance(thresholder, type) or not hasattr(thresholder, "eval"):
        raise ValueError(f"thresholder must be a PyThresh object or None, got {thresholder!r}")
    low, high = np.quantile(scores, [0.25, 0.75])
    some = np.linspace(0, len(scores) - 1, min(len(scores), JUDGED_ROWS)).astype(int)
    judged = scores[some].clip(max=high + 10 * (high - low))
    found = float(np.mean(thresholder.eval(judged))) if are_divisible(judged) else 0.0
    return min(max(found, 1 / len(scores)), 0.5)


def are_divisible(scores: Table) -> bool:
    """Return whether PyThresh can divide scores, which it can't where they are one or two numbers.

    Examples
    --------
    >>> are_divisible(np.array([3.0, 3.0, 3.0 + 1e-12])), are_divisible(np.arange(3.0))
    (False, True)
    """
    # Equal rows differ by rounding.
    return len(np.unique(scores.round(9))) > 2


class LimitedThresholder:
    """A PyThresh object that divides scores of few rows, or of equal ones, by those of its fit.

    Parameters
    ----------
    thresholder : PyThresh object
    scores, labels : ndarray of shape (n_samples,)
        Of the training rows.

    Examples
    --------
    >>> limited = LimitedThresholder(None, np.array([0.0, 1.0, 9.0]), np.array([0, 0, 1]))
    >>> limited.predict(np.array([5.0])).tolist()
    [1]
    """

    def __init__(self, thresholder: Any, scores: Table, labels: Table) -> None:
        self.thresholder = thresholder
        self.limit = scores[labels == 0].max(initial=-np.inf)

    def predict(self, scores: Table) -> Any:
        """Return 1 for the scores of outliers, else 0, as PyOD asks a PyThresh object."""
        if are_divisible(scores):
            return self.thresholder.predict(scores)
        return (scores > self.limit).astype(int)


def _default_thresholder() -> Thresholder:
    """Return a PyThresh object, whose constructor seeds numpy: the global state is put back."""
    try:
        from pythresh.thresholds.clf import CLF
    except ImportError as error:
        raise ImportError(
            "estimating the contamination needs PyThresh: pip install 'pyod-robustnvp[thresh]'"
        ) from error
    state = np.random.get_state()  # noqa: NPY002
    try:
        thresholder: Thresholder = CLF()
        return thresholder
    finally:
        np.random.set_state(state)  # noqa: NPY002
