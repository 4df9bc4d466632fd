"""What a caller has set for numpy, scikit-learn and torch changes no result and raises nothing."""

import contextlib
import io
import pickle
import sys

import numpy as np
import pytest
import sklearn
import torch
from sklearn.impute import SimpleImputer
from torch.overrides import TorchFunctionMode

from pyod_robustnvp import RobustRealNVP

# With a column that is constant, whose scale has a logarithm that numpy could complain of.
ROWS = np.random.default_rng(0).normal(size=(80, 3)) * [1, 1, 0]
SMALL = {"n_estimators": 4, "hidden_neuron_list": (4,), "epoch_num": 2, "random_state": 0}


class OfAGpu(TorchFunctionMode):
    """Stands for torch.set_default_device('cuda'), where a generator of the CPU's is refused."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if kwargs.get("generator") is not None and kwargs.get("device") is None:
            raise RuntimeError("Expected a 'cuda' device type for generator but found 'cpu'")
        return function(*args, **kwargs)


@contextlib.contextmanager
def deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


@contextlib.contextmanager
def default_dtype(dtype):
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@contextlib.contextmanager
def medium_precision():
    torch.set_float32_matmul_precision("medium")
    try:
        yield
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")


SETTINGS = {
    "none": contextlib.nullcontext,
    "numpy raises": lambda: np.errstate(all="raise"),
    "numpy ignores": lambda: np.errstate(all="ignore"),
    "bfloat16 by autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "default device": lambda: torch.device("meta"),
    "default device of a GPU": OfAGpu,
    "double by default": lambda: default_dtype(torch.float64),
    "half by default": lambda: default_dtype(torch.bfloat16),
    "medium precision": medium_precision,
    "deterministic": deterministic,
    "no gradients": torch.no_grad,
    "inference": torch.inference_mode,
    "assume_finite": lambda: sklearn.config_context(assume_finite=True),
    "array API": lambda: sklearn.config_context(array_api_dispatch=True),
    "frames from transformers": lambda: sklearn.config_context(transform_output="pandas"),
}


def saved(clf):
    clf.save(file := io.BytesIO())
    return RobustRealNVP.load(file.getvalue()).decision_function(ROWS)


METHODS = {
    "fit": lambda clf: RobustRealNVP(**SMALL).fit(ROWS).decision_scores_,
    "fit_predict": lambda clf: RobustRealNVP(**SMALL).fit_predict(ROWS),
    "fit with a transformer": lambda clf: (
        RobustRealNVP(**SMALL, preprocessing=SimpleImputer()).fit(ROWS).decision_scores_
    ),
    "decision_function": lambda clf: clf.decision_function(ROWS),
    "score_samples": lambda clf: clf.score_samples(ROWS),
    "sample": lambda clf: clf.sample(9, random_state=0),
    "predict": lambda clf: clf.predict(ROWS),
    "predict_proba": lambda clf: clf.predict_proba(ROWS),
    "predict_confidence": lambda clf: clf.predict_confidence(ROWS),
    "predict_with_rejection": lambda clf: clf.predict_with_rejection(ROWS, c_r=0.1),
    "compute_rejection_stats": lambda clf: np.array(clf.compute_rejection_stats()),
    "explain": lambda clf: clf.explain(ROWS[:3]).contributions,
    "expected_values": lambda clf: clf.expected_values(ROWS[:3]),
    "get_outlier_explainability_scores": lambda clf: clf.get_outlier_explainability_scores(
        0, X=ROWS
    ),
    "estimate_contamination": lambda clf: np.array(clf.estimate_contamination()),
    "set_contamination": lambda clf: clf.set_contamination(0.1).labels_,
    "save and load": saved,
    "pickle": lambda clf: pickle.loads(pickle.dumps(clf)).decision_function(ROWS),
}


@pytest.fixture(scope="module")
def clf():
    # The environment says so before scikit-learn asks for it; here it is asked at each call.
    return RobustRealNVP(**SMALL).fit(ROWS)


@pytest.fixture(scope="module")
def expected(clf):
    return {name: method(clf) for name, method in METHODS.items()}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_method_under_every_setting(clf, expected, setting, method, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    with SETTINGS[setting]():
        found = METHODS[method](clf)
    np.testing.assert_array_equal(found, expected[method])


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_row_of_nan_is_always_refused(clf, setting, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    for call in (clf.decision_function, clf.predict, clf.score_samples, clf.predict_proba):
        with SETTINGS[setting](), pytest.raises(ValueError, match="column 0 holds gaps"):
            call([[np.nan, 0.0, 0.0]])


def test_a_tensor_under_array_api_dispatch(clf, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    with sklearn.config_context(array_api_dispatch=True):
        scores = RobustRealNVP(**SMALL).fit(torch.tensor(ROWS)).decision_scores_
    np.testing.assert_array_equal(scores, clf.decision_scores_)


def test_the_callers_settings_are_back_afterwards(clf):
    with np.errstate(all="raise"), sklearn.config_context(assume_finite=True):
        clf.decision_function(ROWS)
        assert set(np.geterr().values()) == {"raise"}
        assert sklearn.get_config()["assume_finite"]
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.device("meta"):
        clf.decision_function(ROWS)
        assert torch.is_autocast_enabled("cpu")
        assert torch.get_default_device().type == "meta"


def test_a_progress_bar_without_a_console(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert RobustRealNVP(**SMALL, verbose=1).fit(ROWS).n_iter_ == 2
