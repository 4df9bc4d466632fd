"""Many callers of one model: threads, processes and pools get what one caller gets."""

import hashlib
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.density import TabularDensity
from pyod_robustnvp.scaling import CenterAndScale
from pyod_robustnvp.views import View, Views

pytestmark = pytest.mark.reliability

SMALL = {"n_estimators": 4, "hidden_neuron_list": (8,), "epoch_num": 3, "random_state": 0}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 4))
X_NEW = RNG.normal(size=(2000, 4))


@pytest.fixture(scope="module")
def clf():
    return RobustRealNVP(**SMALL).fit(X)


@pytest.fixture(scope="module")
def expected(clf):
    return clf.decision_function(X_NEW)


def fit_scores(seed):
    return RobustRealNVP(**SMALL | {"random_state": seed}).fit(X).decision_scores_


def contents(value):
    """Yield all that an object holds, as bytes."""
    if isinstance(value, torch.nn.Module):
        value = {**value.state_dict(), **{k: v for k, v in vars(value).items() if k[0] != "_"}}
    elif isinstance(value, RobustRealNVP | TabularDensity | Views | View | CenterAndScale):
        value = vars(value)
    elif isinstance(value, list):
        value = dict(zip(map(str, range(len(value))), value, strict=True))
    if isinstance(value, dict):
        for name in sorted(value):
            yield name.encode()
            yield from contents(value[name])
    elif isinstance(value, torch.Tensor | np.ndarray):
        yield np.asarray(value.cpu() if isinstance(value, torch.Tensor) else value).tobytes()
    else:
        yield repr(value).encode()


def state(clf):
    """Return a hash of all that a model holds."""
    return hashlib.sha256(b"|".join(contents(clf))).hexdigest()


def test_the_hash_sees_a_change():
    clf = RobustRealNVP(**SMALL).fit(X)
    before = state(clf)
    with torch.no_grad():
        weight = clf.density_.flows.weights[0]
        held = weight.clone()
        weight[0, 0, 0, 0] += 1e-3
        assert state(clf) != before
        weight.copy_(held)
        assert state(clf) == before
    axes = clf.density_.views.views[1]
    for part, name in ((clf, "threshold_"), (axes.scaler, "scale_")):
        held = getattr(part, name)
        setattr(part, name, held * 2)
        assert state(clf) != before
        setattr(part, name, held)


def test_scoring_changes_nothing_of_the_model(clf, tried):
    tried(5)
    before = state(clf)
    clf.decision_function(X_NEW)
    clf.predict(X_NEW)
    clf.predict_proba(X_NEW)
    clf.score_samples(X_NEW)
    clf.sample(10, 0)
    assert state(clf) == before


def test_threads_score_and_save_one_model(clf, expected, tmp_path, tried):
    tried(32)

    def call(k):
        if k % 4 == 3:
            clf.save(tmp_path / "model")
            return RobustRealNVP.load(tmp_path / "model").decision_function(X_NEW)
        return clf.decision_function(X_NEW)

    before = state(clf)
    with ThreadPoolExecutor(8) as pool:
        for scores in pool.map(call, range(32)):
            np.testing.assert_array_equal(scores, expected)
    assert state(clf) == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_threads_fit_models_of_their_own(tried):
    tried(8)
    alone = [fit_scores(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for scores, one in zip(pool.map(fit_scores, range(8)), alone, strict=True):
            np.testing.assert_array_equal(scores, one)


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_joblib(clf, expected, backend, tried):
    tried(7)
    parts = Parallel(n_jobs=2, backend=backend)(
        delayed(clf.decision_function)(part) for part in np.array_split(X_NEW, 7)
    )
    np.testing.assert_array_equal(np.concatenate(parts), expected)


def test_spawned_processes(clf, expected, tried):
    tried(6)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        parts = pool.map_async(partial(_score, clf), np.array_split(X_NEW, 4)).get(timeout=120)
        fitted = pool.map_async(fit_scores, [0, 1]).get(timeout=120)
    np.testing.assert_array_equal(np.concatenate(parts), expected)
    np.testing.assert_array_equal(fitted, [fit_scores(0), fit_scores(1)])


#: Torch has used two threads when the process is forked; in one of the tests' own, for its threads.
FORK = """
import multiprocessing
import numpy as np
import torch
from tests.test_callers import SMALL, X, X_NEW, fit_scores
from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.density import TabularDensity
from pyod_robustnvp.scaling import CenterAndScale
from pyod_robustnvp.views import View, Views

torch.set_num_threads(2)
clf = RobustRealNVP(**SMALL).fit(X)
expected = clf.decision_function(X_NEW)
torch.ones(10**6).exp()

with multiprocessing.get_context("fork").Pool(2) as pool:
    parts = pool.map_async(clf.decision_function, np.array_split(X_NEW, 4)).get(timeout=60)
    fitted = pool.map_async(fit_scores, [0, 1]).get(timeout=60)
assert (np.concatenate(parts) == expected).all()
assert (fitted[0] == clf.decision_scores_).all()
assert torch.get_num_threads() == 2
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_forked_processes(tried):
    tried(6)
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr


def _score(clf, part):
    return clf.decision_function(part)


def test_grid_search_in_two_processes(tried):
    tried(13)
    y = np.arange(len(X)) % 20 == 0
    search = partial(
        GridSearchCV,
        RobustRealNVP(**SMALL),
        {"noise": [0.0, 0.1], "lipschitz": [0.5, 1.5]},
        scoring="roc_auc",
        cv=StratifiedKFold(3, shuffle=True, random_state=0),
    )
    one, two = search(n_jobs=1).fit(X, y), search(n_jobs=2).fit(X, y)
    for name in ("mean_test_score", "std_test_score"):
        np.testing.assert_array_equal(one.cv_results_[name], two.cv_results_[name])
    np.testing.assert_array_equal(one.decision_function(X_NEW), two.decision_function(X_NEW))
