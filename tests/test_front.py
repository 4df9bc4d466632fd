"""A transformer that fills gaps, encodes text or mixes columns sees the user's own table."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

RNG = np.random.default_rng(0)
N = 120
FRAME = pd.DataFrame(
    {
        "price": np.where(RNG.random(N) < 0.1, np.nan, RNG.lognormal(size=N)),
        "size": RNG.normal(size=N),
        "colour": RNG.choice(["red", "green", "blue"], N),
        "day": pd.date_range("2020-01-01", periods=N),
    }
)
NUMBERS = FRAME[["price", "size"]]


def days(frame):
    return (frame - pd.Timestamp("2020")) / pd.Timedelta(days=1)


TRANSFORMERS = {
    "imputer": (make_pipeline(SimpleImputer(), RobustScaler()), NUMBERS),
    "nearest rows": (make_pipeline(StandardScaler(), KNNImputer()), NUMBERS),
    "of an array": (SimpleImputer(), NUMBERS.to_numpy()),
    "of lists": (SimpleImputer(), NUMBERS.to_numpy().tolist()),
    "by name": (
        make_column_transformer((SimpleImputer(), ["price"]), (StandardScaler(), ["size"])),
        FRAME,
    ),
    "one-hot, sparse": (make_column_transformer((OneHotEncoder(), ["colour"])), FRAME),
    "ordinal": (make_column_transformer((OrdinalEncoder(), ["colour"])), FRAME),
    "dates": (make_column_transformer((FunctionTransformer(days), ["day"])), FRAME),
    "by type": (
        make_column_transformer(
            (SimpleImputer(), make_column_selector(dtype_include="number")),
            (OneHotEncoder(), ["colour"]),
            sparse_threshold=1,
        ),
        FRAME,
    ),
    "polars": (
        make_pipeline(SimpleImputer(), StandardScaler()),
        pl.from_pandas(NUMBERS.astype("float64")),
    ),
    "axes": (make_pipeline(SimpleImputer(), PCA(2)), NUMBERS),
    "bins": (make_pipeline(SimpleImputer(), KBinsDiscretizer(3, encode="ordinal")), NUMBERS),
    "fewer columns": (VarianceThreshold(), NUMBERS.assign(constant=1.0).fillna(0)),
    "frames out": (
        make_pipeline(SimpleImputer(), StandardScaler()).set_output(transform="pandas"),
        NUMBERS,
    ),
    "sparse out": (FunctionTransformer(csr_array), NUMBERS.fillna(0).to_numpy()),
}


def rows(X, part):
    return X[part] if not hasattr(X, "iloc") else X.iloc[part]


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_it_gets_the_table_as_it_is(make, name):
    transformer, X = TRANSFORMERS[name]
    clf = make(preprocessing=transformer).fit(X)
    assert np.isfinite(clf.decision_scores_).all()
    part = slice(0, 30)
    np.testing.assert_allclose(
        clf.decision_function(rows(X, part)), clf.decision_scores_[part], rtol=1e-6, atol=1e-9
    )
    assert clf.n_features_in_ == (X.shape[1] if hasattr(X, "shape") else 2)
    if hasattr(X, "columns"):
        assert list(clf.feature_names_in_) == list(X.columns)
    assert not hasattr(transformer, "n_features_in_")


def test_scores_are_those_of_what_it_returns(make):
    transformer = make_pipeline(SimpleImputer(), StandardScaler())
    made = transformer.fit_transform(NUMBERS)
    expected = make(preprocessing=False).fit(made)
    clf = make(preprocessing=transformer).fit(NUMBERS)
    np.testing.assert_array_equal(clf.decision_scores_, expected.decision_scores_)


@pytest.mark.parametrize(
    ("transformer", "X"),
    [
        (make_column_transformer(("passthrough", ["day"])), FRAME),
        (make_column_transformer(("passthrough", ["day", "size"])), FRAME),
        (FunctionTransformer(lambda X: np.asarray(X, dtype="M8[s]")), np.ones((9, 2))),
        (FunctionTransformer(lambda X: pd.DataFrame(X).assign(t=pd.Timestamp(0))), np.ones((9, 2))),
        (FunctionTransformer(lambda X: np.asarray(X, dtype="m8[s]")), np.ones((9, 2))),
    ],
)
def test_dates_that_it_leaves_are_refused(make, transformer, X):
    with pytest.raises(ValueError, match=r"preprocessing=.*of what it returns, column .* holds d"):
        make(preprocessing=transformer).fit(X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ({"a": [1.0, 2.0]}, r"X is a dict: give pandas\.DataFrame"),
        (pl.LazyFrame({"a": [1.0, 2.0]}), r"give X\.collect\(\)"),
        (np.ma.masked_equal(np.eye(3), 1.0), r"X\.filled"),
        (pd.DataFrame(index=range(3)), "no columns"),
        (FRAME[["colour"]], r"can't be fitted to X alone"),
    ],
)
def test_what_it_can_make_nothing_of_is_refused_in_a_line(make, X, message):
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        make(preprocessing=SimpleImputer()).fit(X)
    assert len(str(caught.value)) <= 300
    assert "\n" not in str(caught.value)


def test_the_table_is_left_as_it_was(make):
    for transformer in (SimpleImputer(copy=False), StandardScaler(copy=False)):
        table = NUMBERS.to_numpy() if "Imputer" in repr(transformer) else np.eye(30)[:, :4] + 3.0
        before = table.copy()
        make(preprocessing=transformer).fit(table).predict(table)
        np.testing.assert_array_equal(table, before)


def test_other_columns_are_refused_by_name(make):
    clf = make(preprocessing=make_pipeline(SimpleImputer(), StandardScaler())).fit(NUMBERS)
    with pytest.raises(ValueError, match="same order"):
        clf.predict(NUMBERS[["size", "price"]])
    with pytest.raises(ValueError, match="seen at fit time, yet now missing"):
        clf.predict(NUMBERS[["price"]])


def test_gaps_that_it_leaves_are_refused(make):
    leaves = make_column_transformer(("passthrough", ["price", "size"]))
    with pytest.raises(ValueError, match="column 0 of what it returns holds NaN"):
        make(preprocessing=leaves).fit(FRAME)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_what_it_makes_infinite_is_scored_all_the_same(make):
    grows = make_pipeline(SimpleImputer(), FunctionTransformer(np.exp))
    clf = make(preprocessing=grows).fit(NUMBERS)
    new = pd.DataFrame([[1.0, 1e6], [1.0, 0.0]], columns=NUMBERS.columns)
    far, near = clf.decision_function(new)
    assert np.isfinite(far)
    assert far > near


def test_one_row_is_too_few(make):
    with pytest.raises(ValueError, match="minimum of 2 is required"):
        make(preprocessing=SimpleImputer()).fit(NUMBERS[:1])


def test_a_change_of_the_parameter_waits_for_the_next_fit(make):
    clf = make(preprocessing=make_pipeline(SimpleImputer(), StandardScaler())).fit(NUMBERS)
    scores = clf.decision_function(NUMBERS)
    clf.set_params(preprocessing=True)
    np.testing.assert_array_equal(clf.decision_function(NUMBERS), scores)
    with pytest.raises(ValueError, match="column 'price' holds gaps"):
        clf.fit(NUMBERS)


def test_samples_go_back_where_there_is_a_way(make):
    clf = make(preprocessing=make_pipeline(PCA(2), StandardScaler())).fit(RNG.normal(size=(90, 4)))
    assert clf.sample(5, random_state=0).shape == (5, 4)
    with pytest.raises(ValueError, match="no density per unit of X: the slope of PCA"):
        clf.score_samples(np.zeros((1, 4)))
