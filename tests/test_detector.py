"""RobustRealNVP as PyOD's users meet it: its 17 standard tests and what surrounds them."""

import copy
import random
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import torch
from pyod.utils.utility import precision_n_scores
from pythresh.thresholds.filter import FILTER
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

from pyod_robustnvp import PAPER, REAL_NVP, TRIM_REAL_NVP, RobustRealNVP, tables
from pyod_robustnvp.parameters import resolve
from pyod_robustnvp.scaling import SoftQuantileScaler
from pyod_robustnvp.views import ScaledColumns


def settings_of(clf):
    return resolve(clf.get_params(deep=False))


def test_parameters(fitted):
    for name in ("decision_scores_", "labels_", "threshold_", "_mu", "_sigma", "density_"):
        assert getattr(fitted, name) is not None


def test_train_scores(fitted, X):
    assert fitted.decision_scores_.shape == (len(X),)
    assert fitted.decision_scores_.dtype == np.float64


def test_prediction_scores(fitted, X_new, y_new):
    scores = fitted.decision_function(X_new)
    assert scores.shape == (len(X_new),)
    assert roc_auc_score(y_new, scores) >= 0.9


def test_prediction_labels(fitted, X_new, y_new):
    labels = fitted.predict(X_new)
    assert labels.shape == y_new.shape
    assert set(labels) == {0, 1}


@pytest.mark.parametrize("method", ["linear", "unify"])
def test_prediction_proba(fitted, X_new, method):
    proba = fitted.predict_proba(X_new, method=method)
    assert proba.shape == (len(X_new), 2)
    assert proba.min() >= 0
    assert proba.max() <= 1
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_prediction_proba_of_a_list(fitted, X_new):
    expected = fitted.predict_proba(X_new)
    np.testing.assert_array_equal(fitted.predict_proba(X_new.tolist()), expected)


def test_prediction_proba_parameter(fitted, X_new):
    with pytest.raises(ValueError, match="something"):
        fitted.predict_proba(X_new, method="something")


def test_prediction_labels_confidence(fitted, X_new, y_new):
    labels, confidence = fitted.predict(X_new, return_confidence=True)
    assert labels.shape == confidence.shape == y_new.shape
    assert confidence.min() >= 0
    assert confidence.max() <= 1


@pytest.mark.parametrize("method", ["linear", "unify"])
def test_prediction_proba_confidence(fitted, X_new, method):
    proba, confidence = fitted.predict_proba(X_new, method=method, return_confidence=True)
    assert proba.shape == (len(X_new), 2)
    assert confidence.shape == (len(X_new),)
    assert confidence.min() >= 0
    assert confidence.max() <= 1


@pytest.mark.filterwarnings("ignore:The cost of rejection must be positive")
def test_prediction_with_rejection(make, X, X_new):
    labels = make().fit(X).predict_with_rejection(X_new, return_stats=False)
    assert labels.shape == (len(X_new),)
    assert set(labels) <= {-2, 0, 1}


@pytest.mark.filterwarnings("ignore:The cost of rejection must be positive")
def test_prediction_with_rejection_stats(make, X, X_new):
    _, (expected, upper, cost) = make().fit(X).predict_with_rejection(X_new, return_stats=True)
    assert 0 <= expected <= 1
    assert expected <= upper
    assert cost >= 0


def test_compute_rejection_stats(fitted):
    rate, upper, cost = fitted.compute_rejection_stats(T=32)
    assert 0 <= rate <= upper
    assert cost >= 0


def test_fit_predict(make, fitted, X):
    np.testing.assert_array_equal(make().fit_predict(X), fitted.labels_)


def test_fit_predict_score(make, X, y, capsys):
    roc = make().fit_predict_score(X, y)
    assert roc >= 0.9
    assert 0 <= make().fit_predict_score(X, y, scoring="prc_n_score") <= 1
    with pytest.raises(NotImplementedError):
        make().fit_predict_score(X, y, scoring="something")
    assert "roc_auc_score" in capsys.readouterr().out


