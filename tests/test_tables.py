"""Tables of many kinds are fitted and scored."""

import warnings

import numpy as np
import pandas as pd
import pytest

from pyod_robustnvp import PAPER, REAL_NVP


def test_dataframe_without_warnings(make, fitted, X, X_new):
    columns = list("abcde")
    table, table_new = pd.DataFrame(X, columns=columns), pd.DataFrame(X_new, columns=columns)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf = make().fit(table)
        scores = clf.decision_function(table_new)
        clf.predict_proba(table_new)
        clf.predict(table_new, return_confidence=True)
    assert clf.feature_names_in_.tolist() == columns
    np.testing.assert_array_equal(scores, fitted.decision_function(X_new))


@pytest.mark.parametrize("convert", [np.float32, np.int64, bool])
def test_number_types(make, X, convert):
    table = (X * 3).astype(convert)
    scores = make().fit(table).decision_scores_
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores, make().fit(table.astype(float)).decision_scores_)
    np.testing.assert_array_equal(scores, make().fit(table.tolist()).decision_scores_)


CONTENTED = {
    "constant column": np.column_stack([np.arange(20.0), np.full(20, 7.0)]),
    "equal rows": np.ones((20, 3)),
    "one column": np.arange(20.0)[:, None],
    "two rows": np.array([[0.0, 1.0], [1.0, 3.0]]),
    "two equal rows": np.zeros((2, 2)),
    "wider than long": np.random.default_rng(0).normal(size=(5, 40)),
    "huge": np.random.default_rng(0).normal(size=(50, 3)) * 1e300,
    "tiny": np.random.default_rng(0).normal(size=(50, 3)) * 1e-300,
    "one huge value": np.vstack([np.random.default_rng(0).normal(size=(50, 2)), [[1e300, 0]]]),
}


@pytest.mark.parametrize("preprocessing", [True, False])
@pytest.mark.parametrize("kind", CONTENTED)
def test_unusual_tables_give_finite_scores(make, kind, preprocessing):
    table = CONTENTED[kind]
    clf = make(preprocessing=preprocessing).fit(table)
    far = np.vstack([table, np.full((1, table.shape[1]), 1e300), table[:1] * 1e7])
    for scores in (clf.decision_scores_, clf.decision_function(far), clf.score_samples(table)):
        assert np.isfinite(scores).all()
    assert clf.labels_.shape == (len(table),)
    assert np.isfinite(clf.sample(5, random_state=0)).all()


RAYS = {
    "normal": np.random.default_rng(0).normal(size=(300, 4)),
    "log-normal": np.exp(3 * np.random.default_rng(0).normal(size=(300, 2))),
    "a constant column": np.random.default_rng(0).normal(size=(300, 3)) * [1, 1, 0],
}


@pytest.mark.reliability
@pytest.mark.parametrize("parameters", [{}, {"preprocessing": False}, PAPER | REAL_NVP])
@pytest.mark.parametrize("kind", RAYS)
def test_the_score_grows_along_rays_outside_the_data(make, kind, parameters, tried):
    table = RAYS[kind] / RAYS[kind].max()
    clf = make(**parameters | {"epoch_num": 3}).fit(table)
    ranges = np.where(np.ptp(table, axis=0) > 0, np.ptp(table, axis=0), 1)
    rng = np.random.default_rng(1)
    for start, nearest in ((clf.density_.box.center_, 1), (table[rng.integers(300)], 20)):
        ways = rng.normal(size=(20, table.shape[1]))
        steps = ranges * np.geomspace(nearest, 1e6, 25)[:, None]
        for way in ways / np.abs(ways).max(axis=1, keepdims=True):
            tried()
            scores = clf.decision_function(start + steps * way)
            assert (np.diff(scores) > 0).all()
            assert scores[-1] > clf.decision_scores_.max()
