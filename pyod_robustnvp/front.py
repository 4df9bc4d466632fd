"""A transformer of the user's that makes numbers of a table before anything else sees it.

Scalers of single columns, whose slopes are known, are no such: they are a view
(:class:`~pyod_robustnvp.columns.TransformedColumns`), so that the density stays one of the table.
"""

from __future__ import annotations

import copy
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.utils import check_array, check_consistent_length

from . import diagnosis
from .learned import Learned
from .scaling import Table
from .units import SLOPES, inverse, slopeless

# Values that a transformer makes infinite, as a power may of a far one: their squares are numbers.
LARGEST = 1e150
# Characters of a transformer that a message shows.
NAMED = 90


class Transformer(Protocol):
    """A transformer of scikit-learn's kind."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn from the rows."""

    def transform(self, X: Any) -> Any:
        """Return the transformed rows."""


class Front(Learned):
    """What a scikit-learn transformer of the user's makes of a table, as it was given.

    Parameters
    ----------
    transformer : transformer
        Cloned before it is fitted. It may fill gaps and encode text: only what it returns is
        checked.

    Attributes
    ----------
    fitted : transformer

    Examples
    --------
    >>> from sklearn.impute import SimpleImputer
    >>> Front(SimpleImputer()).fit([[0.0], [10.0]]).transform([[np.nan]]).tolist()
    [[5.0]]
    """

    def __init__(self, transformer: Transformer) -> None:
        self.transformer = transformer

    def fit(self, X: ArrayLike) -> Self:
        """Fit a clone of the transformer."""
        try:
            self.fitted = clone(self.transformer).fit(self._own(X))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise self._refusal("can't be fitted to X alone", error) from error
        return self

    def transform(self, X: ArrayLike, least: int = 1) -> Table:
        """Return what the transformer makes of the rows, once that is known to be a table.

        Of ``least`` rows or more, and infinite values clipped.
        """
        made = None
        try:
            made = self.fitted.transform(self._own(X))
            if refusal := diagnosis.refusal_of_types(made):
                raise ValueError(f"of what it returns, {refusal}")
            dense = np.asarray(made.toarray() if hasattr(made, "toarray") else made)
            if refusal := diagnosis.refusal_of_types(dense):
                raise ValueError(f"of what it returns, {refusal}")
            table: Table = check_array(
                dense, dtype=np.float64, ensure_all_finite=False, ensure_min_samples=least
            )
            check_consistent_length(X, table)
            if np.isnan(table).any():
                column = int(np.isnan(table).any(axis=0).argmax())
                row = int(np.isnan(table[:, column]).argmax())
                raise ValueError(
                    f"column {column} of what it returns holds NaN, first in row {row} (rows and "
                    "columns count from 0): fill gaps in it"
                )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            what: object = error
            if isinstance(error, TypeError) and (found := diagnosis.refusal_of_values(made)):
                what = f"of what it returns, {found}"
            raise self._refusal("must turn X into a table of numbers, row by row", what) from error
        return table.clip(-LARGEST, LARGEST)

    def _own(self, X: Any) -> Any:
        """Return X, or a copy where the transformer would write into it."""
        parameters: dict[str, Any] = getattr(self.transformer, "get_params", dict)()
        writes = any(name.endswith("copy") and value is False for name, value in parameters.items())
        return copy.deepcopy(X) if writes else X

    @staticmethod
    def _named(transformer: object) -> str:
        return diagnosis.shortened(diagnosis.one_line(repr(transformer)), NAMED)

    def _refusal(self, why: str, error: object) -> ValueError:
        text = f"preprocessing={self._named(self.transformer)} {why}: {diagnosis.one_line(error)}"
        return ValueError(diagnosis.shortened(text))

    def inverse(self, made: Table) -> Table:
        """Return the rows that the transformer carries there."""
        try:
            return inverse(self.fitted, made)
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            why = (
                "has no inverse, so that rows can't be drawn in the units of X; use "
                "preprocessing=True or a transformer with inverse_transform"
            )
            raise self._refusal(why, error) from error

    def refuse_density(self) -> None:
        """Say that there is no density per unit of X."""
        whole, unknown = map(self._named, (self.transformer, slopeless(self.transformer)))
        raise ValueError(
            f"preprocessing={whole} gives no density per unit of X: the slope of "
            f"{unknown} is not known; use preprocessing=True, False, "
            f"{', '.join(each.__name__ for each in SLOPES)} or a Pipeline of these, or "
            "decision_function, which needs no slope"
        )
