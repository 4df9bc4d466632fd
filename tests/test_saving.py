"""A model in files, in bytes and in pickles: what it holds is what comes back."""

import io
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import dask.dataframe
import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from pythresh.thresholds.clf import CLF
from pythresh.thresholds.dsn import DSN
from pythresh.thresholds.filter import FILTER
from pythresh.thresholds.hist import HIST
from pythresh.thresholds.iqr import IQR
from pythresh.thresholds.karch import KARCH
from pythresh.thresholds.zscore import ZSCORE
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import FunctionTransformer

from pyod_robustnvp import PAPER, RobustRealNVP

RNG = np.random.default_rng(0)
ROWS = pd.DataFrame(RNG.normal(size=(90, 3)), columns=list("abc"))
SMALL = {"n_estimators": 4, "hidden_neuron_list": (4,), "epoch_num": 2, "random_state": 0}
KINDS = {
    "default": SMALL,
    "one flow": SMALL | {"n_estimators": 1},
    "paper": PAPER | {"epoch_num": 2, "random_state": 0, "hidden_neuron_list": (4, 4)},
    "values": SMALL | {"preprocessing": False},
}


def small(**parameters):
    return RobustRealNVP(**SMALL | parameters).fit(ROWS)


# Open files and bytes


def test_an_open_file_holds_the_model(tmp_path):
    clf = small()
    with (tmp_path / "model").open("wb") as file:
        clf.save(file)
    with (tmp_path / "model").open("rb") as file:
        again = RobustRealNVP.load(file)
    np.testing.assert_array_equal(again.decision_function(ROWS), clf.decision_scores_)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO])
def test_bytes_are_loaded(kind):
    clf = small()
    clf.save(file := io.BytesIO())
    again = RobustRealNVP.load(kind(file.getvalue()))
    np.testing.assert_array_equal(again.decision_function(ROWS), clf.decision_scores_)


class Slow(io.RawIOBase):
    """A file that takes a thousand bytes at a time."""

    def __init__(self):
        self.held = b""

    def writable(self):
        return True

    def write(self, data):
        self.held += bytes(data[:1000])
        return min(len(data), 1000)


def test_a_file_that_takes_a_part_at_a_time_gets_all():
    clf, file = small(), Slow()
    clf.save(file)
    again = RobustRealNVP.load(file.held)
    np.testing.assert_array_equal(again.decision_function(ROWS), clf.decision_scores_)


def test_a_file_that_is_open_for_reading_is_refused(tmp_path):
    (tmp_path / "model").write_bytes(b"")
    with (tmp_path / "model").open("rb") as file, pytest.raises(OSError, match="mode 'wb'"):
        small().save(file)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("classes_", np.array(["ok", "bad"])),
        ("density_", None),
        ("front_", 3),
        ("n_features_in_", 7),
    ],
)
def test_a_learned_attribute_that_no_fit_leaves_is_refused_by_name(name, value, tmp_path):
    clf = small()
    setattr(clf, name, value)
    with pytest.raises(ValueError, match=rf"{name}=.* can't be saved: no fit leaves it"):
        clf.save(tmp_path / "model")


def test_a_file_that_is_open_for_text_is_refused(tmp_path):
    clf = small()
    with (tmp_path / "model").open("w") as file, pytest.raises(TypeError, match="mode 'wb'"):
        clf.save(file)
    with (tmp_path / "model").open() as file, pytest.raises(ValueError, match="mode 'rb'"):
        RobustRealNVP.load(file)
    with pytest.raises(ValueError, match="what was given can't be loaded"):
        RobustRealNVP.load(b"no model")


def test_what_a_user_set_is_refused_by_name(tmp_path):
    clf = small()
    clf.note = "tried on Monday"
    with pytest.raises(ValueError, match="note can't be saved: it is neither a parameter"):
        clf.save(tmp_path / "model")
    assert joblib.hash(pickle.loads(pickle.dumps(clf))) == joblib.hash(clf)


def test_what_stands_in_front_is_not_dropped(tmp_path):
    front = FunctionTransformer(np.exp)
    clf = RobustRealNVP(**SMALL, preprocessing=front).fit(ROWS).set_params(preprocessing=False)
    with pytest.raises(ValueError, match=r"preprocessing=FunctionTransformer.*use joblib\.dump"):
        clf.save(tmp_path / "model")


@pytest.mark.parametrize(
    "change",
    [
        {"lr": 0.1}, {"trim_fraction": 0.0}, {"lipschitz": None}, {"noise": 0.5},
        {"epoch_num": 7}, {"batch_size": 9}, {"n_estimators": 3}, {"hidden_neuron_list": (5,)},
        {"principal_axes": False}, {"preprocessing": False},
    ],
)  # fmt: skip
def test_a_parameter_that_contradicts_the_fit_is_refused_by_name(change, tmp_path):
    clf = small().set_params(**change)
    with pytest.raises(ValueError, match=f"{next(iter(change))}.* was changed after the fit"):
        clf.save(tmp_path / "model")


