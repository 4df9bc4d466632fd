"""score_samples and sample are in the units of X, whatever transformer stands before the flows."""

import numpy as np
import pytest
from scipy.integrate import quad
from sklearn.decomposition import PCA, KernelPCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from pyod_robustnvp import PAPER, RobustRealNVP

SCALERS = {
    "min-max": MinMaxScaler(),
    "min-max of another range": MinMaxScaler((-3, 5)),
    "largest": MaxAbsScaler(),
    "standard": StandardScaler(),
    "only centred": StandardScaler(with_std=False),
    "robust": RobustScaler(),
    "only centred, robust": RobustScaler(with_scaling=False),
    "Yeo-Johnson": PowerTransformer(),
    "Yeo-Johnson, not standardised": PowerTransformer(standardize=False),
    "Box-Cox": PowerTransformer("box-cox"),
    "Box-Cox, not standardised": PowerTransformer("box-cox", standardize=False),
    "pipeline": make_pipeline(RobustScaler(), "passthrough", PowerTransformer(), MinMaxScaler()),
}
#: Positive, since Box-Cox takes no other, and skew.
X = np.exp(np.random.default_rng(0).normal(size=(300, 3)) * [0.3, 0.5, 1]) * [1, 10, 100]


def fitted(make, preprocessing, X=X):
    one_view = {"principal_axes": False, "epoch_num": 3}
    return make(preprocessing=preprocessing, **one_view).fit(X)


@pytest.mark.parametrize("name", SCALERS)
def test_the_density_counts_per_unit_of_the_columns(make, name):
    clf = fitted(make, SCALERS[name])
    columns = clf.density_.views.views[0]
    step = 1e-6 * X
    slopes = (columns.transform(X + step) - columns.transform(X - step)) / (2 * step)
    by_hand = fitted(make, False, columns.transform(X))
    expected = by_hand.score_samples(columns.transform(X)) + np.log(slopes).sum(axis=1)
    np.testing.assert_allclose(clf.score_samples(X), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["min-max", "standard", "Yeo-Johnson"])
def test_the_density_of_one_column_has_the_integral_one(make, name):
    x = X[:, 1:2]
    clf = fitted(make, SCALERS[name], x)
    ends = np.quantile(x, [0, 0.1, 0.5, 0.9, 1])
    mass, _ = quad(lambda v: np.exp(clf.score_samples([[v]])[0]), -300, 600, limit=900, points=ends)
    assert mass == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("name", ["min-max", "largest", "standard", "robust"])
def test_other_units_change_the_density_by_their_size_alone(make, name):
    first, second = (fitted(make, SCALERS[name], X * unit) for unit in (1, 2.0**10))
    np.testing.assert_allclose(
        second.score_samples(X * 2.0**10), first.score_samples(X) - 30 * np.log(2), atol=1e-2
    )


@pytest.mark.parametrize("name", SCALERS)
def test_samples_are_numbers_and_lie_where_the_rows_do(make, name):
    clf = make(preprocessing=SCALERS[name], trim_fraction=0.0, epoch_num=100).fit(X)
    drawn = clf.sample(500, random_state=0)
    assert drawn.shape == (500, 3)
    assert np.isfinite(drawn).all()
    # Training is too short to reach rows of another scale than one.
    if "only" not in name and "not " not in name:
        low, high = np.quantile(X, [0.1, 0.9], axis=0)
        middle = np.median(drawn, axis=0)
        assert ((low < middle) & (middle < high)).all()


def test_an_inverse_without_values_is_an_error(make):
    nowhere = FunctionTransformer(
        np.log, lambda seen: np.full_like(seen, np.nan), check_inverse=False
    )
    with pytest.raises(ValueError, match=r"inverse of preprocessing has no value.*=True"):
        fitted(make, nowhere).sample(3)


def test_samples_with_the_papers_settings_are_in_input_units():
    clf = RobustRealNVP(**PAPER | {"epoch_num": 20}, random_state=0).fit(X + 50)
    assert np.median(clf.sample(200, random_state=0), axis=0).min() > 50


def test_a_projection_draws_rows_of_all_columns_and_has_no_density(make):
    wide = np.random.default_rng(0).normal(size=(100, 6))
    clf = fitted(make, PCA(2), wide)
    assert clf.sample(3, random_state=0).shape == (3, 6)
    with pytest.raises(ValueError, match=r"preprocessing=PCA.*no density.*StandardScaler"):
        clf.score_samples(wide)


@pytest.mark.parametrize(
    "preprocessing", [MinMaxScaler(clip=True), QuantileTransformer(n_quantiles=20), Normalizer()]
)
def test_what_has_no_slope_is_refused_and_scores_all_the_same(make, preprocessing):
    clf = fitted(make, preprocessing)
    assert np.isfinite(clf.decision_function(X)).all()
    with pytest.raises(ValueError, match=r"slope of .* is not known; use preprocessing=True"):
        clf.score_samples(X)


LOG = FunctionTransformer(np.log)


@pytest.mark.parametrize(
    "preprocessing",
    [
        Normalizer(),
        LOG,
        make_pipeline(LOG, MinMaxScaler()),
        SimpleImputer(),
        KernelPCA(2),
    ],
)
def test_what_has_no_inverse_is_refused(make, preprocessing):
    clf = fitted(make, preprocessing)
    with pytest.raises(ValueError, match=r"(?s)preprocessing=.*has no inverse.*use preprocessing="):
        clf.sample(3)


def test_a_pipeline_is_named_whole_and_may_hand_on_frames(make):
    clf = fitted(make, make_pipeline(StandardScaler(), PCA(2)))
    with pytest.raises(ValueError, match=r"(?s)^preprocessing=Pipeline.*slope of PCA"):
        clf.score_samples(X)
    plain = make_pipeline(StandardScaler(), PowerTransformer())
    frames = make_pipeline(StandardScaler(), PowerTransformer()).set_output(transform="pandas")
    expected = fitted(make, plain).score_samples(X)
    np.testing.assert_allclose(fitted(make, frames).score_samples(X), expected)


def test_a_function_that_is_none_changes_nothing(make):
    clf, plain = fitted(make, FunctionTransformer()), fitted(make, False)
    np.testing.assert_array_equal(clf.score_samples(X), plain.score_samples(X))


def test_a_function_with_an_inverse_draws_rows_in_input_units(make):
    clf = fitted(make, FunctionTransformer(np.log, np.exp))
    assert (clf.sample(50, random_state=0) > 0).all()


def test_the_users_transformer_stays_unfitted(make):
    clf = fitted(make, StandardScaler())
    assert not hasattr(clf.preprocessing, "mean_")
