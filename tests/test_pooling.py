"""The score: a power mean over the flows of a view, averaged over the views."""

import copy

import numpy as np
import pytest
import torch

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.columns import ScaledColumns


def test_one_flow_without_preprocessing_scores_by_minus_log_density(make, X):
    clf = make(n_estimators=1, preprocessing=False).fit(X)
    np.testing.assert_allclose(clf.score_samples(X), -clf.decision_scores_)


@pytest.mark.parametrize("principal_axes", [True, False])
def test_score_is_the_mean_over_views_of_a_power_mean(make, X, principal_axes):
    clf = make(n_estimators=5, principal_axes=principal_axes).fit(X)
    columns, *axes = clf.density_.views.views
    scaled = columns.transform(X)
    views = [scaled, *(view.transform(scaled) for view in axes)]
    assert len(views) == 1 + principal_axes
    flows, nll = copy.deepcopy(clf.density_.flows).double(), []
    for view, x in enumerate(views):
        log_prob = flows.log_prob(torch.as_tensor(x)).numpy()[view :: len(views)]
        nll.append(-4 * np.log((np.exp(log_prob) ** 0.25).mean(axis=0)))
    np.testing.assert_allclose(clf.decision_scores_, np.mean(nll, axis=0), rtol=1e-5, atol=1e-5)


def test_a_flow_that_learned_an_anomaly_does_not_clear_it(make, X):
    pooling = make().fit(X).density_.settings.pooling
    normal, anomaly = [2.0] * 8, [6.0] + [-20.0] * 7
    scores = pooling([torch.tensor([normal, anomaly]).T])
    assert scores[1] > scores[0]


def test_one_flow_sees_the_columns(make, X):
    assert [type(v) for v in make(n_estimators=1).fit(X).density_.views.views] == [ScaledColumns]
    assert len(make(n_estimators=2).fit(X).density_.views) == 2


def test_principal_axes_show_a_broken_relation():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 1)) + 0.05 * rng.normal(size=(500, 2))
    odd = [[0.5, -0.5]]
    with_axes, without = (
        RobustRealNVP(principal_axes=given, random_state=0).fit(X) for given in (True, False)
    )
    assert with_axes.decision_function(odd) > with_axes.decision_scores_.max() + 4
    assert without.decision_function(odd) < without.decision_scores_.max() + 4
