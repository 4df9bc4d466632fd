"""Explanations: what each column adds to a score, and what was expected there."""

import itertools
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pyod_robustnvp import PAPER, REAL_NVP, TRIM_REAL_NVP, RobustRealNVP, explain
from pyod_robustnvp.explain import of_maximum, vertex

FEW = {"epoch_num": 5, "contamination": 0.05}
MODELS = {
    "default": {},
    "paper": {**PAPER, **FEW},
    "real_nvp": {**PAPER, **REAL_NVP, **FEW},
    "trim_real_nvp": {**PAPER, **TRIM_REAL_NVP, **FEW},
    "standard scaler": {"preprocessing": StandardScaler()},
    "imputer": {"preprocessing": SimpleImputer()},
    "as they are": {"preprocessing": False},
    "no axes": {"principal_axes": False},
}


class Gaussian:
    """A density of a known kind: the score is half the square of Mahalanobis' distance."""

    def __init__(self, covariance, half_width=6.0):
        self.precision = np.linalg.inv(covariance)
        d = len(covariance)
        edges = np.array([-half_width, half_width])[:, None] * np.ones(d)
        self.box = SimpleNamespace(center_=np.zeros(d), edges=lambda: edges)
        self.pooling = SimpleNamespace(nats=lambda: 1.0)

    def score(self, rows):
        return np.einsum("ni,ij,nj->n", rows, self.precision, rows) / 2

    def conditional_means(self, rows):
        return rows - rows @ self.precision / np.diag(self.precision)

    def explain(self, rows):
        return explain.explain(self, rows, [f"x{j}" for j in range(rows.shape[1])])


@pytest.fixture(scope="module")
def gaussian():
    rng = np.random.default_rng(0)
    loadings = rng.normal(size=(5, 2))
    return Gaussian(loadings @ loadings.T + np.diag(rng.uniform(0.3, 1, 5)))


@pytest.fixture(scope="module")
def rows(gaussian):
    covariance = np.linalg.inv(gaussian.precision)
    return np.random.default_rng(1).multivariate_normal(np.zeros(5), covariance, size=50)


def assert_adds_up(clf, found, table):
    """Assert that contributions are what they are said to be."""
    scores = clf.density_.score(table)
    np.testing.assert_allclose(found.scores, scores, atol=1e-7)
    below = clf.density_.score(found.reference)
    np.testing.assert_allclose(found.reference_scores, below, atol=1e-6)
    sums = found.contributions.sum(axis=1)
    np.testing.assert_allclose(sums, found.scores - found.reference_scores, atol=1e-9)
    assert found.contributions.shape == found.expected.shape == table.shape
    assert np.isfinite(found.expected).all()


@pytest.mark.parametrize("name", MODELS)
def test_contributions_sum_to_the_score_above_the_reference(make, X, X_new, name):
    clf = make(**MODELS[name]).fit(X)
    rows = np.vstack([X_new[::4], X[-3:], 100 * X[-2:], 1e200 * X[:1]])
    found = clf.explain(rows)
    assert_adds_up(clf, found, found.values)
    assert (found.reference_scores <= found.scores + 1e-6).mean() > 0.9
    np.testing.assert_array_equal(found.scores, clf.decision_function(rows))
    np.testing.assert_array_equal(clf.expected_values(rows[:5]), clf.explain(rows[:5]).expected)


def test_one_column(make, X):
    clf = make().fit(X[:, :1])
    found = clf.explain([[0.0], [50.0]])
    assert_adds_up(clf, found, np.array([[0.0], [50.0]]))
    assert found.contributions[1, 0] > 15
    assert abs(found.expected[1, 0]) < 3


def test_the_expected_value_is_the_conditional_mean_of_a_gaussian(gaussian, rows):
    # Rows of which nothing is corrected: their values lie where the others lead to expect them.
    near = gaussian.conditional_means(gaussian.conditional_means(rows)) / 4
    found = gaussian.explain(near)
    np.testing.assert_allclose(found.expected, gaussian.conditional_means(near), atol=2e-3)


