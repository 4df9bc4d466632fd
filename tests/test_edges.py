"""The edges of the columns: what lies beyond one is abnormal, whatever the other columns hold."""

import numpy as np
import pytest

from pyod_robustnvp.edges import CEILING, MARGIN, NEAR, WITHIN, ColumnBox

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5000, 3)) * [1, 1e6, 1e-6] + [0, 5, -1]


@pytest.fixture
def box():
    return ColumnBox().fit(X)


def test_edges_of_long_tails_lie_beyond_quantiles(box):
    center = np.quantile(X, [0.25, 0.75], axis=0).mean(axis=0)
    np.testing.assert_allclose(box.center_, center, rtol=1e-9)
    quantiles = np.quantile(X, [0.005, 0.995], axis=0)
    np.testing.assert_allclose(box.edges_, center + WITHIN * (quantiles - center), rtol=1e-9)


def test_edges_of_short_tails_lie_a_little_beyond_the_extremes():
    rows = RNG.uniform(size=(500, 2)) * [1, 1e6]
    box = ColumnBox().fit(rows)
    extremes = np.array([rows.min(axis=0), rows.max(axis=0)])
    np.testing.assert_allclose(box.edges_, extremes + MARGIN * (extremes - box.center_), rtol=1e-9)
    inside, way = box.project(rows)
    np.testing.assert_array_equal(inside, rows)
    assert not way.any()


def test_rare_giants_do_not_move_the_edges():
    giants = X.copy()
    giants[:10] *= 1e6
    low, high = ColumnBox().fit(giants).edges_
    scale = np.array([1, 1e6, 1e-6])
    middle = X.mean(axis=0)
    assert (np.abs(low - middle) < 6 * scale).all()
    assert (np.abs(high - middle) < 6 * scale).all()


@pytest.mark.parametrize("share", [0.01, 0.08, 0.2])
def test_a_sentinel_lies_within_the_edges_and_near_the_rest_for_the_flows(share):
    column = RNG.normal(size=2000)
    column[: round(share * 2000)] = -999
    box = ColumnBox().fit(column[:, None])
    assert box.edges_[0] < -999
    assert -NEAR * 1.7 < box.near_[0] < -3
    near, way = box.project(np.array([[-999.0]]))
    assert near == box.near_[0]
    assert not way.any()


@pytest.mark.parametrize("share", [0.0005, 0.003, 0.1, 0.4])
def test_the_rare_values_of_a_flat_column_are_told_apart(share):
    column = np.zeros(4000)
    column[: round(share * 4000)] = 1
    box = ColumnBox().fit(column[:, None])
    near, way = box.project(np.array([[0.0], [1.0], [2.0]]))
    assert near[1] > near[0]
    assert way[:2].sum() == 0
    assert way[2, 0] > 0.5


@pytest.mark.parametrize("score", [-3.0, 0.0, 5.0, 19.0, 1e3, 1e30])
def test_the_charge_grows_with_the_way_and_passes_the_ceiling(score):
    ways = np.r_[0, np.geomspace(1e-3, 1e9, 60)]
    charged = ColumnBox().charge(np.full(61, score), np.column_stack([ways, np.log1p(ways)]))
    assert (np.diff(charged) > 0).all()
    assert charged[0] <= CEILING
    assert (charged[ways >= 1] > CEILING).all()


def test_the_order_of_scores_is_kept_and_small_ones_as_they_are():
    scores = np.sort(np.r_[RNG.normal(size=50), np.geomspace(5, 1e6, 50)])
    charged = ColumnBox().charge(scores, np.zeros((100, 2)))
    assert (np.diff(charged) > 0).all()
    np.testing.assert_array_equal(charged[scores < 10], scores[scores < 10])


@pytest.mark.parametrize("constant", [0.0, 1.0, -7.0, 2024.0, 1.7e9])
def test_a_constant_column_is_measured_alike_whatever_the_constant(constant):
    box = ColumnBox().fit(np.full((9, 1), constant))
    changes = np.array([0.0, 1.0, -3.0, 25.0])
    near, way = box.project((constant + changes)[:, None])
    assert (near == constant).all()
    np.testing.assert_allclose(way[:, 0], [0, 2, 4, 26], rtol=1e-3)


@pytest.mark.parametrize(
    ("constant", "other"), [(0.3, 0.1 + 0.2), (0.1, float(np.float32(0.1))), (0.0, 1e-17)]
)
def test_rounding_of_a_constant_is_no_change(constant, other):
    box = ColumnBox().fit(np.full((9, 1), constant))
    assert not box.project(np.array([[other]]))[1].any()


@pytest.mark.parametrize("largest", [1.7e308, 1e300, 1.0, 1e-300, 5e-324])
@pytest.mark.parametrize("value", [1.7e308, -1.7e308, 1e-300])
def test_extreme_numbers_stay_finite(largest, value):
    table = largest * np.array([[-1.0, 1.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]])
    box = ColumnBox().fit(table)
    near, way = box.project(np.array([[value, 0.0], [value, -value]]))
    assert np.isfinite(near).all()
    assert np.isfinite(way).all()
    assert np.isfinite(box.charge(np.zeros(2), way)).all()
    assert (box.near_[0] <= near).all()
    assert (near <= box.near_[1]).all()


def test_the_edges_are_told(box):
    np.testing.assert_array_equal(box.edges(), box.edges_)
