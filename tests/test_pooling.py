"""The score: how unusual a row is by a view's flows, averaged over the views and the columns."""

import copy

import numpy as np
import pytest
import torch

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.columns import ScaledColumns
from pyod_robustnvp.edges import CEILING, KNEE
from pyod_robustnvp.pooling import LEAST_SPREAD, PowerMean, StandardizedMean


def test_one_flow_without_preprocessing_scores_by_minus_log_density(make, X):
    clf = make(n_estimators=1, preprocessing=False).fit(X)
    np.testing.assert_allclose(clf.score_samples(X), -clf.decision_scores_)


def by_hand(clf, X):
    """Return the score of training rows in float64, from the definition."""
    density = clf.density_
    near, within = np.clip(X, *density.box.near_), np.clip(X, *density.box.edges_)
    flows, views = copy.deepcopy(density.flows).double(), density.views.views
    seen = [views[0].transform(near)]
    for view in views[1:]:
        rows = within if view.is_of_columns else near
        seen.append(view.transform(rows if view.looks_at is None else seen[view.looks_at]))
    surprises = []
    for number, rows in enumerate(seen):
        p = np.exp(flows.log_prob(torch.as_tensor(rows)).numpy()[number :: len(seen)])
        surprises.append(-10 * np.log((p**0.1).mean(axis=0)))
    columns = [-view.log_det(within) for view in views if view.is_of_columns]
    spreads = [np.subtract(*np.quantile(s, [0.75, 0.25])) for s in surprises + columns]
    z = [
        (s - np.median(s)) / max(spread, LEAST_SPREAD)
        for s, spread in zip(surprises + columns, spreads, strict=True)
    ]
    share = len(columns) / X.shape[1]
    mean = (1 - share) * np.mean(np.exp(0.3 * np.array(z[: len(seen)])), axis=0)
    mean = mean + share * np.exp(0.3 * z[-1]) if columns else mean
    pooled = np.log(mean) / 0.3
    over = np.maximum(pooled - KNEE, 0)
    return np.where(pooled > KNEE, KNEE + over / (1 + over / (CEILING - KNEE)), pooled)


@pytest.mark.parametrize(
    ("parameters", "views"),
    [
        ({}, 4),
        ({"n_estimators": 2}, 2),
        ({"principal_axes": False}, 3),
        ({"preprocessing": False}, 2),
    ],
)
def test_the_score_is_the_average_surprise(make, X, parameters, views):
    clf = make(**{"n_estimators": 6} | parameters).fit(X)
    assert len(clf.density_.views) == views
    inside = (clf.density_.box.project(X)[1] == 0).all(axis=1)
    assert inside.sum() > 100
    expected = by_hand(clf, X)
    np.testing.assert_allclose(clf.decision_scores_[inside], expected[inside], rtol=1e-3, atol=1e-3)


def test_half_of_the_training_rows_are_about_one_spread_apart(fitted):
    low, middle, high = np.quantile(fitted.decision_scores_, [0.25, 0.5, 0.75])
    assert abs(middle) < 0.3
    assert 0.5 < high - low < 1.5


def test_a_flow_that_learned_an_anomaly_does_not_clear_it():
    normal, anomaly = [2.0] * 8, [6.0] + [-20.0] * 7
    said = [torch.tensor([normal, anomaly]).T]
    scores = StandardizedMean().fit(said, None, d=2)(said, None)
    assert scores[1] > scores[0]


def test_views_count_alike_whatever_their_units():
    rng = np.random.default_rng(0)
    one, two = torch.as_tensor(rng.normal(size=(2, 1, 500)))
    said, scaled = [one, two], [one, 1000 * two + 5]
    scores, others = (StandardizedMean().fit(each, None, 2)(each, None) for each in (said, scaled))
    np.testing.assert_allclose(scores, others, rtol=1e-9, atol=1e-9)


def test_a_single_column_is_judged_by_its_own_density():
    said, columns = [torch.randn(1, 50, dtype=torch.float64)], np.arange(50.0)
    scores = StandardizedMean().fit(said, columns, d=1)(said, columns)
    np.testing.assert_allclose(scores, (24.5 - columns) / 24.5)


def test_how_many_nats_a_unit_of_the_score_is_worth():
    assert PowerMean().nats() == 1
    said, columns = [torch.arange(9.0)[None].double(), 3 * torch.arange(9.0)[None].double()], None
    assert StandardizedMean().fit(said, columns, d=2).nats() == pytest.approx((4 + 12) / 2)


def test_equal_surprises_are_divided_by_no_rounding():
    said = [torch.full((2, 9), -3.0, dtype=torch.float64)]
    pooling = StandardizedMean().fit(said, None, d=3)
    assert (pooling.spreads == LEAST_SPREAD).all()
    assert (pooling(said, None) == 0).all()


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
    assert (with_axes.decision_scores_ < with_axes.decision_function(odd)).mean() > 0.97
    assert with_axes.decision_function(odd) > without.decision_function(odd) + 2