def test_predict_rank(fitted, X_new):
    ranks = fitted._predict_rank(X_new)
    in_order = ranks[fitted.decision_function(X_new).argsort()]
    assert (np.diff(in_order) >= 0).all()
    assert ranks.min() >= 0
    assert ranks.max() <= len(fitted.decision_scores_)


def test_predict_rank_normalized(fitted, X_new):
    ranks = fitted._predict_rank(X_new, normalized=True)
    assert ranks.min() >= 0
    assert ranks.max() == 1


def test_model_clone(fitted, X):
    again = clone(fitted)
    assert again.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        again.decision_function(X)


def test_train_scores_equal_decision_function(fitted, X):
    np.testing.assert_allclose(fitted.decision_function(X), fitted.decision_scores_, rtol=1e-5)


def test_scores_are_not_constant_and_labels_follow_the_threshold(fitted, X):
    scores = fitted.decision_scores_
    assert len(np.unique(scores)) == len(X)
    assert fitted.threshold_ == np.percentile(scores, 90)
    np.testing.assert_array_equal(fitted.labels_, scores > fitted.threshold_)
    assert fitted.labels_.sum() == 20


def test_precision_of_the_training_labels(fitted, y):
    assert precision_n_scores(y, fitted.decision_scores_) >= 0.75


def test_refit_starts_afresh(make, X, X_new):
    clf = make().fit(X_new[:, :3])
    clf.fit(X)
    np.testing.assert_array_equal(clf.decision_scores_, make().fit(X).decision_scores_)
    assert clf.n_features_in_ == 5


def test_clone_and_refit_reproduce_the_scores(fitted, X):
    again = clone(fitted).fit(X)
    np.testing.assert_array_equal(again.decision_scores_, fitted.decision_scores_)


def test_default_detector_reproduces_itself(X):
    first, again = (RobustRealNVP(random_state=3, epoch_num=5).fit(X) for _ in range(2))
    np.testing.assert_array_equal(first.decision_scores_, again.decision_scores_)


def test_seeds_differ_and_none_is_random(make, X, fitted):
    for state in (1, None):
        other = make(random_state=state).fit(X)
        assert not np.array_equal(other.decision_scores_, fitted.decision_scores_)


def test_y_is_ignored(make, fitted, X, y):
    for target in (y, np.zeros(len(X)), np.arange(len(X))):
        clf = make().fit(X, target)
        np.testing.assert_array_equal(clf.decision_scores_, fitted.decision_scores_)
        assert clf.predict_proba(X).shape == (len(X), 2)


def test_random_state_object(make, X):
    first, again = (make(random_state=np.random.RandomState(5)).fit(X) for _ in range(2))
    np.testing.assert_array_equal(first.decision_scores_, again.decision_scores_)


def test_global_state_is_untouched(make, X):
    def states():
        kind, keys, *rest = np.random.get_state()  # noqa: NPY002
        return (random.getstate(), kind, keys.tolist(), rest, torch.get_rng_state().tolist(),
                torch.get_num_threads(), torch.get_default_dtype())  # fmt: skip

    before = states()
    for random_state in (0, None):
        clf = make(random_state=random_state).fit(X)
        clf.sample(3)
        clf.decision_function(X)
        assert states() == before


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_gradients_switched_off_by_the_caller(make, fitted, X, context):
    with context():
        clf = make().fit(X)
    np.testing.assert_array_equal(clf.decision_scores_, fitted.decision_scores_)


def test_another_default_dtype(make, fitted, X):
    torch.set_default_dtype(torch.float64)
    try:
        clf = make().fit(X)
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_allclose(clf.decision_scores_, fitted.decision_scores_, rtol=1e-4)
    assert clf.density_.flows.weights[0].dtype == torch.float32


