"""The box around the training rows: near rows stay, far ones are projected and pay a penalty."""

import numpy as np
import pytest

from pyod_robustnvp.box import Box

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3)) * [1, 1e6, 1e-6] + [0, 5, -1]


@pytest.fixture
def box():
    return Box().fit(X)


def test_middle_and_half_widths(box):
    middle = np.quantile(X, [0.25, 0.75], axis=0).mean(axis=0)
    np.testing.assert_allclose(box.center_, middle)
    np.testing.assert_allclose(box.scale_, np.abs(X - middle).max(axis=0))


def test_edges_are_a_half_width_from_the_middle(box):
    low, high = box.edges()
    np.testing.assert_allclose([low, high], [box.center_ - box.scale_, box.center_ + box.scale_])
    assert ((low <= X) & (high >= X)).all(axis=None) or np.allclose(X.clip(low, high), X)


def test_rows_near_the_box_are_left_alone(box):
    corners = box.center_ + 2 * box.scale_ * RNG.choice([-1, 1], size=(20, 3)) * (1 - 1e-9)
    for rows in (X, corners):
        near, penalty = box.project(rows)
        assert near is rows
        assert (penalty == 0).all()


@pytest.mark.parametrize("factor", [1.5, 10.0, 1e6, 1e100])
def test_a_far_row_is_projected_along_its_line(box, factor):
    step = box.scale_ * [2.0, -1.0, 0.5]
    rows = np.vstack([X[:2], box.center_ + factor * step])
    given = rows.copy()
    near, penalty = box.project(rows)
    np.testing.assert_array_equal(rows, given)
    np.testing.assert_array_equal(near[:2], X[:2])
    np.testing.assert_allclose(near[2], box.center_ + step)
    np.testing.assert_allclose(penalty, [0, 0, (4 * factor**2 - 4) / 2])


@pytest.mark.parametrize("largest", [1.7e308, 1e300, 1.0, 1e-300, 5e-324])
@pytest.mark.parametrize("value", [1.7e308, -1.7e308, 1e-300])
def test_extreme_numbers_stay_finite_and_in_the_box(largest, value):
    table = largest * np.array([[-1.0, 1.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]])
    box = Box().fit(table)
    near, penalty = box.project(np.array([[value, 0.0], [value, -value]]))
    assert np.isfinite(near).all()
    assert np.isfinite(penalty).all()
    assert (np.abs(near / 4 - box.center_ / 4) <= box.scale_ / 2 * (1 + 1e-9)).all()


def test_a_constant_column_is_measured_by_its_own_value():
    box = Box().fit(np.array([[5.0, 0.0], [5.0, 0.0]]))
    assert box.project(np.array([[30.0, 0.0], [5.0, 4.0]]))[1].tolist() == [10.5, 6.0]
