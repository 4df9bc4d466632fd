"""The protocol: what detectors are given, and what is measured."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import MinMaxScaler

from benchmarks.harness import cells
from benchmarks.harness.data import Dataset
from benchmarks.harness.detectors import DETECTORS
from benchmarks.harness.protocol import Protocol, measure, split
from benchmarks.harness.records import Records
from benchmarks.quality import splits


class Spy:
    """A detector that keeps what it is given."""

    def __init__(self, contamination=0.1):
        self.contamination = contamination

    def get_params(self, deep=True):
        return {"contamination": self.contamination}

    def fit(self, X):
        self.rows = len(X)

    def decision_function(self, X):
        return np.arange(len(X))


def spied(dataset, protocol, contamination=None):
    makers = {"Spy": lambda told, seed, columns: Spy(told)}
    (cell,) = splits.cells([(dataset, 0)], makers, protocol, contamination)
    cell.work()
    return cell.work.args[0]


def test_detectors_are_told_the_contamination(small):
    assert spied(small, Protocol(stratify=True)).contamination == 0.5
    assert spied(small, Protocol(), contamination=0.2).contamination == 0.2


def test_training_rows_may_be_limited(small):
    assert spied(small, Protocol()).rows == 48
    assert spied(small, Protocol(rows=25)).rows == 25


def test_a_split_without_anomalies_is_a_failure(small, tmp_path):
    normal = Dataset("all normal", small.X, 0 * small.y)
    wanted = [
        *splits.cells([(normal, 0)], {"IForest": DETECTORS["IForest"]}, Protocol(), 0.1),
        *splits.cells([(small, 0)], {"IForest": DETECTORS["IForest"]}, Protocol(), 0.1),
    ]
    failed, done = cells.run(wanted, Records("", tmp_path)).itertuples()
    assert "all of one kind" in failed.error
    assert np.isnan(failed.roc)
    assert done.error == ""


def test_columns_are_scaled_by_the_training_rows(small):
    X, X_new, y, y_new = split(lambda seed: small, Protocol(), 0)
    np.testing.assert_allclose([X.mean(0), X.std(0)], [[0] * 3, [1] * 3], atol=1e-12)
    assert not np.allclose(X_new.mean(0), 0, atol=1e-3)
    assert (len(X), len(X_new), len(y), len(y_new)) == (48, 32, 48, 32)
    X, X_new, *_ = split(lambda seed: small, Protocol(preparation=MinMaxScaler()), 0)
    np.testing.assert_allclose([X.min(0), X.max(0)], [[0] * 3, [1] * 3], atol=1e-12)
    assert X_new.min() < 0 or X_new.max() > 1


def test_a_stratified_split_spreads_the_anomalies_evenly(small):
    for seed in range(3):
        assert split(lambda seed: small, Protocol(stratify=True), seed).y.mean() == 0.5


def test_seeds_draw_other_rows_and_repeat_themselves(small):
    source = splits.source(small, Protocol())
    assert (source.draw(1).X == source.draw(1).X).all()
    assert (source.draw(1).y_new != source.draw(0).y_new).any()


def test_what_is_measured_is_that_of_the_held_out_rows(small):
    source = splits.source(small, Protocol())
    found = measure(DETECTORS["IForest"](0.3, 0, 3), source, 0, keep_scores=True)
    X, X_new, _, y_new = source.draw(0)
    scores = DETECTORS["IForest"](0.3, 0, 3).fit(X).decision_function(X_new)
    np.testing.assert_array_equal(found["scores"], scores)
    np.testing.assert_array_equal(found["labels"], y_new)
    assert found["roc"] == roc_auc_score(y_new, scores)
    assert found["time"] == pytest.approx(found["time_fit"] + found["time_score"])


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        (Protocol(), "0.4 held out, z-scored, of "),
        (Protocol(stratify=True, rows=9), "0.4 held out, z-scored, stratified, 9 rows, of "),
    ],
)
def test_the_protocol_and_the_data_are_part_of_the_settings(small, protocol, said):
    made_of = splits.source(small, protocol).made_of
    assert made_of.startswith(said)
    other = Dataset("set", small.X + 1, small.y)
    assert splits.source(other, protocol).made_of != made_of
