"""A detector that says why a row has its score; the room that finds it out is imported then."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from .saving import SavedDetector
from .scaling import Table, some_of
from .shield import shielded

if TYPE_CHECKING:
    from .explanation import Explanation

# Rows whose contributions tell where the bands of a picture lie.
BAND_ROWS = 200


class ExplainedDetector(SavedDetector):
    """A detector whose scores can be explained."""

    @abstractmethod
    def _table(self, X: ArrayLike, reset: bool) -> NDArray[np.floating]:
        """Return X as a checked table of numbers."""

    @shielded
    def explain(self, X: ArrayLike) -> Explanation:
        """Return why rows have their scores: what each column adds, and what was expected there.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows or new ones. The time grows with the rows and with the square of the
            columns: give the few rows that you want to understand.

        Returns
        -------
        explanation : Explanation
            ``contributions`` of shape (n_samples, n_columns) sum to ``scores - reference_scores``,
            where the reference is a likely row beside each row. They have the score's unit:
            interquartile ranges of the training rows' scores, or nats with a single view.
            ``expected`` are the values that were likely, given the other columns. ``reasons(row)``
            says it in words. See :class:`~pyod_robustnvp.explanation.Explanation`.

            The columns are those of X, or what a ``preprocessing`` that fills or encodes makes of
            them; ``names`` says which.

        Raises
        ------
        ValueError, TypeError
            X can't be used; the message says why.

        Notes
        -----
        How it is found: :func:`~pyod_robustnvp.explain.explain`. A constant column adds 0 unless a
        row has another value there.

        Examples
        --------
        >>> import numpy as np
        >>> from pyod_robustnvp import RobustRealNVP
        >>> rng = np.random.default_rng(0)
        >>> X = rng.normal(size=(500, 1)) + 0.1 * rng.normal(size=(500, 3))
        >>> found = RobustRealNVP(random_state=0).fit(X).explain([[1.0, -1.0, 1.0]])
        >>> found.names[found.top(0)[0]], found.expected[0, 1].round()
        ('x1', np.float64(1.0))
        """
        from .explain import explain

        check_is_fitted(self)
        table = self._table(X, reset=False)
        return explain(self.density_, table, self._names(table.shape[1]))

    @shielded
    def expected_values(self, X: ArrayLike) -> Table:
        """Return what each column would have to be for each row to be likely, given the others.

        ``explain(X).expected``, which takes as long as ``explain``.

        Returns
        -------
        expected : ndarray of shape (n_samples, n_columns)
            In the units of X, or of what a ``preprocessing`` that fills or encodes makes of it.
        """
        return self.explain(X).expected

    @shielded
    def get_outlier_explainability_scores(
        self, ind: int, columns: Sequence[int] | None = None, X: ArrayLike | None = None
    ) -> Table:
        """Return what each column adds to the score of one row of a table.

        Parameters
        ----------
        ind : int
            The number of the row in X.
        columns : sequence of int, optional
            Numbers of the columns that are returned, by default all.
        X : array-like of shape (n_samples, n_features)
            The table. PyOD's detectors hold the training rows; a RobustRealNVP holds none.

        Returns
        -------
        contributions : ndarray of shape (n_columns,)

        Raises
        ------
        ValueError, IndexError
            X is missing, or has no such row or column.
        """
        check_is_fitted(self)
        found, numbers = self._of_row(ind, columns, X, np.arange(0))
        contributions: Table = found.contributions[0, numbers]
        return contributions

    @shielded
    def explain_outlier(
        self,
        ind: int,
        columns: Sequence[int] | None = None,
        cutoffs: Sequence[float] | None = None,
        feature_names: Sequence[str] | None = None,
        file_name: str | None = None,
        file_type: str | None = None,
        X: ArrayLike | None = None,
        ax: Any = None,
    ) -> Any:
        """Draw what each column adds to the score of one row of a table, as PyOD's ECOD does.

        Parameters
        ----------
        ind : int
            The number of the row in X.
        columns : sequence of int, optional
            Numbers of the columns that are drawn, by default all.
        cutoffs : sequence of float in (0, 1), optional
            Bands are drawn at these quantiles of what a column adds to the scores of the rows of X,
            of which 200 at most are explained. By default one minus the part of the training rows
            that are flagged, and 0.99.
        feature_names : sequence of str, optional
            Names of the columns that are drawn.
        file_name, file_type : str, optional
            Where the picture is kept: the name without its end, and the end, 'png' by default.
        X : array-like of shape (n_samples, n_features)
            The table. PyOD's detectors hold the training rows; a RobustRealNVP holds none.
        ax : matplotlib Axes, optional
            Where to draw, by default a new figure.

        Returns
        -------
        ax : matplotlib Axes
            It is not shown: call ``matplotlib.pyplot.show()`` in a script.

        Raises
        ------
        ValueError, IndexError
            X is missing, it has no such row or column, or there are too few or too many names.
        ImportError
            matplotlib is missing.
        """
        from .breakdown import Breakdown, draw

        check_is_fitted(self)
        cutoffs = [1 - float(np.mean(self.labels_)), 0.99] if cutoffs is None else list(cutoffs)
        n = 0 if X is None else len(X)  # type: ignore[arg-type]
        found, numbers = self._of_row(ind, columns, X, some_of(n, BAND_ROWS))
        names = [found.names[j] for j in numbers] if feature_names is None else feature_names
        breakdown = Breakdown(
            title=f"Row {index(ind)}, score {found.scores[0]:.1f} "
            f"({'outlier' if found.scores[0] > self.threshold_ else 'inlier'})",
            contributions=found.contributions[0, numbers],
            bands={q: np.quantile(found.contributions[1:, numbers], q, axis=0) for q in cutoffs},
            names=list(map(str, names)),
        )
        return draw(breakdown, ax, file_name and f"{file_name}.{file_type or 'png'}")

    def _of_row(
        self,
        ind: int,
        columns: Sequence[int] | None,
        X: ArrayLike | None,
        others: NDArray[np.int_],
    ) -> tuple[Explanation, list[int]]:
        """Return the explanations of a row of X and of others, and the numbers of the columns."""
        from .explain import explain

        if X is None:
            raise ValueError(
                f"a {type(self).__name__} holds no training rows: give X=, the table whose row "
                f"{ind} is to be explained"
            )
        table = self._table(X, reset=False)
        n, d = table.shape
        if not -n <= index(ind) < n:
            raise IndexError(f"ind={ind} is no row of X, which has {n} rows, counted from 0")
        numbers = list(range(d)) if columns is None else [index(j) for j in columns]
        if not numbers or not all(-d <= j < d for j in numbers):
            raise IndexError(f"columns={columns} must be numbers of columns from 0 to {d - 1}")
        rows = np.r_[index(ind), others]
        return explain(self.density_, table[rows], self._names(d)), numbers

    def _names(self, d: int) -> list[str]:
        """Return the names of the d columns that the density sees."""
        given = getattr(self, "feature_names_in_", None)
        if self.front_ is not None:
            try:
                given = self.front_.fitted.get_feature_names_out()
            except (AttributeError, NotFittedError, TypeError, ValueError):
                given = None
        if given is None or len(given) != d:
            return [f"x{j}" for j in range(d)]
        return list(map(str, given))
