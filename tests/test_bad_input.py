"""Input that can't be used: the error names the argument, the value and the mend."""

import numpy as np
import pandas as pd
import pytest
import torch
from pythresh.thresholds.filter import FILTER
from scipy.sparse import csr_array
from sklearn.feature_selection import SelectKBest
from sklearn.preprocessing import FunctionTransformer, PowerTransformer

from pyod_robustnvp import RobustRealNVP

TABLES = {
    "NaN": ([[0.0, np.nan], [1.0, 2.0]], "column 1 holds gaps.*nan in row 0.*SimpleImputer"),
    "infinity": ([[0.0, np.inf], [1.0, 2.0]], "column 1 holds infinity.*inf in row 0.*clip it"),
    "masked": (np.ma.masked_array(np.eye(3), mask=np.eye(3)), "X has masked values.*X.filled"),
    "masked rows": (
        list(np.ma.masked_array(np.eye(3), mask=np.eye(3))),
        "X has masked values.*X.filled",
    ),
    "ragged": ([[1.0, 2.0], [3.0]], "give every row as many numbers"),
    "with a gradient": (torch.eye(3, requires_grad=True), "requires grad.*detach"),
    "sparse": (csr_array(np.eye(3)), "toarray"),
    "strings": ([["1", "b"], ["2", "d"]], "column 1 holds text, first 'b' in row 0.*OneHotEncoder"),
    "objects": (np.array([[1, "a"], [2, "b"]], dtype=object), "column 1 holds text.*'a'.*OneHot"),
    "a column of strings": (pd.DataFrame({"n": [1, 2], "t": ["x", "y"]}), "column 't' holds text"),
    "categories": (
        pd.DataFrame({"n": [1, 2], "t": pd.Categorical(["x", "y"])}),
        "column 't' holds text, first 'x' in row 0.*encode it",
    ),
    "dates": (
        np.array([["2020", "NaT"], ["2021", "2022"]], dtype="M8[s]"),
        "column 0 holds dates.*days since",
    ),
    "dates beside numbers": (
        pd.DataFrame({"t": pd.to_datetime(["2020", "2021"]), "n": [1.0, 2.0]}),
        "give numbers",
    ),
    "beyond any float": (
        np.array([[10**400, 1], [2, 3]], dtype=object),
        "numbers that float64 holds",
    ),
    "dates in a frame": (pd.DataFrame({"t": pd.to_datetime(["2020", "2021"])}), "numbers"),
    "complex": (
        np.array([[1j, 0], [0, 1]]),
        "complex numbers, first 1j in row 0",
    ),
    "no rows": (np.empty((0, 3)), "0 sample.*minimum of 2"),
    "no columns": (np.empty((3, 0)), "0 feature.*minimum of 1"),
    "one row": ([[1.0, 2.0]], "1 sample.*minimum of 2"),
    "1-D": ([1.0, 2.0, 3.0], "Expected 2D array, got 1D array.*reshape"),
    "3-D": (np.zeros((2, 2, 2)), "dim 3.*(dim <= 2 is required|expected <= 2)"),
    "beyond float64": (np.array([["1e400", "0"], ["0", "1"]]).astype(np.longdouble), "infinity"),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables_that_cannot_be_fitted(make, kind):
    table, message = TABLES[kind]
    clf = make()
    with pytest.raises((ValueError, TypeError), match=f"(?s){message}"):
        clf.fit(table)
    assert vars(clf) == vars(make())


PARAMETERS = {
    "contamination": [
        ({"contamination": "auto"}, r"contamination must be a number.*'auto'; give 0.1"),
        ({"contamination": None}, r"contamination must be a number.*None"),
        ({"contamination": FILTER}, r"contamination must be a number.*PyThresh object, got <class"),
        ({"contamination": True}, r"contamination must be a number.*True"),
        ({"contamination": np.float32(0.7)}, r"contamination must be in \(0, 0.5\].*0.7"),
        ({"contamination": float("nan")}, r"contamination must be in \(0, 0.5\]"),
    ],
    "sizes": [
        ({"batch_size": 0}, "batch_size must be an integer of at least 1, got 0"),
        ({"batch_size": 1.5}, "batch_size must be an integer of at least 1, got 1.5"),
        ({"epoch_num": -1}, "epoch_num must be an integer of at least 1, got -1"),
        ({"epoch_num": True}, "epoch_num must be an integer of at least 1, got True"),
        ({"n_estimators": 0}, "n_estimators must be an integer of at least 1, got 0"),
        ({"hidden_neuron_list": 64}, r"hidden_neuron_list must be a sequence.*\(64, 64\), got 64"),
        ({"hidden_neuron_list": np.array(64)}, "hidden_neuron_list must be a sequence"),
        ({"hidden_neuron_list": iter((64,))}, "hidden_neuron_list must be a sequence"),
        ({"hidden_neuron_list": "64"}, "hidden_neuron_list must be a sequence.*'64'"),
        ({"hidden_neuron_list": (64, 0)}, "hidden_neuron_list.*at least 1, got 0"),
    ],
    "rates": [
        ({"lr": 0.0}, "lr must be a positive, finite number, got 0.0"),
        ({"lr": float("inf")}, "lr must be a positive, finite number, got inf"),
        ({"lr": 10**400}, "lr must be a positive, finite number, got 1000"),
        ({"lr": "fast"}, "lr must be a positive, finite number, got 'fast'"),
        ({"lipschitz": -1.5}, "lipschitz must be a finite number of at least 1e-30.*got -1.5"),
        ({"lipschitz": np.array(1.5)}, r"lipschitz must be.*got array\(1.5\)"),
        ({"lipschitz": ()}, r"lipschitz must be.*or None, got \(\)"),
        ({"lipschitz": (1.0, 0.0)}, r"lipschitz must be.*got \(1.0, 0.0\)"),
        ({"lipschitz": "1.5"}, "lipschitz must be.*got '1.5'"),
        ({"lipschitz": ("1.5",)}, r"lipschitz must be.*got \('1.5',\)"),
        ({"noise": -0.1}, "noise must be a number from 0 to a million, got -0.1"),
        ({"noise": float("nan")}, "noise must be a number from 0 to a million, got nan"),
        ({"noise": None}, "noise must be a number from 0 to a million, got None"),
        ({"trim_fraction": 1.0}, r"trim_fraction must be 'auto', None or in \[0, 1\), got 1.0"),
        ({"trim_fraction": -0.1}, "trim_fraction must be.*got -0.1"),
        ({"trim_fraction": "some"}, "trim_fraction must be.*got 'some'"),
    ],
    "others": [
        (
            {"contamination": FILTER(), "trim_fraction": None},
            "trim_fraction=None.*PyThresh.*'auto'",
        ),
        ({"preprocessing": "minmax"}, "preprocessing must be True, False or.*got 'minmax'"),
        ({"principal_axes": "yes"}, r"principal_axes must be one of \(True, False\), got 'yes'"),
        ({"verbose": pd.NA}, "verbose must be one of .*NA"),
        ({"preprocessing": SelectKBest(k=1)}, r"preprocessing=SelectKBest\(k=1\) can't be fitted"),
        ({"verbose": 3}, r"verbose must be one of \(0, 1, 2\), got 3"),
        ({"device": "toaster"}, "device='toaster' can't be used here.*give None or 'cpu'"),
        ({"device": "meta"}, "device='meta' can't be used here"),
        ({"device": 10**30}, "device=1000000000000000000000000000000 can't be used here"),
        ({"device": 1.5}, "device=1.5 can't be used here"),
        (
            {"preprocessing": FunctionTransformer},
            "preprocessing must be True, False or.*got <class",
        ),
        ({"random_state": "x"}, "random_state='x' can't be used.*give None, an integer"),
        ({"random_state": -1}, r"random_state=-1 can't be used.*from 0 to 2\*\*32 - 1"),
    ],
}


@pytest.mark.parametrize(
    ("given", "message"), [case for cases in PARAMETERS.values() for case in cases]
)
def test_parameters_that_cannot_be_used(make, X, given, message):
    clf = make().set_params(**given)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        clf.fit(X)
    assert not hasattr(clf, "decision_scores_")


@pytest.mark.parametrize("contamination", [0, 0.6, -0.1, 1])
def test_contamination_out_of_range(make, X, contamination):
    with pytest.raises(ValueError, match=r"contamination must be in \(0, 0.5\]"):
        RobustRealNVP(contamination=contamination)
    clf = make().set_params(contamination=contamination)
    with pytest.raises(ValueError, match=r"contamination must be in \(0, 0.5\], got.*give"):
        clf.fit(X)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there(make, X):
    with pytest.raises(ValueError, match=r"device='cuda' can't be used here.*'cpu'"):
        make(device="cuda").fit(X)


def test_a_device_may_be_named_or_given(make, X, fitted):
    for device in ("cpu", torch.device("cpu")):
        clf = make(device=device).fit(X)
        assert clf.device is device
        assert clf.density_.device == torch.device("cpu")
        np.testing.assert_array_equal(clf.decision_scores_, fitted.decision_scores_)


def test_wrong_width(fitted, X):
    for call in (fitted.decision_function, fitted.predict, fitted.score_samples):
        with pytest.raises(ValueError, match=r"X has 4 features.*expecting 5 features"):
            call(X[:, :4])


def test_reordered_and_renamed_columns(make, X):
    table = pd.DataFrame(X, columns=list("abcde"))
    clf = make().fit(table)
    with pytest.raises(ValueError, match="same order"):
        clf.predict(table[list("edcba")])
    with pytest.raises(ValueError, match="unseen at fit time"):
        clf.predict(table.rename(columns={"a": "z"}))


@pytest.mark.parametrize("kind", ["NaN", "infinity", "strings", "objects"])
def test_tables_that_cannot_be_scored(make, kind):
    clf = make().fit([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
    table, message = TABLES[kind]
    with pytest.raises(ValueError, match=f"(?s){message}"):
        clf.decision_function(table)


def test_other_arguments(fitted, X):
    with pytest.raises(ValueError, match="batch_size must be an integer of at least 1, got 0"):
        fitted.decision_function(X, batch_size=0)
    with pytest.raises(ValueError, match="n_samples must be an integer of at least 1, got -1"):
        fitted.sample(-1)


def test_a_scaler_that_takes_other_numbers_says_so(make, X):
    scaler = PowerTransformer("box-cox")
    with pytest.raises(ValueError, match=r"preprocessing=PowerTransformer.*can't be fitted to X"):
        make(preprocessing=scaler).fit(X)
    clf = make(preprocessing=scaler).fit(np.exp(X))
    with pytest.raises(ValueError, match=r"(?s)preprocessing=PowerTransformer.*must turn X into"):
        clf.decision_function(-np.exp(X))


def test_a_transformer_that_spoils_the_table(make, X):
    for spoil in (lambda X: X * np.nan, lambda X: X[:, :0], lambda X: X[:3], lambda X: X[:, 0]):
        with pytest.raises(ValueError, match=r"(?s)preprocessing=Func.*must turn X into"):
            make(preprocessing=FunctionTransformer(spoil)).fit(X)
