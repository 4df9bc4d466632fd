"""Beside other detectors: scikit-learn's tools, PyOD's tools, saving."""

import copy
import pickle

import joblib
import numpy as np
import pytest
import torch
from pyod.models.combination import aom, average, maximization, moa
from pyod.models.feature_bagging import FeatureBagging
from pyod.models.iforest import IForest
from pyod.models.lof import LOF
from pyod.models.ocsvm import OCSVM
from pyod.utils.data import generate_data
from pyod.utils.persistence import load, save
from pyod.utils.utility import precision_n_scores, standardizer
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from pyod_robustnvp import RobustRealNVP

PYOD_CONVENTIONS = {
    "check_outliers_fit_predict": "PyOD labels are 0 and 1, not 1 and -1",
    "check_outliers_train": "PyOD labels are 0 and 1, not 1 and -1",
    "check_do_not_raise_errors_in_init_or_set_params": "BaseDetector checks in its constructor",
}


def test_scikit_learn_checks_fail_only_by_pyods_conventions(make):
    results = check_estimator(
        make(epoch_num=2), expected_failed_checks=PYOD_CONVENTIONS, on_skip=None
    )
    failed = {result["check_name"] for result in results if result["status"] == "xfail"}
    assert failed == set(PYOD_CONVENTIONS)


def test_parameters_are_stored_as_given():
    widths, state = (8, 8), np.random.RandomState(0)
    clf = RobustRealNVP(hidden_neuron_list=widths, random_state=state)
    assert clf.hidden_neuron_list is widths
    assert clf.random_state is state
    assert vars(clf) == clf.get_params()


def test_pipeline(make, X, X_new, y_new):
    pipeline = make_pipeline(StandardScaler(), make()).fit(X)
    assert roc_auc_score(y_new, pipeline.decision_function(X_new)) > 0.9
    assert set(pipeline.predict(X_new)) == {0, 1}


def test_grid_search(make, X, y):
    search = GridSearchCV(
        make(),
        {"lipschitz": [0.5, 1.5], "contamination": [0.05, 0.1]},
        scoring="roc_auc",
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
        n_jobs=2,
        error_score="raise",
    ).fit(X, y)
    assert search.best_score_ > 0.9
    assert search.best_estimator_.labels_.shape == y.shape


def test_pyods_comparison_loop():
    X, X_new, _, y_new = generate_data(
        n_train=200, n_test=100, n_features=4, contamination=0.1, random_state=0
    )
    X, X_new = standardizer(X, X_new)
    state = np.random.RandomState(42)
    detectors = {
        "Isolation Forest": IForest(contamination=0.1, random_state=state),
        "LOF": LOF(contamination=0.1),
        "OCSVM": OCSVM(contamination=0.1),
        "RobustRealNVP": RobustRealNVP(contamination=0.1, random_state=state),
    }
    for clf in detectors.values():
        clf.fit(X)
        scores = clf.decision_function(X_new)
        assert roc_auc_score(y_new, scores) > 0.9
        assert precision_n_scores(y_new, scores) > 0.5


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_feature_bagging(make, X, X_new, y_new):
    bagging = FeatureBagging(make(epoch_num=60), n_estimators=3, random_state=0).fit(X)
    assert roc_auc_score(y_new, bagging.decision_function(X_new)) > 0.9


def test_score_combination(make, X, X_new, y_new):
    detectors = [make(random_state=seed).fit(X) for seed in range(3)]
    detectors.append(IForest(random_state=0).fit(X))
    scores = np.column_stack([clf.decision_function(X_new) for clf in detectors])
    train = np.column_stack([clf.decision_scores_ for clf in detectors])
    _, scores = standardizer(train, scores)
    for combined in (average(scores), maximization(scores), aom(scores, 2), moa(scores, 2)):
        assert roc_auc_score(y_new, combined) > 0.9


def by_joblib(clf, path):
    joblib.dump(clf, path)
    return joblib.load(path)


def by_pyod(clf, path):
    save(clf, path)
    return load(path, trusted=True)


COPIES = {
    "pickle": lambda clf, path: pickle.loads(pickle.dumps(clf)),
    "deepcopy": lambda clf, path: copy.deepcopy(clf),
    "joblib": by_joblib,
    "pyod": by_pyod,
}


@pytest.mark.parametrize("way", COPIES)
def test_copies_score_bit_equal(fitted, X_new, tmp_path, way):
    other = COPIES[way](fitted, tmp_path / "model")
    np.testing.assert_array_equal(other.decision_function(X_new), fitted.decision_function(X_new))
    np.testing.assert_array_equal(other.predict(X_new), fitted.predict(X_new))
    np.testing.assert_array_equal(other.decision_scores_, fitted.decision_scores_)


@pytest.mark.parametrize("way", COPIES)
def test_copies_of_the_unfitted(make, fitted, X, tmp_path, way):
    other = COPIES[way](make(), tmp_path / "model")
    with pytest.raises(NotFittedError):
        other.predict(X)
    np.testing.assert_array_equal(other.fit(X).decision_scores_, fitted.decision_scores_)


def test_copies_are_clones_too(fitted):
    assert clone(pickle.loads(pickle.dumps(fitted))).get_params() == fitted.get_params()


def test_a_pickle_holds_no_training_rows(make, X):
    content = pickle.dumps(make().fit(X))
    for row in X:
        assert row.tobytes() not in content
        assert row.astype(np.float32).tobytes() not in content


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_gpu_and_cpu_agree(make, X, X_new):
    clf = make(device="cuda").fit(X)
    assert clf.density_.device.type == "cuda"
    scores = clf.decision_function(X_new)
    loaded = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(loaded.decision_function(X_new), scores)
    on_cpu = make(device="cpu").fit(X)
    np.testing.assert_allclose(on_cpu.decision_function(X_new), scores, rtol=0.05)