@pytest.mark.parametrize("features", [1, 2, 5, 33])
def test_rows_score_the_same_alone_and_in_batches(make, features):
    table = np.random.default_rng(0).normal(size=(300, features))
    clf = make(hidden_neuron_list=(32, 32)).fit(table)
    together = clf.decision_function(table)
    alone = np.concatenate([clf.decision_function(row[None]) for row in table[:40]])
    np.testing.assert_allclose(alone, together[:40], rtol=1e-9)
    np.testing.assert_allclose(clf.decision_function(table[13:]), together[13:], rtol=1e-9)
    for batch_size in (1, 7, 10_000):
        scores = clf.decision_function(table, batch_size=batch_size)
        np.testing.assert_allclose(scores, together, rtol=1e-9)


def watch_scaling(monkeypatch):
    """Return a list that grows by how many rows are scaled at once."""
    seen, scaled = [], ScaledColumns.transform

    def watched(view, rows):
        seen.append(len(rows))
        return scaled(view, rows)

    monkeypatch.setattr(ScaledColumns, "transform", watched)
    return seen


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_memory_map_is_read_part_by_part(make, X, tmp_path, monkeypatch, dtype):
    table = np.tile(X, (6, 1)).astype(dtype)
    np.save(tmp_path / "X.npy", table)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    expected = make().fit(table)
    clf = make()
    monkeypatch.setattr("pyod_robustnvp.density.SCORED_ROWS", 512)
    seen = watch_scaling(monkeypatch)
    clf.fit(mapped)
    assert sorted(seen) == [176, 512, 512, 1200]
    np.testing.assert_allclose(clf.decision_scores_, expected.decision_scores_, rtol=1e-9)
    np.testing.assert_array_equal(clf.decision_function(mapped), clf.decision_scores_)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_memory_map_is_not_copied(fitted, tmp_path, dtype, order):
    np.save(tmp_path / "X.npy", np.ones((50, fitted.n_features_in_), dtype, order))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert np.shares_memory(tables.checked(fitted, mapped, reset=False), mapped)


@pytest.mark.parametrize(
    ("columns", "threads", "at_once"),
    [(2, 1, [600]), (2, 2, [88, 512]), (400, 1, [88, 512]), (1100, 1, [88, 512])],
)
def test_of_a_wide_table_fewer_rows_are_scored_at_once(
    make, monkeypatch, set_threads, columns, threads, at_once
):
    monkeypatch.setattr("pyod_robustnvp.density.SCORED_VALUES", 2**18)
    set_threads(threads)
    table = np.random.default_rng(0).normal(size=(600, columns)).astype(np.float32)
    clf = make(epoch_num=1, batch_size=256).fit(table)
    seen = watch_scaling(monkeypatch)
    scores = clf.decision_function(table)
    assert sorted(seen) == at_once
    at_once = clf.decision_function(table, batch_size=4096)
    np.testing.assert_allclose(at_once, scores, rtol=1e-9)


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [(1, [1]), (512, [512]), (513, [512, 1]), (3000, [1536, 1464]), (9000, [2560] * 3 + [1320])],
)
def test_threads_get_parts_of_a_size(fitted, monkeypatch, set_threads, rows, sizes):
    monkeypatch.setattr("pyod_robustnvp.density.SCORED_ROWS", 4096)
    set_threads(2)
    seen = watch_scaling(monkeypatch)
    fitted.decision_function(np.zeros((rows, fitted.n_features_in_)))
    assert sorted(seen) == sorted(sizes)


def test_of_a_large_table_a_random_sample_is_learned_and_all_rows_are_scored():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(30_000, 2))
    table[:, 1] = np.linspace(0, 1, 30_000)
    table[:300, 0] += 20
    settings = {"n_estimators": 2, "hidden_neuron_list": (8,), "batch_size": 32}
    clf = RobustRealNVP(**settings, random_state=0).fit(table)
    assert clf.decision_scores_.shape == (30_000,)
    assert clf.decision_scores_[:300].min() > np.quantile(clf.decision_scores_[300:], 0.99)
    assert clf.n_iter_ == 200
    assert len(clf.loss_curve_) == 1
    # 6,400 rows from all over the table, so that neither quantile nor midpoint is the table's own.
    of_all = SoftQuantileScaler().fit(table)
    scaler = clf.density_.views.views[0].scaler
    np.testing.assert_allclose(scaler.center_, of_all.center_, atol=0.1)
    assert scaler.center_[1] != of_all.center_[1]
    again = RobustRealNVP(**settings, random_state=0).fit(table)
    np.testing.assert_array_equal(again.decision_scores_, clf.decision_scores_)


