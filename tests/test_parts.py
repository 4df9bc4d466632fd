"""Scoring part by part: no row's score depends on the rows beside it, and memory stays bounded."""

import numpy as np
import pytest

from pyod_robustnvp import RobustRealNVP, tables
from pyod_robustnvp.columns import ScaledColumns
from pyod_robustnvp.scaling import SoftQuantileScaler


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
    fitted = [1200, 512, 512, 176]
    assert sorted(seen) == sorted([*fitted, 512, 512, 176])
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
    [(2, 1, [600]), (2, 2, [88, 512]), (400, 1, [88, 512]), (1100, 1, [88] + 4 * [128])],
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
