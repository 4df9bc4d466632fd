"""The door: a table is checked once, and no constructor argument is changed behind it."""

import sys
import warnings
from fractions import Fraction

import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_array

from pyod_robustnvp import PAPER


@pytest.fixture
def validations():
    """Return a list that grows with each call of scikit-learn's check_array, whoever calls it."""
    calls = []

    def look(frame, event, _):
        if event == "call" and frame.f_code is check_array.__code__:
            calls.append(frame)

    sys.setprofile(look)
    yield calls
    sys.setprofile(None)


def test_a_fit_validates_a_table_once(make, X, validations):
    make().fit(X)
    assert len(validations) == 1


@pytest.mark.parametrize("call", ["decision_function", "score_samples", "predict"])
def test_scoring_validates_a_table_once(fitted, X, validations, call):
    getattr(fitted, call)(X)
    assert len(validations) == 1


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16, Fraction])
def test_a_contamination_of_any_type_stays_as_it_was_given(make, fitted, X, kind):
    given = kind(0.125)
    clf, plain = make(contamination=given).fit(X), make(contamination=0.125).fit(X)
    assert clf.contamination is given
    assert clf.threshold_ == plain.threshold_
    for call in ("predict", "predict_confidence", "predict_proba"):
        np.testing.assert_array_equal(getattr(clf, call)(X), getattr(plain, call)(X))
    assert len(clf.predict(X, return_confidence=True)) == 2
    assert clf.compute_rejection_stats() == plain.compute_rejection_stats()
    np.testing.assert_array_equal(
        clf.predict_with_rejection(X, c_r=0.1), plain.predict_with_rejection(X, c_r=0.1)
    )
    assert clf.contamination is given


def test_a_transformer_gets_a_table_that_was_checked_once(make, X, validations):
    """What it makes of the rows is checked: for the fit, the pooling and the scores. X is once."""
    make(preprocessing=FunctionTransformer()).fit(X)
    assert len(validations) == 4


def test_a_fit_changes_no_parameter(make, X):
    given = make(lipschitz=np.array([0.5, 1.5]), hidden_neuron_list=[16], lr=np.float32(1e-3))
    before = {name: (value, repr(value)) for name, value in given.get_params().items()}
    given.fit(X)
    for name, (value, text) in before.items():
        assert getattr(given, name) is value
        assert repr(getattr(given, name)) == text


@pytest.mark.parametrize(
    ("contamination", "n"), [(2.2e-308, 200), (1e-6, 200), (0.0038, 200), (0.005, 50)]
)
def test_a_contamination_that_trims_nothing_warns(make, X, contamination, n):
    with pytest.warns(UserWarning, match=r"trim_fraction=None follows contamination=.*no row out"):
        make(contamination=contamination, trim_fraction=None).fit(X[:n])


@pytest.mark.parametrize(
    "parameters",
    [
        {"contamination": 2.2e-308},
        {"contamination": 2.2e-308, "trim_fraction": 0.0},
        {"contamination": 0.004, "trim_fraction": None},
        PAPER | {"epoch_num": 1},
    ],
)
def test_trimming_that_is_meant_does_not_warn(make, X, parameters):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(**parameters).fit(X)