def test_many_threads_score_one_model(fitted, X_new):
    expected = fitted.decision_function(X_new)
    with ThreadPoolExecutor(8) as pool:
        for scores in pool.map(fitted.decision_function, [X_new] * 32):
            np.testing.assert_array_equal(scores, expected)


def test_rows_that_overflow_float32_have_finite_scores(make, X):
    clf = make(preprocessing=False, lipschitz=None).fit(X)
    with torch.no_grad():
        for weight in clf.density_.flows.weights:
            weight.mul_(1e5)
    scores = clf.decision_function([[0.0] * 5, [1e100] * 5, [-1e300] * 5])
    assert np.isfinite(scores).all()
    assert scores[0] < scores[1:].min()


def test_the_callers_table_is_not_changed(make, X):
    table = X.copy()
    table.flags.writeable = False
    clf = make().fit(table)
    clf.decision_function(table)
    np.testing.assert_array_equal(table, X)


def test_unfitted_calls_say_so(make, X):
    for call in ("decision_function", "predict", "predict_proba", "score_samples"):
        with pytest.raises(NotFittedError):
            getattr(make(), call)(X)
    for call in ("sample", "estimate_contamination"):
        with pytest.raises(NotFittedError):
            getattr(make(), call)()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, FloatingPointError])
def test_an_interrupted_fit_leaves_it_unfitted(make, X, monkeypatch, error):
    fresh, refitted = make(), make().fit(X)

    def interrupt(*arguments):
        raise error

    monkeypatch.setattr("pyod_robustnvp.density.train", interrupt)
    for clf in (fresh, refitted):
        with pytest.raises(error):
            clf.fit(X)
        assert vars(clf) == vars(make())
        with pytest.raises(NotFittedError):
            clf.predict(X)
    monkeypatch.undo()
    np.testing.assert_array_equal(fresh.fit(X).labels_, make().fit(X).labels_)


# Densities and samples


def test_score_samples_is_a_density_in_input_units():
    rng = np.random.default_rng(0)
    X = rng.normal(50, [3, 0.2], size=(500, 2))
    clf = RobustRealNVP(trim_fraction=0.0, random_state=0).fit(X)
    x, y = np.linspace(0, 100, 500), np.linspace(47, 53, 500)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    mass = np.exp(clf.score_samples(grid)).sum() * (x[1] - x[0]) * (y[1] - y[0])
    assert mass == pytest.approx(1, abs=0.02)


def test_score_samples_follows_the_units(make, X):
    first = make().fit(X).score_samples(X)
    scaled = make().fit(X * 1000).score_samples(X * 1000)
    np.testing.assert_allclose(scaled, first - 5 * np.log(1000))


def test_one_flow_without_preprocessing_scores_by_minus_log_density(make, X):
    clf = make(n_estimators=1, preprocessing=False).fit(X)
    np.testing.assert_allclose(clf.score_samples(X), -clf.decision_scores_)


@pytest.mark.parametrize("principal_axes", [True, False])
def test_score_is_the_mean_over_views_of_a_power_mean(make, X, principal_axes):
    clf = make(n_estimators=5, principal_axes=principal_axes).fit(X)
    columns, *axes = clf.density_.views.views
    scaled = columns.transform(X)
    views = [scaled, *(view.transform(scaled) for view in axes)]
    assert len(views) == 1 + principal_axes
    flows, nll = copy.deepcopy(clf.density_.flows).double(), []
    for view, x in enumerate(views):
        log_prob = flows.log_prob(torch.as_tensor(x)).numpy()[view :: len(views)]
        nll.append(-4 * np.log((np.exp(log_prob) ** 0.25).mean(axis=0)))
    np.testing.assert_allclose(clf.decision_scores_, np.mean(nll, axis=0), rtol=1e-5, atol=1e-5)