@pytest.mark.parametrize("threshold", [5, np.int64(5), np.float32(0.5), np.array(0.7)])
def test_a_threshold_of_any_number_is_saved(threshold):
    clf = small()
    clf.threshold_ = threshold
    with pytest.warns(UserWarning, match="is not that of contamination"):
        clf.save(file := io.BytesIO())
    again = RobustRealNVP.load(file.getvalue())
    assert again.threshold_ == float(threshold)
    clf.threshold_ = None
    with pytest.raises(ValueError, match="threshold_=None can't be saved: give a finite number"):
        clf.save(io.BytesIO())


def test_what_training_left_out_is_that_of_the_fit_whatever_was_set_since():
    clf = small()
    with pytest.warns(UserWarning, match=r"left 35% .* would leave 45% out"):
        clf.set_contamination(0.45)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.set_contamination(0.1)
    with pytest.warns(UserWarning, match="left 35%"):
        clf.set_contamination(0.45)
    clf.save(file := io.BytesIO())
    again = RobustRealNVP.load(file.getvalue())
    assert again.density_.settings.trim == 0.35
    with pytest.warns(UserWarning, match=r"left 35% .* would leave 40% out"):
        again.set_contamination(0.4)


# Another threshold after the fit


@pytest.mark.parametrize("contamination", [0.02, 0.1, 0.25, np.float32(0.2), 1 / 3, FILTER()])
def test_another_contamination_needs_no_fit(contamination):
    clf, expected = small(), small(contamination=contamination)
    scores, density = clf.decision_scores_, clf.density_
    assert clf.set_contamination(contamination) is clf
    assert clf.contamination is contamination
    assert clf.decision_scores_ is scores
    assert clf.density_ is density
    assert clf.threshold_ == expected.threshold_
    np.testing.assert_array_equal(clf.labels_, expected.labels_)
    np.testing.assert_array_equal(clf.predict(ROWS), expected.predict(ROWS))
    np.testing.assert_array_equal(clf.predict_proba(ROWS), expected.predict_proba(ROWS))


def test_what_training_left_out_stays_and_is_said():
    clf = small(trim_fraction=None)
    with pytest.warns(UserWarning, match=r"left 10% of each batch out.*would leave 20% out"):
        clf.set_contamination(0.2)
    assert clf.labels_.mean() == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("wrong", [0, 0.6, "auto", None, FILTER])
def test_a_wrong_contamination_changes_nothing(wrong):
    clf = small()
    before = joblib.hash(clf)
    with pytest.raises(ValueError, match="contamination must be"):
        clf.set_contamination(wrong)
    assert joblib.hash(clf) == before


def test_a_contamination_that_was_set_is_saved(tmp_path):
    clf = small().set_contamination(0.3)
    clf.save(tmp_path / "model")
    again = RobustRealNVP.load(tmp_path / "model")
    assert again.contamination == 0.3
    np.testing.assert_array_equal(again.labels_, clf.labels_)
    np.testing.assert_array_equal(again.predict(ROWS), clf.predict(ROWS))
    assert RobustRealNVP.load(tmp_path / "model").set_contamination(0.1).labels_.mean() < 0.2


def test_a_threshold_by_hand_is_kept_and_said(tmp_path):
    clf = small()
    clf.threshold_ = float(np.quantile(clf.decision_scores_, 0.8))
    with pytest.warns(UserWarning, match=r"threshold_=.* is not that of contamination=0\.1"):
        clf.save(tmp_path / "model")
    again = RobustRealNVP.load(tmp_path / "model")
    assert again.threshold_ == clf.threshold_
    np.testing.assert_array_equal(again.predict(ROWS), clf.predict(ROWS))
    clf.set_params(contamination=0.2)
    clf.save(tmp_path / "model")
    clf.threshold_ = np.inf
    with (
        pytest.warns(UserWarning, match="threshold_=inf"),
        pytest.raises(ValueError, match="threshold_=inf can't be saved: give a finite number"),
    ):
        clf.save(tmp_path / "model")


def test_a_parameter_that_only_says_another_contamination_is_said(tmp_path):
    clf = small().set_params(contamination=0.3)
    with pytest.warns(UserWarning, match=r"set_contamination\(0\.3\) moves it") as caught:
        clf.save(tmp_path / "model")
    assert [Path(each.filename).name for each in caught] == ["test_saving.py"]


# Equal scores


@pytest.mark.parametrize("thresholder", [FILTER(), HIST()])
@pytest.mark.parametrize(
    "rows", [np.ones((50, 3)), np.zeros((2, 1)), np.repeat([[1.0], [2.0]], 20, axis=0)]
)
def test_rows_that_score_the_same_are_no_outliers(thresholder, rows):
    clf = RobustRealNVP(**SMALL | {"contamination": thresholder}).fit(rows)
    assert clf.labels_.dtype == int
    assert not clf.labels_.any()
    assert not clf.predict(rows[:1]).any()
    assert np.isfinite(clf.predict_proba(rows)).all()


