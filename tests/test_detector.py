"""RobustRealNVP as PyOD's users meet it: its 17 standard tests and what surrounds them."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from pyod.utils.utility import precision_n_scores
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

from pyod_robustnvp import RobustRealNVP


def test_parameters(fitted):
    for name in ("decision_scores_", "labels_", "threshold_", "_mu", "_sigma", "density_"):
        assert getattr(fitted, name) is not None


def test_train_scores(fitted, X):
    assert fitted.decision_scores_.shape == (len(X),)
    assert fitted.decision_scores_.dtype == np.float64


def test_prediction_scores(fitted, X_new, y_new):
    scores = fitted.decision_function(X_new)
    assert scores.shape == (len(X_new),)
    assert roc_auc_score(y_new, scores) >= 0.9


def test_prediction_labels(fitted, X_new, y_new):
    labels = fitted.predict(X_new)
    assert labels.shape == y_new.shape
    assert set(labels) == {0, 1}


@pytest.mark.parametrize("method", ["linear", "unify"])
def test_prediction_proba(fitted, X_new, method):
    proba = fitted.predict_proba(X_new, method=method)
    assert proba.shape == (len(X_new), 2)
    assert proba.min() >= 0
    assert proba.max() <= 1
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_prediction_proba_of_a_list(fitted, X_new):
    expected = fitted.predict_proba(X_new)
    np.testing.assert_array_equal(fitted.predict_proba(X_new.tolist()), expected)


def test_prediction_proba_parameter(fitted, X_new):
    with pytest.raises(ValueError, match="something"):
        fitted.predict_proba(X_new, method="something")


def test_prediction_labels_confidence(fitted, X_new, y_new):
    labels, confidence = fitted.predict(X_new, return_confidence=True)
    assert labels.shape == confidence.shape == y_new.shape
    assert confidence.min() >= 0
    assert confidence.max() <= 1


@pytest.mark.parametrize("method", ["linear", "unify"])
def test_prediction_proba_confidence(fitted, X_new, method):
    proba, confidence = fitted.predict_proba(X_new, method=method, return_confidence=True)
    assert proba.shape == (len(X_new), 2)
    assert confidence.shape == (len(X_new),)
    assert confidence.min() >= 0
    assert confidence.max() <= 1


@pytest.mark.filterwarnings("ignore:The cost of rejection must be positive")
def test_prediction_with_rejection(make, X, X_new):
    labels = make().fit(X).predict_with_rejection(X_new, return_stats=False)
    assert labels.shape == (len(X_new),)
    assert set(labels) <= {-2, 0, 1}


@pytest.mark.filterwarnings("ignore:The cost of rejection must be positive")
def test_prediction_with_rejection_stats(make, X, X_new):
    _, (expected, upper, cost) = make().fit(X).predict_with_rejection(X_new, return_stats=True)
    assert 0 <= expected <= 1
    assert expected <= upper
    assert cost >= 0


def test_compute_rejection_stats(fitted):
    rate, upper, cost = fitted.compute_rejection_stats(T=32)
    assert 0 <= rate <= upper
    assert cost >= 0


def test_fit_predict(make, fitted, X):
    np.testing.assert_array_equal(make().fit_predict(X), fitted.labels_)


def test_fit_predict_score(make, X, y, capsys):
    roc = make().fit_predict_score(X, y)
    assert roc >= 0.9
    assert 0 <= make().fit_predict_score(X, y, scoring="prc_n_score") <= 1
    with pytest.raises(NotImplementedError):
        make().fit_predict_score(X, y, scoring="something")
    assert "roc_auc_score" in capsys.readouterr().out


def test_predict_rank(fitted, X_new):
    ranks = fitted._predict_rank(X_new)
    in_order = ranks[fitted.decision_function(X_new).argsort()]
    assert (np.diff(in_order) >= 0).all()
    assert ranks.min() >= 0
    assert ranks.max() <= len(fitted.decision_scores_)


def test_predict_rank_normalized(fitted, X_new):
    ranks = fitted._predict_rank(X_new, normalized=True)
    assert ranks.min() >= 0
    assert ranks.max() == 1


def test_model_clone(fitted, X):
    again = clone(fitted)
    assert again.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        again.decision_function(X)


def test_train_scores_equal_decision_function(fitted, X):
    np.testing.assert_allclose(fitted.decision_function(X), fitted.decision_scores_, rtol=1e-5)


def test_scores_are_not_constant_and_labels_follow_the_threshold(fitted, X):
    scores = fitted.decision_scores_
    assert len(np.unique(scores)) == len(X)
    assert fitted.threshold_ == np.percentile(scores, 90)
    np.testing.assert_array_equal(fitted.labels_, scores > fitted.threshold_)
    assert fitted.labels_.sum() == 20


def test_precision_of_the_training_labels(fitted, y):
    assert precision_n_scores(y, fitted.decision_scores_) >= 0.75


def test_refit_starts_afresh(make, X, X_new):
    clf = make().fit(X_new[:, :3])
    clf.fit(X)
    np.testing.assert_array_equal(clf.decision_scores_, make().fit(X).decision_scores_)
    assert clf.n_features_in_ == 5


def test_clone_and_refit_reproduce_the_scores(fitted, X):
    again = clone(fitted).fit(X)
    np.testing.assert_array_equal(again.decision_scores_, fitted.decision_scores_)


def test_default_detector_reproduces_itself(X):
    first, again = (RobustRealNVP(random_state=3, epoch_num=5).fit(X) for _ in range(2))
    np.testing.assert_array_equal(first.decision_scores_, again.decision_scores_)


def test_seeds_differ_and_none_is_random(make, X, fitted):
    for state in (1, None):
        other = make(random_state=state).fit(X)
        assert not np.array_equal(other.decision_scores_, fitted.decision_scores_)


def test_y_is_ignored(make, fitted, X, y):
    for target in (y, np.zeros(len(X)), np.arange(len(X))):
        clf = make().fit(X, target)
        np.testing.assert_array_equal(clf.decision_scores_, fitted.decision_scores_)
        assert clf.predict_proba(X).shape == (len(X), 2)


def test_random_state_object(make, X):
    first, again = (make(random_state=np.random.RandomState(5)).fit(X) for _ in range(2))
    np.testing.assert_array_equal(first.decision_scores_, again.decision_scores_)


def test_global_state_is_untouched(make, X):
    def states():
        kind, keys, *rest = np.random.get_state()  # noqa: NPY002
        return (random.getstate(), kind, keys.tolist(), rest, torch.get_rng_state().tolist(),
                torch.get_num_threads(), torch.get_default_dtype())  # fmt: skip

    before = states()
    for random_state in (0, None):
        clf = make(random_state=random_state).fit(X)
        clf.sample(3)
        clf.decision_function(X)
        assert states() == before


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_gradients_switched_off_by_the_caller(make, fitted, X, context):
    with context():
        clf = make().fit(X)
    np.testing.assert_array_equal(clf.decision_scores_, fitted.decision_scores_)


def test_another_default_dtype(make, fitted, X):
    torch.set_default_dtype(torch.float64)
    try:
        clf = make().fit(X)
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_allclose(clf.decision_scores_, fitted.decision_scores_, rtol=1e-4)
    assert clf.density_.flows.weights[0].dtype == torch.float32


def test_many_threads_score_one_model(fitted, X_new):
    expected = fitted.decision_function(X_new)
    with ThreadPoolExecutor(8) as pool:
        for scores in pool.map(fitted.decision_function, [X_new] * 32):
            np.testing.assert_array_equal(scores, expected)


def test_rows_that_overflow_float32_have_finite_scores(make, X):
    clf = make(preprocessing=False, lipschitz=None).fit(X)
    with torch.no_grad():
        for weight in clf.density_.flows.weights:
            weight.mul_(1e5)
    scores = clf.decision_function([[0.0] * 5, [1e100] * 5, [-1e300] * 5])
    assert np.isfinite(scores).all()
    assert scores[0] < scores[1:].min()


def test_the_callers_table_is_not_changed(make, X):
    table = X.copy()
    table.flags.writeable = False
    clf = make().fit(table)
    clf.decision_function(table)
    np.testing.assert_array_equal(table, X)


def test_unfitted_calls_say_so(make, X):
    for call in ("decision_function", "predict", "predict_proba", "score_samples"):
        with pytest.raises(NotFittedError):
            getattr(make(), call)(X)
    for call in ("sample", "estimate_contamination"):
        with pytest.raises(NotFittedError):
            getattr(make(), call)()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, FloatingPointError])
def test_an_interrupted_fit_leaves_it_unfitted(make, X, monkeypatch, error):
    fresh, refitted = make(), make().fit(X)

    def interrupt(*arguments):
        raise error

    monkeypatch.setattr("pyod_robustnvp.stacks.train", interrupt)
    for clf in (fresh, refitted):
        with pytest.raises(error):
            clf.fit(X)
        assert vars(clf) == vars(make())
        with pytest.raises(NotFittedError):
            clf.predict(X)
    monkeypatch.undo()
    np.testing.assert_array_equal(fresh.fit(X).labels_, make().fit(X).labels_)
