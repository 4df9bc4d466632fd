"""The fitted density without the PyOD face: what can be exchanged, and what it says of a row."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from pyod_robustnvp.axes import PrincipalAxes
from pyod_robustnvp.box import Box
from pyod_robustnvp.columns import RawColumns
from pyod_robustnvp.density import TabularDensity
from pyod_robustnvp.parameters import resolve
from pyod_robustnvp.pooling import Pooling, PowerMean
from pyod_robustnvp.reading import views_of
from pyod_robustnvp.views import View


@pytest.fixture(scope="module")
def settings(make):
    return resolve(make())


@pytest.fixture(scope="module")
def density(settings, X):
    return TabularDensity.fit(X, settings, random_state=0)


def test_it_is_what_the_detector_scores_by(density, fitted, X, X_new):
    np.testing.assert_array_equal(density.score(X_new), fitted.decision_function(X_new))
    np.testing.assert_array_equal(density.log_density(X), fitted.score_samples(X))
    np.testing.assert_array_equal(density.sample(5, 1), fitted.sample(5, 1))
    np.testing.assert_array_equal(density.loss_curve, fitted.loss_curve_)
    assert density.sigma() == fitted.lipschitz_
    assert density.n_steps == fitted.n_iter_


@pytest.mark.parametrize("exponent", [1.0, 0.5, 0.25])
def test_another_pooling(settings, X, X_new, exponent):
    former = {"views": settings.views[:2], "box": Box(), "pooling": PowerMean(exponent)}
    other = TabularDensity.fit(X, replace(settings, **former), 0)
    seen = views_of(torch.arange(4), 2).numpy()
    by_flow = other.log_prob_by_flow(X_new)
    powers = [np.exp(exponent * by_flow[seen == view]).mean(axis=0) for view in (0, 1)]
    expected = -np.mean([np.log(p) / exponent for p in powers], axis=0)
    inside = other.box.project(X_new)[1] == 0
    assert inside.sum() > 50
    np.testing.assert_allclose(other.score(X_new)[inside], expected[inside], rtol=1e-9)


def test_a_product_is_the_limit_of_small_exponents(density, X):
    by_flow = [torch.as_tensor(density.log_prob_by_flow(X))]
    np.testing.assert_allclose(PowerMean(0.0)(by_flow), PowerMean(1e-9)(by_flow), atol=1e-5)


def test_another_pooling_rule_altogether(settings, X):
    class Worst(Pooling):
        def __call__(self, of_views, of_columns):
            return -torch.cat(list(of_views)).min(dim=0).values.numpy()

    other = TabularDensity.fit(X, replace(settings, box=Box(), pooling=Worst()), 0)
    inside = other.box.project(X)[1] == 0
    expected = -other.log_prob_by_flow(X).min(axis=0)
    np.testing.assert_array_equal(other.score(X)[inside], expected[inside])


@pytest.mark.parametrize("steps", [1, 30])
def test_another_number_of_steps(settings, X, steps):
    other = TabularDensity.fit(X, replace(settings, epochs=None, steps=steps), 0)
    assert other.n_steps == steps


class Doubled(View):
    """A view of a user's: twice the columns."""

    def fit(self, table):
        self.fitted_to = table
        return self

    def transform(self, table):
        return 2 * table

    def inverse(self, seen):
        return seen / 2

    def log_det(self, table):
        return np.full(len(table), table.shape[1] * np.log(2))


def test_another_view(settings, X, X_new):
    views = (Doubled(), RawColumns(), PrincipalAxes())
    other = TabularDensity.fit(X / 10, replace(settings, views=views, n_flows=6), 0)
    assert not hasattr(views[0], "fitted_to")
    assert len(other.views) == 3
    assert other.log_prob_by_flow(X_new / 10).shape == (6, len(X_new))
    by_view = other.log_prob_by_flow(X_new / 10)[views_of(torch.arange(6), 3).numpy() == 0]
    mixture = np.log(np.exp(by_view).mean(axis=0)) + 5 * np.log(2)
    np.testing.assert_allclose(other.log_density(X_new / 10), mixture, rtol=1e-9)
    assert other.sample(7).shape == (7, 5)


def test_views_that_no_flow_could_see_are_refused(settings, X):
    for views in ((), (PrincipalAxes(),), (RawColumns(), RawColumns(), RawColumns())):
        with pytest.raises(ValueError, match="views"):
            replace(settings, views=views, n_flows=2)

    class Narrow(Doubled):
        def transform(self, table):
            return table[:, :1]

    other = replace(settings, views=(RawColumns(), Narrow()))
    with pytest.raises(ValueError, match=r"views differ in their shapes.*\(200, 1\)"):
        TabularDensity.fit(X, other, 0)


def test_a_view_without_arrays_is_not_lost_silently(settings, X):
    density = TabularDensity.fit(X, replace(settings, views=(Doubled(),)), 0)
    with pytest.raises(ValueError, match="Doubled can't be kept as arrays: it has no state"):
        density.state()
    with pytest.raises(ValueError, match="Doubled can't be kept as arrays: it has no shapes"):
        TabularDensity.shapes(density.settings, 5)


def test_each_flow_gives_the_log_density_of_its_view(density, X_new):
    seen = torch.as_tensor(density.views.transform(X_new, X_new), dtype=torch.float32)
    of_views = [density.flows.log_prob(rows) for rows in seen]
    expected = [of_views[view][m] for m, view in enumerate(views_of(torch.arange(4), 4))]
    found = density.log_prob_by_flow(X_new)
    np.testing.assert_allclose(found, torch.stack(expected).detach(), rtol=1e-4, atol=1e-4)


def test_the_state_holds_arrays_of_the_shapes_due_and_makes_the_density_again(density, X_new):
    state = density.state()
    shapes = TabularDensity.shapes(density.settings, 5)
    assert {name: (str(a.dtype), a.shape) for name, a in state.items()} == shapes
    again = TabularDensity.from_state(density.settings, state, torch.device("cpu"))
    np.testing.assert_array_equal(again.score(X_new), density.score(X_new))


def test_a_pickle_of_it_is_the_same_each_time_and_scores_the_same(density, X_new):
    data = pickle.dumps(density)
    again = pickle.loads(data)
    np.testing.assert_array_equal(again.score(X_new), density.score(X_new))
    assert pickle.dumps(density) == data


def test_it_scores_on_the_device_that_it_is_sent_to(density, X_new):
    again = pickle.loads(pickle.dumps(density))
    np.testing.assert_array_equal(again.to("cpu").score(X_new), density.score(X_new))
    with pytest.raises(ValueError, match="device='nowhere' can't be used here"):
        again.to("nowhere")
