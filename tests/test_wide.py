"""Tables with more columns than a flow reads."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import norm

from pyod_robustnvp import PAPER, RobustRealNVP
from pyod_robustnvp.axes import MOST_AXES, PrincipalAxes, widest_axes
from pyod_robustnvp.density import TabularDensity
from pyod_robustnvp.parameters import MOST_READ, resolve

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(60, MOST_READ + 40)) @ np.diag(10.0 ** RNG.integers(-3, 4, MOST_READ + 40))
SMALL = {"n_estimators": 4, "epoch_num": 3, "hidden_neuron_list": (4,), "random_state": 0}


@pytest.fixture(scope="module")
def wide():
    return RobustRealNVP(**SMALL, device="cpu").fit(ROWS)


@pytest.fixture(scope="module")
def narrow():
    """Flows that read one of two columns each, of rows whose columns depend on each other."""
    settings = replace(resolve(RobustRealNVP(n_estimators=8)), most_read=1, trim=0.0)
    first = RNG.normal(size=400)
    rows = np.column_stack([first, 10 * (first + RNG.normal(size=400))])
    return TabularDensity.fit(rows, settings, 0), rows


def test_each_flow_reads_some_columns_of_its_own(wide):
    order = wide.density_.flows.order.numpy()
    assert order.shape == (4, MOST_READ)
    assert all(len(set(columns)) == MOST_READ for columns in order)
    assert len({frozenset(columns) for columns in order}) == 4
    assert order.max() == ROWS.shape[1] - 1


@pytest.mark.parametrize(
    "parameters", [PAPER, SMALL | {"n_estimators": 1}, SMALL | {"principal_axes": False}]
)
def test_flows_of_one_view_unlike_others_read_all(parameters):
    settings = resolve(RobustRealNVP(**parameters))
    reads_all = len(settings.views) == 1
    assert (settings.read(5000) == 5000) == reads_all


def test_a_row_has_its_score_alone_and_from_a_file(wide):
    wide.save(file := io.BytesIO())
    again = RobustRealNVP.load(file.getvalue())
    np.testing.assert_array_equal(again.decision_function(ROWS), wide.decision_scores_)
    np.testing.assert_array_equal(again.score_samples(ROWS), wide.score_samples(ROWS))
    np.testing.assert_array_equal(again.sample(9, random_state=1), wide.sample(9, random_state=1))
    alone = [wide.decision_function(row[None])[0] for row in ROWS[:5]]
    np.testing.assert_allclose(alone, wide.decision_scores_[:5], rtol=1e-7)


@pytest.mark.parametrize("column", [0, 7, 300, MOST_READ + 39])
def test_a_gross_error_in_any_column_is_seen(wide, column):
    row = np.median(ROWS, axis=0)
    row[column] += 20 * np.ptp(ROWS[:, column])
    assert wide.decision_function(row[None]) > 20 > wide.decision_scores_.max()


def test_the_density_of_whole_rows_integrates_to_one(narrow):
    density, _ = narrow
    x, y = np.linspace(-30, 30, 301), np.linspace(-300, 300, 401)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    total = np.exp(density.log_density(grid)).sum() * (x[1] - x[0]) * (y[1] - y[0])
    assert total == pytest.approx(1, abs=0.02)


def test_columns_that_a_flow_does_not_read_are_independent_and_normal(narrow):
    density, rows = narrow
    near = density.box.project(rows)[0]
    learned, seen = (density.views.transform(table, table)[0] for table in (near, rows))
    order = density.flows.order.numpy()[::4]
    of_flows = density.log_prob_by_flow(rows)[::4]
    others = 1 - order[:, 0]
    normals = [norm(learned[:, j].mean(), learned[:, j].std()) for j in others]
    normal = [of_column.logpdf(seen[:, j]) for of_column, j in zip(normals, others, strict=True)]
    mixture = np.logaddexp.reduce(of_flows + normal, axis=0) - np.log(len(of_flows))
    expected = mixture + density.views.log_det(rows)
    np.testing.assert_allclose(density.log_density(rows), expected, rtol=1e-9)


def test_samples_are_whole_rows_of_the_density(narrow):
    density, rows = narrow
    drawn = density.sample(4000, 0)
    for level in (0.25, 0.5, 0.75):
        found, expected = np.quantile(drawn, level, axis=0), np.quantile(rows, level, axis=0)
        assert (abs(found - expected) < 0.25 * rows.std(axis=0)).all()


def test_flows_that_read_a_column_beyond_the_last_are_refused(wide):
    density = wide.density_
    for order in (density.flows.order + 1, torch.zeros_like(density.flows.order)):
        arrays = density.state() | {"flow.order": order.numpy()}
        with pytest.raises(ValueError, match=r"flow\.order is no order of the columns"):
            TabularDensity.from_state(density.settings, arrays, torch.device("cpu"))


def test_a_deviation_of_nothing_is_refused(wide):
    density = wide.density_
    moments = np.zeros((2, ROWS.shape[1]))
    arrays = density.state() | {"unread.moments": moments}
    with pytest.raises(ValueError, match="a deviation of unread columns is too small"):
        TabularDensity.from_state(density.settings, arrays, torch.device("cpu"))


@pytest.mark.parametrize("n", [2, 30, 200])
def test_axes_are_orthonormal(n):
    axes = widest_axes(RNG.normal(size=(n, 150)), most=100)
    np.testing.assert_allclose(axes.T @ axes, np.eye(100), atol=1e-12)


def test_axes_of_few_rows_are_theirs_and_random_ones():
    rows = RNG.normal(size=(30, 150))
    axes, centred = widest_axes(rows, most=100), rows - rows.mean(axis=0)
    np.testing.assert_allclose(centred @ axes[:, :30] @ axes[:, :30].T, centred, atol=1e-9)
    np.testing.assert_allclose(centred @ axes[:, 30:], 0, atol=1e-9)


def test_the_view_of_a_wide_table_ends_in_zeros():
    rows = RNG.normal(size=(40, MOST_AXES + 6))
    view = PrincipalAxes().fit(rows)
    seen = view.transform(rows)
    assert seen.shape == rows.shape
    assert view.width(rows.shape[1]) == MOST_AXES
    assert not seen[:, MOST_AXES:].any()
    assert (np.ptp(seen[:, :39], axis=0) > 0.1).all()
    np.testing.assert_allclose(view.inverse(seen) @ view.axes, rows @ view.axes, atol=1e-6)