def test_a_single_wrong_column_of_a_gaussian(gaussian):
    row = np.zeros((1, 5))
    row[0, 2] = 4.0
    found = gaussian.explain(row)
    deviation = gaussian.precision[2, 2] ** -0.5
    # It is brought to a standard deviation from 0, which is expected as all others are 0.
    assert found.expected[0, 2] == pytest.approx(0, abs=1e-6)
    assert found.top(0)[0] == 2
    # Most of the score is gone then, half a nat is left, which the common move shares out.
    assert found.contributions[0, 2] >= gaussian.score(row)[0] - 0.5
    assert abs(found.reference[0, 2]) <= deviation * 1.001


def test_two_wrong_columns_get_their_shapley_values(gaussian, rows):
    wrong = rows.copy()
    wrong[:, [0, 3]] += [4.0, -4.0]
    compensation = explain.Compensation(gaussian)
    scores = gaussian.score(wrong)
    order, path, corrected, _, _ = compensation._corrected(wrong, scores)
    shares = compensation._shares(wrong, corrected, order, path)
    assert (corrected != wrong).sum(axis=1).max() == 2
    for i, (first, second) in enumerate(order.T):
        expected = np.zeros(5)
        for one, other in itertools.permutations([first, second]):
            row = wrong[i : i + 1].copy()
            for j in (one, other):
                before = gaussian.score(row)[0]
                row[0, j] = corrected[i, j]
                expected[j] += (before - gaussian.score(row)[0]) / 2
        np.testing.assert_allclose(shares[i], expected, atol=1e-9)


def test_columns_in_another_order_get_the_same(gaussian, rows):
    order = np.random.default_rng(0).permutation(5)
    other = Gaussian(np.linalg.inv(gaussian.precision)[np.ix_(order, order)])
    found, permuted = gaussian.explain(rows), other.explain(rows[:, order])
    np.testing.assert_allclose(permuted.contributions, found.contributions[:, order], atol=1e-6)
    np.testing.assert_allclose(permuted.expected, found.expected[:, order], atol=1e-6)


def test_a_fitted_detector_expects_about_the_conditional_mean():
    rng = np.random.default_rng(0)
    covariance = 0.8 + 0.2 * np.eye(4)
    X = rng.multivariate_normal(np.zeros(4), covariance, size=1100)
    clf = RobustRealNVP(random_state=0).fit(X[:1000])
    expected = clf.expected_values(X[1000:])
    error = expected - Gaussian(covariance).conditional_means(X[1000:])
    # Of columns with a standard deviation of 1, of which the others leave 0.49.
    assert np.sqrt((error**2).mean()) < 0.3


