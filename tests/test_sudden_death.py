"""Interrupted at any moment, a fit leaves an unfitted estimator, or a whole model, old or new."""

import copy
import signal
import sys
import time
from contextlib import suppress

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from pyod_robustnvp import RobustRealNVP

pytestmark = [
    pytest.mark.reliability,
    pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs timers"),
    # Where it strikes in a destructor, Python goes on.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SMALL = {"n_estimators": 2, "hidden_neuron_list": (4,), "epoch_num": 10, "random_state": 0}
X = np.random.default_rng(0).normal(size=(300, 3))


def struck(work, error, seconds):
    """Run work, raise an error in it after so many seconds, and return whether it came through."""

    def strike(*_):
        raise error

    former = signal.signal(signal.SIGALRM, strike)
    tracer = sys.gettrace()
    # Struck while it takes down a line, coverage would wait for a lock of its own for ever.
    sys.settrace(None)
    try:
        with suppress(error):
            signal.setitimer(signal.ITIMER_REAL, seconds)
            work()
            signal.setitimer(signal.ITIMER_REAL, 0)
            return True
        return False
    finally:
        sys.settrace(tracer)
        signal.signal(signal.SIGALRM, former)


@pytest.mark.parametrize("formerly_fitted", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_fit_leaves_a_usable_estimator(error, formerly_fitted, deaths, tried):
    clf, rng, interrupted = RobustRealNVP(**SMALL), np.random.default_rng(0), 0
    expected = clone(clf).fit(X).decision_function(X)
    former = clone(clf).fit(X[:50]).decision_function(X)
    start = time.perf_counter()
    clone(clf).fit(X)
    duration = time.perf_counter() - start
    for _ in range(deaths):
        tried()
        if formerly_fitted:
            clf.fit(X[:50])
        interrupted += not struck(lambda: clf.fit(X), error, rng.uniform(1e-5, duration))
        assert clf.get_params() == RobustRealNVP(**SMALL).get_params()
        try:
            check_is_fitted(clf)
        except NotFittedError:
            for call in (clf.predict, clf.decision_function, clf.score_samples):
                with pytest.raises(NotFittedError):
                    call(X)
            assert not hasattr(clf, "density_")
        else:
            scores = clf.decision_function(X)
            assert (scores == expected).all() or (formerly_fitted and (scores == former).all())
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
    assert interrupted > deaths / 4
    np.testing.assert_array_equal(clf.fit(X).decision_function(X), expected)


def test_an_interrupted_scoring_leaves_a_whole_model(deaths, tried):
    clf, rng, interrupted = RobustRealNVP(**SMALL).fit(X), np.random.default_rng(0), 0
    table = rng.normal(size=(5000, 3))
    expected = clf.decision_function(table)
    start = time.perf_counter()
    clf.decision_function(table)
    duration = time.perf_counter() - start
    for _ in range(deaths):
        tried()
        interrupted += not struck(
            lambda: clf.decision_function(table), KeyboardInterrupt, rng.uniform(1e-5, duration)
        )
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        np.testing.assert_array_equal(clf.decision_function(table), expected)
    assert interrupted > deaths / 4


class Forgetful(RobustRealNVP):
    """Is interrupted after so many attributes that it forgets, and whenever it goes on."""

    def __delattr__(self, name):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        super().__delattr__(name)


@pytest.mark.parametrize("loaded", [False, True])
def test_a_second_interrupt_while_it_forgets_leaves_no_half_that_counts(loaded, tmp_path, tried):
    fitted = Forgetful(**SMALL).fit(X)
    fitted.save(tmp_path / "model")
    for left in range(5):
        tried()
        clf = Forgetful.load(tmp_path / "model") if loaded else copy.deepcopy(fitted)
        clf.left = left
        with pytest.raises(KeyboardInterrupt):
            clf.fit(X)
        with pytest.raises(NotFittedError):
            clf.decision_function(X)
