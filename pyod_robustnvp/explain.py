r"""Why a row has its score: what each column adds, and what it should have been.

A room of its own: it takes a fitted density and a table, asks for nothing but scores, and the core
does not import it until somebody wants an explanation.

**Edges.** Values beyond the edges of their columns are brought to the edges, or to the middles if
they lie twice as far out: such values tell nothing of other columns. What the score falls by is
shared among them by what each would add alone, as the Shapley value of a maximum says. It is the
mean of what it falls by if that is done before or after everything else.

**Expected values.** The expected value of a column is the one with which the row would have the
lowest score, all other columns as they are. Three values across the column are tried, then two more
by parabolas through the best ones.

**Corrections.** A wrong value makes its neighbours look wrong too. So the column whose expected
value lowers the score most is corrected first, and the expected values of the others are sought
again, given the corrected one; then the same with a second column. A column counts as wrong if its
value lies more than a standard deviation from the expected one, and it is brought that near. That
is the smallest correction that makes the row likely: likelihood compensation with an L1 penalty.
All columns are then moved together towards their expected values, as far as that lowers the score.
The result is the **reference**: a likely row beside the explained one.

**Contributions.** What the score falls by on the way from the row to the reference. A corrected
column gets the mean over both orders in which the two can be corrected, its Shapley value. What the
common move brings is shared in proportion to what each column would bring alone.

References
----------
Idé, Dhurandhar, Navrátil, Singh, Abe (2021), Anomaly Attribution with Likelihood Compensation,
AAAI.

Takeishi, Kawahara (2023), A Characteristic Function for Shapley-Value-Based Attribution of Anomaly
Scores, TMLR.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .density import TabularDensity
from .explanation import Explanation
from .scaling import Table

# Where expected values are sought at first: this part of the way from the middle to both edges.
TRIED = 0.5
# Parabolas after the first values, and after those that are tried beside a corrected column.
PARABOLAS, LATER_PARABOLAS = 2, 1
# Columns that are corrected one by one, each to so many standard deviations from what is expected.
CORRECTED, TOLERATED = 2, 1.0
# Parts of the way to their expected values by which all columns are moved together.
STEPS = (1.0, 0.5, 0.25, 0.1)
# A part of the golden section: how far to go from the best value towards one neighbour.
GOLDEN = 0.38
# Scores nearer than this count as equal, so that rounding decides nothing.
ROUNDING = 1e-7
# Values of the rows that are scored at once: d rows of d values for each row that is explained.
VALUES_AT_ONCE = 2**21


def explain(
    density: TabularDensity, table: NDArray[np.floating], names: Sequence[str]
) -> Explanation:
    """Return why the rows of a table have their scores.

    Parameters
    ----------
    density : TabularDensity
    table : ndarray of shape (n_samples, n_columns)
        Finite numbers, as the density sees them.
    names : sequence of str
        Of the columns.

    Returns
    -------
    explanation : Explanation

    Notes
    -----
    A row of d columns takes about 11 d scorings of a row, so that the time grows with the square of
    the number of columns.

    Examples
    --------
    >>> from pyod_robustnvp import RobustRealNVP
    >>> X = np.random.default_rng(0).normal(size=(500, 1)) + [[0.0, 10.0]]
    >>> clf = RobustRealNVP(random_state=0).fit(X)
    >>> found = explain(clf.density_, np.array([[0.0, 30.0]]), ["a", "b"])
    >>> found.names[found.top(0)[0]], bool(abs(found.expected[0, 1] - 10) < 0.5)
    ('b', True)
    """
    compensation = Compensation(density)
    d = table.shape[1]
    size = max(VALUES_AT_ONCE // d**2, 1)
    parts = [
        compensation.explained(np.asarray(table[start : start + size], dtype=np.float64))
        for start in range(0, len(table), size)
    ]
    joined: tuple[Table, ...] = tuple(np.concatenate(each) for each in zip(*parts, strict=True))
    return Explanation(tuple(map(str, names)), *joined)


class Compensation:
    """Looks for the likely row beside a row, by the scores of a density.

    Parameters
    ----------
    density : TabularDensity
    """

    def __init__(self, density: TabularDensity) -> None:
        self.score = density.score
        self.nats = density.pooling.nats()
        self.middle, self.edges = density.box.center_, density.box.edges()
        # Halves: the difference of two huge numbers may overflow.
        between = (1 - TRIED) * self.middle + TRIED * self.edges
        self.tried = np.array([between[0], self.middle, between[1]])

    def explained(self, rows: Table) -> tuple[Table, ...]:
        """Return what an :class:`Explanation` of some rows holds, but for the names."""
        scores = self.score(rows)
        within = np.where(self._is_far(rows), self.middle, rows.clip(*self.edges))
        near_scores = self.score(within)
        order, path, corrected, expected, lowest = self._corrected(within, near_scores)
        ways = expected - corrected
        rest, reference, reference_scores = self._rest(corrected, path[-1], ways, lowest)
        found = self._shares(within, corrected, order, path) + rest
        far = np.flatnonzero((rows != within).any(axis=1))
        if len(far):
            parts = self._charged(rows[far], within[far], near_scores[far])
            back = self.score(np.where(rows[far] != within[far], rows[far], reference[far]))
            inner = found[far].sum(axis=1)
            # The mean of both orders: values beyond edges are brought in first, or last.
            mean = (inner + scores[far] - back) / 2
            found[far] *= np.where(inner > ROUNDING, mean / np.maximum(inner, ROUNDING), 1)[:, None]
            whole = scores[far] - reference_scores[far] - found[far].sum(axis=1)
            found[far] += parts * whole[:, None]
        return found, expected, rows, scores, reference, reference_scores

    def _is_far(self, rows: Table) -> NDArray[np.bool_]:
        """Return which values lie twice as far from the middles as the edges, or farther."""
        # Halves: the difference of two huge numbers may overflow.
        away, reach = rows / 2 - self.middle / 2, self.edges / 2 - self.middle / 2
        far: NDArray[np.bool_] = (away / 2 < reach[0]) | (away / 2 > reach[1])
        return far

    def _charged(self, rows: Table, within: Table, near_scores: Table) -> Table:
        """Return the part of each value beyond its edge in what all of these add to the score."""
        i, j = np.nonzero(rows != within)
        alone = within[i]
        alone[np.arange(len(i)), j] = rows[i, j]
        charges = np.zeros(rows.shape)
        charges[i, j] = np.maximum(self.score(alone) - near_scores[i], ROUNDING)
        parts = of_maximum(charges)
        shares: Table = parts / parts.sum(axis=1, keepdims=True)
        return shares

    def _corrected(
        self, rows: Table, scores: Table
    ) -> tuple[NDArray[np.intp], list[Table], Table, Table, Table]:
        """Correct the wrong columns of rows, one by one.

        Returns
        -------
        order : ndarray of shape (CORRECTED, n)
            Which columns; where none is wrong the value of that column stays.
        path : list of ndarray of shape (n,)
            The scores before the first correction and after each.
        corrected, expected, lowest : ndarray of shape (n, d)
            The corrected rows, what each column should be given these, and the score then.
        """
        n, d = rows.shape
        tried = np.broadcast_to(self.tried[:, None], (len(self.tried), n, d))
        expected, lowest = self._expected(rows, scores, tried, PARABOLAS)
        corrected, path, order = rows, [scores], np.zeros((CORRECTED, n), dtype=np.intp)
        for number in range(CORRECTED):
            falls = np.maximum(path[-1][:, None] - lowest, 0)
            away = np.sqrt(2 * self.nats * falls)
            np.put_along_axis(away, order[:number].T, 0, axis=1)
            order[number] = away.argmax(axis=1)
            wrong = np.flatnonzero(away.max(axis=1) > TOLERATED)
            corrected, after = corrected.copy(), path[-1].copy()
            path.append(after)
            if not len(wrong):
                continue
            j = order[number, wrong]
            way = 1 - TOLERATED / away[wrong, j]
            corrected[wrong, j] += way * (expected[wrong, j] - corrected[wrong, j])
            after[wrong] = self.score(corrected[wrong])
            again = np.stack([expected[wrong], tried[1, wrong]])
            expected[wrong], lowest[wrong] = self._expected(
                corrected[wrong], after[wrong], again, LATER_PARABOLAS
            )
        return order, path, corrected, expected, np.minimum(lowest, path[-1][:, None])

    def _expected(
        self, rows: Table, scores: Table, tried: Table, parabolas: int
    ) -> tuple[Table, Table]:
        """Return the best value of each column given the others, and the score with it.

        Of the values of the rows themselves, those of ``tried``, of shape (n_tried, n, d), and so
        many more by parabolas.
        """
        at = np.concatenate([rows[None], tried])
        own = np.repeat(scores[None, :, None], rows.shape[1], axis=2)
        found = np.concatenate([own, self._exchanged(rows, scores, tried)])
        for _ in range(parabolas):
            values = vertex(at, found)[None]
            at = np.concatenate([at, values])
            found = np.concatenate([found, self._exchanged(rows, scores, values)])
        best = lowest_of(found)[None]
        return (
            np.take_along_axis(at, best, axis=0)[0],
            np.take_along_axis(found, best, axis=0)[0],
        )

    def _exchanged(self, rows: Table, scores: Table, values: Table) -> Table:
        """Return the score of each row with one value exchanged, for values of shape (m, n, d)."""
        n, d = rows.shape
        found, size = np.empty(values.shape), max(VALUES_AT_ONCE // (n * d), 1)
        for number, each in enumerate(values):
            for columns in np.split(np.arange(d), range(size, d, size)):
                changed = np.repeat(rows[:, None], len(columns), axis=1)
                changed[:, np.arange(len(columns)), columns] = each[:, columns]
                found[number][:, columns] = self.score(changed.reshape(-1, d)).reshape(n, -1)
        return np.where(values == rows, scores[:, None], found)

    def _shares(
        self, rows: Table, corrected: Table, order: NDArray[np.intp], path: list[Table]
    ) -> Table:
        """Return what the corrections bring: the mean of both orders."""
        everyone = np.arange(len(rows))
        shares, other = np.zeros(rows.shape), rows.copy()
        before = path[0]
        for number in reversed(range(CORRECTED)):
            j = order[number]
            other[everyone, j] = corrected[everyone, j]
            after = self.score(other) if number else path[-1]
            shares[everyone, j] += (before - after + path[number] - path[number + 1]) / 2
            before = after
        return shares

    def _rest(
        self, corrected: Table, scores: Table, ways: Table, lowest: Table
    ) -> tuple[Table, Table, Table]:
        """Return what the columns bring that are moved together, and where that leads."""
        gains = np.where(ways == 0, 0, scores[:, None] - lowest)
        whole = gains.sum(axis=1)
        ends = [corrected + step * np.where(gains > 0, ways, 0) for step in (0.0, *STEPS)]
        found = np.stack([scores, *map(self.score, ends[1:])])
        best = np.where(whole > ROUNDING, lowest_of(found), 0)[None]
        reached = np.take_along_axis(found, best, axis=0)[0]
        reference = np.take_along_axis(np.stack(ends), best[..., None], axis=0)[0]
        parts = gains / np.maximum(whole, ROUNDING)[:, None]
        return parts * (scores - reached)[:, None], reference, reached


def vertex(at: Table, found: Table) -> Table:
    """Return where the parabola through the lowest point and its two neighbours is lowest.

    A golden section towards a neighbour where there is no such parabola.

    Parameters
    ----------
    at, found : ndarray of shape (m, ...)
        Where m points of each curve are, in any order, and how high.

    Returns
    -------
    lowest : ndarray of shape (...)

    Examples
    --------
    >>> x = np.array([4.0, 0.0, 1.0])
    >>> float(vertex(x, (x - 1.5) ** 2))
    1.5
    """
    order = np.argsort(at, axis=0, kind="stable")
    at, found = np.take_along_axis(at, order, axis=0), np.take_along_axis(found, order, axis=0)
    best = lowest_of(found)[None]
    near = [(best - 1).clip(0), best, (best + 1).clip(max=len(at) - 1)]
    left, middle, right = (np.take_along_axis(at, each, axis=0)[0] for each in near)
    heights = [np.take_along_axis(found, each, axis=0)[0] for each in near]
    with np.errstate(all="ignore"):
        below, above = middle - left, right - middle
        fall, rise = heights[0] - heights[1], heights[2] - heights[1]
        lowest = middle + (above**2 * fall - below**2 * rise) / (2 * (above * fall + below * rise))
        wider = middle + GOLDEN * np.where(above > below, above, -below)
        # A parabola that ends on a known point tells nothing new.
        apart = np.min([abs(lowest - each) for each in (left, middle, right)], axis=0)
        useful = (lowest > left) & (lowest < right) & (apart > 1e-3 * (right - left))
    found_values: Table = np.where(useful, lowest, np.where(np.isfinite(wider), wider, middle))
    return found_values


def lowest_of(found: Table) -> NDArray[np.intp]:
    """Return the first of the lowest on the first axis, which rounding does not tell apart.

    Examples
    --------
    >>> int(lowest_of(np.array([2.0, 1.0 + 1e-12, 1.0])))
    1
    """
    first: NDArray[np.intp] = (found <= found.min(axis=0) + ROUNDING).argmax(axis=0)
    return first


def of_maximum(alone: Table) -> Table:
    """Return the Shapley values of a game whose worth is the largest worth of its players alone.

    Parameters
    ----------
    alone : ndarray of shape (n, d)
        Not below 0.

    Returns
    -------
    shares : ndarray of shape (n, d)
        They sum to the largest of each row.

    Examples
    --------
    >>> of_maximum(np.array([[0.0, 6.0, 6.0, 12.0]])).tolist()
    [[0.0, 2.0, 2.0, 8.0]]
    """
    d = alone.shape[1]
    order = np.argsort(alone, axis=1, kind="stable")
    steps = np.diff(np.take_along_axis(alone, order, axis=1), axis=1, prepend=0)
    shares = np.empty(alone.shape)
    np.put_along_axis(shares, order, np.cumsum(steps / np.arange(d, 0, -1), axis=1), axis=1)
    return shares