def test_a_flow_that_learned_an_anomaly_does_not_clear_it(make, X):
    pooling = make().fit(X).density_.settings.pooling
    normal, anomaly = [2.0] * 8, [6.0] + [-20.0] * 7
    scores = pooling([torch.tensor([normal, anomaly]).T])
    assert scores[1] > scores[0]


def test_one_flow_sees_the_columns(make, X):
    assert [type(v) for v in make(n_estimators=1).fit(X).density_.views.views] == [ScaledColumns]
    assert len(make(n_estimators=2).fit(X).density_.views) == 2


def test_principal_axes_show_a_broken_relation():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 1)) + 0.05 * rng.normal(size=(500, 2))
    odd = [[0.5, -0.5]]
    with_axes, without = (
        RobustRealNVP(principal_axes=given, random_state=0).fit(X) for given in (True, False)
    )
    assert with_axes.decision_function(odd) > with_axes.decision_scores_.max() + 4
    assert without.decision_function(odd) < without.decision_scores_.max() + 4


def test_samples_look_like_the_data():
    rng = np.random.default_rng(0)
    X = rng.normal([100, -7], [5, 0.1], size=(1000, 2))
    drawn = RobustRealNVP(trim_fraction=0.0, random_state=0).fit(X).sample(2000, random_state=1)
    np.testing.assert_allclose(np.median(drawn, axis=0), [100, -7], atol=1)
    spread = np.subtract(*np.percentile(drawn, [75, 25], axis=0))
    np.testing.assert_allclose(spread, np.array([5, 0.1]) * 1.349, rtol=0.3)


@pytest.mark.parametrize("principal_axes", [True, False])
def test_samples_come_from_the_density(principal_axes):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 1)) + 0.3 * rng.normal(size=(1000, 2))
    clf = RobustRealNVP(trim_fraction=0.0, random_state=0, principal_axes=principal_axes).fit(X)
    drawn = clf.sample(4000, random_state=1)
    assert np.corrcoef(drawn.clip(-3, 3), rowvar=False)[0, 1] > 0.5
    # Draws from p have the mean log-density that p has under itself, which a grid integrates.
    x = np.linspace(-8, 8, 400)
    log_p = clf.score_samples(np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2))
    expected = (np.exp(log_p) * log_p).sum() * (x[1] - x[0]) ** 2
    assert clf.score_samples(drawn).mean() == pytest.approx(expected, abs=0.1)


