"""The view of ranks: what it shows of a column, and how dense it says a column is."""

import numpy as np
import pytest
from scipy.stats import norm, rankdata

from pyod_robustnvp.ranges import RangedColumns
from pyod_robustnvp.ranks import RankedColumns, bandwidth

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("column", [RNG.normal(size=2000), RNG.integers(0, 4, 2000)])
def test_it_shows_ranks_ties_in_the_middle(column):
    column = column.astype(float)[:, None]
    seen = RankedColumns().fit(column).transform(column)
    np.testing.assert_allclose(seen[:, 0], (rankdata(column) - 0.5) / 2000, atol=0.03)


def test_the_distribution_is_the_smoothed_one():
    """Against the definition: each value spread evenly over a bandwidth on either side."""
    column = RNG.normal(size=3000)
    b, at = bandwidth(column), np.linspace(-2, 2, 41)
    smoothed = ((at[:, None] - column + b) / (2 * b)).clip(0, 1).mean(axis=1)
    view = RankedColumns().fit(column[:, None])
    np.testing.assert_allclose(view.transform(at[:, None])[:, 0], smoothed, atol=0.006)
    within = (np.abs(at[:, None] - column) <= b).mean(axis=1) / (2 * b)
    np.testing.assert_allclose(view.log_det(at[:, None]), np.log(within), atol=0.25)


def test_densities_of_columns_add_up():
    X = RNG.normal(size=(5000, 2)) * [1, 100]
    rows = np.array([[0.0, 0.0], [1.0, -100.0]])
    expected = norm.logpdf(rows / [1, 100]).sum(axis=1) - np.log(100)
    np.testing.assert_allclose(RankedColumns().fit(X).log_det(rows), expected, atol=0.3)


def test_a_gap_is_thin():
    column = np.r_[RNG.normal(0, 1, 500), RNG.normal(8, 1, 500)][:, None]
    view = RankedColumns().fit(column)
    in_gap, in_group = view.log_det(np.array([[4.0], [8.0]]))
    assert in_gap < in_group - 3


@pytest.mark.parametrize("view", [RankedColumns(), RangedColumns()])
@pytest.mark.parametrize(
    "column", [RNG.normal(size=50), np.full(9, 7.0), np.arange(2.0), np.array([-4e306, 4e306])]
)
def test_there_and_back(view, column):
    rows = column[:, None]
    fitted = view.fit(rows)
    seen = fitted.transform(rows)
    assert np.isfinite(seen).all()
    assert np.isfinite(fitted.log_det(rows)).all()
    np.testing.assert_allclose(fitted.inverse(seen), rows, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("view", [RankedColumns(), RangedColumns()])
def test_the_state_makes_the_view_again(view):
    X = RNG.normal(size=(60, 3))
    fitted, again = view.fit(X), type(view)()
    state = fitted.state()
    assert {name: array.shape for name, array in state.items()} == fitted.shapes(3)
    again.restore(state)
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))
