"""The default preprocessing: formula, Jacobian, and columns that are hard to scale."""

import numpy as np
import pytest

from pyod_robustnvp.scaling import SoftQuantileScaler


@pytest.fixture
def X():
    return np.random.default_rng(0).standard_t(2, size=(400, 3)) * [1e-3, 1, 1e6] + [0, 5, -1e7]


def test_formula(X):
    low, high = np.sort(X, axis=0)[[round(0.05 * 399), round(0.95 * 399)]]
    expected = 0.5 + 0.25 * np.arcsinh(2 * (2 * X - low - high) / (high - low))
    np.testing.assert_allclose(SoftQuantileScaler().fit(X).transform(X), expected, rtol=1e-9)


def test_inverse(X):
    scaler = SoftQuantileScaler().fit(X)
    np.testing.assert_allclose(scaler.inverse(scaler.transform(X)), X, rtol=1e-9)


def test_log_det_is_the_numerical_derivative(X):
    scaler = SoftQuantileScaler().fit(X)
    step = 1e-6 * scaler.scale_
    slopes = (scaler.transform(X + step) - scaler.transform(X - step)) / (2 * step)
    np.testing.assert_allclose(scaler.log_det(X), np.log(slopes).sum(axis=1), rtol=1e-5)


def test_units_of_the_columns_do_not_matter(X):
    scaled = SoftQuantileScaler().fit(X * 1e-200).transform(X * 1e-200)
    np.testing.assert_allclose(scaled, SoftQuantileScaler().fit(X).transform(X), rtol=1e-9)


def test_one_outlier_moves_nothing(X):
    spoiled = np.vstack([X, [[1e300, -1e300, 1e300]]])
    clean = SoftQuantileScaler().fit(X)
    moved = SoftQuantileScaler().fit(spoiled)
    np.testing.assert_allclose(moved.scale_, clean.scale_, rtol=0.1)


@pytest.mark.parametrize("value", [0.0, 5.0, -1e300, 1e-300, 5e-324])
def test_constant_columns(value):
    X = np.full((10, 1), value)
    scaler = SoftQuantileScaler().fit(X)
    assert (scaler.transform(X) == 0.5).all()
    assert scaler.transform(np.array([[2 * value + 1.0]])) != 0.5
    assert np.isfinite(scaler.log_det(X)).all()


def test_a_column_that_rarely_varies_is_scaled_by_its_extremes():
    X = np.zeros((100, 1))
    X[0] = 4.0
    scaler = SoftQuantileScaler().fit(X)
    assert (scaler.center_, scaler.scale_) == (2.0, 2.0)


@pytest.mark.parametrize("largest", [1e300, 1.7e308, 1e-300, 1e-307])
def test_extreme_magnitudes_stay_finite_and_in_order(largest):
    X = largest * np.linspace(-1, 1, 50)[:, None]
    scaler = SoftQuantileScaler().fit(X)
    Y = scaler.transform(np.vstack([[[-1.7e308]], X, [[1.7e308]]])).ravel()
    assert np.isfinite(Y).all()
    assert (np.diff(Y[1:-1]) > 0).all()
    assert Y[0] <= Y[1]
    assert Y[-2] <= Y[-1]
    assert np.isfinite(scaler.log_det(np.array([[1.7e308]]))).all()


def test_inverse_clips_what_float64_cannot_hold():
    scaler = SoftQuantileScaler().fit(np.array([[0.0], [1.0], [2.0]]))
    assert scaler.inverse(np.array([[1e6]])) == np.finfo(float).max