def test_samples_follow_the_random_state(fitted):
    first, again = (fitted.sample(5, random_state=2) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (5, 5)
    assert not np.array_equal(first, fitted.sample(5, random_state=3))


# Contamination and trimming


@pytest.mark.parametrize("contamination", [np.float32(0.1), np.float64(0.1), 0.1])
def test_any_number_is_a_contamination(make, X, X_new, contamination):
    clf = make(contamination=contamination).fit(X)
    assert clf.labels_.sum() == 20
    assert set(clf.predict(X_new)) == {0, 1}
    assert clf.predict_confidence(X_new).shape == (100,)


@pytest.mark.parametrize("trim_fraction", ["auto", 0.2])
def test_pythresh_object_as_contamination(make, X, X_new, trim_fraction):
    clf = make(contamination=FILTER(), trim_fraction=trim_fraction).fit(X)
    assert 0 < clf.labels_.sum() < len(X)
    assert set(clf.predict(X_new)) == {0, 1}
    assert clf.predict_confidence(X_new).shape == (100,)


def test_contamination_estimated_from_the_scores(fitted):
    state = np.random.get_state()  # noqa: NPY002
    share = fitted.estimate_contamination()
    assert 0.05 < share < 0.2
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(state[1], after[1])
    labels = FILTER().eval(fitted.decision_scores_)
    assert fitted.estimate_contamination(FILTER()) == min(labels.mean(), 0.5)


def test_estimated_contamination_is_one_that_can_be_used(fitted):
    class Everything:
        def eval(self, scores):
            return np.ones_like(scores)

    class Nothing:
        def eval(self, scores):
            return np.zeros_like(scores)

    assert fitted.estimate_contamination(Everything()) == 0.5
    assert fitted.estimate_contamination(Nothing()) == 1 / 200


@pytest.mark.parametrize("table", [np.ones((20, 3)), [[0.0, 1.0], [1.0, 3.0]]])
def test_estimated_contamination_where_no_row_stands_out(make, table):
    clf = make().fit(table)
    estimated = clf.estimate_contamination()
    assert 1 / len(table) <= estimated <= 0.5
    assert clf.set_params(contamination=estimated).fit(table).labels_.mean() <= estimated


def test_estimated_contamination_does_not_drown_in_a_giant(make, X, fitted):
    clf = make().fit(np.vstack([X, np.full((1, 5), 1e12)]))
    assert clf.estimate_contamination() == pytest.approx(fitted.estimate_contamination(), abs=0.05)


def test_a_missing_pythresh_names_the_extra(fitted, monkeypatch):
    monkeypatch.setitem(sys.modules, "pythresh.thresholds.clf", None)
    with pytest.raises(ImportError, match=r"pip install 'pyod-robustnvp\[thresh\]'"):
        fitted.estimate_contamination()


@pytest.mark.parametrize(
    ("contamination", "given", "trim"),
    [(0.1, "auto", 0.35), (0.45, "auto", 0.45), (0.1, None, 0.1), (0.1, 0.25, 0.25), (0.1, 0, 0)],
)
def test_trim_fraction(make, contamination, given, trim):
    clf = make(contamination=contamination, trim_fraction=given)
    assert settings_of(clf).trim == trim


def test_three_models_of_the_paper(make, X):
    plain, trimmed, robust = (make(**kind).fit(X) for kind in (REAL_NVP, TRIM_REAL_NVP, {}))
    assert settings_of(plain).trim == 0
    assert settings_of(plain).caps is None
    assert settings_of(trimmed).trim > 0
    assert settings_of(trimmed).caps is None
    assert robust.lipschitz_ <= 1.5
    assert len({clf.decision_scores_.sum() for clf in (plain, trimmed, robust)}) == 3


def test_the_authors_settings(X):
    clf = RobustRealNVP(**{**PAPER, "epoch_num": 2}, random_state=0).fit(X)
    assert [tuple(w.shape) for w in clf.density_.flows.weights] == [
        (6, 2, 256, 3), (6, 2, 256, 256), (6, 2, 2, 256)
    ]  # fmt: skip
    assert settings_of(clf).trim == 0.1
    assert clf.lipschitz_ <= 1.5
    assert clf.density_.views.transform(X).max() == pytest.approx(1)


def test_steps_follow_epoch_num_or_stay_fixed(make, X):
    assert make(epoch_num=3, batch_size=64).fit(X).n_iter_ == 9
    assert len(make(epoch_num=3, batch_size=64).fit(X).loss_curve_) == 3
    steps = {settings_of(make(epoch_num=None)).for_training(n).steps for n in (10, 10**7)}
    assert steps == {200}


def test_flows_of_a_view_take_turns_in_the_caps(make, X):
    clf = make(lipschitz=(0.3, 0.9), n_estimators=5, epoch_num=40).fit(X)
    largest = clf.density_.flows.sigma().amax(dim=(0, 1)).view(5, 2).amax(dim=1)
    caps = [0.3, 0.3, 0.9, 0.9, 0.3]
    np.testing.assert_allclose(largest, caps, rtol=1e-4)
    assert (largest.numpy() <= caps).all()


def test_noise_changes_the_training(make, fitted, X):
    calm = make(noise=0).fit(X)
    assert calm.loss_curve_[-1] < make(noise=0.5).fit(X).loss_curve_[-1]


def test_verbose_reaches_the_training(make, X, capsys):
    make(verbose=2, epoch_num=3).fit(X)
    assert capsys.readouterr().out.count("epoch ") == 3


# Tables of other kinds


def test_dataframe_without_warnings(make, fitted, X, X_new):
    columns = list("abcde")
    table, table_new = pd.DataFrame(X, columns=columns), pd.DataFrame(X_new, columns=columns)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf = make().fit(table)
        scores = clf.decision_function(table_new)
        clf.predict_proba(table_new)
        clf.predict(table_new, return_confidence=True)
    assert clf.feature_names_in_.tolist() == columns
    np.testing.assert_array_equal(scores, fitted.decision_function(X_new))


@pytest.mark.parametrize("convert", [np.float32, np.int64, bool])
def test_number_types(make, X, convert):
    table = (X * 3).astype(convert)
    scores = make().fit(table).decision_scores_
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores, make().fit(table.astype(float)).decision_scores_)
    np.testing.assert_array_equal(scores, make().fit(table.tolist()).decision_scores_)


