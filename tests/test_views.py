"""The views of the rows: one interface, and what each of them is for."""

import numpy as np
import pytest

from pyod_robustnvp.axes import PrincipalAxes
from pyod_robustnvp.columns import RawColumns, ScaledColumns
from pyod_robustnvp.ranges import RangedColumns
from pyod_robustnvp.views import View, Views

VIEWS: list[View] = [RawColumns(), ScaledColumns(), PrincipalAxes(), RangedColumns()]


@pytest.fixture
def X():
    rng = np.random.default_rng(0)
    return rng.normal(size=(400, 4)) @ rng.normal(size=(4, 4)) + [1, 2, 3, 4]


def test_axes_are_uncorrelated_and_of_one_scale(X):
    Y = PrincipalAxes().fit(X).transform(X)
    spread = np.subtract(*np.quantile(Y, [0.95, 0.05], axis=0))
    np.testing.assert_allclose(spread, 0.5 * np.arcsinh(2), rtol=0.02)
    assert abs(np.corrcoef(Y, rowvar=False) - np.eye(4)).max() < 0.1


def test_formula(X):
    _, _, V = np.linalg.svd(X - X.mean(axis=0))
    rotated = X @ V.T
    low, high = np.sort(rotated, axis=0)[[round(0.05 * 399), round(0.95 * 399)]]
    expected = 0.25 * np.arcsinh(2 * (2 * rotated - low - high) / (high - low))
    Y = PrincipalAxes().fit(X).transform(X)[:, ::-1] - 0.5
    np.testing.assert_allclose(abs(Y), abs(expected), atol=1e-9)


@pytest.mark.parametrize(
    "table",
    [
        np.random.default_rng(0).normal(size=(5, 40)),
        np.ones((20, 3)),
        np.arange(20.0)[:, None],
        np.random.default_rng(0).normal(size=(50, 1)) @ np.ones((1, 6)),
    ],
    ids=["wider than long", "equal rows", "one column", "columns that are equal"],
)
def test_too_few_directions(table):
    axes = PrincipalAxes().fit(table)
    Y = axes.transform(table)
    assert Y.shape == table.shape
    assert abs(Y - 0.5).max() < 1


def test_columns_of_magnitudes_without_end():
    """LAPACK finds no eigenvalues of the covariance of these, whose smallest entries are 1e-300."""
    table = [
        [8.63711232e-301, 1e15, 1.22518343e-300, -1e15, -2.01898413e-149],
        [-1.76060311e-300, -1e15, 4.64102391e-301, -1e15, -5.73050305e-150],
        [1.11511208e-300, -1e15, -6.07657668e-300, 1e15, 1.00821686e-150],
    ]
    axes = PrincipalAxes().fit(np.array(table)).axes
    np.testing.assert_allclose(axes.T @ axes, np.eye(5), atol=1e-12)


def test_a_large_constant_column_blinds_no_axis(X):
    table = np.column_stack([X, np.full(len(X), 1e9)])
    Y = PrincipalAxes().fit(table).transform(table)
    np.testing.assert_allclose(
        np.ptp(Y, axis=0).max(), np.ptp(PrincipalAxes().fit(X).transform(X), axis=0).max()
    )


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_an_inverse_and_a_jacobian(view, X):
    fitted = type(view)().fit(X)
    np.testing.assert_allclose(fitted.inverse(fitted.transform(X)), X, rtol=1e-9, atol=1e-9)
    step = 1e-6
    columns = [
        (fitted.transform(X + step * unit) - fitted.transform(X - step * unit)) / (2 * step)
        for unit in np.eye(4)
    ]
    _, expected = np.linalg.slogdet(np.stack(columns, axis=-1))
    np.testing.assert_allclose(fitted.log_det(X), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_comes_back_from_its_arrays(view, X):
    fitted, again = type(view)().fit(X), type(view)()
    state = fitted.state()
    assert {name: array.shape for name, array in state.items()} == view.shapes(4)
    again.restore(state)
    np.testing.assert_array_equal(again.transform(X), fitted.transform(X))


def test_a_name_belongs_to_one_view(X):
    views = Views([ScaledColumns(), ScaledColumns()])
    views.fit_transform(X, X)
    for call in (views.state, lambda: views.shapes(4)):
        with pytest.raises(
            ValueError, match=r"two views have an array of the name 'scaler\.center_'"
        ):
            call()
