"""Views: coordinates in which flows see the rows of a table, all with one interface.

A further view is a subclass of :class:`View` in a file of its own, as in ``columns.py`` and
``axes.py``. The detector uses the views that ``parameters.check_views`` returns; a density uses
those of its settings. Which flow sees which view: ``reading.views_of``.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Self, TypeVar

import numpy as np

from .learned import Learned
from .scaling import Table

# float32 carries it through the couplings; their squares are summed in float64.
LARGEST = 1e15

T = TypeVar("T")


class View(Learned, ABC):
    """Coordinates of the rows, in which some of the flows see them.

    Tables are finite float64 arrays of shape (n_samples, n_features), which nothing checks again.
    What ``transform`` returns must be finite, too; the density clips it to what flows can carry.

    Attributes
    ----------
    looks_at : int or None
        The number of the earlier view that this one starts from; None starts from the table.
    is_of_columns : bool
        Whether ``log_det`` is itself a log-density, that of the values in their columns. Such a
        view tells apart all values within the edges of their columns, others those near the middle.
    """

    looks_at: ClassVar[int | None] = None
    is_of_columns: ClassVar[bool] = False

    def __repr__(self) -> str:
        """Return what makes the view."""
        return f"{type(self).__name__}()"

    @abstractmethod
    def fit(self, table: Table) -> Self:
        """Learn the view from the rows."""

    @abstractmethod
    def transform(self, table: Table) -> Table:
        """Return the rows in this view."""

    @abstractmethod
    def inverse(self, seen: Table) -> Table:
        """Return the rows that ``transform`` carries there."""

    @abstractmethod
    def log_det(self, table: Table) -> Table:
        """Return the logarithm of the transform's Jacobian determinant at each row."""

    def width(self, d: int) -> int:
        """Return how many of the columns of ``transform``, the first ones, tell rows apart."""
        return d

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        raise ValueError(f"{type(self).__name__} can't be kept as arrays: it has no shapes")

    def state(self) -> dict[str, Table]:
        """Return what was learned, as arrays by names that no other view has."""
        raise ValueError(f"{type(self).__name__} can't be kept as arrays: it has no state")

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back what ``state`` returned; a ValueError says what can't be."""
        raise ValueError(f"{type(self).__name__} can't be kept as arrays: it has no restore")


class Views:
    """Several views of one table.

    Parameters
    ----------
    views : sequence of View
        Unfitted, or fitted where they come out of a file. They are copied before they are fitted.

    Examples
    --------
    >>> from pyod_robustnvp.axes import PrincipalAxes
    >>> from pyod_robustnvp.columns import RawColumns
    >>> views = Views([RawColumns(), PrincipalAxes()])
    >>> rows = np.random.default_rng(0).normal(size=(9, 2))
    >>> views.fit_transform(rows, rows).shape
    (2, 9, 2)
    """

    def __init__(self, views: Sequence[View]) -> None:
        self.views = [copy.copy(view) for view in views]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.views)

    def fit_transform(self, near: Table, within: Table) -> Table:
        """Fit all views to the rows and return these in each, of shape (views, n, d).

        Parameters
        ----------
        near, within : ndarray of shape (n_samples, n_features)
            The rows as most views see them, and as those of the columns by themselves do.
        """
        return self._seen(near, within, lambda view, rows: view.fit(rows).transform(rows))

    def transform(self, near: Table, within: Table) -> Table:
        """Return the rows in each view, of shape (views, n, d)."""
        return self._seen(near, within, lambda view, rows: view.transform(rows))

    def inverse(self, seen: Table) -> Table:
        """Return rows from what the first view makes of them."""
        return self.views[0].inverse(seen)

    def log_det(self, table: Table) -> Table:
        """Return the logarithm of the first view's Jacobian determinant at each row."""
        return self.views[0].log_det(table)

    def of_columns(self, table: Table) -> Table | None:
        """Return the sum of the log-densities of each row's values in their columns, if known."""
        for view in self.views:
            if view.is_of_columns:
                return view.log_det(table)
        return None

    def shapes(self, d: int) -> dict[str, tuple[int, ...]]:
        """Return the shapes of what ``state`` returns, for d columns."""
        return merged(view.shapes(d) for view in self.views)

    def state(self) -> dict[str, Table]:
        """Return what all views have learned, as arrays by name."""
        return merged(view.state() for view in self.views)

    def restore(self, arrays: Mapping[str, Table]) -> None:
        """Take back what ``state`` returned."""
        for view in self.views:
            view.restore(arrays)

    def _seen(self, near: Table, within: Table, see: Callable[[View, Table], Table]) -> Table:
        seen: list[Table] = []
        for view in self.views:
            table = within if view.is_of_columns else near
            seen.append(see(view, table if view.looks_at is None else seen[view.looks_at]))
        if len({rows.shape for rows in seen}) > 1:
            raise ValueError(f"views differ in their shapes: {[rows.shape for rows in seen]}")
        return np.stack(seen)


def merged(parts: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """Return what belongs to several views as one, if each name belongs to one of them.

    Examples
    --------
    >>> merged([{"a": 1}, {"b": 2}])
    {'a': 1, 'b': 2}
    """
    found: dict[str, T] = {}
    for part in parts:
        if twice := sorted(found.keys() & part.keys()):
            raise ValueError(f"two views have an array of the name {twice[0]!r}; rename one")
        found |= part
    return found