@pytest.fixture(scope="module")
def related():
    """Return a detector of columns that are about equal."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 1)) + 0.1 * rng.normal(size=(600, 4))
    return RobustRealNVP(random_state=0).fit(X)


def test_a_broken_relation_is_found_where_no_column_is_odd_by_itself(related):
    found = related.explain([[1.0, 1.0, -1.0, 1.0], [-1.0, 1.0, -1.0, -1.0]])
    assert [found.top(row)[0] for row in range(2)] == [2, 1]
    assert found.expected[0, 2] == pytest.approx(1, abs=0.3)
    assert found.expected[1, 1] == pytest.approx(-1, abs=0.3)
    assert found.reasons(0)[0].startswith("x2: expected ")


@pytest.mark.parametrize("value", [8.0, -30.0, 1e6, 1e300])
@pytest.mark.parametrize("column", range(4))
def test_a_value_far_outside_is_named(related, column, value):
    row = np.zeros((1, 4))
    row[0, column] = value
    found = related.explain(row)
    assert found.top(0)[0] == column
    assert found.contributions[0, column] > 0.8 * (found.scores - found.reference_scores)[0]


def test_values_far_outside_share_what_they_add(related):
    found = related.explain([[0.0, 9.0, 0.0, -9.0], [9.0, 9.0, 9.0, 9.0]])
    assert set(found.top(0, most=2)) == {1, 3}
    assert found.contributions[0, [1, 3]].min() > 5
    assert found.contributions[1].min() > 3


def test_rows_do_not_influence_each_other(related):
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(40, 1)) + rng.normal(size=(40, 4)) * rng.choice([0.1, 2], (40, 1))
    found = related.explain(rows)
    alone = [related.explain(rows[i : i + 1]) for i in range(10)]
    for name in ("contributions", "expected", "reference"):
        several = np.vstack([getattr(each, name) for each in alone])
        np.testing.assert_allclose(several, getattr(found, name)[:10], atol=1e-4)
    backwards = related.explain(rows[::-1])
    np.testing.assert_allclose(backwards.contributions[::-1], found.contributions, atol=1e-4)


def test_parts_of_a_table_are_explained_like_the_whole(related, monkeypatch):
    rows = np.random.default_rng(1).normal(size=(20, 4))
    whole = related.explain(rows)
    for most in (100, 9):
        monkeypatch.setattr(explain, "VALUES_AT_ONCE", most)
        parts = related.explain(rows)
        assert len(parts) == len(whole) == 20
        np.testing.assert_allclose(parts.contributions, whole.contributions, atol=1e-4)


def test_a_table_of_float32_is_explained(related):
    rows = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    first, second = related.explain(rows), related.explain(rows.astype(np.float64))
    np.testing.assert_array_equal(first.contributions, second.contributions)


def test_a_constant_column_adds_nothing_unless_it_is_changed(make, X):
    clf = make().fit(np.column_stack([X, np.full(len(X), 7.0)]))
    rows = np.column_stack([X[::20], np.full(10, 7.0)])
    found = clf.explain(rows)
    assert (found.contributions[:, 5] == 0).all()
    assert (found.expected[:, 5] == 7).all()
    rows[:, 5] = 9.0
    changed = clf.explain(rows[:1])
    assert changed.top(0)[0] == 5
    assert changed.expected[0, 5] == 7


def test_columns_have_the_names_of_the_frame(make, X):
    frame = pd.DataFrame(X, columns=list("abcde"))
    found = make().fit(frame).explain(frame[-2:])
    assert found.names == tuple("abcde")
    assert make().fit(X).explain(X[:1]).names == ("x0", "x1", "x2", "x3", "x4")


def test_columns_have_the_names_that_a_transformer_gives(make, X):
    frame = pd.DataFrame(X, columns=list("abcde"))
    frame["kind"] = np.where(np.arange(len(X)) % 3, "usual", "rare")
    encode = ColumnTransformer([("kind", OneHotEncoder(), ["kind"])], remainder=SimpleImputer())
    found = make(preprocessing=encode).fit(frame).explain(frame[-2:])
    assert found.names[:3] == ("kind__kind_rare", "kind__kind_usual", "remainder__a")
    assert found.contributions.shape == found.values.shape == (2, 7)


def test_columns_of_a_transformer_without_names_are_counted(make, X):
    class Nameless(SimpleImputer):
        def get_feature_names_out(self, input_features=None):
            raise AttributeError("no names")

    clf = make(preprocessing=Nameless()).fit(pd.DataFrame(X, columns=list("abcde")))
    assert clf.explain(pd.DataFrame(X[:1], columns=list("abcde"))).names[:2] == ("x0", "x1")


def test_a_loaded_model_explains_as_the_saved_one(fitted, X, tmp_path):
    fitted.save(tmp_path / "model")
    again = RobustRealNVP.load(tmp_path / "model")
    first, second = fitted.explain(X[-3:]), again.explain(X[-3:])
    np.testing.assert_array_equal(first.contributions, second.contributions)


def test_reasons_are_sorted_and_leave_out_what_adds_nothing(fitted, X):
    found = fitted.explain(X[-1:])
    order = found.top(0, most=99)
    assert (np.diff(found.contributions[0, order]) <= 0).all()
    assert (found.contributions[0, order] > 0).all()
    assert len(found.reasons(0, most=2)) <= 2


def test_the_room_is_imported_when_an_explanation_is_wanted():
    code = (
        "import sys, pyod_robustnvp; rooms = ('explain', 'explanation', 'breakdown'); "
        "assert not {f'pyod_robustnvp.{name}' for name in rooms} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=180)


def test_an_unfitted_detector_explains_nothing(X):
    for method in ("explain", "expected_values"):
        with pytest.raises(NotFittedError):
            getattr(RobustRealNVP(), method)(X)
    with pytest.raises(NotFittedError):
        RobustRealNVP().explain_outlier(0, X=X)


def test_other_columns_are_refused(fitted, X):
    with pytest.raises(ValueError, match="features"):
        fitted.explain(X[:, :3])


def test_shapley_values_of_a_maximum():
    alone = np.random.default_rng(0).integers(0, 4, size=(20, 4)).astype(float)
    for worth, shares in zip(alone, of_maximum(alone), strict=True):
        expected = np.zeros(4)
        for order in itertools.permutations(range(4)):
            highest = 0.0
            for player in order:
                expected[player] += (max(highest, worth[player]) - highest) / 24
                highest = max(highest, worth[player])
        np.testing.assert_allclose(shares, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("at", "found", "expected"),
    [
        ([0.0, 1.0, 4.0], [4.0, 1.0, 4.0], 2.0),
        ([0.0, 1.0, 2.0], [1.0, 2.0, 3.0], 0.38),
        ([0.0, 1.0, 2.0], [3.0, 2.0, 1.0], 2 - 0.38),
        ([0.0, 1.0, 3.0], [1.0, 1.0, 1.0], 0.38),
        ([5.0, 5.0, 5.0], [1.0, 1.0, 1.0], 5.0),
        ([0.0, 1.0, 2.0], [2.0, 1.0, 2.0], 1 + 0.38 * -1),
    ],
)
def test_where_the_next_value_is_tried(at, found, expected):
    assert vertex(np.array(at), np.array(found)) == pytest.approx(expected)


def test_scores_by_columns_as_pyod_proposes_them(fitted, X):
    contributions = fitted.explain(X[-1:]).contributions[0]
    found = fitted.get_outlier_explainability_scores(len(X) - 1, X=X)
    np.testing.assert_allclose(found, contributions, atol=1e-6)
    some = fitted.get_outlier_explainability_scores(-1, columns=[3, 1], X=X)
    np.testing.assert_allclose(some, contributions[[3, 1]], atol=1e-6)


def test_a_row_without_its_table_is_refused(fitted, X):
    for method in (fitted.explain_outlier, fitted.get_outlier_explainability_scores):
        with pytest.raises(ValueError, match="holds no training rows: give X="):
            method(3)
        with pytest.raises(IndexError, match="no row of X, which has 200 rows"):
            method(200, X=X)
        with pytest.raises(IndexError, match="numbers of columns from 0 to 4"):
            method(0, columns=[5], X=X)
        with pytest.raises(IndexError, match="numbers of columns"):
            method(0, columns=[], X=X)
        with pytest.raises(TypeError):
            method("a", X=X)


def test_the_picture_shows_what_the_numbers_say(fitted, X, tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    plt = pytest.importorskip("matplotlib.pyplot")
    ind = int(fitted.decision_scores_.argmax())
    ax = fitted.explain_outlier(ind, X=X, file_name=str(tmp_path / "why"), file_type="svg")
    shown = ax.collections[0].get_offsets()[:, 1]
    np.testing.assert_allclose(shown, fitted.explain(X[[ind]]).contributions[0], atol=1e-6)
    assert len(ax.lines) == 2
    assert f"Row {ind}" in ax.get_title()
    assert "outlier" in ax.get_title()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["x0", "x1", "x2", "x3", "x4"]
    assert (tmp_path / "why.svg").stat().st_size
    _, mine = plt.subplots()
    same = fitted.explain_outlier(0, [0, 2], [0.5], ["long name", "b"], X=X, ax=mine)
    assert same is mine
    assert [label.get_text() for label in mine.get_xticklabels()] == ["long name", "b"]
    assert len(mine.lines) == 1
    fitted.explain_outlier(0, X=X, file_name=str(tmp_path / "why"))
    assert (tmp_path / "why.png").stat().st_size
    with pytest.raises(ValueError, match="feature_names has 1 names for 5 columns"):
        fitted.explain_outlier(0, feature_names=["a"], X=X)
    plt.close("all")


def test_a_missing_matplotlib_is_named(fitted, X, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pyod-robustnvp\[plots\]"):
        fitted.explain_outlier(0, X=X)
