"""Why some rows have their scores, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .scaling import Table


@dataclass(frozen=True)
class Explanation:
    """Why some rows have their scores.

    Attributes
    ----------
    names : tuple of str
        Of the columns.
    contributions : ndarray of shape (n_samples, n_columns)
        What each column adds to the score, in the score's unit. A row's contributions sum to
        ``scores - reference_scores``.
    expected : ndarray of shape (n_samples, n_columns)
        What each column would have to be for the row to be likely, given the other columns.
    values : ndarray of shape (n_samples, n_columns)
        The rows as the density sees them: X itself, or what a transformer that fills or encodes
        has made of it.
    scores : ndarray of shape (n_samples,)
        As ``decision_function`` returns them.
    reference : ndarray of shape (n_samples, n_columns)
        The likely row that each row is compared with.
    reference_scores : ndarray of shape (n_samples,)
        The scores of these.

    Examples
    --------
    >>> found = Explanation(
    ...     names=("a", "b"),
    ...     contributions=np.array([[12.4, 0.1]]),
    ...     expected=np.array([[3.1, 5.0]]),
    ...     values=np.array([[17.0, 5.2]]),
    ...     scores=np.array([13.0]),
    ...     reference=np.array([[4.0, 5.1]]),
    ...     reference_scores=np.array([0.5]),
    ... )
    >>> found.reasons(0, most=1)
    ['a: expected 3.1, saw 17 (+12.4)']
    """

    names: tuple[str, ...]
    contributions: Table
    expected: Table
    values: Table
    scores: Table
    reference: Table
    reference_scores: Table

    def __len__(self) -> int:
        """Return how many rows are explained."""
        return len(self.scores)

    def top(self, row: int, most: int = 3) -> NDArray[np.intp]:
        """Return the numbers of the columns that add most to a row's score, the first adds most.

        Parameters
        ----------
        row : int
        most : int, default=3

        Returns
        -------
        columns : ndarray of shape (most,)
            Fewer where fewer columns add anything.
        """
        contributions = self.contributions[row]
        order = np.argsort(-contributions, kind="stable")[:most]
        columns: NDArray[np.intp] = order[contributions[order] > 0]
        return columns

    def reasons(self, row: int, most: int = 3) -> list[str]:
        """Return a line of text for each of the columns that add most to a row's score."""
        return [
            f"{self.names[j]}: expected {self.expected[row, j]:.4g}, "
            f"saw {self.values[row, j]:.4g} ({self.contributions[row, j]:+.1f})"
            for j in self.top(row, most)
        ]
