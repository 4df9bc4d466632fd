"""PyOD's base class, with what its methods make wrong mended: the detector builds on it."""

from __future__ import annotations

import contextlib
import copy
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from pyod.models.base import BaseDetector
from sklearn.utils.validation import check_is_fitted

from .contamination import LimitedThresholder, Thresholder, are_divisible
from .density import TabularDensity
from .learned import Learned
from .parameters import check_contamination, resolve, warn_of_other_trimming
from .scaling import Table
from .shield import shielded
from .tables import refuse_kind

EMPTY = np.empty(0)
#: What is learned from the scores of the training rows.
LEARNED = (
    "threshold_",
    "labels_",
    "classes_",
    "_classes",
    "_mu",
    "_sigma",
)


class ThresholdedDetector(Learned, BaseDetector):  # type: ignore[misc]
    """A detector of PyOD's whose contamination may be any number.

    PyOD takes a number that is no float, such as np.float32, for a PyThresh object. Its
    ``predict_proba`` needs an array.
    """

    contamination: float | Thresholder
    density_: TabularDensity

    @shielded
    def predict(self, X: ArrayLike, return_confidence: bool = False) -> Any:
        """Return 1 for outliers and 0 for inliers, as PyOD's ``predict`` does."""
        return BaseDetector.predict(self._plain(), X, return_confidence)

    @shielded
    def predict_confidence(self, X: ArrayLike) -> Any:
        """Return how sure each label is, as PyOD's ``predict_confidence`` does."""
        return BaseDetector.predict_confidence(self._plain(), X)

    @shielded
    def predict_with_rejection(self, X: ArrayLike, *args: Any, **settings: Any) -> Any:
        """Return labels, -2 where they are unsure, as PyOD's ``predict_with_rejection`` does."""
        return BaseDetector.predict_with_rejection(self._plain(), X, *args, **settings)

    @shielded
    def compute_rejection_stats(self, *args: Any, **settings: Any) -> Any:
        """Return what to expect of it, as PyOD's ``compute_rejection_stats`` does."""
        return BaseDetector.compute_rejection_stats(self._plain(), *args, **settings)

    @shielded
    def predict_proba(
        self, X: ArrayLike, method: str = "linear", return_confidence: bool = False
    ) -> Any:
        """Return the probability of each row to be an inlier and to be an outlier.

        As PyOD's ``predict_proba``, and for lists too. Scores have a long upper tail, which
        'linear' stretches over [0, 1]: ``method='unify'`` tells more.
        """
        if not hasattr(X, "shape"):
            refuse_kind(X)
            # Rows of unlike lengths are refused where the scores are computed.
            with contextlib.suppress(ValueError):
                X = np.asarray(X)
        return super().predict_proba(X, method, return_confidence)

    @shielded
    def set_contamination(self, contamination: float | Thresholder) -> Self:
        """Set the contamination of a fitted detector, and with it threshold, labels, probabilities.

        The scores stay, and so does what training left out of each batch.

        Parameters
        ----------
        contamination : float in (0, 0.5] or PyThresh object

        Returns
        -------
        self : detector

        Warns
        -----
        UserWarning
            A fit with this contamination would leave out another fraction of each batch.
        """
        check_is_fitted(self)
        former, self.contamination = self.contamination, contamination
        try:
            warn_of_other_trimming(self.density_.settings.trim, resolve(self).trim)
            self._set_threshold(self.decision_scores_)
        except BaseException:
            self.contamination = former
            raise
        return self

    def _set_threshold(self, scores: Table) -> None:
        """Set ``decision_scores_``, ``threshold_``, ``labels_`` and what probabilities need."""
        self.decision_scores_ = scores
        plain = self._plain(fitted=False)
        plain._set_n_classes(None)
        plain._process_decision_scores()
        plain.classes_ = np.array([0, 1])
        for name in LEARNED:
            setattr(self, name, getattr(plain, name))

    def _plain(self, fitted: bool = True) -> Any:
        """Return this detector with a contamination that PyOD takes for a number if it is one.

        It is 0 in place of a PyThresh object where the training rows give that nothing to divide,
        as many of these fail there. After a fit, the training rows' labels tell the limit for new
        rows that a PyThresh object can't divide.
        """
        plain: Any = copy.copy(self)
        number = check_contamination(self.contamination)
        if number is None and not are_divisible(getattr(self, "decision_scores_", EMPTY)):
            number = 0.0
        plain.contamination = self.contamination if number is None else number
        if number is None and fitted and hasattr(self, "labels_"):
            plain.contamination = LimitedThresholder(
                self.contamination, self.decision_scores_, self.labels_
            )
        return plain