@pytest.mark.parametrize("thresholder", [CLF(), DSN(), FILTER(), HIST(), IQR(), KARCH(), ZSCORE()])
def test_a_thresholder_labels_a_single_row_by_its_fit(thresholder):
    rows = np.vstack([RNG.normal(size=(60, 2)), [[30.0, -30.0]]])
    clf = RobustRealNVP(**SMALL | {"contamination": thresholder}).fit(rows)
    assert clf.labels_[-1] == 1
    alone = [clf.predict(row[None])[0] for row in rows]
    np.testing.assert_array_equal(alone, clf.labels_)
    assert clf.predict(np.repeat(1e6 * rows[-1:], 3, axis=0)).tolist() == [1, 1, 1]


# scikit-learn's classifiers' tools


def test_calibrated_probabilities_and_scores_out_of_fold():
    X = RNG.normal(size=(120, 2))
    X[:12] += 6
    y = np.repeat([1, 0], [12, 108])
    clf = RobustRealNVP(**SMALL).fit(X)
    assert clf.classes_.tolist() == [0, 1]
    calibrated = CalibratedClassifierCV(FrozenEstimator(clf)).fit(X, y)
    assert calibrated.predict_proba(X)[0, 1] > calibrated.predict_proba(X)[-1, 1]
    scores = cross_val_predict(RobustRealNVP(**SMALL), X, y, method="decision_function", cv=3)
    assert scores[:12].mean() > scores[12:].mean()


# Equal pickles


@pytest.mark.parametrize("kind", KINDS)
def test_pickles_of_a_model_are_equal_bytes(kind):
    clf = RobustRealNVP(**KINDS[kind]).fit(ROWS)
    first = pickle.dumps(clf)
    clf.decision_function(ROWS)
    clf.predict_proba(ROWS)
    assert pickle.dumps(clf) == first
    again = pickle.loads(first)
    assert joblib.hash(again) == joblib.hash(clf)
    again.decision_function(ROWS)
    # What scikit-learn's own objects hold, as those of the paper's settings, pickles otherwise.
    if kind != "paper":
        assert pickle.dumps(again) == first
        assert pickle.dumps(pickle.loads(pickle.dumps(again))) == first
    assert pickle.dumps(RobustRealNVP(**KINDS[kind])) == pickle.dumps(RobustRealNVP(**KINDS[kind]))


CHILD = """
import pickle, sys
clf = pickle.loads(sys.stdin.buffer.read())
clf.decision_function([[0.0, 0.0, 0.0]]) if not hasattr(clf, "feature_names_in_") else None
sys.stdout.buffer.write(pickle.dumps(clf))
"""


def test_another_process_writes_the_same_pickle():
    first = pickle.dumps(small())
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=first, capture_output=True, check=True
    )
    assert done.stdout == first


def test_a_cache_of_joblib_hits(tmp_path):
    calls = []

    def score(clf, X):
        calls.append(1)
        return clf.decision_function(X)

    cached = joblib.Memory(tmp_path, verbose=0).cache(score)
    clf = small()
    for each in (clf, clf, pickle.loads(pickle.dumps(clf))):
        np.testing.assert_array_equal(cached(each, ROWS), clf.decision_scores_)
    assert len(calls) == 1


def test_dask_maps_a_model_over_partitions():
    clf = small()
    parts = dask.dataframe.from_pandas(ROWS, npartitions=3)
    scores = parts.map_partitions(clf.decision_function, meta=np.empty(0)).compute()
    np.testing.assert_allclose(scores, clf.decision_scores_, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_skops_keeps_a_model_whose_types_are_trusted_by_name(kind):
    clf = RobustRealNVP(**KINDS[kind]).fit(ROWS)
    written = skops.io.dumps(clf)
    own = skops.io.get_untrusted_types(data=written)
    assert all(name.startswith(("pyod_robustnvp.", "numpy.")) for name in own)
    again = skops.io.loads(written, trusted=own)
    np.testing.assert_array_equal(again.decision_function(ROWS), clf.decision_scores_)


# MLflow warns of its own types while it is imported.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_mlflow_keeps_a_model_in_its_default_format(kind, tmp_path):
    import mlflow.pyfunc
    import mlflow.sklearn

    clf = RobustRealNVP(**KINDS[kind]).fit(ROWS)
    own = skops.io.get_untrusted_types(data=skops.io.dumps(clf))
    mlflow.sklearn.save_model(
        clf,
        tmp_path / "model",
        skops_trusted_types=own,
        pip_requirements=["pyod-robustnvp"],
        input_example=ROWS[:2],
    )
    again = mlflow.sklearn.load_model(tmp_path / "model")
    np.testing.assert_array_equal(again.decision_function(ROWS), clf.decision_scores_)
    served = mlflow.pyfunc.load_model(tmp_path / "model")
    np.testing.assert_array_equal(served.predict(ROWS), clf.labels_)
