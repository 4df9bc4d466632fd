"""Kinds of tables and of errors that a user brings: what lies where nothing is must be seen."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from pyod_robustnvp import RobustRealNVP


def fitted(X, seed=0, **parameters):
    return RobustRealNVP(random_state=seed, device="cpu", **parameters).fit(X)


def above(clf, rows):
    """Return the share of the training rows that each row's score is above."""
    scores = clf.decision_function(rows)
    return (clf.decision_scores_[:, None] < scores).mean(axis=0)


@pytest.mark.parametrize(("seed", "n", "d"), [(0, 2000, 10), (1, 500, 3), (2, 1000, 30)])
def test_one_far_value_in_clean_rows(seed, n, d):
    rng = np.random.default_rng(seed)
    clf = fitted(rng.normal(size=(n, d)), seed)
    far = np.zeros((10, d))
    far[np.arange(10), rng.integers(0, d, 10)] = rng.choice([-1, 1], 10) * np.repeat(
        [6, 8, 10, 15, 1e6], 2
    )
    assert (above(clf, far) > 0.99).all()
    assert clf.predict(far).all()


def wide(d, seed):
    return np.random.default_rng(seed).normal(size=(600, d))


def digits(seed):
    return load_digits().data


@pytest.mark.parametrize(
    ("X", "size"),
    [(wide(10, 0), 1), (wide(40, 1), 1), (wide(100, 2), 1), (wide(300, 3), 1), (digits(0), 16)],
    ids=["10", "40", "100", "300", "digits"],
)
def test_the_score_never_falls_as_one_column_leaves_the_data(X, size):
    rng = np.random.default_rng(4)
    clf = fitted(X, batch_size=64)
    rows = X[rng.permutation(len(X))[:8]]
    columns = rng.integers(0, X.shape[1], 8)
    edges = clf.density_.box.edges_[:, columns]
    for side, sign in enumerate((-1, 1)):
        ways = size * np.r_[0, np.geomspace(0.01, 1e9, 40)]
        moved = np.repeat(rows[:, None], len(ways), axis=1)
        moved[np.arange(8)[:, None], np.arange(len(ways)), columns[:, None]] = (
            edges[side][:, None] + sign * ways
        )
        scores = clf.decision_function(moved.reshape(-1, X.shape[1])).reshape(8, -1)
        assert (np.diff(scores, axis=1) >= 0).all()
        gross = moved[:, ways > 10 * size].reshape(-1, X.shape[1])
        assert (above(clf, gross) > 0.99).all()


def sentinel(rng, n, share):
    X = rng.normal(size=(n, 3))
    X[rng.random((n, 3)) < share] = -999
    return X


def two_scales(rng, n, share):
    X = rng.normal(size=(n, 3))
    X[rng.random((n, 3)) < share] *= 1000
    return X


@pytest.mark.parametrize("make", [sentinel, two_scales])
@pytest.mark.parametrize(("seed", "n", "share"), [(0, 1000, 0.08), (1, 600, 0.03), (2, 2000, 0.12)])
def test_columns_of_two_scales(make, seed, n, share):
    rng = np.random.default_rng(seed)
    X, y = make(rng, n, share), np.arange(n) < 10
    X[y] = rng.normal(size=(10, 3)) + 6 * rng.choice([-1, 1], (10, 3))
    assert roc_auc_score(y, fitted(X, seed).decision_scores_) > 0.95


@pytest.mark.parametrize("seed", range(3))
def test_few_values_in_a_column_of_zeros_beside_a_giant(seed):
    rng = np.random.default_rng(seed)
    X, y = np.c_[np.zeros(1000), rng.normal(size=(1000, 2))], np.arange(1000) < 10
    X[y, 0], X[10, 0] = rng.integers(3, 10, 10), 1e6
    assert roc_auc_score(y, fitted(X, seed).decision_scores_) > 0.95


def groups(rng, centers, n):
    return np.vstack([rng.normal(size=(n, len(center))) + center for center in centers])


GAPS = {
    "one column": ([[0], [8]], [[3], [5]]),
    "one column, three groups": ([[0], [8], [20]], [[3], [5]]),
    "two columns": ([[0, 0], [8, 8]], [[3, 3], [5, 5]]),
    "side by side": ([[0, 0], [8, 0]], [[3, -1], [5, 1]]),
    "four corners": ([[0, 0], [8, 0], [0, 8], [8, 8]], [[3, 3], [5, 5]]),
    "five columns": ([[0] * 5, [8] * 5], [[3] * 5, [5] * 5]),
}


@pytest.mark.parametrize("name", GAPS)
@pytest.mark.parametrize("seed", range(2))
def test_gaps_between_groups(name, seed):
    rng = np.random.default_rng(seed)
    centers, (low, high) = GAPS[name]
    clf = fitted(groups(rng, centers, 400), seed)
    between, normal = rng.uniform(low, high, (50, len(low))), groups(rng, centers, 50)
    y = np.repeat([1, 0], [50, len(normal)])
    assert roc_auc_score(y, clf.decision_function(np.vstack([between, normal]))) > 0.9


@pytest.mark.parametrize(("share", "gap"), [(0.15, 20), (0.05, 50), (0.24, 20)])
def test_a_gap_before_a_smaller_group_in_the_training_rows(share, gap):
    rng = np.random.default_rng(1)
    n = round(1000 * share)
    column = np.r_[rng.normal(size=1000 - n), rng.normal(gap, 1, n), rng.uniform(6, gap - 6, 20)]
    y = np.repeat([0, 1], [1000, 20])
    assert roc_auc_score(y, fitted(column[:, None]).decision_scores_) > 0.95


@pytest.mark.parametrize("unit", [1.0, 1e-15, 1e300])
def test_gaps_are_seen_in_any_unit_and_in_any_order_of_the_rows(unit):
    column = np.random.default_rng(0).normal(size=9000)
    column[1::2] += 8
    clf = fitted(unit * column[:, None])
    low, between, high = above(clf, unit * np.array([[0.0], [4.0], [8.0]]))
    assert low < 0.5
    assert high < 0.5
    assert between > 0.99
    assert clf.labels_.sum() == pytest.approx(900, abs=9)


@pytest.mark.parametrize("constant", [0.0, 1.0, 2024.0, 1.7e15])
def test_a_column_that_was_constant(constant):
    Z = np.random.default_rng(0).normal(size=(300, 2))
    clf = fitted(np.c_[Z, np.full(300, constant)])
    changed = np.column_stack([np.zeros((4, 2)), constant + np.array([0, 1, 3, 25])])
    assert above(clf, changed)[0] < 0.5
    assert (above(clf, changed)[1:] == 1).all()
    other = fitted(np.c_[Z, np.zeros(300)]).decision_function(changed - [0, 0, constant])
    np.testing.assert_allclose(clf.decision_function(changed), other, atol=0.02)


def test_a_constant_of_float32_is_no_other_one_in_float64():
    X = np.c_[np.random.default_rng(0).normal(size=(300, 2)), np.full(300, 0.1)]
    clf = fitted(X.astype(np.float32))
    np.testing.assert_allclose(clf.decision_function(X), clf.decision_scores_, atol=1e-3)


def test_values_near_the_largest_number_are_scored():
    rng = np.random.default_rng(0)
    clf = fitted(np.c_[rng.choice([-1.7e308, 1.7e308], 200), rng.normal(size=200)])
    assert np.isfinite(clf.decision_scores_).all()
