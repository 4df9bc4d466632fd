"""Whatever a finite table is made of: it is fitted and scored, finite, and left as it was."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectKBest

from pyod_robustnvp import RobustRealNVP

pytestmark = pytest.mark.reliability

SMALL = {
    "n_estimators": 2,
    "hidden_neuron_list": (4,),
    "epoch_num": 2,
    "batch_size": 8,
    "random_state": 0,
}
DTYPES = ("f8", "f4", "f2", "i8", "i2", "u1", "?")

SEEDS = st.integers(0, 2**32 - 1)

#: Powers of ten that columns are multiplied by, each its own.
SCALES = st.sampled_from([-300, -150, -30, -8, -1, 0, 1, 8, 30, 150, 300])


def elements(dtype):
    """Return numbers of a type, the extreme ones among them."""
    if np.dtype(dtype).kind == "f":
        return npst.from_dtype(np.dtype(dtype), allow_nan=False, allow_infinity=False)
    return npst.from_dtype(np.dtype(dtype))


@st.composite
def plain_tables(draw):
    """Draw tables of any type and order of memory, whole or a view of a larger one."""
    n, d = draw(st.integers(2, 25)), draw(st.integers(1, 5))
    dtype = draw(st.sampled_from(DTYPES))
    X = draw(npst.arrays(dtype, (2 * n, 2 * d), elements=elements(dtype), fill=st.nothing()))
    X = draw(st.sampled_from([X[:n, :d], X[::2, ::2], X[n - 1 :: -1, :d], X.T[:d, :n].T]))
    if draw(st.booleans()):
        X = np.asfortranarray(X)
    X.setflags(write=draw(st.booleans()))
    return X


@st.composite
def natural_tables(draw):
    """Draw tables as there are: heavy tails, constants, duplicates, collinear and mixed columns."""
    n, d = draw(st.integers(2, 60)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    tails = draw(st.sampled_from([0.5, 1.0, 3.0, 100.0]))
    X = rng.standard_t(tails, size=(n, d)).clip(-1e6, 1e6)
    X[:, draw(st.lists(st.integers(0, d - 1), max_size=3))] = draw(st.floats(-1e9, 1e9))
    X[draw(st.lists(st.integers(0, n - 1), max_size=n))] = X[0]
    if draw(st.booleans()):
        X[:, -1] = X[:, 0] * (1 + 1e-12 * rng.normal(size=n))
    with np.errstate(over="ignore", under="ignore"):
        X = X * 10.0 ** np.array(draw(st.lists(SCALES, min_size=d, max_size=d)))
    return X.clip(-1.7e308, 1.7e308)


@given(X=st.one_of(plain_tables(), natural_tables()), preprocessing=st.booleans())
def test_every_finite_table_is_fitted_and_scored(tried, X, preprocessing):
    tried()
    before = X.copy()
    clf = RobustRealNVP(**SMALL, preprocessing=preprocessing)
    with warnings.catch_warnings():
        if not preprocessing:  # Of any magnitude, which that is not meant for.
            warnings.simplefilter("ignore", ConvergenceWarning)
        clf.fit(X)
    scores = clf.decision_function(X)
    np.testing.assert_array_equal(X, before)
    assert np.isfinite(clf.decision_scores_).all()
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(scores, clf.decision_scores_, rtol=1e-7)
    assert set(clf.labels_) <= {0, 1}
    assert np.isfinite(clf.threshold_)
    assert np.isfinite(clf.predict_proba(X)).all()


@given(X=natural_tables(), value=st.floats(-1.7e308, 1.7e308), seed=SEEDS)
def test_every_finite_row_has_a_finite_score(tried, X, value, seed):
    tried()
    clf = RobustRealNVP(**SMALL).fit(X)
    row = np.random.default_rng(seed).choice([0.0, 1.0, value, -value], X.shape[1])
    assert np.isfinite(clf.decision_function(row[None])).all()
    assert np.isfinite(clf.score_samples(row[None])).all()


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 300),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.one_of(st.integers(-2, 9), st.floats(), st.text(max_size=2)), max_size=3),
    st.sampled_from([np.float32(0.2), np.int64(3), np.array([1.5]), (4, 4), object(), float]),
    st.sampled_from([np.array(4), pd.NA, torch.tensor([0, 1]), b"ab", {4: 4}, SelectKBest(k=1)]),
)
PARAMETERS = sorted(set(RobustRealNVP().get_params()) - {"verbose"})


@example(name="noise", value=1e39)
@example(name="noise", value=1e20)
@example(name="lr", value=1e38)
@example(name="lr", value=10**400)
@example(name="lipschitz", value=[10**400])
@example(name="contamination", value=10**400)
@example(name="device", value=10**30)
@example(name="n_estimators", value=10**12)
@example(name="hidden_neuron_list", value=(10**30,))
@example(name="lipschitz", value=[1e-60])
@example(name="device", value="hpu")
@given(name=st.sampled_from(PARAMETERS), value=VALUES)
def test_every_value_of_a_parameter_is_used_or_refused_by_name(tried, name, value):
    tried()
    X = np.random.default_rng(0).normal(size=(30, 2))
    refused = ""
    try:
        clf = RobustRealNVP(**SMALL).set_params(**{name: value}).fit(X)
    except (ValueError, FloatingPointError, ConvergenceWarning) as error:
        refused = str(error)
    assert (
        re.search(rf"\b{name}\b", refused) if refused else np.isfinite(clf.decision_scores_).all()
    )


@given(fitted_to=st.integers(1, 5), given_to=st.integers(1, 5))
def test_another_number_of_columns_is_refused(tried, fitted_to, given_to):
    tried()
    clf = RobustRealNVP(**SMALL).fit(np.random.default_rng(0).normal(size=(20, fitted_to)))
    X = np.ones((3, given_to))
    if fitted_to == given_to:
        assert clf.decision_function(X).shape == (3,)
        return
    for call in (clf.decision_function, clf.predict, clf.score_samples):
        with pytest.raises(ValueError, match=rf"X has {given_to} features.*expecting {fitted_to}"):
            call(X)


@given(X=natural_tables(), seed=SEEDS)
def test_the_score_grows_along_every_ray_from_the_middle(tried, X, seed):
    clf = RobustRealNVP(**SMALL).fit(X)
    way = np.random.default_rng(seed).normal(size=X.shape[1])
    ranges = np.concatenate([np.geomspace(2, 2e6, 20), np.geomspace(1e7, 1e149, 10)])[:, None]
    box = clf.density_.box
    with np.errstate(over="ignore"):
        widths = np.abs(box.edges_ - box.center_).max(axis=0)
        constant = 1e-14 * np.abs(box.center_)
        widths = np.where(widths > constant, widths, np.maximum(1, 1e3 * constant))
        rays = box.center_ + widths * (ranges * (way / np.abs(way).max()))
    rays = rays[np.isfinite(rays).all(axis=1)]
    assume(len(rays) > 1)
    tried()
    assert (np.diff(clf.decision_function(rays)) > 0).all()


@st.composite
def mixed_scales(draw):
    """Draw tables whose columns hold sentinels, two units, one value many times, or one value."""
    n, d = draw(st.integers(20, 60)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(SEEDS))
    X = rng.normal(size=(n, d))
    for column in range(d):
        kind = draw(st.sampled_from(["plain", "sentinel", "units", "spike", "constant", "giant"]))
        some = rng.random(n) < draw(st.floats(0.02, 0.3))
        value = draw(st.sampled_from([-999.0, 0.0, 9999.0, -1.0, 1e30]))
        if kind in ("sentinel", "spike"):
            X[some if kind == "sentinel" else ~some, column] = value
        elif kind == "units":
            X[some, column] *= draw(st.sampled_from([1e-3, 1e3, 1e6]))
        elif kind == "constant":
            X[:, column] = value
        elif kind == "giant":
            X[:, column] = 0.0
            X[0, column] = value
    return X


@given(X=mixed_scales(), row=st.integers(0, 19), away=st.floats(3, 1e12))
def test_tables_of_mixed_scales_are_scored_and_a_value_far_outside_is_above_the_median(
    tried, X, row, away
):
    tried()
    clf = RobustRealNVP(**SMALL | {"n_estimators": 4}).fit(X)
    assert np.isfinite(clf.decision_scores_).all()
    far = X[row].copy()
    low, high = X[:, 0].min(), X[:, 0].max()
    far[0] = high + away * max(high - low, 1.0, abs(high) * 1e-3)
    assert clf.decision_function([far])[0] > np.median(clf.decision_scores_)


#: How a column of whole numbers may be held.
HOLDS = {
    "int64": lambda values: pd.Series(values),
    "float32": lambda values: pd.Series(values, dtype="float32"),
    "objects": lambda values: pd.Series(list(values), dtype=object),
    "nullable": lambda values: pd.array(values, dtype="Int64"),
    "text": lambda values: pd.Series([str(value) for value in values], dtype=object),
    "string": lambda values: pd.array([str(value) for value in values], dtype="string"),
    "categories": lambda values: pd.Categorical(values),
    "small": lambda values: pd.Series(values, dtype="int8"),
}
BAD = [None, np.nan, pd.NA, np.inf, "N/A", "", "1,5", pd.Timestamp("2020"), [1.0], {"a": 1}]


@given(
    kinds=st.lists(st.sampled_from(list(HOLDS)), min_size=1, max_size=5),
    seed=SEEDS,
    bad=st.sampled_from([..., *BAD]),
    row=st.integers(0, 8),
    column=st.integers(0, 4),
)
def test_frames_of_mixed_types_are_numbers_or_refused_by_column_and_row(
    tried, kinds, seed, bad, row, column
):
    tried()
    values = np.random.default_rng(seed).integers(-99, 99, size=(9, len(kinds)))
    frame = pd.DataFrame({f"c{j}": HOLDS[kind](values[:, j]) for j, kind in enumerate(kinds)})
    if bad is ...:
        expected = RobustRealNVP(**SMALL).fit(values.astype(float)).decision_scores_
        np.testing.assert_allclose(RobustRealNVP(**SMALL).fit(frame).decision_scores_, expected)
        return
    name = f"c{column % len(kinds)}"
    held = frame[name].astype(object)
    held.iat[row] = bad
    with pytest.raises((ValueError, TypeError)) as caught:
        RobustRealNVP(**SMALL).fit(frame.assign(**{name: held}))
    assert f"column '{name}' holds " in str(caught.value)
    assert f"in row {row} " in str(caught.value)
    assert len(str(caught.value)) <= 300