CONTENTED = {
    "constant column": np.column_stack([np.arange(20.0), np.full(20, 7.0)]),
    "equal rows": np.ones((20, 3)),
    "one column": np.arange(20.0)[:, None],
    "two rows": np.array([[0.0, 1.0], [1.0, 3.0]]),
    "two equal rows": np.zeros((2, 2)),
    "wider than long": np.random.default_rng(0).normal(size=(5, 40)),
    "huge": np.random.default_rng(0).normal(size=(50, 3)) * 1e300,
    "tiny": np.random.default_rng(0).normal(size=(50, 3)) * 1e-300,
    "one huge value": np.vstack([np.random.default_rng(0).normal(size=(50, 2)), [[1e300, 0]]]),
}


@pytest.mark.parametrize("preprocessing", [True, False])
@pytest.mark.parametrize("kind", CONTENTED)
def test_unusual_tables_give_finite_scores(make, kind, preprocessing):
    table = CONTENTED[kind]
    clf = make(preprocessing=preprocessing).fit(table)
    far = np.vstack([table, np.full((1, table.shape[1]), 1e300), table[:1] * 1e7])
    for scores in (clf.decision_scores_, clf.decision_function(far), clf.score_samples(table)):
        assert np.isfinite(scores).all()
    assert clf.labels_.shape == (len(table),)
    assert np.isfinite(clf.sample(5, random_state=0)).all()


RAYS = {
    "normal": np.random.default_rng(0).normal(size=(300, 4)),
    "log-normal": np.exp(3 * np.random.default_rng(0).normal(size=(300, 2))),
    "a constant column": np.random.default_rng(0).normal(size=(300, 3)) * [1, 1, 0],
}


@pytest.mark.reliability
@pytest.mark.parametrize("parameters", [{}, {"preprocessing": False}, PAPER | REAL_NVP])
@pytest.mark.parametrize("kind", RAYS)
def test_the_score_grows_along_rays_outside_the_data(make, kind, parameters, tried):
    table = RAYS[kind] / RAYS[kind].max()
    clf = make(**parameters | {"epoch_num": 3}).fit(table)
    ranges = np.where(np.ptp(table, axis=0) > 0, np.ptp(table, axis=0), 1)
    rng = np.random.default_rng(1)
    for start, nearest in ((clf.density_.box.center_, 1), (table[rng.integers(300)], 20)):
        ways = rng.normal(size=(20, table.shape[1]))
        steps = ranges * np.geomspace(nearest, 1e6, 25)[:, None]
        for way in ways / np.abs(ways).max(axis=1, keepdims=True):
            tried()
            scores = clf.decision_function(start + steps * way)
            assert (np.diff(scores) > 0).all()
            assert scores[-1] > clf.decision_scores_.max()
